"""Fetch (API key 1): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.base import (
    NIL_UUID,
)
from broker.wire.messages.fetch import (
    FetchPartition,
    FetchRequest,
    FetchRequestForgottenTopic,
    FetchRequestReplicaState,
    FetchResponse,
    FetchResponseEpochEndOffset,
    FetchResponseLeaderIdAndEpoch,
    FetchResponsePartitionData,
    FetchResponseSnapshotId,
    FetchTopic,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
    check_tag_end,
    malformed,
    read_int32s,
    read_tag,
    read_tag_count,
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
    put_tags,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_U = struct.Struct(">16s").unpack_from
_unpack_UB = struct.Struct(">16sB").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iiibiiB = struct.Struct(">iiibiiB").unpack_from
_unpack_iiiibi = struct.Struct(">iiiibi").unpack_from
_unpack_iiiibiiB = struct.Struct(">iiiibiiB").unpack_from
_unpack_iiiibiii = struct.Struct(">iiiibiii").unpack_from
_unpack_iiqiqiB = struct.Struct(">iiqiqiB").unpack_from
_unpack_iiqqi = struct.Struct(">iiqqi").unpack_from
_unpack_iqB = struct.Struct(">iqB").unpack_from
_unpack_iqi = struct.Struct(">iqi").unpack_from
_unpack_iqqi = struct.Struct(">iqqi").unpack_from
_unpack_q = struct.Struct(">q").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_UB = struct.Struct(">16sB").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ihi = struct.Struct(">ihi").pack
_pack_ihiB = struct.Struct(">ihiB").pack
_pack_ihii = struct.Struct(">ihii").pack
_pack_ihqqi = struct.Struct(">ihqqi").pack
_pack_ihqqq = struct.Struct(">ihqqq").pack
_pack_ihqqqB = struct.Struct(">ihqqqB").pack
_pack_ihqqqi = struct.Struct(">ihqqqi").pack
_pack_ii = struct.Struct(">ii").pack
_pack_iix = struct.Struct(">iix").pack
_pack_iqx = struct.Struct(">iqx").pack
_pack_qix = struct.Struct(">qix").pack
_pack_qq = struct.Struct(">qq").pack
_pack_qqx = struct.Struct(">qqx").pack
_DEFAULT_FetchResponseEpochEndOffset = FetchResponseEpochEndOffset()
_DEFAULT_FetchResponseLeaderIdAndEpoch = FetchResponseLeaderIdAndEpoch()
_DEFAULT_FetchResponseSnapshotId = FetchResponseSnapshotId()


def decode_request_v4(buf: memoryview, pos: int) -> FetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(FetchRequest)
        m.cluster_id = None
        m.replica_state = None
        m.session_id = 0
        m.session_epoch = -1
        m.forgotten_topics_data = []
        m.rack_id = ""
        m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, n = _unpack_iiiibi(buf, pos)
        pos += 21
        if n < 0:
            bad_length("FetchRequest.topics", n)
        if n * 6 > end - pos:
            too_many("FetchRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.topics")
        items1: list[FetchTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(FetchTopic)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("FetchTopic.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FetchTopic.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("FetchTopic.partitions", n)
            if n * 16 > end - pos:
                too_many("FetchTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchTopic.partitions")
            items3: list[FetchPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchPartition)
                m4.current_leader_epoch = -1
                m4.last_fetched_epoch = -1
                m4.log_start_offset = -1
                m4.replica_directory_id = NIL_UUID
                m4.high_watermark = 9223372036854775807
                m4.partition, m4.fetch_offset, m4.partition_max_bytes = _unpack_iqi(buf, pos)
                pos += 16
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v5(buf: memoryview, pos: int) -> FetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(FetchRequest)
        m.cluster_id = None
        m.replica_state = None
        m.session_id = 0
        m.session_epoch = -1
        m.forgotten_topics_data = []
        m.rack_id = ""
        m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, n = _unpack_iiiibi(buf, pos)
        pos += 21
        if n < 0:
            bad_length("FetchRequest.topics", n)
        if n * 6 > end - pos:
            too_many("FetchRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.topics")
        items1: list[FetchTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(FetchTopic)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("FetchTopic.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FetchTopic.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("FetchTopic.partitions", n)
            if n * 24 > end - pos:
                too_many("FetchTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchTopic.partitions")
            items3: list[FetchPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchPartition)
                m4.current_leader_epoch = -1
                m4.last_fetched_epoch = -1
                m4.replica_directory_id = NIL_UUID
                m4.high_watermark = 9223372036854775807
                m4.partition, m4.fetch_offset, m4.log_start_offset, m4.partition_max_bytes = _unpack_iqqi(buf, pos)
                pos += 24
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v7(buf: memoryview, pos: int) -> FetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(FetchRequest)
        m.cluster_id = None
        m.replica_state = None
        m.rack_id = ""
        m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n = _unpack_iiiibiii(buf, pos)
        pos += 29
        if n < 0:
            bad_length("FetchRequest.topics", n)
        if n * 6 > end - pos:
            too_many("FetchRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.topics")
        items1: list[FetchTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(FetchTopic)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("FetchTopic.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FetchTopic.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("FetchTopic.partitions", n)
            if n * 24 > end - pos:
                too_many("FetchTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchTopic.partitions")
            items3: list[FetchPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchPartition)
                m4.current_leader_epoch = -1
                m4.last_fetched_epoch = -1
                m4.replica_directory_id = NIL_UUID
                m4.high_watermark = 9223372036854775807
                m4.partition, m4.fetch_offset, m4.log_start_offset, m4.partition_max_bytes = _unpack_iqqi(buf, pos)
                pos += 24
                items3.append(m4)
            items1.append(m2)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("FetchRequest.forgotten_topics_data", n)
        if n * 6 > end - pos:
            too_many("FetchRequest.forgotten_topics_data", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.forgotten_topics_data")
        items5: list[FetchRequestForgottenTopic] = []
        m.forgotten_topics_data = items5
        for _ in range(n):
            m6 = new(FetchRequestForgottenTopic)
            m6.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("FetchRequestForgottenTopic.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FetchRequestForgottenTopic.topic")
            m6.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("FetchRequestForgottenTopic.partitions", n)
            if n * 4 > end - pos:
                too_many("FetchRequestForgottenTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchRequestForgottenTopic.partitions")
            m6.partitions = read_int32s(buf, pos, n)
            pos += n * 4
            items5.append(m6)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v9(buf: memoryview, pos: int) -> FetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(FetchRequest)
        m.cluster_id = None
        m.replica_state = None
        m.rack_id = ""
        m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n = _unpack_iiiibiii(buf, pos)
        pos += 29
        if n < 0:
            bad_length("FetchRequest.topics", n)
        if n * 6 > end - pos:
            too_many("FetchRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.topics")
        items1: list[FetchTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(FetchTopic)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("FetchTopic.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FetchTopic.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("FetchTopic.partitions", n)
            if n * 28 > end - pos:
                too_many("FetchTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchTopic.partitions")
            items3: list[FetchPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchPartition)
                m4.last_fetched_epoch = -1
                m4.replica_directory_id = NIL_UUID
                m4.high_watermark = 9223372036854775807
                m4.partition, m4.current_leader_epoch, m4.fetch_offset, m4.log_start_offset, m4.partition_max_bytes = _unpack_iiqqi(buf, pos)
                pos += 28
                items3.append(m4)
            items1.append(m2)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("FetchRequest.forgotten_topics_data", n)
        if n * 6 > end - pos:
            too_many("FetchRequest.forgotten_topics_data", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.forgotten_topics_data")
        items5: list[FetchRequestForgottenTopic] = []
        m.forgotten_topics_data = items5
        for _ in range(n):
            m6 = new(FetchRequestForgottenTopic)
            m6.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("FetchRequestForgottenTopic.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FetchRequestForgottenTopic.topic")
            m6.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("FetchRequestForgottenTopic.partitions", n)
            if n * 4 > end - pos:
                too_many("FetchRequestForgottenTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchRequestForgottenTopic.partitions")
            m6.partitions = read_int32s(buf, pos, n)
            pos += n * 4
            items5.append(m6)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v11(buf: memoryview, pos: int) -> FetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(FetchRequest)
        m.cluster_id = None
        m.replica_state = None
        m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n = _unpack_iiiibiii(buf, pos)
        pos += 29
        if n < 0:
            bad_length("FetchRequest.topics", n)
        if n * 6 > end - pos:
            too_many("FetchRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.topics")
        items1: list[FetchTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(FetchTopic)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("FetchTopic.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FetchTopic.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("FetchTopic.partitions", n)
            if n * 28 > end - pos:
                too_many("FetchTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchTopic.partitions")
            items3: list[FetchPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchPartition)
                m4.last_fetched_epoch = -1
                m4.replica_directory_id = NIL_UUID
                m4.high_watermark = 9223372036854775807
                m4.partition, m4.current_leader_epoch, m4.fetch_offset, m4.log_start_offset, m4.partition_max_bytes = _unpack_iiqqi(buf, pos)
                pos += 28
                items3.append(m4)
            items1.append(m2)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("FetchRequest.forgotten_topics_data", n)
        if n * 6 > end - pos:
            too_many("FetchRequest.forgotten_topics_data", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.forgotten_topics_data")
        items5: list[FetchRequestForgottenTopic] = []
        m.forgotten_topics_data = items5
        for _ in range(n):
            m6 = new(FetchRequestForgottenTopic)
            m6.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("FetchRequestForgottenTopic.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FetchRequestForgottenTopic.topic")
            m6.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("FetchRequestForgottenTopic.partitions", n)
            if n * 4 > end - pos:
                too_many("FetchRequestForgottenTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchRequestForgottenTopic.partitions")
            m6.partitions = read_int32s(buf, pos, n)
            pos += n * 4
            items5.append(m6)
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("FetchRequest.rack_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("FetchRequest.rack_id")
        m.rack_id = buf[at:pos].tobytes().decode()
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def _read_tags_FetchRequest_v12(m: FetchRequest, buf: memoryview, pos: int, end: int) -> int:
    count, pos = read_tag_count(buf, pos, end)
    tag = -1
    left = ELEMENTS_MAX
    for _ in range(count):
        tag, pos, stop = read_tag(buf, pos, end, tag)
        if tag == 0:
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m.cluster_id = None
            else:
                if n < 0:
                    bad_length("FetchRequest.cluster_id", n)
                at = pos
                pos += n
                if pos > stop:
                    truncated("FetchRequest.cluster_id")
                m.cluster_id = buf[at:pos].tobytes().decode()
        else:
            pos = stop
        check_tag_end(tag, pos, stop)
    return pos


def decode_request_v12(buf: memoryview, pos: int) -> FetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(FetchRequest)
        m.cluster_id = None
        m.replica_state = None
        m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n = _unpack_iiiibiiB(buf, pos)
        pos += 26
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchRequest.topics", n)
        if n * 3 > end - pos:
            too_many("FetchRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.topics")
        items1: list[FetchTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(FetchTopic)
            m2.topic_id = NIL_UUID
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchTopic.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FetchTopic.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchTopic.partitions", n)
            if n * 33 > end - pos:
                too_many("FetchTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchTopic.partitions")
            items3: list[FetchPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchPartition)
                m4.replica_directory_id = NIL_UUID
                m4.high_watermark = 9223372036854775807
                m4.partition, m4.current_leader_epoch, m4.fetch_offset, m4.last_fetched_epoch, m4.log_start_offset, m4.partition_max_bytes, tags = _unpack_iiqiqiB(buf, pos)
                pos += 33
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchRequest.forgotten_topics_data", n)
        if n * 3 > end - pos:
            too_many("FetchRequest.forgotten_topics_data", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.forgotten_topics_data")
        items5: list[FetchRequestForgottenTopic] = []
        m.forgotten_topics_data = items5
        for _ in range(n):
            m6 = new(FetchRequestForgottenTopic)
            m6.topic_id = NIL_UUID
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchRequestForgottenTopic.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FetchRequestForgottenTopic.topic")
            m6.topic = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchRequestForgottenTopic.partitions", n)
            if n * 4 > end - pos:
                too_many("FetchRequestForgottenTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchRequestForgottenTopic.partitions")
            m6.partitions = read_int32s(buf, pos, n)
            pos += n * 4
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items5.append(m6)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchRequest.rack_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("FetchRequest.rack_id")
        m.rack_id = buf[at:pos].tobytes().decode()
        tags = buf[pos]
        pos += 1
        if tags:
            pos = _read_tags_FetchRequest_v12(m, buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v13(buf: memoryview, pos: int) -> FetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(FetchRequest)
        m.cluster_id = None
        m.replica_state = None
        m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n = _unpack_iiiibiiB(buf, pos)
        pos += 26
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchRequest.topics", n)
        if n * 18 > end - pos:
            too_many("FetchRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.topics")
        items1: list[FetchTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(FetchTopic)
            m2.topic = ""
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchTopic.partitions", n)
            if n * 33 > end - pos:
                too_many("FetchTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchTopic.partitions")
            items3: list[FetchPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchPartition)
                m4.replica_directory_id = NIL_UUID
                m4.high_watermark = 9223372036854775807
                m4.partition, m4.current_leader_epoch, m4.fetch_offset, m4.last_fetched_epoch, m4.log_start_offset, m4.partition_max_bytes, tags = _unpack_iiqiqiB(buf, pos)
                pos += 33
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchRequest.forgotten_topics_data", n)
        if n * 18 > end - pos:
            too_many("FetchRequest.forgotten_topics_data", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.forgotten_topics_data")
        items5: list[FetchRequestForgottenTopic] = []
        m.forgotten_topics_data = items5
        for _ in range(n):
            m6 = new(FetchRequestForgottenTopic)
            m6.topic = ""
            m6.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchRequestForgottenTopic.partitions", n)
            if n * 4 > end - pos:
                too_many("FetchRequestForgottenTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchRequestForgottenTopic.partitions")
            m6.partitions = read_int32s(buf, pos, n)
            pos += n * 4
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items5.append(m6)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchRequest.rack_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("FetchRequest.rack_id")
        m.rack_id = buf[at:pos].tobytes().decode()
        tags = buf[pos]
        pos += 1
        if tags:
            pos = _read_tags_FetchRequest_v12(m, buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def _read_tags_FetchRequest_v15(m: FetchRequest, buf: memoryview, pos: int, end: int) -> int:
    count, pos = read_tag_count(buf, pos, end)
    tag = -1
    left = ELEMENTS_MAX
    for _ in range(count):
        tag, pos, stop = read_tag(buf, pos, end, tag)
        if tag == 0:
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m.cluster_id = None
            else:
                if n < 0:
                    bad_length("FetchRequest.cluster_id", n)
                at = pos
                pos += n
                if pos > stop:
                    truncated("FetchRequest.cluster_id")
                m.cluster_id = buf[at:pos].tobytes().decode()
        elif tag == 1:
            m1 = new(FetchRequestReplicaState)
            m1.replica_id, m1.replica_epoch, tags = _unpack_iqB(buf, pos)
            pos += 13
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, stop, left)
            m.replica_state = m1
        else:
            pos = stop
        check_tag_end(tag, pos, stop)
    return pos


def decode_request_v15(buf: memoryview, pos: int) -> FetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(FetchRequest)
        m.cluster_id = None
        m.replica_id = -1
        m.replica_state = None
        m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n = _unpack_iiibiiB(buf, pos)
        pos += 22
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchRequest.topics", n)
        if n * 18 > end - pos:
            too_many("FetchRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.topics")
        items1: list[FetchTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(FetchTopic)
            m2.topic = ""
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchTopic.partitions", n)
            if n * 33 > end - pos:
                too_many("FetchTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchTopic.partitions")
            items3: list[FetchPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchPartition)
                m4.replica_directory_id = NIL_UUID
                m4.high_watermark = 9223372036854775807
                m4.partition, m4.current_leader_epoch, m4.fetch_offset, m4.last_fetched_epoch, m4.log_start_offset, m4.partition_max_bytes, tags = _unpack_iiqiqiB(buf, pos)
                pos += 33
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchRequest.forgotten_topics_data", n)
        if n * 18 > end - pos:
            too_many("FetchRequest.forgotten_topics_data", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.forgotten_topics_data")
        items5: list[FetchRequestForgottenTopic] = []
        m.forgotten_topics_data = items5
        for _ in range(n):
            m6 = new(FetchRequestForgottenTopic)
            m6.topic = ""
            m6.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchRequestForgottenTopic.partitions", n)
            if n * 4 > end - pos:
                too_many("FetchRequestForgottenTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchRequestForgottenTopic.partitions")
            m6.partitions = read_int32s(buf, pos, n)
            pos += n * 4
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items5.append(m6)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchRequest.rack_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("FetchRequest.rack_id")
        m.rack_id = buf[at:pos].tobytes().decode()
        tags = buf[pos]
        pos += 1
        if tags:
            pos = _read_tags_FetchRequest_v15(m, buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def _read_tags_FetchPartition_v17(m: FetchPartition, buf: memoryview, pos: int, end: int) -> int:
    count, pos = read_tag_count(buf, pos, end)
    tag = -1
    left = ELEMENTS_MAX
    for _ in range(count):
        tag, pos, stop = read_tag(buf, pos, end, tag)
        if tag == 0:
            (m.replica_directory_id,) = _unpack_U(buf, pos)
            pos += 16
        else:
            pos = stop
        check_tag_end(tag, pos, stop)
    return pos


def decode_request_v17(buf: memoryview, pos: int) -> FetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(FetchRequest)
        m.cluster_id = None
        m.replica_id = -1
        m.replica_state = None
        m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n = _unpack_iiibiiB(buf, pos)
        pos += 22
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchRequest.topics", n)
        if n * 18 > end - pos:
            too_many("FetchRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.topics")
        items1: list[FetchTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(FetchTopic)
            m2.topic = ""
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchTopic.partitions", n)
            if n * 33 > end - pos:
                too_many("FetchTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchTopic.partitions")
            items3: list[FetchPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchPartition)
                m4.replica_directory_id = NIL_UUID
                m4.high_watermark = 9223372036854775807
                m4.partition, m4.current_leader_epoch, m4.fetch_offset, m4.last_fetched_epoch, m4.log_start_offset, m4.partition_max_bytes, tags = _unpack_iiqiqiB(buf, pos)
                pos += 33
                if tags:
                    pos = _read_tags_FetchPartition_v17(m4, buf, pos - 1, end)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchRequest.forgotten_topics_data", n)
        if n * 18 > end - pos:
            too_many("FetchRequest.forgotten_topics_data", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.forgotten_topics_data")
        items5: list[FetchRequestForgottenTopic] = []
        m.forgotten_topics_data = items5
        for _ in range(n):
            m6 = new(FetchRequestForgottenTopic)
            m6.topic = ""
            m6.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchRequestForgottenTopic.partitions", n)
            if n * 4 > end - pos:
                too_many("FetchRequestForgottenTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchRequestForgottenTopic.partitions")
            m6.partitions = read_int32s(buf, pos, n)
            pos += n * 4
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items5.append(m6)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchRequest.rack_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("FetchRequest.rack_id")
        m.rack_id = buf[at:pos].tobytes().decode()
        tags = buf[pos]
        pos += 1
        if tags:
            pos = _read_tags_FetchRequest_v15(m, buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def _read_tags_FetchPartition_v18(m: FetchPartition, buf: memoryview, pos: int, end: int) -> int:
    count, pos = read_tag_count(buf, pos, end)
    tag = -1
    left = ELEMENTS_MAX
    for _ in range(count):
        tag, pos, stop = read_tag(buf, pos, end, tag)
        if tag == 0:
            (m.replica_directory_id,) = _unpack_U(buf, pos)
            pos += 16
        elif tag == 1:
            (m.high_watermark,) = _unpack_q(buf, pos)
            pos += 8
        else:
            pos = stop
        check_tag_end(tag, pos, stop)
    return pos


def decode_request_v18(buf: memoryview, pos: int) -> FetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(FetchRequest)
        m.cluster_id = None
        m.replica_id = -1
        m.replica_state = None
        m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n = _unpack_iiibiiB(buf, pos)
        pos += 22
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchRequest.topics", n)
        if n * 18 > end - pos:
            too_many("FetchRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.topics")
        items1: list[FetchTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(FetchTopic)
            m2.topic = ""
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchTopic.partitions", n)
            if n * 33 > end - pos:
                too_many("FetchTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchTopic.partitions")
            items3: list[FetchPartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchPartition)
                m4.replica_directory_id = NIL_UUID
                m4.high_watermark = 9223372036854775807
                m4.partition, m4.current_leader_epoch, m4.fetch_offset, m4.last_fetched_epoch, m4.log_start_offset, m4.partition_max_bytes, tags = _unpack_iiqiqiB(buf, pos)
                pos += 33
                if tags:
                    pos = _read_tags_FetchPartition_v18(m4, buf, pos - 1, end)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items1.append(m2)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchRequest.forgotten_topics_data", n)
        if n * 18 > end - pos:
            too_many("FetchRequest.forgotten_topics_data", n)
        left -= n
        if left < 0:
            too_many_in_all("FetchRequest.forgotten_topics_data")
        items5: list[FetchRequestForgottenTopic] = []
        m.forgotten_topics_data = items5
        for _ in range(n):
            m6 = new(FetchRequestForgottenTopic)
            m6.topic = ""
            m6.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchRequestForgottenTopic.partitions", n)
            if n * 4 > end - pos:
                too_many("FetchRequestForgottenTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("FetchRequestForgottenTopic.partitions")
            m6.partitions = read_int32s(buf, pos, n)
            pos += n * 4
            tags = buf[pos]
            pos += 1
            if tags:
                pos, left = skip_counted_tags(buf, pos - 1, end, left)
            items5.append(m6)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchRequest.rack_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("FetchRequest.rack_id")
        m.rack_id = buf[at:pos].tobytes().decode()
        tags = buf[pos]
        pos += 1
        if tags:
            pos = _read_tags_FetchRequest_v15(m, buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v4(m: FetchResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                items5 = m4.aborted_transactions
                n = -1 if items5 is None else len(items5)
                out += _pack_ihqqi(m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, n)
                for m6 in items5 or ():
                    out += _pack_qq(m6.producer_id, m6.first_offset)
                out = writer.put_records(m4.records)
    except UNENCODABLE as error:
        raise unencodable("FetchResponse", error) from error


def encode_response_v5(m: FetchResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                items5 = m4.aborted_transactions
                n = -1 if items5 is None else len(items5)
                out += _pack_ihqqqi(m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, m4.log_start_offset, n)
                for m6 in items5 or ():
                    out += _pack_qq(m6.producer_id, m6.first_offset)
                out = writer.put_records(m4.records)
    except UNENCODABLE as error:
        raise unencodable("FetchResponse", error) from error


def encode_response_v7(m: FetchResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1)
        out += _pack_ihii(m.throttle_time_ms, m.error_code, m.session_id, n)
        for m2 in items1:
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                items5 = m4.aborted_transactions
                n = -1 if items5 is None else len(items5)
                out += _pack_ihqqqi(m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, m4.log_start_offset, n)
                for m6 in items5 or ():
                    out += _pack_qq(m6.producer_id, m6.first_offset)
                out = writer.put_records(m4.records)
    except UNENCODABLE as error:
        raise unencodable("FetchResponse", error) from error


def encode_response_v11(m: FetchResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1)
        out += _pack_ihii(m.throttle_time_ms, m.error_code, m.session_id, n)
        for m2 in items1:
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                items5 = m4.aborted_transactions
                n = -1 if items5 is None else len(items5)
                out += _pack_ihqqqi(m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, m4.log_start_offset, n)
                for m6 in items5 or ():
                    out += _pack_qq(m6.producer_id, m6.first_offset)
                out += _pack_i(m4.preferred_read_replica)
                out = writer.put_records(m4.records)
    except UNENCODABLE as error:
        raise unencodable("FetchResponse", error) from error


def _put_tags_FetchResponsePartitionData_v12(m: FetchResponsePartitionData, out: bytearray) -> None:
    fields: list[tuple[int, bytearray]] = []
    if m.diverging_epoch is not None and m.diverging_epoch != _DEFAULT_FetchResponseEpochEndOffset:
        body = bytearray()
        m1 = m.diverging_epoch
        if m1 is None:
            null_not_allowed("diverging_epoch")
        body += _pack_iqx(m1.epoch, m1.end_offset)
        fields.append((0, body))
    if m.current_leader is not None and m.current_leader != _DEFAULT_FetchResponseLeaderIdAndEpoch:
        body = bytearray()
        m2 = m.current_leader
        if m2 is None:
            null_not_allowed("current_leader")
        body += _pack_iix(m2.leader_id, m2.leader_epoch)
        fields.append((1, body))
    if m.snapshot_id is not None and m.snapshot_id != _DEFAULT_FetchResponseSnapshotId:
        body = bytearray()
        m3 = m.snapshot_id
        if m3 is None:
            null_not_allowed("snapshot_id")
        body += _pack_qix(m3.end_offset, m3.epoch)
        fields.append((2, body))
    put_tags(out, fields)


def encode_response_v12(m: FetchResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1) + 1
        if n < 128:
            out += _pack_ihiB(m.throttle_time_ms, m.error_code, m.session_id, n)
        else:
            out += _pack_ihi(m.throttle_time_ms, m.error_code, m.session_id)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.topic.encode()
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
                items5 = m4.aborted_transactions
                n = 0 if items5 is None else len(items5) + 1
                if n < 128:
                    out += _pack_ihqqqB(m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, m4.log_start_offset, n)
                else:
                    out += _pack_ihqqq(m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, m4.log_start_offset)
                    put_uvarint(out, n)
                for m6 in items5 or ():
                    out += _pack_qqx(m6.producer_id, m6.first_offset)
                out += _pack_i(m4.preferred_read_replica)
                out = writer.put_compact_records(m4.records)
                if m4.diverging_epoch is None and m4.current_leader is None and m4.snapshot_id is None:
                    out.append(0)
                else:
                    _put_tags_FetchResponsePartitionData_v12(m4, out)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("FetchResponse", error) from error


def encode_response_v13(m: FetchResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1) + 1
        if n < 128:
            out += _pack_ihiB(m.throttle_time_ms, m.error_code, m.session_id, n)
        else:
            out += _pack_ihi(m.throttle_time_ms, m.error_code, m.session_id)
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
                items5 = m4.aborted_transactions
                n = 0 if items5 is None else len(items5) + 1
                if n < 128:
                    out += _pack_ihqqqB(m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, m4.log_start_offset, n)
                else:
                    out += _pack_ihqqq(m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, m4.log_start_offset)
                    put_uvarint(out, n)
                for m6 in items5 or ():
                    out += _pack_qqx(m6.producer_id, m6.first_offset)
                out += _pack_i(m4.preferred_read_replica)
                out = writer.put_compact_records(m4.records)
                if m4.diverging_epoch is None and m4.current_leader is None and m4.snapshot_id is None:
                    out.append(0)
                else:
                    _put_tags_FetchResponsePartitionData_v12(m4, out)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("FetchResponse", error) from error


def _put_tags_FetchResponse_v16(m: FetchResponse, out: bytearray) -> None:
    fields: list[tuple[int, bytearray]] = []
    if m.node_endpoints:
        body = bytearray()
        items1 = m.node_endpoints
        n = len(items1) + 1
        if n < 128:
            body.append(n)
        else:
            put_uvarint(body, n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data) + 1
            if n < 128:
                body += _pack_iB(m2.node_id, n)
            else:
                body += _pack_i(m2.node_id)
                put_string_length(body, n)
            body += data
            text = m2.rack
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                body += _pack_iB(m2.port, n)
            else:
                body += _pack_i(m2.port)
                put_string_length(body, n)
            body += data
            body.append(0)
        fields.append((0, body))
    put_tags(out, fields)


def encode_response_v16(m: FetchResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.responses
        n = len(items1) + 1
        if n < 128:
            out += _pack_ihiB(m.throttle_time_ms, m.error_code, m.session_id, n)
        else:
            out += _pack_ihi(m.throttle_time_ms, m.error_code, m.session_id)
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
                items5 = m4.aborted_transactions
                n = 0 if items5 is None else len(items5) + 1
                if n < 128:
                    out += _pack_ihqqqB(m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, m4.log_start_offset, n)
                else:
                    out += _pack_ihqqq(m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, m4.log_start_offset)
                    put_uvarint(out, n)
                for m6 in items5 or ():
                    out += _pack_qqx(m6.producer_id, m6.first_offset)
                out += _pack_i(m4.preferred_read_replica)
                out = writer.put_compact_records(m4.records)
                if m4.diverging_epoch is None and m4.current_leader is None and m4.snapshot_id is None:
                    out.append(0)
                else:
                    _put_tags_FetchResponsePartitionData_v12(m4, out)
            out.append(0)
        if not m.node_endpoints:
            out.append(0)
        else:
            _put_tags_FetchResponse_v16(m, out)
    except UNENCODABLE as error:
        raise unencodable("FetchResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], FetchRequest]] = {
    4: decode_request_v4,
    5: decode_request_v5,
    6: decode_request_v5,
    7: decode_request_v7,
    8: decode_request_v7,
    9: decode_request_v9,
    10: decode_request_v9,
    11: decode_request_v11,
    12: decode_request_v12,
    13: decode_request_v13,
    14: decode_request_v13,
    15: decode_request_v15,
    16: decode_request_v15,
    17: decode_request_v17,
    18: decode_request_v18,
}


ENCODE_RESPONSE: dict[int, Callable[[FetchResponse, Writer], None]] = {
    4: encode_response_v4,
    5: encode_response_v5,
    6: encode_response_v5,
    7: encode_response_v7,
    8: encode_response_v7,
    9: encode_response_v7,
    10: encode_response_v7,
    11: encode_response_v11,
    12: encode_response_v12,
    13: encode_response_v13,
    14: encode_response_v13,
    15: encode_response_v13,
    16: encode_response_v16,
    17: encode_response_v16,
    18: encode_response_v16,
}
