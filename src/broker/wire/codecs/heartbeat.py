"""Heartbeat (API key 12): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.heartbeat import (
    HeartbeatRequest,
    HeartbeatResponse,
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
    unencodable,
)

new = object.__new__
_unpack_h = struct.Struct(">h").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ih = struct.Struct(">ih").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihx = struct.Struct(">ihx").pack


def decode_request_v0(buf: memoryview, pos: int) -> HeartbeatRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(HeartbeatRequest)
        m.group_instance_id = None
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("HeartbeatRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("HeartbeatRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.generation_id, n = _unpack_ih(buf, pos)
        pos += 6
        if n < 0:
            bad_length("HeartbeatRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("HeartbeatRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v3(buf: memoryview, pos: int) -> HeartbeatRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(HeartbeatRequest)
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("HeartbeatRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("HeartbeatRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.generation_id, n = _unpack_ih(buf, pos)
        pos += 6
        if n < 0:
            bad_length("HeartbeatRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("HeartbeatRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n == -1:
            m.group_instance_id = None
        else:
            if n < 0:
                bad_length("HeartbeatRequest.group_instance_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("HeartbeatRequest.group_instance_id")
            m.group_instance_id = buf[at:pos].tobytes().decode()
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v4(buf: memoryview, pos: int) -> HeartbeatRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(HeartbeatRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("HeartbeatRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("HeartbeatRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.generation_id, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("HeartbeatRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("HeartbeatRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.group_instance_id = None
        else:
            if n < 0:
                bad_length("HeartbeatRequest.group_instance_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("HeartbeatRequest.group_instance_id")
            m.group_instance_id = buf[at:pos].tobytes().decode()
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: HeartbeatResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_h(m.error_code)
    except UNENCODABLE as error:
        raise unencodable("HeartbeatResponse", error) from error


def encode_response_v1(m: HeartbeatResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_ih(m.throttle_time_ms, m.error_code)
    except UNENCODABLE as error:
        raise unencodable("HeartbeatResponse", error) from error


def encode_response_v4(m: HeartbeatResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_ihx(m.throttle_time_ms, m.error_code)
    except UNENCODABLE as error:
        raise unencodable("HeartbeatResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], HeartbeatRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
    2: decode_request_v0,
    3: decode_request_v3,
    4: decode_request_v4,
}


ENCODE_RESPONSE: dict[int, Callable[[HeartbeatResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
    2: encode_response_v1,
    3: encode_response_v1,
    4: encode_response_v4,
}
