"""ListOffsets (API key 2): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.list_offsets import (
    ListOffsetsPartitionResponse,
    ListOffsetsRequest,
    ListOffsetsResponse,
    ListOffsetsTopicResponse,
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
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ihqq = struct.Struct(">ihqq").unpack_from
_unpack_ihqqi = struct.Struct(">ihqqi").unpack_from
_unpack_ihqqiB = struct.Struct(">ihqqiB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_ib = struct.Struct(">ib").pack
_pack_ibB = struct.Struct(">ibB").pack
_pack_ibi = struct.Struct(">ibi").pack
_pack_ii = struct.Struct(">ii").pack
_pack_iiq = struct.Struct(">iiq").pack
_pack_iiqx = struct.Struct(">iiqx").pack
_pack_iq = struct.Struct(">iq").pack
_pack_ix = struct.Struct(">ix").pack


def decode_response_v1(buf: memoryview, pos: int) -> ListOffsetsResponse:
    end = len(buf)
    try:
        m = new(ListOffsetsResponse)
        m.throttle_time_ms = 0
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("ListOffsetsResponse.topics", n)
        if n * 6 > end - pos:
            too_many("ListOffsetsResponse.topics", n)
        items1: list[ListOffsetsTopicResponse] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(ListOffsetsTopicResponse)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ListOffsetsTopicResponse.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListOffsetsTopicResponse.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("ListOffsetsTopicResponse.partitions", n)
            if n * 22 > end - pos:
                too_many("ListOffsetsTopicResponse.partitions", n)
            items3: list[ListOffsetsPartitionResponse] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ListOffsetsPartitionResponse)
                m4.leader_epoch = -1
                m4.partition_index, m4.error_code, m4.timestamp, m4.offset = _unpack_ihqq(buf, pos)
                pos += 22
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> ListOffsetsResponse:
    end = len(buf)
    try:
        m = new(ListOffsetsResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("ListOffsetsResponse.topics", n)
        if n * 6 > end - pos:
            too_many("ListOffsetsResponse.topics", n)
        items1: list[ListOffsetsTopicResponse] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(ListOffsetsTopicResponse)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ListOffsetsTopicResponse.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListOffsetsTopicResponse.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("ListOffsetsTopicResponse.partitions", n)
            if n * 22 > end - pos:
                too_many("ListOffsetsTopicResponse.partitions", n)
            items3: list[ListOffsetsPartitionResponse] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ListOffsetsPartitionResponse)
                m4.leader_epoch = -1
                m4.partition_index, m4.error_code, m4.timestamp, m4.offset = _unpack_ihqq(buf, pos)
                pos += 22
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v4(buf: memoryview, pos: int) -> ListOffsetsResponse:
    end = len(buf)
    try:
        m = new(ListOffsetsResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("ListOffsetsResponse.topics", n)
        if n * 6 > end - pos:
            too_many("ListOffsetsResponse.topics", n)
        items1: list[ListOffsetsTopicResponse] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(ListOffsetsTopicResponse)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ListOffsetsTopicResponse.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListOffsetsTopicResponse.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("ListOffsetsTopicResponse.partitions", n)
            if n * 26 > end - pos:
                too_many("ListOffsetsTopicResponse.partitions", n)
            items3: list[ListOffsetsPartitionResponse] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ListOffsetsPartitionResponse)
                m4.partition_index, m4.error_code, m4.timestamp, m4.offset, m4.leader_epoch = _unpack_ihqqi(buf, pos)
                pos += 26
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v6(buf: memoryview, pos: int) -> ListOffsetsResponse:
    end = len(buf)
    try:
        m = new(ListOffsetsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListOffsetsResponse.topics", n)
        if n * 3 > end - pos:
            too_many("ListOffsetsResponse.topics", n)
        items1: list[ListOffsetsTopicResponse] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(ListOffsetsTopicResponse)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListOffsetsTopicResponse.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListOffsetsTopicResponse.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListOffsetsTopicResponse.partitions", n)
            if n * 27 > end - pos:
                too_many("ListOffsetsTopicResponse.partitions", n)
            items3: list[ListOffsetsPartitionResponse] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ListOffsetsPartitionResponse)
                m4.partition_index, m4.error_code, m4.timestamp, m4.offset, m4.leader_epoch, tags = _unpack_ihqqiB(buf, pos)
                pos += 27
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
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


def encode_request_v1(m: ListOffsetsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_ii(m.replica_id, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_iq(m4.partition_index, m4.timestamp)
    except UNENCODABLE as error:
        raise unencodable("ListOffsetsRequest", error) from error


def encode_request_v2(m: ListOffsetsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_ibi(m.replica_id, m.isolation_level, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_iq(m4.partition_index, m4.timestamp)
    except UNENCODABLE as error:
        raise unencodable("ListOffsetsRequest", error) from error


def encode_request_v4(m: ListOffsetsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_ibi(m.replica_id, m.isolation_level, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_iiq(m4.partition_index, m4.current_leader_epoch, m4.timestamp)
    except UNENCODABLE as error:
        raise unencodable("ListOffsetsRequest", error) from error


def encode_request_v6(m: ListOffsetsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_ibB(m.replica_id, m.isolation_level, n)
        else:
            out += _pack_ib(m.replica_id, m.isolation_level)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.partitions
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                out += _pack_iiqx(m4.partition_index, m4.current_leader_epoch, m4.timestamp)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListOffsetsRequest", error) from error


def encode_request_v10(m: ListOffsetsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_ibB(m.replica_id, m.isolation_level, n)
        else:
            out += _pack_ib(m.replica_id, m.isolation_level)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.partitions
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                out += _pack_iiqx(m4.partition_index, m4.current_leader_epoch, m4.timestamp)
            out.append(0)
        out += _pack_ix(m.timeout_ms)
    except UNENCODABLE as error:
        raise unencodable("ListOffsetsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], ListOffsetsResponse]] = {
    1: decode_response_v1,
    2: decode_response_v2,
    3: decode_response_v2,
    4: decode_response_v4,
    5: decode_response_v4,
    6: decode_response_v6,
    7: decode_response_v6,
    8: decode_response_v6,
    9: decode_response_v6,
    10: decode_response_v6,
    11: decode_response_v6,
}


ENCODE_REQUEST: dict[int, Callable[[ListOffsetsRequest, Writer], None]] = {
    1: encode_request_v1,
    2: encode_request_v2,
    3: encode_request_v2,
    4: encode_request_v4,
    5: encode_request_v4,
    6: encode_request_v6,
    7: encode_request_v6,
    8: encode_request_v6,
    9: encode_request_v6,
    10: encode_request_v10,
    11: encode_request_v10,
}
