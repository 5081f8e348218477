"""ListGroups (API key 16): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.list_groups import (
    ListGroupsRequest,
    ListGroupsResponse,
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
_pack_h = struct.Struct(">h").pack
_pack_hi = struct.Struct(">hi").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_ihi = struct.Struct(">ihi").pack


def decode_request_v0(buf: memoryview, pos: int) -> ListGroupsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ListGroupsRequest)
        m.states_filter = []
        m.types_filter = []
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v3(buf: memoryview, pos: int) -> ListGroupsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ListGroupsRequest)
        m.states_filter = []
        m.types_filter = []
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v4(buf: memoryview, pos: int) -> ListGroupsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ListGroupsRequest)
        m.types_filter = []
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListGroupsRequest.states_filter", n)
        if n > end - pos:
            too_many("ListGroupsRequest.states_filter", n)
        left -= n
        if left < 0:
            too_many_in_all("ListGroupsRequest.states_filter")
        items1: list[str] = []
        m.states_filter = items1
        for _ in range(n):
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListGroupsRequest.states_filter", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsRequest.states_filter")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v5(buf: memoryview, pos: int) -> ListGroupsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ListGroupsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListGroupsRequest.states_filter", n)
        if n > end - pos:
            too_many("ListGroupsRequest.states_filter", n)
        left -= n
        if left < 0:
            too_many_in_all("ListGroupsRequest.states_filter")
        items1: list[str] = []
        m.states_filter = items1
        for _ in range(n):
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListGroupsRequest.states_filter", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsRequest.states_filter")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListGroupsRequest.types_filter", n)
        if n > end - pos:
            too_many("ListGroupsRequest.types_filter", n)
        left -= n
        if left < 0:
            too_many_in_all("ListGroupsRequest.types_filter")
        items2: list[str] = []
        m.types_filter = items2
        for _ in range(n):
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListGroupsRequest.types_filter", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListGroupsRequest.types_filter")
            text = buf[at:pos].tobytes().decode()
            items2.append(text)
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: ListGroupsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1)
        out += _pack_hi(m.error_code, n)
        for m2 in items1:
            data = m2.group_id.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.protocol_type.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("ListGroupsResponse", error) from error


def encode_response_v1(m: ListGroupsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1)
        out += _pack_ihi(m.throttle_time_ms, m.error_code, n)
        for m2 in items1:
            data = m2.group_id.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            data = m2.protocol_type.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("ListGroupsResponse", error) from error


def encode_response_v3(m: ListGroupsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.group_id.encode()
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
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListGroupsResponse", error) from error


def encode_response_v4(m: ListGroupsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.group_id.encode()
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
            data = m2.group_state.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListGroupsResponse", error) from error


def encode_response_v5(m: ListGroupsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.group_id.encode()
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
            data = m2.group_state.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.group_type.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListGroupsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], ListGroupsRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
    2: decode_request_v0,
    3: decode_request_v3,
    4: decode_request_v4,
    5: decode_request_v5,
}


ENCODE_RESPONSE: dict[int, Callable[[ListGroupsResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
    2: encode_response_v1,
    3: encode_response_v3,
    4: encode_response_v4,
    5: encode_response_v5,
}
