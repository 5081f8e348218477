"""EndTxn (API key 26): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.end_txn import (
    EndTxnRequest,
    EndTxnResponse,
)
from broker.wire.primitives import (
    MALFORMED,
    malformed,
    skip_tags,
    trailing,
)
from broker.wire.writer import (
    UNENCODABLE,
    Writer,
    put_string_length,
    unencodable,
)

new = object.__new__
_unpack_ih = struct.Struct(">ih").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_ihqhB = struct.Struct(">ihqhB").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_qhT = struct.Struct(">qh?").pack
_pack_qhTx = struct.Struct(">qh?x").pack


def decode_response_v0(buf: memoryview, pos: int) -> EndTxnResponse:
    end = len(buf)
    try:
        m = new(EndTxnResponse)
        m.producer_id = -1
        m.producer_epoch = -1
        m.throttle_time_ms, m.error_code = _unpack_ih(buf, pos)
        pos += 6
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v3(buf: memoryview, pos: int) -> EndTxnResponse:
    end = len(buf)
    try:
        m = new(EndTxnResponse)
        m.producer_id = -1
        m.producer_epoch = -1
        m.throttle_time_ms, m.error_code, tags = _unpack_ihB(buf, pos)
        pos += 7
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v5(buf: memoryview, pos: int) -> EndTxnResponse:
    end = len(buf)
    try:
        m = new(EndTxnResponse)
        m.throttle_time_ms, m.error_code, m.producer_id, m.producer_epoch, tags = _unpack_ihqhB(buf, pos)
        pos += 17
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: EndTxnRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.transactional_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        out += _pack_qhT(m.producer_id, m.producer_epoch, m.committed)
    except UNENCODABLE as error:
        raise unencodable("EndTxnRequest", error) from error


def encode_request_v3(m: EndTxnRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.transactional_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        out += _pack_qhTx(m.producer_id, m.producer_epoch, m.committed)
    except UNENCODABLE as error:
        raise unencodable("EndTxnRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], EndTxnResponse]] = {
    0: decode_response_v0,
    1: decode_response_v0,
    2: decode_response_v0,
    3: decode_response_v3,
    4: decode_response_v3,
    5: decode_response_v5,
}


ENCODE_REQUEST: dict[int, Callable[[EndTxnRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v0,
    3: encode_request_v3,
    4: encode_request_v3,
    5: encode_request_v3,
}
