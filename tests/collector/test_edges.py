"""Addresses, limits, keys and depth: the small parts of the edge, each by itself."""

import struct
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import depth, secrets
from collector.address import Addresses, parse
from collector.problems import Problem
from collector.ratelimit import Counters, Limiter
from wire import headers

PROXIES = ["10.0.0.0/8", "2001:db8::/32"]


@pytest.mark.parametrize(
    ("trusted", "peer", "sent", "found"),
    [
        ([], "203.0.113.9", [(b"x-forwarded-for", b"198.51.100.1")], "203.0.113.9"),
        (PROXIES, "203.0.113.9", [(b"x-forwarded-for", b"198.51.100.1")], "203.0.113.9"),
        (PROXIES, "10.1.1.1", [(b"x-forwarded-for", b"198.51.100.1")], "198.51.100.1"),
        (PROXIES, "10.1.1.1", [(b"x-forwarded-for", b"1.1.1.1, 198.51.100.1, 10.2.2.2")], "198.51.100.1"),
        (PROXIES, "10.1.1.1", [(b"x-forwarded-for", b"1.1.1.1"), (b"x-forwarded-for", b"198.51.100.1")], "198.51.100.1"),
        (PROXIES, "10.1.1.1", [(b"forwarded", b'for=1.1.1.1;proto=https, for="[2001:db9::1]:4711";by=x')], "2001:db9::1"),
        (PROXIES, "10.1.1.1", [(b"forwarded", b"for=unknown")], "10.1.1.1"),
        (PROXIES, "10.1.1.1", [(b"x-forwarded-for", b"nonsense, 10.9.9.9")], "10.9.9.9"),
        (PROXIES, "10.1.1.1", [(b"x-forwarded-for", b"198.51.100.1:1234")], "198.51.100.1"),
        (PROXIES, "::ffff:10.1.1.1", [(b"x-forwarded-for", b"::ffff:198.51.100.1")], "198.51.100.1"),
        (PROXIES, "10.1.1.1", [], "10.1.1.1"),
        (PROXIES, "unix", [(b"x-forwarded-for", b"198.51.100.1")], "unix"),
    ],
)
def test_a_header_is_believed_only_as_far_as_trusted_proxies_wrote_it(trusted, peer, sent, found) -> None:
    assert Addresses(trusted).of(peer, sent) == found


@given(st.text())
def test_any_text_is_an_address_or_none(text) -> None:
    found = parse(text)
    assert found is None or parse(str(found)) == found


def test_a_limit_counts_each_caller_for_itself_and_anew_after_its_window() -> None:
    now = [1000.0]
    limiter = Limiter(key="2/minute", session="", address="", storage=Counters(lambda: now[0]))
    for who in ("a", "b"):
        limiter.hit("key", who)
        limiter.hit("key", who)
    with pytest.raises(Problem) as problem:
        limiter.hit("key", "a")
    assert problem.value.code == "rate_limited"
    limiter.hit("session", "a")
    now[0] += 61
    limiter.hit("key", "a")


def test_counters_stay_within_their_bound() -> None:
    counters = Counters(lambda: 1.0, bound=100)
    for number in range(1000):
        counters.incr(f"key {number}", 60)
    assert len(counters._counts) <= 100
    assert counters.get("key 999") == 1


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=30,
)


def deepest(value) -> int:
    if isinstance(value, dict):
        return 1 + max(map(deepest, value.values()), default=0)
    return 1 + max(map(deepest, value), default=0) if isinstance(value, list) else 0


@given(JSON_LIKE, st.integers(0, 6), st.sampled_from(["json", "msgpack"]))
def test_depth_is_what_a_parser_would_find(value, bound, format) -> None:
    body = getattr(msgspec, format).encode(value)
    media = headers.JSON if format == "json" else headers.MSGPACK
    if deepest(value) <= bound:
        depth.check(body, media, bound)
    else:
        with pytest.raises(Problem):
            depth.check(body, media, bound)


@given(st.binary(max_size=200))
def test_depth_of_any_bytes_is_told_or_refused(body) -> None:
    for media in (headers.JSON, headers.MSGPACK):
        with suppress(Problem):
            depth.check(body, media)


@pytest.mark.parametrize("start", [b"\xdd", b"\xc6", b"\xdf", b"\xc9"], ids=bytes.hex)
def test_sizes_that_are_claimed_cost_nothing(start) -> None:
    with pytest.raises(Problem) as problem:
        depth.check(start + b"\xff\xff\xff\xff\x01a", headers.MSGPACK)
    assert problem.value.code == "malformed"


def test_every_token_of_msgpack_is_walked_over() -> None:
    tokens = [b"\x7f", b"\xe0", b"\xc0", b"\xc2", b"\xc3", b"\xa1x", b"\x91\x01", b"\x81\x01\x01"]
    tokens += [start + size + b"x" for start, size in ((b"\xd9", b"\1"), (b"\xda", b"\0\1"), (b"\xdb", b"\0\0\0\1"))]
    tokens += [start + size + b"x" for start, size in ((b"\xc4", b"\1"), (b"\xc5", b"\0\1"), (b"\xc6", b"\0\0\0\1"))]
    tokens += [start + size + b"?x" for start, size in ((b"\xc7", b"\1"), (b"\xc8", b"\0\1"), (b"\xc9", b"\0\0\0\1"))]
    tokens += [bytes([0xCA + index]) + bytes(size) for index, size in enumerate((4, 8, 1, 2, 4, 8, 1, 2, 4, 8))]
    tokens += [bytes([0xD4 + power, 0]) + bytes(2**power) for power in range(5)]
    tokens += [b"\xdc\0\1\1", b"\xdd\0\0\0\1\1", b"\xde\0\1\1\1", b"\xdf\0\0\0\1\1\1"]
    body = b"\xdc" + struct.pack(">H", len(tokens)) + b"".join(tokens)
    depth.check(body, headers.MSGPACK, 2)
    for cut in range(1, len(body)):
        with pytest.raises(Problem):
            depth.check(body[:cut], headers.MSGPACK, 2)


def test_master_keys_are_made_once_and_only_their_owner_can_read_them(tmp_path) -> None:
    first = secrets.load(tmp_path)
    assert secrets.load(tmp_path).masters == first.masters
    assert (tmp_path / secrets.FILE).stat().st_mode & 0o777 == 0o600
    assert first.masters[0].hex() not in repr(first)
    assert [path.name for path in tmp_path.iterdir()] == [secrets.FILE]


@pytest.mark.parametrize("text", ["", "xyz", "ab" * 31, "ab" * 32 + "\n" + "ab"])
def test_master_keys_that_cannot_be_read_are_never_replaced(tmp_path, text) -> None:
    (tmp_path / secrets.FILE).write_text(text)
    with pytest.raises(secrets.BadKeys) as error:
        secrets.load(tmp_path)
    assert secrets.FILE in str(error.value)
    assert (tmp_path / secrets.FILE).read_text() == text
