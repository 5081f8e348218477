"""OffsetCommit (API key 8): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.base import (
    NIL_UUID,
)
from broker.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
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
_unpack_UB = struct.Struct(">16sB").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ih = struct.Struct(">ih").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_UB = struct.Struct(">16sB").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_iqh = struct.Struct(">iqh").pack
_pack_iqi = struct.Struct(">iqi").pack
_pack_iqiB = struct.Struct(">iqiB").pack
_pack_iqih = struct.Struct(">iqih").pack
_pack_qi = struct.Struct(">qi").pack


def decode_response_v2(buf: memoryview, pos: int) -> OffsetCommitResponse:
    end = len(buf)
    try:
        m = new(OffsetCommitResponse)
        m.throttle_time_ms = 0
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("OffsetCommitResponse.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetCommitResponse.topics", n)
        items1: list[OffsetCommitResponseTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetCommitResponseTopic)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetCommitResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetCommitResponseTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetCommitResponseTopic.partitions", n)
            if n * 6 > end - pos:
                too_many("OffsetCommitResponseTopic.partitions", n)
            items3: list[OffsetCommitResponsePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetCommitResponsePartition)
                m4.partition_index, m4.error_code = _unpack_ih(buf, pos)
                pos += 6
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v3(buf: memoryview, pos: int) -> OffsetCommitResponse:
    end = len(buf)
    try:
        m = new(OffsetCommitResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("OffsetCommitResponse.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetCommitResponse.topics", n)
        items1: list[OffsetCommitResponseTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetCommitResponseTopic)
            m2.topic_id = NIL_UUID
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetCommitResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetCommitResponseTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetCommitResponseTopic.partitions", n)
            if n * 6 > end - pos:
                too_many("OffsetCommitResponseTopic.partitions", n)
            items3: list[OffsetCommitResponsePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetCommitResponsePartition)
                m4.partition_index, m4.error_code = _unpack_ih(buf, pos)
                pos += 6
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v8(buf: memoryview, pos: int) -> OffsetCommitResponse:
    end = len(buf)
    try:
        m = new(OffsetCommitResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetCommitResponse.topics", n)
        if n * 3 > end - pos:
            too_many("OffsetCommitResponse.topics", n)
        items1: list[OffsetCommitResponseTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetCommitResponseTopic)
            m2.topic_id = NIL_UUID
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetCommitResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetCommitResponseTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetCommitResponseTopic.partitions", n)
            if n * 7 > end - pos:
                too_many("OffsetCommitResponseTopic.partitions", n)
            items3: list[OffsetCommitResponsePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetCommitResponsePartition)
                m4.partition_index, m4.error_code, tags = _unpack_ihB(buf, pos)
                pos += 7
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


def decode_response_v10(buf: memoryview, pos: int) -> OffsetCommitResponse:
    end = len(buf)
    try:
        m = new(OffsetCommitResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetCommitResponse.topics", n)
        if n * 18 > end - pos:
            too_many("OffsetCommitResponse.topics", n)
        items1: list[OffsetCommitResponseTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetCommitResponseTopic)
            m2.name = ""
            m2.topic_id, n = _unpack_UB(buf, pos)
            pos += 17
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetCommitResponseTopic.partitions", n)
            if n * 7 > end - pos:
                too_many("OffsetCommitResponseTopic.partitions", n)
            items3: list[OffsetCommitResponsePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(OffsetCommitResponsePartition)
                m4.partition_index, m4.error_code, tags = _unpack_ihB(buf, pos)
                pos += 7
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


def encode_request_v2(m: OffsetCommitRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.member_id.encode()
        n = len(data)
        out += _pack_ih(m.generation_id_or_member_epoch, n)
        out += data
        items1 = m.topics
        n = len(items1)
        out += _pack_qi(m.retention_time_ms, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                text = m4.committed_metadata
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_iqh(m4.partition_index, m4.committed_offset, n)
                out += data
    except UNENCODABLE as error:
        raise unencodable("OffsetCommitRequest", error) from error


def encode_request_v5(m: OffsetCommitRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.member_id.encode()
        n = len(data)
        out += _pack_ih(m.generation_id_or_member_epoch, n)
        out += data
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
                text = m4.committed_metadata
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_iqh(m4.partition_index, m4.committed_offset, n)
                out += data
    except UNENCODABLE as error:
        raise unencodable("OffsetCommitRequest", error) from error


def encode_request_v6(m: OffsetCommitRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.member_id.encode()
        n = len(data)
        out += _pack_ih(m.generation_id_or_member_epoch, n)
        out += data
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
                text = m4.committed_metadata
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_iqih(m4.partition_index, m4.committed_offset, m4.committed_leader_epoch, n)
                out += data
    except UNENCODABLE as error:
        raise unencodable("OffsetCommitRequest", error) from error


def encode_request_v7(m: OffsetCommitRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.member_id.encode()
        n = len(data)
        out += _pack_ih(m.generation_id_or_member_epoch, n)
        out += data
        text = m.group_instance_id
        if text is None:
            data = b""
            n = -1
        else:
            data = text.encode()
            n = len(data)
        out += _pack_h(n)
        out += data
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
                text = m4.committed_metadata
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_iqih(m4.partition_index, m4.committed_offset, m4.committed_leader_epoch, n)
                out += data
    except UNENCODABLE as error:
        raise unencodable("OffsetCommitRequest", error) from error


def encode_request_v8(m: OffsetCommitRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        data = m.member_id.encode()
        n = len(data) + 1
        if n < 128:
            out += _pack_iB(m.generation_id_or_member_epoch, n)
        else:
            out += _pack_i(m.generation_id_or_member_epoch)
            put_string_length(out, n)
        out += data
        text = m.group_instance_id
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
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
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
                text = m4.committed_metadata
                if text is None:
                    data = b""
                    n = 0
                else:
                    data = text.encode()
                    n = len(data) + 1
                if n < 128:
                    out += _pack_iqiB(m4.partition_index, m4.committed_offset, m4.committed_leader_epoch, n)
                else:
                    out += _pack_iqi(m4.partition_index, m4.committed_offset, m4.committed_leader_epoch)
                    put_string_length(out, n)
                out += data
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("OffsetCommitRequest", error) from error


def encode_request_v10(m: OffsetCommitRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.group_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        data = m.member_id.encode()
        n = len(data) + 1
        if n < 128:
            out += _pack_iB(m.generation_id_or_member_epoch, n)
        else:
            out += _pack_i(m.generation_id_or_member_epoch)
            put_string_length(out, n)
        out += data
        text = m.group_instance_id
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
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
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
                text = m4.committed_metadata
                if text is None:
                    data = b""
                    n = 0
                else:
                    data = text.encode()
                    n = len(data) + 1
                if n < 128:
                    out += _pack_iqiB(m4.partition_index, m4.committed_offset, m4.committed_leader_epoch, n)
                else:
                    out += _pack_iqi(m4.partition_index, m4.committed_offset, m4.committed_leader_epoch)
                    put_string_length(out, n)
                out += data
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("OffsetCommitRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], OffsetCommitResponse]] = {
    2: decode_response_v2,
    3: decode_response_v3,
    4: decode_response_v3,
    5: decode_response_v3,
    6: decode_response_v3,
    7: decode_response_v3,
    8: decode_response_v8,
    9: decode_response_v8,
    10: decode_response_v10,
}


ENCODE_REQUEST: dict[int, Callable[[OffsetCommitRequest, Writer], None]] = {
    2: encode_request_v2,
    3: encode_request_v2,
    4: encode_request_v2,
    5: encode_request_v5,
    6: encode_request_v6,
    7: encode_request_v7,
    8: encode_request_v8,
    9: encode_request_v8,
    10: encode_request_v10,
}
