"""ShareAcknowledge (API key 79): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.share_acknowledge import (
    ShareAcknowledgeRequest,
    ShareAcknowledgeRequestAcknowledgePartition,
    ShareAcknowledgeRequestAcknowledgeTopic,
    ShareAcknowledgeRequestAcknowledgementBatch,
    ShareAcknowledgeResponse,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
    malformed,
    read_int8s,
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
_unpack_UB = struct.Struct(">16sB").unpack_from
_unpack_iTB = struct.Struct(">i?B").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_qqB = struct.Struct(">qqB").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_UB = struct.Struct(">16sB").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_iixx = struct.Struct(">iixx").pack


def decode_request_v1(buf: memoryview, pos: int) -> ShareAcknowledgeRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ShareAcknowledgeRequest)
        m.is_renew_ack = False
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.group_id = None
        else:
            if n < 0:
                bad_length("ShareAcknowledgeRequest.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareAcknowledgeRequest.group_id")
            m.group_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.member_id = None
        else:
            if n < 0:
                bad_length("ShareAcknowledgeRequest.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareAcknowledgeRequest.member_id")
            m.member_id = buf[at:pos].tobytes().decode()
        m.share_session_epoch, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ShareAcknowledgeRequest.topics", n)
        if n * 18 > end - pos:
            too_many("ShareAcknowledgeRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("ShareAcknowledgeRequest.topics")
        items1: list[ShareAcknowledgeRequestAcknowledgeTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(ShareAcknowledgeRequestAcknowledgeTopic)
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareAcknowledgeRequestAcknowledgeTopic.partitions", n)
            if n * 6 > end - pos:
                too_many("ShareAcknowledgeRequestAcknowledgeTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("ShareAcknowledgeRequestAcknowledgeTopic.partitions")
            items3: list[ShareAcknowledgeRequestAcknowledgePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ShareAcknowledgeRequestAcknowledgePartition)
                m4.partition_index, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ShareAcknowledgeRequestAcknowledgePartition.acknowledgement_batches", n)
                if n * 18 > end - pos:
                    too_many("ShareAcknowledgeRequestAcknowledgePartition.acknowledgement_batches", n)
                left -= n
                if left < 0:
                    too_many_in_all("ShareAcknowledgeRequestAcknowledgePartition.acknowledgement_batches")
                items5: list[ShareAcknowledgeRequestAcknowledgementBatch] = []
                m4.acknowledgement_batches = items5
                for _ in range(n):
                    m6 = new(ShareAcknowledgeRequestAcknowledgementBatch)
                    m6.first_offset, m6.last_offset, n = _unpack_qqB(buf, pos)
                    pos += 17
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("ShareAcknowledgeRequestAcknowledgementBatch.acknowledge_types", n)
                    if n > end - pos:
                        too_many("ShareAcknowledgeRequestAcknowledgementBatch.acknowledge_types", n)
                    left -= n
                    if left < 0:
                        too_many_in_all("ShareAcknowledgeRequestAcknowledgementBatch.acknowledge_types")
                    m6.acknowledge_types = read_int8s(buf, pos, n)
                    pos += n
                    tags = buf[pos]
                    pos += 1
                    if tags:
                        pos, left = skip_counted_tags(buf, pos - 1, end, left)
                    items5.append(m6)
                tags = buf[pos]
                pos += 1
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


def decode_request_v2(buf: memoryview, pos: int) -> ShareAcknowledgeRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ShareAcknowledgeRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.group_id = None
        else:
            if n < 0:
                bad_length("ShareAcknowledgeRequest.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareAcknowledgeRequest.group_id")
            m.group_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.member_id = None
        else:
            if n < 0:
                bad_length("ShareAcknowledgeRequest.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareAcknowledgeRequest.member_id")
            m.member_id = buf[at:pos].tobytes().decode()
        m.share_session_epoch, m.is_renew_ack, n = _unpack_iTB(buf, pos)
        pos += 6
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ShareAcknowledgeRequest.topics", n)
        if n * 18 > end - pos:
            too_many("ShareAcknowledgeRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("ShareAcknowledgeRequest.topics")
        items1: list[ShareAcknowledgeRequestAcknowledgeTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(ShareAcknowledgeRequestAcknowledgeTopic)
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareAcknowledgeRequestAcknowledgeTopic.partitions", n)
            if n * 6 > end - pos:
                too_many("ShareAcknowledgeRequestAcknowledgeTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("ShareAcknowledgeRequestAcknowledgeTopic.partitions")
            items3: list[ShareAcknowledgeRequestAcknowledgePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ShareAcknowledgeRequestAcknowledgePartition)
                m4.partition_index, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ShareAcknowledgeRequestAcknowledgePartition.acknowledgement_batches", n)
                if n * 18 > end - pos:
                    too_many("ShareAcknowledgeRequestAcknowledgePartition.acknowledgement_batches", n)
                left -= n
                if left < 0:
                    too_many_in_all("ShareAcknowledgeRequestAcknowledgePartition.acknowledgement_batches")
                items5: list[ShareAcknowledgeRequestAcknowledgementBatch] = []
                m4.acknowledgement_batches = items5
                for _ in range(n):
                    m6 = new(ShareAcknowledgeRequestAcknowledgementBatch)
                    m6.first_offset, m6.last_offset, n = _unpack_qqB(buf, pos)
                    pos += 17
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("ShareAcknowledgeRequestAcknowledgementBatch.acknowledge_types", n)
                    if n > end - pos:
                        too_many("ShareAcknowledgeRequestAcknowledgementBatch.acknowledge_types", n)
                    left -= n
                    if left < 0:
                        too_many_in_all("ShareAcknowledgeRequestAcknowledgementBatch.acknowledge_types")
                    m6.acknowledge_types = read_int8s(buf, pos, n)
                    pos += n
                    tags = buf[pos]
                    pos += 1
                    if tags:
                        pos, left = skip_counted_tags(buf, pos - 1, end, left)
                    items5.append(m6)
                tags = buf[pos]
                pos += 1
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


def encode_response_v1(m: ShareAcknowledgeResponse, writer: Writer) -> None:
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
                m5 = m4.current_leader
                out += _pack_iixx(m5.leader_id, m5.leader_epoch)
            out.append(0)
        items6 = m.node_endpoints
        n = len(items6) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m7 in items6:
            data = m7.host.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_iB(m7.node_id, n)
            else:
                out += _pack_i(m7.node_id)
                put_string_length(out, n)
            out += data
            text = m7.rack
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_iB(m7.port, n)
            else:
                out += _pack_i(m7.port)
                put_string_length(out, n)
            out += data
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ShareAcknowledgeResponse", error) from error


def encode_response_v2(m: ShareAcknowledgeResponse, writer: Writer) -> None:
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
            out += _pack_iB(m.acquisition_lock_timeout_ms, n)
        else:
            out += _pack_i(m.acquisition_lock_timeout_ms)
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
                m5 = m4.current_leader
                out += _pack_iixx(m5.leader_id, m5.leader_epoch)
            out.append(0)
        items6 = m.node_endpoints
        n = len(items6) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m7 in items6:
            data = m7.host.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_iB(m7.node_id, n)
            else:
                out += _pack_i(m7.node_id)
                put_string_length(out, n)
            out += data
            text = m7.rack
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_iB(m7.port, n)
            else:
                out += _pack_i(m7.port)
                put_string_length(out, n)
            out += data
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ShareAcknowledgeResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], ShareAcknowledgeRequest]] = {
    1: decode_request_v1,
    2: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[ShareAcknowledgeResponse, Writer], None]] = {
    1: encode_response_v1,
    2: encode_response_v2,
}
