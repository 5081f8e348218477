"""UpdateFeatures (API key 57): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.update_features import (
    UpdateFeaturesRequest,
    UpdateFeaturesRequestFeatureUpdateKey,
    UpdateFeaturesResponse,
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
_unpack_TB = struct.Struct(">?B").unpack_from
_unpack_hTB = struct.Struct(">h?B").unpack_from
_unpack_hbB = struct.Struct(">hbB").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack


def decode_request_v0(buf: memoryview, pos: int) -> UpdateFeaturesRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(UpdateFeaturesRequest)
        m.validate_only = False
        m.timeout_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("UpdateFeaturesRequest.feature_updates", n)
        if n * 5 > end - pos:
            too_many("UpdateFeaturesRequest.feature_updates", n)
        left -= n
        if left < 0:
            too_many_in_all("UpdateFeaturesRequest.feature_updates")
        items1: list[UpdateFeaturesRequestFeatureUpdateKey] = []
        m.feature_updates = items1
        for _ in range(n):
            m2 = new(UpdateFeaturesRequestFeatureUpdateKey)
            m2.upgrade_type = 1
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("UpdateFeaturesRequestFeatureUpdateKey.feature", n)
            at = pos
            pos += n
            if pos > end:
                truncated("UpdateFeaturesRequestFeatureUpdateKey.feature")
            m2.feature = buf[at:pos].tobytes().decode()
            m2.max_version_level, m2.allow_downgrade, tags = _unpack_hTB(buf, pos)
            pos += 4
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


def decode_request_v1(buf: memoryview, pos: int) -> UpdateFeaturesRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(UpdateFeaturesRequest)
        m.timeout_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("UpdateFeaturesRequest.feature_updates", n)
        if n * 5 > end - pos:
            too_many("UpdateFeaturesRequest.feature_updates", n)
        left -= n
        if left < 0:
            too_many_in_all("UpdateFeaturesRequest.feature_updates")
        items1: list[UpdateFeaturesRequestFeatureUpdateKey] = []
        m.feature_updates = items1
        for _ in range(n):
            m2 = new(UpdateFeaturesRequestFeatureUpdateKey)
            m2.allow_downgrade = False
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("UpdateFeaturesRequestFeatureUpdateKey.feature", n)
            at = pos
            pos += n
            if pos > end:
                truncated("UpdateFeaturesRequestFeatureUpdateKey.feature")
            m2.feature = buf[at:pos].tobytes().decode()
            m2.max_version_level, m2.upgrade_type, tags = _unpack_hbB(buf, pos)
            pos += 4
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


def encode_response_v0(m: UpdateFeaturesResponse, writer: Writer) -> None:
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
        items1 = m.results
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.feature.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
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
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("UpdateFeaturesResponse", error) from error


def encode_response_v2(m: UpdateFeaturesResponse, writer: Writer) -> None:
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
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("UpdateFeaturesResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], UpdateFeaturesRequest]] = {
    0: decode_request_v0,
    1: decode_request_v1,
    2: decode_request_v1,
}


ENCODE_RESPONSE: dict[int, Callable[[UpdateFeaturesResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v0,
    2: encode_response_v2,
}
