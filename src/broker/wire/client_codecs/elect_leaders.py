"""ElectLeaders (API key 43): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.elect_leaders import (
    ElectLeadersRequest,
    ElectLeadersResponse,
    ElectLeadersResponsePartitionResult,
    ElectLeadersResponseReplicaElectionResult,
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
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_ihh = struct.Struct(">ihh").unpack_from
_unpack_ihi = struct.Struct(">ihi").unpack_from
_unpack_ii = struct.Struct(">ii").unpack_from
_pack_b = struct.Struct(">b").pack
_pack_bB = struct.Struct(">bB").pack
_pack_bi = struct.Struct(">bi").pack
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_ix = struct.Struct(">ix").pack


def decode_response_v0(buf: memoryview, pos: int) -> ElectLeadersResponse:
    end = len(buf)
    try:
        m = new(ElectLeadersResponse)
        m.error_code = 0
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("ElectLeadersResponse.replica_election_results", n)
        if n * 6 > end - pos:
            too_many("ElectLeadersResponse.replica_election_results", n)
        items1: list[ElectLeadersResponseReplicaElectionResult] = []
        m.replica_election_results = items1
        for _ in range(n):
            m2 = new(ElectLeadersResponseReplicaElectionResult)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ElectLeadersResponseReplicaElectionResult.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ElectLeadersResponseReplicaElectionResult.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("ElectLeadersResponseReplicaElectionResult.partition_result", n)
            if n * 8 > end - pos:
                too_many("ElectLeadersResponseReplicaElectionResult.partition_result", n)
            items3: list[ElectLeadersResponsePartitionResult] = []
            m2.partition_result = items3
            for _ in range(n):
                m4 = new(ElectLeadersResponsePartitionResult)
                m4.partition_id, m4.error_code, n = _unpack_ihh(buf, pos)
                pos += 8
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("ElectLeadersResponsePartitionResult.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ElectLeadersResponsePartitionResult.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v1(buf: memoryview, pos: int) -> ElectLeadersResponse:
    end = len(buf)
    try:
        m = new(ElectLeadersResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihi(buf, pos)
        pos += 10
        if n < 0:
            bad_length("ElectLeadersResponse.replica_election_results", n)
        if n * 6 > end - pos:
            too_many("ElectLeadersResponse.replica_election_results", n)
        items1: list[ElectLeadersResponseReplicaElectionResult] = []
        m.replica_election_results = items1
        for _ in range(n):
            m2 = new(ElectLeadersResponseReplicaElectionResult)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("ElectLeadersResponseReplicaElectionResult.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ElectLeadersResponseReplicaElectionResult.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("ElectLeadersResponseReplicaElectionResult.partition_result", n)
            if n * 8 > end - pos:
                too_many("ElectLeadersResponseReplicaElectionResult.partition_result", n)
            items3: list[ElectLeadersResponsePartitionResult] = []
            m2.partition_result = items3
            for _ in range(n):
                m4 = new(ElectLeadersResponsePartitionResult)
                m4.partition_id, m4.error_code, n = _unpack_ihh(buf, pos)
                pos += 8
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("ElectLeadersResponsePartitionResult.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ElectLeadersResponsePartitionResult.error_message")
                    m4.error_message = buf[at:pos].tobytes().decode()
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> ElectLeadersResponse:
    end = len(buf)
    try:
        m = new(ElectLeadersResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ElectLeadersResponse.replica_election_results", n)
        if n * 3 > end - pos:
            too_many("ElectLeadersResponse.replica_election_results", n)
        items1: list[ElectLeadersResponseReplicaElectionResult] = []
        m.replica_election_results = items1
        for _ in range(n):
            m2 = new(ElectLeadersResponseReplicaElectionResult)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ElectLeadersResponseReplicaElectionResult.topic", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ElectLeadersResponseReplicaElectionResult.topic")
            m2.topic = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ElectLeadersResponseReplicaElectionResult.partition_result", n)
            if n * 8 > end - pos:
                too_many("ElectLeadersResponseReplicaElectionResult.partition_result", n)
            items3: list[ElectLeadersResponsePartitionResult] = []
            m2.partition_result = items3
            for _ in range(n):
                m4 = new(ElectLeadersResponsePartitionResult)
                m4.partition_id, m4.error_code, n = _unpack_ihB(buf, pos)
                pos += 7
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.error_message = None
                else:
                    if n < 0:
                        bad_length("ElectLeadersResponsePartitionResult.error_message", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ElectLeadersResponsePartitionResult.error_message")
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


def encode_request_v0(m: ElectLeadersRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topic_partitions
        n = -1 if items1 is None else len(items1)
        out += _pack_i(n)
        for m2 in items1 or ():
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            ints = m2.partitions
            n = len(ints)
            if n < 32:
                out += PACK_INT32S[n](n, *ints)
            else:
                put_array(out, "i", ints)
        out += _pack_i(m.timeout_ms)
    except UNENCODABLE as error:
        raise unencodable("ElectLeadersRequest", error) from error


def encode_request_v1(m: ElectLeadersRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topic_partitions
        n = -1 if items1 is None else len(items1)
        out += _pack_bi(m.election_type, n)
        for m2 in items1 or ():
            data = m2.topic.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            ints = m2.partitions
            n = len(ints)
            if n < 32:
                out += PACK_INT32S[n](n, *ints)
            else:
                put_array(out, "i", ints)
        out += _pack_i(m.timeout_ms)
    except UNENCODABLE as error:
        raise unencodable("ElectLeadersRequest", error) from error


def encode_request_v2(m: ElectLeadersRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topic_partitions
        n = 0 if items1 is None else len(items1) + 1
        if n < 128:
            out += _pack_bB(m.election_type, n)
        else:
            out += _pack_b(m.election_type)
            put_uvarint(out, n)
        for m2 in items1 or ():
            data = m2.topic.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            ints = m2.partitions
            n = len(ints)
            if n < 32:
                out += PACK_COMPACT_INT32S[n](n + 1, *ints)
            else:
                put_compact_array(out, "i", ints)
            out.append(0)
        out += _pack_ix(m.timeout_ms)
    except UNENCODABLE as error:
        raise unencodable("ElectLeadersRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], ElectLeadersResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
    2: decode_response_v2,
}


ENCODE_REQUEST: dict[int, Callable[[ElectLeadersRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v1,
    2: encode_request_v2,
}
