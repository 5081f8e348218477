"""AlterClientQuotas (API key 49): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.alter_client_quotas import (
    AlterClientQuotasRequest,
    AlterClientQuotasResponse,
    AlterClientQuotasResponseEntityData,
    AlterClientQuotasResponseEntryData,
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
_pack_dT = struct.Struct(">d?").pack
_pack_dTx = struct.Struct(">d?x").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack


def decode_response_v0(buf: memoryview, pos: int) -> AlterClientQuotasResponse:
    end = len(buf)
    try:
        m = new(AlterClientQuotasResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("AlterClientQuotasResponse.entries", n)
        if n * 8 > end - pos:
            too_many("AlterClientQuotasResponse.entries", n)
        items1: list[AlterClientQuotasResponseEntryData] = []
        m.entries = items1
        for _ in range(n):
            m2 = new(AlterClientQuotasResponseEntryData)
            m2.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("AlterClientQuotasResponseEntryData.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("AlterClientQuotasResponseEntryData.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("AlterClientQuotasResponseEntryData.entity", n)
            if n * 4 > end - pos:
                too_many("AlterClientQuotasResponseEntryData.entity", n)
            items3: list[AlterClientQuotasResponseEntityData] = []
            m2.entity = items3
            for _ in range(n):
                m4 = new(AlterClientQuotasResponseEntityData)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("AlterClientQuotasResponseEntityData.entity_type", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("AlterClientQuotasResponseEntityData.entity_type")
                m4.entity_type = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n == -1:
                    m4.entity_name = None
                else:
                    if n < 0:
                        bad_length("AlterClientQuotasResponseEntityData.entity_name", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("AlterClientQuotasResponseEntityData.entity_name")
                    m4.entity_name = buf[at:pos].tobytes().decode()
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v1(buf: memoryview, pos: int) -> AlterClientQuotasResponse:
    end = len(buf)
    try:
        m = new(AlterClientQuotasResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AlterClientQuotasResponse.entries", n)
        if n * 5 > end - pos:
            too_many("AlterClientQuotasResponse.entries", n)
        items1: list[AlterClientQuotasResponseEntryData] = []
        m.entries = items1
        for _ in range(n):
            m2 = new(AlterClientQuotasResponseEntryData)
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("AlterClientQuotasResponseEntryData.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("AlterClientQuotasResponseEntryData.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterClientQuotasResponseEntryData.entity", n)
            if n * 3 > end - pos:
                too_many("AlterClientQuotasResponseEntryData.entity", n)
            items3: list[AlterClientQuotasResponseEntityData] = []
            m2.entity = items3
            for _ in range(n):
                m4 = new(AlterClientQuotasResponseEntityData)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("AlterClientQuotasResponseEntityData.entity_type", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("AlterClientQuotasResponseEntityData.entity_type")
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
                        bad_length("AlterClientQuotasResponseEntityData.entity_name", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("AlterClientQuotasResponseEntityData.entity_name")
                    m4.entity_name = buf[at:pos].tobytes().decode()
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
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


def encode_request_v0(m: AlterClientQuotasRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.entries
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
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
            items5 = m2.ops
            n = len(items5)
            out += _pack_i(n)
            for m6 in items5:
                data = m6.key.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                out += _pack_dT(m6.value, m6.remove)
        out += _pack_T(m.validate_only)
    except UNENCODABLE as error:
        raise unencodable("AlterClientQuotasRequest", error) from error


def encode_request_v1(m: AlterClientQuotasRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.entries
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
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
            items5 = m2.ops
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
                out += _pack_dTx(m6.value, m6.remove)
            out.append(0)
        out += _pack_Tx(m.validate_only)
    except UNENCODABLE as error:
        raise unencodable("AlterClientQuotasRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], AlterClientQuotasResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
}


ENCODE_REQUEST: dict[int, Callable[[AlterClientQuotasRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v1,
}
