"""DescribeLogDirs (API key 35): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_log_dirs import (
    DescribeLogDirsRequest,
    DescribeLogDirsRequestDescribableLogDirTopic,
    DescribeLogDirsResponse,
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
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hh = struct.Struct(">hh").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_ii = struct.Struct(">ii").pack
_pack_iqqT = struct.Struct(">iqq?").pack
_pack_iqqTx = struct.Struct(">iqq?x").pack
_pack_qqTx = struct.Struct(">qq?x").pack
_pack_qqx = struct.Struct(">qqx").pack


def decode_request_v1(buf: memoryview, pos: int) -> DescribeLogDirsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeLogDirsRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n == -1:
            m.topics = None
        else:
            if n < 0:
                bad_length("DescribeLogDirsRequest.topics", n)
            if n * 6 > end - pos:
                too_many("DescribeLogDirsRequest.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("DescribeLogDirsRequest.topics")
            items1: list[DescribeLogDirsRequestDescribableLogDirTopic] = []
            m.topics = items1
            for _ in range(n):
                m2 = new(DescribeLogDirsRequestDescribableLogDirTopic)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("DescribeLogDirsRequestDescribableLogDirTopic.topic", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeLogDirsRequestDescribableLogDirTopic.topic")
                m2.topic = buf[at:pos].tobytes().decode()
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("DescribeLogDirsRequestDescribableLogDirTopic.partitions", n)
                if n * 4 > end - pos:
                    too_many("DescribeLogDirsRequestDescribableLogDirTopic.partitions", n)
                left -= n
                if left < 0:
                    too_many_in_all("DescribeLogDirsRequestDescribableLogDirTopic.partitions")
                m2.partitions = read_int32s(buf, pos, n)
                pos += n * 4
                items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> DescribeLogDirsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeLogDirsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.topics = None
        else:
            if n < 0:
                bad_length("DescribeLogDirsRequest.topics", n)
            if n * 3 > end - pos:
                too_many("DescribeLogDirsRequest.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("DescribeLogDirsRequest.topics")
            items1: list[DescribeLogDirsRequestDescribableLogDirTopic] = []
            m.topics = items1
            for _ in range(n):
                m2 = new(DescribeLogDirsRequestDescribableLogDirTopic)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeLogDirsRequestDescribableLogDirTopic.topic", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeLogDirsRequestDescribableLogDirTopic.topic")
                m2.topic = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeLogDirsRequestDescribableLogDirTopic.partitions", n)
                if n * 4 > end - pos:
                    too_many("DescribeLogDirsRequestDescribableLogDirTopic.partitions", n)
                left -= n
                if left < 0:
                    too_many_in_all("DescribeLogDirsRequestDescribableLogDirTopic.partitions")
                m2.partitions = read_int32s(buf, pos, n)
                pos += n * 4
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


def encode_response_v1(m: DescribeLogDirsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.results
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.log_dir.encode()
            n = len(data)
            out += _pack_hh(m2.error_code, n)
            out += data
            items3 = m2.topics
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                data = m4.name.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                items5 = m4.partitions
                n = len(items5)
                out += _pack_i(n)
                for m6 in items5:
                    out += _pack_iqqT(m6.partition_index, m6.partition_size, m6.offset_lag, m6.is_future_key)
    except UNENCODABLE as error:
        raise unencodable("DescribeLogDirsResponse", error) from error


def encode_response_v2(m: DescribeLogDirsResponse, writer: Writer) -> None:
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
            data = m2.log_dir.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_hB(m2.error_code, n)
            else:
                out += _pack_h(m2.error_code)
                put_string_length(out, n)
            out += data
            items3 = m2.topics
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                items5 = m4.partitions
                n = len(items5) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                for m6 in items5:
                    out += _pack_iqqTx(m6.partition_index, m6.partition_size, m6.offset_lag, m6.is_future_key)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeLogDirsResponse", error) from error


def encode_response_v3(m: DescribeLogDirsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.results
        n = len(items1) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.log_dir.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_hB(m2.error_code, n)
            else:
                out += _pack_h(m2.error_code)
                put_string_length(out, n)
            out += data
            items3 = m2.topics
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                items5 = m4.partitions
                n = len(items5) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                for m6 in items5:
                    out += _pack_iqqTx(m6.partition_index, m6.partition_size, m6.offset_lag, m6.is_future_key)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeLogDirsResponse", error) from error


def encode_response_v4(m: DescribeLogDirsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.results
        n = len(items1) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.log_dir.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_hB(m2.error_code, n)
            else:
                out += _pack_h(m2.error_code)
                put_string_length(out, n)
            out += data
            items3 = m2.topics
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                items5 = m4.partitions
                n = len(items5) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                for m6 in items5:
                    out += _pack_iqqTx(m6.partition_index, m6.partition_size, m6.offset_lag, m6.is_future_key)
                out.append(0)
            out += _pack_qqx(m2.total_bytes, m2.usable_bytes)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeLogDirsResponse", error) from error


def encode_response_v5(m: DescribeLogDirsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.results
        n = len(items1) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.log_dir.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_hB(m2.error_code, n)
            else:
                out += _pack_h(m2.error_code)
                put_string_length(out, n)
            out += data
            items3 = m2.topics
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                items5 = m4.partitions
                n = len(items5) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                for m6 in items5:
                    out += _pack_iqqTx(m6.partition_index, m6.partition_size, m6.offset_lag, m6.is_future_key)
                out.append(0)
            out += _pack_qqTx(m2.total_bytes, m2.usable_bytes, m2.is_cordoned)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeLogDirsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DescribeLogDirsRequest]] = {
    1: decode_request_v1,
    2: decode_request_v2,
    3: decode_request_v2,
    4: decode_request_v2,
    5: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[DescribeLogDirsResponse, Writer], None]] = {
    1: encode_response_v1,
    2: encode_response_v2,
    3: encode_response_v3,
    4: encode_response_v4,
    5: encode_response_v5,
}
