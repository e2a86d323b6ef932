"""Addresses as text: what is one, what is none, and what is inside."""

import contextlib
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.addresses import AddressError, parse
from geo.lookup import Lookup

HERE = Lookup()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "address_empty"),
        ("   ", "address_empty"),
        ("1.2.3.4:443", "address_has_port"),
        ("[2001:218::1]:443", "address_in_brackets"),
        ("[2001:218::1]", "address_in_brackets"),
        ("fe80::1%eth0", "address_has_scope"),
        ("1.2.3", "address_malformed"),
        ("01.2.3.4", "address_malformed"),
        (" 1.2.3.4", "address_malformed"),
        ("1.2.3.4/24", "address_malformed"),
        ("1.2.3.4\0", "address_malformed"),
        ("2001:218::1::2", "address_malformed"),
        ("localhost", "address_malformed"),
        ("\udc80", "address_malformed"),
        ("٢.١٢٥.١٦٠.١", "address_malformed"),
        ("9" * 100_000, "address_malformed"),
    ],
)
def test_what_is_no_address_has_a_code(text: str, code: str) -> None:
    with pytest.raises(AddressError) as caught:
        HERE.place(text)
    assert caught.value.code == code
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("other", [None, 17, b"1.2.3.4", ["1.2.3.4"], object()])
def test_what_is_not_even_text_is_an_address_error(other: object) -> None:
    with pytest.raises(AddressError):
        HERE.place(other)  # type: ignore[arg-type]


@given(text=st.text(max_size=60))
def test_any_text_is_an_address_or_an_address_error(text: str) -> None:
    with contextlib.suppress(AddressError):
        HERE.place(text)


@given(number=st.integers(0, 2**32 - 1))
def test_an_ipv4_address_comes_out_of_all_that_wraps_it(number: int) -> None:
    address = IPv4Address(number)
    for wrapped in (
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(0x2002 << 112 | number << 80 | 0x1234),
        IPv6Address(0x2001_0000 << 96 | 0x41 << 64 | (number ^ 0xFFFF_FFFF)),
        IPv6Address(0x64FF9B << 96 | number),
    ):
        assert parse(str(wrapped)) == parse(wrapped) == address


@given(number=st.integers(0x2400 << 112, (0x4000 << 112) - 1))
def test_any_other_ipv6_address_stays_as_it_is(number: int) -> None:
    assert parse(str(IPv6Address(number))) == IPv6Address(number)


def test_nat64_with_a_prefix_of_ones_own_can_not_be_unwrapped() -> None:
    assert parse("64:ff9b:1::102:304") == ip_address("64:ff9b:1::102:304")
