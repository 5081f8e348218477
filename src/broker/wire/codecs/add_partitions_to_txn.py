"""AddPartitionsToTxn (API key 24): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.add_partitions_to_txn import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
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
_unpack_qhTB = struct.Struct(">qh?B").unpack_from
_unpack_qhB = struct.Struct(">qhB").unpack_from
_unpack_qhi = struct.Struct(">qhi").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_ihx = struct.Struct(">ihx").pack
_pack_ii = struct.Struct(">ii").pack


def decode_request_v0(buf: memoryview, pos: int) -> AddPartitionsToTxnRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(AddPartitionsToTxnRequest)
        m.transactions = []
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("AddPartitionsToTxnRequest.v3_and_below_transactional_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("AddPartitionsToTxnRequest.v3_and_below_transactional_id")
        m.v3_and_below_transactional_id = buf[at:pos].tobytes().decode()
        m.v3_and_below_producer_id, m.v3_and_below_producer_epoch, n = _unpack_qhi(buf, pos)
        pos += 14
        if n < 0:
            bad_length("AddPartitionsToTxnRequest.v3_and_below_topics", n)
        if n * 6 > end - pos:
            too_many("AddPartitionsToTxnRequest.v3_and_below_topics", n)
        left -= n
        if left < 0:
            too_many_in_all("AddPartitionsToTxnRequest.v3_and_below_topics")
        items1: list[AddPartitionsToTxnTopic] = []
        m.v3_and_below_topics = items1
        for _ in range(n):
            m2 = new(AddPartitionsToTxnTopic)
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("AddPartitionsToTxnTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AddPartitionsToTxnTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            (n,) = _unpack_i(buf, pos)
            pos += 4
            if n < 0:
                bad_length("AddPartitionsToTxnTopic.partitions", n)
            if n * 4 > end - pos:
                too_many("AddPartitionsToTxnTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("AddPartitionsToTxnTopic.partitions")
            m2.partitions = read_int32s(buf, pos, n)
            pos += n * 4
            items1.append(m2)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v3(buf: memoryview, pos: int) -> AddPartitionsToTxnRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(AddPartitionsToTxnRequest)
        m.transactions = []
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AddPartitionsToTxnRequest.v3_and_below_transactional_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("AddPartitionsToTxnRequest.v3_and_below_transactional_id")
        m.v3_and_below_transactional_id = buf[at:pos].tobytes().decode()
        m.v3_and_below_producer_id, m.v3_and_below_producer_epoch, n = _unpack_qhB(buf, pos)
        pos += 11
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AddPartitionsToTxnRequest.v3_and_below_topics", n)
        if n * 3 > end - pos:
            too_many("AddPartitionsToTxnRequest.v3_and_below_topics", n)
        left -= n
        if left < 0:
            too_many_in_all("AddPartitionsToTxnRequest.v3_and_below_topics")
        items1: list[AddPartitionsToTxnTopic] = []
        m.v3_and_below_topics = items1
        for _ in range(n):
            m2 = new(AddPartitionsToTxnTopic)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AddPartitionsToTxnTopic.name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AddPartitionsToTxnTopic.name")
            m2.name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AddPartitionsToTxnTopic.partitions", n)
            if n * 4 > end - pos:
                too_many("AddPartitionsToTxnTopic.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("AddPartitionsToTxnTopic.partitions")
            m2.partitions = read_int32s(buf, pos, n)
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


def decode_request_v4(buf: memoryview, pos: int) -> AddPartitionsToTxnRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(AddPartitionsToTxnRequest)
        m.v3_and_below_transactional_id = ""
        m.v3_and_below_producer_id = 0
        m.v3_and_below_producer_epoch = 0
        m.v3_and_below_topics = []
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("AddPartitionsToTxnRequest.transactions", n)
        if n * 14 > end - pos:
            too_many("AddPartitionsToTxnRequest.transactions", n)
        left -= n
        if left < 0:
            too_many_in_all("AddPartitionsToTxnRequest.transactions")
        items1: list[AddPartitionsToTxnTransaction] = []
        m.transactions = items1
        for _ in range(n):
            m2 = new(AddPartitionsToTxnTransaction)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AddPartitionsToTxnTransaction.transactional_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("AddPartitionsToTxnTransaction.transactional_id")
            m2.transactional_id = buf[at:pos].tobytes().decode()
            m2.producer_id, m2.producer_epoch, m2.verify_only, n = _unpack_qhTB(buf, pos)
            pos += 12
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("AddPartitionsToTxnTransaction.topics", n)
            if n * 3 > end - pos:
                too_many("AddPartitionsToTxnTransaction.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("AddPartitionsToTxnTransaction.topics")
            items3: list[AddPartitionsToTxnTopic] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(AddPartitionsToTxnTopic)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("AddPartitionsToTxnTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("AddPartitionsToTxnTopic.name")
                m4.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("AddPartitionsToTxnTopic.partitions", n)
                if n * 4 > end - pos:
                    too_many("AddPartitionsToTxnTopic.partitions", n)
                left -= n
                if left < 0:
                    too_many_in_all("AddPartitionsToTxnTopic.partitions")
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


def encode_response_v0(m: AddPartitionsToTxnResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.results_by_topic_v3_and_below
        n = len(items1)
        out += _pack_ii(m.throttle_time_ms, n)
        for m2 in items1:
            data = m2.name.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
            items3 = m2.results_by_partition
            n = len(items3)
            out += _pack_i(n)
            for m4 in items3:
                out += _pack_ih(m4.partition_index, m4.partition_error_code)
    except UNENCODABLE as error:
        raise unencodable("AddPartitionsToTxnResponse", error) from error


def encode_response_v3(m: AddPartitionsToTxnResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.results_by_topic_v3_and_below
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
            items3 = m2.results_by_partition
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                out += _pack_ihx(m4.partition_index, m4.partition_error_code)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("AddPartitionsToTxnResponse", error) from error


def encode_response_v4(m: AddPartitionsToTxnResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.results_by_transaction
        n = len(items1) + 1
        if n < 128:
            out += _pack_ihB(m.throttle_time_ms, m.error_code, n)
        else:
            out += _pack_ih(m.throttle_time_ms, m.error_code)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.transactional_id.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            items3 = m2.topic_results
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
                items5 = m4.results_by_partition
                n = len(items5) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                for m6 in items5:
                    out += _pack_ihx(m6.partition_index, m6.partition_error_code)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("AddPartitionsToTxnResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], AddPartitionsToTxnRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
    2: decode_request_v0,
    3: decode_request_v3,
    4: decode_request_v4,
    5: decode_request_v4,
}


ENCODE_RESPONSE: dict[int, Callable[[AddPartitionsToTxnResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v0,
    2: encode_response_v0,
    3: encode_response_v3,
    4: encode_response_v4,
    5: encode_response_v4,
}
