"""DeleteAcls (API key 31): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.delete_acls import (
    DeleteAclsFilter,
    DeleteAclsRequest,
    DeleteAclsResponse,
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
_pack_b = struct.Struct(">b").pack
_pack_bB = struct.Struct(">bB").pack
_pack_bb = struct.Struct(">bb").pack
_pack_bbx = struct.Struct(">bbx").pack
_pack_bh = struct.Struct(">bh").pack
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hh = struct.Struct(">hh").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v1(buf: memoryview, pos: int) -> DeleteAclsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DeleteAclsRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("DeleteAclsRequest.filters", n)
        if n * 10 > end - pos:
            too_many("DeleteAclsRequest.filters", n)
        left -= n
        if left < 0:
            too_many_in_all("DeleteAclsRequest.filters")
        items1: list[DeleteAclsFilter] = []
        m.filters = items1
        for _ in range(n):
            m2 = new(DeleteAclsFilter)
            m2.resource_type_filter, n = _unpack_bh(buf, pos)
            pos += 3
            if n == -1:
                m2.resource_name_filter = None
            else:
                if n < 0:
                    bad_length("DeleteAclsFilter.resource_name_filter", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteAclsFilter.resource_name_filter")
                m2.resource_name_filter = buf[at:pos].tobytes().decode()
            m2.pattern_type_filter, n = _unpack_bh(buf, pos)
            pos += 3
            if n == -1:
                m2.principal_filter = None
            else:
                if n < 0:
                    bad_length("DeleteAclsFilter.principal_filter", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteAclsFilter.principal_filter")
                m2.principal_filter = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n == -1:
                m2.host_filter = None
            else:
                if n < 0:
                    bad_length("DeleteAclsFilter.host_filter", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteAclsFilter.host_filter")
                m2.host_filter = buf[at:pos].tobytes().decode()
            m2.operation, m2.permission_type = _unpack_bb(buf, pos)
            pos += 2
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> DeleteAclsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DeleteAclsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DeleteAclsRequest.filters", n)
        if n * 8 > end - pos:
            too_many("DeleteAclsRequest.filters", n)
        left -= n
        if left < 0:
            too_many_in_all("DeleteAclsRequest.filters")
        items1: list[DeleteAclsFilter] = []
        m.filters = items1
        for _ in range(n):
            m2 = new(DeleteAclsFilter)
            m2.resource_type_filter, n = _unpack_bB(buf, pos)
            pos += 2
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.resource_name_filter = None
            else:
                if n < 0:
                    bad_length("DeleteAclsFilter.resource_name_filter", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteAclsFilter.resource_name_filter")
                m2.resource_name_filter = buf[at:pos].tobytes().decode()
            m2.pattern_type_filter, n = _unpack_bB(buf, pos)
            pos += 2
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.principal_filter = None
            else:
                if n < 0:
                    bad_length("DeleteAclsFilter.principal_filter", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteAclsFilter.principal_filter")
                m2.principal_filter = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.host_filter = None
            else:
                if n < 0:
                    bad_length("DeleteAclsFilter.host_filter", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteAclsFilter.host_filter")
                m2.host_filter = buf[at:pos].tobytes().decode()
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


def encode_response_v1(m: DeleteAclsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.filter_results
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
            items3 = m2.matching_acls
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                text = m4.error_message
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_hh(m4.error_code, n)
                out += data
                data = m4.resource_name.encode()
                n = len(data)
                out += _pack_bh(m4.resource_type, n)
                out += data
                data = m4.principal.encode()
                n = len(data)
                out += _pack_bh(m4.pattern_type, n)
                out += data
                data = m4.host.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                out += _pack_bb(m4.operation, m4.permission_type)
    except UNENCODABLE as error:
        raise unencodable("DeleteAclsResponse", error) from error


def encode_response_v2(m: DeleteAclsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.filter_results
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
            items3 = m2.matching_acls
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                text = m4.error_message
                if text is None:
                    data = b""
                    n = 0
                else:
                    data = text.encode()
                    n = len(data) + 1
                if n < 128:
                    out += _pack_hB(m4.error_code, n)
                else:
                    out += _pack_h(m4.error_code)
                    put_string_length(out, n)
                out += data
                data = m4.resource_name.encode()
                n = len(data) + 1
                if n < 128:
                    out += _pack_bB(m4.resource_type, n)
                else:
                    out += _pack_b(m4.resource_type)
                    put_string_length(out, n)
                out += data
                data = m4.principal.encode()
                n = len(data) + 1
                if n < 128:
                    out += _pack_bB(m4.pattern_type, n)
                else:
                    out += _pack_b(m4.pattern_type)
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
        raise unencodable("DeleteAclsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DeleteAclsRequest]] = {
    1: decode_request_v1,
    2: decode_request_v2,
    3: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[DeleteAclsResponse, Writer], None]] = {
    1: encode_response_v1,
    2: encode_response_v2,
    3: encode_response_v2,
}
