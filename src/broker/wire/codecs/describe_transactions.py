"""DescribeTransactions (API key 65): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_transactions import (
    DescribeTransactionsRequest,
    DescribeTransactionsResponse,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
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
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_iqqh = struct.Struct(">iqqh").pack
_pack_iqqhB = struct.Struct(">iqqhB").pack


def decode_request_v0(buf: memoryview, pos: int) -> DescribeTransactionsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeTransactionsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeTransactionsRequest.transactional_ids", n)
        if n > end - pos:
            too_many("DescribeTransactionsRequest.transactional_ids", n)
        left -= n
        if left < 0:
            too_many_in_all("DescribeTransactionsRequest.transactional_ids")
        items1: list[str] = []
        m.transactional_ids = items1
        for _ in range(n):
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeTransactionsRequest.transactional_ids", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeTransactionsRequest.transactional_ids")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: DescribeTransactionsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.transaction_states
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.transactional_id.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_hB(m2.error_code, n)
            else:
                out += _pack_h(m2.error_code)
                put_string_length(out, n)
            out += data
            data = m2.transaction_state.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.topics
            n = len(items3) + 1
            if n < 128:
                out += _pack_iqqhB(m2.transaction_timeout_ms, m2.transaction_start_time_ms, m2.producer_id, m2.producer_epoch, n)
            else:
                out += _pack_iqqh(m2.transaction_timeout_ms, m2.transaction_start_time_ms, m2.producer_id, m2.producer_epoch)
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.topic.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                ints = m4.partitions
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeTransactionsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DescribeTransactionsRequest]] = {
    0: decode_request_v0,
}


ENCODE_RESPONSE: dict[int, Callable[[DescribeTransactionsResponse, Writer], None]] = {
    0: encode_response_v0,
}
