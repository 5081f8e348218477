"""AlterUserScramCredentials (API key 51): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.alter_user_scram_credentials import (
    AlterUserScramCredentialsRequest,
    AlterUserScramCredentialsResponse,
    AlterUserScramCredentialsResult,
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
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_pack_bi = struct.Struct(">bi").pack
_pack_biB = struct.Struct(">biB").pack
_pack_bx = struct.Struct(">bx").pack


def decode_response_v0(buf: memoryview, pos: int) -> AlterUserScramCredentialsResponse:
    end = len(buf)
    try:
        m = new(AlterUserScramCredentialsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AlterUserScramCredentialsResponse.results", n)
        if n * 5 > end - pos:
            too_many("AlterUserScramCredentialsResponse.results", n)
        items1: list[AlterUserScramCredentialsResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(AlterUserScramCredentialsResult)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterUserScramCredentialsResult.user", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterUserScramCredentialsResult.user")
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
                    bad_length("AlterUserScramCredentialsResult.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("AlterUserScramCredentialsResult.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
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


def encode_request_v0(m: AlterUserScramCredentialsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.deletions
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            out += _pack_bx(m2.mechanism)
        items3 = m.upsertions
        n = len(items3) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m4 in items3:
            data = m4.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m4.salt
            n = len(data) + 1
            if n < 128:
                out += _pack_biB(m4.mechanism, m4.iterations, n)
            else:
                out += _pack_bi(m4.mechanism, m4.iterations)
                put_uvarint(out, n)
            out += data
            data = m4.salted_password
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            out += data
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("AlterUserScramCredentialsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], AlterUserScramCredentialsResponse]] = {
    0: decode_response_v0,
}


ENCODE_REQUEST: dict[int, Callable[[AlterUserScramCredentialsRequest, Writer], None]] = {
    0: encode_request_v0,
}
