"""LeaveGroup (API key 13): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.leave_group import (
    LeaveGroupRequest,
    LeaveGroupRequestMemberIdentity,
    LeaveGroupResponse,
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
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_hx = struct.Struct(">hx").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_ihi = struct.Struct(">ihi").pack


def decode_request_v0(buf: memoryview, pos: int) -> LeaveGroupRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(LeaveGroupRequest)
        m.members = []
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("LeaveGroupRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("LeaveGroupRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("LeaveGroupRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("LeaveGroupRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v3(buf: memoryview, pos: int) -> LeaveGroupRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(LeaveGroupRequest)
        m.member_id = ""
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("LeaveGroupRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("LeaveGroupRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("LeaveGroupRequest.members", n)
        if n * 4 > end - pos:
            too_many("LeaveGroupRequest.members", n)
        left -= n
        if left < 0:
            too_many_in_all("LeaveGroupRequest.members")
        items1: list[LeaveGroupRequestMemberIdentity] = []
        m.members = items1
        for _ in range(n):
            m2 = new(LeaveGroupRequestMemberIdentity)
            m2.reason = None
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("LeaveGroupRequestMemberIdentity.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("LeaveGroupRequestMemberIdentity.member_id")
            m2.member_id = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n == -1:
                m2.group_instance_id = None
            else:
                if n < 0:
                    bad_length("LeaveGroupRequestMemberIdentity.group_instance_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("LeaveGroupRequestMemberIdentity.group_instance_id")
                m2.group_instance_id = buf[at:pos].tobytes().decode()
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v4(buf: memoryview, pos: int) -> LeaveGroupRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(LeaveGroupRequest)
        m.member_id = ""
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("LeaveGroupRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("LeaveGroupRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("LeaveGroupRequest.members", n)
        if n * 3 > end - pos:
            too_many("LeaveGroupRequest.members", n)
        left -= n
        if left < 0:
            too_many_in_all("LeaveGroupRequest.members")
        items1: list[LeaveGroupRequestMemberIdentity] = []
        m.members = items1
        for _ in range(n):
            m2 = new(LeaveGroupRequestMemberIdentity)
            m2.reason = None
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("LeaveGroupRequestMemberIdentity.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("LeaveGroupRequestMemberIdentity.member_id")
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
                    bad_length("LeaveGroupRequestMemberIdentity.group_instance_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("LeaveGroupRequestMemberIdentity.group_instance_id")
                m2.group_instance_id = buf[at:pos].tobytes().decode()
            tags = buf[pos]
            pos += 1
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


def decode_request_v5(buf: memoryview, pos: int) -> LeaveGroupRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(LeaveGroupRequest)
        m.member_id = ""
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("LeaveGroupRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("LeaveGroupRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("LeaveGroupRequest.members", n)
        if n * 4 > end - pos:
            too_many("LeaveGroupRequest.members", n)
        left -= n
        if left < 0:
            too_many_in_all("LeaveGroupRequest.members")
        items1: list[LeaveGroupRequestMemberIdentity] = []
        m.members = items1
        for _ in range(n):
            m2 = new(LeaveGroupRequestMemberIdentity)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("LeaveGroupRequestMemberIdentity.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("LeaveGroupRequestMemberIdentity.member_id")
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
                    bad_length("LeaveGroupRequestMemberIdentity.group_instance_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("LeaveGroupRequestMemberIdentity.group_instance_id")
                m2.group_instance_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.reason = None
            else:
                if n < 0:
                    bad_length("LeaveGroupRequestMemberIdentity.reason", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("LeaveGroupRequestMemberIdentity.reason")
                m2.reason = buf[at:pos].tobytes().decode()
            tags = buf[pos]
            pos += 1
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


def encode_response_v0(m: LeaveGroupResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_h(m.error_code)
    except UNENCODABLE as error:
        raise unencodable("LeaveGroupResponse", error) from error


def encode_response_v1(m: LeaveGroupResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_ih(m.throttle_time_ms, m.error_code)
    except UNENCODABLE as error:
        raise unencodable("LeaveGroupResponse", error) from error


def encode_response_v3(m: LeaveGroupResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.members
        n = len(items1)
        out += _pack_ihi(m.throttle_time_ms, m.error_code, n)
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
            out += _pack_h(m2.error_code)
    except UNENCODABLE as error:
        raise unencodable("LeaveGroupResponse", error) from error


def encode_response_v4(m: LeaveGroupResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.members
        n = len(items1) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
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
            out += _pack_hx(m2.error_code)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("LeaveGroupResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], LeaveGroupRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
    2: decode_request_v0,
    3: decode_request_v3,
    4: decode_request_v4,
    5: decode_request_v5,
}


ENCODE_RESPONSE: dict[int, Callable[[LeaveGroupResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
    2: encode_response_v1,
    3: encode_response_v3,
    4: encode_response_v4,
    5: encode_response_v4,
}
