"""Lines that are tied to each other."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.audit.chain import GENESIS, Chain, Head, parse_head, read_line
from security.audit.line import encode_event
from tests.security.audit.events import event

CHAIN = "0123456789abcdef"
KEY = b"k" * 16


def test_each_line_names_the_one_before() -> None:
    """The first one names none, and numbers rise from 1 on."""
    chain = Chain(Head(CHAIN))
    first, second = (json.loads(chain.seal(encode_event(event(), time_ms=0, broker=1))) for _ in range(2))

    assert (first["seq"], first["prev"], first["chain"]) == (1, GENESIS, CHAIN)
    assert (second["seq"], second["prev"]) == (2, first["hash"])
    assert chain.head == Head(CHAIN, 2, second["hash"])


@pytest.mark.parametrize("key", [None, KEY])
@given(text=st.text(), seq=st.integers(0, 2**62))
def test_a_line_is_read_as_it_was_sealed(key: bytes | None, text: str, seq: int) -> None:
    """Whatever stands in it."""
    chain = Chain(Head(CHAIN, seq, "a" * 64), key)
    line = chain.seal(encode_event(event(client_id=text, details={"x": text}), time_ms=0, broker=1))
    read = read_line(line, key)

    assert read is not None
    assert read.is_whole
    assert (read.head, read.prev, read.is_keyed) == (chain.head, "a" * 64, key is not None)


@given(data=st.data())
def test_any_change_of_a_line_shows(data: st.DataObject) -> None:
    """One byte of it is enough, wherever it is."""
    line = Chain(Head(CHAIN), KEY).seal(encode_event(event(), time_ms=0, broker=1))
    at = data.draw(st.integers(0, len(line) - 1))
    changed = bytearray(line)
    changed[at] ^= data.draw(st.integers(1, 255))
    read = read_line(bytes(changed), KEY)

    assert read is None or not read.is_whole


@pytest.mark.parametrize(("sealed_with", "read_with"), [(None, KEY), (KEY, None), (KEY, b"l" * 16)])
def test_another_key_does_not_fit(sealed_with: bytes | None, read_with: bytes | None) -> None:
    """Nor a key where there was none: or who lacks it could write the log anew without."""
    read = read_line(Chain(Head(CHAIN), sealed_with).seal(b'{"v":1}'), read_with)

    assert read is not None
    assert not read.is_whole


@pytest.mark.parametrize("line", [b"", b"{}", b'{"v":1}', b"\xff" * 100, b'{"v":1,"chain":"0123456789abcdef","seq":1'])
def test_what_is_no_line_is_none(line: bytes) -> None:
    """It says nothing of its place."""
    assert read_line(line) is None


def test_heads_are_said_and_read_alike() -> None:
    """What is none is refused."""
    head = Head(CHAIN, 3, "b" * 64)
    assert parse_head(str(head)) == head
    with pytest.raises(ValueError, match="CHAIN:NUMBER:HASH"):
        parse_head("x")
