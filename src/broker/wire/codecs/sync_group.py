"""SyncGroup (API key 14): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.sync_group import (
    SyncGroupRequest,
    SyncGroupRequestAssignment,
    SyncGroupResponse,
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
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ih = struct.Struct(">ih").unpack_from
_pack_hi = struct.Struct(">hi").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_ihi = struct.Struct(">ihi").pack


def decode_request_v0(buf: memoryview, pos: int) -> SyncGroupRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(SyncGroupRequest)
        m.group_instance_id = None
        m.protocol_type = None
        m.protocol_name = None
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("SyncGroupRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SyncGroupRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.generation_id, n = _unpack_ih(buf, pos)
        pos += 6
        if n < 0:
            bad_length("SyncGroupRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SyncGroupRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("SyncGroupRequest.assignments", n)
        if n * 6 > end - pos:
            too_many("SyncGroupRequest.assignments", n)
        left -= n
        if left < 0:
            too_many_in_all("SyncGroupRequest.assignments")
        items1: list[SyncGroupRequestAssignment] = []
        m.assignments = items1
        for _ in range(n):
            m2 = new(SyncGroupRequestAssignment)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("SyncGroupRequestAssignment.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SyncGroupRequestAssignment.member_id")
            m2.member_id = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("SyncGroupRequestAssignment.assignment", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SyncGroupRequestAssignment.assignment")
            m2.assignment = bytes(buf[at:pos])
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v3(buf: memoryview, pos: int) -> SyncGroupRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(SyncGroupRequest)
        m.protocol_type = None
        m.protocol_name = None
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("SyncGroupRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SyncGroupRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.generation_id, n = _unpack_ih(buf, pos)
        pos += 6
        if n < 0:
            bad_length("SyncGroupRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SyncGroupRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n == -1:
            m.group_instance_id = None
        else:
            if n < 0:
                bad_length("SyncGroupRequest.group_instance_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SyncGroupRequest.group_instance_id")
            m.group_instance_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("SyncGroupRequest.assignments", n)
        if n * 6 > end - pos:
            too_many("SyncGroupRequest.assignments", n)
        left -= n
        if left < 0:
            too_many_in_all("SyncGroupRequest.assignments")
        items1: list[SyncGroupRequestAssignment] = []
        m.assignments = items1
        for _ in range(n):
            m2 = new(SyncGroupRequestAssignment)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("SyncGroupRequestAssignment.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SyncGroupRequestAssignment.member_id")
            m2.member_id = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("SyncGroupRequestAssignment.assignment", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SyncGroupRequestAssignment.assignment")
            m2.assignment = bytes(buf[at:pos])
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v4(buf: memoryview, pos: int) -> SyncGroupRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(SyncGroupRequest)
        m.protocol_type = None
        m.protocol_name = None
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("SyncGroupRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SyncGroupRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.generation_id, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("SyncGroupRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SyncGroupRequest.member_id")
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
                bad_length("SyncGroupRequest.group_instance_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SyncGroupRequest.group_instance_id")
            m.group_instance_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("SyncGroupRequest.assignments", n)
        if n * 3 > end - pos:
            too_many("SyncGroupRequest.assignments", n)
        left -= n
        if left < 0:
            too_many_in_all("SyncGroupRequest.assignments")
        items1: list[SyncGroupRequestAssignment] = []
        m.assignments = items1
        for _ in range(n):
            m2 = new(SyncGroupRequestAssignment)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("SyncGroupRequestAssignment.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SyncGroupRequestAssignment.member_id")
            m2.member_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("SyncGroupRequestAssignment.assignment", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SyncGroupRequestAssignment.assignment")
            m2.assignment = bytes(buf[at:pos])
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


def decode_request_v5(buf: memoryview, pos: int) -> SyncGroupRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(SyncGroupRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("SyncGroupRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SyncGroupRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.generation_id, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("SyncGroupRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SyncGroupRequest.member_id")
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
                bad_length("SyncGroupRequest.group_instance_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SyncGroupRequest.group_instance_id")
            m.group_instance_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.protocol_type = None
        else:
            if n < 0:
                bad_length("SyncGroupRequest.protocol_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SyncGroupRequest.protocol_type")
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
                bad_length("SyncGroupRequest.protocol_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SyncGroupRequest.protocol_name")
            m.protocol_name = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("SyncGroupRequest.assignments", n)
        if n * 3 > end - pos:
            too_many("SyncGroupRequest.assignments", n)
        left -= n
        if left < 0:
            too_many_in_all("SyncGroupRequest.assignments")
        items1: list[SyncGroupRequestAssignment] = []
        m.assignments = items1
        for _ in range(n):
            m2 = new(SyncGroupRequestAssignment)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("SyncGroupRequestAssignment.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SyncGroupRequestAssignment.member_id")
            m2.member_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("SyncGroupRequestAssignment.assignment", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SyncGroupRequestAssignment.assignment")
            m2.assignment = bytes(buf[at:pos])
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


def encode_response_v0(m: SyncGroupResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.assignment
        n = len(data)
        out += _pack_hi(m.error_code, n)
        out += data
    except UNENCODABLE as error:
        raise unencodable("SyncGroupResponse", error) from error


def encode_response_v1(m: SyncGroupResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.assignment
        n = len(data)
        out += _pack_ihi(m.throttle_time_ms, m.error_code, n)
        out += data
    except UNENCODABLE as error:
        raise unencodable("SyncGroupResponse", error) from error


def encode_response_v4(m: SyncGroupResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.assignment
        n = len(data) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_uvarint(out, n)
        out += data
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("SyncGroupResponse", error) from error


def encode_response_v5(m: SyncGroupResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.protocol_type
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
        data = m.assignment
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        out += data
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("SyncGroupResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], SyncGroupRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
    2: decode_request_v0,
    3: decode_request_v3,
    4: decode_request_v4,
    5: decode_request_v5,
}


ENCODE_RESPONSE: dict[int, Callable[[SyncGroupResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
    2: encode_response_v1,
    3: encode_response_v1,
    4: encode_response_v4,
    5: encode_response_v5,
}
