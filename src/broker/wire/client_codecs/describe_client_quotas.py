"""DescribeClientQuotas (API key 48): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_client_quotas import (
    DescribeClientQuotasRequest,
    DescribeClientQuotasResponse,
    DescribeClientQuotasResponseEntityData,
    DescribeClientQuotasResponseEntryData,
    DescribeClientQuotasResponseValueData,
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
_unpack_d = struct.Struct(">d").unpack_from
_unpack_dB = struct.Struct(">dB").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_ihh = struct.Struct(">ihh").unpack_from
_pack_T = struct.Struct(">?").pack
_pack_Tx = struct.Struct(">?x").pack
_pack_b = struct.Struct(">b").pack
_pack_bB = struct.Struct(">bB").pack
_pack_bh = struct.Struct(">bh").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack


def decode_response_v0(buf: memoryview, pos: int) -> DescribeClientQuotasResponse:
    end = len(buf)
    try:
        m = new(DescribeClientQuotasResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihh(buf, pos)
        pos += 8
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("DescribeClientQuotasResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeClientQuotasResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n == -1:
            m.entries = None
        else:
            if n < 0:
                bad_length("DescribeClientQuotasResponse.entries", n)
            if n * 8 > end - pos:
                too_many("DescribeClientQuotasResponse.entries", n)
            items1: list[DescribeClientQuotasResponseEntryData] = []
            m.entries = items1
            for _ in range(n):
                m2 = new(DescribeClientQuotasResponseEntryData)
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("DescribeClientQuotasResponseEntryData.entity", n)
                if n * 4 > end - pos:
                    too_many("DescribeClientQuotasResponseEntryData.entity", n)
                items3: list[DescribeClientQuotasResponseEntityData] = []
                m2.entity = items3
                for _ in range(n):
                    m4 = new(DescribeClientQuotasResponseEntityData)
                    (n,) = _unpack_h(buf, pos)
                    pos += 2
                    if n < 0:
                        bad_length("DescribeClientQuotasResponseEntityData.entity_type", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeClientQuotasResponseEntityData.entity_type")
                    m4.entity_type = buf[at:pos].tobytes().decode()
                    (n,) = _unpack_h(buf, pos)
                    pos += 2
                    if n == -1:
                        m4.entity_name = None
                    else:
                        if n < 0:
                            bad_length("DescribeClientQuotasResponseEntityData.entity_name", n)
                        at = pos
                        pos += n
                        if pos > end:
                            truncated("DescribeClientQuotasResponseEntityData.entity_name")
                        m4.entity_name = buf[at:pos].tobytes().decode()
                    items3.append(m4)
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("DescribeClientQuotasResponseEntryData.values", n)
                if n * 10 > end - pos:
                    too_many("DescribeClientQuotasResponseEntryData.values", n)
                items5: list[DescribeClientQuotasResponseValueData] = []
                m2.values = items5
                for _ in range(n):
                    m6 = new(DescribeClientQuotasResponseValueData)
                    (n,) = _unpack_h(buf, pos)
                    pos += 2
                    if n < 0:
                        bad_length("DescribeClientQuotasResponseValueData.key", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeClientQuotasResponseValueData.key")
                    m6.key = buf[at:pos].tobytes().decode()
                    (m6.value,) = _unpack_d(buf, pos)
                    pos += 8
                    items5.append(m6)
                items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v1(buf: memoryview, pos: int) -> DescribeClientQuotasResponse:
    end = len(buf)
    try:
        m = new(DescribeClientQuotasResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("DescribeClientQuotasResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeClientQuotasResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.entries = None
        else:
            if n < 0:
                bad_length("DescribeClientQuotasResponse.entries", n)
            if n * 3 > end - pos:
                too_many("DescribeClientQuotasResponse.entries", n)
            items1: list[DescribeClientQuotasResponseEntryData] = []
            m.entries = items1
            for _ in range(n):
                m2 = new(DescribeClientQuotasResponseEntryData)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeClientQuotasResponseEntryData.entity", n)
                if n * 3 > end - pos:
                    too_many("DescribeClientQuotasResponseEntryData.entity", n)
                items3: list[DescribeClientQuotasResponseEntityData] = []
                m2.entity = items3
                for _ in range(n):
                    m4 = new(DescribeClientQuotasResponseEntityData)
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("DescribeClientQuotasResponseEntityData.entity_type", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeClientQuotasResponseEntityData.entity_type")
                    m4.entity_type = buf[at:pos].tobytes().decode()
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n == -1:
                        m4.entity_name = None
                    else:
                        if n < 0:
                            bad_length("DescribeClientQuotasResponseEntityData.entity_name", n)
                        at = pos
                        pos += n
                        if pos > end:
                            truncated("DescribeClientQuotasResponseEntityData.entity_name")
                        m4.entity_name = buf[at:pos].tobytes().decode()
                    tags = buf[pos]
                    pos += 1
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items3.append(m4)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeClientQuotasResponseEntryData.values", n)
                if n * 10 > end - pos:
                    too_many("DescribeClientQuotasResponseEntryData.values", n)
                items5: list[DescribeClientQuotasResponseValueData] = []
                m2.values = items5
                for _ in range(n):
                    m6 = new(DescribeClientQuotasResponseValueData)
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("DescribeClientQuotasResponseValueData.key", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeClientQuotasResponseValueData.key")
                    m6.key = buf[at:pos].tobytes().decode()
                    m6.value, tags = _unpack_dB(buf, pos)
                    pos += 9
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
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


def encode_request_v0(m: DescribeClientQuotasRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.components
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.entity_type.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            text = m2.match
            if text is None:
                data = b""
                n = -1
            else:
                data = text.encode()
                n = len(data)
            out += _pack_bh(m2.match_type, n)
            out += data
        out += _pack_T(m.strict)
    except UNENCODABLE as error:
        raise unencodable("DescribeClientQuotasRequest", error) from error


def encode_request_v1(m: DescribeClientQuotasRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.components
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.entity_type.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            text = m2.match
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_bB(m2.match_type, n)
            else:
                out += _pack_b(m2.match_type)
                put_string_length(out, n)
            out += data
            out.append(0)
        out += _pack_Tx(m.strict)
    except UNENCODABLE as error:
        raise unencodable("DescribeClientQuotasRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DescribeClientQuotasResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
}


ENCODE_REQUEST: dict[int, Callable[[DescribeClientQuotasRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v1,
}
