"""IncrementalAlterConfigs (API key 44): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.incremental_alter_configs import (
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
    IncrementalAlterConfigsResponseAlterConfigsResourceResponse,
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
_unpack_bh = struct.Struct(">bh").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_hh = struct.Struct(">hh").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_T = struct.Struct(">?").pack
_pack_Tx = struct.Struct(">?x").pack
_pack_b = struct.Struct(">b").pack
_pack_bB = struct.Struct(">bB").pack
_pack_bh = struct.Struct(">bh").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack


def decode_response_v0(buf: memoryview, pos: int) -> IncrementalAlterConfigsResponse:
    end = len(buf)
    try:
        m = new(IncrementalAlterConfigsResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("IncrementalAlterConfigsResponse.responses", n)
        if n * 7 > end - pos:
            too_many("IncrementalAlterConfigsResponse.responses", n)
        items1: list[IncrementalAlterConfigsResponseAlterConfigsResourceResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(IncrementalAlterConfigsResponseAlterConfigsResourceResponse)
            m2.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("IncrementalAlterConfigsResponseAlterConfigsResourceResponse.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("IncrementalAlterConfigsResponseAlterConfigsResourceResponse.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            m2.resource_type, n = _unpack_bh(buf, pos)
            pos += 3
            if n < 0:
                bad_length("IncrementalAlterConfigsResponseAlterConfigsResourceResponse.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("IncrementalAlterConfigsResponseAlterConfigsResourceResponse.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v1(buf: memoryview, pos: int) -> IncrementalAlterConfigsResponse:
    end = len(buf)
    try:
        m = new(IncrementalAlterConfigsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("IncrementalAlterConfigsResponse.responses", n)
        if n * 6 > end - pos:
            too_many("IncrementalAlterConfigsResponse.responses", n)
        items1: list[IncrementalAlterConfigsResponseAlterConfigsResourceResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(IncrementalAlterConfigsResponseAlterConfigsResourceResponse)
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("IncrementalAlterConfigsResponseAlterConfigsResourceResponse.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("IncrementalAlterConfigsResponseAlterConfigsResourceResponse.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            m2.resource_type, n = _unpack_bB(buf, pos)
            pos += 2
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("IncrementalAlterConfigsResponseAlterConfigsResourceResponse.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("IncrementalAlterConfigsResponseAlterConfigsResourceResponse.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
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


def encode_request_v0(m: IncrementalAlterConfigsRequest, writer: Writer) -> None:
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
                out += _pack_bh(m4.config_operation, n)
                out += data
        out += _pack_T(m.validate_only)
    except UNENCODABLE as error:
        raise unencodable("IncrementalAlterConfigsRequest", error) from error


def encode_request_v1(m: IncrementalAlterConfigsRequest, writer: Writer) -> None:
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
                    out += _pack_bB(m4.config_operation, n)
                else:
                    out += _pack_b(m4.config_operation)
                    put_string_length(out, n)
                out += data
                out.append(0)
            out.append(0)
        out += _pack_Tx(m.validate_only)
    except UNENCODABLE as error:
        raise unencodable("IncrementalAlterConfigsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], IncrementalAlterConfigsResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
}


ENCODE_REQUEST: dict[int, Callable[[IncrementalAlterConfigsRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v1,
}
