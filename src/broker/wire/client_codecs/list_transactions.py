"""ListTransactions (API key 66): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.list_transactions import (
    ListTransactionsRequest,
    ListTransactionsResponse,
    ListTransactionsResponseTransactionState,
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
    UNENCODABLE,
    Writer,
    put_compact_array,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_qB = struct.Struct(">qB").unpack_from
_pack_q = struct.Struct(">q").pack
_pack_qB = struct.Struct(">qB").pack
_pack_qx = struct.Struct(">qx").pack


def decode_response_v0(buf: memoryview, pos: int) -> ListTransactionsResponse:
    end = len(buf)
    try:
        m = new(ListTransactionsResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListTransactionsResponse.unknown_state_filters", n)
        if n > end - pos:
            too_many("ListTransactionsResponse.unknown_state_filters", n)
        items1: list[str] = []
        m.unknown_state_filters = items1
        for _ in range(n):
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListTransactionsResponse.unknown_state_filters", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListTransactionsResponse.unknown_state_filters")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListTransactionsResponse.transaction_states", n)
        if n * 11 > end - pos:
            too_many("ListTransactionsResponse.transaction_states", n)
        items2: list[ListTransactionsResponseTransactionState] = []
        m.transaction_states = items2
        for _ in range(n):
            m3 = new(ListTransactionsResponseTransactionState)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListTransactionsResponseTransactionState.transactional_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListTransactionsResponseTransactionState.transactional_id")
            m3.transactional_id = buf[at:pos].tobytes().decode()
            m3.producer_id, n = _unpack_qB(buf, pos)
            pos += 9
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListTransactionsResponseTransactionState.transaction_state", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListTransactionsResponseTransactionState.transaction_state")
            m3.transaction_state = buf[at:pos].tobytes().decode()
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items2.append(m3)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: ListTransactionsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.state_filters
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
        ints = m.producer_id_filters
        put_compact_array(out, "q", ints)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListTransactionsRequest", error) from error


def encode_request_v1(m: ListTransactionsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.state_filters
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
        ints = m.producer_id_filters
        put_compact_array(out, "q", ints)
        out += _pack_qx(m.duration_filter)
    except UNENCODABLE as error:
        raise unencodable("ListTransactionsRequest", error) from error


def encode_request_v2(m: ListTransactionsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.state_filters
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
        ints = m.producer_id_filters
        put_compact_array(out, "q", ints)
        text = m.transactional_id_pattern
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            out += _pack_qB(m.duration_filter, n)
        else:
            out += _pack_q(m.duration_filter)
            put_string_length(out, n)
        out += data
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListTransactionsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], ListTransactionsResponse]] = {
    0: decode_response_v0,
    1: decode_response_v0,
    2: decode_response_v0,
}


ENCODE_REQUEST: dict[int, Callable[[ListTransactionsRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v1,
    2: encode_request_v2,
}
