"""DescribeProducers (API key 61): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_producers import (
    DescribeProducersRequest,
    DescribeProducersResponse,
    DescribeProducersResponsePartitionResponse,
    DescribeProducersResponseProducerState,
    DescribeProducersResponseTopicResponse,
)
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    malformed,
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
_unpack_qiiqiqB = struct.Struct(">qiiqiqB").unpack_from


def decode_response_v0(buf: memoryview, pos: int) -> DescribeProducersResponse:
    end = len(buf)
    try:
        m = new(DescribeProducersResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeProducersResponse.topics", n)
        if n * 3 > end - pos:
            too_many("DescribeProducersResponse.topics", n)
        items1: list[DescribeProducersResponseTopicResponse] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(DescribeProducersResponseTopicResponse)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeProducersResponseTopicResponse.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeProducersResponseTopicResponse.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeProducersResponseTopicResponse.partitions", n)
            if n * 9 > end - pos:
                too_many("DescribeProducersResponseTopicResponse.partitions", n)
            items3: list[DescribeProducersResponsePartitionResponse] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(DescribeProducersResponsePartitionResponse)
                m4.partition_index, m4.error_code, n = _unpack_ihB(buf, pos)
                pos += 7
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("DescribeProducersResponsePartitionResponse.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeProducersResponsePartitionResponse.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeProducersResponsePartitionResponse.active_producers", n)
                if n * 37 > end - pos:
                    too_many("DescribeProducersResponsePartitionResponse.active_producers", n)
                items5: list[DescribeProducersResponseProducerState] = []
                m4.active_producers = items5
                for _ in range(n):
                    m6 = new(DescribeProducersResponseProducerState)
                    m6.producer_id, m6.producer_epoch, m6.last_sequence, m6.last_timestamp, m6.coordinator_epoch, m6.current_txn_start_offset, tags = _unpack_qiiqiqB(buf, pos)
                    pos += 37
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
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


def encode_request_v0(m: DescribeProducersRequest, writer: Writer) -> None:
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
            ints = m2.partition_indexes
            n = len(ints)
            if n < 32:
                out += PACK_COMPACT_INT32S[n](n + 1, *ints)
            else:
                put_compact_array(out, "i", ints)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeProducersRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DescribeProducersResponse]] = {
    0: decode_response_v0,
}


ENCODE_REQUEST: dict[int, Callable[[DescribeProducersRequest, Writer], None]] = {
    0: encode_request_v0,
}
