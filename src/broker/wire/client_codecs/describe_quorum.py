"""DescribeQuorum (API key 55): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.base import (
    NIL_UUID,
)
from broker.wire.messages.describe_quorum import (
    DescribeQuorumRequest,
    DescribeQuorumResponse,
    DescribeQuorumResponseListener,
    DescribeQuorumResponseNode,
    DescribeQuorumResponsePartitionData,
    DescribeQuorumResponseReplicaState,
    DescribeQuorumResponseTopicData,
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
_unpack_HB = struct.Struct(">HB").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_iUqqqB = struct.Struct(">i16sqqqB").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_ihiiqB = struct.Struct(">ihiiqB").unpack_from
_unpack_iiqB = struct.Struct(">iiqB").unpack_from
_unpack_iqB = struct.Struct(">iqB").unpack_from
_unpack_iqqqB = struct.Struct(">iqqqB").unpack_from
_pack_ix = struct.Struct(">ix").pack


def decode_response_v0(buf: memoryview, pos: int) -> DescribeQuorumResponse:
    end = len(buf)
    try:
        m = new(DescribeQuorumResponse)
        m.error_message = ""
        m.nodes = []
        m.error_code, n = _unpack_hB(buf, pos)
        pos += 3
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeQuorumResponse.topics", n)
        if n * 3 > end - pos:
            too_many("DescribeQuorumResponse.topics", n)
        items1: list[DescribeQuorumResponseTopicData] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(DescribeQuorumResponseTopicData)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeQuorumResponseTopicData.topic_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeQuorumResponseTopicData.topic_name")
            m2.topic_name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeQuorumResponseTopicData.partitions", n)
            if n * 25 > end - pos:
                too_many("DescribeQuorumResponseTopicData.partitions", n)
            items3: list[DescribeQuorumResponsePartitionData] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(DescribeQuorumResponsePartitionData)
                m4.error_message = ""
                m4.partition_index, m4.error_code, m4.leader_id, m4.leader_epoch, m4.high_watermark, n = _unpack_ihiiqB(buf, pos)
                pos += 23
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeQuorumResponsePartitionData.current_voters", n)
                if n * 13 > end - pos:
                    too_many("DescribeQuorumResponsePartitionData.current_voters", n)
                items5: list[DescribeQuorumResponseReplicaState] = []
                m4.current_voters = items5
                for _ in range(n):
                    m6 = new(DescribeQuorumResponseReplicaState)
                    m6.replica_directory_id = NIL_UUID
                    m6.last_fetch_timestamp = -1
                    m6.last_caught_up_timestamp = -1
                    m6.replica_id, m6.log_end_offset, tags = _unpack_iqB(buf, pos)
                    pos += 13
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeQuorumResponsePartitionData.observers", n)
                if n * 13 > end - pos:
                    too_many("DescribeQuorumResponsePartitionData.observers", n)
                items7: list[DescribeQuorumResponseReplicaState] = []
                m4.observers = items7
                for _ in range(n):
                    m8 = new(DescribeQuorumResponseReplicaState)
                    m8.replica_directory_id = NIL_UUID
                    m8.last_fetch_timestamp = -1
                    m8.last_caught_up_timestamp = -1
                    m8.replica_id, m8.log_end_offset, tags = _unpack_iqB(buf, pos)
                    pos += 13
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items7.append(m8)
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


def decode_response_v1(buf: memoryview, pos: int) -> DescribeQuorumResponse:
    end = len(buf)
    try:
        m = new(DescribeQuorumResponse)
        m.error_message = ""
        m.nodes = []
        m.error_code, n = _unpack_hB(buf, pos)
        pos += 3
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeQuorumResponse.topics", n)
        if n * 3 > end - pos:
            too_many("DescribeQuorumResponse.topics", n)
        items1: list[DescribeQuorumResponseTopicData] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(DescribeQuorumResponseTopicData)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeQuorumResponseTopicData.topic_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeQuorumResponseTopicData.topic_name")
            m2.topic_name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeQuorumResponseTopicData.partitions", n)
            if n * 25 > end - pos:
                too_many("DescribeQuorumResponseTopicData.partitions", n)
            items3: list[DescribeQuorumResponsePartitionData] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(DescribeQuorumResponsePartitionData)
                m4.error_message = ""
                m4.partition_index, m4.error_code, m4.leader_id, m4.leader_epoch, m4.high_watermark, n = _unpack_ihiiqB(buf, pos)
                pos += 23
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeQuorumResponsePartitionData.current_voters", n)
                if n * 29 > end - pos:
                    too_many("DescribeQuorumResponsePartitionData.current_voters", n)
                items5: list[DescribeQuorumResponseReplicaState] = []
                m4.current_voters = items5
                for _ in range(n):
                    m6 = new(DescribeQuorumResponseReplicaState)
                    m6.replica_directory_id = NIL_UUID
                    m6.replica_id, m6.log_end_offset, m6.last_fetch_timestamp, m6.last_caught_up_timestamp, tags = _unpack_iqqqB(buf, pos)
                    pos += 29
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeQuorumResponsePartitionData.observers", n)
                if n * 29 > end - pos:
                    too_many("DescribeQuorumResponsePartitionData.observers", n)
                items7: list[DescribeQuorumResponseReplicaState] = []
                m4.observers = items7
                for _ in range(n):
                    m8 = new(DescribeQuorumResponseReplicaState)
                    m8.replica_directory_id = NIL_UUID
                    m8.replica_id, m8.log_end_offset, m8.last_fetch_timestamp, m8.last_caught_up_timestamp, tags = _unpack_iqqqB(buf, pos)
                    pos += 29
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items7.append(m8)
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


def decode_response_v2(buf: memoryview, pos: int) -> DescribeQuorumResponse:
    end = len(buf)
    try:
        m = new(DescribeQuorumResponse)
        m.error_code, n = _unpack_hB(buf, pos)
        pos += 3
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("DescribeQuorumResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeQuorumResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeQuorumResponse.topics", n)
        if n * 3 > end - pos:
            too_many("DescribeQuorumResponse.topics", n)
        items1: list[DescribeQuorumResponseTopicData] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(DescribeQuorumResponseTopicData)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeQuorumResponseTopicData.topic_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeQuorumResponseTopicData.topic_name")
            m2.topic_name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeQuorumResponseTopicData.partitions", n)
            if n * 26 > end - pos:
                too_many("DescribeQuorumResponseTopicData.partitions", n)
            items3: list[DescribeQuorumResponsePartitionData] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(DescribeQuorumResponsePartitionData)
                m4.partition_index, m4.error_code, n = _unpack_ihB(buf, pos)
                pos += 7
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("DescribeQuorumResponsePartitionData.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("DescribeQuorumResponsePartitionData.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
                m4.leader_id, m4.leader_epoch, m4.high_watermark, n = _unpack_iiqB(buf, pos)
                pos += 17
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeQuorumResponsePartitionData.current_voters", n)
                if n * 45 > end - pos:
                    too_many("DescribeQuorumResponsePartitionData.current_voters", n)
                items5: list[DescribeQuorumResponseReplicaState] = []
                m4.current_voters = items5
                for _ in range(n):
                    m6 = new(DescribeQuorumResponseReplicaState)
                    m6.replica_id, m6.replica_directory_id, m6.log_end_offset, m6.last_fetch_timestamp, m6.last_caught_up_timestamp, tags = _unpack_iUqqqB(buf, pos)
                    pos += 45
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeQuorumResponsePartitionData.observers", n)
                if n * 45 > end - pos:
                    too_many("DescribeQuorumResponsePartitionData.observers", n)
                items7: list[DescribeQuorumResponseReplicaState] = []
                m4.observers = items7
                for _ in range(n):
                    m8 = new(DescribeQuorumResponseReplicaState)
                    m8.replica_id, m8.replica_directory_id, m8.log_end_offset, m8.last_fetch_timestamp, m8.last_caught_up_timestamp, tags = _unpack_iUqqqB(buf, pos)
                    pos += 45
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items7.append(m8)
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
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeQuorumResponse.nodes", n)
        if n * 6 > end - pos:
            too_many("DescribeQuorumResponse.nodes", n)
        items9: list[DescribeQuorumResponseNode] = []
        m.nodes = items9
        for _ in range(n):
            m10 = new(DescribeQuorumResponseNode)
            m10.node_id, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeQuorumResponseNode.listeners", n)
            if n * 5 > end - pos:
                too_many("DescribeQuorumResponseNode.listeners", n)
            items11: list[DescribeQuorumResponseListener] = []
            m10.listeners = items11
            for _ in range(n):
                m12 = new(DescribeQuorumResponseListener)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeQuorumResponseListener.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeQuorumResponseListener.name")
                m12.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("DescribeQuorumResponseListener.host", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeQuorumResponseListener.host")
                m12.host = buf[at:pos].tobytes().decode()
                m12.port, tags = _unpack_HB(buf, pos)
                pos += 3
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items11.append(m12)
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items9.append(m10)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: DescribeQuorumRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.topic_name.encode()
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
                out += _pack_ix(m4.partition_index)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeQuorumRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DescribeQuorumResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
    2: decode_response_v2,
}


ENCODE_REQUEST: dict[int, Callable[[DescribeQuorumRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v0,
}
