"""AlterShareGroupOffsets (API key 91): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.alter_share_group_offsets import (
    AlterShareGroupOffsetsRequest,
    AlterShareGroupOffsetsRequestPartition,
    AlterShareGroupOffsetsRequestTopic,
    AlterShareGroupOffsetsResponse,
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
_unpack_iqB = struct.Struct(">iqB").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_UB = struct.Struct(">16sB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack


def decode_request_v0(buf: memoryview, pos: int) -> AlterShareGroupOffsetsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(AlterShareGroupOffsetsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AlterShareGroupOffsetsRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("AlterShareGroupOffsetsRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AlterShareGroupOffsetsRequest.topics", n)
        if n * 3 > end - pos:
            too_many("AlterShareGroupOffsetsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("AlterShareGroupOffsetsRequest.topics")
        items1: list[AlterShareGroupOffsetsRequestTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(AlterShareGroupOffsetsRequestTopic)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterShareGroupOffsetsRequestTopic.topic_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterShareGroupOffsetsRequestTopic.topic_name")
            m2.topic_name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterShareGroupOffsetsRequestTopic.partitions", n)
            if n * 13 > end - pos:
                too_many("AlterShareGroupOffsetsRequestTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("AlterShareGroupOffsetsRequestTopic.partitions")
            items3: list[AlterShareGroupOffsetsRequestPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(AlterShareGroupOffsetsRequestPartition)
                m4.partition_index, m4.start_offset, tags = _unpack_iqB(buf, pos)
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


def encode_response_v0(m: AlterShareGroupOffsetsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.error_message
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_string_length(out, n)
        out += data
        items1 = m.responses
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
                out += _pack_UB(m2.topic_id, n)
            else:
                out += _pack_U(m2.topic_id)
                put_uvarint(out, n)
            for m4 in items3:
                text = m4.error_message
                if text is None:
                    data = b""
                    n = 0
                else:
                    data = text.encode()
                    n = len(data) + 1
                if n < 128:
                    out += _pack_ihB(m4.partition_index, m4.error_code, n)
                else:
                    out += _pack_ih(m4.partition_index, m4.error_code)
                    put_string_length(out, n)
                out += data
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("AlterShareGroupOffsetsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], AlterShareGroupOffsetsRequest]] = {
    0: decode_request_v0,
}


ENCODE_RESPONSE: dict[int, Callable[[AlterShareGroupOffsetsResponse, Writer], None]] = {
    0: encode_response_v0,
}
