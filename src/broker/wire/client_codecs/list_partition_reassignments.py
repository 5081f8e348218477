"""ListPartitionReassignments (API key 46): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.list_partition_reassignments import (
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse,
    ListPartitionReassignmentsResponseOngoingPartitionReassignment,
    ListPartitionReassignmentsResponseOngoingTopicReassignment,
)
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    malformed,
    read_int32s,
    read_uvarint,
    skip_tags,
    too_many,
    trailing,
    truncated,
)
from broker.wire.writer import (
    PACK_COMPACT_INT32S,
    UNENCODABLE,
    Writer,
    put_compact_array,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack


def decode_response_v0(buf: memoryview, pos: int) -> ListPartitionReassignmentsResponse:
    end = len(buf)
    try:
        m = new(ListPartitionReassignmentsResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("ListPartitionReassignmentsResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListPartitionReassignmentsResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListPartitionReassignmentsResponse.topics", n)
        if n * 3 > end - pos:
            too_many("ListPartitionReassignmentsResponse.topics", n)
        items1: list[ListPartitionReassignmentsResponseOngoingTopicReassignment] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(ListPartitionReassignmentsResponseOngoingTopicReassignment)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListPartitionReassignmentsResponseOngoingTopicReassignment.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListPartitionReassignmentsResponseOngoingTopicReassignment.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListPartitionReassignmentsResponseOngoingTopicReassignment.partitions", n)
            if n * 8 > end - pos:
                too_many("ListPartitionReassignmentsResponseOngoingTopicReassignment.partitions", n)
            items3: list[ListPartitionReassignmentsResponseOngoingPartitionReassignment] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ListPartitionReassignmentsResponseOngoingPartitionReassignment)
                m4.partition_index, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ListPartitionReassignmentsResponseOngoingPartitionReassignment.replicas", n)
                if n * 4 > end - pos:
                    too_many("ListPartitionReassignmentsResponseOngoingPartitionReassignment.replicas", n)
                m4.replicas = read_int32s(buf, pos, n)
                pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ListPartitionReassignmentsResponseOngoingPartitionReassignment.adding_replicas", n)
                if n * 4 > end - pos:
                    too_many("ListPartitionReassignmentsResponseOngoingPartitionReassignment.adding_replicas", n)
                m4.adding_replicas = read_int32s(buf, pos, n)
                pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ListPartitionReassignmentsResponseOngoingPartitionReassignment.removing_replicas", n)
                if n * 4 > end - pos:
                    too_many("ListPartitionReassignmentsResponseOngoingPartitionReassignment.removing_replicas", n)
                m4.removing_replicas = read_int32s(buf, pos, n)
                pos += n * 4
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items1.append(m2)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: ListPartitionReassignmentsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = 0 if items1 is None else len(items1) + 1
        if n < 128:
            out += _pack_iB(m.timeout_ms, n)
        else:
            out += _pack_i(m.timeout_ms)
            put_uvarint(out, n)
        for m2 in items1 or ():
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            ints = m2.partition_indexes
            n = len(ints)
            if n < 32:
                out += PACK_COMPACT_INT32S[n](n + 1, *ints)
            else:
                put_compact_array(out, "i", ints)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListPartitionReassignmentsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], ListPartitionReassignmentsResponse]] = {
    0: decode_response_v0,
}


ENCODE_REQUEST: dict[int, Callable[[ListPartitionReassignmentsRequest, Writer], None]] = {
    0: encode_request_v0,
}
