"""SyncGroup (API key 14): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.sync_group import (
    SyncGroupRequest,
    SyncGroupResponse,
)
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    malformed,
    read_uvarint,
    skip_tags,
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
_unpack_hi = struct.Struct(">hi").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_ihi = struct.Struct(">ihi").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack


def decode_response_v0(buf: memoryview, pos: int) -> SyncGroupResponse:
    end = len(buf)
    try:
        m = new(SyncGroupResponse)
        m.throttle_time_ms = 0
        m.protocol_type = None
        m.protocol_name = None
        m.error_code, n = _unpack_hi(buf, pos)
        pos += 6
        if n < 0:
            bad_length("SyncGroupResponse.assignment", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SyncGroupResponse.assignment")
        m.assignment = bytes(buf[at:pos])
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v1(buf: memoryview, pos: int) -> SyncGroupResponse:
    end = len(buf)
    try:
        m = new(SyncGroupResponse)
        m.protocol_type = None
        m.protocol_name = None
        m.throttle_time_ms, m.error_code, n = _unpack_ihi(buf, pos)
        pos += 10
        if n < 0:
            bad_length("SyncGroupResponse.assignment", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SyncGroupResponse.assignment")
        m.assignment = bytes(buf[at:pos])
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v4(buf: memoryview, pos: int) -> SyncGroupResponse:
    end = len(buf)
    try:
        m = new(SyncGroupResponse)
        m.protocol_type = None
        m.protocol_name = None
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("SyncGroupResponse.assignment", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SyncGroupResponse.assignment")
        m.assignment = bytes(buf[at:pos])
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v5(buf: memoryview, pos: int) -> SyncGroupResponse:
    end = len(buf)
    try:
        m = new(SyncGroupResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.protocol_type = None
        else:
            if n < 0:
                bad_length("SyncGroupResponse.protocol_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SyncGroupResponse.protocol_type")
            m.protocol_type = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.protocol_name = None
        else:
            if n < 0:
                bad_length("SyncGroupResponse.protocol_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SyncGroupResponse.protocol_name")
            m.protocol_name = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("SyncGroupResponse.assignment", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SyncGroupResponse.assignment")
        m.assignment = bytes(buf[at:pos])
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: SyncGroupRequest, writer: Writer) -> None:
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
        items1 = m.assignments
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.member_id.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.assignment
            n = len(data)
            out += _pack_i(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("SyncGroupRequest", error) from error


def encode_request_v3(m: SyncGroupRequest, writer: Writer) -> None:
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
        items1 = m.assignments
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.member_id.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.assignment
            n = len(data)
            out += _pack_i(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("SyncGroupRequest", error) from error


def encode_request_v4(m: SyncGroupRequest, writer: Writer) -> None:
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
        items1 = m.assignments
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.member_id.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.assignment
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            out += data
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("SyncGroupRequest", error) from error


def encode_request_v5(m: SyncGroupRequest, writer: Writer) -> None:
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
        text = m.protocol_type
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
        text = m.protocol_name
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
        items1 = m.assignments
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.member_id.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.assignment
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            out += data
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("SyncGroupRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], SyncGroupResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
    2: decode_response_v1,
    3: decode_response_v1,
    4: decode_response_v4,
    5: decode_response_v5,
}


ENCODE_REQUEST: dict[int, Callable[[SyncGroupRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v0,
    3: encode_request_v3,
    4: encode_request_v4,
    5: encode_request_v5,
}
