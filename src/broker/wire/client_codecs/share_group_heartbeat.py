"""ShareGroupHeartbeat (API key 76): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.share_group_heartbeat import (
    ShareGroupHeartbeatRequest,
    ShareGroupHeartbeatResponse,
    ShareGroupHeartbeatResponseAssignment,
    ShareGroupHeartbeatResponseTopicPartitions,
)
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    bad_presence,
    malformed,
    read_int32s,
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
_unpack_iib = struct.Struct(">iib").unpack_from
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack


def decode_response_v1(buf: memoryview, pos: int) -> ShareGroupHeartbeatResponse:
    end = len(buf)
    try:
        m = new(ShareGroupHeartbeatResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("ShareGroupHeartbeatResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareGroupHeartbeatResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.member_id = None
        else:
            if n < 0:
                bad_length("ShareGroupHeartbeatResponse.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareGroupHeartbeatResponse.member_id")
            m.member_id = buf[at:pos].tobytes().decode()
        m.member_epoch, m.heartbeat_interval_ms, n = _unpack_iib(buf, pos)
        pos += 9
        if n == 1:
            m1 = new(ShareGroupHeartbeatResponseAssignment)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareGroupHeartbeatResponseAssignment.topic_partitions", n)
            if n * 18 > end - pos:
                too_many("ShareGroupHeartbeatResponseAssignment.topic_partitions", n)
            items2: list[ShareGroupHeartbeatResponseTopicPartitions] = []
            m1.topic_partitions = items2
            for _ in range(n):
                m3 = new(ShareGroupHeartbeatResponseTopicPartitions)
                m3.topic_id, n = _unpack_UB(buf, pos)
                pos += 17
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ShareGroupHeartbeatResponseTopicPartitions.partitions", n)
                if n * 4 > end - pos:
                    too_many("ShareGroupHeartbeatResponseTopicPartitions.partitions", n)
                m3.partitions = read_int32s(buf, pos, n)
                pos += n * 4
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items2.append(m3)
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            m.assignment = m1
        elif n == -1:
            m.assignment = None
        else:
            bad_presence("ShareGroupHeartbeatResponse.assignment", n)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v1(m: ShareGroupHeartbeatRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        data = m.member_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        text = m.rack_id
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            out += _pack_iB(m.member_epoch, n)
        else:
            out += _pack_i(m.member_epoch)
            put_string_length(out, n)
        out += data
        items1 = m.subscribed_topic_names
        n = 0 if items1 is None else len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for item in items1 or ():
            data = item.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ShareGroupHeartbeatRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], ShareGroupHeartbeatResponse]] = {
    1: decode_response_v1,
}


ENCODE_REQUEST: dict[int, Callable[[ShareGroupHeartbeatRequest, Writer], None]] = {
    1: encode_request_v1,
}
