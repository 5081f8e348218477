"""DescribeClientQuotas (API key 48): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_client_quotas import (
    DescribeClientQuotasRequest,
    DescribeClientQuotasRequestComponentData,
    DescribeClientQuotasResponse,
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
_unpack_bB = struct.Struct(">bB").unpack_from
_unpack_bh = struct.Struct(">bh").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_pack_d = struct.Struct(">d").pack
_pack_dx = struct.Struct(">dx").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_ihh = struct.Struct(">ihh").pack


def decode_request_v0(buf: memoryview, pos: int) -> DescribeClientQuotasRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeClientQuotasRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("DescribeClientQuotasRequest.components", n)
        if n * 5 > end - pos:
            too_many("DescribeClientQuotasRequest.components", n)
        left -= n
        if left < 0:
            too_many_in_all("DescribeClientQuotasRequest.components")
        items1: list[DescribeClientQuotasRequestComponentData] = []
        m.components = items1
        for _ in range(n):
            m2 = new(DescribeClientQuotasRequestComponentData)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DescribeClientQuotasRequestComponentData.entity_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeClientQuotasRequestComponentData.entity_type")
            m2.entity_type = buf[at:pos].tobytes().decode()
            m2.match_type, n = _unpack_bh(buf, pos)
            pos += 3
            if n == -1:
                m2.match = None
            else:
                if n < 0:
                    bad_length("DescribeClientQuotasRequestComponentData.match", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeClientQuotasRequestComponentData.match")
                m2.match = buf[at:pos].tobytes().decode()
            items1.append(m2)
        (m.strict,) = _unpack_T(buf, pos)
        pos += 1
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v1(buf: memoryview, pos: int) -> DescribeClientQuotasRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeClientQuotasRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeClientQuotasRequest.components", n)
        if n * 4 > end - pos:
            too_many("DescribeClientQuotasRequest.components", n)
        left -= n
        if left < 0:
            too_many_in_all("DescribeClientQuotasRequest.components")
        items1: list[DescribeClientQuotasRequestComponentData] = []
        m.components = items1
        for _ in range(n):
            m2 = new(DescribeClientQuotasRequestComponentData)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeClientQuotasRequestComponentData.entity_type", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeClientQuotasRequestComponentData.entity_type")
            m2.entity_type = buf[at:pos].tobytes().decode()
            m2.match_type, n = _unpack_bB(buf, pos)
            pos += 2
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.match = None
            else:
                if n < 0:
                    bad_length("DescribeClientQuotasRequestComponentData.match", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeClientQuotasRequestComponentData.match")
                m2.match = buf[at:pos].tobytes().decode()
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        m.strict, tags = _unpack_TB(buf, pos)
        pos += 2
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: DescribeClientQuotasResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.error_message
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_ihh(m.throttle_time_ms, m.error_code, n)
        out += data
        items1 = m.entries
        n = -1 if items1 is None else len(items1)
        out += _pack_i(n)
        for m2 in items1 or ():
            items3 = m2.entity
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                data = m4.entity_type.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                text = m4.entity_name
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_h(n)
                out += data
            items5 = m2.values
            n = len(items5)
            out += _pack_i(n)
            for m6 in items5:
                data = m6.key.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                out += _pack_d(m6.value)
    except UNENCODABLE as error:
        raise unencodable("DescribeClientQuotasResponse", error) from error


def encode_response_v1(m: DescribeClientQuotasResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.error_message
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_string_length(out, n)
        out += data
        items1 = m.entries
        n = 0 if items1 is None else len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1 or ():
            items3 = m2.entity
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.entity_type.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                text = m4.entity_name
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
            items5 = m2.values
            n = len(items5) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m6 in items5:
                data = m6.key.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                out += _pack_dx(m6.value)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeClientQuotasResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DescribeClientQuotasRequest]] = {
    0: decode_request_v0,
    1: decode_request_v1,
}


ENCODE_RESPONSE: dict[int, Callable[[DescribeClientQuotasResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
}
