"""DescribeProducers (API key 61): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_producers import (
    DescribeProducersRequest,
    DescribeProducersRequestTopicRequest,
    DescribeProducersResponse,
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
    UNENCODABLE,
    Writer,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_qiiqiqx = struct.Struct(">qiiqiqx").pack


def decode_request_v0(buf: memoryview, pos: int) -> DescribeProducersRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeProducersRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeProducersRequest.topics", n)
        if n * 3 > end - pos:
            too_many("DescribeProducersRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("DescribeProducersRequest.topics")
        items1: list[DescribeProducersRequestTopicRequest] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(DescribeProducersRequestTopicRequest)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeProducersRequestTopicRequest.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeProducersRequestTopicRequest.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeProducersRequestTopicRequest.partition_indexes", n)
            if n * 4 > end - pos:
                too_many("DescribeProducersRequestTopicRequest.partition_indexes", n)
            left -= n
            if left < 0:
                too_many_in_all("DescribeProducersRequestTopicRequest.partition_indexes")
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


def encode_response_v0(m: DescribeProducersResponse, writer: Writer) -> None:
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
                text = m4.error_message
                if text is None:
                    data = b""
                    n = 0
                else:
                    data = text.encode()
                    n = len(data) + 1
                if n < 128:
                    out += _pack_ihB(m4.partition_index, m4.error_code, n)
                else:
                    out += _pack_ih(m4.partition_index, m4.error_code)
                    put_string_length(out, n)
                out += data
                items5 = m4.active_producers
                n = len(items5) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                for m6 in items5:
                    out += _pack_qiiqiqx(m6.producer_id, m6.producer_epoch, m6.last_sequence, m6.last_timestamp, m6.coordinator_epoch, m6.current_txn_start_offset)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeProducersResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DescribeProducersRequest]] = {
    0: decode_request_v0,
}


ENCODE_RESPONSE: dict[int, Callable[[DescribeProducersResponse, Writer], None]] = {
    0: encode_response_v0,
}
