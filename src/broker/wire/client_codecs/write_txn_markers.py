"""WriteTxnMarkers (API key 27): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.write_txn_markers import (
    WriteTxnMarkersRequest,
    WriteTxnMarkersResponse,
    WriteTxnMarkersResponseWritableTxnMarkerPartitionResult,
    WriteTxnMarkersResponseWritableTxnMarkerResult,
    WriteTxnMarkersResponseWritableTxnMarkerTopicResult,
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
_unpack_ihB = struct.Struct(">ihB").unpack_from
_unpack_qB = struct.Struct(">qB").unpack_from
_pack_ibx = struct.Struct(">ibx").pack
_pack_ix = struct.Struct(">ix").pack
_pack_qhT = struct.Struct(">qh?").pack
_pack_qhTB = struct.Struct(">qh?B").pack


def decode_response_v1(buf: memoryview, pos: int) -> WriteTxnMarkersResponse:
    end = len(buf)
    try:
        m = new(WriteTxnMarkersResponse)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("WriteTxnMarkersResponse.markers", n)
        if n * 10 > end - pos:
            too_many("WriteTxnMarkersResponse.markers", n)
        items1: list[WriteTxnMarkersResponseWritableTxnMarkerResult] = []
        m.markers = items1
        for _ in range(n):
            m2 = new(WriteTxnMarkersResponseWritableTxnMarkerResult)
            m2.producer_id, n = _unpack_qB(buf, pos)
            pos += 9
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("WriteTxnMarkersResponseWritableTxnMarkerResult.topics", n)
            if n * 3 > end - pos:
                too_many("WriteTxnMarkersResponseWritableTxnMarkerResult.topics", n)
            items3: list[WriteTxnMarkersResponseWritableTxnMarkerTopicResult] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(WriteTxnMarkersResponseWritableTxnMarkerTopicResult)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("WriteTxnMarkersResponseWritableTxnMarkerTopicResult.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("WriteTxnMarkersResponseWritableTxnMarkerTopicResult.name")
                m4.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("WriteTxnMarkersResponseWritableTxnMarkerTopicResult.partitions", n)
                if n * 7 > end - pos:
                    too_many("WriteTxnMarkersResponseWritableTxnMarkerTopicResult.partitions", n)
                items5: list[WriteTxnMarkersResponseWritableTxnMarkerPartitionResult] = []
                m4.partitions = items5
                for _ in range(n):
                    m6 = new(WriteTxnMarkersResponseWritableTxnMarkerPartitionResult)
                    m6.partition_index, m6.error_code, tags = _unpack_ihB(buf, pos)
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


def encode_request_v1(m: WriteTxnMarkersRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.markers
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            items3 = m2.topics
            n = len(items3) + 1
            if n < 128:
                out += _pack_qhTB(m2.producer_id, m2.producer_epoch, m2.transaction_result, n)
            else:
                out += _pack_qhT(m2.producer_id, m2.producer_epoch, m2.transaction_result)
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                ints = m4.partition_indexes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out += _pack_ix(m2.coordinator_epoch)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("WriteTxnMarkersRequest", error) from error


def encode_request_v2(m: WriteTxnMarkersRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.markers
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m2 in items1:
            items3 = m2.topics
            n = len(items3) + 1
            if n < 128:
                out += _pack_qhTB(m2.producer_id, m2.producer_epoch, m2.transaction_result, n)
            else:
                out += _pack_qhT(m2.producer_id, m2.producer_epoch, m2.transaction_result)
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                ints = m4.partition_indexes
                n = len(ints)
                if n < 32:
                    out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                else:
                    put_compact_array(out, "i", ints)
                out.append(0)
            out += _pack_ibx(m2.coordinator_epoch, m2.transaction_version)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("WriteTxnMarkersRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], WriteTxnMarkersResponse]] = {
    1: decode_response_v1,
    2: decode_response_v1,
}


ENCODE_REQUEST: dict[int, Callable[[WriteTxnMarkersRequest, Writer], None]] = {
    1: encode_request_v1,
    2: encode_request_v2,
}
