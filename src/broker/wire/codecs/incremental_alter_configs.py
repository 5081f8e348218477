"""IncrementalAlterConfigs (API key 44): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.incremental_alter_configs import (
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsRequestAlterConfigsResource,
    IncrementalAlterConfigsRequestAlterableConfig,
    IncrementalAlterConfigsResponse,
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
_unpack_TB = struct.Struct(">?B").unpack_from
_unpack_bB = struct.Struct(">bB").unpack_from
_unpack_bh = struct.Struct(">bh").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_pack_b = struct.Struct(">b").pack
_pack_bB = struct.Struct(">bB").pack
_pack_bh = struct.Struct(">bh").pack
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hh = struct.Struct(">hh").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v0(buf: memoryview, pos: int) -> IncrementalAlterConfigsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(IncrementalAlterConfigsRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("IncrementalAlterConfigsRequest.resources", n)
        if n * 7 > end - pos:
            too_many("IncrementalAlterConfigsRequest.resources", n)
        left -= n
        if left < 0:
            too_many_in_all("IncrementalAlterConfigsRequest.resources")
        items1: list[IncrementalAlterConfigsRequestAlterConfigsResource] = []
        m.resources = items1
        for _ in range(n):
            m2 = new(IncrementalAlterConfigsRequestAlterConfigsResource)
            m2.resource_type, n = _unpack_bh(buf, pos)
            pos += 3
            if n < 0:
                bad_length("IncrementalAlterConfigsRequestAlterConfigsResource.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("IncrementalAlterConfigsRequestAlterConfigsResource.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("IncrementalAlterConfigsRequestAlterConfigsResource.configs", n)
            if n * 5 > end - pos:
                too_many("IncrementalAlterConfigsRequestAlterConfigsResource.configs", n)
            left -= n
            if left < 0:
                too_many_in_all("IncrementalAlterConfigsRequestAlterConfigsResource.configs")
            items3: list[IncrementalAlterConfigsRequestAlterableConfig] = []
            m2.configs = items3
            for _ in range(n):
                m4 = new(IncrementalAlterConfigsRequestAlterableConfig)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("IncrementalAlterConfigsRequestAlterableConfig.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("IncrementalAlterConfigsRequestAlterableConfig.name")
                m4.name = buf[at:pos].tobytes().decode()
                m4.config_operation, n = _unpack_bh(buf, pos)
                pos += 3
                if n == -1:
                    m4.value = None
                else:
                    if n < 0:
                        bad_length("IncrementalAlterConfigsRequestAlterableConfig.value", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("IncrementalAlterConfigsRequestAlterableConfig.value")
                    m4.value = buf[at:pos].tobytes().decode()
                items3.append(m4)
            items1.append(m2)
        (m.validate_only,) = _unpack_T(buf, pos)
        pos += 1
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v1(buf: memoryview, pos: int) -> IncrementalAlterConfigsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(IncrementalAlterConfigsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("IncrementalAlterConfigsRequest.resources", n)
        if n * 4 > end - pos:
            too_many("IncrementalAlterConfigsRequest.resources", n)
        left -= n
        if left < 0:
            too_many_in_all("IncrementalAlterConfigsRequest.resources")
        items1: list[IncrementalAlterConfigsRequestAlterConfigsResource] = []
        m.resources = items1
        for _ in range(n):
            m2 = new(IncrementalAlterConfigsRequestAlterConfigsResource)
            m2.resource_type, n = _unpack_bB(buf, pos)
            pos += 2
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("IncrementalAlterConfigsRequestAlterConfigsResource.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("IncrementalAlterConfigsRequestAlterConfigsResource.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("IncrementalAlterConfigsRequestAlterConfigsResource.configs", n)
            if n * 4 > end - pos:
                too_many("IncrementalAlterConfigsRequestAlterConfigsResource.configs", n)
            left -= n
            if left < 0:
                too_many_in_all("IncrementalAlterConfigsRequestAlterConfigsResource.configs")
            items3: list[IncrementalAlterConfigsRequestAlterableConfig] = []
            m2.configs = items3
            for _ in range(n):
                m4 = new(IncrementalAlterConfigsRequestAlterableConfig)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("IncrementalAlterConfigsRequestAlterableConfig.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("IncrementalAlterConfigsRequestAlterableConfig.name")
                m4.name = buf[at:pos].tobytes().decode()
                m4.config_operation, n = _unpack_bB(buf, pos)
                pos += 2
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.value = None
                else:
                    if n < 0:
                        bad_length("IncrementalAlterConfigsRequestAlterableConfig.value", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("IncrementalAlterConfigsRequestAlterableConfig.value")
                    m4.value = buf[at:pos].tobytes().decode()
                tags = buf[pos]
                pos += 1
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        m.validate_only, tags = _unpack_TB(buf, pos)
        pos += 2
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: IncrementalAlterConfigsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
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
    except UNENCODABLE as error:
        raise unencodable("IncrementalAlterConfigsResponse", error) from error


def encode_response_v1(m: IncrementalAlterConfigsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
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
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("IncrementalAlterConfigsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], IncrementalAlterConfigsRequest]] = {
    0: decode_request_v0,
    1: decode_request_v1,
}


ENCODE_RESPONSE: dict[int, Callable[[IncrementalAlterConfigsResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
}
