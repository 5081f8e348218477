"""DescribeTopicPartitions (API key 75): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_topic_partitions import (
    DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsResponse,
    DescribeTopicPartitionsResponseCursor,
    DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic,
)
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    bad_presence,
    malformed,
    read_int32s,
    read_uvarint,
    skip_tags,
    too_many,
    trailing,
    truncated,
)
from broker.wire.writer import (
    UNENCODABLE,
    Writer,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_UTB = struct.Struct(">16s?B").unpack_from
_unpack_b = struct.Struct(">b").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_hiiiB = struct.Struct(">hiiiB").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_pack_i = struct.Struct(">i").pack
_pack_ix = struct.Struct(">ix").pack


def decode_response_v0(buf: memoryview, pos: int) -> DescribeTopicPartitionsResponse:
    end = len(buf)
    try:
        m = new(DescribeTopicPartitionsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeTopicPartitionsResponse.topics", n)
        if n * 26 > end - pos:
            too_many("DescribeTopicPartitionsResponse.topics", n)
        items1: list[DescribeTopicPartitionsResponseTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(DescribeTopicPartitionsResponseTopic)
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.name = None
            else:
                if n < 0:
                    bad_length("DescribeTopicPartitionsResponseTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeTopicPartitionsResponseTopic.name")
                m2.name = buf[at:pos].tobytes().decode()
            m2.topic_id, m2.is_internal, n = _unpack_UTB(buf, pos)
            pos += 18
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeTopicPartitionsResponseTopic.partitions", n)
            if n * 20 > end - pos:
                too_many("DescribeTopicPartitionsResponseTopic.partitions", n)
            items3: list[DescribeTopicPartitionsResponsePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(DescribeTopicPartitionsResponsePartition)
                m4.error_code, m4.partition_index, m4.leader_id, m4.leader_epoch, n = _unpack_hiiiB(buf, pos)
                pos += 15
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeTopicPartitionsResponsePartition.replica_nodes", n)
                if n * 4 > end - pos:
                    too_many("DescribeTopicPartitionsResponsePartition.replica_nodes", n)
                m4.replica_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeTopicPartitionsResponsePartition.isr_nodes", n)
                if n * 4 > end - pos:
                    too_many("DescribeTopicPartitionsResponsePartition.isr_nodes", n)
                m4.isr_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.eligible_leader_replicas = None
                else:
                    if n < 0:
                        bad_length("DescribeTopicPartitionsResponsePartition.eligible_leader_replicas", n)
                    if n * 4 > end - pos:
                        too_many("DescribeTopicPartitionsResponsePartition.eligible_leader_replicas", n)
                    m4.eligible_leader_replicas = read_int32s(buf, pos, n)
                    pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.last_known_elr = None
                else:
                    if n < 0:
                        bad_length("DescribeTopicPartitionsResponsePartition.last_known_elr", n)
                    if n * 4 > end - pos:
                        too_many("DescribeTopicPartitionsResponsePartition.last_known_elr", n)
                    m4.last_known_elr = read_int32s(buf, pos, n)
                    pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeTopicPartitionsResponsePartition.offline_replicas", n)
                if n * 4 > end - pos:
                    too_many("DescribeTopicPartitionsResponsePartition.offline_replicas", n)
                m4.offline_replicas = read_int32s(buf, pos, n)
                pos += n * 4
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
            m2.topic_authorized_operations, tags = _unpack_iB(buf, pos)
            pos += 5
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items1.append(m2)
        (n,) = _unpack_b(buf, pos)
        pos += 1
        if n == 1:
            m5 = new(DescribeTopicPartitionsResponseCursor)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeTopicPartitionsResponseCursor.topic_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeTopicPartitionsResponseCursor.topic_name")
            m5.topic_name = buf[at:pos].tobytes().decode()
            m5.partition_index, tags = _unpack_iB(buf, pos)
            pos += 5
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            m.next_cursor = m5
        elif n == -1:
            m.next_cursor = None
        else:
            bad_presence("DescribeTopicPartitionsResponse.next_cursor", n)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: DescribeTopicPartitionsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
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
            out.append(0)
        out += _pack_i(m.response_partition_limit)
        m3 = m.cursor
        if m3 is None:
            out.append(255)
        else:
            out.append(1)
            data = m3.topic_name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            out += _pack_ix(m3.partition_index)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeTopicPartitionsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DescribeTopicPartitionsResponse]] = {
    0: decode_response_v0,
}


ENCODE_REQUEST: dict[int, Callable[[DescribeTopicPartitionsRequest, Writer], None]] = {
    0: encode_request_v0,
}
