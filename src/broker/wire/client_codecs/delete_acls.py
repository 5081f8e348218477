"""DeleteAcls (API key 31): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.delete_acls import (
    DeleteAclsFilterResult,
    DeleteAclsMatchingAcl,
    DeleteAclsRequest,
    DeleteAclsResponse,
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
_unpack_bB = struct.Struct(">bB").unpack_from
_unpack_bb = struct.Struct(">bb").unpack_from
_unpack_bbB = struct.Struct(">bbB").unpack_from
_unpack_bh = struct.Struct(">bh").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_hh = struct.Struct(">hh").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_b = struct.Struct(">b").pack
_pack_bB = struct.Struct(">bB").pack
_pack_bb = struct.Struct(">bb").pack
_pack_bbx = struct.Struct(">bbx").pack
_pack_bh = struct.Struct(">bh").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack


def decode_response_v1(buf: memoryview, pos: int) -> DeleteAclsResponse:
    end = len(buf)
    try:
        m = new(DeleteAclsResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("DeleteAclsResponse.filter_results", n)
        if n * 8 > end - pos:
            too_many("DeleteAclsResponse.filter_results", n)
        items1: list[DeleteAclsFilterResult] = []
        m.filter_results = items1
        for _ in range(n):
            m2 = new(DeleteAclsFilterResult)
            m2.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("DeleteAclsFilterResult.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteAclsFilterResult.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DeleteAclsFilterResult.matching_acls", n)
            if n * 14 > end - pos:
                too_many("DeleteAclsFilterResult.matching_acls", n)
            items3: list[DeleteAclsMatchingAcl] = []
            m2.matching_acls = items3
            for _ in range(n):
                m4 = new(DeleteAclsMatchingAcl)
                m4.error_code, n = _unpack_hh(buf, pos)
                pos += 4
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("DeleteAclsMatchingAcl.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DeleteAclsMatchingAcl.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
                m4.resource_type, n = _unpack_bh(buf, pos)
                pos += 3
                if n < 0:
                    bad_length("DeleteAclsMatchingAcl.resource_name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteAclsMatchingAcl.resource_name")
                m4.resource_name = buf[at:pos].tobytes().decode()
                m4.pattern_type, n = _unpack_bh(buf, pos)
                pos += 3
                if n < 0:
                    bad_length("DeleteAclsMatchingAcl.principal", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteAclsMatchingAcl.principal")
                m4.principal = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DeleteAclsMatchingAcl.host", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteAclsMatchingAcl.host")
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


def decode_response_v2(buf: memoryview, pos: int) -> DeleteAclsResponse:
    end = len(buf)
    try:
        m = new(DeleteAclsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DeleteAclsResponse.filter_results", n)
        if n * 5 > end - pos:
            too_many("DeleteAclsResponse.filter_results", n)
        items1: list[DeleteAclsFilterResult] = []
        m.filter_results = items1
        for _ in range(n):
            m2 = new(DeleteAclsFilterResult)
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("DeleteAclsFilterResult.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteAclsFilterResult.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DeleteAclsFilterResult.matching_acls", n)
            if n * 11 > end - pos:
                too_many("DeleteAclsFilterResult.matching_acls", n)
            items3: list[DeleteAclsMatchingAcl] = []
            m2.matching_acls = items3
            for _ in range(n):
                m4 = new(DeleteAclsMatchingAcl)
                m4.error_code, n = _unpack_hB(buf, pos)
                pos += 3
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("DeleteAclsMatchingAcl.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DeleteAclsMatchingAcl.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
                m4.resource_type, n = _unpack_bB(buf, pos)
                pos += 2
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DeleteAclsMatchingAcl.resource_name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteAclsMatchingAcl.resource_name")
                m4.resource_name = buf[at:pos].tobytes().decode()
                m4.pattern_type, n = _unpack_bB(buf, pos)
                pos += 2
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DeleteAclsMatchingAcl.principal", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteAclsMatchingAcl.principal")
                m4.principal = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DeleteAclsMatchingAcl.host", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteAclsMatchingAcl.host")
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


def encode_request_v1(m: DeleteAclsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.filters
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            text = m2.resource_name_filter
            if text is None:
                data = b""
                n = -1
            else:
                data = text.encode()
                n = len(data)
            out += _pack_bh(m2.resource_type_filter, n)
            out += data
            text = m2.principal_filter
            if text is None:
                data = b""
                n = -1
            else:
                data = text.encode()
                n = len(data)
            out += _pack_bh(m2.pattern_type_filter, n)
            out += data
            text = m2.host_filter
            if text is None:
                data = b""
                n = -1
            else:
                data = text.encode()
                n = len(data)
            out += _pack_h(n)
            out += data
            out += _pack_bb(m2.operation, m2.permission_type)
    except UNENCODABLE as error:
        raise unencodable("DeleteAclsRequest", error) from error


def encode_request_v2(m: DeleteAclsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.filters
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            text = m2.resource_name_filter
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_bB(m2.resource_type_filter, n)
            else:
                out += _pack_b(m2.resource_type_filter)
                put_string_length(out, n)
            out += data
            text = m2.principal_filter
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_bB(m2.pattern_type_filter, n)
            else:
                out += _pack_b(m2.pattern_type_filter)
                put_string_length(out, n)
            out += data
            text = m2.host_filter
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
            out += _pack_bbx(m2.operation, m2.permission_type)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DeleteAclsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DeleteAclsResponse]] = {
    1: decode_response_v1,
    2: decode_response_v2,
    3: decode_response_v2,
}


ENCODE_REQUEST: dict[int, Callable[[DeleteAclsRequest, Writer], None]] = {
    1: encode_request_v1,
    2: encode_request_v2,
    3: encode_request_v2,
}
