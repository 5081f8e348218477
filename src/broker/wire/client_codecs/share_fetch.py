"""ShareFetch (API key 78): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.share_fetch import (
    ShareFetchRequest,
    ShareFetchResponse,
    ShareFetchResponseAcquiredRecords,
    ShareFetchResponseLeaderIdAndEpoch,
    ShareFetchResponseNodeEndpoint,
    ShareFetchResponsePartitionData,
    ShareFetchableTopicResponse,
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
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_iiB = struct.Struct(">iiB").unpack_from
_unpack_qqhB = struct.Struct(">qqhB").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_UB = struct.Struct(">16sB").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_iiiiii = struct.Struct(">iiiiii").pack
_pack_iiiiiiB = struct.Struct(">iiiiiiB").pack
_pack_iiiiiibT = struct.Struct(">iiiiiib?").pack
_pack_iiiiiibTB = struct.Struct(">iiiiiib?B").pack
_pack_qq = struct.Struct(">qq").pack


def decode_response_v1(buf: memoryview, pos: int) -> ShareFetchResponse:
    end = len(buf)
    try:
        m = new(ShareFetchResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("ShareFetchResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareFetchResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        m.acquisition_lock_timeout_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ShareFetchResponse.responses", n)
        if n * 18 > end - pos:
            too_many("ShareFetchResponse.responses", n)
        items1: list[ShareFetchableTopicResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(ShareFetchableTopicResponse)
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareFetchableTopicResponse.partitions", n)
            if n * 22 > end - pos:
                too_many("ShareFetchableTopicResponse.partitions", n)
            items3: list[ShareFetchResponsePartitionData] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ShareFetchResponsePartitionData)
                m4.partition_index, m4.error_code, n = _unpack_ihB(buf, pos)
                pos += 7
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("ShareFetchResponsePartitionData.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ShareFetchResponsePartitionData.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
                m4.acknowledge_error_code, n = _unpack_hB(buf, pos)
                pos += 3
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.acknowledge_error_message = None
                else:
                    if n < 0:
                        bad_length("ShareFetchResponsePartitionData.acknowledge_error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ShareFetchResponsePartitionData.acknowledge_error_message")
                    m4.acknowledge_error_message = buf[at:pos].tobytes().decode()
                m5 = new(ShareFetchResponseLeaderIdAndEpoch)
                m5.leader_id, m5.leader_epoch, tags = _unpack_iiB(buf, pos)
                pos += 9
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                m4.current_leader = m5
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ShareFetchResponsePartitionData.records", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("ShareFetchResponsePartitionData.records")
                m4.records = buf[at:pos]
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ShareFetchResponsePartitionData.acquired_records", n)
                if n * 19 > end - pos:
                    too_many("ShareFetchResponsePartitionData.acquired_records", n)
                items6: list[ShareFetchResponseAcquiredRecords] = []
                m4.acquired_records = items6
                for _ in range(n):
                    m7 = new(ShareFetchResponseAcquiredRecords)
                    m7.first_offset, m7.last_offset, m7.delivery_count, tags = _unpack_qqhB(buf, pos)
                    pos += 19
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items6.append(m7)
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
            bad_length("ShareFetchResponse.node_endpoints", n)
        if n * 11 > end - pos:
            too_many("ShareFetchResponse.node_endpoints", n)
        items8: list[ShareFetchResponseNodeEndpoint] = []
        m.node_endpoints = items8
        for _ in range(n):
            m9 = new(ShareFetchResponseNodeEndpoint)
            m9.node_id, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareFetchResponseNodeEndpoint.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareFetchResponseNodeEndpoint.host")
            m9.host = buf[at:pos].tobytes().decode()
            m9.port, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m9.rack = None
            else:
                if n < 0:
                    bad_length("ShareFetchResponseNodeEndpoint.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("ShareFetchResponseNodeEndpoint.rack")
                m9.rack = buf[at:pos].tobytes().decode()
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items8.append(m9)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v1(m: ShareFetchRequest, writer: Writer) -> None:
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
            out += _pack_iiiiiiB(m.share_session_epoch, m.max_wait_ms, m.min_bytes, m.max_bytes, m.max_records, m.batch_size, n)
        else:
            out += _pack_iiiiii(m.share_session_epoch, m.max_wait_ms, m.min_bytes, m.max_bytes, m.max_records, m.batch_size)
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
        items7 = m.forgotten_topics_data
        n = len(items7) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m8 in items7:
            out += _pack_U(m8.topic_id)
            ints = m8.partitions
            n = len(ints)
            if n < 32:
                out += PACK_COMPACT_INT32S[n](n + 1, *ints)
            else:
                put_compact_array(out, "i", ints)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ShareFetchRequest", error) from error


def encode_request_v2(m: ShareFetchRequest, writer: Writer) -> None:
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
            out += _pack_iiiiiibTB(m.share_session_epoch, m.max_wait_ms, m.min_bytes, m.max_bytes, m.max_records, m.batch_size, m.share_acquire_mode, m.is_renew_ack, n)
        else:
            out += _pack_iiiiiibT(m.share_session_epoch, m.max_wait_ms, m.min_bytes, m.max_bytes, m.max_records, m.batch_size, m.share_acquire_mode, m.is_renew_ack)
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
        items7 = m.forgotten_topics_data
        n = len(items7) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m8 in items7:
            out += _pack_U(m8.topic_id)
            ints = m8.partitions
            n = len(ints)
            if n < 32:
                out += PACK_COMPACT_INT32S[n](n + 1, *ints)
            else:
                put_compact_array(out, "i", ints)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ShareFetchRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], ShareFetchResponse]] = {
    1: decode_response_v1,
    2: decode_response_v1,
}


ENCODE_REQUEST: dict[int, Callable[[ShareFetchRequest, Writer], None]] = {
    1: encode_request_v1,
    2: encode_request_v2,
}
