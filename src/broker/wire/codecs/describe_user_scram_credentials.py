"""DescribeUserScramCredentials (API key 50): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_user_scram_credentials import (
    DescribeUserScramCredentialsRequest,
    DescribeUserScramCredentialsRequestUserName,
    DescribeUserScramCredentialsResponse,
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
_pack_bix = struct.Struct(">bix").pack
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack


def decode_request_v0(buf: memoryview, pos: int) -> DescribeUserScramCredentialsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeUserScramCredentialsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.users = None
        else:
            if n < 0:
                bad_length("DescribeUserScramCredentialsRequest.users", n)
            if n * 2 > end - pos:
                too_many("DescribeUserScramCredentialsRequest.users", n)
            left -= n
            if left < 0:
                too_many_in_all("DescribeUserScramCredentialsRequest.users")
            items1: list[DescribeUserScramCredentialsRequestUserName] = []
            m.users = items1
            for _ in range(n):
                m2 = new(DescribeUserScramCredentialsRequestUserName)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeUserScramCredentialsRequestUserName.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeUserScramCredentialsRequestUserName.name")
                m2.name = buf[at:pos].tobytes().decode()
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


def encode_response_v0(m: DescribeUserScramCredentialsResponse, writer: Writer) -> None:
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
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_string_length(out, n)
        out += data
        items1 = m.results
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.user.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            text = m2.error_message
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_hB(m2.error_code, n)
            else:
                out += _pack_h(m2.error_code)
                put_string_length(out, n)
            out += data
            items3 = m2.credential_infos
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                out += _pack_bix(m4.mechanism, m4.iterations)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeUserScramCredentialsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DescribeUserScramCredentialsRequest]] = {
    0: decode_request_v0,
}


ENCODE_RESPONSE: dict[int, Callable[[DescribeUserScramCredentialsResponse, Writer], None]] = {
    0: encode_response_v0,
}
