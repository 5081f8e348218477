"""DescribeUserScramCredentials (API key 50): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_user_scram_credentials import (
    DescribeUserScramCredentialsRequest,
    DescribeUserScramCredentialsResponse,
    DescribeUserScramCredentialsResponseCredentialInfo,
    DescribeUserScramCredentialsResult,
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
_unpack_biB = struct.Struct(">biB").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from


def decode_response_v0(buf: memoryview, pos: int) -> DescribeUserScramCredentialsResponse:
    end = len(buf)
    try:
        m = new(DescribeUserScramCredentialsResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("DescribeUserScramCredentialsResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeUserScramCredentialsResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeUserScramCredentialsResponse.results", n)
        if n * 6 > end - pos:
            too_many("DescribeUserScramCredentialsResponse.results", n)
        items1: list[DescribeUserScramCredentialsResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(DescribeUserScramCredentialsResult)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeUserScramCredentialsResult.user", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeUserScramCredentialsResult.user")
            m2.user = buf[at:pos].tobytes().decode()
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("DescribeUserScramCredentialsResult.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeUserScramCredentialsResult.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeUserScramCredentialsResult.credential_infos", n)
            if n * 6 > end - pos:
                too_many("DescribeUserScramCredentialsResult.credential_infos", n)
            items3: list[DescribeUserScramCredentialsResponseCredentialInfo] = []
            m2.credential_infos = items3
            for _ in range(n):
                m4 = new(DescribeUserScramCredentialsResponseCredentialInfo)
                m4.mechanism, m4.iterations, tags = _unpack_biB(buf, pos)
                pos += 6
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items1.append(m2)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: DescribeUserScramCredentialsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.users
        n = 0 if items1 is None else len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1 or ():
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeUserScramCredentialsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DescribeUserScramCredentialsResponse]] = {
    0: decode_response_v0,
}


ENCODE_REQUEST: dict[int, Callable[[DescribeUserScramCredentialsRequest, Writer], None]] = {
    0: encode_request_v0,
}
