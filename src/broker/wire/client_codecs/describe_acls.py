"""DescribeAcls (API key 29): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_acls import (
    DescribeAclsRequest,
    DescribeAclsResource,
    DescribeAclsResponse,
    DescribeAclsResponseAclDescription,
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
    unencodable,
)

new = object.__new__
_unpack_bB = struct.Struct(">bB").unpack_from
_unpack_bb = struct.Struct(">bb").unpack_from
_unpack_bbB = struct.Struct(">bbB").unpack_from
_unpack_bh = struct.Struct(">bh").unpack_from
_unpack_bi = struct.Struct(">bi").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_ihh = struct.Struct(">ihh").unpack_from
_pack_b = struct.Struct(">b").pack
_pack_bB = struct.Struct(">bB").pack
_pack_bb = struct.Struct(">bb").pack
_pack_bbx = struct.Struct(">bbx").pack
_pack_bh = struct.Struct(">bh").pack
_pack_h = struct.Struct(">h").pack


def decode_response_v1(buf: memoryview, pos: int) -> DescribeAclsResponse:
    end = len(buf)
    try:
        m = new(DescribeAclsResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihh(buf, pos)
        pos += 8
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("DescribeAclsResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeAclsResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("DescribeAclsResponse.resources", n)
        if n * 8 > end - pos:
            too_many("DescribeAclsResponse.resources", n)
        items1: list[DescribeAclsResource] = []
        m.resources = items1
        for _ in range(n):
            m2 = new(DescribeAclsResource)
            m2.resource_type, n = _unpack_bh(buf, pos)
            pos += 3
            if n < 0:
                bad_length("DescribeAclsResource.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeAclsResource.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
            m2.pattern_type, n = _unpack_bi(buf, pos)
            pos += 5
            if n < 0:
                bad_length("DescribeAclsResource.acls", n)
            if n * 6 > end - pos:
                too_many("DescribeAclsResource.acls", n)
            items3: list[DescribeAclsResponseAclDescription] = []
            m2.acls = items3
            for _ in range(n):
                m4 = new(DescribeAclsResponseAclDescription)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeAclsResponseAclDescription.principal", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeAclsResponseAclDescription.principal")
                m4.principal = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeAclsResponseAclDescription.host", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeAclsResponseAclDescription.host")
                m4.host = buf[at:pos].tobytes().decode()
                m4.operation, m4.permission_type = _unpack_bb(buf, pos)
                pos += 2
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> DescribeAclsResponse:
    end = len(buf)
    try:
        m = new(DescribeAclsResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("DescribeAclsResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeAclsResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeAclsResponse.resources", n)
        if n * 5 > end - pos:
            too_many("DescribeAclsResponse.resources", n)
        items1: list[DescribeAclsResource] = []
        m.resources = items1
        for _ in range(n):
            m2 = new(DescribeAclsResource)
            m2.resource_type, n = _unpack_bB(buf, pos)
            pos += 2
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeAclsResource.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeAclsResource.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
            m2.pattern_type, n = _unpack_bB(buf, pos)
            pos += 2
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeAclsResource.acls", n)
            if n * 5 > end - pos:
                too_many("DescribeAclsResource.acls", n)
            items3: list[DescribeAclsResponseAclDescription] = []
            m2.acls = items3
            for _ in range(n):
                m4 = new(DescribeAclsResponseAclDescription)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeAclsResponseAclDescription.principal", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeAclsResponseAclDescription.principal")
                m4.principal = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeAclsResponseAclDescription.host", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeAclsResponseAclDescription.host")
                m4.host = buf[at:pos].tobytes().decode()
                m4.operation, m4.permission_type, tags = _unpack_bbB(buf, pos)
                pos += 3
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


def encode_request_v1(m: DescribeAclsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.resource_name_filter
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_bh(m.resource_type_filter, n)
        out += data
        text = m.principal_filter
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_bh(m.pattern_type_filter, n)
        out += data
        text = m.host_filter
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_h(n)
        out += data
        out += _pack_bb(m.operation, m.permission_type)
    except UNENCODABLE as error:
        raise unencodable("DescribeAclsRequest", error) from error


def encode_request_v2(m: DescribeAclsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.resource_name_filter
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            out += _pack_bB(m.resource_type_filter, n)
        else:
            out += _pack_b(m.resource_type_filter)
            put_string_length(out, n)
        out += data
        text = m.principal_filter
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            out += _pack_bB(m.pattern_type_filter, n)
        else:
            out += _pack_b(m.pattern_type_filter)
            put_string_length(out, n)
        out += data
        text = m.host_filter
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        out += _pack_bbx(m.operation, m.permission_type)
    except UNENCODABLE as error:
        raise unencodable("DescribeAclsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DescribeAclsResponse]] = {
    1: decode_response_v1,
    2: decode_response_v2,
    3: decode_response_v2,
}


ENCODE_REQUEST: dict[int, Callable[[DescribeAclsRequest, Writer], None]] = {
    1: encode_request_v1,
    2: encode_request_v2,
    3: encode_request_v2,
}
