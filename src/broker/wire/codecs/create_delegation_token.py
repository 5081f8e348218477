"""CreateDelegationToken (API key 38): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.create_delegation_token import (
    CreateDelegationTokenRequest,
    CreateDelegationTokenRequestCreatableRenewers,
    CreateDelegationTokenResponse,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
    malformed,
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
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_q = struct.Struct(">q").unpack_from
_unpack_qB = struct.Struct(">qB").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hh = struct.Struct(">hh").pack
_pack_i = struct.Struct(">i").pack
_pack_ix = struct.Struct(">ix").pack
_pack_qqq = struct.Struct(">qqq").pack
_pack_qqqB = struct.Struct(">qqqB").pack
_pack_qqqh = struct.Struct(">qqqh").pack


def decode_request_v1(buf: memoryview, pos: int) -> CreateDelegationTokenRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(CreateDelegationTokenRequest)
        m.owner_principal_type = ""
        m.owner_principal_name = ""
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("CreateDelegationTokenRequest.renewers", n)
        if n * 4 > end - pos:
            too_many("CreateDelegationTokenRequest.renewers", n)
        left -= n
        if left < 0:
            too_many_in_all("CreateDelegationTokenRequest.renewers")
        items1: list[CreateDelegationTokenRequestCreatableRenewers] = []
        m.renewers = items1
        for _ in range(n):
            m2 = new(CreateDelegationTokenRequestCreatableRenewers)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("CreateDelegationTokenRequestCreatableRenewers.principal_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateDelegationTokenRequestCreatableRenewers.principal_type")
            m2.principal_type = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("CreateDelegationTokenRequestCreatableRenewers.principal_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateDelegationTokenRequestCreatableRenewers.principal_name")
            m2.principal_name = buf[at:pos].tobytes().decode()
            items1.append(m2)
        (m.max_lifetime_ms,) = _unpack_q(buf, pos)
        pos += 8
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> CreateDelegationTokenRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(CreateDelegationTokenRequest)
        m.owner_principal_type = ""
        m.owner_principal_name = ""
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateDelegationTokenRequest.renewers", n)
        if n * 3 > end - pos:
            too_many("CreateDelegationTokenRequest.renewers", n)
        left -= n
        if left < 0:
            too_many_in_all("CreateDelegationTokenRequest.renewers")
        items1: list[CreateDelegationTokenRequestCreatableRenewers] = []
        m.renewers = items1
        for _ in range(n):
            m2 = new(CreateDelegationTokenRequestCreatableRenewers)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("CreateDelegationTokenRequestCreatableRenewers.principal_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateDelegationTokenRequestCreatableRenewers.principal_type")
            m2.principal_type = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("CreateDelegationTokenRequestCreatableRenewers.principal_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateDelegationTokenRequestCreatableRenewers.principal_name")
            m2.principal_name = buf[at:pos].tobytes().decode()
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        m.max_lifetime_ms, tags = _unpack_qB(buf, pos)
        pos += 9
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v3(buf: memoryview, pos: int) -> CreateDelegationTokenRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(CreateDelegationTokenRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.owner_principal_type = None
        else:
            if n < 0:
                bad_length("CreateDelegationTokenRequest.owner_principal_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateDelegationTokenRequest.owner_principal_type")
            m.owner_principal_type = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.owner_principal_name = None
        else:
            if n < 0:
                bad_length("CreateDelegationTokenRequest.owner_principal_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateDelegationTokenRequest.owner_principal_name")
            m.owner_principal_name = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateDelegationTokenRequest.renewers", n)
        if n * 3 > end - pos:
            too_many("CreateDelegationTokenRequest.renewers", n)
        left -= n
        if left < 0:
            too_many_in_all("CreateDelegationTokenRequest.renewers")
        items1: list[CreateDelegationTokenRequestCreatableRenewers] = []
        m.renewers = items1
        for _ in range(n):
            m2 = new(CreateDelegationTokenRequestCreatableRenewers)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("CreateDelegationTokenRequestCreatableRenewers.principal_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateDelegationTokenRequestCreatableRenewers.principal_type")
            m2.principal_type = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("CreateDelegationTokenRequestCreatableRenewers.principal_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateDelegationTokenRequestCreatableRenewers.principal_name")
            m2.principal_name = buf[at:pos].tobytes().decode()
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        m.max_lifetime_ms, tags = _unpack_qB(buf, pos)
        pos += 9
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v1(m: CreateDelegationTokenResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.principal_type.encode()
        n = len(data)
        out += _pack_hh(m.error_code, n)
        out += data
        data = m.principal_name.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.token_id.encode()
        n = len(data)
        out += _pack_qqqh(m.issue_timestamp_ms, m.expiry_timestamp_ms, m.max_timestamp_ms, n)
        out += data
        data = m.hmac
        n = len(data)
        out += _pack_i(n)
        out += data
        out += _pack_i(m.throttle_time_ms)
    except UNENCODABLE as error:
        raise unencodable("CreateDelegationTokenResponse", error) from error


def encode_response_v2(m: CreateDelegationTokenResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.principal_type.encode()
        n = len(data) + 1
        if n < 128:
            out += _pack_hB(m.error_code, n)
        else:
            out += _pack_h(m.error_code)
            put_string_length(out, n)
        out += data
        data = m.principal_name.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        data = m.token_id.encode()
        n = len(data) + 1
        if n < 128:
            out += _pack_qqqB(m.issue_timestamp_ms, m.expiry_timestamp_ms, m.max_timestamp_ms, n)
        else:
            out += _pack_qqq(m.issue_timestamp_ms, m.expiry_timestamp_ms, m.max_timestamp_ms)
            put_string_length(out, n)
        out += data
        data = m.hmac
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        out += data
        out += _pack_ix(m.throttle_time_ms)
    except UNENCODABLE as error:
        raise unencodable("CreateDelegationTokenResponse", error) from error


def encode_response_v3(m: CreateDelegationTokenResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.principal_type.encode()
        n = len(data) + 1
        if n < 128:
            out += _pack_hB(m.error_code, n)
        else:
            out += _pack_h(m.error_code)
            put_string_length(out, n)
        out += data
        data = m.principal_name.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        data = m.token_requester_principal_type.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        data = m.token_requester_principal_name.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        data = m.token_id.encode()
        n = len(data) + 1
        if n < 128:
            out += _pack_qqqB(m.issue_timestamp_ms, m.expiry_timestamp_ms, m.max_timestamp_ms, n)
        else:
            out += _pack_qqq(m.issue_timestamp_ms, m.expiry_timestamp_ms, m.max_timestamp_ms)
            put_string_length(out, n)
        out += data
        data = m.hmac
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        out += data
        out += _pack_ix(m.throttle_time_ms)
    except UNENCODABLE as error:
        raise unencodable("CreateDelegationTokenResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], CreateDelegationTokenRequest]] = {
    1: decode_request_v1,
    2: decode_request_v2,
    3: decode_request_v3,
}


ENCODE_RESPONSE: dict[int, Callable[[CreateDelegationTokenResponse, Writer], None]] = {
    1: encode_response_v1,
    2: encode_response_v2,
    3: encode_response_v3,
}
