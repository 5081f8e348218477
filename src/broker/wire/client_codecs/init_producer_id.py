"""InitProducerId (API key 22): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.init_producer_id import (
    InitProducerIdRequest,
    InitProducerIdResponse,
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
_unpack_ihqh = struct.Struct(">ihqh").unpack_from
_unpack_ihqhB = struct.Struct(">ihqhB").unpack_from
_unpack_ihqhqhB = struct.Struct(">ihqhqhB").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iqhTTx = struct.Struct(">iqh??x").pack
_pack_iqhx = struct.Struct(">iqhx").pack
_pack_ix = struct.Struct(">ix").pack


def decode_response_v0(buf: memoryview, pos: int) -> InitProducerIdResponse:
    end = len(buf)
    try:
        m = new(InitProducerIdResponse)
        m.ongoing_txn_producer_id = -1
        m.ongoing_txn_producer_epoch = -1
        m.throttle_time_ms, m.error_code, m.producer_id, m.producer_epoch = _unpack_ihqh(buf, pos)
        pos += 16
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> InitProducerIdResponse:
    end = len(buf)
    try:
        m = new(InitProducerIdResponse)
        m.ongoing_txn_producer_id = -1
        m.ongoing_txn_producer_epoch = -1
        m.throttle_time_ms, m.error_code, m.producer_id, m.producer_epoch, tags = _unpack_ihqhB(buf, pos)
        pos += 17
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v6(buf: memoryview, pos: int) -> InitProducerIdResponse:
    end = len(buf)
    try:
        m = new(InitProducerIdResponse)
        m.throttle_time_ms, m.error_code, m.producer_id, m.producer_epoch, m.ongoing_txn_producer_id, m.ongoing_txn_producer_epoch, tags = _unpack_ihqhqhB(buf, pos)
        pos += 27
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: InitProducerIdRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.transactional_id
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_h(n)
        out += data
        out += _pack_i(m.transaction_timeout_ms)
    except UNENCODABLE as error:
        raise unencodable("InitProducerIdRequest", error) from error


def encode_request_v2(m: InitProducerIdRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.transactional_id
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        out += _pack_ix(m.transaction_timeout_ms)
    except UNENCODABLE as error:
        raise unencodable("InitProducerIdRequest", error) from error


def encode_request_v3(m: InitProducerIdRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.transactional_id
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        out += _pack_iqhx(m.transaction_timeout_ms, m.producer_id, m.producer_epoch)
    except UNENCODABLE as error:
        raise unencodable("InitProducerIdRequest", error) from error


def encode_request_v6(m: InitProducerIdRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.transactional_id
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        out += _pack_iqhTTx(m.transaction_timeout_ms, m.producer_id, m.producer_epoch, m.enable2_pc, m.keep_prepared_txn)
    except UNENCODABLE as error:
        raise unencodable("InitProducerIdRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], InitProducerIdResponse]] = {
    0: decode_response_v0,
    1: decode_response_v0,
    2: decode_response_v2,
    3: decode_response_v2,
    4: decode_response_v2,
    5: decode_response_v2,
    6: decode_response_v6,
}


ENCODE_REQUEST: dict[int, Callable[[InitProducerIdRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v2,
    3: encode_request_v3,
    4: encode_request_v3,
    5: encode_request_v3,
    6: encode_request_v6,
}
