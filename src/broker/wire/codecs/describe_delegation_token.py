"""DescribeDelegationToken (API key 41): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_delegation_token import (
    DescribeDelegationTokenOwner,
    DescribeDelegationTokenRequest,
    DescribeDelegationTokenResponse,
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
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hi = struct.Struct(">hi").pack
_pack_i = struct.Struct(">i").pack
_pack_ix = struct.Struct(">ix").pack
_pack_qqq = struct.Struct(">qqq").pack
_pack_qqqB = struct.Struct(">qqqB").pack
_pack_qqqh = struct.Struct(">qqqh").pack


def decode_request_v1(buf: memoryview, pos: int) -> DescribeDelegationTokenRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeDelegationTokenRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n == -1:
            m.owners = None
        else:
            if n < 0:
                bad_length("DescribeDelegationTokenRequest.owners", n)
            if n * 4 > end - pos:
                too_many("DescribeDelegationTokenRequest.owners", n)
            left -= n
            if left < 0:
                too_many_in_all("DescribeDelegationTokenRequest.owners")
            items1: list[DescribeDelegationTokenOwner] = []
            m.owners = items1
            for _ in range(n):
                m2 = new(DescribeDelegationTokenOwner)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeDelegationTokenOwner.principal_type", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeDelegationTokenOwner.principal_type")
                m2.principal_type = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeDelegationTokenOwner.principal_name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeDelegationTokenOwner.principal_name")
                m2.principal_name = buf[at:pos].tobytes().decode()
                items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> DescribeDelegationTokenRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeDelegationTokenRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.owners = None
        else:
            if n < 0:
                bad_length("DescribeDelegationTokenRequest.owners", n)
            if n * 3 > end - pos:
                too_many("DescribeDelegationTokenRequest.owners", n)
            left -= n
            if left < 0:
                too_many_in_all("DescribeDelegationTokenRequest.owners")
            items1: list[DescribeDelegationTokenOwner] = []
            m.owners = items1
            for _ in range(n):
                m2 = new(DescribeDelegationTokenOwner)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeDelegationTokenOwner.principal_type", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeDelegationTokenOwner.principal_type")
                m2.principal_type = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeDelegationTokenOwner.principal_name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeDelegationTokenOwner.principal_name")
                m2.principal_name = buf[at:pos].tobytes().decode()
                tags = buf[pos]
                pos += 1
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items1.append(m2)
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v1(m: DescribeDelegationTokenResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.tokens
        n = len(items1)
        out += _pack_hi(m.error_code, n)
        for m2 in items1:
            data = m2.principal_type.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.principal_name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.token_id.encode()
            n = len(data)
            out += _pack_qqqh(m2.issue_timestamp, m2.expiry_timestamp, m2.max_timestamp, n)
            out += data
            data = m2.hmac
            n = len(data)
            out += _pack_i(n)
            out += data
            items3 = m2.renewers
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                data = m4.principal_type.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                data = m4.principal_name.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
        out += _pack_i(m.throttle_time_ms)
    except UNENCODABLE as error:
        raise unencodable("DescribeDelegationTokenResponse", error) from error


def encode_response_v2(m: DescribeDelegationTokenResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.tokens
        n = len(items1) + 1
        if n < 128:
            out += _pack_hB(m.error_code, n)
        else:
            out += _pack_h(m.error_code)
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
            data = m2.token_id.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_qqqB(m2.issue_timestamp, m2.expiry_timestamp, m2.max_timestamp, n)
            else:
                out += _pack_qqq(m2.issue_timestamp, m2.expiry_timestamp, m2.max_timestamp)
                put_string_length(out, n)
            out += data
            data = m2.hmac
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            out += data
            items3 = m2.renewers
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.principal_type.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                data = m4.principal_name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                out.append(0)
            out.append(0)
        out += _pack_ix(m.throttle_time_ms)
    except UNENCODABLE as error:
        raise unencodable("DescribeDelegationTokenResponse", error) from error


def encode_response_v3(m: DescribeDelegationTokenResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.tokens
        n = len(items1) + 1
        if n < 128:
            out += _pack_hB(m.error_code, n)
        else:
            out += _pack_h(m.error_code)
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
            data = m2.token_requester_principal_type.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.token_requester_principal_name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.token_id.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_qqqB(m2.issue_timestamp, m2.expiry_timestamp, m2.max_timestamp, n)
            else:
                out += _pack_qqq(m2.issue_timestamp, m2.expiry_timestamp, m2.max_timestamp)
                put_string_length(out, n)
            out += data
            data = m2.hmac
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            out += data
            items3 = m2.renewers
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.principal_type.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                data = m4.principal_name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                out.append(0)
            out.append(0)
        out += _pack_ix(m.throttle_time_ms)
    except UNENCODABLE as error:
        raise unencodable("DescribeDelegationTokenResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DescribeDelegationTokenRequest]] = {
    1: decode_request_v1,
    2: decode_request_v2,
    3: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[DescribeDelegationTokenResponse, Writer], None]] = {
    1: encode_response_v1,
    2: encode_response_v2,
    3: encode_response_v3,
}
