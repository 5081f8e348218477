"""DescribeGroups (API key 15): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_groups import (
    DescribeGroupsRequest,
    DescribeGroupsResponse,
    DescribeGroupsResponseDescribedGroup,
    DescribeGroupsResponseDescribedGroupMember,
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
_unpack_hh = struct.Struct(">hh").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_T = struct.Struct(">?").pack
_pack_Tx = struct.Struct(">?x").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack


def decode_response_v0(buf: memoryview, pos: int) -> DescribeGroupsResponse:
    end = len(buf)
    try:
        m = new(DescribeGroupsResponse)
        m.throttle_time_ms = 0
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("DescribeGroupsResponse.groups", n)
        if n * 14 > end - pos:
            too_many("DescribeGroupsResponse.groups", n)
        items1: list[DescribeGroupsResponseDescribedGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(DescribeGroupsResponseDescribedGroup)
            m2.error_message = None
            m2.authorized_operations = -2147483648
            m2.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.group_state", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.group_state")
            m2.group_state = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.protocol_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.protocol_type")
            m2.protocol_type = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.protocol_data", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.protocol_data")
            m2.protocol_data = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.members", n)
            if n * 14 > end - pos:
                too_many("DescribeGroupsResponseDescribedGroup.members", n)
            items3: list[DescribeGroupsResponseDescribedGroupMember] = []
            m2.members = items3
            for _ in range(n):
                m4 = new(DescribeGroupsResponseDescribedGroupMember)
                m4.group_instance_id = None
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_id")
                m4.member_id = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.client_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.client_id")
                m4.client_id = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.client_host", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.client_host")
                m4.client_host = buf[at:pos].tobytes().decode()
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_metadata", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_metadata")
                m4.member_metadata = bytes(buf[at:pos])
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_assignment", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_assignment")
                m4.member_assignment = bytes(buf[at:pos])
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v1(buf: memoryview, pos: int) -> DescribeGroupsResponse:
    end = len(buf)
    try:
        m = new(DescribeGroupsResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("DescribeGroupsResponse.groups", n)
        if n * 14 > end - pos:
            too_many("DescribeGroupsResponse.groups", n)
        items1: list[DescribeGroupsResponseDescribedGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(DescribeGroupsResponseDescribedGroup)
            m2.error_message = None
            m2.authorized_operations = -2147483648
            m2.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.group_state", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.group_state")
            m2.group_state = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.protocol_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.protocol_type")
            m2.protocol_type = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.protocol_data", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.protocol_data")
            m2.protocol_data = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.members", n)
            if n * 14 > end - pos:
                too_many("DescribeGroupsResponseDescribedGroup.members", n)
            items3: list[DescribeGroupsResponseDescribedGroupMember] = []
            m2.members = items3
            for _ in range(n):
                m4 = new(DescribeGroupsResponseDescribedGroupMember)
                m4.group_instance_id = None
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_id")
                m4.member_id = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.client_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.client_id")
                m4.client_id = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.client_host", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.client_host")
                m4.client_host = buf[at:pos].tobytes().decode()
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_metadata", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_metadata")
                m4.member_metadata = bytes(buf[at:pos])
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_assignment", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_assignment")
                m4.member_assignment = bytes(buf[at:pos])
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v3(buf: memoryview, pos: int) -> DescribeGroupsResponse:
    end = len(buf)
    try:
        m = new(DescribeGroupsResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("DescribeGroupsResponse.groups", n)
        if n * 18 > end - pos:
            too_many("DescribeGroupsResponse.groups", n)
        items1: list[DescribeGroupsResponseDescribedGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(DescribeGroupsResponseDescribedGroup)
            m2.error_message = None
            m2.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.group_state", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.group_state")
            m2.group_state = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.protocol_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.protocol_type")
            m2.protocol_type = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.protocol_data", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.protocol_data")
            m2.protocol_data = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.members", n)
            if n * 14 > end - pos:
                too_many("DescribeGroupsResponseDescribedGroup.members", n)
            items3: list[DescribeGroupsResponseDescribedGroupMember] = []
            m2.members = items3
            for _ in range(n):
                m4 = new(DescribeGroupsResponseDescribedGroupMember)
                m4.group_instance_id = None
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_id")
                m4.member_id = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.client_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.client_id")
                m4.client_id = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.client_host", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.client_host")
                m4.client_host = buf[at:pos].tobytes().decode()
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_metadata", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_metadata")
                m4.member_metadata = bytes(buf[at:pos])
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_assignment", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_assignment")
                m4.member_assignment = bytes(buf[at:pos])
                items3.append(m4)
            (m2.authorized_operations,) = _unpack_i(buf, pos)
            pos += 4
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v4(buf: memoryview, pos: int) -> DescribeGroupsResponse:
    end = len(buf)
    try:
        m = new(DescribeGroupsResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("DescribeGroupsResponse.groups", n)
        if n * 18 > end - pos:
            too_many("DescribeGroupsResponse.groups", n)
        items1: list[DescribeGroupsResponseDescribedGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(DescribeGroupsResponseDescribedGroup)
            m2.error_message = None
            m2.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.group_state", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.group_state")
            m2.group_state = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.protocol_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.protocol_type")
            m2.protocol_type = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.protocol_data", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.protocol_data")
            m2.protocol_data = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.members", n)
            if n * 16 > end - pos:
                too_many("DescribeGroupsResponseDescribedGroup.members", n)
            items3: list[DescribeGroupsResponseDescribedGroupMember] = []
            m2.members = items3
            for _ in range(n):
                m4 = new(DescribeGroupsResponseDescribedGroupMember)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_id")
                m4.member_id = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n == -1:
                    m4.group_instance_id = None
                else:
                    if n < 0:
                        bad_length("DescribeGroupsResponseDescribedGroupMember.group_instance_id", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeGroupsResponseDescribedGroupMember.group_instance_id")
                    m4.group_instance_id = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.client_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.client_id")
                m4.client_id = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.client_host", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.client_host")
                m4.client_host = buf[at:pos].tobytes().decode()
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_metadata", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_metadata")
                m4.member_metadata = bytes(buf[at:pos])
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_assignment", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_assignment")
                m4.member_assignment = bytes(buf[at:pos])
                items3.append(m4)
            (m2.authorized_operations,) = _unpack_i(buf, pos)
            pos += 4
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v5(buf: memoryview, pos: int) -> DescribeGroupsResponse:
    end = len(buf)
    try:
        m = new(DescribeGroupsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeGroupsResponse.groups", n)
        if n * 12 > end - pos:
            too_many("DescribeGroupsResponse.groups", n)
        items1: list[DescribeGroupsResponseDescribedGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(DescribeGroupsResponseDescribedGroup)
            m2.error_message = None
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.group_state", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.group_state")
            m2.group_state = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.protocol_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.protocol_type")
            m2.protocol_type = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.protocol_data", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.protocol_data")
            m2.protocol_data = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.members", n)
            if n * 7 > end - pos:
                too_many("DescribeGroupsResponseDescribedGroup.members", n)
            items3: list[DescribeGroupsResponseDescribedGroupMember] = []
            m2.members = items3
            for _ in range(n):
                m4 = new(DescribeGroupsResponseDescribedGroupMember)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_id")
                m4.member_id = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.group_instance_id = None
                else:
                    if n < 0:
                        bad_length("DescribeGroupsResponseDescribedGroupMember.group_instance_id", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeGroupsResponseDescribedGroupMember.group_instance_id")
                    m4.group_instance_id = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.client_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.client_id")
                m4.client_id = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.client_host", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.client_host")
                m4.client_host = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_metadata", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_metadata")
                m4.member_metadata = bytes(buf[at:pos])
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_assignment", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_assignment")
                m4.member_assignment = bytes(buf[at:pos])
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
            m2.authorized_operations, tags = _unpack_iB(buf, pos)
            pos += 5
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


def decode_response_v6(buf: memoryview, pos: int) -> DescribeGroupsResponse:
    end = len(buf)
    try:
        m = new(DescribeGroupsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeGroupsResponse.groups", n)
        if n * 13 > end - pos:
            too_many("DescribeGroupsResponse.groups", n)
        items1: list[DescribeGroupsResponseDescribedGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(DescribeGroupsResponseDescribedGroup)
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroup.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroup.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.group_state", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.group_state")
            m2.group_state = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.protocol_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.protocol_type")
            m2.protocol_type = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.protocol_data", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsResponseDescribedGroup.protocol_data")
            m2.protocol_data = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeGroupsResponseDescribedGroup.members", n)
            if n * 7 > end - pos:
                too_many("DescribeGroupsResponseDescribedGroup.members", n)
            items3: list[DescribeGroupsResponseDescribedGroupMember] = []
            m2.members = items3
            for _ in range(n):
                m4 = new(DescribeGroupsResponseDescribedGroupMember)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_id")
                m4.member_id = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.group_instance_id = None
                else:
                    if n < 0:
                        bad_length("DescribeGroupsResponseDescribedGroupMember.group_instance_id", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeGroupsResponseDescribedGroupMember.group_instance_id")
                    m4.group_instance_id = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.client_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.client_id")
                m4.client_id = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.client_host", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.client_host")
                m4.client_host = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_metadata", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_metadata")
                m4.member_metadata = bytes(buf[at:pos])
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeGroupsResponseDescribedGroupMember.member_assignment", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeGroupsResponseDescribedGroupMember.member_assignment")
                m4.member_assignment = bytes(buf[at:pos])
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
            m2.authorized_operations, tags = _unpack_iB(buf, pos)
            pos += 5
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


def encode_request_v0(m: DescribeGroupsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1)
        out += _pack_i(n)
        for item in items1:
            data = item.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("DescribeGroupsRequest", error) from error


def encode_request_v3(m: DescribeGroupsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1)
        out += _pack_i(n)
        for item in items1:
            data = item.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
        out += _pack_T(m.include_authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("DescribeGroupsRequest", error) from error


def encode_request_v5(m: DescribeGroupsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for item in items1:
            data = item.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
        out += _pack_Tx(m.include_authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("DescribeGroupsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DescribeGroupsResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
    2: decode_response_v1,
    3: decode_response_v3,
    4: decode_response_v4,
    5: decode_response_v5,
    6: decode_response_v6,
}


ENCODE_REQUEST: dict[int, Callable[[DescribeGroupsRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v0,
    3: encode_request_v3,
    4: encode_request_v3,
    5: encode_request_v5,
    6: encode_request_v5,
}
