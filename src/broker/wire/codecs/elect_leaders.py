"""ElectLeaders (API key 43): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.elect_leaders import (
    ElectLeadersRequest,
    ElectLeadersRequestTopicPartitions,
    ElectLeadersResponse,
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
_unpack_bB = struct.Struct(">bB").unpack_from
_unpack_bi = struct.Struct(">bi").unpack_from
_unpack_h = struct.Struct(">h").unpack_from
_unpack_i = struct.Struct(">i").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_ihh = struct.Struct(">ihh").pack
_pack_ihi = struct.Struct(">ihi").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v0(buf: memoryview, pos: int) -> ElectLeadersRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ElectLeadersRequest)
        m.election_type = 0
        (n,) = _unpack_i(buf, pos)
        pos += 4
        if n == -1:
            m.topic_partitions = None
        else:
            if n < 0:
                bad_length("ElectLeadersRequest.topic_partitions", n)
            if n * 6 > end - pos:
                too_many("ElectLeadersRequest.topic_partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("ElectLeadersRequest.topic_partitions")
            items1: list[ElectLeadersRequestTopicPartitions] = []
            m.topic_partitions = items1
            for _ in range(n):
                m2 = new(ElectLeadersRequestTopicPartitions)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("ElectLeadersRequestTopicPartitions.topic", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("ElectLeadersRequestTopicPartitions.topic")
                m2.topic = buf[at:pos].tobytes().decode()
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("ElectLeadersRequestTopicPartitions.partitions", n)
                if n * 4 > end - pos:
                    too_many("ElectLeadersRequestTopicPartitions.partitions", n)
                left -= n
                if left < 0:
                    too_many_in_all("ElectLeadersRequestTopicPartitions.partitions")
                m2.partitions = read_int32s(buf, pos, n)
                pos += n * 4
                items1.append(m2)
        (m.timeout_ms,) = _unpack_i(buf, pos)
        pos += 4
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v1(buf: memoryview, pos: int) -> ElectLeadersRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ElectLeadersRequest)
        m.election_type, n = _unpack_bi(buf, pos)
        pos += 5
        if n == -1:
            m.topic_partitions = None
        else:
            if n < 0:
                bad_length("ElectLeadersRequest.topic_partitions", n)
            if n * 6 > end - pos:
                too_many("ElectLeadersRequest.topic_partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("ElectLeadersRequest.topic_partitions")
            items1: list[ElectLeadersRequestTopicPartitions] = []
            m.topic_partitions = items1
            for _ in range(n):
                m2 = new(ElectLeadersRequestTopicPartitions)
                (n,) = _unpack_h(buf, pos)
                pos += 2
                if n < 0:
                    bad_length("ElectLeadersRequestTopicPartitions.topic", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("ElectLeadersRequestTopicPartitions.topic")
                m2.topic = buf[at:pos].tobytes().decode()
                (n,) = _unpack_i(buf, pos)
                pos += 4
                if n < 0:
                    bad_length("ElectLeadersRequestTopicPartitions.partitions", n)
                if n * 4 > end - pos:
                    too_many("ElectLeadersRequestTopicPartitions.partitions", n)
                left -= n
                if left < 0:
                    too_many_in_all("ElectLeadersRequestTopicPartitions.partitions")
                m2.partitions = read_int32s(buf, pos, n)
                pos += n * 4
                items1.append(m2)
        (m.timeout_ms,) = _unpack_i(buf, pos)
        pos += 4
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> ElectLeadersRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ElectLeadersRequest)
        m.election_type, n = _unpack_bB(buf, pos)
        pos += 2
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.topic_partitions = None
        else:
            if n < 0:
                bad_length("ElectLeadersRequest.topic_partitions", n)
            if n * 3 > end - pos:
                too_many("ElectLeadersRequest.topic_partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("ElectLeadersRequest.topic_partitions")
            items1: list[ElectLeadersRequestTopicPartitions] = []
            m.topic_partitions = items1
            for _ in range(n):
                m2 = new(ElectLeadersRequestTopicPartitions)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ElectLeadersRequestTopicPartitions.topic", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("ElectLeadersRequestTopicPartitions.topic")
                m2.topic = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ElectLeadersRequestTopicPartitions.partitions", n)
                if n * 4 > end - pos:
                    too_many("ElectLeadersRequestTopicPartitions.partitions", n)
                left -= n
                if left < 0:
                    too_many_in_all("ElectLeadersRequestTopicPartitions.partitions")
                m2.partitions = read_int32s(buf, pos, n)
                pos += n * 4
                tags = buf[pos]
                pos += 1
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items1.append(m2)
        m.timeout_ms, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: ElectLeadersResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.replica_election_results
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partition_result
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                text = m4.error_message
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_ihh(m4.partition_id, m4.error_code, n)
                out += data
    except UNENCODABLE as error:
        raise unencodable("ElectLeadersResponse", error) from error


def encode_response_v1(m: ElectLeadersResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.replica_election_results
        n = len(items1)
        out += _pack_ihi(m.throttle_time_ms, m.error_code, n)
        for m2 in items1:
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.partition_result
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                text = m4.error_message
                if text is None:
                    data = b""
                    n = -1
                else:
                    data = text.encode()
                    n = len(data)
                out += _pack_ihh(m4.partition_id, m4.error_code, n)
                out += data
    except UNENCODABLE as error:
        raise unencodable("ElectLeadersResponse", error) from error


def encode_response_v2(m: ElectLeadersResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.replica_election_results
        n = len(items1) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.topic.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.partition_result
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
                    out += _pack_ihB(m4.partition_id, m4.error_code, n)
                else:
                    out += _pack_ih(m4.partition_id, m4.error_code)
                    put_string_length(out, n)
                out += data
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ElectLeadersResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], ElectLeadersRequest]] = {
    0: decode_request_v0,
    1: decode_request_v1,
    2: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[ElectLeadersResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
    2: encode_response_v2,
}
