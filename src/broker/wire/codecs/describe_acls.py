"""DescribeAcls (API key 29): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_acls import (
    DescribeAclsRequest,
    DescribeAclsResponse,
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
_pack_b = struct.Struct(">b").pack
_pack_bB = struct.Struct(">bB").pack
_pack_bb = struct.Struct(">bb").pack
_pack_bbx = struct.Struct(">bbx").pack
_pack_bh = struct.Struct(">bh").pack
_pack_bi = struct.Struct(">bi").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_ihh = struct.Struct(">ihh").pack


def decode_request_v1(buf: memoryview, pos: int) -> DescribeAclsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeAclsRequest)
        m.resource_type_filter, n = _unpack_bh(buf, pos)
        pos += 3
        if n == -1:
            m.resource_name_filter = None
        else:
            if n < 0:
                bad_length("DescribeAclsRequest.resource_name_filter", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeAclsRequest.resource_name_filter")
            m.resource_name_filter = buf[at:pos].tobytes().decode()
        m.pattern_type_filter, n = _unpack_bh(buf, pos)
        pos += 3
        if n == -1:
            m.principal_filter = None
        else:
            if n < 0:
                bad_length("DescribeAclsRequest.principal_filter", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeAclsRequest.principal_filter")
            m.principal_filter = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n == -1:
            m.host_filter = None
        else:
            if n < 0:
                bad_length("DescribeAclsRequest.host_filter", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeAclsRequest.host_filter")
            m.host_filter = buf[at:pos].tobytes().decode()
        m.operation, m.permission_type = _unpack_bb(buf, pos)
        pos += 2
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> DescribeAclsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeAclsRequest)
        m.resource_type_filter, n = _unpack_bB(buf, pos)
        pos += 2
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.resource_name_filter = None
        else:
            if n < 0:
                bad_length("DescribeAclsRequest.resource_name_filter", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeAclsRequest.resource_name_filter")
            m.resource_name_filter = buf[at:pos].tobytes().decode()
        m.pattern_type_filter, n = _unpack_bB(buf, pos)
        pos += 2
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.principal_filter = None
        else:
            if n < 0:
                bad_length("DescribeAclsRequest.principal_filter", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeAclsRequest.principal_filter")
            m.principal_filter = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.host_filter = None
        else:
            if n < 0:
                bad_length("DescribeAclsRequest.host_filter", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeAclsRequest.host_filter")
            m.host_filter = buf[at:pos].tobytes().decode()
        m.operation, m.permission_type, tags = _unpack_bbB(buf, pos)
        pos += 3
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v1(m: DescribeAclsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.error_message
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_ihh(m.throttle_time_ms, m.error_code, n)
        out += data
        items1 = m.resources
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.resource_name.encode()
            n = len(data)
            out += _pack_bh(m2.resource_type, n)
            out += data
            items3 = m2.acls
            n = len(items3)
            out += _pack_bi(m2.pattern_type, n)
            for m4 in items3:
                data = m4.principal.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                data = m4.host.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                out += _pack_bb(m4.operation, m4.permission_type)
    except UNENCODABLE as error:
        raise unencodable("DescribeAclsResponse", error) from error


def encode_response_v2(m: DescribeAclsResponse, writer: Writer) -> None:
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
        items1 = m.resources
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.resource_name.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_bB(m2.resource_type, n)
            else:
                out += _pack_b(m2.resource_type)
                put_string_length(out, n)
            out += data
            items3 = m2.acls
            n = len(items3) + 1
            if n < 128:
                out += _pack_bB(m2.pattern_type, n)
            else:
                out += _pack_b(m2.pattern_type)
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.principal.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                data = m4.host.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                out += _pack_bbx(m4.operation, m4.permission_type)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeAclsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DescribeAclsRequest]] = {
    1: decode_request_v1,
    2: decode_request_v2,
    3: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[DescribeAclsResponse, Writer], None]] = {
    1: encode_response_v1,
    2: encode_response_v2,
    3: encode_response_v2,
}
