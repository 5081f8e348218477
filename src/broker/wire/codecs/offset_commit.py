"""OffsetCommit (API key 8): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.base import (
    NIL_UUID,
)
from broker.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
    OffsetCommitResponse,
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
_unpack_UB = struct.Struct(">16sB").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ih = struct.Struct(">ih").unpack_from
_unpack_iqh = struct.Struct(">iqh").unpack_from
_unpack_iqiB = struct.Struct(">iqiB").unpack_from
_unpack_iqih = struct.Struct(">iqih").unpack_from
_unpack_qi = struct.Struct(">qi").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_UB = struct.Struct(">16sB").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihx = struct.Struct(">ihx").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v2(buf: memoryview, pos: int) -> OffsetCommitRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetCommitRequest)
        m.group_instance_id = None
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("OffsetCommitRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetCommitRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.generation_id_or_member_epoch, n = _unpack_ih(buf, pos)
        pos += 6
        if n < 0:
            bad_length("OffsetCommitRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetCommitRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        m.retention_time_ms, n = _unpack_qi(buf, pos)
        pos += 12
        if n < 0:
            bad_length("OffsetCommitRequest.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetCommitRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("OffsetCommitRequest.topics")
        items1: list[OffsetCommitRequestTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetCommitRequestTopic)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetCommitRequestTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetCommitRequestTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetCommitRequestTopic.partitions", n)
            if n * 14 > end - pos:
                too_many("OffsetCommitRequestTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("OffsetCommitRequestTopic.partitions")
            items3: list[OffsetCommitRequestPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetCommitRequestPartition)
                m4.committed_leader_epoch = -1
                m4.partition_index, m4.committed_offset, n = _unpack_iqh(buf, pos)
                pos += 14
                if n == -1:
                    m4.committed_metadata = None
                else:
                    if n < 0:
                        bad_length("OffsetCommitRequestPartition.committed_metadata", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("OffsetCommitRequestPartition.committed_metadata")
                    m4.committed_metadata = buf[at:pos].tobytes().decode()
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v5(buf: memoryview, pos: int) -> OffsetCommitRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetCommitRequest)
        m.group_instance_id = None
        m.retention_time_ms = -1
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("OffsetCommitRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetCommitRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.generation_id_or_member_epoch, n = _unpack_ih(buf, pos)
        pos += 6
        if n < 0:
            bad_length("OffsetCommitRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetCommitRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("OffsetCommitRequest.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetCommitRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("OffsetCommitRequest.topics")
        items1: list[OffsetCommitRequestTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetCommitRequestTopic)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetCommitRequestTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetCommitRequestTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetCommitRequestTopic.partitions", n)
            if n * 14 > end - pos:
                too_many("OffsetCommitRequestTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("OffsetCommitRequestTopic.partitions")
            items3: list[OffsetCommitRequestPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetCommitRequestPartition)
                m4.committed_leader_epoch = -1
                m4.partition_index, m4.committed_offset, n = _unpack_iqh(buf, pos)
                pos += 14
                if n == -1:
                    m4.committed_metadata = None
                else:
                    if n < 0:
                        bad_length("OffsetCommitRequestPartition.committed_metadata", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("OffsetCommitRequestPartition.committed_metadata")
                    m4.committed_metadata = buf[at:pos].tobytes().decode()
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v6(buf: memoryview, pos: int) -> OffsetCommitRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetCommitRequest)
        m.group_instance_id = None
        m.retention_time_ms = -1
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("OffsetCommitRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetCommitRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.generation_id_or_member_epoch, n = _unpack_ih(buf, pos)
        pos += 6
        if n < 0:
            bad_length("OffsetCommitRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetCommitRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("OffsetCommitRequest.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetCommitRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("OffsetCommitRequest.topics")
        items1: list[OffsetCommitRequestTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetCommitRequestTopic)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetCommitRequestTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetCommitRequestTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetCommitRequestTopic.partitions", n)
            if n * 18 > end - pos:
                too_many("OffsetCommitRequestTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("OffsetCommitRequestTopic.partitions")
            items3: list[OffsetCommitRequestPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetCommitRequestPartition)
                m4.partition_index, m4.committed_offset, m4.committed_leader_epoch, n = _unpack_iqih(buf, pos)
                pos += 18
                if n == -1:
                    m4.committed_metadata = None
                else:
                    if n < 0:
                        bad_length("OffsetCommitRequestPartition.committed_metadata", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("OffsetCommitRequestPartition.committed_metadata")
                    m4.committed_metadata = buf[at:pos].tobytes().decode()
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v7(buf: memoryview, pos: int) -> OffsetCommitRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetCommitRequest)
        m.retention_time_ms = -1
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("OffsetCommitRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetCommitRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.generation_id_or_member_epoch, n = _unpack_ih(buf, pos)
        pos += 6
        if n < 0:
            bad_length("OffsetCommitRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetCommitRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n == -1:
            m.group_instance_id = None
        else:
            if n < 0:
                bad_length("OffsetCommitRequest.group_instance_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetCommitRequest.group_instance_id")
            m.group_instance_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("OffsetCommitRequest.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetCommitRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("OffsetCommitRequest.topics")
        items1: list[OffsetCommitRequestTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetCommitRequestTopic)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetCommitRequestTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetCommitRequestTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetCommitRequestTopic.partitions", n)
            if n * 18 > end - pos:
                too_many("OffsetCommitRequestTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("OffsetCommitRequestTopic.partitions")
            items3: list[OffsetCommitRequestPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetCommitRequestPartition)
                m4.partition_index, m4.committed_offset, m4.committed_leader_epoch, n = _unpack_iqih(buf, pos)
                pos += 18
                if n == -1:
                    m4.committed_metadata = None
                else:
                    if n < 0:
                        bad_length("OffsetCommitRequestPartition.committed_metadata", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("OffsetCommitRequestPartition.committed_metadata")
                    m4.committed_metadata = buf[at:pos].tobytes().decode()
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v8(buf: memoryview, pos: int) -> OffsetCommitRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetCommitRequest)
        m.retention_time_ms = -1
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetCommitRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetCommitRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.generation_id_or_member_epoch, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetCommitRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetCommitRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.group_instance_id = None
        else:
            if n < 0:
                bad_length("OffsetCommitRequest.group_instance_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetCommitRequest.group_instance_id")
            m.group_instance_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetCommitRequest.topics", n)
        if n * 3 > end - pos:
            too_many("OffsetCommitRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("OffsetCommitRequest.topics")
        items1: list[OffsetCommitRequestTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetCommitRequestTopic)
            m2.topic_id = NIL_UUID
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetCommitRequestTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetCommitRequestTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetCommitRequestTopic.partitions", n)
            if n * 18 > end - pos:
                too_many("OffsetCommitRequestTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("OffsetCommitRequestTopic.partitions")
            items3: list[OffsetCommitRequestPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetCommitRequestPartition)
                m4.partition_index, m4.committed_offset, m4.committed_leader_epoch, n = _unpack_iqiB(buf, pos)
                pos += 17
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.committed_metadata = None
                else:
                    if n < 0:
                        bad_length("OffsetCommitRequestPartition.committed_metadata", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("OffsetCommitRequestPartition.committed_metadata")
                    m4.committed_metadata = buf[at:pos].tobytes().decode()
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


def decode_request_v10(buf: memoryview, pos: int) -> OffsetCommitRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetCommitRequest)
        m.retention_time_ms = -1
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetCommitRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetCommitRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        m.generation_id_or_member_epoch, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetCommitRequest.member_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetCommitRequest.member_id")
        m.member_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.group_instance_id = None
        else:
            if n < 0:
                bad_length("OffsetCommitRequest.group_instance_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetCommitRequest.group_instance_id")
            m.group_instance_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetCommitRequest.topics", n)
        if n * 18 > end - pos:
            too_many("OffsetCommitRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("OffsetCommitRequest.topics")
        items1: list[OffsetCommitRequestTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetCommitRequestTopic)
            m2.name = ""
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetCommitRequestTopic.partitions", n)
            if n * 18 > end - pos:
                too_many("OffsetCommitRequestTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("OffsetCommitRequestTopic.partitions")
            items3: list[OffsetCommitRequestPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetCommitRequestPartition)
                m4.partition_index, m4.committed_offset, m4.committed_leader_epoch, n = _unpack_iqiB(buf, pos)
                pos += 17
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.committed_metadata = None
                else:
                    if n < 0:
                        bad_length("OffsetCommitRequestPartition.committed_metadata", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("OffsetCommitRequestPartition.committed_metadata")
                    m4.committed_metadata = buf[at:pos].tobytes().decode()
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


def encode_response_v2(m: OffsetCommitResponse, writer: Writer) -> None:
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
                out += _pack_ih(m4.partition_index, m4.error_code)
    except UNENCODABLE as error:
        raise unencodable("OffsetCommitResponse", error) from error


def encode_response_v3(m: OffsetCommitResponse, writer: Writer) -> None:
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
                out += _pack_ih(m4.partition_index, m4.error_code)
    except UNENCODABLE as error:
        raise unencodable("OffsetCommitResponse", error) from error


def encode_response_v8(m: OffsetCommitResponse, writer: Writer) -> None:
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
                out += _pack_ihx(m4.partition_index, m4.error_code)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("OffsetCommitResponse", error) from error


def encode_response_v10(m: OffsetCommitResponse, writer: Writer) -> None:
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
            items3 = m2.partitions
            n = len(items3) + 1
            if n < 128:
                out += _pack_UB(m2.topic_id, n)
            else:
                out += _pack_U(m2.topic_id)
                put_uvarint(out, n)
            for m4 in items3:
                out += _pack_ihx(m4.partition_index, m4.error_code)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("OffsetCommitResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], OffsetCommitRequest]] = {
    2: decode_request_v2,
    3: decode_request_v2,
    4: decode_request_v2,
    5: decode_request_v5,
    6: decode_request_v6,
    7: decode_request_v7,
    8: decode_request_v8,
    9: decode_request_v8,
    10: decode_request_v10,
}


ENCODE_RESPONSE: dict[int, Callable[[OffsetCommitResponse, Writer], None]] = {
    2: encode_response_v2,
    3: encode_response_v3,
    4: encode_response_v3,
    5: encode_response_v3,
    6: encode_response_v3,
    7: encode_response_v3,
    8: encode_response_v8,
    9: encode_response_v8,
    10: encode_response_v10,
}
