"""OffsetForLeaderEpoch (API key 23): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.offset_for_leader_epoch import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderEpochResponseEpochEndOffset,
    OffsetForLeaderEpochResponseOffsetForLeaderTopicResult,
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
_unpack_hiiq = struct.Struct(">hiiq").unpack_from
_unpack_hiiqB = struct.Struct(">hiiqB").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ii = struct.Struct(">ii").pack
_pack_iii = struct.Struct(">iii").pack
_pack_iiix = struct.Struct(">iiix").pack


def decode_response_v2(buf: memoryview, pos: int) -> OffsetForLeaderEpochResponse:
    end = len(buf)
    try:
        m = new(OffsetForLeaderEpochResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("OffsetForLeaderEpochResponse.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetForLeaderEpochResponse.topics", n)
        items1: list[OffsetForLeaderEpochResponseOffsetForLeaderTopicResult] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetForLeaderEpochResponseOffsetForLeaderTopicResult)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetForLeaderEpochResponseOffsetForLeaderTopicResult.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetForLeaderEpochResponseOffsetForLeaderTopicResult.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetForLeaderEpochResponseOffsetForLeaderTopicResult.partitions", n)
            if n * 18 > end - pos:
                too_many("OffsetForLeaderEpochResponseOffsetForLeaderTopicResult.partitions", n)
            items3: list[OffsetForLeaderEpochResponseEpochEndOffset] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetForLeaderEpochResponseEpochEndOffset)
                m4.error_code, m4.partition, m4.leader_epoch, m4.end_offset = _unpack_hiiq(buf, pos)
                pos += 18
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v4(buf: memoryview, pos: int) -> OffsetForLeaderEpochResponse:
    end = len(buf)
    try:
        m = new(OffsetForLeaderEpochResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetForLeaderEpochResponse.topics", n)
        if n * 3 > end - pos:
            too_many("OffsetForLeaderEpochResponse.topics", n)
        items1: list[OffsetForLeaderEpochResponseOffsetForLeaderTopicResult] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetForLeaderEpochResponseOffsetForLeaderTopicResult)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetForLeaderEpochResponseOffsetForLeaderTopicResult.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetForLeaderEpochResponseOffsetForLeaderTopicResult.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetForLeaderEpochResponseOffsetForLeaderTopicResult.partitions", n)
            if n * 19 > end - pos:
                too_many("OffsetForLeaderEpochResponseOffsetForLeaderTopicResult.partitions", n)
            items3: list[OffsetForLeaderEpochResponseEpochEndOffset] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetForLeaderEpochResponseEpochEndOffset)
                m4.error_code, m4.partition, m4.leader_epoch, m4.end_offset, tags = _unpack_hiiqB(buf, pos)
                pos += 19
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


def encode_request_v2(m: OffsetForLeaderEpochRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_iii(m4.partition, m4.current_leader_epoch, m4.leader_epoch)
    except UNENCODABLE as error:
        raise unencodable("OffsetForLeaderEpochRequest", error) from error


def encode_request_v3(m: OffsetForLeaderEpochRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_ii(m.replica_id, n)
        for m2 in items1:
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_iii(m4.partition, m4.current_leader_epoch, m4.leader_epoch)
    except UNENCODABLE as error:
        raise unencodable("OffsetForLeaderEpochRequest", error) from error


def encode_request_v4(m: OffsetForLeaderEpochRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.replica_id, n)
        else:
            out += _pack_i(m.replica_id)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.topic.encode()
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
                out += _pack_iiix(m4.partition, m4.current_leader_epoch, m4.leader_epoch)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("OffsetForLeaderEpochRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], OffsetForLeaderEpochResponse]] = {
    2: decode_response_v2,
    3: decode_response_v2,
    4: decode_response_v4,
}


ENCODE_REQUEST: dict[int, Callable[[OffsetForLeaderEpochRequest, Writer], None]] = {
    2: encode_request_v2,
    3: encode_request_v3,
    4: encode_request_v4,
}
