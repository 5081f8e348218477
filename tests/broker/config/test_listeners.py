"""Addresses in settings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.config.kafka_values import ValueProblem
from broker.config.listeners import (
    Address,
    Listener,
    as_address,
    as_listeners,
    as_protocol_map,
    parse_address,
    parse_listener,
)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9644", Address("127.0.0.1", 9644)),
        (":0", Address("", 0)),
        ("broker-1.example.test:65535", Address("broker-1.example.test", 65535)),
        ("[::1]:9092", Address("::1", 9092)),
    ],
)
def test_addresses_are_read_and_written_alike(text: str, address: Address) -> None:
    """An IPv6 host stands in brackets."""
    assert parse_address(text) == address
    assert str(address) == text


@pytest.mark.parametrize("text", ["", "host", "host:", "host:x", "host:65536", "::1:9092", "a b:1", "host:-1", "host:1:2", "h\n:1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    """The message shows what was given."""
    with pytest.raises(ValueProblem, match="HOST:PORT"):
        parse_address(text)


def test_listeners_have_a_name_in_upper_case() -> None:
    """As Kafka keeps them."""
    listener = parse_listener("external-1://0.0.0.0:9092")

    assert listener == Listener("0.0.0.0", 9092, "EXTERNAL-1")
    assert str(listener) == "EXTERNAL-1://0.0.0.0:9092"


@pytest.mark.parametrize("text", ["127.0.0.1:9092", "://a:1", "1A://a:1", "A:/a:1", "A B://a:1"])
def test_a_listener_without_a_name_is_refused(text: str) -> None:
    """The message gives an example."""
    with pytest.raises(ValueProblem, match="for example PLAINTEXT"):
        parse_listener(text)


@pytest.mark.parametrize(
    ("host", "loopback", "wildcard"),
    [
        ("127.0.0.1", True, False),
        ("127.9.9.9", True, False),
        ("localhost", True, False),
        ("LocalHost", True, False),
        ("::1", True, False),
        ("", False, True),
        ("0.0.0.0", False, True),
        ("::", False, True),
        ("10.0.0.1", False, False),
        ("localhost.example.test", False, False),
    ],
)
def test_only_this_machine_is_loopback(host: str, loopback: bool, wildcard: bool) -> None:
    """A name other than localhost may resolve to anything, so it counts as open."""
    assert (Address(host, 1).is_loopback, Address(host, 1).is_wildcard) == (loopback, wildcard)


def test_several_listeners_come_as_text_or_list() -> None:
    """Flags give lists, files text."""
    both = (Listener("a", 1, "X"), Listener("b", 2, "Y"))

    assert as_listeners("X://a:1, Y://b:2,") == both
    assert as_listeners(["X://a:1", both[1]]) == both
    assert as_address(both[0]) is both[0]
    with pytest.raises(ValueProblem):
        as_listeners(5)
    with pytest.raises(ValueProblem):
        as_address(5)


def test_the_protocol_map_comes_as_text_or_mapping() -> None:
    """Names and protocols are upper case."""
    assert as_protocol_map("a:plaintext, B:SSL") == {"A": "PLAINTEXT", "B": "SSL"}
    assert as_protocol_map({"a": "ssl"}) == {"A": "SSL"}
    with pytest.raises(ValueProblem):
        as_protocol_map("a")
    with pytest.raises(ValueProblem):
        as_protocol_map(3)


@given(st.text(max_size=60))
def test_any_text_is_listeners_or_a_problem(text: str) -> None:
    """Nothing else comes out."""
    for read in (as_listeners, as_protocol_map, as_address):
        try:
            read(text)
        except ValueProblem:
            pass
