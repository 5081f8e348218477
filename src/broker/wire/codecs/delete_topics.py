"""DeleteTopics (API key 20): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.delete_topics import (
    DeleteTopicsRequest,
    DeleteTopicsRequestDeleteTopicState,
    DeleteTopicsResponse,
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
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_UB = struct.Struct(">16sB").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_pack_Uh = struct.Struct(">16sh").pack
_pack_UhB = struct.Struct(">16shB").pack
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hx = struct.Struct(">hx").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v1(buf: memoryview, pos: int) -> DeleteTopicsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DeleteTopicsRequest)
        m.topics = []
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("DeleteTopicsRequest.topic_names", n)
        if n * 2 > end - pos:
            too_many("DeleteTopicsRequest.topic_names", n)
        left -= n
        if left < 0:
            too_many_in_all("DeleteTopicsRequest.topic_names")
        items1: list[str] = []
        m.topic_names = items1
        for _ in range(n):
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("DeleteTopicsRequest.topic_names", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteTopicsRequest.topic_names")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
        (m.timeout_ms,) = _unpack_i(buf, pos)
        pos += 4
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v4(buf: memoryview, pos: int) -> DeleteTopicsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DeleteTopicsRequest)
        m.topics = []
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DeleteTopicsRequest.topic_names", n)
        if n > end - pos:
            too_many("DeleteTopicsRequest.topic_names", n)
        left -= n
        if left < 0:
            too_many_in_all("DeleteTopicsRequest.topic_names")
        items1: list[str] = []
        m.topic_names = items1
        for _ in range(n):
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DeleteTopicsRequest.topic_names", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DeleteTopicsRequest.topic_names")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
        m.timeout_ms, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v6(buf: memoryview, pos: int) -> DeleteTopicsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DeleteTopicsRequest)
        m.topic_names = []
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DeleteTopicsRequest.topics", n)
        if n * 18 > end - pos:
            too_many("DeleteTopicsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("DeleteTopicsRequest.topics")
        items1: list[DeleteTopicsRequestDeleteTopicState] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(DeleteTopicsRequestDeleteTopicState)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.name = None
            else:
                if n < 0:
                    bad_length("DeleteTopicsRequestDeleteTopicState.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DeleteTopicsRequestDeleteTopicState.name")
                m2.name = buf[at:pos].tobytes().decode()
            m2.topic_id, tags = _unpack_UB(buf, pos)
            pos += 17
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        m.timeout_ms, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v1(m: DeleteTopicsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            text = m2.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            out += _pack_h(m2.error_code)
    except UNENCODABLE as error:
        raise unencodable("DeleteTopicsResponse", error) from error


def encode_response_v4(m: DeleteTopicsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            text = m2.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            out += _pack_hx(m2.error_code)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DeleteTopicsResponse", error) from error


def encode_response_v5(m: DeleteTopicsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            text = m2.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
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
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DeleteTopicsResponse", error) from error


def encode_response_v6(m: DeleteTopicsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
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
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DeleteTopicsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DeleteTopicsRequest]] = {
    1: decode_request_v1,
    2: decode_request_v1,
    3: decode_request_v1,
    4: decode_request_v4,
    5: decode_request_v4,
    6: decode_request_v6,
}


ENCODE_RESPONSE: dict[int, Callable[[DeleteTopicsResponse, Writer], None]] = {
    1: encode_response_v1,
    2: encode_response_v1,
    3: encode_response_v1,
    4: encode_response_v4,
    5: encode_response_v5,
    6: encode_response_v6,
}
