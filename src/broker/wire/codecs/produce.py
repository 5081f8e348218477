"""Produce (API key 0): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.base import (
    NIL_UUID,
)
from broker.wire.messages.produce import (
    ProduceRequest,
    ProduceRequestPartitionProduceData,
    ProduceRequestTopicProduceData,
    ProduceResponse,
    ProduceResponseLeaderIdAndEpoch,
    ProduceResponsePartitionProduceResponse,
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
    null_not_allowed,
    put_string_length,
    put_tags,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_UB = struct.Struct(">16sB").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_hiB = struct.Struct(">hiB").unpack_from
_unpack_hii = struct.Struct(">hii").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_UB = struct.Struct(">16sB").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihqq = struct.Struct(">ihqq").pack
_pack_ihqqq = struct.Struct(">ihqqq").pack
_pack_ihqqqB = struct.Struct(">ihqqqB").pack
_pack_ihqqqi = struct.Struct(">ihqqqi").pack
_pack_iix = struct.Struct(">iix").pack
_pack_ix = struct.Struct(">ix").pack
_DEFAULT_ProduceResponseLeaderIdAndEpoch = ProduceResponseLeaderIdAndEpoch()


def decode_request_v3(buf: memoryview, pos: int) -> ProduceRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ProduceRequest)
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n == -1:
            m.transactional_id = None
        else:
            if n < 0:
                bad_length("ProduceRequest.transactional_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ProduceRequest.transactional_id")
            m.transactional_id = buf[at:pos].tobytes().decode()
        m.acks, m.timeout_ms, n = _unpack_hii(buf, pos)
        pos += 10
        if n < 0:
            bad_length("ProduceRequest.topic_data", n)
        if n * 6 > end - pos:
            too_many("ProduceRequest.topic_data", n)
        left -= n
        if left < 0:
            too_many_in_all("ProduceRequest.topic_data")
        items1: list[ProduceRequestTopicProduceData] = []
        m.topic_data = items1
        for _ in range(n):
            m2 = new(ProduceRequestTopicProduceData)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ProduceRequestTopicProduceData.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ProduceRequestTopicProduceData.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("ProduceRequestTopicProduceData.partition_data", n)
            if n * 8 > end - pos:
                too_many("ProduceRequestTopicProduceData.partition_data", n)
            left -= n
            if left < 0:
                too_many_in_all("ProduceRequestTopicProduceData.partition_data")
            items3: list[ProduceRequestPartitionProduceData] = []
            m2.partition_data = items3
            for _ in range(n):
                m4 = new(ProduceRequestPartitionProduceData)
                m4.index, n = _unpack_ii(buf, pos)
                pos += 8
                if n == -1:
                    m4.records = None
                else:
                    if n < 0:
                        bad_length("ProduceRequestPartitionProduceData.records", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ProduceRequestPartitionProduceData.records")
                    m4.records = buf[at:pos]
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v9(buf: memoryview, pos: int) -> ProduceRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ProduceRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.transactional_id = None
        else:
            if n < 0:
                bad_length("ProduceRequest.transactional_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ProduceRequest.transactional_id")
            m.transactional_id = buf[at:pos].tobytes().decode()
        m.acks, m.timeout_ms, n = _unpack_hiB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ProduceRequest.topic_data", n)
        if n * 3 > end - pos:
            too_many("ProduceRequest.topic_data", n)
        left -= n
        if left < 0:
            too_many_in_all("ProduceRequest.topic_data")
        items1: list[ProduceRequestTopicProduceData] = []
        m.topic_data = items1
        for _ in range(n):
            m2 = new(ProduceRequestTopicProduceData)
            m2.topic_id = NIL_UUID
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ProduceRequestTopicProduceData.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ProduceRequestTopicProduceData.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ProduceRequestTopicProduceData.partition_data", n)
            if n * 6 > end - pos:
                too_many("ProduceRequestTopicProduceData.partition_data", n)
            left -= n
            if left < 0:
                too_many_in_all("ProduceRequestTopicProduceData.partition_data")
            items3: list[ProduceRequestPartitionProduceData] = []
            m2.partition_data = items3
            for _ in range(n):
                m4 = new(ProduceRequestPartitionProduceData)
                m4.index, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.records = None
                else:
                    if n < 0:
                        bad_length("ProduceRequestPartitionProduceData.records", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ProduceRequestPartitionProduceData.records")
                    m4.records = buf[at:pos]
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


def decode_request_v13(buf: memoryview, pos: int) -> ProduceRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ProduceRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.transactional_id = None
        else:
            if n < 0:
                bad_length("ProduceRequest.transactional_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ProduceRequest.transactional_id")
            m.transactional_id = buf[at:pos].tobytes().decode()
        m.acks, m.timeout_ms, n = _unpack_hiB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ProduceRequest.topic_data", n)
        if n * 18 > end - pos:
            too_many("ProduceRequest.topic_data", n)
        left -= n
        if left < 0:
            too_many_in_all("ProduceRequest.topic_data")
        items1: list[ProduceRequestTopicProduceData] = []
        m.topic_data = items1
        for _ in range(n):
            m2 = new(ProduceRequestTopicProduceData)
            m2.name = ""
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ProduceRequestTopicProduceData.partition_data", n)
            if n * 6 > end - pos:
                too_many("ProduceRequestTopicProduceData.partition_data", n)
            left -= n
            if left < 0:
                too_many_in_all("ProduceRequestTopicProduceData.partition_data")
            items3: list[ProduceRequestPartitionProduceData] = []
            m2.partition_data = items3
            for _ in range(n):
                m4 = new(ProduceRequestPartitionProduceData)
                m4.index, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.records = None
                else:
                    if n < 0:
                        bad_length("ProduceRequestPartitionProduceData.records", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ProduceRequestPartitionProduceData.records")
                    m4.records = buf[at:pos]
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


def encode_response_v3(m: ProduceResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partition_responses
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_ihqq(m4.index, m4.error_code, m4.base_offset, m4.log_append_time_ms)
        out += _pack_i(m.throttle_time_ms)
    except UNENCODABLE as error:
        raise unencodable("ProduceResponse", error) from error


def encode_response_v5(m: ProduceResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partition_responses
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_ihqqq(m4.index, m4.error_code, m4.base_offset, m4.log_append_time_ms, m4.log_start_offset)
        out += _pack_i(m.throttle_time_ms)
    except UNENCODABLE as error:
        raise unencodable("ProduceResponse", error) from error


def encode_response_v8(m: ProduceResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partition_responses
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                items5 = m4.record_errors
                n = len(items5)
                out += _pack_ihqqqi(m4.index, m4.error_code, m4.base_offset, m4.log_append_time_ms, m4.log_start_offset, n)
                for m6 in items5:
                    text = m6.batch_index_error_message
                    if text is None:
                        data = b""
                        n = -1
                    else:
                        data = text.encode()
                        n = len(data)
                    out += _pack_ih(m6.batch_index, n)
                    out += data
                text = m4.error_message
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_h(n)
                out += data
        out += _pack_i(m.throttle_time_ms)
    except UNENCODABLE as error:
        raise unencodable("ProduceResponse", error) from error


def encode_response_v9(m: ProduceResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.partition_responses
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                items5 = m4.record_errors
                n = len(items5) + 1
                if n < 128:
                    out += _pack_ihqqqB(m4.index, m4.error_code, m4.base_offset, m4.log_append_time_ms, m4.log_start_offset, n)
                else:
                    out += _pack_ihqqq(m4.index, m4.error_code, m4.base_offset, m4.log_append_time_ms, m4.log_start_offset)
                    put_uvarint(out, n)
                for m6 in items5:
                    text = m6.batch_index_error_message
                    if text is None:
                        data = b""
                        n = 0
                    else:
                        data = text.encode()
                        n = len(data) + 1
                    if n < 128:
                        out += _pack_iB(m6.batch_index, n)
                    else:
                        out += _pack_i(m6.batch_index)
                        put_string_length(out, n)
                    out += data
                    out.append(0)
                text = m4.error_message
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
                out.append(0)
            out.append(0)
        out += _pack_ix(m.throttle_time_ms)
    except UNENCODABLE as error:
        raise unencodable("ProduceResponse", error) from error


def _put_tags_ProduceResponsePartitionProduceResponse_v10(m: ProduceResponsePartitionProduceResponse, out: bytearray) -> None:
    fields: list[tuple[int, bytearray]] = []
    if m.current_leader is not None and m.current_leader != _DEFAULT_ProduceResponseLeaderIdAndEpoch:
        body = bytearray()
        m1 = m.current_leader
        if m1 is None:
            null_not_allowed("current_leader")
        body += _pack_iix(m1.leader_id, m1.leader_epoch)
        fields.append((0, body))
    put_tags(out, fields)


def _put_tags_ProduceResponse_v10(m: ProduceResponse, out: bytearray) -> None:
    fields: list[tuple[int, bytearray]] = []
    if m.node_endpoints:
        body = bytearray()
        items1 = m.node_endpoints
        n = len(items1) + 1
        if n < 128:
            body.append(n)
        else:
            put_uvarint(body, n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data) + 1
            if n < 128:
                body += _pack_iB(m2.node_id, n)
            else:
                body += _pack_i(m2.node_id)
                put_string_length(body, n)
            body += data
            text = m2.rack
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                body += _pack_iB(m2.port, n)
            else:
                body += _pack_i(m2.port)
                put_string_length(body, n)
            body += data
            body.append(0)
        fields.append((0, body))
    put_tags(out, fields)


def encode_response_v10(m: ProduceResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.partition_responses
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                items5 = m4.record_errors
                n = len(items5) + 1
                if n < 128:
                    out += _pack_ihqqqB(m4.index, m4.error_code, m4.base_offset, m4.log_append_time_ms, m4.log_start_offset, n)
                else:
                    out += _pack_ihqqq(m4.index, m4.error_code, m4.base_offset, m4.log_append_time_ms, m4.log_start_offset)
                    put_uvarint(out, n)
                for m6 in items5:
                    text = m6.batch_index_error_message
                    if text is None:
                        data = b""
                        n = 0
                    else:
                        data = text.encode()
                        n = len(data) + 1
                    if n < 128:
                        out += _pack_iB(m6.batch_index, n)
                    else:
                        out += _pack_i(m6.batch_index)
                        put_string_length(out, n)
                    out += data
                    out.append(0)
                text = m4.error_message
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
                if m4.current_leader is None:
                    out.append(0)
                else:
                    _put_tags_ProduceResponsePartitionProduceResponse_v10(m4, out)
            out.append(0)
        out += _pack_i(m.throttle_time_ms)
        if not m.node_endpoints:
            out.append(0)
        else:
            _put_tags_ProduceResponse_v10(m, out)
    except UNENCODABLE as error:
        raise unencodable("ProduceResponse", error) from error


def encode_response_v13(m: ProduceResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            items3 = m2.partition_responses
            n = len(items3) + 1
            if n < 128:
                out += _pack_UB(m2.topic_id, n)
            else:
                out += _pack_U(m2.topic_id)
                put_uvarint(out, n)
            for m4 in items3:
                items5 = m4.record_errors
                n = len(items5) + 1
                if n < 128:
                    out += _pack_ihqqqB(m4.index, m4.error_code, m4.base_offset, m4.log_append_time_ms, m4.log_start_offset, n)
                else:
                    out += _pack_ihqqq(m4.index, m4.error_code, m4.base_offset, m4.log_append_time_ms, m4.log_start_offset)
                    put_uvarint(out, n)
                for m6 in items5:
                    text = m6.batch_index_error_message
                    if text is None:
                        data = b""
                        n = 0
                    else:
                        data = text.encode()
                        n = len(data) + 1
                    if n < 128:
                        out += _pack_iB(m6.batch_index, n)
                    else:
                        out += _pack_i(m6.batch_index)
                        put_string_length(out, n)
                    out += data
                    out.append(0)
                text = m4.error_message
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
                if m4.current_leader is None:
                    out.append(0)
                else:
                    _put_tags_ProduceResponsePartitionProduceResponse_v10(m4, out)
            out.append(0)
        out += _pack_i(m.throttle_time_ms)
        if not m.node_endpoints:
            out.append(0)
        else:
            _put_tags_ProduceResponse_v10(m, out)
    except UNENCODABLE as error:
        raise unencodable("ProduceResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], ProduceRequest]] = {
    3: decode_request_v3,
    4: decode_request_v3,
    5: decode_request_v3,
    6: decode_request_v3,
    7: decode_request_v3,
    8: decode_request_v3,
    9: decode_request_v9,
    10: decode_request_v9,
    11: decode_request_v9,
    12: decode_request_v9,
    13: decode_request_v13,
}


ENCODE_RESPONSE: dict[int, Callable[[ProduceResponse, Writer], None]] = {
    3: encode_response_v3,
    4: encode_response_v3,
    5: encode_response_v5,
    6: encode_response_v5,
    7: encode_response_v5,
    8: encode_response_v8,
    9: encode_response_v9,
    10: encode_response_v10,
    11: encode_response_v10,
    12: encode_response_v10,
    13: encode_response_v13,
}
