"""UpdateFeatures (API key 57): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.update_features import (
    UpdateFeaturesRequest,
    UpdateFeaturesResponse,
    UpdateFeaturesResponseUpdatableFeatureResult,
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
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_pack_Tx = struct.Struct(">?x").pack
_pack_hTx = struct.Struct(">h?x").pack
_pack_hbx = struct.Struct(">hbx").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack


def decode_response_v0(buf: memoryview, pos: int) -> UpdateFeaturesResponse:
    end = len(buf)
    try:
        m = new(UpdateFeaturesResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("UpdateFeaturesResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("UpdateFeaturesResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("UpdateFeaturesResponse.results", n)
        if n * 5 > end - pos:
            too_many("UpdateFeaturesResponse.results", n)
        items1: list[UpdateFeaturesResponseUpdatableFeatureResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(UpdateFeaturesResponseUpdatableFeatureResult)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("UpdateFeaturesResponseUpdatableFeatureResult.feature", n)
            at = pos
            pos += n
            if pos > end:
                truncated("UpdateFeaturesResponseUpdatableFeatureResult.feature")
            m2.feature = buf[at:pos].tobytes().decode()
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("UpdateFeaturesResponseUpdatableFeatureResult.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("UpdateFeaturesResponseUpdatableFeatureResult.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
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


def decode_response_v2(buf: memoryview, pos: int) -> UpdateFeaturesResponse:
    end = len(buf)
    try:
        m = new(UpdateFeaturesResponse)
        m.results = []
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("UpdateFeaturesResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("UpdateFeaturesResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: UpdateFeaturesRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.feature_updates
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.timeout_ms, n)
        else:
            out += _pack_i(m.timeout_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.feature.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            out += _pack_hTx(m2.max_version_level, m2.allow_downgrade)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("UpdateFeaturesRequest", error) from error


def encode_request_v1(m: UpdateFeaturesRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.feature_updates
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.timeout_ms, n)
        else:
            out += _pack_i(m.timeout_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.feature.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            out += _pack_hbx(m2.max_version_level, m2.upgrade_type)
        out += _pack_Tx(m.validate_only)
    except UNENCODABLE as error:
        raise unencodable("UpdateFeaturesRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], UpdateFeaturesResponse]] = {
    0: decode_response_v0,
    1: decode_response_v0,
    2: decode_response_v2,
}


ENCODE_REQUEST: dict[int, Callable[[UpdateFeaturesRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v1,
    2: encode_request_v1,
}
