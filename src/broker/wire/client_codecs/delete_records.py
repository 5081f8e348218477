"""DeleteRecords (API key 21): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.delete_records import (
    DeleteRecordsPartitionResult,
    DeleteRecordsRequest,
    DeleteRecordsResponse,
    DeleteRecordsTopicResult,
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
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_unpack_iqh = struct.Struct(">iqh").unpack_from
_unpack_iqhB = struct.Struct(">iqhB").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iq = struct.Struct(">iq").pack
_pack_iqx = struct.Struct(">iqx").pack
_pack_ix = struct.Struct(">ix").pack


def decode_response_v0(buf: memoryview, pos: int) -> DeleteRecordsResponse:
    end = len(buf)
    try:
        m = new(DeleteRecordsResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("DeleteRecordsResponse.topics", n)
        if n * 6 > end - pos:
            too_many("DeleteRecordsResponse.topics", n)
        items1: list[DeleteRecordsTopicResult] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(DeleteRecordsTopicResult)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DeleteRecordsTopicResult.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteRecordsTopicResult.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DeleteRecordsTopicResult.partitions", n)
            if n * 14 > end - pos:
                too_many("DeleteRecordsTopicResult.partitions", n)
            items3: list[DeleteRecordsPartitionResult] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(DeleteRecordsPartitionResult)
                m4.partition_index, m4.low_watermark, m4.error_code = _unpack_iqh(buf, pos)
                pos += 14
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> DeleteRecordsResponse:
    end = len(buf)
    try:
        m = new(DeleteRecordsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DeleteRecordsResponse.topics", n)
        if n * 3 > end - pos:
            too_many("DeleteRecordsResponse.topics", n)
        items1: list[DeleteRecordsTopicResult] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(DeleteRecordsTopicResult)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DeleteRecordsTopicResult.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteRecordsTopicResult.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DeleteRecordsTopicResult.partitions", n)
            if n * 15 > end - pos:
                too_many("DeleteRecordsTopicResult.partitions", n)
            items3: list[DeleteRecordsPartitionResult] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(DeleteRecordsPartitionResult)
                m4.partition_index, m4.low_watermark, m4.error_code, tags = _unpack_iqhB(buf, pos)
                pos += 15
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


def encode_request_v0(m: DeleteRecordsRequest, writer: Writer) -> None:
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
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_iq(m4.partition_index, m4.offset)
        out += _pack_i(m.timeout_ms)
    except UNENCODABLE as error:
        raise unencodable("DeleteRecordsRequest", error) from error


def encode_request_v2(m: DeleteRecordsRequest, writer: Writer) -> None:
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
            items3 = m2.partitions
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                out += _pack_iqx(m4.partition_index, m4.offset)
            out.append(0)
        out += _pack_ix(m.timeout_ms)
    except UNENCODABLE as error:
        raise unencodable("DeleteRecordsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DeleteRecordsResponse]] = {
    0: decode_response_v0,
    1: decode_response_v0,
    2: decode_response_v2,
}


ENCODE_REQUEST: dict[int, Callable[[DeleteRecordsRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v2,
}
