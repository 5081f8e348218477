"""OffsetFetch (API key 9): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.base import (
    NIL_UUID,
)
from broker.wire.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchResponse,
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartition,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
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
    null_not_allowed,
    put_array,
    put_compact_array,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_UB = struct.Struct(">16sB").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_unpack_iqh = struct.Struct(">iqh").unpack_from
_unpack_iqiB = struct.Struct(">iqiB").unpack_from
_unpack_iqih = struct.Struct(">iqih").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_Tx = struct.Struct(">?x").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack


def decode_response_v1(buf: memoryview, pos: int) -> OffsetFetchResponse:
    end = len(buf)
    try:
        m = new(OffsetFetchResponse)
        m.throttle_time_ms = 0
        m.error_code = 0
        m.groups = []
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("OffsetFetchResponse.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetFetchResponse.topics", n)
        items1: list[OffsetFetchResponseTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetFetchResponseTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetFetchResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetFetchResponseTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetFetchResponseTopic.partitions", n)
            if n * 16 > end - pos:
                too_many("OffsetFetchResponseTopic.partitions", n)
            items3: list[OffsetFetchResponsePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetFetchResponsePartition)
                m4.committed_leader_epoch = -1
                m4.partition_index, m4.committed_offset, n = _unpack_iqh(buf, pos)
                pos += 14
                if n == -1:
                    m4.metadata = None
                else:
                    if n < 0:
                        bad_length("OffsetFetchResponsePartition.metadata", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("OffsetFetchResponsePartition.metadata")
                    m4.metadata = buf[at:pos].tobytes().decode()
                (m4.error_code,) = _unpack_h(buf, pos)
                pos += 2
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> OffsetFetchResponse:
    end = len(buf)
    try:
        m = new(OffsetFetchResponse)
        m.throttle_time_ms = 0
        m.groups = []
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("OffsetFetchResponse.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetFetchResponse.topics", n)
        items1: list[OffsetFetchResponseTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetFetchResponseTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetFetchResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetFetchResponseTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetFetchResponseTopic.partitions", n)
            if n * 16 > end - pos:
                too_many("OffsetFetchResponseTopic.partitions", n)
            items3: list[OffsetFetchResponsePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetFetchResponsePartition)
                m4.committed_leader_epoch = -1
                m4.partition_index, m4.committed_offset, n = _unpack_iqh(buf, pos)
                pos += 14
                if n == -1:
                    m4.metadata = None
                else:
                    if n < 0:
                        bad_length("OffsetFetchResponsePartition.metadata", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("OffsetFetchResponsePartition.metadata")
                    m4.metadata = buf[at:pos].tobytes().decode()
                (m4.error_code,) = _unpack_h(buf, pos)
                pos += 2
                items3.append(m4)
            items1.append(m2)
        (m.error_code,) = _unpack_h(buf, pos)
        pos += 2
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v3(buf: memoryview, pos: int) -> OffsetFetchResponse:
    end = len(buf)
    try:
        m = new(OffsetFetchResponse)
        m.groups = []
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("OffsetFetchResponse.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetFetchResponse.topics", n)
        items1: list[OffsetFetchResponseTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetFetchResponseTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetFetchResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetFetchResponseTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetFetchResponseTopic.partitions", n)
            if n * 16 > end - pos:
                too_many("OffsetFetchResponseTopic.partitions", n)
            items3: list[OffsetFetchResponsePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetFetchResponsePartition)
                m4.committed_leader_epoch = -1
                m4.partition_index, m4.committed_offset, n = _unpack_iqh(buf, pos)
                pos += 14
                if n == -1:
                    m4.metadata = None
                else:
                    if n < 0:
                        bad_length("OffsetFetchResponsePartition.metadata", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("OffsetFetchResponsePartition.metadata")
                    m4.metadata = buf[at:pos].tobytes().decode()
                (m4.error_code,) = _unpack_h(buf, pos)
                pos += 2
                items3.append(m4)
            items1.append(m2)
        (m.error_code,) = _unpack_h(buf, pos)
        pos += 2
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v5(buf: memoryview, pos: int) -> OffsetFetchResponse:
    end = len(buf)
    try:
        m = new(OffsetFetchResponse)
        m.groups = []
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("OffsetFetchResponse.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetFetchResponse.topics", n)
        items1: list[OffsetFetchResponseTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetFetchResponseTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetFetchResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetFetchResponseTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetFetchResponseTopic.partitions", n)
            if n * 20 > end - pos:
                too_many("OffsetFetchResponseTopic.partitions", n)
            items3: list[OffsetFetchResponsePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetFetchResponsePartition)
                m4.partition_index, m4.committed_offset, m4.committed_leader_epoch, n = _unpack_iqih(buf, pos)
                pos += 18
                if n == -1:
                    m4.metadata = None
                else:
                    if n < 0:
                        bad_length("OffsetFetchResponsePartition.metadata", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("OffsetFetchResponsePartition.metadata")
                    m4.metadata = buf[at:pos].tobytes().decode()
                (m4.error_code,) = _unpack_h(buf, pos)
                pos += 2
                items3.append(m4)
            items1.append(m2)
        (m.error_code,) = _unpack_h(buf, pos)
        pos += 2
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v6(buf: memoryview, pos: int) -> OffsetFetchResponse:
    end = len(buf)
    try:
        m = new(OffsetFetchResponse)
        m.groups = []
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetFetchResponse.topics", n)
        if n * 3 > end - pos:
            too_many("OffsetFetchResponse.topics", n)
        items1: list[OffsetFetchResponseTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetFetchResponseTopic)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetFetchResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetFetchResponseTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetFetchResponseTopic.partitions", n)
            if n * 20 > end - pos:
                too_many("OffsetFetchResponseTopic.partitions", n)
            items3: list[OffsetFetchResponsePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetFetchResponsePartition)
                m4.partition_index, m4.committed_offset, m4.committed_leader_epoch, n = _unpack_iqiB(buf, pos)
                pos += 17
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.metadata = None
                else:
                    if n < 0:
                        bad_length("OffsetFetchResponsePartition.metadata", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("OffsetFetchResponsePartition.metadata")
                    m4.metadata = buf[at:pos].tobytes().decode()
                m4.error_code, tags = _unpack_hB(buf, pos)
                pos += 3
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items1.append(m2)
        m.error_code, tags = _unpack_hB(buf, pos)
        pos += 3
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v8(buf: memoryview, pos: int) -> OffsetFetchResponse:
    end = len(buf)
    try:
        m = new(OffsetFetchResponse)
        m.topics = []
        m.error_code = 0
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetFetchResponse.groups", n)
        if n * 5 > end - pos:
            too_many("OffsetFetchResponse.groups", n)
        items1: list[OffsetFetchResponseGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(OffsetFetchResponseGroup)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetFetchResponseGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetFetchResponseGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetFetchResponseGroup.topics", n)
            if n * 3 > end - pos:
                too_many("OffsetFetchResponseGroup.topics", n)
            items3: list[OffsetFetchResponseTopics] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(OffsetFetchResponseTopics)
                m4.topic_id = NIL_UUID
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("OffsetFetchResponseTopics.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("OffsetFetchResponseTopics.name")
                m4.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("OffsetFetchResponseTopics.partitions", n)
                if n * 20 > end - pos:
                    too_many("OffsetFetchResponseTopics.partitions", n)
                items5: list[OffsetFetchResponsePartitions] = []
                m4.partitions = items5
                for _ in range(n):
                    m6 = new(OffsetFetchResponsePartitions)
                    m6.partition_index, m6.committed_offset, m6.committed_leader_epoch, n = _unpack_iqiB(buf, pos)
                    pos += 17
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n == -1:
                        m6.metadata = None
                    else:
                        if n < 0:
                            bad_length("OffsetFetchResponsePartitions.metadata", n)
                        at = pos
                        pos += n
                        if pos > end:
                            truncated("OffsetFetchResponsePartitions.metadata")
                        m6.metadata = buf[at:pos].tobytes().decode()
                    m6.error_code, tags = _unpack_hB(buf, pos)
                    pos += 3
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
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


def decode_response_v10(buf: memoryview, pos: int) -> OffsetFetchResponse:
    end = len(buf)
    try:
        m = new(OffsetFetchResponse)
        m.topics = []
        m.error_code = 0
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetFetchResponse.groups", n)
        if n * 5 > end - pos:
            too_many("OffsetFetchResponse.groups", n)
        items1: list[OffsetFetchResponseGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(OffsetFetchResponseGroup)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetFetchResponseGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetFetchResponseGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetFetchResponseGroup.topics", n)
            if n * 18 > end - pos:
                too_many("OffsetFetchResponseGroup.topics", n)
            items3: list[OffsetFetchResponseTopics] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(OffsetFetchResponseTopics)
                m4.name = ""
                m4.topic_id, n = _unpack_UB(buf, pos)
                pos += 17
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("OffsetFetchResponseTopics.partitions", n)
                if n * 20 > end - pos:
                    too_many("OffsetFetchResponseTopics.partitions", n)
                items5: list[OffsetFetchResponsePartitions] = []
                m4.partitions = items5
                for _ in range(n):
                    m6 = new(OffsetFetchResponsePartitions)
                    m6.partition_index, m6.committed_offset, m6.committed_leader_epoch, n = _unpack_iqiB(buf, pos)
                    pos += 17
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n == -1:
                        m6.metadata = None
                    else:
                        if n < 0:
                            bad_length("OffsetFetchResponsePartitions.metadata", n)
                        at = pos
                        pos += n
                        if pos > end:
                            truncated("OffsetFetchResponsePartitions.metadata")
                        m6.metadata = buf[at:pos].tobytes().decode()
                    m6.error_code, tags = _unpack_hB(buf, pos)
                    pos += 3
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
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


def encode_request_v1(m: OffsetFetchRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        items1 = m.topics
        if items1 is None:
            null_not_allowed("topics")
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            ints = m2.partition_indexes
            n = len(ints)
            if n < 32:
                out += PACK_INT32S[n](n, *ints)
            else:
                put_array(out, "i", ints)
    except UNENCODABLE as error:
        raise unencodable("OffsetFetchRequest", error) from error


def encode_request_v2(m: OffsetFetchRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        items1 = m.topics
        n = -1 if items1 is None else len(items1)
        out += _pack_i(n)
        for m2 in items1 or ():
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            ints = m2.partition_indexes
            n = len(ints)
            if n < 32:
                out += PACK_INT32S[n](n, *ints)
            else:
                put_array(out, "i", ints)
    except UNENCODABLE as error:
        raise unencodable("OffsetFetchRequest", error) from error


def encode_request_v6(m: OffsetFetchRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        items1 = m.topics
        n = 0 if items1 is None else len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1 or ():
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            ints = m2.partition_indexes
            n = len(ints)
            if n < 32:
                out += PACK_COMPACT_INT32S[n](n + 1, *ints)
            else:
                put_compact_array(out, "i", ints)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("OffsetFetchRequest", error) from error


def encode_request_v7(m: OffsetFetchRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        items1 = m.topics
        n = 0 if items1 is None else len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1 or ():
            data = m2.name.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            ints = m2.partition_indexes
            n = len(ints)
            if n < 32:
                out += PACK_COMPACT_INT32S[n](n + 1, *ints)
            else:
                put_compact_array(out, "i", ints)
            out.append(0)
        out += _pack_Tx(m.require_stable)
    except UNENCODABLE as error:
        raise unencodable("OffsetFetchRequest", error) from error


def encode_request_v8(m: OffsetFetchRequest, writer: Writer) -> None:
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
                data = m4.name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                ints = m4.partition_indexes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out.append(0)
        out += _pack_Tx(m.require_stable)
    except UNENCODABLE as error:
        raise unencodable("OffsetFetchRequest", error) from error


def encode_request_v9(m: OffsetFetchRequest, writer: Writer) -> None:
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
            text = m2.member_id
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
            items3 = m2.topics
            n = 0 if items3 is None else len(items3) + 1
            if n < 128:
                out += _pack_iB(m2.member_epoch, n)
            else:
                out += _pack_i(m2.member_epoch)
                put_uvarint(out, n)
            for m4 in items3 or ():
                data = m4.name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                ints = m4.partition_indexes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out.append(0)
        out += _pack_Tx(m.require_stable)
    except UNENCODABLE as error:
        raise unencodable("OffsetFetchRequest", error) from error


def encode_request_v10(m: OffsetFetchRequest, writer: Writer) -> None:
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
            text = m2.member_id
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
            items3 = m2.topics
            n = 0 if items3 is None else len(items3) + 1
            if n < 128:
                out += _pack_iB(m2.member_epoch, n)
            else:
                out += _pack_i(m2.member_epoch)
                put_uvarint(out, n)
            for m4 in items3 or ():
                out += _pack_U(m4.topic_id)
                ints = m4.partition_indexes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out.append(0)
        out += _pack_Tx(m.require_stable)
    except UNENCODABLE as error:
        raise unencodable("OffsetFetchRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], OffsetFetchResponse]] = {
    1: decode_response_v1,
    2: decode_response_v2,
    3: decode_response_v3,
    4: decode_response_v3,
    5: decode_response_v5,
    6: decode_response_v6,
    7: decode_response_v6,
    8: decode_response_v8,
    9: decode_response_v8,
    10: decode_response_v10,
}


ENCODE_REQUEST: dict[int, Callable[[OffsetFetchRequest, Writer], None]] = {
    1: encode_request_v1,
    2: encode_request_v2,
    3: encode_request_v2,
    4: encode_request_v2,
    5: encode_request_v2,
    6: encode_request_v6,
    7: encode_request_v7,
    8: encode_request_v8,
    9: encode_request_v9,
    10: encode_request_v10,
}
