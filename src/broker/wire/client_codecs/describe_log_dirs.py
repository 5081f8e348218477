"""DescribeLogDirs (API key 35): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_log_dirs import (
    DescribeLogDirsPartition,
    DescribeLogDirsRequest,
    DescribeLogDirsResponse,
    DescribeLogDirsResult,
    DescribeLogDirsTopic,
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
_unpack_h = struct.Struct(">h").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_hh = struct.Struct(">hh").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_unpack_iqqT = struct.Struct(">iqq?").unpack_from
_unpack_iqqTB = struct.Struct(">iqq?B").unpack_from
_unpack_qqTB = struct.Struct(">qq?B").unpack_from
_unpack_qqB = struct.Struct(">qqB").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack


def decode_response_v1(buf: memoryview, pos: int) -> DescribeLogDirsResponse:
    end = len(buf)
    try:
        m = new(DescribeLogDirsResponse)
        m.error_code = 0
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("DescribeLogDirsResponse.results", n)
        if n * 8 > end - pos:
            too_many("DescribeLogDirsResponse.results", n)
        items1: list[DescribeLogDirsResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(DescribeLogDirsResult)
            m2.total_bytes = -1
            m2.usable_bytes = -1
            m2.is_cordoned = False
            m2.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DescribeLogDirsResult.log_dir", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeLogDirsResult.log_dir")
            m2.log_dir = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("DescribeLogDirsResult.topics", n)
            if n * 6 > end - pos:
                too_many("DescribeLogDirsResult.topics", n)
            items3: list[DescribeLogDirsTopic] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(DescribeLogDirsTopic)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeLogDirsTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeLogDirsTopic.name")
                m4.name = buf[at:pos].tobytes().decode()
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("DescribeLogDirsTopic.partitions", n)
                if n * 21 > end - pos:
                    too_many("DescribeLogDirsTopic.partitions", n)
                items5: list[DescribeLogDirsPartition] = []
                m4.partitions = items5
                for _ in range(n):
                    m6 = new(DescribeLogDirsPartition)
                    m6.partition_index, m6.partition_size, m6.offset_lag, m6.is_future_key = _unpack_iqqT(buf, pos)
                    pos += 21
                    items5.append(m6)
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> DescribeLogDirsResponse:
    end = len(buf)
    try:
        m = new(DescribeLogDirsResponse)
        m.error_code = 0
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeLogDirsResponse.results", n)
        if n * 5 > end - pos:
            too_many("DescribeLogDirsResponse.results", n)
        items1: list[DescribeLogDirsResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(DescribeLogDirsResult)
            m2.total_bytes = -1
            m2.usable_bytes = -1
            m2.is_cordoned = False
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeLogDirsResult.log_dir", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeLogDirsResult.log_dir")
            m2.log_dir = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeLogDirsResult.topics", n)
            if n * 3 > end - pos:
                too_many("DescribeLogDirsResult.topics", n)
            items3: list[DescribeLogDirsTopic] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(DescribeLogDirsTopic)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeLogDirsTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeLogDirsTopic.name")
                m4.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeLogDirsTopic.partitions", n)
                if n * 22 > end - pos:
                    too_many("DescribeLogDirsTopic.partitions", n)
                items5: list[DescribeLogDirsPartition] = []
                m4.partitions = items5
                for _ in range(n):
                    m6 = new(DescribeLogDirsPartition)
                    m6.partition_index, m6.partition_size, m6.offset_lag, m6.is_future_key, tags = _unpack_iqqTB(buf, pos)
                    pos += 22
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
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
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v3(buf: memoryview, pos: int) -> DescribeLogDirsResponse:
    end = len(buf)
    try:
        m = new(DescribeLogDirsResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeLogDirsResponse.results", n)
        if n * 5 > end - pos:
            too_many("DescribeLogDirsResponse.results", n)
        items1: list[DescribeLogDirsResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(DescribeLogDirsResult)
            m2.total_bytes = -1
            m2.usable_bytes = -1
            m2.is_cordoned = False
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeLogDirsResult.log_dir", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeLogDirsResult.log_dir")
            m2.log_dir = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeLogDirsResult.topics", n)
            if n * 3 > end - pos:
                too_many("DescribeLogDirsResult.topics", n)
            items3: list[DescribeLogDirsTopic] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(DescribeLogDirsTopic)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeLogDirsTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeLogDirsTopic.name")
                m4.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeLogDirsTopic.partitions", n)
                if n * 22 > end - pos:
                    too_many("DescribeLogDirsTopic.partitions", n)
                items5: list[DescribeLogDirsPartition] = []
                m4.partitions = items5
                for _ in range(n):
                    m6 = new(DescribeLogDirsPartition)
                    m6.partition_index, m6.partition_size, m6.offset_lag, m6.is_future_key, tags = _unpack_iqqTB(buf, pos)
                    pos += 22
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
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
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v4(buf: memoryview, pos: int) -> DescribeLogDirsResponse:
    end = len(buf)
    try:
        m = new(DescribeLogDirsResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeLogDirsResponse.results", n)
        if n * 21 > end - pos:
            too_many("DescribeLogDirsResponse.results", n)
        items1: list[DescribeLogDirsResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(DescribeLogDirsResult)
            m2.is_cordoned = False
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeLogDirsResult.log_dir", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeLogDirsResult.log_dir")
            m2.log_dir = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeLogDirsResult.topics", n)
            if n * 3 > end - pos:
                too_many("DescribeLogDirsResult.topics", n)
            items3: list[DescribeLogDirsTopic] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(DescribeLogDirsTopic)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeLogDirsTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeLogDirsTopic.name")
                m4.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeLogDirsTopic.partitions", n)
                if n * 22 > end - pos:
                    too_many("DescribeLogDirsTopic.partitions", n)
                items5: list[DescribeLogDirsPartition] = []
                m4.partitions = items5
                for _ in range(n):
                    m6 = new(DescribeLogDirsPartition)
                    m6.partition_index, m6.partition_size, m6.offset_lag, m6.is_future_key, tags = _unpack_iqqTB(buf, pos)
                    pos += 22
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
            m2.total_bytes, m2.usable_bytes, tags = _unpack_qqB(buf, pos)
            pos += 17
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


def decode_response_v5(buf: memoryview, pos: int) -> DescribeLogDirsResponse:
    end = len(buf)
    try:
        m = new(DescribeLogDirsResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeLogDirsResponse.results", n)
        if n * 22 > end - pos:
            too_many("DescribeLogDirsResponse.results", n)
        items1: list[DescribeLogDirsResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(DescribeLogDirsResult)
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeLogDirsResult.log_dir", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeLogDirsResult.log_dir")
            m2.log_dir = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeLogDirsResult.topics", n)
            if n * 3 > end - pos:
                too_many("DescribeLogDirsResult.topics", n)
            items3: list[DescribeLogDirsTopic] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(DescribeLogDirsTopic)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeLogDirsTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeLogDirsTopic.name")
                m4.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeLogDirsTopic.partitions", n)
                if n * 22 > end - pos:
                    too_many("DescribeLogDirsTopic.partitions", n)
                items5: list[DescribeLogDirsPartition] = []
                m4.partitions = items5
                for _ in range(n):
                    m6 = new(DescribeLogDirsPartition)
                    m6.partition_index, m6.partition_size, m6.offset_lag, m6.is_future_key, tags = _unpack_iqqTB(buf, pos)
                    pos += 22
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
            m2.total_bytes, m2.usable_bytes, m2.is_cordoned, tags = _unpack_qqTB(buf, pos)
            pos += 18
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


def encode_request_v1(m: DescribeLogDirsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = -1 if items1 is None else len(items1)
        out += _pack_i(n)
        for m2 in items1 or ():
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            ints = m2.partitions
            n = len(ints)
            if n < 32:
                out += PACK_INT32S[n](n, *ints)
            else:
                put_array(out, "i", ints)
    except UNENCODABLE as error:
        raise unencodable("DescribeLogDirsRequest", error) from error


def encode_request_v2(m: DescribeLogDirsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = 0 if items1 is None else len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1 or ():
            data = m2.topic.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            ints = m2.partitions
            n = len(ints)
            if n < 32:
                out += PACK_COMPACT_INT32S[n](n + 1, *ints)
            else:
                put_compact_array(out, "i", ints)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeLogDirsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DescribeLogDirsResponse]] = {
    1: decode_response_v1,
    2: decode_response_v2,
    3: decode_response_v3,
    4: decode_response_v4,
    5: decode_response_v5,
}


ENCODE_REQUEST: dict[int, Callable[[DescribeLogDirsRequest, Writer], None]] = {
    1: encode_request_v1,
    2: encode_request_v2,
    3: encode_request_v2,
    4: encode_request_v2,
    5: encode_request_v2,
}
