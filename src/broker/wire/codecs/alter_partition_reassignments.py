"""AlterPartitionReassignments (API key 45): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.alter_partition_reassignments import (
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsRequestReassignablePartition,
    AlterPartitionReassignmentsRequestReassignableTopic,
    AlterPartitionReassignmentsResponse,
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
_unpack_iTB = struct.Struct(">i?B").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_pack_iTh = struct.Struct(">i?h").pack
_pack_iThB = struct.Struct(">i?hB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack


def decode_request_v0(buf: memoryview, pos: int) -> AlterPartitionReassignmentsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(AlterPartitionReassignmentsRequest)
        m.allow_replication_factor_change = True
        m.timeout_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AlterPartitionReassignmentsRequest.topics", n)
        if n * 3 > end - pos:
            too_many("AlterPartitionReassignmentsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("AlterPartitionReassignmentsRequest.topics")
        items1: list[AlterPartitionReassignmentsRequestReassignableTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(AlterPartitionReassignmentsRequestReassignableTopic)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterPartitionReassignmentsRequestReassignableTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterPartitionReassignmentsRequestReassignableTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterPartitionReassignmentsRequestReassignableTopic.partitions", n)
            if n * 6 > end - pos:
                too_many("AlterPartitionReassignmentsRequestReassignableTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("AlterPartitionReassignmentsRequestReassignableTopic.partitions")
            items3: list[AlterPartitionReassignmentsRequestReassignablePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(AlterPartitionReassignmentsRequestReassignablePartition)
                m4.partition_index, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.replicas = None
                else:
                    if n < 0:
                        bad_length("AlterPartitionReassignmentsRequestReassignablePartition.replicas", n)
                    if n * 4 > end - pos:
                        too_many("AlterPartitionReassignmentsRequestReassignablePartition.replicas", n)
                    left -= n
                    if left < 0:
                        too_many_in_all("AlterPartitionReassignmentsRequestReassignablePartition.replicas")
                    m4.replicas = read_int32s(buf, pos, n)
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


def decode_request_v1(buf: memoryview, pos: int) -> AlterPartitionReassignmentsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(AlterPartitionReassignmentsRequest)
        m.timeout_ms, m.allow_replication_factor_change, n = _unpack_iTB(buf, pos)
        pos += 6
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AlterPartitionReassignmentsRequest.topics", n)
        if n * 3 > end - pos:
            too_many("AlterPartitionReassignmentsRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("AlterPartitionReassignmentsRequest.topics")
        items1: list[AlterPartitionReassignmentsRequestReassignableTopic] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(AlterPartitionReassignmentsRequestReassignableTopic)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterPartitionReassignmentsRequestReassignableTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterPartitionReassignmentsRequestReassignableTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterPartitionReassignmentsRequestReassignableTopic.partitions", n)
            if n * 6 > end - pos:
                too_many("AlterPartitionReassignmentsRequestReassignableTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("AlterPartitionReassignmentsRequestReassignableTopic.partitions")
            items3: list[AlterPartitionReassignmentsRequestReassignablePartition] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(AlterPartitionReassignmentsRequestReassignablePartition)
                m4.partition_index, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.replicas = None
                else:
                    if n < 0:
                        bad_length("AlterPartitionReassignmentsRequestReassignablePartition.replicas", n)
                    if n * 4 > end - pos:
                        too_many("AlterPartitionReassignmentsRequestReassignablePartition.replicas", n)
                    left -= n
                    if left < 0:
                        too_many_in_all("AlterPartitionReassignmentsRequestReassignablePartition.replicas")
                    m4.replicas = read_int32s(buf, pos, n)
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


def encode_response_v0(m: AlterPartitionReassignmentsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.error_message
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_string_length(out, n)
        out += data
        items1 = m.responses
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
                text = m4.error_message
                if text is None:
                    data = b""
                    n = 0
                else:
                    data = text.encode()
                    n = len(data) + 1
                if n < 128:
                    out += _pack_ihB(m4.partition_index, m4.error_code, n)
                else:
                    out += _pack_ih(m4.partition_index, m4.error_code)
                    put_string_length(out, n)
                out += data
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("AlterPartitionReassignmentsResponse", error) from error


def encode_response_v1(m: AlterPartitionReassignmentsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        text = m.error_message
        if text is None:
            data = b""
            n = 0
        else:
            data = text.encode()
            n = len(data) + 1
        if n < 128:
            out += _pack_iThB(m.throttle_time_ms, m.allow_replication_factor_change, m.error_code, n)
        else:
            out += _pack_iTh(m.throttle_time_ms, m.allow_replication_factor_change, m.error_code)
            put_string_length(out, n)
        out += data
        items1 = m.responses
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
                text = m4.error_message
                if text is None:
                    data = b""
                    n = 0
                else:
                    data = text.encode()
                    n = len(data) + 1
                if n < 128:
                    out += _pack_ihB(m4.partition_index, m4.error_code, n)
                else:
                    out += _pack_ih(m4.partition_index, m4.error_code)
                    put_string_length(out, n)
                out += data
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("AlterPartitionReassignmentsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], AlterPartitionReassignmentsRequest]] = {
    0: decode_request_v0,
    1: decode_request_v1,
}


ENCODE_RESPONSE: dict[int, Callable[[AlterPartitionReassignmentsResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
}
