"""OffsetFetch (API key 9): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.base import (
    NIL_UUID,
)
from broker.wire.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
    OffsetFetchResponse,
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
_unpack_UB = struct.Struct(">16sB").unpack_from
_unpack_TB = struct.Struct(">?B").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_UB = struct.Struct(">16sB").pack
_pack_h = struct.Struct(">h").pack
_pack_hx = struct.Struct(">hx").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ii = struct.Struct(">ii").pack
_pack_iqh = struct.Struct(">iqh").pack
_pack_iqi = struct.Struct(">iqi").pack
_pack_iqiB = struct.Struct(">iqiB").pack
_pack_iqih = struct.Struct(">iqih").pack


def decode_request_v1(buf: memoryview, pos: int) -> OffsetFetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetFetchRequest)
        m.groups = []
        m.require_stable = False
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("OffsetFetchRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetFetchRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n < 0:
            bad_length("OffsetFetchRequest.topics", n)
        if n * 6 > end - pos:
            too_many("OffsetFetchRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("OffsetFetchRequest.topics")
        items1: list[OffsetFetchRequestTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(OffsetFetchRequestTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("OffsetFetchRequestTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetFetchRequestTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("OffsetFetchRequestTopic.partition_indexes", n)
            if n * 4 > end - pos:
                too_many("OffsetFetchRequestTopic.partition_indexes", n)
            left -= n
            if left < 0:
                too_many_in_all("OffsetFetchRequestTopic.partition_indexes")
            m2.partition_indexes = read_int32s(buf, pos, n)
            pos += n * 4
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> OffsetFetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetFetchRequest)
        m.groups = []
        m.require_stable = False
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("OffsetFetchRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetFetchRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n == -1:
            m.topics = None
        else:
            if n < 0:
                bad_length("OffsetFetchRequest.topics", n)
            if n * 6 > end - pos:
                too_many("OffsetFetchRequest.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("OffsetFetchRequest.topics")
            items1: list[OffsetFetchRequestTopic] = []
            m.topics = items1
            for _ in range(n):
                m2 = new(OffsetFetchRequestTopic)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("OffsetFetchRequestTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("OffsetFetchRequestTopic.name")
                m2.name = buf[at:pos].tobytes().decode()
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("OffsetFetchRequestTopic.partition_indexes", n)
                if n * 4 > end - pos:
                    too_many("OffsetFetchRequestTopic.partition_indexes", n)
                left -= n
                if left < 0:
                    too_many_in_all("OffsetFetchRequestTopic.partition_indexes")
                m2.partition_indexes = read_int32s(buf, pos, n)
                pos += n * 4
                items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v6(buf: memoryview, pos: int) -> OffsetFetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetFetchRequest)
        m.groups = []
        m.require_stable = False
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetFetchRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetFetchRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.topics = None
        else:
            if n < 0:
                bad_length("OffsetFetchRequest.topics", n)
            if n * 3 > end - pos:
                too_many("OffsetFetchRequest.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("OffsetFetchRequest.topics")
            items1: list[OffsetFetchRequestTopic] = []
            m.topics = items1
            for _ in range(n):
                m2 = new(OffsetFetchRequestTopic)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("OffsetFetchRequestTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("OffsetFetchRequestTopic.name")
                m2.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("OffsetFetchRequestTopic.partition_indexes", n)
                if n * 4 > end - pos:
                    too_many("OffsetFetchRequestTopic.partition_indexes", n)
                left -= n
                if left < 0:
                    too_many_in_all("OffsetFetchRequestTopic.partition_indexes")
                m2.partition_indexes = read_int32s(buf, pos, n)
                pos += n * 4
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


def decode_request_v7(buf: memoryview, pos: int) -> OffsetFetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetFetchRequest)
        m.groups = []
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetFetchRequest.group_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("OffsetFetchRequest.group_id")
        m.group_id = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.topics = None
        else:
            if n < 0:
                bad_length("OffsetFetchRequest.topics", n)
            if n * 3 > end - pos:
                too_many("OffsetFetchRequest.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("OffsetFetchRequest.topics")
            items1: list[OffsetFetchRequestTopic] = []
            m.topics = items1
            for _ in range(n):
                m2 = new(OffsetFetchRequestTopic)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("OffsetFetchRequestTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("OffsetFetchRequestTopic.name")
                m2.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("OffsetFetchRequestTopic.partition_indexes", n)
                if n * 4 > end - pos:
                    too_many("OffsetFetchRequestTopic.partition_indexes", n)
                left -= n
                if left < 0:
                    too_many_in_all("OffsetFetchRequestTopic.partition_indexes")
                m2.partition_indexes = read_int32s(buf, pos, n)
                pos += n * 4
                tags = buf[pos]
                pos += 1
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items1.append(m2)
        m.require_stable, tags = _unpack_TB(buf, pos)
        pos += 2
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v8(buf: memoryview, pos: int) -> OffsetFetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetFetchRequest)
        m.group_id = ""
        m.topics = []
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetFetchRequest.groups", n)
        if n * 3 > end - pos:
            too_many("OffsetFetchRequest.groups", n)
        left -= n
        if left < 0:
            too_many_in_all("OffsetFetchRequest.groups")
        items1: list[OffsetFetchRequestGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(OffsetFetchRequestGroup)
            m2.member_id = None
            m2.member_epoch = -1
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetFetchRequestGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetFetchRequestGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.topics = None
            else:
                if n < 0:
                    bad_length("OffsetFetchRequestGroup.topics", n)
                if n * 3 > end - pos:
                    too_many("OffsetFetchRequestGroup.topics", n)
                left -= n
                if left < 0:
                    too_many_in_all("OffsetFetchRequestGroup.topics")
                items3: list[OffsetFetchRequestTopics] = []
                m2.topics = items3
                for _ in range(n):
                    m4 = new(OffsetFetchRequestTopics)
                    m4.topic_id = NIL_UUID
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("OffsetFetchRequestTopics.name", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("OffsetFetchRequestTopics.name")
                    m4.name = buf[at:pos].tobytes().decode()
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("OffsetFetchRequestTopics.partition_indexes", n)
                    if n * 4 > end - pos:
                        too_many("OffsetFetchRequestTopics.partition_indexes", n)
                    left -= n
                    if left < 0:
                        too_many_in_all("OffsetFetchRequestTopics.partition_indexes")
                    m4.partition_indexes = read_int32s(buf, pos, n)
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
        m.require_stable, tags = _unpack_TB(buf, pos)
        pos += 2
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v9(buf: memoryview, pos: int) -> OffsetFetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetFetchRequest)
        m.group_id = ""
        m.topics = []
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetFetchRequest.groups", n)
        if n * 8 > end - pos:
            too_many("OffsetFetchRequest.groups", n)
        left -= n
        if left < 0:
            too_many_in_all("OffsetFetchRequest.groups")
        items1: list[OffsetFetchRequestGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(OffsetFetchRequestGroup)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetFetchRequestGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetFetchRequestGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.member_id = None
            else:
                if n < 0:
                    bad_length("OffsetFetchRequestGroup.member_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("OffsetFetchRequestGroup.member_id")
                m2.member_id = buf[at:pos].tobytes().decode()
            m2.member_epoch, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.topics = None
            else:
                if n < 0:
                    bad_length("OffsetFetchRequestGroup.topics", n)
                if n * 3 > end - pos:
                    too_many("OffsetFetchRequestGroup.topics", n)
                left -= n
                if left < 0:
                    too_many_in_all("OffsetFetchRequestGroup.topics")
                items3: list[OffsetFetchRequestTopics] = []
                m2.topics = items3
                for _ in range(n):
                    m4 = new(OffsetFetchRequestTopics)
                    m4.topic_id = NIL_UUID
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("OffsetFetchRequestTopics.name", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("OffsetFetchRequestTopics.name")
                    m4.name = buf[at:pos].tobytes().decode()
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("OffsetFetchRequestTopics.partition_indexes", n)
                    if n * 4 > end - pos:
                        too_many("OffsetFetchRequestTopics.partition_indexes", n)
                    left -= n
                    if left < 0:
                        too_many_in_all("OffsetFetchRequestTopics.partition_indexes")
                    m4.partition_indexes = read_int32s(buf, pos, n)
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
        m.require_stable, tags = _unpack_TB(buf, pos)
        pos += 2
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v10(buf: memoryview, pos: int) -> OffsetFetchRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(OffsetFetchRequest)
        m.group_id = ""
        m.topics = []
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("OffsetFetchRequest.groups", n)
        if n * 8 > end - pos:
            too_many("OffsetFetchRequest.groups", n)
        left -= n
        if left < 0:
            too_many_in_all("OffsetFetchRequest.groups")
        items1: list[OffsetFetchRequestGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(OffsetFetchRequestGroup)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("OffsetFetchRequestGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("OffsetFetchRequestGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.member_id = None
            else:
                if n < 0:
                    bad_length("OffsetFetchRequestGroup.member_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("OffsetFetchRequestGroup.member_id")
                m2.member_id = buf[at:pos].tobytes().decode()
            m2.member_epoch, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.topics = None
            else:
                if n < 0:
                    bad_length("OffsetFetchRequestGroup.topics", n)
                if n * 18 > end - pos:
                    too_many("OffsetFetchRequestGroup.topics", n)
                left -= n
                if left < 0:
                    too_many_in_all("OffsetFetchRequestGroup.topics")
                items3: list[OffsetFetchRequestTopics] = []
                m2.topics = items3
                for _ in range(n):
                    m4 = new(OffsetFetchRequestTopics)
                    m4.name = ""
                    m4.topic_id, n = _unpack_UB(buf, pos)
                    pos += 17
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("OffsetFetchRequestTopics.partition_indexes", n)
                    if n * 4 > end - pos:
                        too_many("OffsetFetchRequestTopics.partition_indexes", n)
                    left -= n
                    if left < 0:
                        too_many_in_all("OffsetFetchRequestTopics.partition_indexes")
                    m4.partition_indexes = read_int32s(buf, pos, n)
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
        m.require_stable, tags = _unpack_TB(buf, pos)
        pos += 2
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v1(m: OffsetFetchResponse, writer: Writer) -> None:
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
                text = m4.metadata
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_iqh(m4.partition_index, m4.committed_offset, n)
                out += data
                out += _pack_h(m4.error_code)
    except UNENCODABLE as error:
        raise unencodable("OffsetFetchResponse", error) from error


def encode_response_v2(m: OffsetFetchResponse, writer: Writer) -> None:
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
                text = m4.metadata
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_iqh(m4.partition_index, m4.committed_offset, n)
                out += data
                out += _pack_h(m4.error_code)
        out += _pack_h(m.error_code)
    except UNENCODABLE as error:
        raise unencodable("OffsetFetchResponse", error) from error


def encode_response_v3(m: OffsetFetchResponse, writer: Writer) -> None:
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
                text = m4.metadata
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_iqh(m4.partition_index, m4.committed_offset, n)
                out += data
                out += _pack_h(m4.error_code)
        out += _pack_h(m.error_code)
    except UNENCODABLE as error:
        raise unencodable("OffsetFetchResponse", error) from error


def encode_response_v5(m: OffsetFetchResponse, writer: Writer) -> None:
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
                text = m4.metadata
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_iqih(m4.partition_index, m4.committed_offset, m4.committed_leader_epoch, n)
                out += data
                out += _pack_h(m4.error_code)
        out += _pack_h(m.error_code)
    except UNENCODABLE as error:
        raise unencodable("OffsetFetchResponse", error) from error


def encode_response_v6(m: OffsetFetchResponse, writer: Writer) -> None:
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
                text = m4.metadata
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
                out += _pack_hx(m4.error_code)
            out.append(0)
        out += _pack_hx(m.error_code)
    except UNENCODABLE as error:
        raise unencodable("OffsetFetchResponse", error) from error


def encode_response_v8(m: OffsetFetchResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.group_id.encode()
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
                items5 = m4.partitions
                n = len(items5) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                for m6 in items5:
                    text = m6.metadata
                    if text is None:
                        data = b""
                        n = 0
                    else:
                        data = text.encode()
                        n = len(data) + 1
                    if n < 128:
                        out += _pack_iqiB(m6.partition_index, m6.committed_offset, m6.committed_leader_epoch, n)
                    else:
                        out += _pack_iqi(m6.partition_index, m6.committed_offset, m6.committed_leader_epoch)
                        put_string_length(out, n)
                    out += data
                    out += _pack_hx(m6.error_code)
                out.append(0)
            out += _pack_hx(m2.error_code)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("OffsetFetchResponse", error) from error


def encode_response_v10(m: OffsetFetchResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.group_id.encode()
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
                items5 = m4.partitions
                n = len(items5) + 1
                if n < 128:
                    out += _pack_UB(m4.topic_id, n)
                else:
                    out += _pack_U(m4.topic_id)
                    put_uvarint(out, n)
                for m6 in items5:
                    text = m6.metadata
                    if text is None:
                        data = b""
                        n = 0
                    else:
                        data = text.encode()
                        n = len(data) + 1
                    if n < 128:
                        out += _pack_iqiB(m6.partition_index, m6.committed_offset, m6.committed_leader_epoch, n)
                    else:
                        out += _pack_iqi(m6.partition_index, m6.committed_offset, m6.committed_leader_epoch)
                        put_string_length(out, n)
                    out += data
                    out += _pack_hx(m6.error_code)
                out.append(0)
            out += _pack_hx(m2.error_code)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("OffsetFetchResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], OffsetFetchRequest]] = {
    1: decode_request_v1,
    2: decode_request_v2,
    3: decode_request_v2,
    4: decode_request_v2,
    5: decode_request_v2,
    6: decode_request_v6,
    7: decode_request_v7,
    8: decode_request_v8,
    9: decode_request_v9,
    10: decode_request_v10,
}


ENCODE_RESPONSE: dict[int, Callable[[OffsetFetchResponse, Writer], None]] = {
    1: encode_response_v1,
    2: encode_response_v2,
    3: encode_response_v3,
    4: encode_response_v3,
    5: encode_response_v5,
    6: encode_response_v6,
    7: encode_response_v6,
    8: encode_response_v8,
    9: encode_response_v8,
    10: encode_response_v10,
}
