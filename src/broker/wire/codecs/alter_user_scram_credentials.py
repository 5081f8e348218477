"""AlterUserScramCredentials (API key 51): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.alter_user_scram_credentials import (
    AlterUserScramCredentialsRequest,
    AlterUserScramCredentialsRequestScramCredentialDeletion,
    AlterUserScramCredentialsRequestScramCredentialUpsertion,
    AlterUserScramCredentialsResponse,
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
_unpack_bB = struct.Struct(">bB").unpack_from
_unpack_biB = struct.Struct(">biB").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack


def decode_request_v0(buf: memoryview, pos: int) -> AlterUserScramCredentialsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(AlterUserScramCredentialsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AlterUserScramCredentialsRequest.deletions", n)
        if n * 3 > end - pos:
            too_many("AlterUserScramCredentialsRequest.deletions", n)
        left -= n
        if left < 0:
            too_many_in_all("AlterUserScramCredentialsRequest.deletions")
        items1: list[AlterUserScramCredentialsRequestScramCredentialDeletion] = []
        m.deletions = items1
        for _ in range(n):
            m2 = new(AlterUserScramCredentialsRequestScramCredentialDeletion)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterUserScramCredentialsRequestScramCredentialDeletion.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterUserScramCredentialsRequestScramCredentialDeletion.name")
            m2.name = buf[at:pos].tobytes().decode()
            m2.mechanism, tags = _unpack_bB(buf, pos)
            pos += 2
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AlterUserScramCredentialsRequest.upsertions", n)
        if n * 9 > end - pos:
            too_many("AlterUserScramCredentialsRequest.upsertions", n)
        left -= n
        if left < 0:
            too_many_in_all("AlterUserScramCredentialsRequest.upsertions")
        items3: list[AlterUserScramCredentialsRequestScramCredentialUpsertion] = []
        m.upsertions = items3
        for _ in range(n):
            m4 = new(AlterUserScramCredentialsRequestScramCredentialUpsertion)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterUserScramCredentialsRequestScramCredentialUpsertion.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterUserScramCredentialsRequestScramCredentialUpsertion.name")
            m4.name = buf[at:pos].tobytes().decode()
            m4.mechanism, m4.iterations, n = _unpack_biB(buf, pos)
            pos += 6
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterUserScramCredentialsRequestScramCredentialUpsertion.salt", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterUserScramCredentialsRequestScramCredentialUpsertion.salt")
            m4.salt = bytes(buf[at:pos])
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterUserScramCredentialsRequestScramCredentialUpsertion.salted_password", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterUserScramCredentialsRequestScramCredentialUpsertion.salted_password")
            m4.salted_password = bytes(buf[at:pos])
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items3.append(m4)
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: AlterUserScramCredentialsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.results
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
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
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("AlterUserScramCredentialsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], AlterUserScramCredentialsRequest]] = {
    0: decode_request_v0,
}


ENCODE_RESPONSE: dict[int, Callable[[AlterUserScramCredentialsResponse, Writer], None]] = {
    0: encode_response_v0,
}
