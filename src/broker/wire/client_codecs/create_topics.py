"""CreateTopics (API key 19): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.base import (
    NIL_UUID,
)
from broker.wire.messages.create_topics import (
    CreateTopicsRequest,
    CreateTopicsResponse,
    CreateTopicsResponseCreatableTopicConfigs,
    CreateTopicsResponseCreatableTopicResult,
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
    PACK_COMPACT_INT32S,
    PACK_INT32S,
    UNENCODABLE,
    Writer,
    put_array,
    put_compact_array,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_UhB = struct.Struct(">16shB").unpack_from
_unpack_TbTB = struct.Struct(">?b?B").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_hh = struct.Struct(">hh").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iT = struct.Struct(">i?").pack
_pack_iTx = struct.Struct(">i?x").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_ihi = struct.Struct(">ihi").pack


def decode_response_v2(buf: memoryview, pos: int) -> CreateTopicsResponse:
    end = len(buf)
    try:
        m = new(CreateTopicsResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("CreateTopicsResponse.topics", n)
        if n * 6 > end - pos:
            too_many("CreateTopicsResponse.topics", n)
        items1: list[CreateTopicsResponseCreatableTopicResult] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(CreateTopicsResponseCreatableTopicResult)
            m2.topic_id = NIL_UUID
            m2.topic_config_error_code = 0
            m2.num_partitions = -1
            m2.replication_factor = -1
            m2.configs = []
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("CreateTopicsResponseCreatableTopicResult.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateTopicsResponseCreatableTopicResult.name")
            m2.name = buf[at:pos].tobytes().decode()
            m2.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("CreateTopicsResponseCreatableTopicResult.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("CreateTopicsResponseCreatableTopicResult.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def _read_tags_CreateTopicsResponseCreatableTopicResult_v5(m: CreateTopicsResponseCreatableTopicResult, buf: memoryview, pos: int, end: int) -> int:
    count, pos = read_tag_count(buf, pos, end)
    tag = -1
    for _ in range(count):
        tag, pos, stop = read_tag(buf, pos, end, tag)
        if tag == 0:
            (m.topic_config_error_code,) = _unpack_h(buf, pos)
            pos += 2
        else:
            pos = stop
        check_tag_end(tag, pos, stop)
    return pos


def decode_response_v5(buf: memoryview, pos: int) -> CreateTopicsResponse:
    end = len(buf)
    try:
        m = new(CreateTopicsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateTopicsResponse.topics", n)
        if n * 12 > end - pos:
            too_many("CreateTopicsResponse.topics", n)
        items1: list[CreateTopicsResponseCreatableTopicResult] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(CreateTopicsResponseCreatableTopicResult)
            m2.topic_id = NIL_UUID
            m2.topic_config_error_code = 0
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("CreateTopicsResponseCreatableTopicResult.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateTopicsResponseCreatableTopicResult.name")
            m2.name = buf[at:pos].tobytes().decode()
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("CreateTopicsResponseCreatableTopicResult.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("CreateTopicsResponseCreatableTopicResult.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            m2.num_partitions, m2.replication_factor, n = _unpack_ihB(buf, pos)
            pos += 7
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.configs = None
            else:
                if n < 0:
                    bad_length("CreateTopicsResponseCreatableTopicResult.configs", n)
                if n * 6 > end - pos:
                    too_many("CreateTopicsResponseCreatableTopicResult.configs", n)
                items3: list[CreateTopicsResponseCreatableTopicConfigs] = []
                m2.configs = items3
                for _ in range(n):
                    m4 = new(CreateTopicsResponseCreatableTopicConfigs)
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("CreateTopicsResponseCreatableTopicConfigs.name", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("CreateTopicsResponseCreatableTopicConfigs.name")
                    m4.name = buf[at:pos].tobytes().decode()
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n == -1:
                        m4.value = None
                    else:
                        if n < 0:
                            bad_length("CreateTopicsResponseCreatableTopicConfigs.value", n)
                        at = pos
                        pos += n
                        if pos > end:
                            truncated("CreateTopicsResponseCreatableTopicConfigs.value")
                        m4.value = buf[at:pos].tobytes().decode()
                    m4.read_only, m4.config_source, m4.is_sensitive, tags = _unpack_TbTB(buf, pos)
                    pos += 4
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos = _read_tags_CreateTopicsResponseCreatableTopicResult_v5(m2, buf, pos - 1, end)
            items1.append(m2)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v7(buf: memoryview, pos: int) -> CreateTopicsResponse:
    end = len(buf)
    try:
        m = new(CreateTopicsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreateTopicsResponse.topics", n)
        if n * 28 > end - pos:
            too_many("CreateTopicsResponse.topics", n)
        items1: list[CreateTopicsResponseCreatableTopicResult] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(CreateTopicsResponseCreatableTopicResult)
            m2.topic_config_error_code = 0
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("CreateTopicsResponseCreatableTopicResult.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreateTopicsResponseCreatableTopicResult.name")
            m2.name = buf[at:pos].tobytes().decode()
            m2.topic_id, m2.error_code, n = _unpack_UhB(buf, pos)
            pos += 19
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("CreateTopicsResponseCreatableTopicResult.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("CreateTopicsResponseCreatableTopicResult.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            m2.num_partitions, m2.replication_factor, n = _unpack_ihB(buf, pos)
            pos += 7
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.configs = None
            else:
                if n < 0:
                    bad_length("CreateTopicsResponseCreatableTopicResult.configs", n)
                if n * 6 > end - pos:
                    too_many("CreateTopicsResponseCreatableTopicResult.configs", n)
                items3: list[CreateTopicsResponseCreatableTopicConfigs] = []
                m2.configs = items3
                for _ in range(n):
                    m4 = new(CreateTopicsResponseCreatableTopicConfigs)
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("CreateTopicsResponseCreatableTopicConfigs.name", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("CreateTopicsResponseCreatableTopicConfigs.name")
                    m4.name = buf[at:pos].tobytes().decode()
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n == -1:
                        m4.value = None
                    else:
                        if n < 0:
                            bad_length("CreateTopicsResponseCreatableTopicConfigs.value", n)
                        at = pos
                        pos += n
                        if pos > end:
                            truncated("CreateTopicsResponseCreatableTopicConfigs.value")
                        m4.value = buf[at:pos].tobytes().decode()
                    m4.read_only, m4.config_source, m4.is_sensitive, tags = _unpack_TbTB(buf, pos)
                    pos += 4
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos = _read_tags_CreateTopicsResponseCreatableTopicResult_v5(m2, buf, pos - 1, end)
            items1.append(m2)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v2(m: CreateTopicsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.assignments
            n = len(items3)
            out += _pack_ihi(m2.num_partitions, m2.replication_factor, n)
            for m4 in items3:
                out += _pack_i(m4.partition_index)
                ints = m4.broker_ids
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
            items5 = m2.configs
            n = len(items5)
            out += _pack_i(n)
            for m6 in items5:
                data = m6.name.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                text = m6.value
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_h(n)
                out += data
        out += _pack_iT(m.timeout_ms, m.validate_only)
    except UNENCODABLE as error:
        raise unencodable("CreateTopicsRequest", error) from error


def encode_request_v5(m: CreateTopicsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
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
            items3 = m2.assignments
            n = len(items3) + 1
            if n < 128:
                out += _pack_ihB(m2.num_partitions, m2.replication_factor, n)
            else:
                out += _pack_ih(m2.num_partitions, m2.replication_factor)
                put_uvarint(out, n)
            for m4 in items3:
                out += _pack_i(m4.partition_index)
                ints = m4.broker_ids
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            items5 = m2.configs
            n = len(items5) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m6 in items5:
                data = m6.name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                text = m6.value
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
        out += _pack_iTx(m.timeout_ms, m.validate_only)
    except UNENCODABLE as error:
        raise unencodable("CreateTopicsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], CreateTopicsResponse]] = {
    2: decode_response_v2,
    3: decode_response_v2,
    4: decode_response_v2,
    5: decode_response_v5,
    6: decode_response_v5,
    7: decode_response_v7,
}


ENCODE_REQUEST: dict[int, Callable[[CreateTopicsRequest, Writer], None]] = {
    2: encode_request_v2,
    3: encode_request_v2,
    4: encode_request_v2,
    5: encode_request_v5,
    6: encode_request_v5,
    7: encode_request_v5,
}
