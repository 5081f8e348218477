"""DeleteShareGroupOffsets (API key 92): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.delete_share_group_offsets import (
    DeleteShareGroupOffsetsRequest,
    DeleteShareGroupOffsetsResponse,
    DeleteShareGroupOffsetsResponseTopic,
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
_unpack_UhB = struct.Struct(">16shB").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from


def decode_response_v0(buf: memoryview, pos: int) -> DeleteShareGroupOffsetsResponse:
    end = len(buf)
    try:
        m = new(DeleteShareGroupOffsetsResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("DeleteShareGroupOffsetsResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteShareGroupOffsetsResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DeleteShareGroupOffsetsResponse.responses", n)
        if n * 21 > end - pos:
            too_many("DeleteShareGroupOffsetsResponse.responses", n)
        items1: list[DeleteShareGroupOffsetsResponseTopic] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(DeleteShareGroupOffsetsResponseTopic)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DeleteShareGroupOffsetsResponseTopic.topic_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteShareGroupOffsetsResponseTopic.topic_name")
            m2.topic_name = buf[at:pos].tobytes().decode()
            m2.topic_id, m2.error_code, n = _unpack_UhB(buf, pos)
            pos += 19
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("DeleteShareGroupOffsetsResponseTopic.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteShareGroupOffsetsResponseTopic.error_message")
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


def encode_request_v0(m: DeleteShareGroupOffsetsRequest, writer: Writer) -> None:
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
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DeleteShareGroupOffsetsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DeleteShareGroupOffsetsResponse]] = {
    0: decode_response_v0,
}


ENCODE_REQUEST: dict[int, Callable[[DeleteShareGroupOffsetsRequest, Writer], None]] = {
    0: encode_request_v0,
}
