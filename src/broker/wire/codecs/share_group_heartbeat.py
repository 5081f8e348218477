"""ShareGroupHeartbeat (API key 76): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.share_group_heartbeat import (
    ShareGroupHeartbeatRequest,
    ShareGroupHeartbeatResponse,
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
    PACK_COMPACT_INT32S,
    UNENCODABLE,
    Writer,
    put_compact_array,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_iB = struct.Struct(">iB").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v1(buf: memoryview, pos: int) -> ShareGroupHeartbeatRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ShareGroupHeartbeatRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ShareGroupHeartbeatRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("ShareGroupHeartbeatRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ShareGroupHeartbeatRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("ShareGroupHeartbeatRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        m.member_epoch, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.rack_id = None
        else:
            if n < 0:
                bad_length("ShareGroupHeartbeatRequest.rack_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareGroupHeartbeatRequest.rack_id")
            m.rack_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.subscribed_topic_names = None
        else:
            if n < 0:
                bad_length("ShareGroupHeartbeatRequest.subscribed_topic_names", n)
            if n > end - pos:
                too_many("ShareGroupHeartbeatRequest.subscribed_topic_names", n)
            left -= n
            if left < 0:
                too_many_in_all("ShareGroupHeartbeatRequest.subscribed_topic_names")
            items1: list[str] = []
            m.subscribed_topic_names = items1
            for _ in range(n):
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ShareGroupHeartbeatRequest.subscribed_topic_names", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("ShareGroupHeartbeatRequest.subscribed_topic_names")
                text = buf[at:pos].tobytes().decode()
                items1.append(text)
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v1(m: ShareGroupHeartbeatResponse, writer: Writer) -> None:
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
        text = m.member_id
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        out += _pack_ii(m.member_epoch, m.heartbeat_interval_ms)
        m1 = m.assignment
        if m1 is None:
            out.append(255)
        else:
            out.append(1)
            items2 = m1.topic_partitions
            n = len(items2) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m3 in items2:
                out += _pack_U(m3.topic_id)
                ints = m3.partitions
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ShareGroupHeartbeatResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], ShareGroupHeartbeatRequest]] = {
    1: decode_request_v1,
}


ENCODE_RESPONSE: dict[int, Callable[[ShareGroupHeartbeatResponse, Writer], None]] = {
    1: encode_response_v1,
}
