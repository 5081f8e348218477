"""Heartbeat (API key 12): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.heartbeat import (
    HeartbeatRequest,
    HeartbeatResponse,
)
from broker.wire.primitives import (
    MALFORMED,
    malformed,
    skip_tags,
    trailing,
)
from broker.wire.writer import (
    UNENCODABLE,
    Writer,
    put_string_length,
    unencodable,
)

new = object.__new__
_unpack_h = struct.Struct(">h").unpack_from
_unpack_ih = struct.Struct(">ih").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack


def decode_response_v0(buf: memoryview, pos: int) -> HeartbeatResponse:
    end = len(buf)
    try:
        m = new(HeartbeatResponse)
        m.throttle_time_ms = 0
        (m.error_code,) = _unpack_h(buf, pos)
        pos += 2
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v1(buf: memoryview, pos: int) -> HeartbeatResponse:
    end = len(buf)
    try:
        m = new(HeartbeatResponse)
        m.throttle_time_ms, m.error_code = _unpack_ih(buf, pos)
        pos += 6
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v4(buf: memoryview, pos: int) -> HeartbeatResponse:
    end = len(buf)
    try:
        m = new(HeartbeatResponse)
        m.throttle_time_ms, m.error_code, tags = _unpack_ihB(buf, pos)
        pos += 7
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: HeartbeatRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.member_id.encode()
        n = len(data)
        out += _pack_ih(m.generation_id, n)
        out += data
    except UNENCODABLE as error:
        raise unencodable("HeartbeatRequest", error) from error


def encode_request_v3(m: HeartbeatRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.member_id.encode()
        n = len(data)
        out += _pack_ih(m.generation_id, n)
        out += data
        text = m.group_instance_id
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_h(n)
        out += data
    except UNENCODABLE as error:
        raise unencodable("HeartbeatRequest", error) from error


def encode_request_v4(m: HeartbeatRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        data = m.member_id.encode()
        n = len(data) + 1
        if n < 128:
            out += _pack_iB(m.generation_id, n)
        else:
            out += _pack_i(m.generation_id)
            put_string_length(out, n)
        out += data
        text = m.group_instance_id
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
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("HeartbeatRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], HeartbeatResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
    2: decode_response_v1,
    3: decode_response_v1,
    4: decode_response_v4,
}


ENCODE_REQUEST: dict[int, Callable[[HeartbeatRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v0,
    3: encode_request_v3,
    4: encode_request_v4,
}
