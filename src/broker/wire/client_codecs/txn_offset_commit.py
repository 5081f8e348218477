"""TxnOffsetCommit (API key 28): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.txn_offset_commit import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition,
    TxnOffsetCommitResponseTopic,
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
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ih = struct.Struct(">ih").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iqh = struct.Struct(">iqh").pack
_pack_iqi = struct.Struct(">iqi").pack
_pack_iqiB = struct.Struct(">iqiB").pack
_pack_iqih = struct.Struct(">iqih").pack
_pack_qhi = struct.Struct(">qhi").pack
_pack_qhiB = struct.Struct(">qhiB").pack


def decode_response_v0(buf: memoryview, pos: int) -> TxnOffsetCommitResponse:
    end = len(buf)
    try:
        m = new(TxnOffsetCommitResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("TxnOffsetCommitResponse.topics", n)
        if n * 6 > end - pos:
            too_many("TxnOffsetCommitResponse.topics", n)
        items1: list[TxnOffsetCommitResponseTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(TxnOffsetCommitResponseTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("TxnOffsetCommitResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("TxnOffsetCommitResponseTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("TxnOffsetCommitResponseTopic.partitions", n)
            if n * 6 > end - pos:
                too_many("TxnOffsetCommitResponseTopic.partitions", n)
            items3: list[TxnOffsetCommitResponsePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(TxnOffsetCommitResponsePartition)
                m4.partition_index, m4.error_code = _unpack_ih(buf, pos)
                pos += 6
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v3(buf: memoryview, pos: int) -> TxnOffsetCommitResponse:
    end = len(buf)
    try:
        m = new(TxnOffsetCommitResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("TxnOffsetCommitResponse.topics", n)
        if n * 3 > end - pos:
            too_many("TxnOffsetCommitResponse.topics", n)
        items1: list[TxnOffsetCommitResponseTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(TxnOffsetCommitResponseTopic)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("TxnOffsetCommitResponseTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("TxnOffsetCommitResponseTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("TxnOffsetCommitResponseTopic.partitions", n)
            if n * 7 > end - pos:
                too_many("TxnOffsetCommitResponseTopic.partitions", n)
            items3: list[TxnOffsetCommitResponsePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(TxnOffsetCommitResponsePartition)
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


def encode_request_v0(m: TxnOffsetCommitRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.transactional_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        items1 = m.topics
        n = len(items1)
        out += _pack_qhi(m.producer_id, m.producer_epoch, n)
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
        raise unencodable("TxnOffsetCommitRequest", error) from error


def encode_request_v2(m: TxnOffsetCommitRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.transactional_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        data = m.group_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        items1 = m.topics
        n = len(items1)
        out += _pack_qhi(m.producer_id, m.producer_epoch, n)
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
        raise unencodable("TxnOffsetCommitRequest", error) from error


def encode_request_v3(m: TxnOffsetCommitRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.transactional_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
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
            out += _pack_qhiB(m.producer_id, m.producer_epoch, m.generation_id, n)
        else:
            out += _pack_qhi(m.producer_id, m.producer_epoch, m.generation_id)
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
        raise unencodable("TxnOffsetCommitRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], TxnOffsetCommitResponse]] = {
    0: decode_response_v0,
    1: decode_response_v0,
    2: decode_response_v0,
    3: decode_response_v3,
    4: decode_response_v3,
    5: decode_response_v3,
}


ENCODE_REQUEST: dict[int, Callable[[TxnOffsetCommitRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v2,
    3: encode_request_v3,
    4: encode_request_v3,
    5: encode_request_v3,
}
