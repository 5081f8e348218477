"""RenewDelegationToken (API key 39): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.renew_delegation_token import (
    RenewDelegationTokenRequest,
    RenewDelegationTokenResponse,
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
_unpack_i = struct.Struct(">i").unpack_from
_unpack_q = struct.Struct(">q").unpack_from
_unpack_qB = struct.Struct(">qB").unpack_from
_pack_hqi = struct.Struct(">hqi").pack
_pack_hqix = struct.Struct(">hqix").pack


def decode_request_v1(buf: memoryview, pos: int) -> RenewDelegationTokenRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(RenewDelegationTokenRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("RenewDelegationTokenRequest.hmac", n)
        at = pos
        pos += n
        if pos > end:
            truncated("RenewDelegationTokenRequest.hmac")
        m.hmac = bytes(buf[at:pos])
        (m.renew_period_ms,) = _unpack_q(buf, pos)
        pos += 8
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> RenewDelegationTokenRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(RenewDelegationTokenRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("RenewDelegationTokenRequest.hmac", n)
        at = pos
        pos += n
        if pos > end:
            truncated("RenewDelegationTokenRequest.hmac")
        m.hmac = bytes(buf[at:pos])
        m.renew_period_ms, tags = _unpack_qB(buf, pos)
        pos += 9
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v1(m: RenewDelegationTokenResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_hqi(m.error_code, m.expiry_timestamp_ms, m.throttle_time_ms)
    except UNENCODABLE as error:
        raise unencodable("RenewDelegationTokenResponse", error) from error


def encode_response_v2(m: RenewDelegationTokenResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_hqix(m.error_code, m.expiry_timestamp_ms, m.throttle_time_ms)
    except UNENCODABLE as error:
        raise unencodable("RenewDelegationTokenResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], RenewDelegationTokenRequest]] = {
    1: decode_request_v1,
    2: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[RenewDelegationTokenResponse, Writer], None]] = {
    1: encode_response_v1,
    2: encode_response_v2,
}
