"""ListOffsets (API key 2): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsResponse,
    ListOffsetsTopic,
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
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ibB = struct.Struct(">ibB").unpack_from
_unpack_ibi = struct.Struct(">ibi").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_unpack_iiq = struct.Struct(">iiq").unpack_from
_unpack_iiqB = struct.Struct(">iiqB").unpack_from
_unpack_iq = struct.Struct(">iq").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ihqq = struct.Struct(">ihqq").pack
_pack_ihqqi = struct.Struct(">ihqqi").pack
_pack_ihqqix = struct.Struct(">ihqqix").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v1(buf: memoryview, pos: int) -> ListOffsetsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ListOffsetsRequest)
        m.isolation_level = 0
        m.timeout_ms = 0
        m.replica_id, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("ListOffsetsRequest.topics", n)
        if n * 6 > end - pos:
            too_many("ListOffsetsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("ListOffsetsRequest.topics")
        items1: list[ListOffsetsTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(ListOffsetsTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ListOffsetsTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListOffsetsTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("ListOffsetsTopic.partitions", n)
            if n * 12 > end - pos:
                too_many("ListOffsetsTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("ListOffsetsTopic.partitions")
            items3: list[ListOffsetsPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ListOffsetsPartition)
                m4.current_leader_epoch = -1
                m4.partition_index, m4.timestamp = _unpack_iq(buf, pos)
                pos += 12
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> ListOffsetsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ListOffsetsRequest)
        m.timeout_ms = 0
        m.replica_id, m.isolation_level, n = _unpack_ibi(buf, pos)
        pos += 9
        if n < 0:
            bad_length("ListOffsetsRequest.topics", n)
        if n * 6 > end - pos:
            too_many("ListOffsetsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("ListOffsetsRequest.topics")
        items1: list[ListOffsetsTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(ListOffsetsTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ListOffsetsTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListOffsetsTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("ListOffsetsTopic.partitions", n)
            if n * 12 > end - pos:
                too_many("ListOffsetsTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("ListOffsetsTopic.partitions")
            items3: list[ListOffsetsPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ListOffsetsPartition)
                m4.current_leader_epoch = -1
                m4.partition_index, m4.timestamp = _unpack_iq(buf, pos)
                pos += 12
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v4(buf: memoryview, pos: int) -> ListOffsetsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ListOffsetsRequest)
        m.timeout_ms = 0
        m.replica_id, m.isolation_level, n = _unpack_ibi(buf, pos)
        pos += 9
        if n < 0:
            bad_length("ListOffsetsRequest.topics", n)
        if n * 6 > end - pos:
            too_many("ListOffsetsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("ListOffsetsRequest.topics")
        items1: list[ListOffsetsTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(ListOffsetsTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ListOffsetsTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListOffsetsTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("ListOffsetsTopic.partitions", n)
            if n * 16 > end - pos:
                too_many("ListOffsetsTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("ListOffsetsTopic.partitions")
            items3: list[ListOffsetsPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ListOffsetsPartition)
                m4.partition_index, m4.current_leader_epoch, m4.timestamp = _unpack_iiq(buf, pos)
                pos += 16
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v6(buf: memoryview, pos: int) -> ListOffsetsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ListOffsetsRequest)
        m.timeout_ms = 0
        m.replica_id, m.isolation_level, n = _unpack_ibB(buf, pos)
        pos += 6
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListOffsetsRequest.topics", n)
        if n * 3 > end - pos:
            too_many("ListOffsetsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("ListOffsetsRequest.topics")
        items1: list[ListOffsetsTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(ListOffsetsTopic)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListOffsetsTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListOffsetsTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListOffsetsTopic.partitions", n)
            if n * 17 > end - pos:
                too_many("ListOffsetsTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("ListOffsetsTopic.partitions")
            items3: list[ListOffsetsPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ListOffsetsPartition)
                m4.partition_index, m4.current_leader_epoch, m4.timestamp, tags = _unpack_iiqB(buf, pos)
                pos += 17
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


def decode_request_v10(buf: memoryview, pos: int) -> ListOffsetsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ListOffsetsRequest)
        m.replica_id, m.isolation_level, n = _unpack_ibB(buf, pos)
        pos += 6
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ListOffsetsRequest.topics", n)
        if n * 3 > end - pos:
            too_many("ListOffsetsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("ListOffsetsRequest.topics")
        items1: list[ListOffsetsTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(ListOffsetsTopic)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListOffsetsTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ListOffsetsTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ListOffsetsTopic.partitions", n)
            if n * 17 > end - pos:
                too_many("ListOffsetsTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("ListOffsetsTopic.partitions")
            items3: list[ListOffsetsPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(ListOffsetsPartition)
                m4.partition_index, m4.current_leader_epoch, m4.timestamp, tags = _unpack_iiqB(buf, pos)
                pos += 17
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
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


def encode_response_v1(m: ListOffsetsResponse, writer: Writer) -> None:
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
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_ihqq(m4.partition_index, m4.error_code, m4.timestamp, m4.offset)
    except UNENCODABLE as error:
        raise unencodable("ListOffsetsResponse", error) from error


def encode_response_v2(m: ListOffsetsResponse, writer: Writer) -> None:
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
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_ihqq(m4.partition_index, m4.error_code, m4.timestamp, m4.offset)
    except UNENCODABLE as error:
        raise unencodable("ListOffsetsResponse", error) from error


def encode_response_v4(m: ListOffsetsResponse, writer: Writer) -> None:
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
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_ihqqi(m4.partition_index, m4.error_code, m4.timestamp, m4.offset, m4.leader_epoch)
    except UNENCODABLE as error:
        raise unencodable("ListOffsetsResponse", error) from error


def encode_response_v6(m: ListOffsetsResponse, writer: Writer) -> None:
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
            items3 = m2.partitions
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                out += _pack_ihqqix(m4.partition_index, m4.error_code, m4.timestamp, m4.offset, m4.leader_epoch)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ListOffsetsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], ListOffsetsRequest]] = {
    1: decode_request_v1,
    2: decode_request_v2,
    3: decode_request_v2,
    4: decode_request_v4,
    5: decode_request_v4,
    6: decode_request_v6,
    7: decode_request_v6,
    8: decode_request_v6,
    9: decode_request_v6,
    10: decode_request_v10,
    11: decode_request_v10,
}


ENCODE_RESPONSE: dict[int, Callable[[ListOffsetsResponse, Writer], None]] = {
    1: encode_response_v1,
    2: encode_response_v2,
    3: encode_response_v2,
    4: encode_response_v4,
    5: encode_response_v4,
    6: encode_response_v6,
    7: encode_response_v6,
    8: encode_response_v6,
    9: encode_response_v6,
    10: encode_response_v6,
    11: encode_response_v6,
}
