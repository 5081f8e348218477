"""ListTransactions (API key 66): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.list_transactions import (
    ListTransactionsRequest,
    ListTransactionsResponse,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
    malformed,
    read_int64s,
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
_unpack_qB = struct.Struct(">qB").unpack_from
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_q = struct.Struct(">q").pack
_pack_qB = struct.Struct(">qB").pack


def decode_request_v0(buf: memoryview, pos: int) -> ListTransactionsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ListTransactionsRequest)
        m.duration_filter = -1
        m.transactional_id_pattern = None
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListTransactionsRequest.state_filters", n)
        if n > end - pos:
            too_many("ListTransactionsRequest.state_filters", n)
        left -= n
        if left < 0:
            too_many_in_all("ListTransactionsRequest.state_filters")
        items1: list[str] = []
        m.state_filters = items1
        for _ in range(n):
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListTransactionsRequest.state_filters", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListTransactionsRequest.state_filters")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListTransactionsRequest.producer_id_filters", n)
        if n * 8 > end - pos:
            too_many("ListTransactionsRequest.producer_id_filters", n)
        left -= n
        if left < 0:
            too_many_in_all("ListTransactionsRequest.producer_id_filters")
        m.producer_id_filters = read_int64s(buf, pos, n)
        pos += n * 8
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v1(buf: memoryview, pos: int) -> ListTransactionsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ListTransactionsRequest)
        m.transactional_id_pattern = None
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListTransactionsRequest.state_filters", n)
        if n > end - pos:
            too_many("ListTransactionsRequest.state_filters", n)
        left -= n
        if left < 0:
            too_many_in_all("ListTransactionsRequest.state_filters")
        items1: list[str] = []
        m.state_filters = items1
        for _ in range(n):
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListTransactionsRequest.state_filters", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListTransactionsRequest.state_filters")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListTransactionsRequest.producer_id_filters", n)
        if n * 8 > end - pos:
            too_many("ListTransactionsRequest.producer_id_filters", n)
        left -= n
        if left < 0:
            too_many_in_all("ListTransactionsRequest.producer_id_filters")
        m.producer_id_filters = read_int64s(buf, pos, n)
        pos += n * 8
        m.duration_filter, tags = _unpack_qB(buf, pos)
        pos += 9
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> ListTransactionsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ListTransactionsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListTransactionsRequest.state_filters", n)
        if n > end - pos:
            too_many("ListTransactionsRequest.state_filters", n)
        left -= n
        if left < 0:
            too_many_in_all("ListTransactionsRequest.state_filters")
        items1: list[str] = []
        m.state_filters = items1
        for _ in range(n):
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListTransactionsRequest.state_filters", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListTransactionsRequest.state_filters")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListTransactionsRequest.producer_id_filters", n)
        if n * 8 > end - pos:
            too_many("ListTransactionsRequest.producer_id_filters", n)
        left -= n
        if left < 0:
            too_many_in_all("ListTransactionsRequest.producer_id_filters")
        m.producer_id_filters = read_int64s(buf, pos, n)
        pos += n * 8
        m.duration_filter, n = _unpack_qB(buf, pos)
        pos += 9
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.transactional_id_pattern = None
        else:
            if n < 0:
                bad_length("ListTransactionsRequest.transactional_id_pattern", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListTransactionsRequest.transactional_id_pattern")
            m.transactional_id_pattern = buf[at:pos].tobytes().decode()
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: ListTransactionsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.unknown_state_filters
        n = len(items1) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_uvarint(out, n)
        for item in items1:
            data = item.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
        items2 = m.transaction_states
        n = len(items2) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m3 in items2:
            data = m3.transactional_id.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m3.transaction_state.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_qB(m3.producer_id, n)
            else:
                out += _pack_q(m3.producer_id)
                put_string_length(out, n)
            out += data
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListTransactionsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], ListTransactionsRequest]] = {
    0: decode_request_v0,
    1: decode_request_v1,
    2: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[ListTransactionsResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v0,
    2: encode_response_v0,
}
