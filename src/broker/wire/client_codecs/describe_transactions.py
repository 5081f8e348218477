"""DescribeTransactions (API key 65): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_transactions import (
    DescribeTransactionsRequest,
    DescribeTransactionsResponse,
    DescribeTransactionsResponseTopicData,
    DescribeTransactionsResponseTransactionState,
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
    UNENCODABLE,
    Writer,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_iqqhB = struct.Struct(">iqqhB").unpack_from


def decode_response_v0(buf: memoryview, pos: int) -> DescribeTransactionsResponse:
    end = len(buf)
    try:
        m = new(DescribeTransactionsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeTransactionsResponse.transaction_states", n)
        if n * 28 > end - pos:
            too_many("DescribeTransactionsResponse.transaction_states", n)
        items1: list[DescribeTransactionsResponseTransactionState] = []
        m.transaction_states = items1
        for _ in range(n):
            m2 = new(DescribeTransactionsResponseTransactionState)
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeTransactionsResponseTransactionState.transactional_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeTransactionsResponseTransactionState.transactional_id")
            m2.transactional_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeTransactionsResponseTransactionState.transaction_state", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeTransactionsResponseTransactionState.transaction_state")
            m2.transaction_state = buf[at:pos].tobytes().decode()
            m2.transaction_timeout_ms, m2.transaction_start_time_ms, m2.producer_id, m2.producer_epoch, n = _unpack_iqqhB(buf, pos)
            pos += 23
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeTransactionsResponseTransactionState.topics", n)
            if n * 3 > end - pos:
                too_many("DescribeTransactionsResponseTransactionState.topics", n)
            items3: list[DescribeTransactionsResponseTopicData] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(DescribeTransactionsResponseTopicData)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeTransactionsResponseTopicData.topic", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeTransactionsResponseTopicData.topic")
                m4.topic = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeTransactionsResponseTopicData.partitions", n)
                if n * 4 > end - pos:
                    too_many("DescribeTransactionsResponseTopicData.partitions", n)
                m4.partitions = read_int32s(buf, pos, n)
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


def encode_request_v0(m: DescribeTransactionsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.transactional_ids
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for item in items1:
            data = item.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeTransactionsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DescribeTransactionsResponse]] = {
    0: decode_response_v0,
}


ENCODE_REQUEST: dict[int, Callable[[DescribeTransactionsRequest, Writer], None]] = {
    0: encode_request_v0,
}
