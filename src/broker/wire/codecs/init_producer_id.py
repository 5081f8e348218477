"""InitProducerId (API key 22): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.init_producer_id import (
    InitProducerIdRequest,
    InitProducerIdResponse,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
    malformed,
    read_uvarint,
    skip_counted_tags,
    trailing,
    truncated,
)
from broker.wire.writer import (
    UNENCODABLE,
    Writer,
    unencodable,
)

new = object.__new__
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_iqhTTB = struct.Struct(">iqh??B").unpack_from
_unpack_iqhB = struct.Struct(">iqhB").unpack_from
_pack_ihqh = struct.Struct(">ihqh").pack
_pack_ihqhqhx = struct.Struct(">ihqhqhx").pack
_pack_ihqhx = struct.Struct(">ihqhx").pack


def decode_request_v0(buf: memoryview, pos: int) -> InitProducerIdRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(InitProducerIdRequest)
        m.producer_id = -1
        m.producer_epoch = -1
        m.enable2_pc = False
        m.keep_prepared_txn = False
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n == -1:
            m.transactional_id = None
        else:
            if n < 0:
                bad_length("InitProducerIdRequest.transactional_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("InitProducerIdRequest.transactional_id")
            m.transactional_id = buf[at:pos].tobytes().decode()
        (m.transaction_timeout_ms,) = _unpack_i(buf, pos)
        pos += 4
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> InitProducerIdRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(InitProducerIdRequest)
        m.producer_id = -1
        m.producer_epoch = -1
        m.enable2_pc = False
        m.keep_prepared_txn = False
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.transactional_id = None
        else:
            if n < 0:
                bad_length("InitProducerIdRequest.transactional_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("InitProducerIdRequest.transactional_id")
            m.transactional_id = buf[at:pos].tobytes().decode()
        m.transaction_timeout_ms, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v3(buf: memoryview, pos: int) -> InitProducerIdRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(InitProducerIdRequest)
        m.enable2_pc = False
        m.keep_prepared_txn = False
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.transactional_id = None
        else:
            if n < 0:
                bad_length("InitProducerIdRequest.transactional_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("InitProducerIdRequest.transactional_id")
            m.transactional_id = buf[at:pos].tobytes().decode()
        m.transaction_timeout_ms, m.producer_id, m.producer_epoch, tags = _unpack_iqhB(buf, pos)
        pos += 15
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v6(buf: memoryview, pos: int) -> InitProducerIdRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(InitProducerIdRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.transactional_id = None
        else:
            if n < 0:
                bad_length("InitProducerIdRequest.transactional_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("InitProducerIdRequest.transactional_id")
            m.transactional_id = buf[at:pos].tobytes().decode()
        m.transaction_timeout_ms, m.producer_id, m.producer_epoch, m.enable2_pc, m.keep_prepared_txn, tags = _unpack_iqhTTB(buf, pos)
        pos += 17
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: InitProducerIdResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_ihqh(m.throttle_time_ms, m.error_code, m.producer_id, m.producer_epoch)
    except UNENCODABLE as error:
        raise unencodable("InitProducerIdResponse", error) from error


def encode_response_v2(m: InitProducerIdResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_ihqhx(m.throttle_time_ms, m.error_code, m.producer_id, m.producer_epoch)
    except UNENCODABLE as error:
        raise unencodable("InitProducerIdResponse", error) from error


def encode_response_v6(m: InitProducerIdResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_ihqhqhx(m.throttle_time_ms, m.error_code, m.producer_id, m.producer_epoch, m.ongoing_txn_producer_id, m.ongoing_txn_producer_epoch)
    except UNENCODABLE as error:
        raise unencodable("InitProducerIdResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], InitProducerIdRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
    2: decode_request_v2,
    3: decode_request_v3,
    4: decode_request_v3,
    5: decode_request_v3,
    6: decode_request_v6,
}


ENCODE_RESPONSE: dict[int, Callable[[InitProducerIdResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v0,
    2: encode_response_v2,
    3: encode_response_v2,
    4: encode_response_v2,
    5: encode_response_v2,
    6: encode_response_v6,
}
