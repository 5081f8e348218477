"""DeleteGroups (API key 42): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.delete_groups import (
    DeleteGroupsRequest,
    DeleteGroupsResponse,
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
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v0(buf: memoryview, pos: int) -> DeleteGroupsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DeleteGroupsRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("DeleteGroupsRequest.groups_names", n)
        if n * 2 > end - pos:
            too_many("DeleteGroupsRequest.groups_names", n)
        left -= n
        if left < 0:
            too_many_in_all("DeleteGroupsRequest.groups_names")
        items1: list[str] = []
        m.groups_names = items1
        for _ in range(n):
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DeleteGroupsRequest.groups_names", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteGroupsRequest.groups_names")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> DeleteGroupsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DeleteGroupsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DeleteGroupsRequest.groups_names", n)
        if n > end - pos:
            too_many("DeleteGroupsRequest.groups_names", n)
        left -= n
        if left < 0:
            too_many_in_all("DeleteGroupsRequest.groups_names")
        items1: list[str] = []
        m.groups_names = items1
        for _ in range(n):
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DeleteGroupsRequest.groups_names", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteGroupsRequest.groups_names")
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


def encode_response_v0(m: DeleteGroupsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.results
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.group_id.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            out += _pack_h(m2.error_code)
    except UNENCODABLE as error:
        raise unencodable("DeleteGroupsResponse", error) from error


def encode_response_v2(m: DeleteGroupsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.results
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
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            out += _pack_hx(m2.error_code)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DeleteGroupsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DeleteGroupsRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
    2: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[DeleteGroupsResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v0,
    2: encode_response_v2,
}
