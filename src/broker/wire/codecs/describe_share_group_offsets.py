"""DescribeShareGroupOffsets (API key 90): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_share_group_offsets import (
    DescribeShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsRequestGroup,
    DescribeShareGroupOffsetsRequestTopic,
    DescribeShareGroupOffsetsResponse,
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
_pack_U = struct.Struct(">16s").pack
_pack_UB = struct.Struct(">16sB").pack
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_iqih = struct.Struct(">iqih").pack
_pack_iqihB = struct.Struct(">iqihB").pack
_pack_iqiqh = struct.Struct(">iqiqh").pack
_pack_iqiqhB = struct.Struct(">iqiqhB").pack


def decode_request_v0(buf: memoryview, pos: int) -> DescribeShareGroupOffsetsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeShareGroupOffsetsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeShareGroupOffsetsRequest.groups", n)
        if n * 3 > end - pos:
            too_many("DescribeShareGroupOffsetsRequest.groups", n)
        left -= n
        if left < 0:
            too_many_in_all("DescribeShareGroupOffsetsRequest.groups")
        items1: list[DescribeShareGroupOffsetsRequestGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(DescribeShareGroupOffsetsRequestGroup)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeShareGroupOffsetsRequestGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeShareGroupOffsetsRequestGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.topics = None
            else:
                if n < 0:
                    bad_length("DescribeShareGroupOffsetsRequestGroup.topics", n)
                if n * 3 > end - pos:
                    too_many("DescribeShareGroupOffsetsRequestGroup.topics", n)
                left -= n
                if left < 0:
                    too_many_in_all("DescribeShareGroupOffsetsRequestGroup.topics")
                items3: list[DescribeShareGroupOffsetsRequestTopic] = []
                m2.topics = items3
                for _ in range(n):
                    m4 = new(DescribeShareGroupOffsetsRequestTopic)
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("DescribeShareGroupOffsetsRequestTopic.topic_name", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeShareGroupOffsetsRequestTopic.topic_name")
                    m4.topic_name = buf[at:pos].tobytes().decode()
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("DescribeShareGroupOffsetsRequestTopic.partitions", n)
                    if n * 4 > end - pos:
                        too_many("DescribeShareGroupOffsetsRequestTopic.partitions", n)
                    left -= n
                    if left < 0:
                        too_many_in_all("DescribeShareGroupOffsetsRequestTopic.partitions")
                    m4.partitions = read_int32s(buf, pos, n)
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
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: DescribeShareGroupOffsetsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.group_id.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.topics
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.topic_name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                items5 = m4.partitions
                n = len(items5) + 1
                if n < 128:
                    out += _pack_UB(m4.topic_id, n)
                else:
                    out += _pack_U(m4.topic_id)
                    put_uvarint(out, n)
                for m6 in items5:
                    text = m6.error_message
                    if text is None:
                        data = b""
                        n = 0
                    else:
                        data = text.encode()
                        n = len(data) + 1
                    if n < 128:
                        out += _pack_iqihB(m6.partition_index, m6.start_offset, m6.leader_epoch, m6.error_code, n)
                    else:
                        out += _pack_iqih(m6.partition_index, m6.start_offset, m6.leader_epoch, m6.error_code)
                        put_string_length(out, n)
                    out += data
                    out.append(0)
                out.append(0)
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
        raise unencodable("DescribeShareGroupOffsetsResponse", error) from error


def encode_response_v1(m: DescribeShareGroupOffsetsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.group_id.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.topics
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.topic_name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                items5 = m4.partitions
                n = len(items5) + 1
                if n < 128:
                    out += _pack_UB(m4.topic_id, n)
                else:
                    out += _pack_U(m4.topic_id)
                    put_uvarint(out, n)
                for m6 in items5:
                    text = m6.error_message
                    if text is None:
                        data = b""
                        n = 0
                    else:
                        data = text.encode()
                        n = len(data) + 1
                    if n < 128:
                        out += _pack_iqiqhB(m6.partition_index, m6.start_offset, m6.leader_epoch, m6.lag, m6.error_code, n)
                    else:
                        out += _pack_iqiqh(m6.partition_index, m6.start_offset, m6.leader_epoch, m6.lag, m6.error_code)
                        put_string_length(out, n)
                    out += data
                    out.append(0)
                out.append(0)
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
        raise unencodable("DescribeShareGroupOffsetsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DescribeShareGroupOffsetsRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
}


ENCODE_RESPONSE: dict[int, Callable[[DescribeShareGroupOffsetsResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
}
