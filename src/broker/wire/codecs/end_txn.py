"""EndTxn (API key 26): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.end_txn import (
    EndTxnRequest,
    EndTxnResponse,
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
_unpack_qhT = struct.Struct(">qh?").unpack_from
_unpack_qhTB = struct.Struct(">qh?B").unpack_from
_pack_ih = struct.Struct(">ih").pack
_pack_ihqhx = struct.Struct(">ihqhx").pack
_pack_ihx = struct.Struct(">ihx").pack


def decode_request_v0(buf: memoryview, pos: int) -> EndTxnRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(EndTxnRequest)
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("EndTxnRequest.transactional_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("EndTxnRequest.transactional_id")
        m.transactional_id = buf[at:pos].tobytes().decode()
        m.producer_id, m.producer_epoch, m.committed = _unpack_qhT(buf, pos)
        pos += 11
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v3(buf: memoryview, pos: int) -> EndTxnRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(EndTxnRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("EndTxnRequest.transactional_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("EndTxnRequest.transactional_id")
        m.transactional_id = buf[at:pos].tobytes().decode()
        m.producer_id, m.producer_epoch, m.committed, tags = _unpack_qhTB(buf, pos)
        pos += 12
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: EndTxnResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_ih(m.throttle_time_ms, m.error_code)
    except UNENCODABLE as error:
        raise unencodable("EndTxnResponse", error) from error


def encode_response_v3(m: EndTxnResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_ihx(m.throttle_time_ms, m.error_code)
    except UNENCODABLE as error:
        raise unencodable("EndTxnResponse", error) from error


def encode_response_v5(m: EndTxnResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_ihqhx(m.throttle_time_ms, m.error_code, m.producer_id, m.producer_epoch)
    except UNENCODABLE as error:
        raise unencodable("EndTxnResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], EndTxnRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
    2: decode_request_v0,
    3: decode_request_v3,
    4: decode_request_v3,
    5: decode_request_v3,
}


ENCODE_RESPONSE: dict[int, Callable[[EndTxnResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v0,
    2: encode_response_v0,
    3: encode_response_v3,
    4: encode_response_v3,
    5: encode_response_v5,
}
