"""LeaveGroup (API key 13): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.leave_group import (
    LeaveGroupRequest,
    LeaveGroupResponse,
    LeaveGroupResponseMemberResponse,
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
_unpack_h = struct.Struct(">h").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_ih = struct.Struct(">ih").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_ihi = struct.Struct(">ihi").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack


def decode_response_v0(buf: memoryview, pos: int) -> LeaveGroupResponse:
    end = len(buf)
    try:
        m = new(LeaveGroupResponse)
        m.throttle_time_ms = 0
        m.members = []
        (m.error_code,) = _unpack_h(buf, pos)
        pos += 2
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v1(buf: memoryview, pos: int) -> LeaveGroupResponse:
    end = len(buf)
    try:
        m = new(LeaveGroupResponse)
        m.members = []
        m.throttle_time_ms, m.error_code = _unpack_ih(buf, pos)
        pos += 6
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v3(buf: memoryview, pos: int) -> LeaveGroupResponse:
    end = len(buf)
    try:
        m = new(LeaveGroupResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihi(buf, pos)
        pos += 10
        if n < 0:
            bad_length("LeaveGroupResponse.members", n)
        if n * 6 > end - pos:
            too_many("LeaveGroupResponse.members", n)
        items1: list[LeaveGroupResponseMemberResponse] = []
        m.members = items1
        for _ in range(n):
            m2 = new(LeaveGroupResponseMemberResponse)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("LeaveGroupResponseMemberResponse.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("LeaveGroupResponseMemberResponse.member_id")
            m2.member_id = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n == -1:
                m2.group_instance_id = None
            else:
                if n < 0:
                    bad_length("LeaveGroupResponseMemberResponse.group_instance_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("LeaveGroupResponseMemberResponse.group_instance_id")
                m2.group_instance_id = buf[at:pos].tobytes().decode()
            (m2.error_code,) = _unpack_h(buf, pos)
            pos += 2
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v4(buf: memoryview, pos: int) -> LeaveGroupResponse:
    end = len(buf)
    try:
        m = new(LeaveGroupResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("LeaveGroupResponse.members", n)
        if n * 5 > end - pos:
            too_many("LeaveGroupResponse.members", n)
        items1: list[LeaveGroupResponseMemberResponse] = []
        m.members = items1
        for _ in range(n):
            m2 = new(LeaveGroupResponseMemberResponse)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("LeaveGroupResponseMemberResponse.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("LeaveGroupResponseMemberResponse.member_id")
            m2.member_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.group_instance_id = None
            else:
                if n < 0:
                    bad_length("LeaveGroupResponseMemberResponse.group_instance_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("LeaveGroupResponseMemberResponse.group_instance_id")
                m2.group_instance_id = buf[at:pos].tobytes().decode()
            m2.error_code, tags = _unpack_hB(buf, pos)
            pos += 3
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


def encode_request_v0(m: LeaveGroupRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.member_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
    except UNENCODABLE as error:
        raise unencodable("LeaveGroupRequest", error) from error


def encode_request_v3(m: LeaveGroupRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        items1 = m.members
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.member_id.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            text = m2.group_instance_id
            if text is None:
                data = b""
                n = -1
            else:
                data = text.encode()
                n = len(data)
            out += _pack_h(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("LeaveGroupRequest", error) from error


def encode_request_v4(m: LeaveGroupRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        items1 = m.members
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
            text = m2.group_instance_id
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
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("LeaveGroupRequest", error) from error


def encode_request_v5(m: LeaveGroupRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        items1 = m.members
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
            text = m2.group_instance_id
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
            text = m2.reason
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
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("LeaveGroupRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], LeaveGroupResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
    2: decode_response_v1,
    3: decode_response_v3,
    4: decode_response_v4,
    5: decode_response_v4,
}


ENCODE_REQUEST: dict[int, Callable[[LeaveGroupRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v0,
    3: encode_request_v3,
    4: encode_request_v4,
    5: encode_request_v5,
}
