"""CreateDelegationToken (API key 38): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.create_delegation_token import (
    CreateDelegationTokenRequest,
    CreateDelegationTokenResponse,
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
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_h = struct.Struct(">h").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_hh = struct.Struct(">hh").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_qqqB = struct.Struct(">qqqB").unpack_from
_unpack_qqqh = struct.Struct(">qqqh").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_q = struct.Struct(">q").pack
_pack_qx = struct.Struct(">qx").pack


def decode_response_v1(buf: memoryview, pos: int) -> CreateDelegationTokenResponse:
    end = len(buf)
    try:
        m = new(CreateDelegationTokenResponse)
        m.token_requester_principal_type = ""
        m.token_requester_principal_name = ""
        m.error_code, n = _unpack_hh(buf, pos)
        pos += 4
        if n < 0:
            bad_length("CreateDelegationTokenResponse.principal_type", n)
        at = pos
        pos += n
        if pos > end:
            truncated("CreateDelegationTokenResponse.principal_type")
        m.principal_type = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("CreateDelegationTokenResponse.principal_name", n)
        at = pos
        pos += n
        if pos > end:
            truncated("CreateDelegationTokenResponse.principal_name")
        m.principal_name = buf[at:pos].tobytes().decode()
        m.issue_timestamp_ms, m.expiry_timestamp_ms, m.max_timestamp_ms, n = _unpack_qqqh(buf, pos)
        pos += 26
        if n < 0:
            bad_length("CreateDelegationTokenResponse.token_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("CreateDelegationTokenResponse.token_id")
        m.token_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("CreateDelegationTokenResponse.hmac", n)
        at = pos
        pos += n
        if pos > end:
            truncated("CreateDelegationTokenResponse.hmac")
        m.hmac = bytes(buf[at:pos])
        (m.throttle_time_ms,) = _unpack_i(buf, pos)
        pos += 4
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> CreateDelegationTokenResponse:
    end = len(buf)
    try:
        m = new(CreateDelegationTokenResponse)
        m.token_requester_principal_type = ""
        m.token_requester_principal_name = ""
        m.error_code, n = _unpack_hB(buf, pos)
        pos += 3
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateDelegationTokenResponse.principal_type", n)
        at = pos
        pos += n
        if pos > end:
            truncated("CreateDelegationTokenResponse.principal_type")
        m.principal_type = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateDelegationTokenResponse.principal_name", n)
        at = pos
        pos += n
        if pos > end:
            truncated("CreateDelegationTokenResponse.principal_name")
        m.principal_name = buf[at:pos].tobytes().decode()
        m.issue_timestamp_ms, m.expiry_timestamp_ms, m.max_timestamp_ms, n = _unpack_qqqB(buf, pos)
        pos += 25
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateDelegationTokenResponse.token_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("CreateDelegationTokenResponse.token_id")
        m.token_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateDelegationTokenResponse.hmac", n)
        at = pos
        pos += n
        if pos > end:
            truncated("CreateDelegationTokenResponse.hmac")
        m.hmac = bytes(buf[at:pos])
        m.throttle_time_ms, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v3(buf: memoryview, pos: int) -> CreateDelegationTokenResponse:
    end = len(buf)
    try:
        m = new(CreateDelegationTokenResponse)
        m.error_code, n = _unpack_hB(buf, pos)
        pos += 3
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateDelegationTokenResponse.principal_type", n)
        at = pos
        pos += n
        if pos > end:
            truncated("CreateDelegationTokenResponse.principal_type")
        m.principal_type = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateDelegationTokenResponse.principal_name", n)
        at = pos
        pos += n
        if pos > end:
            truncated("CreateDelegationTokenResponse.principal_name")
        m.principal_name = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateDelegationTokenResponse.token_requester_principal_type", n)
        at = pos
        pos += n
        if pos > end:
            truncated("CreateDelegationTokenResponse.token_requester_principal_type")
        m.token_requester_principal_type = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateDelegationTokenResponse.token_requester_principal_name", n)
        at = pos
        pos += n
        if pos > end:
            truncated("CreateDelegationTokenResponse.token_requester_principal_name")
        m.token_requester_principal_name = buf[at:pos].tobytes().decode()
        m.issue_timestamp_ms, m.expiry_timestamp_ms, m.max_timestamp_ms, n = _unpack_qqqB(buf, pos)
        pos += 25
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateDelegationTokenResponse.token_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("CreateDelegationTokenResponse.token_id")
        m.token_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateDelegationTokenResponse.hmac", n)
        at = pos
        pos += n
        if pos > end:
            truncated("CreateDelegationTokenResponse.hmac")
        m.hmac = bytes(buf[at:pos])
        m.throttle_time_ms, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v1(m: CreateDelegationTokenRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.renewers
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.principal_type.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.principal_name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
        out += _pack_q(m.max_lifetime_ms)
    except UNENCODABLE as error:
        raise unencodable("CreateDelegationTokenRequest", error) from error


def encode_request_v2(m: CreateDelegationTokenRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.renewers
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.principal_type.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.principal_name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            out.append(0)
        out += _pack_qx(m.max_lifetime_ms)
    except UNENCODABLE as error:
        raise unencodable("CreateDelegationTokenRequest", error) from error


def encode_request_v3(m: CreateDelegationTokenRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.owner_principal_type
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
        text = m.owner_principal_name
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
        items1 = m.renewers
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.principal_type.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.principal_name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            out.append(0)
        out += _pack_qx(m.max_lifetime_ms)
    except UNENCODABLE as error:
        raise unencodable("CreateDelegationTokenRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], CreateDelegationTokenResponse]] = {
    1: decode_response_v1,
    2: decode_response_v2,
    3: decode_response_v3,
}


ENCODE_REQUEST: dict[int, Callable[[CreateDelegationTokenRequest, Writer], None]] = {
    1: encode_request_v1,
    2: encode_request_v2,
    3: encode_request_v3,
}
