"""AddPartitionsToTxn (API key 24): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.add_partitions_to_txn import (
    AddPartitionsToTxnPartitionResult,
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnResult,
    AddPartitionsToTxnTopicResult,
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
_pack_qh = struct.Struct(">qh").pack
_pack_qhT = struct.Struct(">qh?").pack
_pack_qhTB = struct.Struct(">qh?B").pack
_pack_qhB = struct.Struct(">qhB").pack
_pack_qhi = struct.Struct(">qhi").pack


def decode_response_v0(buf: memoryview, pos: int) -> AddPartitionsToTxnResponse:
    end = len(buf)
    try:
        m = new(AddPartitionsToTxnResponse)
        m.error_code = 0
        m.results_by_transaction = []
        m.throttle_time_ms, n = _unpack_ii(buf, pos)
        pos += 8
        if n < 0:
            bad_length("AddPartitionsToTxnResponse.results_by_topic_v3_and_below", n)
        if n * 6 > end - pos:
            too_many("AddPartitionsToTxnResponse.results_by_topic_v3_and_below", n)
        items1: list[AddPartitionsToTxnTopicResult] = []
        m.results_by_topic_v3_and_below = items1
        for _ in range(n):
            m2 = new(AddPartitionsToTxnTopicResult)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("AddPartitionsToTxnTopicResult.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AddPartitionsToTxnTopicResult.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("AddPartitionsToTxnTopicResult.results_by_partition", n)
            if n * 6 > end - pos:
                too_many("AddPartitionsToTxnTopicResult.results_by_partition", n)
            items3: list[AddPartitionsToTxnPartitionResult] = []
            m2.results_by_partition = items3
            for _ in range(n):
                m4 = new(AddPartitionsToTxnPartitionResult)
                m4.partition_index, m4.partition_error_code = _unpack_ih(buf, pos)
                pos += 6
                items3.append(m4)
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v3(buf: memoryview, pos: int) -> AddPartitionsToTxnResponse:
    end = len(buf)
    try:
        m = new(AddPartitionsToTxnResponse)
        m.error_code = 0
        m.results_by_transaction = []
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AddPartitionsToTxnResponse.results_by_topic_v3_and_below", n)
        if n * 3 > end - pos:
            too_many("AddPartitionsToTxnResponse.results_by_topic_v3_and_below", n)
        items1: list[AddPartitionsToTxnTopicResult] = []
        m.results_by_topic_v3_and_below = items1
        for _ in range(n):
            m2 = new(AddPartitionsToTxnTopicResult)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AddPartitionsToTxnTopicResult.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AddPartitionsToTxnTopicResult.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AddPartitionsToTxnTopicResult.results_by_partition", n)
            if n * 7 > end - pos:
                too_many("AddPartitionsToTxnTopicResult.results_by_partition", n)
            items3: list[AddPartitionsToTxnPartitionResult] = []
            m2.results_by_partition = items3
            for _ in range(n):
                m4 = new(AddPartitionsToTxnPartitionResult)
                m4.partition_index, m4.partition_error_code, tags = _unpack_ihB(buf, pos)
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


def decode_response_v4(buf: memoryview, pos: int) -> AddPartitionsToTxnResponse:
    end = len(buf)
    try:
        m = new(AddPartitionsToTxnResponse)
        m.results_by_topic_v3_and_below = []
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AddPartitionsToTxnResponse.results_by_transaction", n)
        if n * 3 > end - pos:
            too_many("AddPartitionsToTxnResponse.results_by_transaction", n)
        items1: list[AddPartitionsToTxnResult] = []
        m.results_by_transaction = items1
        for _ in range(n):
            m2 = new(AddPartitionsToTxnResult)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AddPartitionsToTxnResult.transactional_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AddPartitionsToTxnResult.transactional_id")
            m2.transactional_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AddPartitionsToTxnResult.topic_results", n)
            if n * 3 > end - pos:
                too_many("AddPartitionsToTxnResult.topic_results", n)
            items3: list[AddPartitionsToTxnTopicResult] = []
            m2.topic_results = items3
            for _ in range(n):
                m4 = new(AddPartitionsToTxnTopicResult)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("AddPartitionsToTxnTopicResult.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("AddPartitionsToTxnTopicResult.name")
                m4.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("AddPartitionsToTxnTopicResult.results_by_partition", n)
                if n * 7 > end - pos:
                    too_many("AddPartitionsToTxnTopicResult.results_by_partition", n)
                items5: list[AddPartitionsToTxnPartitionResult] = []
                m4.results_by_partition = items5
                for _ in range(n):
                    m6 = new(AddPartitionsToTxnPartitionResult)
                    m6.partition_index, m6.partition_error_code, tags = _unpack_ihB(buf, pos)
                    pos += 7
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items5.append(m6)
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


def encode_request_v0(m: AddPartitionsToTxnRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.v3_and_below_transactional_id.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
        items1 = m.v3_and_below_topics
        n = len(items1)
        out += _pack_qhi(m.v3_and_below_producer_id, m.v3_and_below_producer_epoch, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            ints = m2.partitions
            n = len(ints)
            if n < 32:
                out += PACK_INT32S[n](n, *ints)
            else:
                put_array(out, "i", ints)
    except UNENCODABLE as error:
        raise unencodable("AddPartitionsToTxnRequest", error) from error


def encode_request_v3(m: AddPartitionsToTxnRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.v3_and_below_transactional_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        items1 = m.v3_and_below_topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_qhB(m.v3_and_below_producer_id, m.v3_and_below_producer_epoch, n)
        else:
            out += _pack_qh(m.v3_and_below_producer_id, m.v3_and_below_producer_epoch)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.name.encode()
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
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("AddPartitionsToTxnRequest", error) from error


def encode_request_v4(m: AddPartitionsToTxnRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.transactions
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.transactional_id.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.topics
            n = len(items3) + 1
            if n < 128:
                out += _pack_qhTB(m2.producer_id, m2.producer_epoch, m2.verify_only, n)
            else:
                out += _pack_qhT(m2.producer_id, m2.producer_epoch, m2.verify_only)
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
        raise unencodable("AddPartitionsToTxnRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], AddPartitionsToTxnResponse]] = {
    0: decode_response_v0,
    1: decode_response_v0,
    2: decode_response_v0,
    3: decode_response_v3,
    4: decode_response_v4,
    5: decode_response_v4,
}


ENCODE_REQUEST: dict[int, Callable[[AddPartitionsToTxnRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
    2: encode_request_v0,
    3: encode_request_v3,
    4: encode_request_v4,
    5: encode_request_v4,
}
