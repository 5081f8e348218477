"""ConsumerGroupHeartbeat (API key 68): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.consumer_group_heartbeat import (
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatResponse,
    ConsumerGroupHeartbeatResponseAssignment,
    ConsumerGroupHeartbeatResponseTopicPartitions,
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
    PACK_COMPACT_INT32S,
    UNENCODABLE,
    Writer,
    put_compact_array,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_UB = struct.Struct(">16sB").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_iib = struct.Struct(">iib").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack


def decode_response_v0(buf: memoryview, pos: int) -> ConsumerGroupHeartbeatResponse:
    end = len(buf)
    try:
        m = new(ConsumerGroupHeartbeatResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("ConsumerGroupHeartbeatResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ConsumerGroupHeartbeatResponse.error_message")
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
                bad_length("ConsumerGroupHeartbeatResponse.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ConsumerGroupHeartbeatResponse.member_id")
            m.member_id = buf[at:pos].tobytes().decode()
        m.member_epoch, m.heartbeat_interval_ms, n = _unpack_iib(buf, pos)
        pos += 9
        if n == 1:
            m1 = new(ConsumerGroupHeartbeatResponseAssignment)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ConsumerGroupHeartbeatResponseAssignment.topic_partitions", n)
            if n * 18 > end - pos:
                too_many("ConsumerGroupHeartbeatResponseAssignment.topic_partitions", n)
            items2: list[ConsumerGroupHeartbeatResponseTopicPartitions] = []
            m1.topic_partitions = items2
            for _ in range(n):
                m3 = new(ConsumerGroupHeartbeatResponseTopicPartitions)
                m3.topic_id, n = _unpack_UB(buf, pos)
                pos += 17
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ConsumerGroupHeartbeatResponseTopicPartitions.partitions", n)
                if n * 4 > end - pos:
                    too_many("ConsumerGroupHeartbeatResponseTopicPartitions.partitions", n)
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
            bad_presence("ConsumerGroupHeartbeatResponse.assignment", n)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: ConsumerGroupHeartbeatRequest, writer: Writer) -> None:
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
        text = m.instance_id
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
        text = m.rack_id
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
        items1 = m.subscribed_topic_names
        n = 0 if items1 is None else len(items1) + 1
        if n < 128:
            out += _pack_iB(m.rebalance_timeout_ms, n)
        else:
            out += _pack_i(m.rebalance_timeout_ms)
            put_uvarint(out, n)
        for item in items1 or ():
            data = item.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
        text = m.server_assignor
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
        items2 = m.topic_partitions
        n = 0 if items2 is None else len(items2) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m3 in items2 or ():
            out += _pack_U(m3.topic_id)
            ints = m3.partitions
            n = len(ints)
            if n < 32:
                out += PACK_COMPACT_INT32S[n](n + 1, *ints)
            else:
                put_compact_array(out, "i", ints)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ConsumerGroupHeartbeatRequest", error) from error


def encode_request_v1(m: ConsumerGroupHeartbeatRequest, writer: Writer) -> None:
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
        text = m.instance_id
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
        text = m.rack_id
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
        items1 = m.subscribed_topic_names
        n = 0 if items1 is None else len(items1) + 1
        if n < 128:
            out += _pack_iB(m.rebalance_timeout_ms, n)
        else:
            out += _pack_i(m.rebalance_timeout_ms)
            put_uvarint(out, n)
        for item in items1 or ():
            data = item.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
        text = m.subscribed_topic_regex
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
        text = m.server_assignor
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
        items2 = m.topic_partitions
        n = 0 if items2 is None else len(items2) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m3 in items2 or ():
            out += _pack_U(m3.topic_id)
            ints = m3.partitions
            n = len(ints)
            if n < 32:
                out += PACK_COMPACT_INT32S[n](n + 1, *ints)
            else:
                put_compact_array(out, "i", ints)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ConsumerGroupHeartbeatRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], ConsumerGroupHeartbeatResponse]] = {
    0: decode_response_v0,
    1: decode_response_v0,
}


ENCODE_REQUEST: dict[int, Callable[[ConsumerGroupHeartbeatRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v1,
}
