"""Fetch (API key 1): writes requests, reads responses.

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
    FetchRequestReplicaState,
    FetchResponse,
    FetchResponseAbortedTransaction,
    FetchResponseEpochEndOffset,
    FetchResponseLeaderIdAndEpoch,
    FetchResponseNodeEndpoint,
    FetchResponsePartitionData,
    FetchResponseSnapshotId,
    FetchableTopicResponse,
)
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    check_tag_end,
    malformed,
    read_tag,
    read_tag_count,
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
    put_tags,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_UB = struct.Struct(">16sB").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ihiB = struct.Struct(">ihiB").unpack_from
_unpack_ihii = struct.Struct(">ihii").unpack_from
_unpack_ihqqi = struct.Struct(">ihqqi").unpack_from
_unpack_ihqqqB = struct.Struct(">ihqqqB").unpack_from
_unpack_ihqqqi = struct.Struct(">ihqqqi").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_unpack_iiB = struct.Struct(">iiB").unpack_from
_unpack_iqB = struct.Struct(">iqB").unpack_from
_unpack_qiB = struct.Struct(">qiB").unpack_from
_unpack_qq = struct.Struct(">qq").unpack_from
_unpack_qqB = struct.Struct(">qqB").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_UB = struct.Struct(">16sB").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iiibii = struct.Struct(">iiibii").pack
_pack_iiibiiB = struct.Struct(">iiibiiB").pack
_pack_iiiibi = struct.Struct(">iiiibi").pack
_pack_iiiibii = struct.Struct(">iiiibii").pack
_pack_iiiibiiB = struct.Struct(">iiiibiiB").pack
_pack_iiiibiii = struct.Struct(">iiiibiii").pack
_pack_iiqiqi = struct.Struct(">iiqiqi").pack
_pack_iiqiqix = struct.Struct(">iiqiqix").pack
_pack_iiqqi = struct.Struct(">iiqqi").pack
_pack_iqi = struct.Struct(">iqi").pack
_pack_iqqi = struct.Struct(">iqqi").pack
_pack_iqx = struct.Struct(">iqx").pack
_pack_q = struct.Struct(">q").pack
_DEFAULT_FetchRequestReplicaState = FetchRequestReplicaState()


def decode_response_v4(buf: memoryview, pos: int) -> FetchResponse:
    end = len(buf)
    try:
        m = new(FetchResponse)
        m.error_code = 0
        m.session_id = 0
        m.node_endpoints = []
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("FetchResponse.responses", n)
        if n * 6 > end - pos:
            too_many("FetchResponse.responses", n)
        items1: list[FetchableTopicResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(FetchableTopicResponse)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("FetchableTopicResponse.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FetchableTopicResponse.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("FetchableTopicResponse.partitions", n)
            if n * 30 > end - pos:
                too_many("FetchableTopicResponse.partitions", n)
            items3: list[FetchResponsePartitionData] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchResponsePartitionData)
                m4.log_start_offset = -1
                m4.diverging_epoch = None
                m4.current_leader = None
                m4.snapshot_id = None
                m4.preferred_read_replica = -1
                m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, n = _unpack_ihqqi(buf, pos)
                pos += 26
                if n == -1:
                    m4.aborted_transactions = None
                else:
                    if n < 0:
                        bad_length("FetchResponsePartitionData.aborted_transactions", n)
                    if n * 16 > end - pos:
                        too_many("FetchResponsePartitionData.aborted_transactions", n)
                    items5: list[FetchResponseAbortedTransaction] = []
                    m4.aborted_transactions = items5
                    for _ in range(n):
                        m6 = new(FetchResponseAbortedTransaction)
                        m6.producer_id, m6.first_offset = _unpack_qq(buf, pos)
                        pos += 16
                        items5.append(m6)
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n == -1:
                    m4.records = None
                else:
                    if n < 0:
                        bad_length("FetchResponsePartitionData.records", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("FetchResponsePartitionData.records")
                    m4.records = buf[at:pos]
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v5(buf: memoryview, pos: int) -> FetchResponse:
    end = len(buf)
    try:
        m = new(FetchResponse)
        m.error_code = 0
        m.session_id = 0
        m.node_endpoints = []
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("FetchResponse.responses", n)
        if n * 6 > end - pos:
            too_many("FetchResponse.responses", n)
        items1: list[FetchableTopicResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(FetchableTopicResponse)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("FetchableTopicResponse.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FetchableTopicResponse.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("FetchableTopicResponse.partitions", n)
            if n * 38 > end - pos:
                too_many("FetchableTopicResponse.partitions", n)
            items3: list[FetchResponsePartitionData] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchResponsePartitionData)
                m4.diverging_epoch = None
                m4.current_leader = None
                m4.snapshot_id = None
                m4.preferred_read_replica = -1
                m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, m4.log_start_offset, n = _unpack_ihqqqi(buf, pos)
                pos += 34
                if n == -1:
                    m4.aborted_transactions = None
                else:
                    if n < 0:
                        bad_length("FetchResponsePartitionData.aborted_transactions", n)
                    if n * 16 > end - pos:
                        too_many("FetchResponsePartitionData.aborted_transactions", n)
                    items5: list[FetchResponseAbortedTransaction] = []
                    m4.aborted_transactions = items5
                    for _ in range(n):
                        m6 = new(FetchResponseAbortedTransaction)
                        m6.producer_id, m6.first_offset = _unpack_qq(buf, pos)
                        pos += 16
                        items5.append(m6)
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n == -1:
                    m4.records = None
                else:
                    if n < 0:
                        bad_length("FetchResponsePartitionData.records", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("FetchResponsePartitionData.records")
                    m4.records = buf[at:pos]
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v7(buf: memoryview, pos: int) -> FetchResponse:
    end = len(buf)
    try:
        m = new(FetchResponse)
        m.node_endpoints = []
        m.throttle_time_ms, m.error_code, m.session_id, n = _unpack_ihii(buf, pos)
        pos += 14
        if n < 0:
            bad_length("FetchResponse.responses", n)
        if n * 6 > end - pos:
            too_many("FetchResponse.responses", n)
        items1: list[FetchableTopicResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(FetchableTopicResponse)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("FetchableTopicResponse.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FetchableTopicResponse.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("FetchableTopicResponse.partitions", n)
            if n * 38 > end - pos:
                too_many("FetchableTopicResponse.partitions", n)
            items3: list[FetchResponsePartitionData] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchResponsePartitionData)
                m4.diverging_epoch = None
                m4.current_leader = None
                m4.snapshot_id = None
                m4.preferred_read_replica = -1
                m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, m4.log_start_offset, n = _unpack_ihqqqi(buf, pos)
                pos += 34
                if n == -1:
                    m4.aborted_transactions = None
                else:
                    if n < 0:
                        bad_length("FetchResponsePartitionData.aborted_transactions", n)
                    if n * 16 > end - pos:
                        too_many("FetchResponsePartitionData.aborted_transactions", n)
                    items5: list[FetchResponseAbortedTransaction] = []
                    m4.aborted_transactions = items5
                    for _ in range(n):
                        m6 = new(FetchResponseAbortedTransaction)
                        m6.producer_id, m6.first_offset = _unpack_qq(buf, pos)
                        pos += 16
                        items5.append(m6)
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n == -1:
                    m4.records = None
                else:
                    if n < 0:
                        bad_length("FetchResponsePartitionData.records", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("FetchResponsePartitionData.records")
                    m4.records = buf[at:pos]
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v11(buf: memoryview, pos: int) -> FetchResponse:
    end = len(buf)
    try:
        m = new(FetchResponse)
        m.node_endpoints = []
        m.throttle_time_ms, m.error_code, m.session_id, n = _unpack_ihii(buf, pos)
        pos += 14
        if n < 0:
            bad_length("FetchResponse.responses", n)
        if n * 6 > end - pos:
            too_many("FetchResponse.responses", n)
        items1: list[FetchableTopicResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(FetchableTopicResponse)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("FetchableTopicResponse.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FetchableTopicResponse.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("FetchableTopicResponse.partitions", n)
            if n * 42 > end - pos:
                too_many("FetchableTopicResponse.partitions", n)
            items3: list[FetchResponsePartitionData] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchResponsePartitionData)
                m4.diverging_epoch = None
                m4.current_leader = None
                m4.snapshot_id = None
                m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, m4.log_start_offset, n = _unpack_ihqqqi(buf, pos)
                pos += 34
                if n == -1:
                    m4.aborted_transactions = None
                else:
                    if n < 0:
                        bad_length("FetchResponsePartitionData.aborted_transactions", n)
                    if n * 16 > end - pos:
                        too_many("FetchResponsePartitionData.aborted_transactions", n)
                    items5: list[FetchResponseAbortedTransaction] = []
                    m4.aborted_transactions = items5
                    for _ in range(n):
                        m6 = new(FetchResponseAbortedTransaction)
                        m6.producer_id, m6.first_offset = _unpack_qq(buf, pos)
                        pos += 16
                        items5.append(m6)
                m4.preferred_read_replica, n = _unpack_ii(buf, pos)
                pos += 8
                if n == -1:
                    m4.records = None
                else:
                    if n < 0:
                        bad_length("FetchResponsePartitionData.records", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("FetchResponsePartitionData.records")
                    m4.records = buf[at:pos]
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def _read_tags_FetchResponsePartitionData_v12(m: FetchResponsePartitionData, buf: memoryview, pos: int, end: int) -> int:
    count, pos = read_tag_count(buf, pos, end)
    tag = -1
    for _ in range(count):
        tag, pos, stop = read_tag(buf, pos, end, tag)
        if tag == 0:
            m1 = new(FetchResponseEpochEndOffset)
            m1.epoch, m1.end_offset, tags = _unpack_iqB(buf, pos)
            pos += 13
            if tags:
                pos = skip_tags(buf, pos - 1, stop)
            m.diverging_epoch = m1
        elif tag == 1:
            m2 = new(FetchResponseLeaderIdAndEpoch)
            m2.leader_id, m2.leader_epoch, tags = _unpack_iiB(buf, pos)
            pos += 9
            if tags:
                pos = skip_tags(buf, pos - 1, stop)
            m.current_leader = m2
        elif tag == 2:
            m3 = new(FetchResponseSnapshotId)
            m3.end_offset, m3.epoch, tags = _unpack_qiB(buf, pos)
            pos += 13
            if tags:
                pos = skip_tags(buf, pos - 1, stop)
            m.snapshot_id = m3
        else:
            pos = stop
        check_tag_end(tag, pos, stop)
    return pos


def decode_response_v12(buf: memoryview, pos: int) -> FetchResponse:
    end = len(buf)
    try:
        m = new(FetchResponse)
        m.node_endpoints = []
        m.throttle_time_ms, m.error_code, m.session_id, n = _unpack_ihiB(buf, pos)
        pos += 11
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchResponse.responses", n)
        if n * 3 > end - pos:
            too_many("FetchResponse.responses", n)
        items1: list[FetchableTopicResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(FetchableTopicResponse)
            m2.topic_id = NIL_UUID
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchableTopicResponse.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("FetchableTopicResponse.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchableTopicResponse.partitions", n)
            if n * 37 > end - pos:
                too_many("FetchableTopicResponse.partitions", n)
            items3: list[FetchResponsePartitionData] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchResponsePartitionData)
                m4.diverging_epoch = None
                m4.current_leader = None
                m4.snapshot_id = None
                m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, m4.log_start_offset, n = _unpack_ihqqqB(buf, pos)
                pos += 31
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.aborted_transactions = None
                else:
                    if n < 0:
                        bad_length("FetchResponsePartitionData.aborted_transactions", n)
                    if n * 17 > end - pos:
                        too_many("FetchResponsePartitionData.aborted_transactions", n)
                    items5: list[FetchResponseAbortedTransaction] = []
                    m4.aborted_transactions = items5
                    for _ in range(n):
                        m6 = new(FetchResponseAbortedTransaction)
                        m6.producer_id, m6.first_offset, tags = _unpack_qqB(buf, pos)
                        pos += 17
                        if tags:
                            pos = skip_tags(buf, pos - 1, end)
                        items5.append(m6)
                m4.preferred_read_replica, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.records = None
                else:
                    if n < 0:
                        bad_length("FetchResponsePartitionData.records", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("FetchResponsePartitionData.records")
                    m4.records = buf[at:pos]
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = _read_tags_FetchResponsePartitionData_v12(m4, buf, pos - 1, end)
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


def decode_response_v13(buf: memoryview, pos: int) -> FetchResponse:
    end = len(buf)
    try:
        m = new(FetchResponse)
        m.node_endpoints = []
        m.throttle_time_ms, m.error_code, m.session_id, n = _unpack_ihiB(buf, pos)
        pos += 11
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchResponse.responses", n)
        if n * 18 > end - pos:
            too_many("FetchResponse.responses", n)
        items1: list[FetchableTopicResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(FetchableTopicResponse)
            m2.topic = ""
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchableTopicResponse.partitions", n)
            if n * 37 > end - pos:
                too_many("FetchableTopicResponse.partitions", n)
            items3: list[FetchResponsePartitionData] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchResponsePartitionData)
                m4.diverging_epoch = None
                m4.current_leader = None
                m4.snapshot_id = None
                m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, m4.log_start_offset, n = _unpack_ihqqqB(buf, pos)
                pos += 31
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.aborted_transactions = None
                else:
                    if n < 0:
                        bad_length("FetchResponsePartitionData.aborted_transactions", n)
                    if n * 17 > end - pos:
                        too_many("FetchResponsePartitionData.aborted_transactions", n)
                    items5: list[FetchResponseAbortedTransaction] = []
                    m4.aborted_transactions = items5
                    for _ in range(n):
                        m6 = new(FetchResponseAbortedTransaction)
                        m6.producer_id, m6.first_offset, tags = _unpack_qqB(buf, pos)
                        pos += 17
                        if tags:
                            pos = skip_tags(buf, pos - 1, end)
                        items5.append(m6)
                m4.preferred_read_replica, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.records = None
                else:
                    if n < 0:
                        bad_length("FetchResponsePartitionData.records", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("FetchResponsePartitionData.records")
                    m4.records = buf[at:pos]
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = _read_tags_FetchResponsePartitionData_v12(m4, buf, pos - 1, end)
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


def _read_tags_FetchResponse_v16(m: FetchResponse, buf: memoryview, pos: int, end: int) -> int:
    count, pos = read_tag_count(buf, pos, end)
    tag = -1
    for _ in range(count):
        tag, pos, stop = read_tag(buf, pos, end, tag)
        if tag == 0:
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchResponse.node_endpoints", n)
            if n * 11 > stop - pos:
                too_many("FetchResponse.node_endpoints", n)
            items1: list[FetchResponseNodeEndpoint] = []
            m.node_endpoints = items1
            for _ in range(n):
                m2 = new(FetchResponseNodeEndpoint)
                m2.node_id, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("FetchResponseNodeEndpoint.host", n)
                at = pos
                pos += n
                if pos > stop:
                    truncated("FetchResponseNodeEndpoint.host")
                m2.host = buf[at:pos].tobytes().decode()
                m2.port, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m2.rack = None
                else:
                    if n < 0:
                        bad_length("FetchResponseNodeEndpoint.rack", n)
                    at = pos
                    pos += n
                    if pos > stop:
                        truncated("FetchResponseNodeEndpoint.rack")
                    m2.rack = buf[at:pos].tobytes().decode()
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, stop)
                items1.append(m2)
        else:
            pos = stop
        check_tag_end(tag, pos, stop)
    return pos


def decode_response_v16(buf: memoryview, pos: int) -> FetchResponse:
    end = len(buf)
    try:
        m = new(FetchResponse)
        m.node_endpoints = []
        m.throttle_time_ms, m.error_code, m.session_id, n = _unpack_ihiB(buf, pos)
        pos += 11
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("FetchResponse.responses", n)
        if n * 18 > end - pos:
            too_many("FetchResponse.responses", n)
        items1: list[FetchableTopicResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(FetchableTopicResponse)
            m2.topic = ""
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("FetchableTopicResponse.partitions", n)
            if n * 37 > end - pos:
                too_many("FetchableTopicResponse.partitions", n)
            items3: list[FetchResponsePartitionData] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(FetchResponsePartitionData)
                m4.diverging_epoch = None
                m4.current_leader = None
                m4.snapshot_id = None
                m4.partition_index, m4.error_code, m4.high_watermark, m4.last_stable_offset, m4.log_start_offset, n = _unpack_ihqqqB(buf, pos)
                pos += 31
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.aborted_transactions = None
                else:
                    if n < 0:
                        bad_length("FetchResponsePartitionData.aborted_transactions", n)
                    if n * 17 > end - pos:
                        too_many("FetchResponsePartitionData.aborted_transactions", n)
                    items5: list[FetchResponseAbortedTransaction] = []
                    m4.aborted_transactions = items5
                    for _ in range(n):
                        m6 = new(FetchResponseAbortedTransaction)
                        m6.producer_id, m6.first_offset, tags = _unpack_qqB(buf, pos)
                        pos += 17
                        if tags:
                            pos = skip_tags(buf, pos - 1, end)
                        items5.append(m6)
                m4.preferred_read_replica, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.records = None
                else:
                    if n < 0:
                        bad_length("FetchResponsePartitionData.records", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("FetchResponsePartitionData.records")
                    m4.records = buf[at:pos]
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = _read_tags_FetchResponsePartitionData_v12(m4, buf, pos - 1, end)
                items3.append(m4)
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items1.append(m2)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = _read_tags_FetchResponse_v16(m, buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v4(m: FetchRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_iiiibi(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, n)
        for m2 in items1:
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_iqi(m4.partition, m4.fetch_offset, m4.partition_max_bytes)
    except UNENCODABLE as error:
        raise unencodable("FetchRequest", error) from error


def encode_request_v5(m: FetchRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_iiiibi(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, n)
        for m2 in items1:
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_iqqi(m4.partition, m4.fetch_offset, m4.log_start_offset, m4.partition_max_bytes)
    except UNENCODABLE as error:
        raise unencodable("FetchRequest", error) from error


def encode_request_v7(m: FetchRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_iiiibiii(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n)
        for m2 in items1:
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_iqqi(m4.partition, m4.fetch_offset, m4.log_start_offset, m4.partition_max_bytes)
        items5 = m.forgotten_topics_data
        n = len(items5)
        out += _pack_i(n)
        for m6 in items5:
            data = m6.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            ints = m6.partitions
            n = len(ints)
            if n < 32:
                out += PACK_INT32S[n](n, *ints)
            else:
                put_array(out, "i", ints)
    except UNENCODABLE as error:
        raise unencodable("FetchRequest", error) from error


def encode_request_v9(m: FetchRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_iiiibiii(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n)
        for m2 in items1:
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_iiqqi(m4.partition, m4.current_leader_epoch, m4.fetch_offset, m4.log_start_offset, m4.partition_max_bytes)
        items5 = m.forgotten_topics_data
        n = len(items5)
        out += _pack_i(n)
        for m6 in items5:
            data = m6.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            ints = m6.partitions
            n = len(ints)
            if n < 32:
                out += PACK_INT32S[n](n, *ints)
            else:
                put_array(out, "i", ints)
    except UNENCODABLE as error:
        raise unencodable("FetchRequest", error) from error


def encode_request_v11(m: FetchRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1)
        out += _pack_iiiibiii(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n)
        for m2 in items1:
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_iiqqi(m4.partition, m4.current_leader_epoch, m4.fetch_offset, m4.log_start_offset, m4.partition_max_bytes)
        items5 = m.forgotten_topics_data
        n = len(items5)
        out += _pack_i(n)
        for m6 in items5:
            data = m6.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            ints = m6.partitions
            n = len(ints)
            if n < 32:
                out += PACK_INT32S[n](n, *ints)
            else:
                put_array(out, "i", ints)
        data = m.rack_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
    except UNENCODABLE as error:
        raise unencodable("FetchRequest", error) from error


def _put_tags_FetchRequest_v12(m: FetchRequest, out: bytearray) -> None:
    fields: list[tuple[int, bytearray]] = []
    if m.cluster_id is not None:
        body = bytearray()
        text = m.cluster_id
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            body.append(n)
        else:
            put_string_length(body, n)
        body += data
        fields.append((0, body))
    put_tags(out, fields)


def encode_request_v12(m: FetchRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_iiiibiiB(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n)
        else:
            out += _pack_iiiibii(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch)
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
                out += _pack_iiqiqix(m4.partition, m4.current_leader_epoch, m4.fetch_offset, m4.last_fetched_epoch, m4.log_start_offset, m4.partition_max_bytes)
            out.append(0)
        items5 = m.forgotten_topics_data
        n = len(items5) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m6 in items5:
            data = m6.topic.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            ints = m6.partitions
            n = len(ints)
            if n < 32:
                out += PACK_COMPACT_INT32S[n](n + 1, *ints)
            else:
                put_compact_array(out, "i", ints)
            out.append(0)
        data = m.rack_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        if m.cluster_id is None:
            out.append(0)
        else:
            _put_tags_FetchRequest_v12(m, out)
    except UNENCODABLE as error:
        raise unencodable("FetchRequest", error) from error


def encode_request_v13(m: FetchRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_iiiibiiB(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n)
        else:
            out += _pack_iiiibii(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch)
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
                out += _pack_iiqiqix(m4.partition, m4.current_leader_epoch, m4.fetch_offset, m4.last_fetched_epoch, m4.log_start_offset, m4.partition_max_bytes)
            out.append(0)
        items5 = m.forgotten_topics_data
        n = len(items5) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m6 in items5:
            out += _pack_U(m6.topic_id)
            ints = m6.partitions
            n = len(ints)
            if n < 32:
                out += PACK_COMPACT_INT32S[n](n + 1, *ints)
            else:
                put_compact_array(out, "i", ints)
            out.append(0)
        data = m.rack_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        if m.cluster_id is None:
            out.append(0)
        else:
            _put_tags_FetchRequest_v12(m, out)
    except UNENCODABLE as error:
        raise unencodable("FetchRequest", error) from error


def _put_tags_FetchRequest_v15(m: FetchRequest, out: bytearray) -> None:
    fields: list[tuple[int, bytearray]] = []
    if m.cluster_id is not None:
        body = bytearray()
        text = m.cluster_id
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            body.append(n)
        else:
            put_string_length(body, n)
        body += data
        fields.append((0, body))
    if m.replica_state is not None and m.replica_state != _DEFAULT_FetchRequestReplicaState:
        body = bytearray()
        m1 = m.replica_state
        if m1 is None:
            null_not_allowed("replica_state")
        body += _pack_iqx(m1.replica_id, m1.replica_epoch)
        fields.append((1, body))
    put_tags(out, fields)


def encode_request_v15(m: FetchRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_iiibiiB(m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n)
        else:
            out += _pack_iiibii(m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch)
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
                out += _pack_iiqiqix(m4.partition, m4.current_leader_epoch, m4.fetch_offset, m4.last_fetched_epoch, m4.log_start_offset, m4.partition_max_bytes)
            out.append(0)
        items5 = m.forgotten_topics_data
        n = len(items5) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m6 in items5:
            out += _pack_U(m6.topic_id)
            ints = m6.partitions
            n = len(ints)
            if n < 32:
                out += PACK_COMPACT_INT32S[n](n + 1, *ints)
            else:
                put_compact_array(out, "i", ints)
            out.append(0)
        data = m.rack_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        if m.cluster_id is None and m.replica_state is None:
            out.append(0)
        else:
            _put_tags_FetchRequest_v15(m, out)
    except UNENCODABLE as error:
        raise unencodable("FetchRequest", error) from error


def _put_tags_FetchPartition_v17(m: FetchPartition, out: bytearray) -> None:
    fields: list[tuple[int, bytearray]] = []
    if m.replica_directory_id != NIL_UUID:
        body = bytearray()
        body += _pack_U(m.replica_directory_id)
        fields.append((0, body))
    put_tags(out, fields)


def encode_request_v17(m: FetchRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_iiibiiB(m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n)
        else:
            out += _pack_iiibii(m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch)
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
                out += _pack_iiqiqi(m4.partition, m4.current_leader_epoch, m4.fetch_offset, m4.last_fetched_epoch, m4.log_start_offset, m4.partition_max_bytes)
                if m4.replica_directory_id == NIL_UUID:
                    out.append(0)
                else:
                    _put_tags_FetchPartition_v17(m4, out)
            out.append(0)
        items5 = m.forgotten_topics_data
        n = len(items5) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m6 in items5:
            out += _pack_U(m6.topic_id)
            ints = m6.partitions
            n = len(ints)
            if n < 32:
                out += PACK_COMPACT_INT32S[n](n + 1, *ints)
            else:
                put_compact_array(out, "i", ints)
            out.append(0)
        data = m.rack_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        if m.cluster_id is None and m.replica_state is None:
            out.append(0)
        else:
            _put_tags_FetchRequest_v15(m, out)
    except UNENCODABLE as error:
        raise unencodable("FetchRequest", error) from error


def _put_tags_FetchPartition_v18(m: FetchPartition, out: bytearray) -> None:
    fields: list[tuple[int, bytearray]] = []
    if m.replica_directory_id != NIL_UUID:
        body = bytearray()
        body += _pack_U(m.replica_directory_id)
        fields.append((0, body))
    if m.high_watermark != 9223372036854775807:
        body = bytearray()
        body += _pack_q(m.high_watermark)
        fields.append((1, body))
    put_tags(out, fields)


def encode_request_v18(m: FetchRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_iiibiiB(m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, n)
        else:
            out += _pack_iiibii(m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch)
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
                out += _pack_iiqiqi(m4.partition, m4.current_leader_epoch, m4.fetch_offset, m4.last_fetched_epoch, m4.log_start_offset, m4.partition_max_bytes)
                if m4.replica_directory_id == NIL_UUID and m4.high_watermark == 9223372036854775807:
                    out.append(0)
                else:
                    _put_tags_FetchPartition_v18(m4, out)
            out.append(0)
        items5 = m.forgotten_topics_data
        n = len(items5) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m6 in items5:
            out += _pack_U(m6.topic_id)
            ints = m6.partitions
            n = len(ints)
            if n < 32:
                out += PACK_COMPACT_INT32S[n](n + 1, *ints)
            else:
                put_compact_array(out, "i", ints)
            out.append(0)
        data = m.rack_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        if m.cluster_id is None and m.replica_state is None:
            out.append(0)
        else:
            _put_tags_FetchRequest_v15(m, out)
    except UNENCODABLE as error:
        raise unencodable("FetchRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], FetchResponse]] = {
    4: decode_response_v4,
    5: decode_response_v5,
    6: decode_response_v5,
    7: decode_response_v7,
    8: decode_response_v7,
    9: decode_response_v7,
    10: decode_response_v7,
    11: decode_response_v11,
    12: decode_response_v12,
    13: decode_response_v13,
    14: decode_response_v13,
    15: decode_response_v13,
    16: decode_response_v16,
    17: decode_response_v16,
    18: decode_response_v16,
}


ENCODE_REQUEST: dict[int, Callable[[FetchRequest, Writer], None]] = {
    4: encode_request_v4,
    5: encode_request_v5,
    6: encode_request_v5,
    7: encode_request_v7,
    8: encode_request_v7,
    9: encode_request_v9,
    10: encode_request_v9,
    11: encode_request_v11,
    12: encode_request_v12,
    13: encode_request_v13,
    14: encode_request_v13,
    15: encode_request_v15,
    16: encode_request_v15,
    17: encode_request_v17,
    18: encode_request_v18,
}
