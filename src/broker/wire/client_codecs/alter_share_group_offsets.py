"""AlterShareGroupOffsets (API key 91): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.alter_share_group_offsets import (
    AlterShareGroupOffsetsRequest,
    AlterShareGroupOffsetsResponse,
    AlterShareGroupOffsetsResponsePartition,
    AlterShareGroupOffsetsResponseTopic,
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
_unpack_UB = struct.Struct(">16sB").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_pack_iqx = struct.Struct(">iqx").pack


def decode_response_v0(buf: memoryview, pos: int) -> AlterShareGroupOffsetsResponse:
    end = len(buf)
    try:
        m = new(AlterShareGroupOffsetsResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("AlterShareGroupOffsetsResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterShareGroupOffsetsResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AlterShareGroupOffsetsResponse.responses", n)
        if n * 19 > end - pos:
            too_many("AlterShareGroupOffsetsResponse.responses", n)
        items1: list[AlterShareGroupOffsetsResponseTopic] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(AlterShareGroupOffsetsResponseTopic)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterShareGroupOffsetsResponseTopic.topic_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterShareGroupOffsetsResponseTopic.topic_name")
            m2.topic_name = buf[at:pos].tobytes().decode()
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterShareGroupOffsetsResponseTopic.partitions", n)
            if n * 8 > end - pos:
                too_many("AlterShareGroupOffsetsResponseTopic.partitions", n)
            items3: list[AlterShareGroupOffsetsResponsePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(AlterShareGroupOffsetsResponsePartition)
                m4.partition_index, m4.error_code, n = _unpack_ihB(buf, pos)
                pos += 7
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("AlterShareGroupOffsetsResponsePartition.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("AlterShareGroupOffsetsResponsePartition.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
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


def encode_request_v0(m: AlterShareGroupOffsetsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.topic_name.encode()
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
                out += _pack_iqx(m4.partition_index, m4.start_offset)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("AlterShareGroupOffsetsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], AlterShareGroupOffsetsResponse]] = {
    0: decode_response_v0,
}


ENCODE_REQUEST: dict[int, Callable[[AlterShareGroupOffsetsRequest, Writer], None]] = {
    0: encode_request_v0,
}
