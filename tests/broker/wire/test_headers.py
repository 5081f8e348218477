"""Request and response headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.wire.errors import DecodeError
from broker.wire.headers import (
    decode_request_header,
    decode_response_header,
    response_header_is_flexible,
    start_request,
    start_response,
)

consumer = pytest.importorskip("kafka.protocol.consumer")


@given(
    st.sampled_from([(0, 8), (0, 9), (18, 0), (18, 4), (3, 12), (17, 1), (4711, 3)]),
    st.integers(-(1 << 31), (1 << 31) - 1),
    st.none() | st.text(max_size=40),
)
def test_a_request_header_reads_back(api: tuple[int, int], correlation_id: int, client_id: str | None) -> None:
    """Key, version, correlation id and client id, and where the body starts, with and without tagged fields."""
    writer = start_request(*api, correlation_id, client_id)
    writer.buffer += b"body"
    frame = b"".join(writer.frame())[4:]

    *values, pos = decode_request_header(memoryview(frame))
    assert values == [*api, correlation_id, client_id]
    assert frame[pos:] == b"body"


def test_header_tags_are_skipped() -> None:
    """Unknown tagged fields of a flexible request header are stepped over."""
    frame = b"\x00\x03\x00\x0c\x00\x00\x00\x07\x00\x01c" + b"\x01\x05\x02zz" + b"body"

    assert decode_request_header(memoryview(frame)) == (3, 12, 7, "c", len(frame) - 4)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        bytes(9),
        b"\x00\x03\x00\x0c\x00\x00\x00\x07\x00\x01c",
        b"\x00\x03\x00\x0c\x00\x00\x00\x07\x00\x01c\x01\x05\x09",
        b"\x00\x03\x00\x00\x00\x00\x00\x07\x00\x05c",
        b"\x00\x03\x00\x00\x00\x00\x00\x07\xff\xfec",
    ],
    ids=["empty", "short", "no tags", "tag overruns", "client id overruns", "negative length"],
)
def test_damaged_headers_are_refused(frame: bytes) -> None:
    """DecodeError, and nothing else."""
    with pytest.raises(DecodeError):
        decode_request_header(memoryview(frame))


def test_a_client_id_in_another_encoding_is_taken() -> None:
    """As by Kafka: what is no UTF-8 is replaced."""
    frame = b"\x00\x03\x00\x00\x00\x00\x00\x07\x00\x03J\xf6n"

    assert decode_request_header(memoryview(frame))[3] == "J\ufffdn"


@given(st.binary(max_size=40))
def test_any_bytes_are_a_header_or_refused(frame: bytes) -> None:
    """The body never starts outside the frame."""
    try:
        pos = decode_request_header(memoryview(frame))[-1]
    except DecodeError:
        return
    assert 10 <= pos <= len(frame)


def test_the_answer_to_api_versions_has_the_old_header_always() -> None:
    """A client must be able to read it before both sides know each other."""
    assert not response_header_is_flexible(18, 4)
    assert response_header_is_flexible(3, 9)
    assert not response_header_is_flexible(3, 8)
    assert not response_header_is_flexible(17, 1)


@pytest.mark.parametrize("flexible", [False, True])
def test_a_response_header_reads_back(flexible: bool) -> None:
    """The correlation id, and the position of the body."""
    writer = start_response(-5, flexible)
    writer.buffer += b"body"
    frame = b"".join(writer.frame())

    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    assert decode_response_header(memoryview(frame)[4:], flexible) == (-5, 4 + flexible)
    with pytest.raises(DecodeError):
        decode_response_header(memoryview(frame)[4 : 7 + flexible], flexible)


@pytest.mark.parametrize("tags", [b"\x80", b"\x01", b"\x01\x80", b"\x01\x05\x80", b"\x01\x05\x03a"])
def test_a_response_that_ends_in_its_tagged_fields_is_refused(tags: bytes) -> None:
    """Wherever in them."""
    with pytest.raises(DecodeError):
        decode_response_header(memoryview(b"\0\0\0\7" + tags), True)


@pytest.mark.parametrize("version", [11, 12])
def test_kafka_python_writes_the_same_header(version: int) -> None:
    """Header version 1 for classic requests, version 2 for flexible ones."""
    request = consumer.FetchRequest[version]()
    request.with_header(correlation_id=9, client_id="me")
    theirs = bytes(request.encode(header=True))
    ours = bytes(start_request(1, version, 9, "me").buffer[4:])

    assert theirs.startswith(ours)
    assert decode_request_header(memoryview(theirs)) == (1, version, 9, "me", len(ours))
