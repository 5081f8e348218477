"""AlterReplicaLogDirs (API key 34): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.alter_replica_log_dirs import (
    AlterReplicaLogDirsRequest,
    AlterReplicaLogDirsResponse,
    AlterReplicaLogDirsResponseAlterReplicaLogDirPartitionResult,
    AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult,
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
    put_array,
    put_compact_array,
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


def decode_response_v1(buf: memoryview, pos: int) -> AlterReplicaLogDirsResponse:
    end = len(buf)
    try:
        m = new(AlterReplicaLogDirsResponse)
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("AlterReplicaLogDirsResponse.results", n)
        if n * 6 > end - pos:
            too_many("AlterReplicaLogDirsResponse.results", n)
        items1: list[AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult.topic_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult.topic_name")
            m2.topic_name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult.partitions", n)
            if n * 6 > end - pos:
                too_many("AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult.partitions", n)
            items3: list[AlterReplicaLogDirsResponseAlterReplicaLogDirPartitionResult] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(AlterReplicaLogDirsResponseAlterReplicaLogDirPartitionResult)
                m4.partition_index, m4.error_code = _unpack_ih(buf, pos)
                pos += 6
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> AlterReplicaLogDirsResponse:
    end = len(buf)
    try:
        m = new(AlterReplicaLogDirsResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AlterReplicaLogDirsResponse.results", n)
        if n * 3 > end - pos:
            too_many("AlterReplicaLogDirsResponse.results", n)
        items1: list[AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult] = []
        m.results = items1
        for _ in range(n):
            m2 = new(AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult.topic_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult.topic_name")
            m2.topic_name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult.partitions", n)
            if n * 7 > end - pos:
                too_many("AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult.partitions", n)
            items3: list[AlterReplicaLogDirsResponseAlterReplicaLogDirPartitionResult] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(AlterReplicaLogDirsResponseAlterReplicaLogDirPartitionResult)
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


def encode_request_v1(m: AlterReplicaLogDirsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.dirs
        n = len(items1)
        out += _pack_i(n)
        for m2 in items1:
            data = m2.path.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.topics
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                data = m4.name.encode()
                n = len(data)
                out += _pack_h(n)
                out += data
                ints = m4.partitions
                n = len(ints)
                if n < 32:
                    out += PACK_INT32S[n](n, *ints)
                else:
                    put_array(out, "i", ints)
    except UNENCODABLE as error:
        raise unencodable("AlterReplicaLogDirsRequest", error) from error


def encode_request_v2(m: AlterReplicaLogDirsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.dirs
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.path.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.topics
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.name.encode()
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
        raise unencodable("AlterReplicaLogDirsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], AlterReplicaLogDirsResponse]] = {
    1: decode_response_v1,
    2: decode_response_v2,
}


ENCODE_REQUEST: dict[int, Callable[[AlterReplicaLogDirsRequest, Writer], None]] = {
    1: encode_request_v1,
    2: encode_request_v2,
}
