"""DescribeDelegationToken (API key 41): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_delegation_token import (
    DescribeDelegationTokenRequest,
    DescribeDelegationTokenResponse,
    DescribeDelegationTokenResponseDescribedDelegationToken,
    DescribeDelegationTokenResponseDescribedDelegationTokenRenewer,
)
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    malformed,
    read_uvarint,
    skip_tags,
    too_many,
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
_unpack_hi = struct.Struct(">hi").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_qqqB = struct.Struct(">qqqB").unpack_from
_unpack_qqqh = struct.Struct(">qqqh").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack


def decode_response_v1(buf: memoryview, pos: int) -> DescribeDelegationTokenResponse:
    end = len(buf)
    try:
        m = new(DescribeDelegationTokenResponse)
        m.error_code, n = _unpack_hi(buf, pos)
        pos += 6
        if n < 0:
            bad_length("DescribeDelegationTokenResponse.tokens", n)
        if n * 38 > end - pos:
            too_many("DescribeDelegationTokenResponse.tokens", n)
        items1: list[DescribeDelegationTokenResponseDescribedDelegationToken] = []
        m.tokens = items1
        for _ in range(n):
            m2 = new(DescribeDelegationTokenResponseDescribedDelegationToken)
            m2.token_requester_principal_type = ""
            m2.token_requester_principal_name = ""
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.principal_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeDelegationTokenResponseDescribedDelegationToken.principal_type")
            m2.principal_type = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.principal_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeDelegationTokenResponseDescribedDelegationToken.principal_name")
            m2.principal_name = buf[at:pos].tobytes().decode()
            m2.issue_timestamp, m2.expiry_timestamp, m2.max_timestamp, n = _unpack_qqqh(buf, pos)
            pos += 26
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.token_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeDelegationTokenResponseDescribedDelegationToken.token_id")
            m2.token_id = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.hmac", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeDelegationTokenResponseDescribedDelegationToken.hmac")
            m2.hmac = bytes(buf[at:pos])
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.renewers", n)
            if n * 4 > end - pos:
                too_many("DescribeDelegationTokenResponseDescribedDelegationToken.renewers", n)
            items3: list[DescribeDelegationTokenResponseDescribedDelegationTokenRenewer] = []
            m2.renewers = items3
            for _ in range(n):
                m4 = new(DescribeDelegationTokenResponseDescribedDelegationTokenRenewer)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeDelegationTokenResponseDescribedDelegationTokenRenewer.principal_type", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeDelegationTokenResponseDescribedDelegationTokenRenewer.principal_type")
                m4.principal_type = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeDelegationTokenResponseDescribedDelegationTokenRenewer.principal_name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeDelegationTokenResponseDescribedDelegationTokenRenewer.principal_name")
                m4.principal_name = buf[at:pos].tobytes().decode()
                items3.append(m4)
            items1.append(m2)
        (m.throttle_time_ms,) = _unpack_i(buf, pos)
        pos += 4
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> DescribeDelegationTokenResponse:
    end = len(buf)
    try:
        m = new(DescribeDelegationTokenResponse)
        m.error_code, n = _unpack_hB(buf, pos)
        pos += 3
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeDelegationTokenResponse.tokens", n)
        if n * 30 > end - pos:
            too_many("DescribeDelegationTokenResponse.tokens", n)
        items1: list[DescribeDelegationTokenResponseDescribedDelegationToken] = []
        m.tokens = items1
        for _ in range(n):
            m2 = new(DescribeDelegationTokenResponseDescribedDelegationToken)
            m2.token_requester_principal_type = ""
            m2.token_requester_principal_name = ""
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.principal_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeDelegationTokenResponseDescribedDelegationToken.principal_type")
            m2.principal_type = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.principal_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeDelegationTokenResponseDescribedDelegationToken.principal_name")
            m2.principal_name = buf[at:pos].tobytes().decode()
            m2.issue_timestamp, m2.expiry_timestamp, m2.max_timestamp, n = _unpack_qqqB(buf, pos)
            pos += 25
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.token_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeDelegationTokenResponseDescribedDelegationToken.token_id")
            m2.token_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.hmac", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeDelegationTokenResponseDescribedDelegationToken.hmac")
            m2.hmac = bytes(buf[at:pos])
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.renewers", n)
            if n * 3 > end - pos:
                too_many("DescribeDelegationTokenResponseDescribedDelegationToken.renewers", n)
            items3: list[DescribeDelegationTokenResponseDescribedDelegationTokenRenewer] = []
            m2.renewers = items3
            for _ in range(n):
                m4 = new(DescribeDelegationTokenResponseDescribedDelegationTokenRenewer)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeDelegationTokenResponseDescribedDelegationTokenRenewer.principal_type", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeDelegationTokenResponseDescribedDelegationTokenRenewer.principal_type")
                m4.principal_type = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeDelegationTokenResponseDescribedDelegationTokenRenewer.principal_name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeDelegationTokenResponseDescribedDelegationTokenRenewer.principal_name")
                m4.principal_name = buf[at:pos].tobytes().decode()
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items1.append(m2)
        m.throttle_time_ms, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v3(buf: memoryview, pos: int) -> DescribeDelegationTokenResponse:
    end = len(buf)
    try:
        m = new(DescribeDelegationTokenResponse)
        m.error_code, n = _unpack_hB(buf, pos)
        pos += 3
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeDelegationTokenResponse.tokens", n)
        if n * 32 > end - pos:
            too_many("DescribeDelegationTokenResponse.tokens", n)
        items1: list[DescribeDelegationTokenResponseDescribedDelegationToken] = []
        m.tokens = items1
        for _ in range(n):
            m2 = new(DescribeDelegationTokenResponseDescribedDelegationToken)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.principal_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeDelegationTokenResponseDescribedDelegationToken.principal_type")
            m2.principal_type = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.principal_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeDelegationTokenResponseDescribedDelegationToken.principal_name")
            m2.principal_name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.token_requester_principal_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeDelegationTokenResponseDescribedDelegationToken.token_requester_principal_type")
            m2.token_requester_principal_type = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.token_requester_principal_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeDelegationTokenResponseDescribedDelegationToken.token_requester_principal_name")
            m2.token_requester_principal_name = buf[at:pos].tobytes().decode()
            m2.issue_timestamp, m2.expiry_timestamp, m2.max_timestamp, n = _unpack_qqqB(buf, pos)
            pos += 25
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.token_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeDelegationTokenResponseDescribedDelegationToken.token_id")
            m2.token_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.hmac", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeDelegationTokenResponseDescribedDelegationToken.hmac")
            m2.hmac = bytes(buf[at:pos])
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeDelegationTokenResponseDescribedDelegationToken.renewers", n)
            if n * 3 > end - pos:
                too_many("DescribeDelegationTokenResponseDescribedDelegationToken.renewers", n)
            items3: list[DescribeDelegationTokenResponseDescribedDelegationTokenRenewer] = []
            m2.renewers = items3
            for _ in range(n):
                m4 = new(DescribeDelegationTokenResponseDescribedDelegationTokenRenewer)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeDelegationTokenResponseDescribedDelegationTokenRenewer.principal_type", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeDelegationTokenResponseDescribedDelegationTokenRenewer.principal_type")
                m4.principal_type = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeDelegationTokenResponseDescribedDelegationTokenRenewer.principal_name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeDelegationTokenResponseDescribedDelegationTokenRenewer.principal_name")
                m4.principal_name = buf[at:pos].tobytes().decode()
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items1.append(m2)
        m.throttle_time_ms, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v1(m: DescribeDelegationTokenRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.owners
        n = -1 if items1 is None else len(items1)
        out += _pack_i(n)
        for m2 in items1 or ():
            data = m2.principal_type.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.principal_name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("DescribeDelegationTokenRequest", error) from error


def encode_request_v2(m: DescribeDelegationTokenRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.owners
        n = 0 if items1 is None else len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1 or ():
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
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeDelegationTokenRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DescribeDelegationTokenResponse]] = {
    1: decode_response_v1,
    2: decode_response_v2,
    3: decode_response_v3,
}


ENCODE_REQUEST: dict[int, Callable[[DescribeDelegationTokenRequest, Writer], None]] = {
    1: encode_request_v1,
    2: encode_request_v2,
    3: encode_request_v2,
}
