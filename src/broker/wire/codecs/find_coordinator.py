"""FindCoordinator (API key 10): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.find_coordinator import (
    FindCoordinatorRequest,
    FindCoordinatorResponse,
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
_unpack_b = struct.Struct(">b").unpack_from
_unpack_bB = struct.Struct(">bB").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_pack_hih = struct.Struct(">hih").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_ihh = struct.Struct(">ihh").pack
_pack_ix = struct.Struct(">ix").pack


def decode_request_v0(buf: memoryview, pos: int) -> FindCoordinatorRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(FindCoordinatorRequest)
        m.key_type = 0
        m.coordinator_keys = []
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("FindCoordinatorRequest.key", n)
        at = pos
        pos += n
        if pos > end:
            truncated("FindCoordinatorRequest.key")
        m.key = buf[at:pos].tobytes().decode()
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v1(buf: memoryview, pos: int) -> FindCoordinatorRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(FindCoordinatorRequest)
        m.coordinator_keys = []
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("FindCoordinatorRequest.key", n)
        at = pos
        pos += n
        if pos > end:
            truncated("FindCoordinatorRequest.key")
        m.key = buf[at:pos].tobytes().decode()
        (m.key_type,) = _unpack_b(buf, pos)
        pos += 1
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v3(buf: memoryview, pos: int) -> FindCoordinatorRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(FindCoordinatorRequest)
        m.coordinator_keys = []
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FindCoordinatorRequest.key", n)
        at = pos
        pos += n
        if pos > end:
            truncated("FindCoordinatorRequest.key")
        m.key = buf[at:pos].tobytes().decode()
        m.key_type, tags = _unpack_bB(buf, pos)
        pos += 2
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v4(buf: memoryview, pos: int) -> FindCoordinatorRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(FindCoordinatorRequest)
        m.key = ""
        m.key_type, n = _unpack_bB(buf, pos)
        pos += 2
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FindCoordinatorRequest.coordinator_keys", n)
        if n > end - pos:
            too_many("FindCoordinatorRequest.coordinator_keys", n)
        left -= n
        if left < 0:
            too_many_in_all("FindCoordinatorRequest.coordinator_keys")
        items1: list[str] = []
        m.coordinator_keys = items1
        for _ in range(n):
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FindCoordinatorRequest.coordinator_keys", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FindCoordinatorRequest.coordinator_keys")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: FindCoordinatorResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.host.encode()
        n = len(data)
        out += _pack_hih(m.error_code, m.node_id, n)
        out += data
        out += _pack_i(m.port)
    except UNENCODABLE as error:
        raise unencodable("FindCoordinatorResponse", error) from error


def encode_response_v1(m: FindCoordinatorResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.error_message
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_ihh(m.throttle_time_ms, m.error_code, n)
        out += data
        data = m.host.encode()
        n = len(data)
        out += _pack_ih(m.node_id, n)
        out += data
        out += _pack_i(m.port)
    except UNENCODABLE as error:
        raise unencodable("FindCoordinatorResponse", error) from error


def encode_response_v3(m: FindCoordinatorResponse, writer: Writer) -> None:
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
        data = m.host.encode()
        n = len(data) + 1
        if n < 128:
            out += _pack_iB(m.node_id, n)
        else:
            out += _pack_i(m.node_id)
            put_string_length(out, n)
        out += data
        out += _pack_ix(m.port)
    except UNENCODABLE as error:
        raise unencodable("FindCoordinatorResponse", error) from error


def encode_response_v4(m: FindCoordinatorResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.coordinators
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.key.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.host.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.node_id, n)
            else:
                out += _pack_i(m2.node_id)
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
                out += _pack_ihB(m2.port, m2.error_code, n)
            else:
                out += _pack_ih(m2.port, m2.error_code)
                put_string_length(out, n)
            out += data
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("FindCoordinatorResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], FindCoordinatorRequest]] = {
    0: decode_request_v0,
    1: decode_request_v1,
    2: decode_request_v1,
    3: decode_request_v3,
    4: decode_request_v4,
    5: decode_request_v4,
    6: decode_request_v4,
}


ENCODE_RESPONSE: dict[int, Callable[[FindCoordinatorResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
    2: encode_response_v1,
    3: encode_response_v3,
    4: encode_response_v4,
    5: encode_response_v4,
    6: encode_response_v4,
}
