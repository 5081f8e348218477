"""AlterReplicaLogDirs (API key 34): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.alter_replica_log_dirs import (
    AlterReplicaLogDirsRequest,
    AlterReplicaLogDirsRequestAlterReplicaLogDir,
    AlterReplicaLogDirsRequestAlterReplicaLogDirTopic,
    AlterReplicaLogDirsResponse,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
    malformed,
    read_int32s,
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
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihx = struct.Struct(">ihx").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v1(buf: memoryview, pos: int) -> AlterReplicaLogDirsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(AlterReplicaLogDirsRequest)
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("AlterReplicaLogDirsRequest.dirs", n)
        if n * 6 > end - pos:
            too_many("AlterReplicaLogDirsRequest.dirs", n)
        left -= n
        if left < 0:
            too_many_in_all("AlterReplicaLogDirsRequest.dirs")
        items1: list[AlterReplicaLogDirsRequestAlterReplicaLogDir] = []
        m.dirs = items1
        for _ in range(n):
            m2 = new(AlterReplicaLogDirsRequestAlterReplicaLogDir)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("AlterReplicaLogDirsRequestAlterReplicaLogDir.path", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterReplicaLogDirsRequestAlterReplicaLogDir.path")
            m2.path = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("AlterReplicaLogDirsRequestAlterReplicaLogDir.topics", n)
            if n * 6 > end - pos:
                too_many("AlterReplicaLogDirsRequestAlterReplicaLogDir.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("AlterReplicaLogDirsRequestAlterReplicaLogDir.topics")
            items3: list[AlterReplicaLogDirsRequestAlterReplicaLogDirTopic] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(AlterReplicaLogDirsRequestAlterReplicaLogDirTopic)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("AlterReplicaLogDirsRequestAlterReplicaLogDirTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("AlterReplicaLogDirsRequestAlterReplicaLogDirTopic.name")
                m4.name = buf[at:pos].tobytes().decode()
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("AlterReplicaLogDirsRequestAlterReplicaLogDirTopic.partitions", n)
                if n * 4 > end - pos:
                    too_many("AlterReplicaLogDirsRequestAlterReplicaLogDirTopic.partitions", n)
                left -= n
                if left < 0:
                    too_many_in_all("AlterReplicaLogDirsRequestAlterReplicaLogDirTopic.partitions")
                m4.partitions = read_int32s(buf, pos, n)
                pos += n * 4
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> AlterReplicaLogDirsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(AlterReplicaLogDirsRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AlterReplicaLogDirsRequest.dirs", n)
        if n * 3 > end - pos:
            too_many("AlterReplicaLogDirsRequest.dirs", n)
        left -= n
        if left < 0:
            too_many_in_all("AlterReplicaLogDirsRequest.dirs")
        items1: list[AlterReplicaLogDirsRequestAlterReplicaLogDir] = []
        m.dirs = items1
        for _ in range(n):
            m2 = new(AlterReplicaLogDirsRequestAlterReplicaLogDir)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterReplicaLogDirsRequestAlterReplicaLogDir.path", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterReplicaLogDirsRequestAlterReplicaLogDir.path")
            m2.path = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterReplicaLogDirsRequestAlterReplicaLogDir.topics", n)
            if n * 3 > end - pos:
                too_many("AlterReplicaLogDirsRequestAlterReplicaLogDir.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("AlterReplicaLogDirsRequestAlterReplicaLogDir.topics")
            items3: list[AlterReplicaLogDirsRequestAlterReplicaLogDirTopic] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(AlterReplicaLogDirsRequestAlterReplicaLogDirTopic)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("AlterReplicaLogDirsRequestAlterReplicaLogDirTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("AlterReplicaLogDirsRequestAlterReplicaLogDirTopic.name")
                m4.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("AlterReplicaLogDirsRequestAlterReplicaLogDirTopic.partitions", n)
                if n * 4 > end - pos:
                    too_many("AlterReplicaLogDirsRequestAlterReplicaLogDirTopic.partitions", n)
                left -= n
                if left < 0:
                    too_many_in_all("AlterReplicaLogDirsRequestAlterReplicaLogDirTopic.partitions")
                m4.partitions = read_int32s(buf, pos, n)
                pos += n * 4
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


def encode_response_v1(m: AlterReplicaLogDirsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.results
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.topic_name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partitions
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_ih(m4.partition_index, m4.error_code)
    except UNENCODABLE as error:
        raise unencodable("AlterReplicaLogDirsResponse", error) from error


def encode_response_v2(m: AlterReplicaLogDirsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.results
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
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
                out += _pack_ihx(m4.partition_index, m4.error_code)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("AlterReplicaLogDirsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], AlterReplicaLogDirsRequest]] = {
    1: decode_request_v1,
    2: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[AlterReplicaLogDirsResponse, Writer], None]] = {
    1: encode_response_v1,
    2: encode_response_v2,
}
