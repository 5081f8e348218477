"""OffsetDelete (API key 47): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
    OffsetDeleteResponse,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
    malformed,
    too_many,
    too_many_in_all,
    trailing,
    truncated,
)
from broker.wire.writer import (
    UNENCODABLE,
    Writer,
    unencodable,
)

new = object.__new__
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_hii = struct.Struct(">hii").pack
_pack_i = struct.Struct(">i").pack
_pack_ih = struct.Struct(">ih").pack


def decode_request_v0(buf: memoryview, pos: int) -> OffsetDeleteRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetDeleteRequest)
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("OffsetDeleteRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetDeleteRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("OffsetDeleteRequest.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetDeleteRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("OffsetDeleteRequest.topics")
        items1: list[OffsetDeleteRequestTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetDeleteRequestTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetDeleteRequestTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetDeleteRequestTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetDeleteRequestTopic.partitions", n)
            if n * 4 > end - pos:
                too_many("OffsetDeleteRequestTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("OffsetDeleteRequestTopic.partitions")
            items3: list[OffsetDeleteRequestPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetDeleteRequestPartition)
                (m4.partition_index,) = _unpack_i(buf, pos)
                pos += 4
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: OffsetDeleteResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_hii(m.error_code, m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_ih(m4.partition_index, m4.error_code)
    except UNENCODABLE as error:
        raise unencodable("OffsetDeleteResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], OffsetDeleteRequest]] = {
    0: decode_request_v0,
}


ENCODE_RESPONSE: dict[int, Callable[[OffsetDeleteResponse, Writer], None]] = {
    0: encode_response_v0,
}
