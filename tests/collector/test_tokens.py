"""Proofs of a passed challenge: signed, expiring, and verified under every key there ever was."""

from dataclasses import replace

import pytest

from collector.secrets import Secrets
from collector.tokens import InvalidProof, Proof, ProofKeys

NOW = 1_760_000_000_000_000
PROOF = Proof("d_1", "c_1", "captcha", "s_1", NOW, NOW + 300_000_000)
OLD, BOTH = Secrets((b"a" * 32,)), Secrets((b"a" * 32, b"b" * 32))


def test_a_proof_says_what_was_signed() -> None:
    assert ProofKeys(OLD).verify(ProofKeys(OLD).sign(PROOF), NOW) == PROOF


def test_a_proof_signed_before_a_rotation_is_in_force_after_it() -> None:
    assert ProofKeys(BOTH).verify(ProofKeys(OLD).sign(PROOF), NOW) == PROOF


def test_a_key_that_is_new_elsewhere_signs_nothing_here() -> None:
    with pytest.raises(InvalidProof):
        ProofKeys(OLD).verify(ProofKeys(BOTH).sign(PROOF), NOW)


def test_all_public_keys_are_published_and_no_private_one() -> None:
    keys = ProofKeys(BOTH).jwks()["keys"]
    assert [(key["kty"], key["crv"], key["alg"], key["use"]) for key in keys] == [("OKP", "Ed25519", "EdDSA", "sig")] * 2
    assert all("d" not in key for key in keys)
    assert len({key["kid"] for key in keys}) == 2


def test_a_proof_expires() -> None:
    text = ProofKeys(OLD).sign(PROOF)
    with pytest.raises(InvalidProof, match="expired"):
        ProofKeys(OLD).verify(text, PROOF.expires_us)


def test_a_challenge_has_one_proof_id() -> None:
    assert replace(PROOF, passed_us=NOW + 1).id == PROOF.id


SIGNED = ProofKeys(OLD).sign(PROOF)


@pytest.mark.parametrize(
    "text",
    ["", "a.b.c", "é.é.é", SIGNED[:-4] + "AAAA", SIGNED + "x", SIGNED.replace(".", ".e30", 1), "eyJhbGciOiJub25lIn0.e30.", "x" * 5000],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidProof):
        ProofKeys(OLD).verify(text, NOW)


def test_a_proof_has_no_shared_key_to_be_forged_with() -> None:
    from joserfc import jwt
    from joserfc.jwk import OctKey

    public = ProofKeys(OLD).jwks()["keys"][0]
    forged = jwt.encode({"alg": "HS256", "kid": public["kid"]}, {"iss": "countersign"}, OctKey.import_key(public["x"].encode()))
    with pytest.raises(InvalidProof):
        ProofKeys(OLD).verify(forged, NOW)
