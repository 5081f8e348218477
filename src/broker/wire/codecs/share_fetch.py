"""ShareFetch (API key 78): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.share_fetch import (
    ShareFetchRequest,
    ShareFetchRequestAcknowledgementBatch,
    ShareFetchRequestFetchPartition,
    ShareFetchRequestFetchTopic,
    ShareFetchRequestForgottenTopic,
    ShareFetchResponse,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
    malformed,
    read_int32s,
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
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_iiiiiiB = struct.Struct(">iiiiiiB").unpack_from
_unpack_iiiiiibTB = struct.Struct(">iiiiiib?B").unpack_from
_unpack_qqB = struct.Struct(">qqB").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_UB = struct.Struct(">16sB").pack
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_iix = struct.Struct(">iix").pack
_pack_qqhx = struct.Struct(">qqhx").pack


def decode_request_v1(buf: memoryview, pos: int) -> ShareFetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ShareFetchRequest)
        m.share_acquire_mode = 0
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
                bad_length("ShareFetchRequest.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareFetchRequest.group_id")
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
                bad_length("ShareFetchRequest.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareFetchRequest.member_id")
            m.member_id = buf[at:pos].tobytes().decode()
        m.share_session_epoch, m.max_wait_ms, m.min_bytes, m.max_bytes, m.max_records, m.batch_size, n = _unpack_iiiiiiB(buf, pos)
        pos += 25
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ShareFetchRequest.topics", n)
        if n * 18 > end - pos:
            too_many("ShareFetchRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("ShareFetchRequest.topics")
        items1: list[ShareFetchRequestFetchTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(ShareFetchRequestFetchTopic)
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareFetchRequestFetchTopic.partitions", n)
            if n * 6 > end - pos:
                too_many("ShareFetchRequestFetchTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("ShareFetchRequestFetchTopic.partitions")
            items3: list[ShareFetchRequestFetchPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ShareFetchRequestFetchPartition)
                m4.partition_index, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ShareFetchRequestFetchPartition.acknowledgement_batches", n)
                if n * 18 > end - pos:
                    too_many("ShareFetchRequestFetchPartition.acknowledgement_batches", n)
                left -= n
                if left < 0:
                    too_many_in_all("ShareFetchRequestFetchPartition.acknowledgement_batches")
                items5: list[ShareFetchRequestAcknowledgementBatch] = []
                m4.acknowledgement_batches = items5
                for _ in range(n):
                    m6 = new(ShareFetchRequestAcknowledgementBatch)
                    m6.first_offset, m6.last_offset, n = _unpack_qqB(buf, pos)
                    pos += 17
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("ShareFetchRequestAcknowledgementBatch.acknowledge_types", n)
                    if n > end - pos:
                        too_many("ShareFetchRequestAcknowledgementBatch.acknowledge_types", n)
                    left -= n
                    if left < 0:
                        too_many_in_all("ShareFetchRequestAcknowledgementBatch.acknowledge_types")
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
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ShareFetchRequest.forgotten_topics_data", n)
        if n * 18 > end - pos:
            too_many("ShareFetchRequest.forgotten_topics_data", n)
        left -= n
        if left < 0:
            too_many_in_all("ShareFetchRequest.forgotten_topics_data")
        items7: list[ShareFetchRequestForgottenTopic] = []
        m.forgotten_topics_data = items7
        for _ in range(n):
            m8 = new(ShareFetchRequestForgottenTopic)
            m8.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareFetchRequestForgottenTopic.partitions", n)
            if n * 4 > end - pos:
                too_many("ShareFetchRequestForgottenTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("ShareFetchRequestForgottenTopic.partitions")
            m8.partitions = read_int32s(buf, pos, n)
            pos += n * 4
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items7.append(m8)
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> ShareFetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ShareFetchRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.group_id = None
        else:
            if n < 0:
                bad_length("ShareFetchRequest.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareFetchRequest.group_id")
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
                bad_length("ShareFetchRequest.member_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareFetchRequest.member_id")
            m.member_id = buf[at:pos].tobytes().decode()
        m.share_session_epoch, m.max_wait_ms, m.min_bytes, m.max_bytes, m.max_records, m.batch_size, m.share_acquire_mode, m.is_renew_ack, n = _unpack_iiiiiibTB(buf, pos)
        pos += 27
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ShareFetchRequest.topics", n)
        if n * 18 > end - pos:
            too_many("ShareFetchRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("ShareFetchRequest.topics")
        items1: list[ShareFetchRequestFetchTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(ShareFetchRequestFetchTopic)
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareFetchRequestFetchTopic.partitions", n)
            if n * 6 > end - pos:
                too_many("ShareFetchRequestFetchTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("ShareFetchRequestFetchTopic.partitions")
            items3: list[ShareFetchRequestFetchPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ShareFetchRequestFetchPartition)
                m4.partition_index, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ShareFetchRequestFetchPartition.acknowledgement_batches", n)
                if n * 18 > end - pos:
                    too_many("ShareFetchRequestFetchPartition.acknowledgement_batches", n)
                left -= n
                if left < 0:
                    too_many_in_all("ShareFetchRequestFetchPartition.acknowledgement_batches")
                items5: list[ShareFetchRequestAcknowledgementBatch] = []
                m4.acknowledgement_batches = items5
                for _ in range(n):
                    m6 = new(ShareFetchRequestAcknowledgementBatch)
                    m6.first_offset, m6.last_offset, n = _unpack_qqB(buf, pos)
                    pos += 17
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("ShareFetchRequestAcknowledgementBatch.acknowledge_types", n)
                    if n > end - pos:
                        too_many("ShareFetchRequestAcknowledgementBatch.acknowledge_types", n)
                    left -= n
                    if left < 0:
                        too_many_in_all("ShareFetchRequestAcknowledgementBatch.acknowledge_types")
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
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ShareFetchRequest.forgotten_topics_data", n)
        if n * 18 > end - pos:
            too_many("ShareFetchRequest.forgotten_topics_data", n)
        left -= n
        if left < 0:
            too_many_in_all("ShareFetchRequest.forgotten_topics_data")
        items7: list[ShareFetchRequestForgottenTopic] = []
        m.forgotten_topics_data = items7
        for _ in range(n):
            m8 = new(ShareFetchRequestForgottenTopic)
            m8.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareFetchRequestForgottenTopic.partitions", n)
            if n * 4 > end - pos:
                too_many("ShareFetchRequestForgottenTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("ShareFetchRequestForgottenTopic.partitions")
            m8.partitions = read_int32s(buf, pos, n)
            pos += n * 4
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items7.append(m8)
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v1(m: ShareFetchResponse, writer: Writer) -> None:
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
                text = m4.acknowledge_error_message
                if text is None:
                    data = b""
                    n = 0
                else:
                    data = text.encode()
                    n = len(data) + 1
                if n < 128:
                    out += _pack_hB(m4.acknowledge_error_code, n)
                else:
                    out += _pack_h(m4.acknowledge_error_code)
                    put_string_length(out, n)
                out += data
                m5 = m4.current_leader
                out += _pack_iix(m5.leader_id, m5.leader_epoch)
                out = writer.put_compact_records(m4.records)
                items6 = m4.acquired_records
                n = len(items6) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                for m7 in items6:
                    out += _pack_qqhx(m7.first_offset, m7.last_offset, m7.delivery_count)
                out.append(0)
            out.append(0)
        items8 = m.node_endpoints
        n = len(items8) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m9 in items8:
            data = m9.host.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_iB(m9.node_id, n)
            else:
                out += _pack_i(m9.node_id)
                put_string_length(out, n)
            out += data
            text = m9.rack
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_iB(m9.port, n)
            else:
                out += _pack_i(m9.port)
                put_string_length(out, n)
            out += data
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ShareFetchResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], ShareFetchRequest]] = {
    1: decode_request_v1,
    2: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[ShareFetchResponse, Writer], None]] = {
    1: encode_response_v1,
    2: encode_response_v1,
}
