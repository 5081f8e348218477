"""ListPartitionReassignments (API key 46): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.list_partition_reassignments import (
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse,
    ListPartitionReassignmentsTopics,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
    malformed,
    read_int32s,
    read_uvarint,
    skip_counted_tags,
    too_many,
    too_many_in_all,
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
_pack_i = struct.Struct(">i").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack


def decode_request_v0(buf: memoryview, pos: int) -> ListPartitionReassignmentsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ListPartitionReassignmentsRequest)
        m.timeout_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.topics = None
        else:
            if n < 0:
                bad_length("ListPartitionReassignmentsRequest.topics", n)
            if n * 3 > end - pos:
                too_many("ListPartitionReassignmentsRequest.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("ListPartitionReassignmentsRequest.topics")
            items1: list[ListPartitionReassignmentsTopics] = []
            m.topics = items1
            for _ in range(n):
                m2 = new(ListPartitionReassignmentsTopics)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ListPartitionReassignmentsTopics.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("ListPartitionReassignmentsTopics.name")
                m2.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ListPartitionReassignmentsTopics.partition_indexes", n)
                if n * 4 > end - pos:
                    too_many("ListPartitionReassignmentsTopics.partition_indexes", n)
                left -= n
                if left < 0:
                    too_many_in_all("ListPartitionReassignmentsTopics.partition_indexes")
                m2.partition_indexes = read_int32s(buf, pos, n)
                pos += n * 4
                tags = buf[pos]
                pos += 1
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items1.append(m2)
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: ListPartitionReassignmentsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.error_message
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_string_length(out, n)
        out += data
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.partitions
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                out += _pack_i(m4.partition_index)
                ints = m4.replicas
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                ints = m4.adding_replicas
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                ints = m4.removing_replicas
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListPartitionReassignmentsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], ListPartitionReassignmentsRequest]] = {
    0: decode_request_v0,
}


ENCODE_RESPONSE: dict[int, Callable[[ListPartitionReassignmentsResponse, Writer], None]] = {
    0: encode_response_v0,
}
