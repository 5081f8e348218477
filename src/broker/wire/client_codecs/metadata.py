"""Metadata (API key 3): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.base import (
    NIL_UUID,
)
from broker.wire.messages.metadata import (
    MetadataRequest,
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    malformed,
    read_int32s,
    read_uvarint,
    skip_tags,
    too_many,
    trailing,
    truncated,
)
from broker.wire.writer import (
    UNENCODABLE,
    Writer,
    null_not_allowed,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_UTB = struct.Struct(">16s?B").unpack_from
_unpack_TB = struct.Struct(">?B").unpack_from
_unpack_Ti = struct.Struct(">?i").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_hh = struct.Struct(">hh").unpack_from
_unpack_hiii = struct.Struct(">hiii").unpack_from
_unpack_hiiiB = struct.Struct(">hiiiB").unpack_from
_unpack_hiiii = struct.Struct(">hiiii").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ih = struct.Struct(">ih").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_UB = struct.Struct(">16sB").pack
_pack_T = struct.Struct(">?").pack
_pack_TTT = struct.Struct(">???").pack
_pack_TTTx = struct.Struct(">???x").pack
_pack_TTx = struct.Struct(">??x").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack


def decode_response_v0(buf: memoryview, pos: int) -> MetadataResponse:
    end = len(buf)
    try:
        m = new(MetadataResponse)
        m.throttle_time_ms = 0
        m.cluster_id = None
        m.controller_id = -1
        m.cluster_authorized_operations = -2147483648
        m.error_code = 0
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("MetadataResponse.brokers", n)
        if n * 10 > end - pos:
            too_many("MetadataResponse.brokers", n)
        items1: list[MetadataResponseBroker] = []
        m.brokers = items1
        for _ in range(n):
            m2 = new(MetadataResponseBroker)
            m2.rack = None
            m2.node_id, n = _unpack_ih(buf, pos)
            pos += 6
            if n < 0:
                bad_length("MetadataResponseBroker.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseBroker.host")
            m2.host = buf[at:pos].tobytes().decode()
            (m2.port,) = _unpack_i(buf, pos)
            pos += 4
            items1.append(m2)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("MetadataResponse.topics", n)
        if n * 8 > end - pos:
            too_many("MetadataResponse.topics", n)
        items3: list[MetadataResponseTopic] = []
        m.topics = items3
        for _ in range(n):
            m4 = new(MetadataResponseTopic)
            m4.topic_id = NIL_UUID
            m4.is_internal = False
            m4.topic_authorized_operations = -2147483648
            m4.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n < 0:
                bad_length("MetadataResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseTopic.name")
            m4.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("MetadataResponseTopic.partitions", n)
            if n * 18 > end - pos:
                too_many("MetadataResponseTopic.partitions", n)
            items5: list[MetadataResponsePartition] = []
            m4.partitions = items5
            for _ in range(n):
                m6 = new(MetadataResponsePartition)
                m6.leader_epoch = -1
                m6.offline_replicas = []
                m6.error_code, m6.partition_index, m6.leader_id, n = _unpack_hiii(buf, pos)
                pos += 14
                if n < 0:
                    bad_length("MetadataResponsePartition.replica_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.replica_nodes", n)
                m6.replica_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("MetadataResponsePartition.isr_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.isr_nodes", n)
                m6.isr_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                items5.append(m6)
            items3.append(m4)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v1(buf: memoryview, pos: int) -> MetadataResponse:
    end = len(buf)
    try:
        m = new(MetadataResponse)
        m.throttle_time_ms = 0
        m.cluster_id = None
        m.cluster_authorized_operations = -2147483648
        m.error_code = 0
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("MetadataResponse.brokers", n)
        if n * 12 > end - pos:
            too_many("MetadataResponse.brokers", n)
        items1: list[MetadataResponseBroker] = []
        m.brokers = items1
        for _ in range(n):
            m2 = new(MetadataResponseBroker)
            m2.node_id, n = _unpack_ih(buf, pos)
            pos += 6
            if n < 0:
                bad_length("MetadataResponseBroker.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseBroker.host")
            m2.host = buf[at:pos].tobytes().decode()
            m2.port, n = _unpack_ih(buf, pos)
            pos += 6
            if n == -1:
                m2.rack = None
            else:
                if n < 0:
                    bad_length("MetadataResponseBroker.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataResponseBroker.rack")
                m2.rack = buf[at:pos].tobytes().decode()
            items1.append(m2)
        m.controller_id, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("MetadataResponse.topics", n)
        if n * 9 > end - pos:
            too_many("MetadataResponse.topics", n)
        items3: list[MetadataResponseTopic] = []
        m.topics = items3
        for _ in range(n):
            m4 = new(MetadataResponseTopic)
            m4.topic_id = NIL_UUID
            m4.topic_authorized_operations = -2147483648
            m4.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n < 0:
                bad_length("MetadataResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseTopic.name")
            m4.name = buf[at:pos].tobytes().decode()
            m4.is_internal, n = _unpack_Ti(buf, pos)
            pos += 5
            if n < 0:
                bad_length("MetadataResponseTopic.partitions", n)
            if n * 18 > end - pos:
                too_many("MetadataResponseTopic.partitions", n)
            items5: list[MetadataResponsePartition] = []
            m4.partitions = items5
            for _ in range(n):
                m6 = new(MetadataResponsePartition)
                m6.leader_epoch = -1
                m6.offline_replicas = []
                m6.error_code, m6.partition_index, m6.leader_id, n = _unpack_hiii(buf, pos)
                pos += 14
                if n < 0:
                    bad_length("MetadataResponsePartition.replica_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.replica_nodes", n)
                m6.replica_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("MetadataResponsePartition.isr_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.isr_nodes", n)
                m6.isr_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                items5.append(m6)
            items3.append(m4)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> MetadataResponse:
    end = len(buf)
    try:
        m = new(MetadataResponse)
        m.throttle_time_ms = 0
        m.cluster_authorized_operations = -2147483648
        m.error_code = 0
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("MetadataResponse.brokers", n)
        if n * 12 > end - pos:
            too_many("MetadataResponse.brokers", n)
        items1: list[MetadataResponseBroker] = []
        m.brokers = items1
        for _ in range(n):
            m2 = new(MetadataResponseBroker)
            m2.node_id, n = _unpack_ih(buf, pos)
            pos += 6
            if n < 0:
                bad_length("MetadataResponseBroker.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseBroker.host")
            m2.host = buf[at:pos].tobytes().decode()
            m2.port, n = _unpack_ih(buf, pos)
            pos += 6
            if n == -1:
                m2.rack = None
            else:
                if n < 0:
                    bad_length("MetadataResponseBroker.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataResponseBroker.rack")
                m2.rack = buf[at:pos].tobytes().decode()
            items1.append(m2)
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n == -1:
            m.cluster_id = None
        else:
            if n < 0:
                bad_length("MetadataResponse.cluster_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponse.cluster_id")
            m.cluster_id = buf[at:pos].tobytes().decode()
        m.controller_id, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("MetadataResponse.topics", n)
        if n * 9 > end - pos:
            too_many("MetadataResponse.topics", n)
        items3: list[MetadataResponseTopic] = []
        m.topics = items3
        for _ in range(n):
            m4 = new(MetadataResponseTopic)
            m4.topic_id = NIL_UUID
            m4.topic_authorized_operations = -2147483648
            m4.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n < 0:
                bad_length("MetadataResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseTopic.name")
            m4.name = buf[at:pos].tobytes().decode()
            m4.is_internal, n = _unpack_Ti(buf, pos)
            pos += 5
            if n < 0:
                bad_length("MetadataResponseTopic.partitions", n)
            if n * 18 > end - pos:
                too_many("MetadataResponseTopic.partitions", n)
            items5: list[MetadataResponsePartition] = []
            m4.partitions = items5
            for _ in range(n):
                m6 = new(MetadataResponsePartition)
                m6.leader_epoch = -1
                m6.offline_replicas = []
                m6.error_code, m6.partition_index, m6.leader_id, n = _unpack_hiii(buf, pos)
                pos += 14
                if n < 0:
                    bad_length("MetadataResponsePartition.replica_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.replica_nodes", n)
                m6.replica_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("MetadataResponsePartition.isr_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.isr_nodes", n)
                m6.isr_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                items5.append(m6)
            items3.append(m4)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v3(buf: memoryview, pos: int) -> MetadataResponse:
    end = len(buf)
    try:
        m = new(MetadataResponse)
        m.cluster_authorized_operations = -2147483648
        m.error_code = 0
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("MetadataResponse.brokers", n)
        if n * 12 > end - pos:
            too_many("MetadataResponse.brokers", n)
        items1: list[MetadataResponseBroker] = []
        m.brokers = items1
        for _ in range(n):
            m2 = new(MetadataResponseBroker)
            m2.node_id, n = _unpack_ih(buf, pos)
            pos += 6
            if n < 0:
                bad_length("MetadataResponseBroker.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseBroker.host")
            m2.host = buf[at:pos].tobytes().decode()
            m2.port, n = _unpack_ih(buf, pos)
            pos += 6
            if n == -1:
                m2.rack = None
            else:
                if n < 0:
                    bad_length("MetadataResponseBroker.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataResponseBroker.rack")
                m2.rack = buf[at:pos].tobytes().decode()
            items1.append(m2)
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n == -1:
            m.cluster_id = None
        else:
            if n < 0:
                bad_length("MetadataResponse.cluster_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponse.cluster_id")
            m.cluster_id = buf[at:pos].tobytes().decode()
        m.controller_id, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("MetadataResponse.topics", n)
        if n * 9 > end - pos:
            too_many("MetadataResponse.topics", n)
        items3: list[MetadataResponseTopic] = []
        m.topics = items3
        for _ in range(n):
            m4 = new(MetadataResponseTopic)
            m4.topic_id = NIL_UUID
            m4.topic_authorized_operations = -2147483648
            m4.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n < 0:
                bad_length("MetadataResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseTopic.name")
            m4.name = buf[at:pos].tobytes().decode()
            m4.is_internal, n = _unpack_Ti(buf, pos)
            pos += 5
            if n < 0:
                bad_length("MetadataResponseTopic.partitions", n)
            if n * 18 > end - pos:
                too_many("MetadataResponseTopic.partitions", n)
            items5: list[MetadataResponsePartition] = []
            m4.partitions = items5
            for _ in range(n):
                m6 = new(MetadataResponsePartition)
                m6.leader_epoch = -1
                m6.offline_replicas = []
                m6.error_code, m6.partition_index, m6.leader_id, n = _unpack_hiii(buf, pos)
                pos += 14
                if n < 0:
                    bad_length("MetadataResponsePartition.replica_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.replica_nodes", n)
                m6.replica_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("MetadataResponsePartition.isr_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.isr_nodes", n)
                m6.isr_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                items5.append(m6)
            items3.append(m4)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v5(buf: memoryview, pos: int) -> MetadataResponse:
    end = len(buf)
    try:
        m = new(MetadataResponse)
        m.cluster_authorized_operations = -2147483648
        m.error_code = 0
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("MetadataResponse.brokers", n)
        if n * 12 > end - pos:
            too_many("MetadataResponse.brokers", n)
        items1: list[MetadataResponseBroker] = []
        m.brokers = items1
        for _ in range(n):
            m2 = new(MetadataResponseBroker)
            m2.node_id, n = _unpack_ih(buf, pos)
            pos += 6
            if n < 0:
                bad_length("MetadataResponseBroker.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseBroker.host")
            m2.host = buf[at:pos].tobytes().decode()
            m2.port, n = _unpack_ih(buf, pos)
            pos += 6
            if n == -1:
                m2.rack = None
            else:
                if n < 0:
                    bad_length("MetadataResponseBroker.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataResponseBroker.rack")
                m2.rack = buf[at:pos].tobytes().decode()
            items1.append(m2)
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n == -1:
            m.cluster_id = None
        else:
            if n < 0:
                bad_length("MetadataResponse.cluster_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponse.cluster_id")
            m.cluster_id = buf[at:pos].tobytes().decode()
        m.controller_id, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("MetadataResponse.topics", n)
        if n * 9 > end - pos:
            too_many("MetadataResponse.topics", n)
        items3: list[MetadataResponseTopic] = []
        m.topics = items3
        for _ in range(n):
            m4 = new(MetadataResponseTopic)
            m4.topic_id = NIL_UUID
            m4.topic_authorized_operations = -2147483648
            m4.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n < 0:
                bad_length("MetadataResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseTopic.name")
            m4.name = buf[at:pos].tobytes().decode()
            m4.is_internal, n = _unpack_Ti(buf, pos)
            pos += 5
            if n < 0:
                bad_length("MetadataResponseTopic.partitions", n)
            if n * 22 > end - pos:
                too_many("MetadataResponseTopic.partitions", n)
            items5: list[MetadataResponsePartition] = []
            m4.partitions = items5
            for _ in range(n):
                m6 = new(MetadataResponsePartition)
                m6.leader_epoch = -1
                m6.error_code, m6.partition_index, m6.leader_id, n = _unpack_hiii(buf, pos)
                pos += 14
                if n < 0:
                    bad_length("MetadataResponsePartition.replica_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.replica_nodes", n)
                m6.replica_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("MetadataResponsePartition.isr_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.isr_nodes", n)
                m6.isr_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("MetadataResponsePartition.offline_replicas", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.offline_replicas", n)
                m6.offline_replicas = read_int32s(buf, pos, n)
                pos += n * 4
                items5.append(m6)
            items3.append(m4)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v7(buf: memoryview, pos: int) -> MetadataResponse:
    end = len(buf)
    try:
        m = new(MetadataResponse)
        m.cluster_authorized_operations = -2147483648
        m.error_code = 0
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("MetadataResponse.brokers", n)
        if n * 12 > end - pos:
            too_many("MetadataResponse.brokers", n)
        items1: list[MetadataResponseBroker] = []
        m.brokers = items1
        for _ in range(n):
            m2 = new(MetadataResponseBroker)
            m2.node_id, n = _unpack_ih(buf, pos)
            pos += 6
            if n < 0:
                bad_length("MetadataResponseBroker.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseBroker.host")
            m2.host = buf[at:pos].tobytes().decode()
            m2.port, n = _unpack_ih(buf, pos)
            pos += 6
            if n == -1:
                m2.rack = None
            else:
                if n < 0:
                    bad_length("MetadataResponseBroker.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataResponseBroker.rack")
                m2.rack = buf[at:pos].tobytes().decode()
            items1.append(m2)
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n == -1:
            m.cluster_id = None
        else:
            if n < 0:
                bad_length("MetadataResponse.cluster_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponse.cluster_id")
            m.cluster_id = buf[at:pos].tobytes().decode()
        m.controller_id, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("MetadataResponse.topics", n)
        if n * 9 > end - pos:
            too_many("MetadataResponse.topics", n)
        items3: list[MetadataResponseTopic] = []
        m.topics = items3
        for _ in range(n):
            m4 = new(MetadataResponseTopic)
            m4.topic_id = NIL_UUID
            m4.topic_authorized_operations = -2147483648
            m4.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n < 0:
                bad_length("MetadataResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseTopic.name")
            m4.name = buf[at:pos].tobytes().decode()
            m4.is_internal, n = _unpack_Ti(buf, pos)
            pos += 5
            if n < 0:
                bad_length("MetadataResponseTopic.partitions", n)
            if n * 26 > end - pos:
                too_many("MetadataResponseTopic.partitions", n)
            items5: list[MetadataResponsePartition] = []
            m4.partitions = items5
            for _ in range(n):
                m6 = new(MetadataResponsePartition)
                m6.error_code, m6.partition_index, m6.leader_id, m6.leader_epoch, n = _unpack_hiiii(buf, pos)
                pos += 18
                if n < 0:
                    bad_length("MetadataResponsePartition.replica_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.replica_nodes", n)
                m6.replica_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("MetadataResponsePartition.isr_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.isr_nodes", n)
                m6.isr_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("MetadataResponsePartition.offline_replicas", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.offline_replicas", n)
                m6.offline_replicas = read_int32s(buf, pos, n)
                pos += n * 4
                items5.append(m6)
            items3.append(m4)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v8(buf: memoryview, pos: int) -> MetadataResponse:
    end = len(buf)
    try:
        m = new(MetadataResponse)
        m.error_code = 0
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("MetadataResponse.brokers", n)
        if n * 12 > end - pos:
            too_many("MetadataResponse.brokers", n)
        items1: list[MetadataResponseBroker] = []
        m.brokers = items1
        for _ in range(n):
            m2 = new(MetadataResponseBroker)
            m2.node_id, n = _unpack_ih(buf, pos)
            pos += 6
            if n < 0:
                bad_length("MetadataResponseBroker.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseBroker.host")
            m2.host = buf[at:pos].tobytes().decode()
            m2.port, n = _unpack_ih(buf, pos)
            pos += 6
            if n == -1:
                m2.rack = None
            else:
                if n < 0:
                    bad_length("MetadataResponseBroker.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataResponseBroker.rack")
                m2.rack = buf[at:pos].tobytes().decode()
            items1.append(m2)
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n == -1:
            m.cluster_id = None
        else:
            if n < 0:
                bad_length("MetadataResponse.cluster_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponse.cluster_id")
            m.cluster_id = buf[at:pos].tobytes().decode()
        m.controller_id, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("MetadataResponse.topics", n)
        if n * 13 > end - pos:
            too_many("MetadataResponse.topics", n)
        items3: list[MetadataResponseTopic] = []
        m.topics = items3
        for _ in range(n):
            m4 = new(MetadataResponseTopic)
            m4.topic_id = NIL_UUID
            m4.error_code, n = _unpack_hh(buf, pos)
            pos += 4
            if n < 0:
                bad_length("MetadataResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseTopic.name")
            m4.name = buf[at:pos].tobytes().decode()
            m4.is_internal, n = _unpack_Ti(buf, pos)
            pos += 5
            if n < 0:
                bad_length("MetadataResponseTopic.partitions", n)
            if n * 26 > end - pos:
                too_many("MetadataResponseTopic.partitions", n)
            items5: list[MetadataResponsePartition] = []
            m4.partitions = items5
            for _ in range(n):
                m6 = new(MetadataResponsePartition)
                m6.error_code, m6.partition_index, m6.leader_id, m6.leader_epoch, n = _unpack_hiiii(buf, pos)
                pos += 18
                if n < 0:
                    bad_length("MetadataResponsePartition.replica_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.replica_nodes", n)
                m6.replica_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("MetadataResponsePartition.isr_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.isr_nodes", n)
                m6.isr_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("MetadataResponsePartition.offline_replicas", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.offline_replicas", n)
                m6.offline_replicas = read_int32s(buf, pos, n)
                pos += n * 4
                items5.append(m6)
            (m4.topic_authorized_operations,) = _unpack_i(buf, pos)
            pos += 4
            items3.append(m4)
        (m.cluster_authorized_operations,) = _unpack_i(buf, pos)
        pos += 4
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v9(buf: memoryview, pos: int) -> MetadataResponse:
    end = len(buf)
    try:
        m = new(MetadataResponse)
        m.error_code = 0
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("MetadataResponse.brokers", n)
        if n * 11 > end - pos:
            too_many("MetadataResponse.brokers", n)
        items1: list[MetadataResponseBroker] = []
        m.brokers = items1
        for _ in range(n):
            m2 = new(MetadataResponseBroker)
            m2.node_id, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("MetadataResponseBroker.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseBroker.host")
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
                    bad_length("MetadataResponseBroker.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataResponseBroker.rack")
                m2.rack = buf[at:pos].tobytes().decode()
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
        if n == -1:
            m.cluster_id = None
        else:
            if n < 0:
                bad_length("MetadataResponse.cluster_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponse.cluster_id")
            m.cluster_id = buf[at:pos].tobytes().decode()
        m.controller_id, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("MetadataResponse.topics", n)
        if n * 10 > end - pos:
            too_many("MetadataResponse.topics", n)
        items3: list[MetadataResponseTopic] = []
        m.topics = items3
        for _ in range(n):
            m4 = new(MetadataResponseTopic)
            m4.topic_id = NIL_UUID
            m4.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("MetadataResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseTopic.name")
            m4.name = buf[at:pos].tobytes().decode()
            m4.is_internal, n = _unpack_TB(buf, pos)
            pos += 2
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("MetadataResponseTopic.partitions", n)
            if n * 18 > end - pos:
                too_many("MetadataResponseTopic.partitions", n)
            items5: list[MetadataResponsePartition] = []
            m4.partitions = items5
            for _ in range(n):
                m6 = new(MetadataResponsePartition)
                m6.error_code, m6.partition_index, m6.leader_id, m6.leader_epoch, n = _unpack_hiiiB(buf, pos)
                pos += 15
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataResponsePartition.replica_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.replica_nodes", n)
                m6.replica_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataResponsePartition.isr_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.isr_nodes", n)
                m6.isr_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataResponsePartition.offline_replicas", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.offline_replicas", n)
                m6.offline_replicas = read_int32s(buf, pos, n)
                pos += n * 4
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items5.append(m6)
            m4.topic_authorized_operations, tags = _unpack_iB(buf, pos)
            pos += 5
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items3.append(m4)
        m.cluster_authorized_operations, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v10(buf: memoryview, pos: int) -> MetadataResponse:
    end = len(buf)
    try:
        m = new(MetadataResponse)
        m.error_code = 0
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("MetadataResponse.brokers", n)
        if n * 11 > end - pos:
            too_many("MetadataResponse.brokers", n)
        items1: list[MetadataResponseBroker] = []
        m.brokers = items1
        for _ in range(n):
            m2 = new(MetadataResponseBroker)
            m2.node_id, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("MetadataResponseBroker.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseBroker.host")
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
                    bad_length("MetadataResponseBroker.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataResponseBroker.rack")
                m2.rack = buf[at:pos].tobytes().decode()
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
        if n == -1:
            m.cluster_id = None
        else:
            if n < 0:
                bad_length("MetadataResponse.cluster_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponse.cluster_id")
            m.cluster_id = buf[at:pos].tobytes().decode()
        m.controller_id, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("MetadataResponse.topics", n)
        if n * 26 > end - pos:
            too_many("MetadataResponse.topics", n)
        items3: list[MetadataResponseTopic] = []
        m.topics = items3
        for _ in range(n):
            m4 = new(MetadataResponseTopic)
            m4.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("MetadataResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseTopic.name")
            m4.name = buf[at:pos].tobytes().decode()
            m4.topic_id, m4.is_internal, n = _unpack_UTB(buf, pos)
            pos += 18
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("MetadataResponseTopic.partitions", n)
            if n * 18 > end - pos:
                too_many("MetadataResponseTopic.partitions", n)
            items5: list[MetadataResponsePartition] = []
            m4.partitions = items5
            for _ in range(n):
                m6 = new(MetadataResponsePartition)
                m6.error_code, m6.partition_index, m6.leader_id, m6.leader_epoch, n = _unpack_hiiiB(buf, pos)
                pos += 15
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataResponsePartition.replica_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.replica_nodes", n)
                m6.replica_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataResponsePartition.isr_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.isr_nodes", n)
                m6.isr_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataResponsePartition.offline_replicas", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.offline_replicas", n)
                m6.offline_replicas = read_int32s(buf, pos, n)
                pos += n * 4
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items5.append(m6)
            m4.topic_authorized_operations, tags = _unpack_iB(buf, pos)
            pos += 5
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items3.append(m4)
        m.cluster_authorized_operations, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v11(buf: memoryview, pos: int) -> MetadataResponse:
    end = len(buf)
    try:
        m = new(MetadataResponse)
        m.cluster_authorized_operations = -2147483648
        m.error_code = 0
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("MetadataResponse.brokers", n)
        if n * 11 > end - pos:
            too_many("MetadataResponse.brokers", n)
        items1: list[MetadataResponseBroker] = []
        m.brokers = items1
        for _ in range(n):
            m2 = new(MetadataResponseBroker)
            m2.node_id, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("MetadataResponseBroker.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseBroker.host")
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
                    bad_length("MetadataResponseBroker.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataResponseBroker.rack")
                m2.rack = buf[at:pos].tobytes().decode()
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
        if n == -1:
            m.cluster_id = None
        else:
            if n < 0:
                bad_length("MetadataResponse.cluster_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponse.cluster_id")
            m.cluster_id = buf[at:pos].tobytes().decode()
        m.controller_id, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("MetadataResponse.topics", n)
        if n * 26 > end - pos:
            too_many("MetadataResponse.topics", n)
        items3: list[MetadataResponseTopic] = []
        m.topics = items3
        for _ in range(n):
            m4 = new(MetadataResponseTopic)
            m4.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("MetadataResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseTopic.name")
            m4.name = buf[at:pos].tobytes().decode()
            m4.topic_id, m4.is_internal, n = _unpack_UTB(buf, pos)
            pos += 18
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("MetadataResponseTopic.partitions", n)
            if n * 18 > end - pos:
                too_many("MetadataResponseTopic.partitions", n)
            items5: list[MetadataResponsePartition] = []
            m4.partitions = items5
            for _ in range(n):
                m6 = new(MetadataResponsePartition)
                m6.error_code, m6.partition_index, m6.leader_id, m6.leader_epoch, n = _unpack_hiiiB(buf, pos)
                pos += 15
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataResponsePartition.replica_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.replica_nodes", n)
                m6.replica_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataResponsePartition.isr_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.isr_nodes", n)
                m6.isr_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataResponsePartition.offline_replicas", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.offline_replicas", n)
                m6.offline_replicas = read_int32s(buf, pos, n)
                pos += n * 4
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items5.append(m6)
            m4.topic_authorized_operations, tags = _unpack_iB(buf, pos)
            pos += 5
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items3.append(m4)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v12(buf: memoryview, pos: int) -> MetadataResponse:
    end = len(buf)
    try:
        m = new(MetadataResponse)
        m.cluster_authorized_operations = -2147483648
        m.error_code = 0
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("MetadataResponse.brokers", n)
        if n * 11 > end - pos:
            too_many("MetadataResponse.brokers", n)
        items1: list[MetadataResponseBroker] = []
        m.brokers = items1
        for _ in range(n):
            m2 = new(MetadataResponseBroker)
            m2.node_id, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("MetadataResponseBroker.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseBroker.host")
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
                    bad_length("MetadataResponseBroker.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataResponseBroker.rack")
                m2.rack = buf[at:pos].tobytes().decode()
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
        if n == -1:
            m.cluster_id = None
        else:
            if n < 0:
                bad_length("MetadataResponse.cluster_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponse.cluster_id")
            m.cluster_id = buf[at:pos].tobytes().decode()
        m.controller_id, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("MetadataResponse.topics", n)
        if n * 26 > end - pos:
            too_many("MetadataResponse.topics", n)
        items3: list[MetadataResponseTopic] = []
        m.topics = items3
        for _ in range(n):
            m4 = new(MetadataResponseTopic)
            m4.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m4.name = None
            else:
                if n < 0:
                    bad_length("MetadataResponseTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataResponseTopic.name")
                m4.name = buf[at:pos].tobytes().decode()
            m4.topic_id, m4.is_internal, n = _unpack_UTB(buf, pos)
            pos += 18
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("MetadataResponseTopic.partitions", n)
            if n * 18 > end - pos:
                too_many("MetadataResponseTopic.partitions", n)
            items5: list[MetadataResponsePartition] = []
            m4.partitions = items5
            for _ in range(n):
                m6 = new(MetadataResponsePartition)
                m6.error_code, m6.partition_index, m6.leader_id, m6.leader_epoch, n = _unpack_hiiiB(buf, pos)
                pos += 15
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataResponsePartition.replica_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.replica_nodes", n)
                m6.replica_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataResponsePartition.isr_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.isr_nodes", n)
                m6.isr_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataResponsePartition.offline_replicas", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.offline_replicas", n)
                m6.offline_replicas = read_int32s(buf, pos, n)
                pos += n * 4
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items5.append(m6)
            m4.topic_authorized_operations, tags = _unpack_iB(buf, pos)
            pos += 5
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items3.append(m4)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v13(buf: memoryview, pos: int) -> MetadataResponse:
    end = len(buf)
    try:
        m = new(MetadataResponse)
        m.cluster_authorized_operations = -2147483648
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("MetadataResponse.brokers", n)
        if n * 11 > end - pos:
            too_many("MetadataResponse.brokers", n)
        items1: list[MetadataResponseBroker] = []
        m.brokers = items1
        for _ in range(n):
            m2 = new(MetadataResponseBroker)
            m2.node_id, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("MetadataResponseBroker.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponseBroker.host")
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
                    bad_length("MetadataResponseBroker.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataResponseBroker.rack")
                m2.rack = buf[at:pos].tobytes().decode()
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
        if n == -1:
            m.cluster_id = None
        else:
            if n < 0:
                bad_length("MetadataResponse.cluster_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataResponse.cluster_id")
            m.cluster_id = buf[at:pos].tobytes().decode()
        m.controller_id, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("MetadataResponse.topics", n)
        if n * 26 > end - pos:
            too_many("MetadataResponse.topics", n)
        items3: list[MetadataResponseTopic] = []
        m.topics = items3
        for _ in range(n):
            m4 = new(MetadataResponseTopic)
            m4.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m4.name = None
            else:
                if n < 0:
                    bad_length("MetadataResponseTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataResponseTopic.name")
                m4.name = buf[at:pos].tobytes().decode()
            m4.topic_id, m4.is_internal, n = _unpack_UTB(buf, pos)
            pos += 18
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("MetadataResponseTopic.partitions", n)
            if n * 18 > end - pos:
                too_many("MetadataResponseTopic.partitions", n)
            items5: list[MetadataResponsePartition] = []
            m4.partitions = items5
            for _ in range(n):
                m6 = new(MetadataResponsePartition)
                m6.error_code, m6.partition_index, m6.leader_id, m6.leader_epoch, n = _unpack_hiiiB(buf, pos)
                pos += 15
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataResponsePartition.replica_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.replica_nodes", n)
                m6.replica_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataResponsePartition.isr_nodes", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.isr_nodes", n)
                m6.isr_nodes = read_int32s(buf, pos, n)
                pos += n * 4
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataResponsePartition.offline_replicas", n)
                if n * 4 > end - pos:
                    too_many("MetadataResponsePartition.offline_replicas", n)
                m6.offline_replicas = read_int32s(buf, pos, n)
                pos += n * 4
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items5.append(m6)
            m4.topic_authorized_operations, tags = _unpack_iB(buf, pos)
            pos += 5
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items3.append(m4)
        m.error_code, tags = _unpack_hB(buf, pos)
        pos += 3
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: MetadataRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        if items1 is None:
            null_not_allowed("topics")
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            text = m2.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("MetadataRequest", error) from error


def encode_request_v1(m: MetadataRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = -1 if items1 is None else len(items1)
        out += _pack_i(n)
        for m2 in items1 or ():
            text = m2.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("MetadataRequest", error) from error


def encode_request_v4(m: MetadataRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = -1 if items1 is None else len(items1)
        out += _pack_i(n)
        for m2 in items1 or ():
            text = m2.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
        out += _pack_T(m.allow_auto_topic_creation)
    except UNENCODABLE as error:
        raise unencodable("MetadataRequest", error) from error


def encode_request_v8(m: MetadataRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = -1 if items1 is None else len(items1)
        out += _pack_i(n)
        for m2 in items1 or ():
            text = m2.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
        out += _pack_TTT(m.allow_auto_topic_creation, m.include_cluster_authorized_operations, m.include_topic_authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("MetadataRequest", error) from error


def encode_request_v9(m: MetadataRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = 0 if items1 is None else len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1 or ():
            text = m2.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            out.append(0)
        out += _pack_TTTx(m.allow_auto_topic_creation, m.include_cluster_authorized_operations, m.include_topic_authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("MetadataRequest", error) from error


def encode_request_v10(m: MetadataRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = 0 if items1 is None else len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1 or ():
            text = m2.name
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_UB(m2.topic_id, n)
            else:
                out += _pack_U(m2.topic_id)
                put_string_length(out, n)
            out += data
            out.append(0)
        out += _pack_TTTx(m.allow_auto_topic_creation, m.include_cluster_authorized_operations, m.include_topic_authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("MetadataRequest", error) from error


def encode_request_v11(m: MetadataRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = 0 if items1 is None else len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1 or ():
            text = m2.name
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_UB(m2.topic_id, n)
            else:
                out += _pack_U(m2.topic_id)
                put_string_length(out, n)
            out += data
            out.append(0)
        out += _pack_TTx(m.allow_auto_topic_creation, m.include_topic_authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("MetadataRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], MetadataResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
    2: decode_response_v2,
    3: decode_response_v3,
    4: decode_response_v3,
    5: decode_response_v5,
    6: decode_response_v5,
    7: decode_response_v7,
    8: decode_response_v8,
    9: decode_response_v9,
    10: decode_response_v10,
    11: decode_response_v11,
    12: decode_response_v12,
    13: decode_response_v13,
}


ENCODE_REQUEST: dict[int, Callable[[MetadataRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v1,
    2: encode_request_v1,
    3: encode_request_v1,
    4: encode_request_v4,
    5: encode_request_v4,
    6: encode_request_v4,
    7: encode_request_v4,
    8: encode_request_v8,
    9: encode_request_v9,
    10: encode_request_v10,
    11: encode_request_v11,
    12: encode_request_v11,
    13: encode_request_v11,
}
