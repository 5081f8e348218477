"""DescribeShareGroupOffsets (API key 90): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_share_group_offsets import (
    DescribeShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsResponse,
    DescribeShareGroupOffsetsResponseGroup,
    DescribeShareGroupOffsetsResponsePartition,
    DescribeShareGroupOffsetsResponseTopic,
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
    UNENCODABLE,
    Writer,
    put_compact_array,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_UB = struct.Struct(">16sB").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_iqihB = struct.Struct(">iqihB").unpack_from
_unpack_iqiqhB = struct.Struct(">iqiqhB").unpack_from


def decode_response_v0(buf: memoryview, pos: int) -> DescribeShareGroupOffsetsResponse:
    end = len(buf)
    try:
        m = new(DescribeShareGroupOffsetsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeShareGroupOffsetsResponse.groups", n)
        if n * 6 > end - pos:
            too_many("DescribeShareGroupOffsetsResponse.groups", n)
        items1: list[DescribeShareGroupOffsetsResponseGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(DescribeShareGroupOffsetsResponseGroup)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeShareGroupOffsetsResponseGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeShareGroupOffsetsResponseGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeShareGroupOffsetsResponseGroup.topics", n)
            if n * 19 > end - pos:
                too_many("DescribeShareGroupOffsetsResponseGroup.topics", n)
            items3: list[DescribeShareGroupOffsetsResponseTopic] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(DescribeShareGroupOffsetsResponseTopic)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeShareGroupOffsetsResponseTopic.topic_name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeShareGroupOffsetsResponseTopic.topic_name")
                m4.topic_name = buf[at:pos].tobytes().decode()
                m4.topic_id, n = _unpack_UB(buf, pos)
                pos += 17
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeShareGroupOffsetsResponseTopic.partitions", n)
                if n * 20 > end - pos:
                    too_many("DescribeShareGroupOffsetsResponseTopic.partitions", n)
                items5: list[DescribeShareGroupOffsetsResponsePartition] = []
                m4.partitions = items5
                for _ in range(n):
                    m6 = new(DescribeShareGroupOffsetsResponsePartition)
                    m6.lag = -1
                    m6.partition_index, m6.start_offset, m6.leader_epoch, m6.error_code, n = _unpack_iqihB(buf, pos)
                    pos += 19
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n == -1:
                        m6.error_message = None
                    else:
                        if n < 0:
                            bad_length("DescribeShareGroupOffsetsResponsePartition.error_message", n)
                        at = pos
                        pos += n
                        if pos > end:
                            truncated("DescribeShareGroupOffsetsResponsePartition.error_message")
                        m6.error_message = buf[at:pos].tobytes().decode()
                    tags = buf[pos]
                    pos += 1
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("DescribeShareGroupOffsetsResponseGroup.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeShareGroupOffsetsResponseGroup.error_message")
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


def decode_response_v1(buf: memoryview, pos: int) -> DescribeShareGroupOffsetsResponse:
    end = len(buf)
    try:
        m = new(DescribeShareGroupOffsetsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeShareGroupOffsetsResponse.groups", n)
        if n * 6 > end - pos:
            too_many("DescribeShareGroupOffsetsResponse.groups", n)
        items1: list[DescribeShareGroupOffsetsResponseGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(DescribeShareGroupOffsetsResponseGroup)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeShareGroupOffsetsResponseGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeShareGroupOffsetsResponseGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeShareGroupOffsetsResponseGroup.topics", n)
            if n * 19 > end - pos:
                too_many("DescribeShareGroupOffsetsResponseGroup.topics", n)
            items3: list[DescribeShareGroupOffsetsResponseTopic] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(DescribeShareGroupOffsetsResponseTopic)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeShareGroupOffsetsResponseTopic.topic_name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeShareGroupOffsetsResponseTopic.topic_name")
                m4.topic_name = buf[at:pos].tobytes().decode()
                m4.topic_id, n = _unpack_UB(buf, pos)
                pos += 17
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeShareGroupOffsetsResponseTopic.partitions", n)
                if n * 28 > end - pos:
                    too_many("DescribeShareGroupOffsetsResponseTopic.partitions", n)
                items5: list[DescribeShareGroupOffsetsResponsePartition] = []
                m4.partitions = items5
                for _ in range(n):
                    m6 = new(DescribeShareGroupOffsetsResponsePartition)
                    m6.partition_index, m6.start_offset, m6.leader_epoch, m6.lag, m6.error_code, n = _unpack_iqiqhB(buf, pos)
                    pos += 27
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n == -1:
                        m6.error_message = None
                    else:
                        if n < 0:
                            bad_length("DescribeShareGroupOffsetsResponsePartition.error_message", n)
                        at = pos
                        pos += n
                        if pos > end:
                            truncated("DescribeShareGroupOffsetsResponsePartition.error_message")
                        m6.error_message = buf[at:pos].tobytes().decode()
                    tags = buf[pos]
                    pos += 1
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("DescribeShareGroupOffsetsResponseGroup.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeShareGroupOffsetsResponseGroup.error_message")
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


def encode_request_v0(m: DescribeShareGroupOffsetsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
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
            n = 0 if items3 is None else len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3 or ():
                data = m4.topic_name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                ints = m4.partitions
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeShareGroupOffsetsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DescribeShareGroupOffsetsResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
}


ENCODE_REQUEST: dict[int, Callable[[DescribeShareGroupOffsetsRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
}
