"""ListConfigResources (API key 74): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.list_config_resources import (
    ListConfigResourcesRequest,
    ListConfigResourcesResponse,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
    malformed,
    read_int8s,
    read_uvarint,
    skip_counted_tags,
    too_many,
    too_many_in_all,
    trailing,
)
from broker.wire.writer import (
    UNENCODABLE,
    Writer,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_pack_bx = struct.Struct(">bx").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack


def decode_request_v0(buf: memoryview, pos: int) -> ListConfigResourcesRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ListConfigResourcesRequest)
        m.resource_types = []
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v1(buf: memoryview, pos: int) -> ListConfigResourcesRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ListConfigResourcesRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListConfigResourcesRequest.resource_types", n)
        if n > end - pos:
            too_many("ListConfigResourcesRequest.resource_types", n)
        left -= n
        if left < 0:
            too_many_in_all("ListConfigResourcesRequest.resource_types")
        m.resource_types = read_int8s(buf, pos, n)
        pos += n
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: ListConfigResourcesResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.config_resources
        n = len(items1) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.resource_name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListConfigResourcesResponse", error) from error


def encode_response_v1(m: ListConfigResourcesResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.config_resources
        n = len(items1) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.resource_name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            out += _pack_bx(m2.resource_type)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListConfigResourcesResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], ListConfigResourcesRequest]] = {
    0: decode_request_v0,
    1: decode_request_v1,
}


ENCODE_RESPONSE: dict[int, Callable[[ListConfigResourcesResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
}
