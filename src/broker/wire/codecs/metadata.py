"""Metadata (API key 3): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.base import (
    NIL_UUID,
)
from broker.wire.messages.metadata import (
    MetadataRequest,
    MetadataRequestTopic,
    MetadataResponse,
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
_unpack_T = struct.Struct(">?").unpack_from
_unpack_TTT = struct.Struct(">???").unpack_from
_unpack_TTTB = struct.Struct(">???B").unpack_from
_unpack_TTB = struct.Struct(">??B").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_pack_UT = struct.Struct(">16s?").pack
_pack_UTB = struct.Struct(">16s?B").pack
_pack_T = struct.Struct(">?").pack
_pack_TB = struct.Struct(">?B").pack
_pack_Ti = struct.Struct(">?i").pack
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_hh = struct.Struct(">hh").pack
_pack_hii = struct.Struct(">hii").pack
_pack_hiii = struct.Struct(">hiii").pack
_pack_hx = struct.Struct(">hx").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ii = struct.Struct(">ii").pack
_pack_ix = struct.Struct(">ix").pack


def decode_request_v0(buf: memoryview, pos: int) -> MetadataRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(MetadataRequest)
        m.allow_auto_topic_creation = True
        m.include_cluster_authorized_operations = False
        m.include_topic_authorized_operations = False
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("MetadataRequest.topics", n)
        if n * 2 > end - pos:
            too_many("MetadataRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("MetadataRequest.topics")
        items1: list[MetadataRequestTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(MetadataRequestTopic)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("MetadataRequestTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("MetadataRequestTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v1(buf: memoryview, pos: int) -> MetadataRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(MetadataRequest)
        m.allow_auto_topic_creation = True
        m.include_cluster_authorized_operations = False
        m.include_topic_authorized_operations = False
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n == -1:
            m.topics = None
        else:
            if n < 0:
                bad_length("MetadataRequest.topics", n)
            if n * 2 > end - pos:
                too_many("MetadataRequest.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("MetadataRequest.topics")
            items1: list[MetadataRequestTopic] = []
            m.topics = items1
            for _ in range(n):
                m2 = new(MetadataRequestTopic)
                m2.topic_id = NIL_UUID
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("MetadataRequestTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataRequestTopic.name")
                m2.name = buf[at:pos].tobytes().decode()
                items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v4(buf: memoryview, pos: int) -> MetadataRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(MetadataRequest)
        m.include_cluster_authorized_operations = False
        m.include_topic_authorized_operations = False
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n == -1:
            m.topics = None
        else:
            if n < 0:
                bad_length("MetadataRequest.topics", n)
            if n * 2 > end - pos:
                too_many("MetadataRequest.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("MetadataRequest.topics")
            items1: list[MetadataRequestTopic] = []
            m.topics = items1
            for _ in range(n):
                m2 = new(MetadataRequestTopic)
                m2.topic_id = NIL_UUID
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("MetadataRequestTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataRequestTopic.name")
                m2.name = buf[at:pos].tobytes().decode()
                items1.append(m2)
        (m.allow_auto_topic_creation,) = _unpack_T(buf, pos)
        pos += 1
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v8(buf: memoryview, pos: int) -> MetadataRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(MetadataRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n == -1:
            m.topics = None
        else:
            if n < 0:
                bad_length("MetadataRequest.topics", n)
            if n * 2 > end - pos:
                too_many("MetadataRequest.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("MetadataRequest.topics")
            items1: list[MetadataRequestTopic] = []
            m.topics = items1
            for _ in range(n):
                m2 = new(MetadataRequestTopic)
                m2.topic_id = NIL_UUID
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("MetadataRequestTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataRequestTopic.name")
                m2.name = buf[at:pos].tobytes().decode()
                items1.append(m2)
        m.allow_auto_topic_creation, m.include_cluster_authorized_operations, m.include_topic_authorized_operations = _unpack_TTT(buf, pos)
        pos += 3
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v9(buf: memoryview, pos: int) -> MetadataRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(MetadataRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.topics = None
        else:
            if n < 0:
                bad_length("MetadataRequest.topics", n)
            if n * 2 > end - pos:
                too_many("MetadataRequest.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("MetadataRequest.topics")
            items1: list[MetadataRequestTopic] = []
            m.topics = items1
            for _ in range(n):
                m2 = new(MetadataRequestTopic)
                m2.topic_id = NIL_UUID
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("MetadataRequestTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("MetadataRequestTopic.name")
                m2.name = buf[at:pos].tobytes().decode()
                tags = buf[pos]
                pos += 1
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items1.append(m2)
        m.allow_auto_topic_creation, m.include_cluster_authorized_operations, m.include_topic_authorized_operations, tags = _unpack_TTTB(buf, pos)
        pos += 4
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v10(buf: memoryview, pos: int) -> MetadataRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(MetadataRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.topics = None
        else:
            if n < 0:
                bad_length("MetadataRequest.topics", n)
            if n * 18 > end - pos:
                too_many("MetadataRequest.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("MetadataRequest.topics")
            items1: list[MetadataRequestTopic] = []
            m.topics = items1
            for _ in range(n):
                m2 = new(MetadataRequestTopic)
                m2.topic_id, n = _unpack_UB(buf, pos)
                pos += 17
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m2.name = None
                else:
                    if n < 0:
                        bad_length("MetadataRequestTopic.name", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("MetadataRequestTopic.name")
                    m2.name = buf[at:pos].tobytes().decode()
                tags = buf[pos]
                pos += 1
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items1.append(m2)
        m.allow_auto_topic_creation, m.include_cluster_authorized_operations, m.include_topic_authorized_operations, tags = _unpack_TTTB(buf, pos)
        pos += 4
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v11(buf: memoryview, pos: int) -> MetadataRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(MetadataRequest)
        m.include_cluster_authorized_operations = False
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.topics = None
        else:
            if n < 0:
                bad_length("MetadataRequest.topics", n)
            if n * 18 > end - pos:
                too_many("MetadataRequest.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("MetadataRequest.topics")
            items1: list[MetadataRequestTopic] = []
            m.topics = items1
            for _ in range(n):
                m2 = new(MetadataRequestTopic)
                m2.topic_id, n = _unpack_UB(buf, pos)
                pos += 17
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m2.name = None
                else:
                    if n < 0:
                        bad_length("MetadataRequestTopic.name", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("MetadataRequestTopic.name")
                    m2.name = buf[at:pos].tobytes().decode()
                tags = buf[pos]
                pos += 1
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items1.append(m2)
        m.allow_auto_topic_creation, m.include_topic_authorized_operations, tags = _unpack_TTB(buf, pos)
        pos += 3
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: MetadataResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.brokers
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data)
            out += _pack_ih(m2.node_id, n)
            out += data
            out += _pack_i(m2.port)
        items3 = m.topics
        n = len(items3)
        out += _pack_i(n)
        for m4 in items3:
            text = m4.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data)
            out += _pack_hh(m4.error_code, n)
            out += data
            items5 = m4.partitions
            n = len(items5)
            out += _pack_i(n)
            for m6 in items5:
                out += _pack_hii(m6.error_code, m6.partition_index, m6.leader_id)
                ints = m6.replica_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
                ints = m6.isr_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
    except UNENCODABLE as error:
        raise unencodable("MetadataResponse", error) from error


def encode_response_v1(m: MetadataResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.brokers
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data)
            out += _pack_ih(m2.node_id, n)
            out += data
            text = m2.rack
            if text is None:
                data = b""
                n = -1
            else:
                data = text.encode()
                n = len(data)
            out += _pack_ih(m2.port, n)
            out += data
        items3 = m.topics
        n = len(items3)
        out += _pack_ii(m.controller_id, n)
        for m4 in items3:
            text = m4.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data)
            out += _pack_hh(m4.error_code, n)
            out += data
            items5 = m4.partitions
            n = len(items5)
            out += _pack_Ti(m4.is_internal, n)
            for m6 in items5:
                out += _pack_hii(m6.error_code, m6.partition_index, m6.leader_id)
                ints = m6.replica_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
                ints = m6.isr_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
    except UNENCODABLE as error:
        raise unencodable("MetadataResponse", error) from error


def encode_response_v2(m: MetadataResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.brokers
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data)
            out += _pack_ih(m2.node_id, n)
            out += data
            text = m2.rack
            if text is None:
                data = b""
                n = -1
            else:
                data = text.encode()
                n = len(data)
            out += _pack_ih(m2.port, n)
            out += data
        text = m.cluster_id
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_h(n)
        out += data
        items3 = m.topics
        n = len(items3)
        out += _pack_ii(m.controller_id, n)
        for m4 in items3:
            text = m4.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data)
            out += _pack_hh(m4.error_code, n)
            out += data
            items5 = m4.partitions
            n = len(items5)
            out += _pack_Ti(m4.is_internal, n)
            for m6 in items5:
                out += _pack_hii(m6.error_code, m6.partition_index, m6.leader_id)
                ints = m6.replica_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
                ints = m6.isr_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
    except UNENCODABLE as error:
        raise unencodable("MetadataResponse", error) from error


def encode_response_v3(m: MetadataResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.brokers
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data)
            out += _pack_ih(m2.node_id, n)
            out += data
            text = m2.rack
            if text is None:
                data = b""
                n = -1
            else:
                data = text.encode()
                n = len(data)
            out += _pack_ih(m2.port, n)
            out += data
        text = m.cluster_id
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_h(n)
        out += data
        items3 = m.topics
        n = len(items3)
        out += _pack_ii(m.controller_id, n)
        for m4 in items3:
            text = m4.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data)
            out += _pack_hh(m4.error_code, n)
            out += data
            items5 = m4.partitions
            n = len(items5)
            out += _pack_Ti(m4.is_internal, n)
            for m6 in items5:
                out += _pack_hii(m6.error_code, m6.partition_index, m6.leader_id)
                ints = m6.replica_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
                ints = m6.isr_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
    except UNENCODABLE as error:
        raise unencodable("MetadataResponse", error) from error


def encode_response_v5(m: MetadataResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.brokers
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data)
            out += _pack_ih(m2.node_id, n)
            out += data
            text = m2.rack
            if text is None:
                data = b""
                n = -1
            else:
                data = text.encode()
                n = len(data)
            out += _pack_ih(m2.port, n)
            out += data
        text = m.cluster_id
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_h(n)
        out += data
        items3 = m.topics
        n = len(items3)
        out += _pack_ii(m.controller_id, n)
        for m4 in items3:
            text = m4.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data)
            out += _pack_hh(m4.error_code, n)
            out += data
            items5 = m4.partitions
            n = len(items5)
            out += _pack_Ti(m4.is_internal, n)
            for m6 in items5:
                out += _pack_hii(m6.error_code, m6.partition_index, m6.leader_id)
                ints = m6.replica_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
                ints = m6.isr_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
                ints = m6.offline_replicas
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
    except UNENCODABLE as error:
        raise unencodable("MetadataResponse", error) from error


def encode_response_v7(m: MetadataResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.brokers
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data)
            out += _pack_ih(m2.node_id, n)
            out += data
            text = m2.rack
            if text is None:
                data = b""
                n = -1
            else:
                data = text.encode()
                n = len(data)
            out += _pack_ih(m2.port, n)
            out += data
        text = m.cluster_id
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_h(n)
        out += data
        items3 = m.topics
        n = len(items3)
        out += _pack_ii(m.controller_id, n)
        for m4 in items3:
            text = m4.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data)
            out += _pack_hh(m4.error_code, n)
            out += data
            items5 = m4.partitions
            n = len(items5)
            out += _pack_Ti(m4.is_internal, n)
            for m6 in items5:
                out += _pack_hiii(m6.error_code, m6.partition_index, m6.leader_id, m6.leader_epoch)
                ints = m6.replica_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
                ints = m6.isr_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
                ints = m6.offline_replicas
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
    except UNENCODABLE as error:
        raise unencodable("MetadataResponse", error) from error


def encode_response_v8(m: MetadataResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.brokers
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data)
            out += _pack_ih(m2.node_id, n)
            out += data
            text = m2.rack
            if text is None:
                data = b""
                n = -1
            else:
                data = text.encode()
                n = len(data)
            out += _pack_ih(m2.port, n)
            out += data
        text = m.cluster_id
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_h(n)
        out += data
        items3 = m.topics
        n = len(items3)
        out += _pack_ii(m.controller_id, n)
        for m4 in items3:
            text = m4.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data)
            out += _pack_hh(m4.error_code, n)
            out += data
            items5 = m4.partitions
            n = len(items5)
            out += _pack_Ti(m4.is_internal, n)
            for m6 in items5:
                out += _pack_hiii(m6.error_code, m6.partition_index, m6.leader_id, m6.leader_epoch)
                ints = m6.replica_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
                ints = m6.isr_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
                ints = m6.offline_replicas
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
            out += _pack_i(m4.topic_authorized_operations)
        out += _pack_i(m.cluster_authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("MetadataResponse", error) from error


def encode_response_v9(m: MetadataResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.brokers
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.node_id, n)
            else:
                out += _pack_i(m2.node_id)
                put_string_length(out, n)
            out += data
            text = m2.rack
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.port, n)
            else:
                out += _pack_i(m2.port)
                put_string_length(out, n)
            out += data
            out.append(0)
        text = m.cluster_id
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
        items3 = m.topics
        n = len(items3) + 1
        if n < 128:
            out += _pack_iB(m.controller_id, n)
        else:
            out += _pack_i(m.controller_id)
            put_uvarint(out, n)
        for m4 in items3:
            text = m4.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_hB(m4.error_code, n)
            else:
                out += _pack_h(m4.error_code)
                put_string_length(out, n)
            out += data
            items5 = m4.partitions
            n = len(items5) + 1
            if n < 128:
                out += _pack_TB(m4.is_internal, n)
            else:
                out += _pack_T(m4.is_internal)
                put_uvarint(out, n)
            for m6 in items5:
                out += _pack_hiii(m6.error_code, m6.partition_index, m6.leader_id, m6.leader_epoch)
                ints = m6.replica_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                ints = m6.isr_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                ints = m6.offline_replicas
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out += _pack_ix(m4.topic_authorized_operations)
        out += _pack_ix(m.cluster_authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("MetadataResponse", error) from error


def encode_response_v10(m: MetadataResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.brokers
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.node_id, n)
            else:
                out += _pack_i(m2.node_id)
                put_string_length(out, n)
            out += data
            text = m2.rack
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.port, n)
            else:
                out += _pack_i(m2.port)
                put_string_length(out, n)
            out += data
            out.append(0)
        text = m.cluster_id
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
        items3 = m.topics
        n = len(items3) + 1
        if n < 128:
            out += _pack_iB(m.controller_id, n)
        else:
            out += _pack_i(m.controller_id)
            put_uvarint(out, n)
        for m4 in items3:
            text = m4.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_hB(m4.error_code, n)
            else:
                out += _pack_h(m4.error_code)
                put_string_length(out, n)
            out += data
            items5 = m4.partitions
            n = len(items5) + 1
            if n < 128:
                out += _pack_UTB(m4.topic_id, m4.is_internal, n)
            else:
                out += _pack_UT(m4.topic_id, m4.is_internal)
                put_uvarint(out, n)
            for m6 in items5:
                out += _pack_hiii(m6.error_code, m6.partition_index, m6.leader_id, m6.leader_epoch)
                ints = m6.replica_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                ints = m6.isr_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                ints = m6.offline_replicas
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out += _pack_ix(m4.topic_authorized_operations)
        out += _pack_ix(m.cluster_authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("MetadataResponse", error) from error


def encode_response_v11(m: MetadataResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.brokers
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.node_id, n)
            else:
                out += _pack_i(m2.node_id)
                put_string_length(out, n)
            out += data
            text = m2.rack
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.port, n)
            else:
                out += _pack_i(m2.port)
                put_string_length(out, n)
            out += data
            out.append(0)
        text = m.cluster_id
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
        items3 = m.topics
        n = len(items3) + 1
        if n < 128:
            out += _pack_iB(m.controller_id, n)
        else:
            out += _pack_i(m.controller_id)
            put_uvarint(out, n)
        for m4 in items3:
            text = m4.name
            if text is None:
                null_not_allowed("name")
            data = text.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_hB(m4.error_code, n)
            else:
                out += _pack_h(m4.error_code)
                put_string_length(out, n)
            out += data
            items5 = m4.partitions
            n = len(items5) + 1
            if n < 128:
                out += _pack_UTB(m4.topic_id, m4.is_internal, n)
            else:
                out += _pack_UT(m4.topic_id, m4.is_internal)
                put_uvarint(out, n)
            for m6 in items5:
                out += _pack_hiii(m6.error_code, m6.partition_index, m6.leader_id, m6.leader_epoch)
                ints = m6.replica_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                ints = m6.isr_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                ints = m6.offline_replicas
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out += _pack_ix(m4.topic_authorized_operations)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("MetadataResponse", error) from error


def encode_response_v12(m: MetadataResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.brokers
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.node_id, n)
            else:
                out += _pack_i(m2.node_id)
                put_string_length(out, n)
            out += data
            text = m2.rack
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.port, n)
            else:
                out += _pack_i(m2.port)
                put_string_length(out, n)
            out += data
            out.append(0)
        text = m.cluster_id
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
        items3 = m.topics
        n = len(items3) + 1
        if n < 128:
            out += _pack_iB(m.controller_id, n)
        else:
            out += _pack_i(m.controller_id)
            put_uvarint(out, n)
        for m4 in items3:
            text = m4.name
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_hB(m4.error_code, n)
            else:
                out += _pack_h(m4.error_code)
                put_string_length(out, n)
            out += data
            items5 = m4.partitions
            n = len(items5) + 1
            if n < 128:
                out += _pack_UTB(m4.topic_id, m4.is_internal, n)
            else:
                out += _pack_UT(m4.topic_id, m4.is_internal)
                put_uvarint(out, n)
            for m6 in items5:
                out += _pack_hiii(m6.error_code, m6.partition_index, m6.leader_id, m6.leader_epoch)
                ints = m6.replica_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                ints = m6.isr_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                ints = m6.offline_replicas
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out += _pack_ix(m4.topic_authorized_operations)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("MetadataResponse", error) from error


def encode_response_v13(m: MetadataResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.brokers
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.node_id, n)
            else:
                out += _pack_i(m2.node_id)
                put_string_length(out, n)
            out += data
            text = m2.rack
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.port, n)
            else:
                out += _pack_i(m2.port)
                put_string_length(out, n)
            out += data
            out.append(0)
        text = m.cluster_id
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
        items3 = m.topics
        n = len(items3) + 1
        if n < 128:
            out += _pack_iB(m.controller_id, n)
        else:
            out += _pack_i(m.controller_id)
            put_uvarint(out, n)
        for m4 in items3:
            text = m4.name
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_hB(m4.error_code, n)
            else:
                out += _pack_h(m4.error_code)
                put_string_length(out, n)
            out += data
            items5 = m4.partitions
            n = len(items5) + 1
            if n < 128:
                out += _pack_UTB(m4.topic_id, m4.is_internal, n)
            else:
                out += _pack_UT(m4.topic_id, m4.is_internal)
                put_uvarint(out, n)
            for m6 in items5:
                out += _pack_hiii(m6.error_code, m6.partition_index, m6.leader_id, m6.leader_epoch)
                ints = m6.replica_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                ints = m6.isr_nodes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                ints = m6.offline_replicas
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out += _pack_ix(m4.topic_authorized_operations)
        out += _pack_hx(m.error_code)
    except UNENCODABLE as error:
        raise unencodable("MetadataResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], MetadataRequest]] = {
    0: decode_request_v0,
    1: decode_request_v1,
    2: decode_request_v1,
    3: decode_request_v1,
    4: decode_request_v4,
    5: decode_request_v4,
    6: decode_request_v4,
    7: decode_request_v4,
    8: decode_request_v8,
    9: decode_request_v9,
    10: decode_request_v10,
    11: decode_request_v11,
    12: decode_request_v11,
    13: decode_request_v11,
}


ENCODE_RESPONSE: dict[int, Callable[[MetadataResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
    2: encode_response_v2,
    3: encode_response_v3,
    4: encode_response_v3,
    5: encode_response_v5,
    6: encode_response_v5,
    7: encode_response_v7,
    8: encode_response_v8,
    9: encode_response_v9,
    10: encode_response_v10,
    11: encode_response_v11,
    12: encode_response_v12,
    13: encode_response_v13,
}
