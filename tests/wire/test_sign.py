"""Signatures: one key a purpose, and nothing in a device's message can shift."""

from hypothesis import given
from hypothesis import strategies as st

from wire import sign

KEY = bytes(range(32))


@given(st.binary(), st.sampled_from([sign.BATCH, sign.DEVICE]))
def test_a_signature_verifies(message: bytes, purpose: bytes) -> None:
    assert sign.verify(KEY, purpose, message, sign.sign(KEY, purpose, message))


@given(st.binary(min_size=1), st.data())
def test_no_bit_of_a_message_may_change(message: bytes, data: st.DataObject) -> None:
    place, bit = data.draw(st.integers(0, len(message) - 1)), data.draw(st.integers(0, 7))
    altered = bytearray(message)
    altered[place] ^= 1 << bit
    assert not sign.verify(KEY, sign.BATCH, bytes(altered), sign.sign(KEY, sign.BATCH, message))


@given(st.binary())
def test_a_signature_for_one_purpose_is_none_for_another(message: bytes) -> None:
    assert not sign.verify(KEY, sign.DEVICE, message, sign.sign(KEY, sign.BATCH, message))


told = st.tuples(st.text(max_size=8), st.integers(0, 2**63 - 1), st.binary(max_size=20))


@given(told, told)
def test_device_messages_differ_where_what_they_say_differs(one: tuple[str, int, bytes], other: tuple[str, int, bytes]) -> None:
    assert (sign.device_message(*one) == sign.device_message(*other)) == (one == other)
