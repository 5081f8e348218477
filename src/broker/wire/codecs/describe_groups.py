"""DescribeGroups (API key 15): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_groups import (
    DescribeGroupsRequest,
    DescribeGroupsResponse,
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
_unpack_T = struct.Struct(">?").unpack_from
_unpack_TB = struct.Struct(">?B").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hh = struct.Struct(">hh").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ii = struct.Struct(">ii").pack
_pack_ix = struct.Struct(">ix").pack


def decode_request_v0(buf: memoryview, pos: int) -> DescribeGroupsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeGroupsRequest)
        m.include_authorized_operations = False
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("DescribeGroupsRequest.groups", n)
        if n * 2 > end - pos:
            too_many("DescribeGroupsRequest.groups", n)
        left -= n
        if left < 0:
            too_many_in_all("DescribeGroupsRequest.groups")
        items1: list[str] = []
        m.groups = items1
        for _ in range(n):
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeGroupsRequest.groups", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsRequest.groups")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v3(buf: memoryview, pos: int) -> DescribeGroupsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeGroupsRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("DescribeGroupsRequest.groups", n)
        if n * 2 > end - pos:
            too_many("DescribeGroupsRequest.groups", n)
        left -= n
        if left < 0:
            too_many_in_all("DescribeGroupsRequest.groups")
        items1: list[str] = []
        m.groups = items1
        for _ in range(n):
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeGroupsRequest.groups", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsRequest.groups")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
        (m.include_authorized_operations,) = _unpack_T(buf, pos)
        pos += 1
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v5(buf: memoryview, pos: int) -> DescribeGroupsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeGroupsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeGroupsRequest.groups", n)
        if n > end - pos:
            too_many("DescribeGroupsRequest.groups", n)
        left -= n
        if left < 0:
            too_many_in_all("DescribeGroupsRequest.groups")
        items1: list[str] = []
        m.groups = items1
        for _ in range(n):
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeGroupsRequest.groups", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeGroupsRequest.groups")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
        m.include_authorized_operations, tags = _unpack_TB(buf, pos)
        pos += 2
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: DescribeGroupsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.group_id.encode()
            n = len(data)
            out += _pack_hh(m2.error_code, n)
            out += data
            data = m2.group_state.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.protocol_type.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.protocol_data.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.members
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                data = m4.member_id.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                data = m4.client_id.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                data = m4.client_host.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                data = m4.member_metadata
                n = len(data)
                out += _pack_i(n)
                out += data
                data = m4.member_assignment
                n = len(data)
                out += _pack_i(n)
                out += data
    except UNENCODABLE as error:
        raise unencodable("DescribeGroupsResponse", error) from error


def encode_response_v1(m: DescribeGroupsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.group_id.encode()
            n = len(data)
            out += _pack_hh(m2.error_code, n)
            out += data
            data = m2.group_state.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.protocol_type.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.protocol_data.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.members
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                data = m4.member_id.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                data = m4.client_id.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                data = m4.client_host.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                data = m4.member_metadata
                n = len(data)
                out += _pack_i(n)
                out += data
                data = m4.member_assignment
                n = len(data)
                out += _pack_i(n)
                out += data
    except UNENCODABLE as error:
        raise unencodable("DescribeGroupsResponse", error) from error


def encode_response_v3(m: DescribeGroupsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.group_id.encode()
            n = len(data)
            out += _pack_hh(m2.error_code, n)
            out += data
            data = m2.group_state.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.protocol_type.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.protocol_data.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.members
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                data = m4.member_id.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                data = m4.client_id.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                data = m4.client_host.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                data = m4.member_metadata
                n = len(data)
                out += _pack_i(n)
                out += data
                data = m4.member_assignment
                n = len(data)
                out += _pack_i(n)
                out += data
            out += _pack_i(m2.authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("DescribeGroupsResponse", error) from error


def encode_response_v4(m: DescribeGroupsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.group_id.encode()
            n = len(data)
            out += _pack_hh(m2.error_code, n)
            out += data
            data = m2.group_state.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.protocol_type.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.protocol_data.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.members
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                data = m4.member_id.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                text = m4.group_instance_id
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_h(n)
                out += data
                data = m4.client_id.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                data = m4.client_host.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                data = m4.member_metadata
                n = len(data)
                out += _pack_i(n)
                out += data
                data = m4.member_assignment
                n = len(data)
                out += _pack_i(n)
                out += data
            out += _pack_i(m2.authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("DescribeGroupsResponse", error) from error


def encode_response_v5(m: DescribeGroupsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.group_id.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_hB(m2.error_code, n)
            else:
                out += _pack_h(m2.error_code)
                put_string_length(out, n)
            out += data
            data = m2.group_state.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.protocol_type.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.protocol_data.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.members
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.member_id.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                text = m4.group_instance_id
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
                data = m4.client_id.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                data = m4.client_host.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                data = m4.member_metadata
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                out += data
                data = m4.member_assignment
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                out += data
                out.append(0)
            out += _pack_ix(m2.authorized_operations)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeGroupsResponse", error) from error


def encode_response_v6(m: DescribeGroupsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            text = m2.error_message
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_hB(m2.error_code, n)
            else:
                out += _pack_h(m2.error_code)
                put_string_length(out, n)
            out += data
            data = m2.group_id.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.group_state.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.protocol_type.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.protocol_data.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.members
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.member_id.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                text = m4.group_instance_id
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
                data = m4.client_id.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                data = m4.client_host.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                data = m4.member_metadata
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                out += data
                data = m4.member_assignment
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                out += data
                out.append(0)
            out += _pack_ix(m2.authorized_operations)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeGroupsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DescribeGroupsRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
    2: decode_request_v0,
    3: decode_request_v3,
    4: decode_request_v3,
    5: decode_request_v5,
    6: decode_request_v5,
}


ENCODE_RESPONSE: dict[int, Callable[[DescribeGroupsResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
    2: encode_response_v1,
    3: encode_response_v3,
    4: encode_response_v4,
    5: encode_response_v5,
    6: encode_response_v6,
}
