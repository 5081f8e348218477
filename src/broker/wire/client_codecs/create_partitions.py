"""CreatePartitions (API key 37): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.create_partitions import (
    CreatePartitionsRequest,
    CreatePartitionsResponse,
    CreatePartitionsTopicResult,
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
    PACK_COMPACT_INT32S,
    PACK_INT32S,
    UNENCODABLE,
    Writer,
    put_array,
    put_compact_array,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_h = struct.Struct(">h").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_hh = struct.Struct(">hh").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iT = struct.Struct(">i?").pack
_pack_iTx = struct.Struct(">i?x").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ii = struct.Struct(">ii").pack


def decode_response_v0(buf: memoryview, pos: int) -> CreatePartitionsResponse:
    end = len(buf)
    try:
        m = new(CreatePartitionsResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("CreatePartitionsResponse.results", n)
        if n * 6 > end - pos:
            too_many("CreatePartitionsResponse.results", n)
        items1: list[CreatePartitionsTopicResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(CreatePartitionsTopicResult)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("CreatePartitionsTopicResult.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreatePartitionsTopicResult.name")
            m2.name = buf[at:pos].tobytes().decode()
            m2.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("CreatePartitionsTopicResult.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("CreatePartitionsTopicResult.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> CreatePartitionsResponse:
    end = len(buf)
    try:
        m = new(CreatePartitionsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreatePartitionsResponse.results", n)
        if n * 5 > end - pos:
            too_many("CreatePartitionsResponse.results", n)
        items1: list[CreatePartitionsTopicResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(CreatePartitionsTopicResult)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("CreatePartitionsTopicResult.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreatePartitionsTopicResult.name")
            m2.name = buf[at:pos].tobytes().decode()
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("CreatePartitionsTopicResult.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("CreatePartitionsTopicResult.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
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


def encode_request_v0(m: CreatePartitionsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.assignments
            n = -1 if items3 is None else len(items3)
            out += _pack_ii(m2.count, n)
            for m4 in items3 or ():
                ints = m4.broker_ids
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
        out += _pack_iT(m.timeout_ms, m.validate_only)
    except UNENCODABLE as error:
        raise unencodable("CreatePartitionsRequest", error) from error


def encode_request_v2(m: CreatePartitionsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.assignments
            n = 0 if items3 is None else len(items3) + 1
            if n < 128:
                out += _pack_iB(m2.count, n)
            else:
                out += _pack_i(m2.count)
                put_uvarint(out, n)
            for m4 in items3 or ():
                ints = m4.broker_ids
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out.append(0)
        out += _pack_iTx(m.timeout_ms, m.validate_only)
    except UNENCODABLE as error:
        raise unencodable("CreatePartitionsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], CreatePartitionsResponse]] = {
    0: decode_response_v0,
    1: decode_response_v0,
    2: decode_response_v2,
    3: decode_response_v2,
}


ENCODE_REQUEST: dict[int, Callable[[CreatePartitionsRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v2,
    3: encode_request_v2,
}
