"""JoinGroup (API key 11): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.join_group import (
    JoinGroupRequest,
    JoinGroupResponse,
    JoinGroupResponseMember,
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
_unpack_TB = struct.Struct(">?B").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_hih = struct.Struct(">hih").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_ihiB = struct.Struct(">ihiB").unpack_from
_unpack_ihih = struct.Struct(">ihih").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ii = struct.Struct(">ii").pack
_pack_iiB = struct.Struct(">iiB").pack
_pack_iih = struct.Struct(">iih").pack


def decode_response_v0(buf: memoryview, pos: int) -> JoinGroupResponse:
    end = len(buf)
    try:
        m = new(JoinGroupResponse)
        m.throttle_time_ms = 0
        m.protocol_type = None
        m.skip_assignment = False
        m.error_code, m.generation_id, n = _unpack_hih(buf, pos)
        pos += 8
        if n < 0:
            bad_length("JoinGroupResponse.protocol_name", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.protocol_name")
        m.protocol_name = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("JoinGroupResponse.leader", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.leader")
        m.leader = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("JoinGroupResponse.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("JoinGroupResponse.members", n)
        if n * 6 > end - pos:
            too_many("JoinGroupResponse.members", n)
        items1: list[JoinGroupResponseMember] = []
        m.members = items1
        for _ in range(n):
            m2 = new(JoinGroupResponseMember)
            m2.group_instance_id = None
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("JoinGroupResponseMember.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponseMember.member_id")
            m2.member_id = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("JoinGroupResponseMember.metadata", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponseMember.metadata")
            m2.metadata = bytes(buf[at:pos])
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> JoinGroupResponse:
    end = len(buf)
    try:
        m = new(JoinGroupResponse)
        m.protocol_type = None
        m.skip_assignment = False
        m.throttle_time_ms, m.error_code, m.generation_id, n = _unpack_ihih(buf, pos)
        pos += 12
        if n < 0:
            bad_length("JoinGroupResponse.protocol_name", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.protocol_name")
        m.protocol_name = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("JoinGroupResponse.leader", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.leader")
        m.leader = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("JoinGroupResponse.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("JoinGroupResponse.members", n)
        if n * 6 > end - pos:
            too_many("JoinGroupResponse.members", n)
        items1: list[JoinGroupResponseMember] = []
        m.members = items1
        for _ in range(n):
            m2 = new(JoinGroupResponseMember)
            m2.group_instance_id = None
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("JoinGroupResponseMember.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponseMember.member_id")
            m2.member_id = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("JoinGroupResponseMember.metadata", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponseMember.metadata")
            m2.metadata = bytes(buf[at:pos])
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v5(buf: memoryview, pos: int) -> JoinGroupResponse:
    end = len(buf)
    try:
        m = new(JoinGroupResponse)
        m.protocol_type = None
        m.skip_assignment = False
        m.throttle_time_ms, m.error_code, m.generation_id, n = _unpack_ihih(buf, pos)
        pos += 12
        if n < 0:
            bad_length("JoinGroupResponse.protocol_name", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.protocol_name")
        m.protocol_name = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("JoinGroupResponse.leader", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.leader")
        m.leader = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("JoinGroupResponse.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("JoinGroupResponse.members", n)
        if n * 8 > end - pos:
            too_many("JoinGroupResponse.members", n)
        items1: list[JoinGroupResponseMember] = []
        m.members = items1
        for _ in range(n):
            m2 = new(JoinGroupResponseMember)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("JoinGroupResponseMember.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponseMember.member_id")
            m2.member_id = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n == -1:
                m2.group_instance_id = None
            else:
                if n < 0:
                    bad_length("JoinGroupResponseMember.group_instance_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("JoinGroupResponseMember.group_instance_id")
                m2.group_instance_id = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("JoinGroupResponseMember.metadata", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponseMember.metadata")
            m2.metadata = bytes(buf[at:pos])
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v6(buf: memoryview, pos: int) -> JoinGroupResponse:
    end = len(buf)
    try:
        m = new(JoinGroupResponse)
        m.protocol_type = None
        m.skip_assignment = False
        m.throttle_time_ms, m.error_code, m.generation_id, n = _unpack_ihiB(buf, pos)
        pos += 11
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupResponse.protocol_name", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.protocol_name")
        m.protocol_name = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupResponse.leader", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.leader")
        m.leader = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupResponse.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupResponse.members", n)
        if n * 4 > end - pos:
            too_many("JoinGroupResponse.members", n)
        items1: list[JoinGroupResponseMember] = []
        m.members = items1
        for _ in range(n):
            m2 = new(JoinGroupResponseMember)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("JoinGroupResponseMember.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponseMember.member_id")
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
                    bad_length("JoinGroupResponseMember.group_instance_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("JoinGroupResponseMember.group_instance_id")
                m2.group_instance_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("JoinGroupResponseMember.metadata", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponseMember.metadata")
            m2.metadata = bytes(buf[at:pos])
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


def decode_response_v7(buf: memoryview, pos: int) -> JoinGroupResponse:
    end = len(buf)
    try:
        m = new(JoinGroupResponse)
        m.skip_assignment = False
        m.throttle_time_ms, m.error_code, m.generation_id, n = _unpack_ihiB(buf, pos)
        pos += 11
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.protocol_type = None
        else:
            if n < 0:
                bad_length("JoinGroupResponse.protocol_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponse.protocol_type")
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
                bad_length("JoinGroupResponse.protocol_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponse.protocol_name")
            m.protocol_name = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupResponse.leader", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.leader")
        m.leader = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupResponse.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupResponse.members", n)
        if n * 4 > end - pos:
            too_many("JoinGroupResponse.members", n)
        items1: list[JoinGroupResponseMember] = []
        m.members = items1
        for _ in range(n):
            m2 = new(JoinGroupResponseMember)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("JoinGroupResponseMember.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponseMember.member_id")
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
                    bad_length("JoinGroupResponseMember.group_instance_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("JoinGroupResponseMember.group_instance_id")
                m2.group_instance_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("JoinGroupResponseMember.metadata", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponseMember.metadata")
            m2.metadata = bytes(buf[at:pos])
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


def decode_response_v9(buf: memoryview, pos: int) -> JoinGroupResponse:
    end = len(buf)
    try:
        m = new(JoinGroupResponse)
        m.throttle_time_ms, m.error_code, m.generation_id, n = _unpack_ihiB(buf, pos)
        pos += 11
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.protocol_type = None
        else:
            if n < 0:
                bad_length("JoinGroupResponse.protocol_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponse.protocol_type")
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
                bad_length("JoinGroupResponse.protocol_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponse.protocol_name")
            m.protocol_name = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupResponse.leader", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.leader")
        m.leader = buf[at:pos].tobytes().decode()
        m.skip_assignment, n = _unpack_TB(buf, pos)
        pos += 2
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupResponse.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupResponse.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupResponse.members", n)
        if n * 4 > end - pos:
            too_many("JoinGroupResponse.members", n)
        items1: list[JoinGroupResponseMember] = []
        m.members = items1
        for _ in range(n):
            m2 = new(JoinGroupResponseMember)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("JoinGroupResponseMember.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponseMember.member_id")
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
                    bad_length("JoinGroupResponseMember.group_instance_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("JoinGroupResponseMember.group_instance_id")
                m2.group_instance_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("JoinGroupResponseMember.metadata", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupResponseMember.metadata")
            m2.metadata = bytes(buf[at:pos])
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


def encode_request_v0(m: JoinGroupRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.member_id.encode()
        n = len(data)
        out += _pack_ih(m.session_timeout_ms, n)
        out += data
        data = m.protocol_type.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        items1 = m.protocols
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.metadata
            n = len(data)
            out += _pack_i(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("JoinGroupRequest", error) from error


def encode_request_v1(m: JoinGroupRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.member_id.encode()
        n = len(data)
        out += _pack_iih(m.session_timeout_ms, m.rebalance_timeout_ms, n)
        out += data
        data = m.protocol_type.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        items1 = m.protocols
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.metadata
            n = len(data)
            out += _pack_i(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("JoinGroupRequest", error) from error


def encode_request_v5(m: JoinGroupRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.member_id.encode()
        n = len(data)
        out += _pack_iih(m.session_timeout_ms, m.rebalance_timeout_ms, n)
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
        data = m.protocol_type.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        items1 = m.protocols
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.metadata
            n = len(data)
            out += _pack_i(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("JoinGroupRequest", error) from error


def encode_request_v6(m: JoinGroupRequest, writer: Writer) -> None:
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
            out += _pack_iiB(m.session_timeout_ms, m.rebalance_timeout_ms, n)
        else:
            out += _pack_ii(m.session_timeout_ms, m.rebalance_timeout_ms)
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
        data = m.protocol_type.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        items1 = m.protocols
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.metadata
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            out += data
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("JoinGroupRequest", error) from error


def encode_request_v8(m: JoinGroupRequest, writer: Writer) -> None:
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
            out += _pack_iiB(m.session_timeout_ms, m.rebalance_timeout_ms, n)
        else:
            out += _pack_ii(m.session_timeout_ms, m.rebalance_timeout_ms)
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
        data = m.protocol_type.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        items1 = m.protocols
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.metadata
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            out += data
            out.append(0)
        text = m.reason
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
        raise unencodable("JoinGroupRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], JoinGroupResponse]] = {
    0: decode_response_v0,
    1: decode_response_v0,
    2: decode_response_v2,
    3: decode_response_v2,
    4: decode_response_v2,
    5: decode_response_v5,
    6: decode_response_v6,
    7: decode_response_v7,
    8: decode_response_v7,
    9: decode_response_v9,
}


ENCODE_REQUEST: dict[int, Callable[[JoinGroupRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v1,
    2: encode_request_v1,
    3: encode_request_v1,
    4: encode_request_v1,
    5: encode_request_v5,
    6: encode_request_v6,
    7: encode_request_v6,
    8: encode_request_v8,
    9: encode_request_v8,
}
