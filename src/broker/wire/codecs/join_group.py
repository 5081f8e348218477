"""JoinGroup (API key 11): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.join_group import (
    JoinGroupRequest,
    JoinGroupRequestProtocol,
    JoinGroupResponse,
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
    null_not_allowed,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_ih = struct.Struct(">ih").unpack_from
_unpack_iiB = struct.Struct(">iiB").unpack_from
_unpack_iih = struct.Struct(">iih").unpack_from
_pack_T = struct.Struct(">?").pack
_pack_TB = struct.Struct(">?B").pack
_pack_h = struct.Struct(">h").pack
_pack_hih = struct.Struct(">hih").pack
_pack_i = struct.Struct(">i").pack
_pack_ihi = struct.Struct(">ihi").pack
_pack_ihiB = struct.Struct(">ihiB").pack
_pack_ihih = struct.Struct(">ihih").pack


def decode_request_v0(buf: memoryview, pos: int) -> JoinGroupRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(JoinGroupRequest)
        m.rebalance_timeout_ms = -1
        m.group_instance_id = None
        m.reason = None
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("JoinGroupRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.session_timeout_ms, n = _unpack_ih(buf, pos)
        pos += 6
        if n < 0:
            bad_length("JoinGroupRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("JoinGroupRequest.protocol_type", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupRequest.protocol_type")
        m.protocol_type = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("JoinGroupRequest.protocols", n)
        if n * 6 > end - pos:
            too_many("JoinGroupRequest.protocols", n)
        left -= n
        if left < 0:
            too_many_in_all("JoinGroupRequest.protocols")
        items1: list[JoinGroupRequestProtocol] = []
        m.protocols = items1
        for _ in range(n):
            m2 = new(JoinGroupRequestProtocol)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("JoinGroupRequestProtocol.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupRequestProtocol.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("JoinGroupRequestProtocol.metadata", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupRequestProtocol.metadata")
            m2.metadata = bytes(buf[at:pos])
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v1(buf: memoryview, pos: int) -> JoinGroupRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(JoinGroupRequest)
        m.group_instance_id = None
        m.reason = None
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("JoinGroupRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.session_timeout_ms, m.rebalance_timeout_ms, n = _unpack_iih(buf, pos)
        pos += 10
        if n < 0:
            bad_length("JoinGroupRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("JoinGroupRequest.protocol_type", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupRequest.protocol_type")
        m.protocol_type = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("JoinGroupRequest.protocols", n)
        if n * 6 > end - pos:
            too_many("JoinGroupRequest.protocols", n)
        left -= n
        if left < 0:
            too_many_in_all("JoinGroupRequest.protocols")
        items1: list[JoinGroupRequestProtocol] = []
        m.protocols = items1
        for _ in range(n):
            m2 = new(JoinGroupRequestProtocol)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("JoinGroupRequestProtocol.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupRequestProtocol.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("JoinGroupRequestProtocol.metadata", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupRequestProtocol.metadata")
            m2.metadata = bytes(buf[at:pos])
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v5(buf: memoryview, pos: int) -> JoinGroupRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(JoinGroupRequest)
        m.reason = None
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("JoinGroupRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.session_timeout_ms, m.rebalance_timeout_ms, n = _unpack_iih(buf, pos)
        pos += 10
        if n < 0:
            bad_length("JoinGroupRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n == -1:
            m.group_instance_id = None
        else:
            if n < 0:
                bad_length("JoinGroupRequest.group_instance_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupRequest.group_instance_id")
            m.group_instance_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("JoinGroupRequest.protocol_type", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupRequest.protocol_type")
        m.protocol_type = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("JoinGroupRequest.protocols", n)
        if n * 6 > end - pos:
            too_many("JoinGroupRequest.protocols", n)
        left -= n
        if left < 0:
            too_many_in_all("JoinGroupRequest.protocols")
        items1: list[JoinGroupRequestProtocol] = []
        m.protocols = items1
        for _ in range(n):
            m2 = new(JoinGroupRequestProtocol)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("JoinGroupRequestProtocol.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupRequestProtocol.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("JoinGroupRequestProtocol.metadata", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupRequestProtocol.metadata")
            m2.metadata = bytes(buf[at:pos])
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v6(buf: memoryview, pos: int) -> JoinGroupRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(JoinGroupRequest)
        m.reason = None
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.session_timeout_ms, m.rebalance_timeout_ms, n = _unpack_iiB(buf, pos)
        pos += 9
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupRequest.member_id")
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
                bad_length("JoinGroupRequest.group_instance_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupRequest.group_instance_id")
            m.group_instance_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupRequest.protocol_type", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupRequest.protocol_type")
        m.protocol_type = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupRequest.protocols", n)
        if n * 3 > end - pos:
            too_many("JoinGroupRequest.protocols", n)
        left -= n
        if left < 0:
            too_many_in_all("JoinGroupRequest.protocols")
        items1: list[JoinGroupRequestProtocol] = []
        m.protocols = items1
        for _ in range(n):
            m2 = new(JoinGroupRequestProtocol)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("JoinGroupRequestProtocol.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupRequestProtocol.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("JoinGroupRequestProtocol.metadata", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupRequestProtocol.metadata")
            m2.metadata = bytes(buf[at:pos])
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


def decode_request_v8(buf: memoryview, pos: int) -> JoinGroupRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(JoinGroupRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.session_timeout_ms, m.rebalance_timeout_ms, n = _unpack_iiB(buf, pos)
        pos += 9
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupRequest.member_id")
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
                bad_length("JoinGroupRequest.group_instance_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupRequest.group_instance_id")
            m.group_instance_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupRequest.protocol_type", n)
        at = pos
        pos += n
        if pos > end:
            truncated("JoinGroupRequest.protocol_type")
        m.protocol_type = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("JoinGroupRequest.protocols", n)
        if n * 3 > end - pos:
            too_many("JoinGroupRequest.protocols", n)
        left -= n
        if left < 0:
            too_many_in_all("JoinGroupRequest.protocols")
        items1: list[JoinGroupRequestProtocol] = []
        m.protocols = items1
        for _ in range(n):
            m2 = new(JoinGroupRequestProtocol)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("JoinGroupRequestProtocol.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupRequestProtocol.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("JoinGroupRequestProtocol.metadata", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupRequestProtocol.metadata")
            m2.metadata = bytes(buf[at:pos])
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.reason = None
        else:
            if n < 0:
                bad_length("JoinGroupRequest.reason", n)
            at = pos
            pos += n
            if pos > end:
                truncated("JoinGroupRequest.reason")
            m.reason = buf[at:pos].tobytes().decode()
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: JoinGroupResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.protocol_name
        if text is None:
            null_not_allowed("protocol_name")
        data = text.encode()
        n = len(data)
        out += _pack_hih(m.error_code, m.generation_id, n)
        out += data
        data = m.leader.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.member_id.encode()
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
            data = m2.metadata
            n = len(data)
            out += _pack_i(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("JoinGroupResponse", error) from error


def encode_response_v2(m: JoinGroupResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.protocol_name
        if text is None:
            null_not_allowed("protocol_name")
        data = text.encode()
        n = len(data)
        out += _pack_ihih(m.throttle_time_ms, m.error_code, m.generation_id, n)
        out += data
        data = m.leader.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.member_id.encode()
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
            data = m2.metadata
            n = len(data)
            out += _pack_i(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("JoinGroupResponse", error) from error


def encode_response_v5(m: JoinGroupResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.protocol_name
        if text is None:
            null_not_allowed("protocol_name")
        data = text.encode()
        n = len(data)
        out += _pack_ihih(m.throttle_time_ms, m.error_code, m.generation_id, n)
        out += data
        data = m.leader.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.member_id.encode()
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
            data = m2.metadata
            n = len(data)
            out += _pack_i(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("JoinGroupResponse", error) from error


def encode_response_v6(m: JoinGroupResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.protocol_name
        if text is None:
            null_not_allowed("protocol_name")
        data = text.encode()
        n = len(data) + 1
        if n < 128:
            out += _pack_ihiB(m.throttle_time_ms, m.error_code, m.generation_id, n)
        else:
            out += _pack_ihi(m.throttle_time_ms, m.error_code, m.generation_id)
            put_string_length(out, n)
        out += data
        data = m.leader.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        data = m.member_id.encode()
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
        raise unencodable("JoinGroupResponse", error) from error


def encode_response_v7(m: JoinGroupResponse, writer: Writer) -> None:
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
            out += _pack_ihiB(m.throttle_time_ms, m.error_code, m.generation_id, n)
        else:
            out += _pack_ihi(m.throttle_time_ms, m.error_code, m.generation_id)
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
        data = m.leader.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        data = m.member_id.encode()
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
        raise unencodable("JoinGroupResponse", error) from error


def encode_response_v9(m: JoinGroupResponse, writer: Writer) -> None:
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
            out += _pack_ihiB(m.throttle_time_ms, m.error_code, m.generation_id, n)
        else:
            out += _pack_ihi(m.throttle_time_ms, m.error_code, m.generation_id)
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
        data = m.leader.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        data = m.member_id.encode()
        n = len(data) + 1
        if n < 128:
            out += _pack_TB(m.skip_assignment, n)
        else:
            out += _pack_T(m.skip_assignment)
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
        raise unencodable("JoinGroupResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], JoinGroupRequest]] = {
    0: decode_request_v0,
    1: decode_request_v1,
    2: decode_request_v1,
    3: decode_request_v1,
    4: decode_request_v1,
    5: decode_request_v5,
    6: decode_request_v6,
    7: decode_request_v6,
    8: decode_request_v8,
    9: decode_request_v8,
}


ENCODE_RESPONSE: dict[int, Callable[[JoinGroupResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v0,
    2: encode_response_v2,
    3: encode_response_v2,
    4: encode_response_v2,
    5: encode_response_v5,
    6: encode_response_v6,
    7: encode_response_v7,
    8: encode_response_v7,
    9: encode_response_v9,
}
