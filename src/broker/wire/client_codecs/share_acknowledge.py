"""ShareAcknowledge (API key 79): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.share_acknowledge import (
    ShareAcknowledgeRequest,
    ShareAcknowledgeResponse,
    ShareAcknowledgeResponseLeaderIdAndEpoch,
    ShareAcknowledgeResponseNodeEndpoint,
    ShareAcknowledgeResponsePartitionData,
    ShareAcknowledgeTopicResponse,
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
    put_compact_array,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_UB = struct.Struct(">16sB").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_iiB = struct.Struct(">iiB").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_UB = struct.Struct(">16sB").pack
_pack_i = struct.Struct(">i").pack
_pack_iT = struct.Struct(">i?").pack
_pack_iTB = struct.Struct(">i?B").pack
_pack_iB = struct.Struct(">iB").pack
_pack_qq = struct.Struct(">qq").pack


def decode_response_v1(buf: memoryview, pos: int) -> ShareAcknowledgeResponse:
    end = len(buf)
    try:
        m = new(ShareAcknowledgeResponse)
        m.acquisition_lock_timeout_ms = 0
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("ShareAcknowledgeResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareAcknowledgeResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ShareAcknowledgeResponse.responses", n)
        if n * 18 > end - pos:
            too_many("ShareAcknowledgeResponse.responses", n)
        items1: list[ShareAcknowledgeTopicResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(ShareAcknowledgeTopicResponse)
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareAcknowledgeTopicResponse.partitions", n)
            if n * 17 > end - pos:
                too_many("ShareAcknowledgeTopicResponse.partitions", n)
            items3: list[ShareAcknowledgeResponsePartitionData] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ShareAcknowledgeResponsePartitionData)
                m4.partition_index, m4.error_code, n = _unpack_ihB(buf, pos)
                pos += 7
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("ShareAcknowledgeResponsePartitionData.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ShareAcknowledgeResponsePartitionData.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
                m5 = new(ShareAcknowledgeResponseLeaderIdAndEpoch)
                m5.leader_id, m5.leader_epoch, tags = _unpack_iiB(buf, pos)
                pos += 9
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                m4.current_leader = m5
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
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ShareAcknowledgeResponse.node_endpoints", n)
        if n * 11 > end - pos:
            too_many("ShareAcknowledgeResponse.node_endpoints", n)
        items6: list[ShareAcknowledgeResponseNodeEndpoint] = []
        m.node_endpoints = items6
        for _ in range(n):
            m7 = new(ShareAcknowledgeResponseNodeEndpoint)
            m7.node_id, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareAcknowledgeResponseNodeEndpoint.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareAcknowledgeResponseNodeEndpoint.host")
            m7.host = buf[at:pos].tobytes().decode()
            m7.port, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m7.rack = None
            else:
                if n < 0:
                    bad_length("ShareAcknowledgeResponseNodeEndpoint.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("ShareAcknowledgeResponseNodeEndpoint.rack")
                m7.rack = buf[at:pos].tobytes().decode()
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items6.append(m7)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> ShareAcknowledgeResponse:
    end = len(buf)
    try:
        m = new(ShareAcknowledgeResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("ShareAcknowledgeResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareAcknowledgeResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        m.acquisition_lock_timeout_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ShareAcknowledgeResponse.responses", n)
        if n * 18 > end - pos:
            too_many("ShareAcknowledgeResponse.responses", n)
        items1: list[ShareAcknowledgeTopicResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(ShareAcknowledgeTopicResponse)
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareAcknowledgeTopicResponse.partitions", n)
            if n * 17 > end - pos:
                too_many("ShareAcknowledgeTopicResponse.partitions", n)
            items3: list[ShareAcknowledgeResponsePartitionData] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ShareAcknowledgeResponsePartitionData)
                m4.partition_index, m4.error_code, n = _unpack_ihB(buf, pos)
                pos += 7
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("ShareAcknowledgeResponsePartitionData.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ShareAcknowledgeResponsePartitionData.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
                m5 = new(ShareAcknowledgeResponseLeaderIdAndEpoch)
                m5.leader_id, m5.leader_epoch, tags = _unpack_iiB(buf, pos)
                pos += 9
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                m4.current_leader = m5
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
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ShareAcknowledgeResponse.node_endpoints", n)
        if n * 11 > end - pos:
            too_many("ShareAcknowledgeResponse.node_endpoints", n)
        items6: list[ShareAcknowledgeResponseNodeEndpoint] = []
        m.node_endpoints = items6
        for _ in range(n):
            m7 = new(ShareAcknowledgeResponseNodeEndpoint)
            m7.node_id, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareAcknowledgeResponseNodeEndpoint.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareAcknowledgeResponseNodeEndpoint.host")
            m7.host = buf[at:pos].tobytes().decode()
            m7.port, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m7.rack = None
            else:
                if n < 0:
                    bad_length("ShareAcknowledgeResponseNodeEndpoint.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("ShareAcknowledgeResponseNodeEndpoint.rack")
                m7.rack = buf[at:pos].tobytes().decode()
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items6.append(m7)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v1(m: ShareAcknowledgeRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.group_id
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
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.share_session_epoch, n)
        else:
            out += _pack_i(m.share_session_epoch)
            put_uvarint(out, n)
        for m2 in items1:
            items3 = m2.partitions
            n = len(items3) + 1
            if n < 128:
                out += _pack_UB(m2.topic_id, n)
            else:
                out += _pack_U(m2.topic_id)
                put_uvarint(out, n)
            for m4 in items3:
                items5 = m4.acknowledgement_batches
                n = len(items5) + 1
                if n < 128:
                    out += _pack_iB(m4.partition_index, n)
                else:
                    out += _pack_i(m4.partition_index)
                    put_uvarint(out, n)
                for m6 in items5:
                    out += _pack_qq(m6.first_offset, m6.last_offset)
                    ints = m6.acknowledge_types
                    put_compact_array(out, "b", ints)
                    out.append(0)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ShareAcknowledgeRequest", error) from error


def encode_request_v2(m: ShareAcknowledgeRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.group_id
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
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_iTB(m.share_session_epoch, m.is_renew_ack, n)
        else:
            out += _pack_iT(m.share_session_epoch, m.is_renew_ack)
            put_uvarint(out, n)
        for m2 in items1:
            items3 = m2.partitions
            n = len(items3) + 1
            if n < 128:
                out += _pack_UB(m2.topic_id, n)
            else:
                out += _pack_U(m2.topic_id)
                put_uvarint(out, n)
            for m4 in items3:
                items5 = m4.acknowledgement_batches
                n = len(items5) + 1
                if n < 128:
                    out += _pack_iB(m4.partition_index, n)
                else:
                    out += _pack_i(m4.partition_index)
                    put_uvarint(out, n)
                for m6 in items5:
                    out += _pack_qq(m6.first_offset, m6.last_offset)
                    ints = m6.acknowledge_types
                    put_compact_array(out, "b", ints)
                    out.append(0)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ShareAcknowledgeRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], ShareAcknowledgeResponse]] = {
    1: decode_response_v1,
    2: decode_response_v2,
}


ENCODE_REQUEST: dict[int, Callable[[ShareAcknowledgeRequest, Writer], None]] = {
    1: encode_request_v1,
    2: encode_request_v2,
}
