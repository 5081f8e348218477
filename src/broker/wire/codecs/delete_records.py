"""DeleteRecords (API key 21): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.delete_records import (
    DeleteRecordsPartition,
    DeleteRecordsRequest,
    DeleteRecordsResponse,
    DeleteRecordsTopic,
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
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_iq = struct.Struct(">iq").unpack_from
_unpack_iqB = struct.Struct(">iqB").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ii = struct.Struct(">ii").pack
_pack_iqh = struct.Struct(">iqh").pack
_pack_iqhx = struct.Struct(">iqhx").pack


def decode_request_v0(buf: memoryview, pos: int) -> DeleteRecordsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DeleteRecordsRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("DeleteRecordsRequest.topics", n)
        if n * 6 > end - pos:
            too_many("DeleteRecordsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("DeleteRecordsRequest.topics")
        items1: list[DeleteRecordsTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(DeleteRecordsTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DeleteRecordsTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteRecordsTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DeleteRecordsTopic.partitions", n)
            if n * 12 > end - pos:
                too_many("DeleteRecordsTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("DeleteRecordsTopic.partitions")
            items3: list[DeleteRecordsPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(DeleteRecordsPartition)
                m4.partition_index, m4.offset = _unpack_iq(buf, pos)
                pos += 12
                items3.append(m4)
            items1.append(m2)
        (m.timeout_ms,) = _unpack_i(buf, pos)
        pos += 4
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> DeleteRecordsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DeleteRecordsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DeleteRecordsRequest.topics", n)
        if n * 3 > end - pos:
            too_many("DeleteRecordsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("DeleteRecordsRequest.topics")
        items1: list[DeleteRecordsTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(DeleteRecordsTopic)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DeleteRecordsTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteRecordsTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DeleteRecordsTopic.partitions", n)
            if n * 13 > end - pos:
                too_many("DeleteRecordsTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("DeleteRecordsTopic.partitions")
            items3: list[DeleteRecordsPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(DeleteRecordsPartition)
                m4.partition_index, m4.offset, tags = _unpack_iqB(buf, pos)
                pos += 13
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        m.timeout_ms, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: DeleteRecordsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_iqh(m4.partition_index, m4.low_watermark, m4.error_code)
    except UNENCODABLE as error:
        raise unencodable("DeleteRecordsResponse", error) from error


def encode_response_v2(m: DeleteRecordsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
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
                out += _pack_iqhx(m4.partition_index, m4.low_watermark, m4.error_code)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DeleteRecordsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DeleteRecordsRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
    2: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[DeleteRecordsResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v0,
    2: encode_response_v2,
}
