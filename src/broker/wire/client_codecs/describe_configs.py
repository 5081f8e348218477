"""DescribeConfigs (API key 32): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_configs import (
    DescribeConfigsRequest,
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
    DescribeConfigsResult,
    DescribeConfigsSynonym,
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
_unpack_TbTB = struct.Struct(">?b?B").unpack_from
_unpack_TbTi = struct.Struct(">?b?i").unpack_from
_unpack_b = struct.Struct(">b").unpack_from
_unpack_bB = struct.Struct(">bB").unpack_from
_unpack_bh = struct.Struct(">bh").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_hh = struct.Struct(">hh").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_T = struct.Struct(">?").pack
_pack_TT = struct.Struct(">??").pack
_pack_TTx = struct.Struct(">??x").pack
_pack_b = struct.Struct(">b").pack
_pack_bB = struct.Struct(">bB").pack
_pack_bh = struct.Struct(">bh").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack


def decode_response_v1(buf: memoryview, pos: int) -> DescribeConfigsResponse:
    end = len(buf)
    try:
        m = new(DescribeConfigsResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("DescribeConfigsResponse.results", n)
        if n * 11 > end - pos:
            too_many("DescribeConfigsResponse.results", n)
        items1: list[DescribeConfigsResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(DescribeConfigsResult)
            m2.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("DescribeConfigsResult.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeConfigsResult.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            m2.resource_type, n = _unpack_bh(buf, pos)
            pos += 3
            if n < 0:
                bad_length("DescribeConfigsResult.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeConfigsResult.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DescribeConfigsResult.configs", n)
            if n * 11 > end - pos:
                too_many("DescribeConfigsResult.configs", n)
            items3: list[DescribeConfigsResourceResult] = []
            m2.configs = items3
            for _ in range(n):
                m4 = new(DescribeConfigsResourceResult)
                m4.config_type = 0
                m4.documentation = ""
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeConfigsResourceResult.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeConfigsResourceResult.name")
                m4.name = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n == -1:
                    m4.value = None
                else:
                    if n < 0:
                        bad_length("DescribeConfigsResourceResult.value", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeConfigsResourceResult.value")
                    m4.value = buf[at:pos].tobytes().decode()
                m4.read_only, m4.config_source, m4.is_sensitive, n = _unpack_TbTi(buf, pos)
                pos += 7
                if n < 0:
                    bad_length("DescribeConfigsResourceResult.synonyms", n)
                if n * 5 > end - pos:
                    too_many("DescribeConfigsResourceResult.synonyms", n)
                items5: list[DescribeConfigsSynonym] = []
                m4.synonyms = items5
                for _ in range(n):
                    m6 = new(DescribeConfigsSynonym)
                    (n,) = _unpack_h(buf, pos)
                    pos += 2
                    if n < 0:
                        bad_length("DescribeConfigsSynonym.name", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeConfigsSynonym.name")
                    m6.name = buf[at:pos].tobytes().decode()
                    (n,) = _unpack_h(buf, pos)
                    pos += 2
                    if n == -1:
                        m6.value = None
                    else:
                        if n < 0:
                            bad_length("DescribeConfigsSynonym.value", n)
                        at = pos
                        pos += n
                        if pos > end:
                            truncated("DescribeConfigsSynonym.value")
                        m6.value = buf[at:pos].tobytes().decode()
                    (m6.source,) = _unpack_b(buf, pos)
                    pos += 1
                    items5.append(m6)
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v3(buf: memoryview, pos: int) -> DescribeConfigsResponse:
    end = len(buf)
    try:
        m = new(DescribeConfigsResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("DescribeConfigsResponse.results", n)
        if n * 11 > end - pos:
            too_many("DescribeConfigsResponse.results", n)
        items1: list[DescribeConfigsResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(DescribeConfigsResult)
            m2.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("DescribeConfigsResult.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeConfigsResult.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            m2.resource_type, n = _unpack_bh(buf, pos)
            pos += 3
            if n < 0:
                bad_length("DescribeConfigsResult.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeConfigsResult.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DescribeConfigsResult.configs", n)
            if n * 14 > end - pos:
                too_many("DescribeConfigsResult.configs", n)
            items3: list[DescribeConfigsResourceResult] = []
            m2.configs = items3
            for _ in range(n):
                m4 = new(DescribeConfigsResourceResult)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeConfigsResourceResult.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeConfigsResourceResult.name")
                m4.name = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n == -1:
                    m4.value = None
                else:
                    if n < 0:
                        bad_length("DescribeConfigsResourceResult.value", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeConfigsResourceResult.value")
                    m4.value = buf[at:pos].tobytes().decode()
                m4.read_only, m4.config_source, m4.is_sensitive, n = _unpack_TbTi(buf, pos)
                pos += 7
                if n < 0:
                    bad_length("DescribeConfigsResourceResult.synonyms", n)
                if n * 5 > end - pos:
                    too_many("DescribeConfigsResourceResult.synonyms", n)
                items5: list[DescribeConfigsSynonym] = []
                m4.synonyms = items5
                for _ in range(n):
                    m6 = new(DescribeConfigsSynonym)
                    (n,) = _unpack_h(buf, pos)
                    pos += 2
                    if n < 0:
                        bad_length("DescribeConfigsSynonym.name", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeConfigsSynonym.name")
                    m6.name = buf[at:pos].tobytes().decode()
                    (n,) = _unpack_h(buf, pos)
                    pos += 2
                    if n == -1:
                        m6.value = None
                    else:
                        if n < 0:
                            bad_length("DescribeConfigsSynonym.value", n)
                        at = pos
                        pos += n
                        if pos > end:
                            truncated("DescribeConfigsSynonym.value")
                        m6.value = buf[at:pos].tobytes().decode()
                    (m6.source,) = _unpack_b(buf, pos)
                    pos += 1
                    items5.append(m6)
                m4.config_type, n = _unpack_bh(buf, pos)
                pos += 3
                if n == -1:
                    m4.documentation = None
                else:
                    if n < 0:
                        bad_length("DescribeConfigsResourceResult.documentation", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeConfigsResourceResult.documentation")
                    m4.documentation = buf[at:pos].tobytes().decode()
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v4(buf: memoryview, pos: int) -> DescribeConfigsResponse:
    end = len(buf)
    try:
        m = new(DescribeConfigsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeConfigsResponse.results", n)
        if n * 7 > end - pos:
            too_many("DescribeConfigsResponse.results", n)
        items1: list[DescribeConfigsResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(DescribeConfigsResult)
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("DescribeConfigsResult.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeConfigsResult.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            m2.resource_type, n = _unpack_bB(buf, pos)
            pos += 2
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeConfigsResult.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeConfigsResult.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeConfigsResult.configs", n)
            if n * 9 > end - pos:
                too_many("DescribeConfigsResult.configs", n)
            items3: list[DescribeConfigsResourceResult] = []
            m2.configs = items3
            for _ in range(n):
                m4 = new(DescribeConfigsResourceResult)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeConfigsResourceResult.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeConfigsResourceResult.name")
                m4.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.value = None
                else:
                    if n < 0:
                        bad_length("DescribeConfigsResourceResult.value", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeConfigsResourceResult.value")
                    m4.value = buf[at:pos].tobytes().decode()
                m4.read_only, m4.config_source, m4.is_sensitive, n = _unpack_TbTB(buf, pos)
                pos += 4
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeConfigsResourceResult.synonyms", n)
                if n * 4 > end - pos:
                    too_many("DescribeConfigsResourceResult.synonyms", n)
                items5: list[DescribeConfigsSynonym] = []
                m4.synonyms = items5
                for _ in range(n):
                    m6 = new(DescribeConfigsSynonym)
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("DescribeConfigsSynonym.name", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeConfigsSynonym.name")
                    m6.name = buf[at:pos].tobytes().decode()
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n == -1:
                        m6.value = None
                    else:
                        if n < 0:
                            bad_length("DescribeConfigsSynonym.value", n)
                        at = pos
                        pos += n
                        if pos > end:
                            truncated("DescribeConfigsSynonym.value")
                        m6.value = buf[at:pos].tobytes().decode()
                    m6.source, tags = _unpack_bB(buf, pos)
                    pos += 2
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
                m4.config_type, n = _unpack_bB(buf, pos)
                pos += 2
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.documentation = None
                else:
                    if n < 0:
                        bad_length("DescribeConfigsResourceResult.documentation", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeConfigsResourceResult.documentation")
                    m4.documentation = buf[at:pos].tobytes().decode()
                tags = buf[pos]
                pos += 1
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


def encode_request_v1(m: DescribeConfigsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.resources
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.resource_name.encode()
            n = len(data)
            out += _pack_bh(m2.resource_type, n)
            out += data
            items3 = m2.configuration_keys
            n = -1 if items3 is None else len(items3)
            out += _pack_i(n)
            for item in items3 or ():
                data = item.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
        out += _pack_T(m.include_synonyms)
    except UNENCODABLE as error:
        raise unencodable("DescribeConfigsRequest", error) from error


def encode_request_v3(m: DescribeConfigsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.resources
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.resource_name.encode()
            n = len(data)
            out += _pack_bh(m2.resource_type, n)
            out += data
            items3 = m2.configuration_keys
            n = -1 if items3 is None else len(items3)
            out += _pack_i(n)
            for item in items3 or ():
                data = item.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
        out += _pack_TT(m.include_synonyms, m.include_documentation)
    except UNENCODABLE as error:
        raise unencodable("DescribeConfigsRequest", error) from error


def encode_request_v4(m: DescribeConfigsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
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
            items3 = m2.configuration_keys
            n = 0 if items3 is None else len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for item in items3 or ():
                data = item.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
            out.append(0)
        out += _pack_TTx(m.include_synonyms, m.include_documentation)
    except UNENCODABLE as error:
        raise unencodable("DescribeConfigsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DescribeConfigsResponse]] = {
    1: decode_response_v1,
    2: decode_response_v1,
    3: decode_response_v3,
    4: decode_response_v4,
}


ENCODE_REQUEST: dict[int, Callable[[DescribeConfigsRequest, Writer], None]] = {
    1: encode_request_v1,
    2: encode_request_v1,
    3: encode_request_v3,
    4: encode_request_v4,
}
