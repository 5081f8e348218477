"""OffsetDelete (API key 47): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteResponse,
    OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
)
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    malformed,
    too_many,
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
_unpack_hii = struct.Struct(">hii").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_ih = struct.Struct(">ih").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack


def decode_response_v0(buf: memoryview, pos: int) -> OffsetDeleteResponse:
    end = len(buf)
    try:
        m = new(OffsetDeleteResponse)
        m.error_code, m.throttle_time_ms, n = _unpack_hii(buf, pos)
        pos += 10
        if n < 0:
            bad_length("OffsetDeleteResponse.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetDeleteResponse.topics", n)
        items1: list[OffsetDeleteResponseTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetDeleteResponseTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetDeleteResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetDeleteResponseTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetDeleteResponseTopic.partitions", n)
            if n * 6 > end - pos:
                too_many("OffsetDeleteResponseTopic.partitions", n)
            items3: list[OffsetDeleteResponsePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetDeleteResponsePartition)
                m4.partition_index, m4.error_code = _unpack_ih(buf, pos)
                pos += 6
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: OffsetDeleteRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
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
                out += _pack_i(m4.partition_index)
    except UNENCODABLE as error:
        raise unencodable("OffsetDeleteRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], OffsetDeleteResponse]] = {
    0: decode_response_v0,
}


ENCODE_REQUEST: dict[int, Callable[[OffsetDeleteRequest, Writer], None]] = {
    0: encode_request_v0,
}
