"""ListGroups (API key 16): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.list_groups import (
    ListGroupsRequest,
    ListGroupsResponse,
    ListGroupsResponseListedGroup,
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
_unpack_hi = struct.Struct(">hi").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_ihi = struct.Struct(">ihi").unpack_from


def decode_response_v0(buf: memoryview, pos: int) -> ListGroupsResponse:
    end = len(buf)
    try:
        m = new(ListGroupsResponse)
        m.throttle_time_ms = 0
        m.error_code, n = _unpack_hi(buf, pos)
        pos += 6
        if n < 0:
            bad_length("ListGroupsResponse.groups", n)
        if n * 4 > end - pos:
            too_many("ListGroupsResponse.groups", n)
        items1: list[ListGroupsResponseListedGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(ListGroupsResponseListedGroup)
            m2.group_state = ""
            m2.group_type = ""
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ListGroupsResponseListedGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsResponseListedGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ListGroupsResponseListedGroup.protocol_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsResponseListedGroup.protocol_type")
            m2.protocol_type = buf[at:pos].tobytes().decode()
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v1(buf: memoryview, pos: int) -> ListGroupsResponse:
    end = len(buf)
    try:
        m = new(ListGroupsResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihi(buf, pos)
        pos += 10
        if n < 0:
            bad_length("ListGroupsResponse.groups", n)
        if n * 4 > end - pos:
            too_many("ListGroupsResponse.groups", n)
        items1: list[ListGroupsResponseListedGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(ListGroupsResponseListedGroup)
            m2.group_state = ""
            m2.group_type = ""
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ListGroupsResponseListedGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsResponseListedGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ListGroupsResponseListedGroup.protocol_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsResponseListedGroup.protocol_type")
            m2.protocol_type = buf[at:pos].tobytes().decode()
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v3(buf: memoryview, pos: int) -> ListGroupsResponse:
    end = len(buf)
    try:
        m = new(ListGroupsResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListGroupsResponse.groups", n)
        if n * 3 > end - pos:
            too_many("ListGroupsResponse.groups", n)
        items1: list[ListGroupsResponseListedGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(ListGroupsResponseListedGroup)
            m2.group_state = ""
            m2.group_type = ""
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListGroupsResponseListedGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsResponseListedGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListGroupsResponseListedGroup.protocol_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsResponseListedGroup.protocol_type")
            m2.protocol_type = buf[at:pos].tobytes().decode()
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


def decode_response_v4(buf: memoryview, pos: int) -> ListGroupsResponse:
    end = len(buf)
    try:
        m = new(ListGroupsResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListGroupsResponse.groups", n)
        if n * 4 > end - pos:
            too_many("ListGroupsResponse.groups", n)
        items1: list[ListGroupsResponseListedGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(ListGroupsResponseListedGroup)
            m2.group_type = ""
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListGroupsResponseListedGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsResponseListedGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListGroupsResponseListedGroup.protocol_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsResponseListedGroup.protocol_type")
            m2.protocol_type = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListGroupsResponseListedGroup.group_state", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsResponseListedGroup.group_state")
            m2.group_state = buf[at:pos].tobytes().decode()
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


def decode_response_v5(buf: memoryview, pos: int) -> ListGroupsResponse:
    end = len(buf)
    try:
        m = new(ListGroupsResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListGroupsResponse.groups", n)
        if n * 5 > end - pos:
            too_many("ListGroupsResponse.groups", n)
        items1: list[ListGroupsResponseListedGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(ListGroupsResponseListedGroup)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListGroupsResponseListedGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsResponseListedGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListGroupsResponseListedGroup.protocol_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsResponseListedGroup.protocol_type")
            m2.protocol_type = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListGroupsResponseListedGroup.group_state", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsResponseListedGroup.group_state")
            m2.group_state = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListGroupsResponseListedGroup.group_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsResponseListedGroup.group_type")
            m2.group_type = buf[at:pos].tobytes().decode()
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


def encode_request_v0(m: ListGroupsRequest, writer: Writer) -> None:
    return


def encode_request_v3(m: ListGroupsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListGroupsRequest", error) from error


def encode_request_v4(m: ListGroupsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.states_filter
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
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListGroupsRequest", error) from error


def encode_request_v5(m: ListGroupsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.states_filter
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
        items2 = m.types_filter
        n = len(items2) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for item in items2:
            data = item.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListGroupsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], ListGroupsResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
    2: decode_response_v1,
    3: decode_response_v3,
    4: decode_response_v4,
    5: decode_response_v5,
}


ENCODE_REQUEST: dict[int, Callable[[ListGroupsRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v0,
    3: encode_request_v3,
    4: encode_request_v4,
    5: encode_request_v5,
}
