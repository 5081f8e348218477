"""DescribeQuorum (API key 55): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_quorum import (
    DescribeQuorumRequest,
    DescribeQuorumRequestPartitionData,
    DescribeQuorumRequestTopicData,
    DescribeQuorumResponse,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
    malformed,
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
_pack_Hx = struct.Struct(">Hx").pack
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_i = struct.Struct(">i").pack
_pack_iUqqqx = struct.Struct(">i16sqqqx").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_ihiiq = struct.Struct(">ihiiq").pack
_pack_ihiiqB = struct.Struct(">ihiiqB").pack
_pack_iiq = struct.Struct(">iiq").pack
_pack_iiqB = struct.Struct(">iiqB").pack
_pack_iqqqx = struct.Struct(">iqqqx").pack
_pack_iqx = struct.Struct(">iqx").pack


def decode_request_v0(buf: memoryview, pos: int) -> DescribeQuorumRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeQuorumRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeQuorumRequest.topics", n)
        if n * 3 > end - pos:
            too_many("DescribeQuorumRequest.topics", n)
        left -= n
        if left < 0:
            too_many_in_all("DescribeQuorumRequest.topics")
        items1: list[DescribeQuorumRequestTopicData] = []
        m.topics = items1
        for _ in range(n):
            m2 = new(DescribeQuorumRequestTopicData)
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeQuorumRequestTopicData.topic_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeQuorumRequestTopicData.topic_name")
            m2.topic_name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeQuorumRequestTopicData.partitions", n)
            if n * 5 > end - pos:
                too_many("DescribeQuorumRequestTopicData.partitions", n)
            left -= n
            if left < 0:
                too_many_in_all("DescribeQuorumRequestTopicData.partitions")
            items3: list[DescribeQuorumRequestPartitionData] = []
            m2.partitions = items3
            for _ in range(n):
                m4 = new(DescribeQuorumRequestPartitionData)
                m4.partition_index, tags = _unpack_iB(buf, pos)
                pos += 5
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


def encode_response_v0(m: DescribeQuorumResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_hB(m.error_code, n)
        else:
            out += _pack_h(m.error_code)
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
                items5 = m4.current_voters
                n = len(items5) + 1
                if n < 128:
                    out += _pack_ihiiqB(m4.partition_index, m4.error_code, m4.leader_id, m4.leader_epoch, m4.high_watermark, n)
                else:
                    out += _pack_ihiiq(m4.partition_index, m4.error_code, m4.leader_id, m4.leader_epoch, m4.high_watermark)
                    put_uvarint(out, n)
                for m6 in items5:
                    out += _pack_iqx(m6.replica_id, m6.log_end_offset)
                items7 = m4.observers
                n = len(items7) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                for m8 in items7:
                    out += _pack_iqx(m8.replica_id, m8.log_end_offset)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeQuorumResponse", error) from error


def encode_response_v1(m: DescribeQuorumResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out += _pack_hB(m.error_code, n)
        else:
            out += _pack_h(m.error_code)
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
                items5 = m4.current_voters
                n = len(items5) + 1
                if n < 128:
                    out += _pack_ihiiqB(m4.partition_index, m4.error_code, m4.leader_id, m4.leader_epoch, m4.high_watermark, n)
                else:
                    out += _pack_ihiiq(m4.partition_index, m4.error_code, m4.leader_id, m4.leader_epoch, m4.high_watermark)
                    put_uvarint(out, n)
                for m6 in items5:
                    out += _pack_iqqqx(m6.replica_id, m6.log_end_offset, m6.last_fetch_timestamp, m6.last_caught_up_timestamp)
                items7 = m4.observers
                n = len(items7) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                for m8 in items7:
                    out += _pack_iqqqx(m8.replica_id, m8.log_end_offset, m8.last_fetch_timestamp, m8.last_caught_up_timestamp)
                out.append(0)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeQuorumResponse", error) from error


def encode_response_v2(m: DescribeQuorumResponse, writer: Writer) -> None:
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
            out += _pack_hB(m.error_code, n)
        else:
            out += _pack_h(m.error_code)
            put_string_length(out, n)
        out += data
        items1 = m.topics
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
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
                items5 = m4.current_voters
                n = len(items5) + 1
                if n < 128:
                    out += _pack_iiqB(m4.leader_id, m4.leader_epoch, m4.high_watermark, n)
                else:
                    out += _pack_iiq(m4.leader_id, m4.leader_epoch, m4.high_watermark)
                    put_uvarint(out, n)
                for m6 in items5:
                    out += _pack_iUqqqx(m6.replica_id, m6.replica_directory_id, m6.log_end_offset, m6.last_fetch_timestamp, m6.last_caught_up_timestamp)
                items7 = m4.observers
                n = len(items7) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                for m8 in items7:
                    out += _pack_iUqqqx(m8.replica_id, m8.replica_directory_id, m8.log_end_offset, m8.last_fetch_timestamp, m8.last_caught_up_timestamp)
                out.append(0)
            out.append(0)
        items9 = m.nodes
        n = len(items9) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for m10 in items9:
            items11 = m10.listeners
            n = len(items11) + 1
            if n < 128:
                out += _pack_iB(m10.node_id, n)
            else:
                out += _pack_i(m10.node_id)
                put_uvarint(out, n)
            for m12 in items11:
                data = m12.name.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                data = m12.host.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                out += _pack_Hx(m12.port)
            out.append(0)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("DescribeQuorumResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DescribeQuorumRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
    2: decode_request_v0,
}


ENCODE_RESPONSE: dict[int, Callable[[DescribeQuorumResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
    2: encode_response_v2,
}
