"""ListConfigResources (API key 74): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.list_config_resources import (
    ListConfigResourcesRequest,
    ListConfigResourcesResponse,
    ListConfigResourcesResponseConfigResource,
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
    put_compact_array,
    unencodable,
)

new = object.__new__
_unpack_bB = struct.Struct(">bB").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from


def decode_response_v0(buf: memoryview, pos: int) -> ListConfigResourcesResponse:
    end = len(buf)
    try:
        m = new(ListConfigResourcesResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListConfigResourcesResponse.config_resources", n)
        if n * 2 > end - pos:
            too_many("ListConfigResourcesResponse.config_resources", n)
        items1: list[ListConfigResourcesResponseConfigResource] = []
        m.config_resources = items1
        for _ in range(n):
            m2 = new(ListConfigResourcesResponseConfigResource)
            m2.resource_type = 16
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListConfigResourcesResponseConfigResource.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListConfigResourcesResponseConfigResource.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
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


def decode_response_v1(buf: memoryview, pos: int) -> ListConfigResourcesResponse:
    end = len(buf)
    try:
        m = new(ListConfigResourcesResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListConfigResourcesResponse.config_resources", n)
        if n * 3 > end - pos:
            too_many("ListConfigResourcesResponse.config_resources", n)
        items1: list[ListConfigResourcesResponseConfigResource] = []
        m.config_resources = items1
        for _ in range(n):
            m2 = new(ListConfigResourcesResponseConfigResource)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListConfigResourcesResponseConfigResource.resource_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListConfigResourcesResponseConfigResource.resource_name")
            m2.resource_name = buf[at:pos].tobytes().decode()
            m2.resource_type, tags = _unpack_bB(buf, pos)
            pos += 2
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


def encode_request_v0(m: ListConfigResourcesRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListConfigResourcesRequest", error) from error


def encode_request_v1(m: ListConfigResourcesRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        ints = m.resource_types
        put_compact_array(out, "b", ints)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListConfigResourcesRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], ListConfigResourcesResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
}


ENCODE_REQUEST: dict[int, Callable[[ListConfigResourcesRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v1,
}
