"""DeleteGroups (API key 42): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.delete_groups import (
    DeleteGroupsRequest,
    DeleteGroupsResponse,
    DeleteGroupsResponseDeletableGroupResult,
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
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack


def decode_response_v0(buf: memoryview, pos: int) -> DeleteGroupsResponse:
    end = len(buf)
    try:
        m = new(DeleteGroupsResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("DeleteGroupsResponse.results", n)
        if n * 4 > end - pos:
            too_many("DeleteGroupsResponse.results", n)
        items1: list[DeleteGroupsResponseDeletableGroupResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(DeleteGroupsResponseDeletableGroupResult)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DeleteGroupsResponseDeletableGroupResult.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteGroupsResponseDeletableGroupResult.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            (m2.error_code,) = _unpack_h(buf, pos)
            pos += 2
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> DeleteGroupsResponse:
    end = len(buf)
    try:
        m = new(DeleteGroupsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DeleteGroupsResponse.results", n)
        if n * 4 > end - pos:
            too_many("DeleteGroupsResponse.results", n)
        items1: list[DeleteGroupsResponseDeletableGroupResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(DeleteGroupsResponseDeletableGroupResult)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DeleteGroupsResponseDeletableGroupResult.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteGroupsResponseDeletableGroupResult.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
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


def encode_request_v0(m: DeleteGroupsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups_names
        n = len(items1)
        out += _pack_i(n)
        for item in items1:
            data = item.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("DeleteGroupsRequest", error) from error


def encode_request_v2(m: DeleteGroupsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups_names
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
        raise unencodable("DeleteGroupsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DeleteGroupsResponse]] = {
    0: decode_response_v0,
    1: decode_response_v0,
    2: decode_response_v2,
}


ENCODE_REQUEST: dict[int, Callable[[DeleteGroupsRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v2,
}
