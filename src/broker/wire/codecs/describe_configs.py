"""DescribeConfigs (API key 32): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_configs import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
    DescribeConfigsResponse,
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
_unpack_T = struct.Struct(">?").unpack_from
_unpack_TT = struct.Struct(">??").unpack_from
_unpack_TTB = struct.Struct(">??B").unpack_from
_unpack_bB = struct.Struct(">bB").unpack_from
_unpack_bh = struct.Struct(">bh").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_pack_TbT = struct.Struct(">?b?").pack
_pack_TbTB = struct.Struct(">?b?B").pack
_pack_TbTi = struct.Struct(">?b?i").pack
_pack_b = struct.Struct(">b").pack
_pack_bB = struct.Struct(">bB").pack
_pack_bh = struct.Struct(">bh").pack
_pack_bx = struct.Struct(">bx").pack
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hh = struct.Struct(">hh").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v1(buf: memoryview, pos: int) -> DescribeConfigsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeConfigsRequest)
        m.include_documentation = False
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("DescribeConfigsRequest.resources", n)
        if n * 7 > end - pos:
            too_many("DescribeConfigsRequest.resources", n)
        left -= n
        if left < 0:
            too_many_in_all("DescribeConfigsRequest.resources")
        items1: list[DescribeConfigsResource] = []
        m.resources = items1
        for _ in range(n):
            m2 = new(DescribeConfigsResource)
            m2.resource_type, n = _unpack_bh(buf, pos)
            pos += 3
            if n < 0:
                bad_length("DescribeConfigsResource.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeConfigsResource.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n == -1:
                m2.configuration_keys = None
            else:
                if n < 0:
                    bad_length("DescribeConfigsResource.configuration_keys", n)
                if n * 2 > end - pos:
                    too_many("DescribeConfigsResource.configuration_keys", n)
                left -= n
                if left < 0:
                    too_many_in_all("DescribeConfigsResource.configuration_keys")
                items3: list[str] = []
                m2.configuration_keys = items3
                for _ in range(n):
                    (n,) = _unpack_h(buf, pos)
                    pos += 2
                    if n < 0:
                        bad_length("DescribeConfigsResource.configuration_keys", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeConfigsResource.configuration_keys")
                    text = buf[at:pos].tobytes().decode()
                    items3.append(text)
            items1.append(m2)
        (m.include_synonyms,) = _unpack_T(buf, pos)
        pos += 1
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v3(buf: memoryview, pos: int) -> DescribeConfigsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeConfigsRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("DescribeConfigsRequest.resources", n)
        if n * 7 > end - pos:
            too_many("DescribeConfigsRequest.resources", n)
        left -= n
        if left < 0:
            too_many_in_all("DescribeConfigsRequest.resources")
        items1: list[DescribeConfigsResource] = []
        m.resources = items1
        for _ in range(n):
            m2 = new(DescribeConfigsResource)
            m2.resource_type, n = _unpack_bh(buf, pos)
            pos += 3
            if n < 0:
                bad_length("DescribeConfigsResource.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeConfigsResource.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n == -1:
                m2.configuration_keys = None
            else:
                if n < 0:
                    bad_length("DescribeConfigsResource.configuration_keys", n)
                if n * 2 > end - pos:
                    too_many("DescribeConfigsResource.configuration_keys", n)
                left -= n
                if left < 0:
                    too_many_in_all("DescribeConfigsResource.configuration_keys")
                items3: list[str] = []
                m2.configuration_keys = items3
                for _ in range(n):
                    (n,) = _unpack_h(buf, pos)
                    pos += 2
                    if n < 0:
                        bad_length("DescribeConfigsResource.configuration_keys", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeConfigsResource.configuration_keys")
                    text = buf[at:pos].tobytes().decode()
                    items3.append(text)
            items1.append(m2)
        m.include_synonyms, m.include_documentation = _unpack_TT(buf, pos)
        pos += 2
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v4(buf: memoryview, pos: int) -> DescribeConfigsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeConfigsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeConfigsRequest.resources", n)
        if n * 4 > end - pos:
            too_many("DescribeConfigsRequest.resources", n)
        left -= n
        if left < 0:
            too_many_in_all("DescribeConfigsRequest.resources")
        items1: list[DescribeConfigsResource] = []
        m.resources = items1
        for _ in range(n):
            m2 = new(DescribeConfigsResource)
            m2.resource_type, n = _unpack_bB(buf, pos)
            pos += 2
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeConfigsResource.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeConfigsResource.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.configuration_keys = None
            else:
                if n < 0:
                    bad_length("DescribeConfigsResource.configuration_keys", n)
                if n > end - pos:
                    too_many("DescribeConfigsResource.configuration_keys", n)
                left -= n
                if left < 0:
                    too_many_in_all("DescribeConfigsResource.configuration_keys")
                items3: list[str] = []
                m2.configuration_keys = items3
                for _ in range(n):
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("DescribeConfigsResource.configuration_keys", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeConfigsResource.configuration_keys")
                    text = buf[at:pos].tobytes().decode()
                    items3.append(text)
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        m.include_synonyms, m.include_documentation, tags = _unpack_TTB(buf, pos)
        pos += 3
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v1(m: DescribeConfigsResponse, writer: Writer) -> None:
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
            data = m2.resource_name.encode()
            n = len(data)
            out += _pack_bh(m2.resource_type, n)
            out += data
            items3 = m2.configs
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                data = m4.name.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                text = m4.value
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_h(n)
                out += data
                items5 = m4.synonyms
                n = len(items5)
                out += _pack_TbTi(m4.read_only, m4.config_source, m4.is_sensitive, n)
                for m6 in items5:
                    data = m6.name.encode()
                    n = len(data)
                    out += _pack_h(n)
                    out += data
                    text = m6.value
                    if text is None:
                        data = b""
                        n = -1
                    else:
                        data = text.encode()
                        n = len(data)
                    out += _pack_h(n)
                    out += data
                    out += _pack_b(m6.source)
    except UNENCODABLE as error:
        raise unencodable("DescribeConfigsResponse", error) from error


def encode_response_v3(m: DescribeConfigsResponse, writer: Writer) -> None:
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
            data = m2.resource_name.encode()
            n = len(data)
            out += _pack_bh(m2.resource_type, n)
            out += data
            items3 = m2.configs
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                data = m4.name.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                text = m4.value
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_h(n)
                out += data
                items5 = m4.synonyms
                n = len(items5)
                out += _pack_TbTi(m4.read_only, m4.config_source, m4.is_sensitive, n)
                for m6 in items5:
                    data = m6.name.encode()
                    n = len(data)
                    out += _pack_h(n)
                    out += data
                    text = m6.value
                    if text is None:
                        data = b""
                        n = -1
                    else:
                        data = text.encode()
                        n = len(data)
                    out += _pack_h(n)
                    out += data
                    out += _pack_b(m6.source)
                text = m4.documentation
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_bh(m4.config_type, n)
                out += data
    except UNENCODABLE as error:
        raise unencodable("DescribeConfigsResponse", error) from error


def encode_response_v4(m: DescribeConfigsResponse, writer: Writer) -> None:
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
            data = m2.resource_name.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_bB(m2.resource_type, n)
            else:
                out += _pack_b(m2.resource_type)
                put_string_length(out, n)
            out += data
            items3 = m2.configs
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
                text = m4.value
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
                items5 = m4.synonyms
                n = len(items5) + 1
                if n < 128:
                    out += _pack_TbTB(m4.read_only, m4.config_source, m4.is_sensitive, n)
                else:
                    out += _pack_TbT(m4.read_only, m4.config_source, m4.is_sensitive)
                    put_uvarint(out, n)
                for m6 in items5:
                    data = m6.name.encode()
                    n = len(data) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        put_string_length(out, n)
                    out += data
                    text = m6.value
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
                    out += _pack_bx(m6.source)
                text = m4.documentation
                if text is None:
                    data = b""
                    n = 0
                else:
                    data = text.encode()
                    n = len(data) + 1
                if n < 128:
                    out += _pack_bB(m4.config_type, n)
                else:
                    out += _pack_b(m4.config_type)
                    put_string_length(out, n)
                out += data
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeConfigsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DescribeConfigsRequest]] = {
    1: decode_request_v1,
    2: decode_request_v1,
    3: decode_request_v3,
    4: decode_request_v4,
}


ENCODE_RESPONSE: dict[int, Callable[[DescribeConfigsResponse, Writer], None]] = {
    1: encode_response_v1,
    2: encode_response_v1,
    3: encode_response_v3,
    4: encode_response_v4,
}
