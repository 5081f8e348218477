"""AlterPartitionReassignments (API key 45): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.alter_partition_reassignments import (
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse,
    AlterPartitionReassignmentsResponseReassignablePartitionResponse,
    AlterPartitionReassignmentsResponseReassignableTopicResponse,
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
    UNENCODABLE,
    Writer,
    put_compact_array,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_iThB = struct.Struct(">i?hB").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_pack_i = struct.Struct(">i").pack
_pack_iT = struct.Struct(">i?").pack
_pack_iTB = struct.Struct(">i?B").pack
_pack_iB = struct.Struct(">iB").pack


def decode_response_v0(buf: memoryview, pos: int) -> AlterPartitionReassignmentsResponse:
    end = len(buf)
    try:
        m = new(AlterPartitionReassignmentsResponse)
        m.allow_replication_factor_change = True
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("AlterPartitionReassignmentsResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterPartitionReassignmentsResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AlterPartitionReassignmentsResponse.responses", n)
        if n * 3 > end - pos:
            too_many("AlterPartitionReassignmentsResponse.responses", n)
        items1: list[AlterPartitionReassignmentsResponseReassignableTopicResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(AlterPartitionReassignmentsResponseReassignableTopicResponse)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterPartitionReassignmentsResponseReassignableTopicResponse.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterPartitionReassignmentsResponseReassignableTopicResponse.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterPartitionReassignmentsResponseReassignableTopicResponse.partitions", n)
            if n * 8 > end - pos:
                too_many("AlterPartitionReassignmentsResponseReassignableTopicResponse.partitions", n)
            items3: list[AlterPartitionReassignmentsResponseReassignablePartitionResponse] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(AlterPartitionReassignmentsResponseReassignablePartitionResponse)
                m4.partition_index, m4.error_code, n = _unpack_ihB(buf, pos)
                pos += 7
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("AlterPartitionReassignmentsResponseReassignablePartitionResponse.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("AlterPartitionReassignmentsResponseReassignablePartitionResponse.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
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


def decode_response_v1(buf: memoryview, pos: int) -> AlterPartitionReassignmentsResponse:
    end = len(buf)
    try:
        m = new(AlterPartitionReassignmentsResponse)
        m.throttle_time_ms, m.allow_replication_factor_change, m.error_code, n = _unpack_iThB(buf, pos)
        pos += 8
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("AlterPartitionReassignmentsResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterPartitionReassignmentsResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AlterPartitionReassignmentsResponse.responses", n)
        if n * 3 > end - pos:
            too_many("AlterPartitionReassignmentsResponse.responses", n)
        items1: list[AlterPartitionReassignmentsResponseReassignableTopicResponse] = []
        m.responses = items1
        for _ in range(n):
            m2 = new(AlterPartitionReassignmentsResponseReassignableTopicResponse)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterPartitionReassignmentsResponseReassignableTopicResponse.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AlterPartitionReassignmentsResponseReassignableTopicResponse.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AlterPartitionReassignmentsResponseReassignableTopicResponse.partitions", n)
            if n * 8 > end - pos:
                too_many("AlterPartitionReassignmentsResponseReassignableTopicResponse.partitions", n)
            items3: list[AlterPartitionReassignmentsResponseReassignablePartitionResponse] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(AlterPartitionReassignmentsResponseReassignablePartitionResponse)
                m4.partition_index, m4.error_code, n = _unpack_ihB(buf, pos)
                pos += 7
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("AlterPartitionReassignmentsResponseReassignablePartitionResponse.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("AlterPartitionReassignmentsResponseReassignablePartitionResponse.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
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


def encode_request_v0(m: AlterPartitionReassignmentsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.timeout_ms, n)
        else:
            out += _pack_i(m.timeout_ms)
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
                out += _pack_i(m4.partition_index)
                some_ints = m4.replicas
                if some_ints is None:
                    out.append(0)
                else:
                    n = len(some_ints)
                    if n < 32:
                        out += PACK_COMPACT_INT32S[n](n + 1, *some_ints)
                    else:
                        put_compact_array(out, "i", some_ints)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("AlterPartitionReassignmentsRequest", error) from error


def encode_request_v1(m: AlterPartitionReassignmentsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_iTB(m.timeout_ms, m.allow_replication_factor_change, n)
        else:
            out += _pack_iT(m.timeout_ms, m.allow_replication_factor_change)
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
                out += _pack_i(m4.partition_index)
                some_ints = m4.replicas
                if some_ints is None:
                    out.append(0)
                else:
                    n = len(some_ints)
                    if n < 32:
                        out += PACK_COMPACT_INT32S[n](n + 1, *some_ints)
                    else:
                        put_compact_array(out, "i", some_ints)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("AlterPartitionReassignmentsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], AlterPartitionReassignmentsResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
}


ENCODE_REQUEST: dict[int, Callable[[AlterPartitionReassignmentsRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v1,
}
