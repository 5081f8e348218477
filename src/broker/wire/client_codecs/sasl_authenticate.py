"""SaslAuthenticate (API key 36): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.sasl_authenticate import (
    SaslAuthenticateRequest,
    SaslAuthenticateResponse,
)
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    malformed,
    read_uvarint,
    skip_tags,
    trailing,
    truncated,
)
from broker.wire.writer import (
    UNENCODABLE,
    Writer,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_hh = struct.Struct(">hh").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_q = struct.Struct(">q").unpack_from
_unpack_qB = struct.Struct(">qB").unpack_from
_pack_i = struct.Struct(">i").pack


def decode_response_v0(buf: memoryview, pos: int) -> SaslAuthenticateResponse:
    end = len(buf)
    try:
        m = new(SaslAuthenticateResponse)
        m.session_lifetime_ms = 0
        m.error_code, n = _unpack_hh(buf, pos)
        pos += 4
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("SaslAuthenticateResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SaslAuthenticateResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("SaslAuthenticateResponse.auth_bytes", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SaslAuthenticateResponse.auth_bytes")
        m.auth_bytes = bytes(buf[at:pos])
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v1(buf: memoryview, pos: int) -> SaslAuthenticateResponse:
    end = len(buf)
    try:
        m = new(SaslAuthenticateResponse)
        m.error_code, n = _unpack_hh(buf, pos)
        pos += 4
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("SaslAuthenticateResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SaslAuthenticateResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("SaslAuthenticateResponse.auth_bytes", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SaslAuthenticateResponse.auth_bytes")
        m.auth_bytes = bytes(buf[at:pos])
        (m.session_lifetime_ms,) = _unpack_q(buf, pos)
        pos += 8
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> SaslAuthenticateResponse:
    end = len(buf)
    try:
        m = new(SaslAuthenticateResponse)
        m.error_code, n = _unpack_hB(buf, pos)
        pos += 3
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("SaslAuthenticateResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SaslAuthenticateResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("SaslAuthenticateResponse.auth_bytes", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SaslAuthenticateResponse.auth_bytes")
        m.auth_bytes = bytes(buf[at:pos])
        m.session_lifetime_ms, tags = _unpack_qB(buf, pos)
        pos += 9
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: SaslAuthenticateRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.auth_bytes
        n = len(data)
        out += _pack_i(n)
        out += data
    except UNENCODABLE as error:
        raise unencodable("SaslAuthenticateRequest", error) from error


def encode_request_v2(m: SaslAuthenticateRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.auth_bytes
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        out += data
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("SaslAuthenticateRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], SaslAuthenticateResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
    2: decode_response_v2,
}


ENCODE_REQUEST: dict[int, Callable[[SaslAuthenticateRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v2,
}
