"""CreateTopics (API key 19): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.create_topics import (
    CreateTopicsRequest,
    CreateTopicsRequestCreatableReplicaAssignment,
    CreateTopicsRequestCreatableTopic,
    CreateTopicsRequestCreatableTopicConfig,
    CreateTopicsResponse,
    CreateTopicsResponseCreatableTopicResult,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
    malformed,
    read_int32s,
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
    put_tags,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iT = struct.Struct(">i?").unpack_from
_unpack_iTB = struct.Struct(">i?B").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_ihi = struct.Struct(">ihi").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_Uh = struct.Struct(">16sh").pack
_pack_UhB = struct.Struct(">16shB").pack
_pack_TbTx = struct.Struct(">?b?x").pack
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hh = struct.Struct(">hh").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v2(buf: memoryview, pos: int) -> CreateTopicsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(CreateTopicsRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("CreateTopicsRequest.topics", n)
        if n * 16 > end - pos:
            too_many("CreateTopicsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("CreateTopicsRequest.topics")
        items1: list[CreateTopicsRequestCreatableTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(CreateTopicsRequestCreatableTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("CreateTopicsRequestCreatableTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateTopicsRequestCreatableTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            m2.num_partitions, m2.replication_factor, n = _unpack_ihi(buf, pos)
            pos += 10
            if n < 0:
                bad_length("CreateTopicsRequestCreatableTopic.assignments", n)
            if n * 8 > end - pos:
                too_many("CreateTopicsRequestCreatableTopic.assignments", n)
            left -= n
            if left < 0:
                too_many_in_all("CreateTopicsRequestCreatableTopic.assignments")
            items3: list[CreateTopicsRequestCreatableReplicaAssignment] = []
            m2.assignments = items3
            for _ in range(n):
                m4 = new(CreateTopicsRequestCreatableReplicaAssignment)
                m4.partition_index, n = _unpack_ii(buf, pos)
                pos += 8
                if n < 0:
                    bad_length("CreateTopicsRequestCreatableReplicaAssignment.broker_ids", n)
                if n * 4 > end - pos:
                    too_many("CreateTopicsRequestCreatableReplicaAssignment.broker_ids", n)
                left -= n
                if left < 0:
                    too_many_in_all("CreateTopicsRequestCreatableReplicaAssignment.broker_ids")
                m4.broker_ids = read_int32s(buf, pos, n)
                pos += n * 4
                items3.append(m4)
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("CreateTopicsRequestCreatableTopic.configs", n)
            if n * 4 > end - pos:
                too_many("CreateTopicsRequestCreatableTopic.configs", n)
            left -= n
            if left < 0:
                too_many_in_all("CreateTopicsRequestCreatableTopic.configs")
            items5: list[CreateTopicsRequestCreatableTopicConfig] = []
            m2.configs = items5
            for _ in range(n):
                m6 = new(CreateTopicsRequestCreatableTopicConfig)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("CreateTopicsRequestCreatableTopicConfig.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("CreateTopicsRequestCreatableTopicConfig.name")
                m6.name = buf[at:pos].tobytes().decode()
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n == -1:
                    m6.value = None
                else:
                    if n < 0:
                        bad_length("CreateTopicsRequestCreatableTopicConfig.value", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("CreateTopicsRequestCreatableTopicConfig.value")
                    m6.value = buf[at:pos].tobytes().decode()
                items5.append(m6)
            items1.append(m2)
        m.timeout_ms, m.validate_only = _unpack_iT(buf, pos)
        pos += 5
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v5(buf: memoryview, pos: int) -> CreateTopicsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(CreateTopicsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateTopicsRequest.topics", n)
        if n * 10 > end - pos:
            too_many("CreateTopicsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("CreateTopicsRequest.topics")
        items1: list[CreateTopicsRequestCreatableTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(CreateTopicsRequestCreatableTopic)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("CreateTopicsRequestCreatableTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateTopicsRequestCreatableTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            m2.num_partitions, m2.replication_factor, n = _unpack_ihB(buf, pos)
            pos += 7
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("CreateTopicsRequestCreatableTopic.assignments", n)
            if n * 6 > end - pos:
                too_many("CreateTopicsRequestCreatableTopic.assignments", n)
            left -= n
            if left < 0:
                too_many_in_all("CreateTopicsRequestCreatableTopic.assignments")
            items3: list[CreateTopicsRequestCreatableReplicaAssignment] = []
            m2.assignments = items3
            for _ in range(n):
                m4 = new(CreateTopicsRequestCreatableReplicaAssignment)
                m4.partition_index, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("CreateTopicsRequestCreatableReplicaAssignment.broker_ids", n)
                if n * 4 > end - pos:
                    too_many("CreateTopicsRequestCreatableReplicaAssignment.broker_ids", n)
                left -= n
                if left < 0:
                    too_many_in_all("CreateTopicsRequestCreatableReplicaAssignment.broker_ids")
                m4.broker_ids = read_int32s(buf, pos, n)
                pos += n * 4
                tags = buf[pos]
                pos += 1
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items3.append(m4)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("CreateTopicsRequestCreatableTopic.configs", n)
            if n * 3 > end - pos:
                too_many("CreateTopicsRequestCreatableTopic.configs", n)
            left -= n
            if left < 0:
                too_many_in_all("CreateTopicsRequestCreatableTopic.configs")
            items5: list[CreateTopicsRequestCreatableTopicConfig] = []
            m2.configs = items5
            for _ in range(n):
                m6 = new(CreateTopicsRequestCreatableTopicConfig)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("CreateTopicsRequestCreatableTopicConfig.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("CreateTopicsRequestCreatableTopicConfig.name")
                m6.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m6.value = None
                else:
                    if n < 0:
                        bad_length("CreateTopicsRequestCreatableTopicConfig.value", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("CreateTopicsRequestCreatableTopicConfig.value")
                    m6.value = buf[at:pos].tobytes().decode()
                tags = buf[pos]
                pos += 1
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items5.append(m6)
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        m.timeout_ms, m.validate_only, tags = _unpack_iTB(buf, pos)
        pos += 6
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v2(m: CreateTopicsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            text = m2.error_message
            if text is None:
                data = b""
                n = -1
            else:
                data = text.encode()
                n = len(data)
            out += _pack_hh(m2.error_code, n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("CreateTopicsResponse", error) from error


def _put_tags_CreateTopicsResponseCreatableTopicResult_v5(m: CreateTopicsResponseCreatableTopicResult, out: bytearray) -> None:
    fields: list[tuple[int, bytearray]] = []
    if m.topic_config_error_code != 0:
        body = bytearray()
        body += _pack_h(m.topic_config_error_code)
        fields.append((0, body))
    put_tags(out, fields)


def encode_response_v5(m: CreateTopicsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            text = m2.error_message
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_hB(m2.error_code, n)
            else:
                out += _pack_h(m2.error_code)
                put_string_length(out, n)
            out += data
            items3 = m2.configs
            n = 0 if items3 is None else len(items3) + 1
            if n < 128:
                out += _pack_ihB(m2.num_partitions, m2.replication_factor, n)
            else:
                out += _pack_ih(m2.num_partitions, m2.replication_factor)
                put_uvarint(out, n)
            for m4 in items3 or ():
                data = m4.name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                text = m4.value
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
                out += _pack_TbTx(m4.read_only, m4.config_source, m4.is_sensitive)
            if m2.topic_config_error_code == 0:
                out.append(0)
            else:
                _put_tags_CreateTopicsResponseCreatableTopicResult_v5(m2, out)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("CreateTopicsResponse", error) from error


def encode_response_v7(m: CreateTopicsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            text = m2.error_message
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_UhB(m2.topic_id, m2.error_code, n)
            else:
                out += _pack_Uh(m2.topic_id, m2.error_code)
                put_string_length(out, n)
            out += data
            items3 = m2.configs
            n = 0 if items3 is None else len(items3) + 1
            if n < 128:
                out += _pack_ihB(m2.num_partitions, m2.replication_factor, n)
            else:
                out += _pack_ih(m2.num_partitions, m2.replication_factor)
                put_uvarint(out, n)
            for m4 in items3 or ():
                data = m4.name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                text = m4.value
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
                out += _pack_TbTx(m4.read_only, m4.config_source, m4.is_sensitive)
            if m2.topic_config_error_code == 0:
                out.append(0)
            else:
                _put_tags_CreateTopicsResponseCreatableTopicResult_v5(m2, out)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("CreateTopicsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], CreateTopicsRequest]] = {
    2: decode_request_v2,
    3: decode_request_v2,
    4: decode_request_v2,
    5: decode_request_v5,
    6: decode_request_v5,
    7: decode_request_v5,
}


ENCODE_RESPONSE: dict[int, Callable[[CreateTopicsResponse, Writer], None]] = {
    2: encode_response_v2,
    3: encode_response_v2,
    4: encode_response_v2,
    5: encode_response_v5,
    6: encode_response_v5,
    7: encode_response_v7,
}
