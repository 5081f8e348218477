"""ApiVersions (API key 18): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.api_versions import (
    ApiVersionsRequest,
    ApiVersionsResponse,
    ApiVersionsResponseApiVersion,
    ApiVersionsResponseFinalizedFeatureKey,
    ApiVersionsResponseSupportedFeatureKey,
)
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    check_tag_end,
    malformed,
    read_tag,
    read_tag_count,
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
_unpack_T = struct.Struct(">?").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_hhB = struct.Struct(">hhB").unpack_from
_unpack_hhh = struct.Struct(">hhh").unpack_from
_unpack_hhhB = struct.Struct(">hhhB").unpack_from
_unpack_hi = struct.Struct(">hi").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_q = struct.Struct(">q").unpack_from


def decode_response_v0(buf: memoryview, pos: int) -> ApiVersionsResponse:
    end = len(buf)
    try:
        m = new(ApiVersionsResponse)
        m.throttle_time_ms = 0
        m.supported_features = []
        m.finalized_features_epoch = -1
        m.finalized_features = []
        m.zk_migration_ready = False
        m.error_code, n = _unpack_hi(buf, pos)
        pos += 6
        if n < 0:
            bad_length("ApiVersionsResponse.api_keys", n)
        if n * 6 > end - pos:
            too_many("ApiVersionsResponse.api_keys", n)
        items1: list[ApiVersionsResponseApiVersion] = []
        m.api_keys = items1
        for _ in range(n):
            m2 = new(ApiVersionsResponseApiVersion)
            m2.api_key, m2.min_version, m2.max_version = _unpack_hhh(buf, pos)
            pos += 6
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v1(buf: memoryview, pos: int) -> ApiVersionsResponse:
    end = len(buf)
    try:
        m = new(ApiVersionsResponse)
        m.supported_features = []
        m.finalized_features_epoch = -1
        m.finalized_features = []
        m.zk_migration_ready = False
        m.error_code, n = _unpack_hi(buf, pos)
        pos += 6
        if n < 0:
            bad_length("ApiVersionsResponse.api_keys", n)
        if n * 6 > end - pos:
            too_many("ApiVersionsResponse.api_keys", n)
        items1: list[ApiVersionsResponseApiVersion] = []
        m.api_keys = items1
        for _ in range(n):
            m2 = new(ApiVersionsResponseApiVersion)
            m2.api_key, m2.min_version, m2.max_version = _unpack_hhh(buf, pos)
            pos += 6
            items1.append(m2)
        (m.throttle_time_ms,) = _unpack_i(buf, pos)
        pos += 4
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def _read_tags_ApiVersionsResponse_v3(m: ApiVersionsResponse, buf: memoryview, pos: int, end: int) -> int:
    count, pos = read_tag_count(buf, pos, end)
    tag = -1
    for _ in range(count):
        tag, pos, stop = read_tag(buf, pos, end, tag)
        if tag == 0:
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ApiVersionsResponse.supported_features", n)
            if n * 6 > stop - pos:
                too_many("ApiVersionsResponse.supported_features", n)
            items1: list[ApiVersionsResponseSupportedFeatureKey] = []
            m.supported_features = items1
            for _ in range(n):
                m2 = new(ApiVersionsResponseSupportedFeatureKey)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ApiVersionsResponseSupportedFeatureKey.name", n)
                at = pos
                pos += n
                if pos > stop:
                    truncated("ApiVersionsResponseSupportedFeatureKey.name")
                m2.name = buf[at:pos].tobytes().decode()
                m2.min_version, m2.max_version, tags = _unpack_hhB(buf, pos)
                pos += 5
                if tags:
                    pos = skip_tags(buf, pos - 1, stop)
                items1.append(m2)
        elif tag == 1:
            (m.finalized_features_epoch,) = _unpack_q(buf, pos)
            pos += 8
        elif tag == 2:
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ApiVersionsResponse.finalized_features", n)
            if n * 6 > stop - pos:
                too_many("ApiVersionsResponse.finalized_features", n)
            items3: list[ApiVersionsResponseFinalizedFeatureKey] = []
            m.finalized_features = items3
            for _ in range(n):
                m4 = new(ApiVersionsResponseFinalizedFeatureKey)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ApiVersionsResponseFinalizedFeatureKey.name", n)
                at = pos
                pos += n
                if pos > stop:
                    truncated("ApiVersionsResponseFinalizedFeatureKey.name")
                m4.name = buf[at:pos].tobytes().decode()
                m4.max_version_level, m4.min_version_level, tags = _unpack_hhB(buf, pos)
                pos += 5
                if tags:
                    pos = skip_tags(buf, pos - 1, stop)
                items3.append(m4)
        elif tag == 3:
            (m.zk_migration_ready,) = _unpack_T(buf, pos)
            pos += 1
        else:
            pos = stop
        check_tag_end(tag, pos, stop)
    return pos


def decode_response_v3(buf: memoryview, pos: int) -> ApiVersionsResponse:
    end = len(buf)
    try:
        m = new(ApiVersionsResponse)
        m.supported_features = []
        m.finalized_features_epoch = -1
        m.finalized_features = []
        m.zk_migration_ready = False
        m.error_code, n = _unpack_hB(buf, pos)
        pos += 3
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ApiVersionsResponse.api_keys", n)
        if n * 7 > end - pos:
            too_many("ApiVersionsResponse.api_keys", n)
        items1: list[ApiVersionsResponseApiVersion] = []
        m.api_keys = items1
        for _ in range(n):
            m2 = new(ApiVersionsResponseApiVersion)
            m2.api_key, m2.min_version, m2.max_version, tags = _unpack_hhhB(buf, pos)
            pos += 7
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items1.append(m2)
        m.throttle_time_ms, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos = _read_tags_ApiVersionsResponse_v3(m, buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: ApiVersionsRequest, writer: Writer) -> None:
    return


def encode_request_v3(m: ApiVersionsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.client_software_name.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        data = m.client_software_version.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ApiVersionsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], ApiVersionsResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
    2: decode_response_v1,
    3: decode_response_v3,
    4: decode_response_v3,
}


ENCODE_REQUEST: dict[int, Callable[[ApiVersionsRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v0,
    3: encode_request_v3,
    4: encode_request_v3,
}
