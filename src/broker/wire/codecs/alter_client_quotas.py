"""AlterClientQuotas (API key 49): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.alter_client_quotas import (
    AlterClientQuotasRequest,
    AlterClientQuotasRequestEntityData,
    AlterClientQuotasRequestEntryData,
    AlterClientQuotasRequestOpData,
    AlterClientQuotasResponse,
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
_unpack_dT = struct.Struct(">d?").unpack_from
_unpack_dTB = struct.Struct(">d?B").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hh = struct.Struct(">hh").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v0(buf: memoryview, pos: int) -> AlterClientQuotasRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(AlterClientQuotasRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("AlterClientQuotasRequest.entries", n)
        if n * 8 > end - pos:
            too_many("AlterClientQuotasRequest.entries", n)
        left -= n
        if left < 0:
            too_many_in_all("AlterClientQuotasRequest.entries")
        items1: list[AlterClientQuotasRequestEntryData] = []
        m.entries = items1
        for _ in range(n):
            m2 = new(AlterClientQuotasRequestEntryData)
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("AlterClientQuotasRequestEntryData.entity", n)
            if n * 4 > end - pos:
                too_many("AlterClientQuotasRequestEntryData.entity", n)
            left -= n
            if left < 0:
                too_many_in_all("AlterClientQuotasRequestEntryData.entity")
            items3: list[AlterClientQuotasRequestEntityData] = []
            m2.entity = items3
            for _ in range(n):
                m4 = new(AlterClientQuotasRequestEntityData)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("AlterClientQuotasRequestEntityData.entity_type", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("AlterClientQuotasRequestEntityData.entity_type")
                m4.entity_type = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n == -1:
                    m4.entity_name = None
                else:
                    if n < 0:
                        bad_length("AlterClientQuotasRequestEntityData.entity_name", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("AlterClientQuotasRequestEntityData.entity_name")
                    m4.entity_name = buf[at:pos].tobytes().decode()
                items3.append(m4)
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("AlterClientQuotasRequestEntryData.ops", n)
            if n * 11 > end - pos:
                too_many("AlterClientQuotasRequestEntryData.ops", n)
            left -= n
            if left < 0:
                too_many_in_all("AlterClientQuotasRequestEntryData.ops")
            items5: list[AlterClientQuotasRequestOpData] = []
            m2.ops = items5
            for _ in range(n):
                m6 = new(AlterClientQuotasRequestOpData)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("AlterClientQuotasRequestOpData.key", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("AlterClientQuotasRequestOpData.key")
                m6.key = buf[at:pos].tobytes().decode()
                m6.value, m6.remove = _unpack_dT(buf, pos)
                pos += 9
                items5.append(m6)
            items1.append(m2)
        (m.validate_only,) = _unpack_T(buf, pos)
        pos += 1
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v1(buf: memoryview, pos: int) -> AlterClientQuotasRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(AlterClientQuotasRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AlterClientQuotasRequest.entries", n)
        if n * 3 > end - pos:
            too_many("AlterClientQuotasRequest.entries", n)
        left -= n
        if left < 0:
            too_many_in_all("AlterClientQuotasRequest.entries")
        items1: list[AlterClientQuotasRequestEntryData] = []
        m.entries = items1
        for _ in range(n):
            m2 = new(AlterClientQuotasRequestEntryData)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterClientQuotasRequestEntryData.entity", n)
            if n * 3 > end - pos:
                too_many("AlterClientQuotasRequestEntryData.entity", n)
            left -= n
            if left < 0:
                too_many_in_all("AlterClientQuotasRequestEntryData.entity")
            items3: list[AlterClientQuotasRequestEntityData] = []
            m2.entity = items3
            for _ in range(n):
                m4 = new(AlterClientQuotasRequestEntityData)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("AlterClientQuotasRequestEntityData.entity_type", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("AlterClientQuotasRequestEntityData.entity_type")
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
                        bad_length("AlterClientQuotasRequestEntityData.entity_name", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("AlterClientQuotasRequestEntityData.entity_name")
                    m4.entity_name = buf[at:pos].tobytes().decode()
                tags = buf[pos]
                pos += 1
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items3.append(m4)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterClientQuotasRequestEntryData.ops", n)
            if n * 11 > end - pos:
                too_many("AlterClientQuotasRequestEntryData.ops", n)
            left -= n
            if left < 0:
                too_many_in_all("AlterClientQuotasRequestEntryData.ops")
            items5: list[AlterClientQuotasRequestOpData] = []
            m2.ops = items5
            for _ in range(n):
                m6 = new(AlterClientQuotasRequestOpData)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("AlterClientQuotasRequestOpData.key", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("AlterClientQuotasRequestOpData.key")
                m6.key = buf[at:pos].tobytes().decode()
                m6.value, m6.remove, tags = _unpack_dTB(buf, pos)
                pos += 10
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items5.append(m6)
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        m.validate_only, tags = _unpack_TB(buf, pos)
        pos += 2
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: AlterClientQuotasResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.entries
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            text = m2.error_message
            if text is None:
                data = b""
                n = -1
            else:
                data = text.encode()
                n = len(data)
            out += _pack_hh(m2.error_code, n)
            out += data
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
    except UNENCODABLE as error:
        raise unencodable("AlterClientQuotasResponse", error) from error


def encode_response_v1(m: AlterClientQuotasResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.entries
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
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("AlterClientQuotasResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], AlterClientQuotasRequest]] = {
    0: decode_request_v0,
    1: decode_request_v1,
}


ENCODE_RESPONSE: dict[int, Callable[[AlterClientQuotasResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
}
