"""CreateAcls (API key 30): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.create_acls import (
    CreateAclsRequest,
    CreateAclsRequestAclCreation,
    CreateAclsResponse,
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
_unpack_bb = struct.Struct(">bb").unpack_from
_unpack_bbB = struct.Struct(">bbB").unpack_from
_unpack_bh = struct.Struct(">bh").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hh = struct.Struct(">hh").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v1(buf: memoryview, pos: int) -> CreateAclsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(CreateAclsRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("CreateAclsRequest.creations", n)
        if n * 10 > end - pos:
            too_many("CreateAclsRequest.creations", n)
        left -= n
        if left < 0:
            too_many_in_all("CreateAclsRequest.creations")
        items1: list[CreateAclsRequestAclCreation] = []
        m.creations = items1
        for _ in range(n):
            m2 = new(CreateAclsRequestAclCreation)
            m2.resource_type, n = _unpack_bh(buf, pos)
            pos += 3
            if n < 0:
                bad_length("CreateAclsRequestAclCreation.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateAclsRequestAclCreation.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
            m2.resource_pattern_type, n = _unpack_bh(buf, pos)
            pos += 3
            if n < 0:
                bad_length("CreateAclsRequestAclCreation.principal", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateAclsRequestAclCreation.principal")
            m2.principal = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("CreateAclsRequestAclCreation.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateAclsRequestAclCreation.host")
            m2.host = buf[at:pos].tobytes().decode()
            m2.operation, m2.permission_type = _unpack_bb(buf, pos)
            pos += 2
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> CreateAclsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(CreateAclsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateAclsRequest.creations", n)
        if n * 8 > end - pos:
            too_many("CreateAclsRequest.creations", n)
        left -= n
        if left < 0:
            too_many_in_all("CreateAclsRequest.creations")
        items1: list[CreateAclsRequestAclCreation] = []
        m.creations = items1
        for _ in range(n):
            m2 = new(CreateAclsRequestAclCreation)
            m2.resource_type, n = _unpack_bB(buf, pos)
            pos += 2
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("CreateAclsRequestAclCreation.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateAclsRequestAclCreation.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
            m2.resource_pattern_type, n = _unpack_bB(buf, pos)
            pos += 2
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("CreateAclsRequestAclCreation.principal", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateAclsRequestAclCreation.principal")
            m2.principal = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("CreateAclsRequestAclCreation.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateAclsRequestAclCreation.host")
            m2.host = buf[at:pos].tobytes().decode()
            m2.operation, m2.permission_type, tags = _unpack_bbB(buf, pos)
            pos += 3
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


def encode_response_v1(m: CreateAclsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.results
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            text = m2.error_message
            if text is None:
                data = b""
                n = -1
            else:
                data = text.encode()
                n = len(data)
            out += _pack_hh(m2.error_code, n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("CreateAclsResponse", error) from error


def encode_response_v2(m: CreateAclsResponse, writer: Writer) -> None:
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
        raise unencodable("CreateAclsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], CreateAclsRequest]] = {
    1: decode_request_v1,
    2: decode_request_v2,
    3: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[CreateAclsResponse, Writer], None]] = {
    1: encode_response_v1,
    2: encode_response_v2,
    3: encode_response_v2,
}
