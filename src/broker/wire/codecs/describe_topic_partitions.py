"""DescribeTopicPartitions (API key 75): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_topic_partitions import (
    DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsRequestCursor,
    DescribeTopicPartitionsRequestTopicRequest,
    DescribeTopicPartitionsResponse,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
    bad_presence,
    malformed,
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
_unpack_ib = struct.Struct(">ib").unpack_from
_pack_UT = struct.Struct(">16s?").pack
_pack_UTB = struct.Struct(">16s?B").pack
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hiii = struct.Struct(">hiii").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ix = struct.Struct(">ix").pack


def decode_request_v0(buf: memoryview, pos: int) -> DescribeTopicPartitionsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeTopicPartitionsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeTopicPartitionsRequest.topics", n)
        if n * 2 > end - pos:
            too_many("DescribeTopicPartitionsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("DescribeTopicPartitionsRequest.topics")
        items1: list[DescribeTopicPartitionsRequestTopicRequest] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(DescribeTopicPartitionsRequestTopicRequest)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeTopicPartitionsRequestTopicRequest.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeTopicPartitionsRequestTopicRequest.name")
            m2.name = buf[at:pos].tobytes().decode()
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        m.response_partition_limit, n = _unpack_ib(buf, pos)
        pos += 5
        if n == 1:
            m3 = new(DescribeTopicPartitionsRequestCursor)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeTopicPartitionsRequestCursor.topic_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeTopicPartitionsRequestCursor.topic_name")
            m3.topic_name = buf[at:pos].tobytes().decode()
            m3.partition_index, tags = _unpack_iB(buf, pos)
            pos += 5
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            m.cursor = m3
        elif n == -1:
            m.cursor = None
        else:
            bad_presence("DescribeTopicPartitionsRequest.cursor", n)
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: DescribeTopicPartitionsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            text = m2.name
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_hB(m2.error_code, n)
            else:
                out += _pack_h(m2.error_code)
                put_string_length(out, n)
            out += data
            items3 = m2.partitions
            n = len(items3) + 1
            if n < 128:
                out += _pack_UTB(m2.topic_id, m2.is_internal, n)
            else:
                out += _pack_UT(m2.topic_id, m2.is_internal)
                put_uvarint(out, n)
            for m4 in items3:
                out += _pack_hiii(m4.error_code, m4.partition_index, m4.leader_id, m4.leader_epoch)
                ints = m4.replica_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                ints = m4.isr_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                some_ints = m4.eligible_leader_replicas
                if some_ints is None:
                    out.append(0)
                else:
                    n = len(some_ints)
                    if n < 32:
                        out += PACK_COMPACT_INT32S[n](n + 1, *some_ints)
                    else:
                        put_compact_array(out, "i", some_ints)
                some_ints = m4.last_known_elr
                if some_ints is None:
                    out.append(0)
                else:
                    n = len(some_ints)
                    if n < 32:
                        out += PACK_COMPACT_INT32S[n](n + 1, *some_ints)
                    else:
                        put_compact_array(out, "i", some_ints)
                ints = m4.offline_replicas
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out += _pack_ix(m2.topic_authorized_operations)
        m5 = m.next_cursor
        if m5 is None:
            out.append(255)
        else:
            out.append(1)
            data = m5.topic_name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            out += _pack_ix(m5.partition_index)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeTopicPartitionsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DescribeTopicPartitionsRequest]] = {
    0: decode_request_v0,
}


ENCODE_RESPONSE: dict[int, Callable[[DescribeTopicPartitionsResponse, Writer], None]] = {
    0: encode_response_v0,
}
