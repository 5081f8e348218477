"""CreatePartitions (API key 37): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.create_partitions import (
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsResponse,
    CreatePartitionsTopic,
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
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iT = struct.Struct(">i?").unpack_from
_unpack_iTB = struct.Struct(">i?B").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hh = struct.Struct(">hh").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v0(buf: memoryview, pos: int) -> CreatePartitionsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(CreatePartitionsRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("CreatePartitionsRequest.topics", n)
        if n * 10 > end - pos:
            too_many("CreatePartitionsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("CreatePartitionsRequest.topics")
        items1: list[CreatePartitionsTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(CreatePartitionsTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("CreatePartitionsTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreatePartitionsTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            m2.count, n = _unpack_ii(buf, pos)
            pos += 8
            if n == -1:
                m2.assignments = None
            else:
                if n < 0:
                    bad_length("CreatePartitionsTopic.assignments", n)
                if n * 4 > end - pos:
                    too_many("CreatePartitionsTopic.assignments", n)
                left -= n
                if left < 0:
                    too_many_in_all("CreatePartitionsTopic.assignments")
                items3: list[CreatePartitionsAssignment] = []
                m2.assignments = items3
                for _ in range(n):
                    m4 = new(CreatePartitionsAssignment)
                    (n,) = _unpack_i(buf, pos)
                    pos += 4
                    if n < 0:
                        bad_length("CreatePartitionsAssignment.broker_ids", n)
                    if n * 4 > end - pos:
                        too_many("CreatePartitionsAssignment.broker_ids", n)
                    left -= n
                    if left < 0:
                        too_many_in_all("CreatePartitionsAssignment.broker_ids")
                    m4.broker_ids = read_int32s(buf, pos, n)
                    pos += n * 4
                    items3.append(m4)
            items1.append(m2)
        m.timeout_ms, m.validate_only = _unpack_iT(buf, pos)
        pos += 5
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> CreatePartitionsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(CreatePartitionsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("CreatePartitionsRequest.topics", n)
        if n * 7 > end - pos:
            too_many("CreatePartitionsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("CreatePartitionsRequest.topics")
        items1: list[CreatePartitionsTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(CreatePartitionsTopic)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("CreatePartitionsTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("CreatePartitionsTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            m2.count, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.assignments = None
            else:
                if n < 0:
                    bad_length("CreatePartitionsTopic.assignments", n)
                if n * 2 > end - pos:
                    too_many("CreatePartitionsTopic.assignments", n)
                left -= n
                if left < 0:
                    too_many_in_all("CreatePartitionsTopic.assignments")
                items3: list[CreatePartitionsAssignment] = []
                m2.assignments = items3
                for _ in range(n):
                    m4 = new(CreatePartitionsAssignment)
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("CreatePartitionsAssignment.broker_ids", n)
                    if n * 4 > end - pos:
                        too_many("CreatePartitionsAssignment.broker_ids", n)
                    left -= n
                    if left < 0:
                        too_many_in_all("CreatePartitionsAssignment.broker_ids")
                    m4.broker_ids = read_int32s(buf, pos, n)
                    pos += n * 4
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
        m.timeout_ms, m.validate_only, tags = _unpack_iTB(buf, pos)
        pos += 6
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: CreatePartitionsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.results
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
        raise unencodable("CreatePartitionsResponse", error) from error


def encode_response_v2(m: CreatePartitionsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.results
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
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("CreatePartitionsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], CreatePartitionsRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
    2: decode_request_v2,
    3: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[CreatePartitionsResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v0,
    2: encode_response_v2,
    3: encode_response_v2,
}
