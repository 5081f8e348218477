"""The buffers a message is written into."""

import pytest

from broker.wire.errors import EncodeError
from broker.wire.messages.base import Records
from broker.wire.messages.fetch import FetchableTopicResponse, FetchResponse, FetchResponsePartitionData
from broker.wire.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from broker.wire.messages.metadata import MetadataResponse, MetadataResponseTopic
from broker.wire.registry import codec
from broker.wire.writer import (
    INLINE_RECORDS,
    Writer,
    put_array,
    put_compact_array,
    put_compact_uuids,
    put_tags,
    put_uuids,
    put_uvarint,
)

BIG = bytes(range(256)) * 16


def fetch_response(*records: Records) -> FetchResponse:
    partitions = [FetchResponsePartitionData(partition_index=n, records=item) for n, item in enumerate(records)]
    return FetchResponse(responses=[FetchableTopicResponse(topic="t", partitions=partitions)])


@pytest.mark.parametrize("version", [4, 11, 12])
def test_large_records_are_passed_on_without_a_copy(version: int) -> None:
    """The very objects given to the encoder are among the chunks to send."""
    first, second = memoryview(BIG), memoryview(BIG)[7:]
    writer = Writer()
    codec(1).encode_response(version, fetch_response(first, second), writer)
    chunks = writer.chunks()

    assert any(chunk is first for chunk in chunks)
    assert any(chunk is second for chunk in chunks)
    assert sum(map(len, chunks)) == writer.size


@pytest.mark.parametrize("version", [4, 11, 12])
def test_records_may_be_given_in_pieces(version: int) -> None:
    """A list of buffers reads back as one field of their total length, small or large, and so does none at all."""
    small, large = [b"ab", memoryview(b"cd")], [memoryview(BIG), b"ef"]
    writer = Writer()
    codec(1).encode_response(version, fetch_response(small, large, [], None, b""), writer)

    body = b"".join(writer.chunks())
    decoded = codec(1).decode_response(version, body)
    assert [part.records for part in decoded.responses[0].partitions] == [b"abcd", BIG + b"ef", b"", None, b""]
    assert writer.size == len(body)


def test_small_records_are_copied() -> None:
    """One chunk more costs the transport more than copying a few bytes."""
    writer = Writer()
    codec(1).encode_response(12, fetch_response(bytes(INLINE_RECORDS - 1)), writer)

    assert len(writer.chunks()) == 1


def test_a_frame_starts_with_its_length() -> None:
    """The four bytes the writer was started with become the length of all that follows, over all chunks."""
    writer = Writer(bytes(4))
    codec(1).encode_response(12, fetch_response(BIG), writer)
    frame = b"".join(writer.frame())

    assert int.from_bytes(frame[:4], "big") == len(frame) - 4 == writer.size - 4


def test_an_empty_writer_has_one_empty_chunk() -> None:
    """There is always a chunk, so that nobody need ask."""
    assert Writer().chunks() == [bytearray()]
    assert Writer(b"ab").size == 2


@pytest.mark.parametrize("version", [0, 4])
@pytest.mark.parametrize(
    "message",
    [
        HeartbeatRequest(group_id="x" * 32768),
        HeartbeatRequest(generation_id=1 << 31),
        HeartbeatRequest(member_id=None),  # type: ignore[arg-type]
        HeartbeatRequest(member_id="\ud800"),
        HeartbeatRequest(member_id=3),  # type: ignore[arg-type]
    ],
    ids=["long string", "large integer", "null", "lone surrogate", "wrong type"],
)
def test_values_that_cannot_be_written_are_our_fault(version: int, message: HeartbeatRequest) -> None:
    """EncodeError, whatever is wrong with the value."""
    with pytest.raises(EncodeError):
        codec(12).encode_request(version, message, Writer())


def test_null_is_refused_where_only_other_versions_allow_it() -> None:
    """A topic without a name can be said from Metadata 12 on; before, it is an error that names the field."""
    message = MetadataResponse(topics=[MetadataResponseTopic(name=None)])
    codec(3).encode_response(12, message, Writer())
    with pytest.raises(EncodeError, match="name must not be None"):
        codec(3).encode_response(11, message, Writer())


def test_fields_the_version_lacks_are_left_out() -> None:
    """A handler fills what it knows; the version decides what of it travels."""
    writer = Writer()
    codec(12).encode_response(0, HeartbeatResponse(throttle_time_ms=5, error_code=25), writer)

    assert bytes(writer.buffer) == b"\x00\x19"


def test_arrays_are_counted_in_both_forms() -> None:
    """Classic arrays have a 32-bit count, compact ones a varint of the count plus one."""
    out = bytearray()
    put_array(out, "h", [1, -1])
    put_compact_array(out, "h", [1, -1])
    put_uuids(out, [bytes(16)])
    put_compact_uuids(out, [bytes(16)])

    assert out == b"\0\0\0\2\0\1\xff\xff" + b"\3\0\1\xff\xff" + b"\0\0\0\1" + bytes(16) + b"\2" + bytes(16)


def test_tagged_fields_say_tag_and_size() -> None:
    """Each field is its tag, its size and its bytes, after their number."""
    out = bytearray()
    put_tags(out, [(0, bytearray(b"a")), (200, bytearray())])

    assert out == b"\x02\x00\x01a\xc8\x01\x00"


def test_varints_beyond_31_bits_are_refused() -> None:
    """No length may exceed what the protocol can say."""
    for value in (-1, (1 << 31) + 1):
        with pytest.raises(EncodeError):
            put_uvarint(bytearray(), value)
