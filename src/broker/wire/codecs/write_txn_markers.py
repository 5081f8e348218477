"""WriteTxnMarkers (API key 27): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.write_txn_markers import (
    WriteTxnMarkersRequest,
    WriteTxnMarkersRequestWritableTxnMarker,
    WriteTxnMarkersRequestWritableTxnMarkerTopic,
    WriteTxnMarkersResponse,
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
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ibB = struct.Struct(">ibB").unpack_from
_unpack_qhTB = struct.Struct(">qh?B").unpack_from
_pack_ihx = struct.Struct(">ihx").pack
_pack_q = struct.Struct(">q").pack
_pack_qB = struct.Struct(">qB").pack


def decode_request_v1(buf: memoryview, pos: int) -> WriteTxnMarkersRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(WriteTxnMarkersRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("WriteTxnMarkersRequest.markers", n)
        if n * 17 > end - pos:
            too_many("WriteTxnMarkersRequest.markers", n)
        left -= n
        if left < 0:
            too_many_in_all("WriteTxnMarkersRequest.markers")
        items1: list[WriteTxnMarkersRequestWritableTxnMarker] = []
        m.markers = items1
        for _ in range(n):
            m2 = new(WriteTxnMarkersRequestWritableTxnMarker)
            m2.transaction_version = 0
            m2.producer_id, m2.producer_epoch, m2.transaction_result, n = _unpack_qhTB(buf, pos)
            pos += 12
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("WriteTxnMarkersRequestWritableTxnMarker.topics", n)
            if n * 3 > end - pos:
                too_many("WriteTxnMarkersRequestWritableTxnMarker.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("WriteTxnMarkersRequestWritableTxnMarker.topics")
            items3: list[WriteTxnMarkersRequestWritableTxnMarkerTopic] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(WriteTxnMarkersRequestWritableTxnMarkerTopic)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("WriteTxnMarkersRequestWritableTxnMarkerTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("WriteTxnMarkersRequestWritableTxnMarkerTopic.name")
                m4.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("WriteTxnMarkersRequestWritableTxnMarkerTopic.partition_indexes", n)
                if n * 4 > end - pos:
                    too_many("WriteTxnMarkersRequestWritableTxnMarkerTopic.partition_indexes", n)
                left -= n
                if left < 0:
                    too_many_in_all("WriteTxnMarkersRequestWritableTxnMarkerTopic.partition_indexes")
                m4.partition_indexes = read_int32s(buf, pos, n)
                pos += n * 4
                tags = buf[pos]
                pos += 1
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items3.append(m4)
            m2.coordinator_epoch, tags = _unpack_iB(buf, pos)
            pos += 5
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


def decode_request_v2(buf: memoryview, pos: int) -> WriteTxnMarkersRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(WriteTxnMarkersRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("WriteTxnMarkersRequest.markers", n)
        if n * 18 > end - pos:
            too_many("WriteTxnMarkersRequest.markers", n)
        left -= n
        if left < 0:
            too_many_in_all("WriteTxnMarkersRequest.markers")
        items1: list[WriteTxnMarkersRequestWritableTxnMarker] = []
        m.markers = items1
        for _ in range(n):
            m2 = new(WriteTxnMarkersRequestWritableTxnMarker)
            m2.producer_id, m2.producer_epoch, m2.transaction_result, n = _unpack_qhTB(buf, pos)
            pos += 12
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("WriteTxnMarkersRequestWritableTxnMarker.topics", n)
            if n * 3 > end - pos:
                too_many("WriteTxnMarkersRequestWritableTxnMarker.topics", n)
            left -= n
            if left < 0:
                too_many_in_all("WriteTxnMarkersRequestWritableTxnMarker.topics")
            items3: list[WriteTxnMarkersRequestWritableTxnMarkerTopic] = []
            m2.topics = items3
            for _ in range(n):
                m4 = new(WriteTxnMarkersRequestWritableTxnMarkerTopic)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("WriteTxnMarkersRequestWritableTxnMarkerTopic.name", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("WriteTxnMarkersRequestWritableTxnMarkerTopic.name")
                m4.name = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("WriteTxnMarkersRequestWritableTxnMarkerTopic.partition_indexes", n)
                if n * 4 > end - pos:
                    too_many("WriteTxnMarkersRequestWritableTxnMarkerTopic.partition_indexes", n)
                left -= n
                if left < 0:
                    too_many_in_all("WriteTxnMarkersRequestWritableTxnMarkerTopic.partition_indexes")
                m4.partition_indexes = read_int32s(buf, pos, n)
                pos += n * 4
                tags = buf[pos]
                pos += 1
                if tags:
                    pos, left = skip_counted_tags(buf, pos - 1, end, left)
                items3.append(m4)
            m2.coordinator_epoch, m2.transaction_version, tags = _unpack_ibB(buf, pos)
            pos += 6
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


def encode_response_v1(m: WriteTxnMarkersResponse, writer: Writer) -> None:
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
                out += _pack_qB(m2.producer_id, n)
            else:
                out += _pack_q(m2.producer_id)
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
                    out += _pack_ihx(m6.partition_index, m6.error_code)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("WriteTxnMarkersResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], WriteTxnMarkersRequest]] = {
    1: decode_request_v1,
    2: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[WriteTxnMarkersResponse, Writer], None]] = {
    1: encode_response_v1,
    2: encode_response_v1,
}
