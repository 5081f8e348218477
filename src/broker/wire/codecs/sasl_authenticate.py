"""SaslAuthenticate (API key 36): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.sasl_authenticate import (
    SaslAuthenticateRequest,
    SaslAuthenticateResponse,
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
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_i = struct.Struct(">i").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hh = struct.Struct(">hh").pack
_pack_i = struct.Struct(">i").pack
_pack_q = struct.Struct(">q").pack
_pack_qx = struct.Struct(">qx").pack


def decode_request_v0(buf: memoryview, pos: int) -> SaslAuthenticateRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(SaslAuthenticateRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("SaslAuthenticateRequest.auth_bytes", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SaslAuthenticateRequest.auth_bytes")
        m.auth_bytes = bytes(buf[at:pos])
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> SaslAuthenticateRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(SaslAuthenticateRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("SaslAuthenticateRequest.auth_bytes", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SaslAuthenticateRequest.auth_bytes")
        m.auth_bytes = bytes(buf[at:pos])
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: SaslAuthenticateResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.error_message
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_hh(m.error_code, n)
        out += data
        data = m.auth_bytes
        n = len(data)
        out += _pack_i(n)
        out += data
    except UNENCODABLE as error:
        raise unencodable("SaslAuthenticateResponse", error) from error


def encode_response_v1(m: SaslAuthenticateResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.error_message
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_hh(m.error_code, n)
        out += data
        data = m.auth_bytes
        n = len(data)
        out += _pack_i(n)
        out += data
        out += _pack_q(m.session_lifetime_ms)
    except UNENCODABLE as error:
        raise unencodable("SaslAuthenticateResponse", error) from error


def encode_response_v2(m: SaslAuthenticateResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.error_message
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            out += _pack_hB(m.error_code, n)
        else:
            out += _pack_h(m.error_code)
            put_string_length(out, n)
        out += data
        data = m.auth_bytes
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        out += data
        out += _pack_qx(m.session_lifetime_ms)
    except UNENCODABLE as error:
        raise unencodable("SaslAuthenticateResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], SaslAuthenticateRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
    2: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[SaslAuthenticateResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
    2: encode_response_v2,
}
