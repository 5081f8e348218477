"""DeleteTopics (API key 20): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.base import (
    NIL_UUID,
)
from broker.wire.messages.delete_topics import (
    DeleteTopicsRequest,
    DeleteTopicsResponse,
    DeleteTopicsResponseDeletableTopicResult,
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
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_UhB = struct.Struct(">16shB").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_Ux = struct.Struct(">16sx").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_ix = struct.Struct(">ix").pack


def decode_response_v1(buf: memoryview, pos: int) -> DeleteTopicsResponse:
    end = len(buf)
    try:
        m = new(DeleteTopicsResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("DeleteTopicsResponse.responses", n)
        if n * 4 > end - pos:
            too_many("DeleteTopicsResponse.responses", n)
        items1: list[DeleteTopicsResponseDeletableTopicResult] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(DeleteTopicsResponseDeletableTopicResult)
            m2.topic_id = NIL_UUID
            m2.error_message = None
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DeleteTopicsResponseDeletableTopicResult.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteTopicsResponseDeletableTopicResult.name")
            m2.name = buf[at:pos].tobytes().decode()
            (m2.error_code,) = _unpack_h(buf, pos)
            pos += 2
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v4(buf: memoryview, pos: int) -> DeleteTopicsResponse:
    end = len(buf)
    try:
        m = new(DeleteTopicsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DeleteTopicsResponse.responses", n)
        if n * 4 > end - pos:
            too_many("DeleteTopicsResponse.responses", n)
        items1: list[DeleteTopicsResponseDeletableTopicResult] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(DeleteTopicsResponseDeletableTopicResult)
            m2.topic_id = NIL_UUID
            m2.error_message = None
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DeleteTopicsResponseDeletableTopicResult.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteTopicsResponseDeletableTopicResult.name")
            m2.name = buf[at:pos].tobytes().decode()
            m2.error_code, tags = _unpack_hB(buf, pos)
            pos += 3
            if tags:
                pos = skip_tags(buf, pos - 1, end)
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


def decode_response_v5(buf: memoryview, pos: int) -> DeleteTopicsResponse:
    end = len(buf)
    try:
        m = new(DeleteTopicsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DeleteTopicsResponse.responses", n)
        if n * 5 > end - pos:
            too_many("DeleteTopicsResponse.responses", n)
        items1: list[DeleteTopicsResponseDeletableTopicResult] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(DeleteTopicsResponseDeletableTopicResult)
            m2.topic_id = NIL_UUID
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DeleteTopicsResponseDeletableTopicResult.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteTopicsResponseDeletableTopicResult.name")
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
                    bad_length("DeleteTopicsResponseDeletableTopicResult.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteTopicsResponseDeletableTopicResult.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
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


def decode_response_v6(buf: memoryview, pos: int) -> DeleteTopicsResponse:
    end = len(buf)
    try:
        m = new(DeleteTopicsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DeleteTopicsResponse.responses", n)
        if n * 21 > end - pos:
            too_many("DeleteTopicsResponse.responses", n)
        items1: list[DeleteTopicsResponseDeletableTopicResult] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(DeleteTopicsResponseDeletableTopicResult)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.name = None
            else:
                if n < 0:
                    bad_length("DeleteTopicsResponseDeletableTopicResult.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteTopicsResponseDeletableTopicResult.name")
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
                    bad_length("DeleteTopicsResponseDeletableTopicResult.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteTopicsResponseDeletableTopicResult.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
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


def encode_request_v1(m: DeleteTopicsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topic_names
        n = len(items1)
        out += _pack_i(n)
        for item in items1:
            data = item.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
        out += _pack_i(m.timeout_ms)
    except UNENCODABLE as error:
        raise unencodable("DeleteTopicsRequest", error) from error


def encode_request_v4(m: DeleteTopicsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topic_names
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for item in items1:
            data = item.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
        out += _pack_ix(m.timeout_ms)
    except UNENCODABLE as error:
        raise unencodable("DeleteTopicsRequest", error) from error


def encode_request_v6(m: DeleteTopicsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            text = m2.name
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
            out += _pack_Ux(m2.topic_id)
        out += _pack_ix(m.timeout_ms)
    except UNENCODABLE as error:
        raise unencodable("DeleteTopicsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DeleteTopicsResponse]] = {
    1: decode_response_v1,
    2: decode_response_v1,
    3: decode_response_v1,
    4: decode_response_v4,
    5: decode_response_v5,
    6: decode_response_v6,
}


ENCODE_REQUEST: dict[int, Callable[[DeleteTopicsRequest, Writer], None]] = {
    1: encode_request_v1,
    2: encode_request_v1,
    3: encode_request_v1,
    4: encode_request_v4,
    5: encode_request_v4,
    6: encode_request_v6,
}
