"""DeleteShareGroupOffsets (API key 92): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.delete_share_group_offsets import (
    DeleteShareGroupOffsetsRequest,
    DeleteShareGroupOffsetsRequestTopic,
    DeleteShareGroupOffsetsResponse,
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
_pack_Uh = struct.Struct(">16sh").pack
_pack_UhB = struct.Struct(">16shB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack


def decode_request_v0(buf: memoryview, pos: int) -> DeleteShareGroupOffsetsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DeleteShareGroupOffsetsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DeleteShareGroupOffsetsRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("DeleteShareGroupOffsetsRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DeleteShareGroupOffsetsRequest.topics", n)
        if n * 2 > end - pos:
            too_many("DeleteShareGroupOffsetsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("DeleteShareGroupOffsetsRequest.topics")
        items1: list[DeleteShareGroupOffsetsRequestTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(DeleteShareGroupOffsetsRequestTopic)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DeleteShareGroupOffsetsRequestTopic.topic_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteShareGroupOffsetsRequestTopic.topic_name")
            m2.topic_name = buf[at:pos].tobytes().decode()
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


def encode_response_v0(m: DeleteShareGroupOffsetsResponse, writer: Writer) -> None:
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
            text = m2.error_message
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_UhB(m2.topic_id, m2.error_code, n)
            else:
                out += _pack_Uh(m2.topic_id, m2.error_code)
                put_string_length(out, n)
            out += data
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DeleteShareGroupOffsetsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DeleteShareGroupOffsetsRequest]] = {
    0: decode_request_v0,
}


ENCODE_RESPONSE: dict[int, Callable[[DeleteShareGroupOffsetsResponse, Writer], None]] = {
    0: encode_response_v0,
}
