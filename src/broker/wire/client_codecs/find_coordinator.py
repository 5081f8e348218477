"""FindCoordinator (API key 10): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.find_coordinator import (
    FindCoordinatorRequest,
    FindCoordinatorResponse,
    FindCoordinatorResponseCoordinator,
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
_unpack_hih = struct.Struct(">hih").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ih = struct.Struct(">ih").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_ihh = struct.Struct(">ihh").unpack_from
_pack_b = struct.Struct(">b").pack
_pack_bB = struct.Struct(">bB").pack
_pack_bx = struct.Struct(">bx").pack
_pack_h = struct.Struct(">h").pack


def decode_response_v0(buf: memoryview, pos: int) -> FindCoordinatorResponse:
    end = len(buf)
    try:
        m = new(FindCoordinatorResponse)
        m.throttle_time_ms = 0
        m.error_message = ""
        m.coordinators = []
        m.error_code, m.node_id, n = _unpack_hih(buf, pos)
        pos += 8
        if n < 0:
            bad_length("FindCoordinatorResponse.host", n)
        at = pos
        pos += n
        if pos > end:
            truncated("FindCoordinatorResponse.host")
        m.host = buf[at:pos].tobytes().decode()
        (m.port,) = _unpack_i(buf, pos)
        pos += 4
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v1(buf: memoryview, pos: int) -> FindCoordinatorResponse:
    end = len(buf)
    try:
        m = new(FindCoordinatorResponse)
        m.coordinators = []
        m.throttle_time_ms, m.error_code, n = _unpack_ihh(buf, pos)
        pos += 8
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("FindCoordinatorResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FindCoordinatorResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        m.node_id, n = _unpack_ih(buf, pos)
        pos += 6
        if n < 0:
            bad_length("FindCoordinatorResponse.host", n)
        at = pos
        pos += n
        if pos > end:
            truncated("FindCoordinatorResponse.host")
        m.host = buf[at:pos].tobytes().decode()
        (m.port,) = _unpack_i(buf, pos)
        pos += 4
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v3(buf: memoryview, pos: int) -> FindCoordinatorResponse:
    end = len(buf)
    try:
        m = new(FindCoordinatorResponse)
        m.coordinators = []
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("FindCoordinatorResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FindCoordinatorResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        m.node_id, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FindCoordinatorResponse.host", n)
        at = pos
        pos += n
        if pos > end:
            truncated("FindCoordinatorResponse.host")
        m.host = buf[at:pos].tobytes().decode()
        m.port, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v4(buf: memoryview, pos: int) -> FindCoordinatorResponse:
    end = len(buf)
    try:
        m = new(FindCoordinatorResponse)
        m.error_code = 0
        m.error_message = ""
        m.node_id = 0
        m.host = ""
        m.port = 0
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FindCoordinatorResponse.coordinators", n)
        if n * 14 > end - pos:
            too_many("FindCoordinatorResponse.coordinators", n)
        items1: list[FindCoordinatorResponseCoordinator] = []
        m.coordinators = items1
        for _ in range(n):
            m2 = new(FindCoordinatorResponseCoordinator)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FindCoordinatorResponseCoordinator.key", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FindCoordinatorResponseCoordinator.key")
            m2.key = buf[at:pos].tobytes().decode()
            m2.node_id, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FindCoordinatorResponseCoordinator.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FindCoordinatorResponseCoordinator.host")
            m2.host = buf[at:pos].tobytes().decode()
            m2.port, m2.error_code, n = _unpack_ihB(buf, pos)
            pos += 7
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("FindCoordinatorResponseCoordinator.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("FindCoordinatorResponseCoordinator.error_message")
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


def encode_request_v0(m: FindCoordinatorRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.key.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
    except UNENCODABLE as error:
        raise unencodable("FindCoordinatorRequest", error) from error


def encode_request_v1(m: FindCoordinatorRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.key.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        out += _pack_b(m.key_type)
    except UNENCODABLE as error:
        raise unencodable("FindCoordinatorRequest", error) from error


def encode_request_v3(m: FindCoordinatorRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.key.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        out += _pack_bx(m.key_type)
    except UNENCODABLE as error:
        raise unencodable("FindCoordinatorRequest", error) from error


def encode_request_v4(m: FindCoordinatorRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.coordinator_keys
        n = len(items1) + 1
        if n < 128:
            out += _pack_bB(m.key_type, n)
        else:
            out += _pack_b(m.key_type)
            put_uvarint(out, n)
        for item in items1:
            data = item.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("FindCoordinatorRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], FindCoordinatorResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
    2: decode_response_v1,
    3: decode_response_v3,
    4: decode_response_v4,
    5: decode_response_v4,
    6: decode_response_v4,
}


ENCODE_REQUEST: dict[int, Callable[[FindCoordinatorRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v1,
    2: encode_request_v1,
    3: encode_request_v3,
    4: encode_request_v4,
    5: encode_request_v4,
    6: encode_request_v4,
}
