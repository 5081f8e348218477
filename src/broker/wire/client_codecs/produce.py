"""Produce (API key 0): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.base import (
    NIL_UUID,
)
from broker.wire.messages.produce import (
    ProduceRequest,
    ProduceResponse,
    ProduceResponseBatchIndexAndErrorMessage,
    ProduceResponseLeaderIdAndEpoch,
    ProduceResponseNodeEndpoint,
    ProduceResponsePartitionProduceResponse,
    ProduceResponseTopicProduceResponse,
)
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    check_tag_end,
    malformed,
    read_tag,
    read_tag_count,
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
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ih = struct.Struct(">ih").unpack_from
_unpack_ihqq = struct.Struct(">ihqq").unpack_from
_unpack_ihqqq = struct.Struct(">ihqqq").unpack_from
_unpack_ihqqqB = struct.Struct(">ihqqqB").unpack_from
_unpack_ihqqqi = struct.Struct(">ihqqqi").unpack_from
_unpack_iiB = struct.Struct(">iiB").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_UB = struct.Struct(">16sB").pack
_pack_h = struct.Struct(">h").pack
_pack_hi = struct.Struct(">hi").pack
_pack_hiB = struct.Struct(">hiB").pack
_pack_hii = struct.Struct(">hii").pack
_pack_i = struct.Struct(">i").pack


def decode_response_v3(buf: memoryview, pos: int) -> ProduceResponse:
    end = len(buf)
    try:
        m = new(ProduceResponse)
        m.node_endpoints = []
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("ProduceResponse.responses", n)
        if n * 6 > end - pos:
            too_many("ProduceResponse.responses", n)
        items1: list[ProduceResponseTopicProduceResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(ProduceResponseTopicProduceResponse)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ProduceResponseTopicProduceResponse.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ProduceResponseTopicProduceResponse.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("ProduceResponseTopicProduceResponse.partition_responses", n)
            if n * 22 > end - pos:
                too_many("ProduceResponseTopicProduceResponse.partition_responses", n)
            items3: list[ProduceResponsePartitionProduceResponse] = []
            m2.partition_responses = items3
            for _ in range(n):
                m4 = new(ProduceResponsePartitionProduceResponse)
                m4.log_start_offset = -1
                m4.record_errors = []
                m4.error_message = None
                m4.current_leader = None
                m4.index, m4.error_code, m4.base_offset, m4.log_append_time_ms = _unpack_ihqq(buf, pos)
                pos += 22
                items3.append(m4)
            items1.append(m2)
        (m.throttle_time_ms,) = _unpack_i(buf, pos)
        pos += 4
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v5(buf: memoryview, pos: int) -> ProduceResponse:
    end = len(buf)
    try:
        m = new(ProduceResponse)
        m.node_endpoints = []
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("ProduceResponse.responses", n)
        if n * 6 > end - pos:
            too_many("ProduceResponse.responses", n)
        items1: list[ProduceResponseTopicProduceResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(ProduceResponseTopicProduceResponse)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ProduceResponseTopicProduceResponse.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ProduceResponseTopicProduceResponse.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("ProduceResponseTopicProduceResponse.partition_responses", n)
            if n * 30 > end - pos:
                too_many("ProduceResponseTopicProduceResponse.partition_responses", n)
            items3: list[ProduceResponsePartitionProduceResponse] = []
            m2.partition_responses = items3
            for _ in range(n):
                m4 = new(ProduceResponsePartitionProduceResponse)
                m4.record_errors = []
                m4.error_message = None
                m4.current_leader = None
                m4.index, m4.error_code, m4.base_offset, m4.log_append_time_ms, m4.log_start_offset = _unpack_ihqqq(buf, pos)
                pos += 30
                items3.append(m4)
            items1.append(m2)
        (m.throttle_time_ms,) = _unpack_i(buf, pos)
        pos += 4
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v8(buf: memoryview, pos: int) -> ProduceResponse:
    end = len(buf)
    try:
        m = new(ProduceResponse)
        m.node_endpoints = []
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("ProduceResponse.responses", n)
        if n * 6 > end - pos:
            too_many("ProduceResponse.responses", n)
        items1: list[ProduceResponseTopicProduceResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(ProduceResponseTopicProduceResponse)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ProduceResponseTopicProduceResponse.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ProduceResponseTopicProduceResponse.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("ProduceResponseTopicProduceResponse.partition_responses", n)
            if n * 36 > end - pos:
                too_many("ProduceResponseTopicProduceResponse.partition_responses", n)
            items3: list[ProduceResponsePartitionProduceResponse] = []
            m2.partition_responses = items3
            for _ in range(n):
                m4 = new(ProduceResponsePartitionProduceResponse)
                m4.current_leader = None
                m4.index, m4.error_code, m4.base_offset, m4.log_append_time_ms, m4.log_start_offset, n = _unpack_ihqqqi(buf, pos)
                pos += 34
                if n < 0:
                    bad_length("ProduceResponsePartitionProduceResponse.record_errors", n)
                if n * 6 > end - pos:
                    too_many("ProduceResponsePartitionProduceResponse.record_errors", n)
                items5: list[ProduceResponseBatchIndexAndErrorMessage] = []
                m4.record_errors = items5
                for _ in range(n):
                    m6 = new(ProduceResponseBatchIndexAndErrorMessage)
                    m6.batch_index, n = _unpack_ih(buf, pos)
                    pos += 6
                    if n == -1:
                        m6.batch_index_error_message = None
                    else:
                        if n < 0:
                            bad_length("ProduceResponseBatchIndexAndErrorMessage.batch_index_error_message", n)
                        at = pos
                        pos += n
                        if pos > end:
                            truncated("ProduceResponseBatchIndexAndErrorMessage.batch_index_error_message")
                        m6.batch_index_error_message = buf[at:pos].tobytes().decode()
                    items5.append(m6)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("ProduceResponsePartitionProduceResponse.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ProduceResponsePartitionProduceResponse.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
                items3.append(m4)
            items1.append(m2)
        (m.throttle_time_ms,) = _unpack_i(buf, pos)
        pos += 4
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v9(buf: memoryview, pos: int) -> ProduceResponse:
    end = len(buf)
    try:
        m = new(ProduceResponse)
        m.node_endpoints = []
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ProduceResponse.responses", n)
        if n * 3 > end - pos:
            too_many("ProduceResponse.responses", n)
        items1: list[ProduceResponseTopicProduceResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(ProduceResponseTopicProduceResponse)
            m2.topic_id = NIL_UUID
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ProduceResponseTopicProduceResponse.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ProduceResponseTopicProduceResponse.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ProduceResponseTopicProduceResponse.partition_responses", n)
            if n * 33 > end - pos:
                too_many("ProduceResponseTopicProduceResponse.partition_responses", n)
            items3: list[ProduceResponsePartitionProduceResponse] = []
            m2.partition_responses = items3
            for _ in range(n):
                m4 = new(ProduceResponsePartitionProduceResponse)
                m4.current_leader = None
                m4.index, m4.error_code, m4.base_offset, m4.log_append_time_ms, m4.log_start_offset, n = _unpack_ihqqqB(buf, pos)
                pos += 31
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ProduceResponsePartitionProduceResponse.record_errors", n)
                if n * 6 > end - pos:
                    too_many("ProduceResponsePartitionProduceResponse.record_errors", n)
                items5: list[ProduceResponseBatchIndexAndErrorMessage] = []
                m4.record_errors = items5
                for _ in range(n):
                    m6 = new(ProduceResponseBatchIndexAndErrorMessage)
                    m6.batch_index, n = _unpack_iB(buf, pos)
                    pos += 5
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n == -1:
                        m6.batch_index_error_message = None
                    else:
                        if n < 0:
                            bad_length("ProduceResponseBatchIndexAndErrorMessage.batch_index_error_message", n)
                        at = pos
                        pos += n
                        if pos > end:
                            truncated("ProduceResponseBatchIndexAndErrorMessage.batch_index_error_message")
                        m6.batch_index_error_message = buf[at:pos].tobytes().decode()
                    tags = buf[pos]
                    pos += 1
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("ProduceResponsePartitionProduceResponse.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ProduceResponsePartitionProduceResponse.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
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
        m.throttle_time_ms, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def _read_tags_ProduceResponsePartitionProduceResponse_v10(m: ProduceResponsePartitionProduceResponse, buf: memoryview, pos: int, end: int) -> int:
    count, pos = read_tag_count(buf, pos, end)
    tag = -1
    for _ in range(count):
        tag, pos, stop = read_tag(buf, pos, end, tag)
        if tag == 0:
            m1 = new(ProduceResponseLeaderIdAndEpoch)
            m1.leader_id, m1.leader_epoch, tags = _unpack_iiB(buf, pos)
            pos += 9
            if tags:
                pos = skip_tags(buf, pos - 1, stop)
            m.current_leader = m1
        else:
            pos = stop
        check_tag_end(tag, pos, stop)
    return pos


def _read_tags_ProduceResponse_v10(m: ProduceResponse, buf: memoryview, pos: int, end: int) -> int:
    count, pos = read_tag_count(buf, pos, end)
    tag = -1
    for _ in range(count):
        tag, pos, stop = read_tag(buf, pos, end, tag)
        if tag == 0:
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ProduceResponse.node_endpoints", n)
            if n * 11 > stop - pos:
                too_many("ProduceResponse.node_endpoints", n)
            items1: list[ProduceResponseNodeEndpoint] = []
            m.node_endpoints = items1
            for _ in range(n):
                m2 = new(ProduceResponseNodeEndpoint)
                m2.node_id, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ProduceResponseNodeEndpoint.host", n)
                at = pos
                pos += n
                if pos > stop:
                    truncated("ProduceResponseNodeEndpoint.host")
                m2.host = buf[at:pos].tobytes().decode()
                m2.port, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m2.rack = None
                else:
                    if n < 0:
                        bad_length("ProduceResponseNodeEndpoint.rack", n)
                    at = pos
                    pos += n
                    if pos > stop:
                        truncated("ProduceResponseNodeEndpoint.rack")
                    m2.rack = buf[at:pos].tobytes().decode()
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, stop)
                items1.append(m2)
        else:
            pos = stop
        check_tag_end(tag, pos, stop)
    return pos


def decode_response_v10(buf: memoryview, pos: int) -> ProduceResponse:
    end = len(buf)
    try:
        m = new(ProduceResponse)
        m.node_endpoints = []
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ProduceResponse.responses", n)
        if n * 3 > end - pos:
            too_many("ProduceResponse.responses", n)
        items1: list[ProduceResponseTopicProduceResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(ProduceResponseTopicProduceResponse)
            m2.topic_id = NIL_UUID
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ProduceResponseTopicProduceResponse.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ProduceResponseTopicProduceResponse.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ProduceResponseTopicProduceResponse.partition_responses", n)
            if n * 33 > end - pos:
                too_many("ProduceResponseTopicProduceResponse.partition_responses", n)
            items3: list[ProduceResponsePartitionProduceResponse] = []
            m2.partition_responses = items3
            for _ in range(n):
                m4 = new(ProduceResponsePartitionProduceResponse)
                m4.current_leader = None
                m4.index, m4.error_code, m4.base_offset, m4.log_append_time_ms, m4.log_start_offset, n = _unpack_ihqqqB(buf, pos)
                pos += 31
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ProduceResponsePartitionProduceResponse.record_errors", n)
                if n * 6 > end - pos:
                    too_many("ProduceResponsePartitionProduceResponse.record_errors", n)
                items5: list[ProduceResponseBatchIndexAndErrorMessage] = []
                m4.record_errors = items5
                for _ in range(n):
                    m6 = new(ProduceResponseBatchIndexAndErrorMessage)
                    m6.batch_index, n = _unpack_iB(buf, pos)
                    pos += 5
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n == -1:
                        m6.batch_index_error_message = None
                    else:
                        if n < 0:
                            bad_length("ProduceResponseBatchIndexAndErrorMessage.batch_index_error_message", n)
                        at = pos
                        pos += n
                        if pos > end:
                            truncated("ProduceResponseBatchIndexAndErrorMessage.batch_index_error_message")
                        m6.batch_index_error_message = buf[at:pos].tobytes().decode()
                    tags = buf[pos]
                    pos += 1
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("ProduceResponsePartitionProduceResponse.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ProduceResponsePartitionProduceResponse.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = _read_tags_ProduceResponsePartitionProduceResponse_v10(m4, buf, pos - 1, end)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items1.append(m2)
        m.throttle_time_ms, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos = _read_tags_ProduceResponse_v10(m, buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v13(buf: memoryview, pos: int) -> ProduceResponse:
    end = len(buf)
    try:
        m = new(ProduceResponse)
        m.node_endpoints = []
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ProduceResponse.responses", n)
        if n * 18 > end - pos:
            too_many("ProduceResponse.responses", n)
        items1: list[ProduceResponseTopicProduceResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(ProduceResponseTopicProduceResponse)
            m2.name = ""
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ProduceResponseTopicProduceResponse.partition_responses", n)
            if n * 33 > end - pos:
                too_many("ProduceResponseTopicProduceResponse.partition_responses", n)
            items3: list[ProduceResponsePartitionProduceResponse] = []
            m2.partition_responses = items3
            for _ in range(n):
                m4 = new(ProduceResponsePartitionProduceResponse)
                m4.current_leader = None
                m4.index, m4.error_code, m4.base_offset, m4.log_append_time_ms, m4.log_start_offset, n = _unpack_ihqqqB(buf, pos)
                pos += 31
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ProduceResponsePartitionProduceResponse.record_errors", n)
                if n * 6 > end - pos:
                    too_many("ProduceResponsePartitionProduceResponse.record_errors", n)
                items5: list[ProduceResponseBatchIndexAndErrorMessage] = []
                m4.record_errors = items5
                for _ in range(n):
                    m6 = new(ProduceResponseBatchIndexAndErrorMessage)
                    m6.batch_index, n = _unpack_iB(buf, pos)
                    pos += 5
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n == -1:
                        m6.batch_index_error_message = None
                    else:
                        if n < 0:
                            bad_length("ProduceResponseBatchIndexAndErrorMessage.batch_index_error_message", n)
                        at = pos
                        pos += n
                        if pos > end:
                            truncated("ProduceResponseBatchIndexAndErrorMessage.batch_index_error_message")
                        m6.batch_index_error_message = buf[at:pos].tobytes().decode()
                    tags = buf[pos]
                    pos += 1
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("ProduceResponsePartitionProduceResponse.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ProduceResponsePartitionProduceResponse.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = _read_tags_ProduceResponsePartitionProduceResponse_v10(m4, buf, pos - 1, end)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items1.append(m2)
        m.throttle_time_ms, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos = _read_tags_ProduceResponse_v10(m, buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v3(m: ProduceRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.transactional_id
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_h(n)
        out += data
        items1 = m.topic_data
        n = len(items1)
        out += _pack_hii(m.acks, m.timeout_ms, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partition_data
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_i(m4.index)
                out = writer.put_records(m4.records)
    except UNENCODABLE as error:
        raise unencodable("ProduceRequest", error) from error


def encode_request_v9(m: ProduceRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.transactional_id
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
        items1 = m.topic_data
        n = len(items1) + 1
        if n < 128:
            out += _pack_hiB(m.acks, m.timeout_ms, n)
        else:
            out += _pack_hi(m.acks, m.timeout_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.partition_data
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                out += _pack_i(m4.index)
                out = writer.put_compact_records(m4.records)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ProduceRequest", error) from error


def encode_request_v13(m: ProduceRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.transactional_id
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
        items1 = m.topic_data
        n = len(items1) + 1
        if n < 128:
            out += _pack_hiB(m.acks, m.timeout_ms, n)
        else:
            out += _pack_hi(m.acks, m.timeout_ms)
            put_uvarint(out, n)
        for m2 in items1:
            items3 = m2.partition_data
            n = len(items3) + 1
            if n < 128:
                out += _pack_UB(m2.topic_id, n)
            else:
                out += _pack_U(m2.topic_id)
                put_uvarint(out, n)
            for m4 in items3:
                out += _pack_i(m4.index)
                out = writer.put_compact_records(m4.records)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ProduceRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], ProduceResponse]] = {
    3: decode_response_v3,
    4: decode_response_v3,
    5: decode_response_v5,
    6: decode_response_v5,
    7: decode_response_v5,
    8: decode_response_v8,
    9: decode_response_v9,
    10: decode_response_v10,
    11: decode_response_v10,
    12: decode_response_v10,
    13: decode_response_v13,
}


ENCODE_REQUEST: dict[int, Callable[[ProduceRequest, Writer], None]] = {
    3: encode_request_v3,
    4: encode_request_v3,
    5: encode_request_v3,
    6: encode_request_v3,
    7: encode_request_v3,
    8: encode_request_v3,
    9: encode_request_v9,
    10: encode_request_v9,
    11: encode_request_v9,
    12: encode_request_v9,
    13: encode_request_v13,
}
