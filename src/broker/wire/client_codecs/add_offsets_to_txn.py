"""AddOffsetsToTxn (API key 25): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.add_offsets_to_txn import (
    AddOffsetsToTxnRequest,
    AddOffsetsToTxnResponse,
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
_pack_h = struct.Struct(">h").pack
_pack_qh = struct.Struct(">qh").pack
_pack_qhB = struct.Struct(">qhB").pack
_pack_qhh = struct.Struct(">qhh").pack


def decode_response_v0(buf: memoryview, pos: int) -> AddOffsetsToTxnResponse:
    end = len(buf)
    try:
        m = new(AddOffsetsToTxnResponse)
        m.throttle_time_ms, m.error_code = _unpack_ih(buf, pos)
        pos += 6
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v3(buf: memoryview, pos: int) -> AddOffsetsToTxnResponse:
    end = len(buf)
    try:
        m = new(AddOffsetsToTxnResponse)
        m.throttle_time_ms, m.error_code, tags = _unpack_ihB(buf, pos)
        pos += 7
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: AddOffsetsToTxnRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.transactional_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.group_id.encode()
        n = len(data)
        out += _pack_qhh(m.producer_id, m.producer_epoch, n)
        out += data
    except UNENCODABLE as error:
        raise unencodable("AddOffsetsToTxnRequest", error) from error


def encode_request_v3(m: AddOffsetsToTxnRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.transactional_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        data = m.group_id.encode()
        n = len(data) + 1
        if n < 128:
            out += _pack_qhB(m.producer_id, m.producer_epoch, n)
        else:
            out += _pack_qh(m.producer_id, m.producer_epoch)
            put_string_length(out, n)
        out += data
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("AddOffsetsToTxnRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], AddOffsetsToTxnResponse]] = {
    0: decode_response_v0,
    1: decode_response_v0,
    2: decode_response_v0,
    3: decode_response_v3,
    4: decode_response_v3,
}


ENCODE_REQUEST: dict[int, Callable[[AddOffsetsToTxnRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v0,
    3: encode_request_v3,
    4: encode_request_v3,
}
