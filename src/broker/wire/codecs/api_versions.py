"""ApiVersions (API key 18): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.api_versions import (
    ApiVersionsRequest,
    ApiVersionsResponse,
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
    put_tags,
    put_uvarint,
    unencodable,
)

new = object.__new__
_pack_T = struct.Struct(">?").pack
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hhh = struct.Struct(">hhh").pack
_pack_hhhx = struct.Struct(">hhhx").pack
_pack_hhx = struct.Struct(">hhx").pack
_pack_hi = struct.Struct(">hi").pack
_pack_i = struct.Struct(">i").pack
_pack_q = struct.Struct(">q").pack


def decode_request_v0(buf: memoryview, pos: int) -> ApiVersionsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ApiVersionsRequest)
        m.client_software_name = ""
        m.client_software_version = ""
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v3(buf: memoryview, pos: int) -> ApiVersionsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ApiVersionsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ApiVersionsRequest.client_software_name", n)
        at = pos
        pos += n
        if pos > end:
            truncated("ApiVersionsRequest.client_software_name")
        m.client_software_name = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ApiVersionsRequest.client_software_version", n)
        at = pos
        pos += n
        if pos > end:
            truncated("ApiVersionsRequest.client_software_version")
        m.client_software_version = buf[at:pos].tobytes().decode()
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: ApiVersionsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.api_keys
        n = len(items1)
        out += _pack_hi(m.error_code, n)
        for m2 in items1:
            out += _pack_hhh(m2.api_key, m2.min_version, m2.max_version)
    except UNENCODABLE as error:
        raise unencodable("ApiVersionsResponse", error) from error


def encode_response_v1(m: ApiVersionsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.api_keys
        n = len(items1)
        out += _pack_hi(m.error_code, n)
        for m2 in items1:
            out += _pack_hhh(m2.api_key, m2.min_version, m2.max_version)
        out += _pack_i(m.throttle_time_ms)
    except UNENCODABLE as error:
        raise unencodable("ApiVersionsResponse", error) from error


def _put_tags_ApiVersionsResponse_v3(m: ApiVersionsResponse, out: bytearray) -> None:
    fields: list[tuple[int, bytearray]] = []
    if m.supported_features:
        body = bytearray()
        items1 = m.supported_features
        n = len(items1) + 1
        if n < 128:
            body.append(n)
        else:
            put_uvarint(body, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                body.append(n)
            else:
                put_string_length(body, n)
            body += data
            body += _pack_hhx(m2.min_version, m2.max_version)
        fields.append((0, body))
    if m.finalized_features_epoch != -1:
        body = bytearray()
        body += _pack_q(m.finalized_features_epoch)
        fields.append((1, body))
    if m.finalized_features:
        body = bytearray()
        items3 = m.finalized_features
        n = len(items3) + 1
        if n < 128:
            body.append(n)
        else:
            put_uvarint(body, n)
        for m4 in items3:
            data = m4.name.encode()
            n = len(data) + 1
            if n < 128:
                body.append(n)
            else:
                put_string_length(body, n)
            body += data
            body += _pack_hhx(m4.max_version_level, m4.min_version_level)
        fields.append((2, body))
    if m.zk_migration_ready:
        body = bytearray()
        body += _pack_T(m.zk_migration_ready)
        fields.append((3, body))
    put_tags(out, fields)


def encode_response_v3(m: ApiVersionsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.api_keys
        n = len(items1) + 1
        if n < 128:
            out += _pack_hB(m.error_code, n)
        else:
            out += _pack_h(m.error_code)
            put_uvarint(out, n)
        for m2 in items1:
            out += _pack_hhhx(m2.api_key, m2.min_version, m2.max_version)
        out += _pack_i(m.throttle_time_ms)
        if not m.supported_features and m.finalized_features_epoch == -1 and not m.finalized_features and not m.zk_migration_ready:
            out.append(0)
        else:
            _put_tags_ApiVersionsResponse_v3(m, out)
    except UNENCODABLE as error:
        raise unencodable("ApiVersionsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], ApiVersionsRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
    2: decode_request_v0,
    3: decode_request_v3,
    4: decode_request_v3,
}


ENCODE_RESPONSE: dict[int, Callable[[ApiVersionsResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
    2: encode_response_v1,
    3: encode_response_v3,
    4: encode_response_v3,
}
