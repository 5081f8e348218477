"""OffsetForLeaderEpoch (API key 23): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.offset_for_leader_epoch import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochRequestOffsetForLeaderPartition,
    OffsetForLeaderEpochRequestOffsetForLeaderTopic,
    OffsetForLeaderEpochResponse,
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
_unpack_ii = struct.Struct(">ii").unpack_from
_unpack_iii = struct.Struct(">iii").unpack_from
_unpack_iiiB = struct.Struct(">iiiB").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_hiiq = struct.Struct(">hiiq").pack
_pack_hiiqx = struct.Struct(">hiiqx").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v2(buf: memoryview, pos: int) -> OffsetForLeaderEpochRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetForLeaderEpochRequest)
        m.replica_id = -2
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("OffsetForLeaderEpochRequest.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetForLeaderEpochRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("OffsetForLeaderEpochRequest.topics")
        items1: list[OffsetForLeaderEpochRequestOffsetForLeaderTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetForLeaderEpochRequestOffsetForLeaderTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetForLeaderEpochRequestOffsetForLeaderTopic.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetForLeaderEpochRequestOffsetForLeaderTopic.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetForLeaderEpochRequestOffsetForLeaderTopic.partitions", n)
            if n * 12 > end - pos:
                too_many("OffsetForLeaderEpochRequestOffsetForLeaderTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("OffsetForLeaderEpochRequestOffsetForLeaderTopic.partitions")
            items3: list[OffsetForLeaderEpochRequestOffsetForLeaderPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetForLeaderEpochRequestOffsetForLeaderPartition)
                m4.partition, m4.current_leader_epoch, m4.leader_epoch = _unpack_iii(buf, pos)
                pos += 12
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v3(buf: memoryview, pos: int) -> OffsetForLeaderEpochRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetForLeaderEpochRequest)
        m.replica_id, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("OffsetForLeaderEpochRequest.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetForLeaderEpochRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("OffsetForLeaderEpochRequest.topics")
        items1: list[OffsetForLeaderEpochRequestOffsetForLeaderTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetForLeaderEpochRequestOffsetForLeaderTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetForLeaderEpochRequestOffsetForLeaderTopic.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetForLeaderEpochRequestOffsetForLeaderTopic.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetForLeaderEpochRequestOffsetForLeaderTopic.partitions", n)
            if n * 12 > end - pos:
                too_many("OffsetForLeaderEpochRequestOffsetForLeaderTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("OffsetForLeaderEpochRequestOffsetForLeaderTopic.partitions")
            items3: list[OffsetForLeaderEpochRequestOffsetForLeaderPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetForLeaderEpochRequestOffsetForLeaderPartition)
                m4.partition, m4.current_leader_epoch, m4.leader_epoch = _unpack_iii(buf, pos)
                pos += 12
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v4(buf: memoryview, pos: int) -> OffsetForLeaderEpochRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetForLeaderEpochRequest)
        m.replica_id, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetForLeaderEpochRequest.topics", n)
        if n * 3 > end - pos:
            too_many("OffsetForLeaderEpochRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("OffsetForLeaderEpochRequest.topics")
        items1: list[OffsetForLeaderEpochRequestOffsetForLeaderTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetForLeaderEpochRequestOffsetForLeaderTopic)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetForLeaderEpochRequestOffsetForLeaderTopic.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetForLeaderEpochRequestOffsetForLeaderTopic.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetForLeaderEpochRequestOffsetForLeaderTopic.partitions", n)
            if n * 13 > end - pos:
                too_many("OffsetForLeaderEpochRequestOffsetForLeaderTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("OffsetForLeaderEpochRequestOffsetForLeaderTopic.partitions")
            items3: list[OffsetForLeaderEpochRequestOffsetForLeaderPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetForLeaderEpochRequestOffsetForLeaderPartition)
                m4.partition, m4.current_leader_epoch, m4.leader_epoch, tags = _unpack_iiiB(buf, pos)
                pos += 13
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v2(m: OffsetForLeaderEpochResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_hiiq(m4.error_code, m4.partition, m4.leader_epoch, m4.end_offset)
    except UNENCODABLE as error:
        raise unencodable("OffsetForLeaderEpochResponse", error) from error


def encode_response_v4(m: OffsetForLeaderEpochResponse, writer: Writer) -> None:
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
                out += _pack_hiiqx(m4.error_code, m4.partition, m4.leader_epoch, m4.end_offset)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("OffsetForLeaderEpochResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], OffsetForLeaderEpochRequest]] = {
    2: decode_request_v2,
    3: decode_request_v3,
    4: decode_request_v4,
}


ENCODE_RESPONSE: dict[int, Callable[[OffsetForLeaderEpochResponse, Writer], None]] = {
    2: encode_response_v2,
    3: encode_response_v2,
    4: encode_response_v4,
}
