"""DescribeCluster (API key 60): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_cluster import (
    DescribeClusterBroker,
    DescribeClusterRequest,
    DescribeClusterResponse,
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
    UNENCODABLE,
    Writer,
    unencodable,
)

new = object.__new__
_unpack_TB = struct.Struct(">?B").unpack_from
_unpack_bB = struct.Struct(">bB").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_ihB = struct.Struct(">ihB").unpack_from
_pack_TbTx = struct.Struct(">?b?x").pack
_pack_Tbx = struct.Struct(">?bx").pack
_pack_Tx = struct.Struct(">?x").pack


def decode_response_v0(buf: memoryview, pos: int) -> DescribeClusterResponse:
    end = len(buf)
    try:
        m = new(DescribeClusterResponse)
        m.endpoint_type = 1
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("DescribeClusterResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeClusterResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeClusterResponse.cluster_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("DescribeClusterResponse.cluster_id")
        m.cluster_id = buf[at:pos].tobytes().decode()
        m.controller_id, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeClusterResponse.brokers", n)
        if n * 11 > end - pos:
            too_many("DescribeClusterResponse.brokers", n)
        items1: list[DescribeClusterBroker] = []
        m.brokers = items1
        for _ in range(n):
            m2 = new(DescribeClusterBroker)
            m2.is_fenced = False
            m2.broker_id, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeClusterBroker.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeClusterBroker.host")
            m2.host = buf[at:pos].tobytes().decode()
            m2.port, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.rack = None
            else:
                if n < 0:
                    bad_length("DescribeClusterBroker.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeClusterBroker.rack")
                m2.rack = buf[at:pos].tobytes().decode()
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items1.append(m2)
        m.cluster_authorized_operations, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v1(buf: memoryview, pos: int) -> DescribeClusterResponse:
    end = len(buf)
    try:
        m = new(DescribeClusterResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("DescribeClusterResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeClusterResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        m.endpoint_type, n = _unpack_bB(buf, pos)
        pos += 2
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeClusterResponse.cluster_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("DescribeClusterResponse.cluster_id")
        m.cluster_id = buf[at:pos].tobytes().decode()
        m.controller_id, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeClusterResponse.brokers", n)
        if n * 11 > end - pos:
            too_many("DescribeClusterResponse.brokers", n)
        items1: list[DescribeClusterBroker] = []
        m.brokers = items1
        for _ in range(n):
            m2 = new(DescribeClusterBroker)
            m2.is_fenced = False
            m2.broker_id, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeClusterBroker.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeClusterBroker.host")
            m2.host = buf[at:pos].tobytes().decode()
            m2.port, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.rack = None
            else:
                if n < 0:
                    bad_length("DescribeClusterBroker.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeClusterBroker.rack")
                m2.rack = buf[at:pos].tobytes().decode()
            tags = buf[pos]
            pos += 1
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items1.append(m2)
        m.cluster_authorized_operations, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> DescribeClusterResponse:
    end = len(buf)
    try:
        m = new(DescribeClusterResponse)
        m.throttle_time_ms, m.error_code, n = _unpack_ihB(buf, pos)
        pos += 7
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n == -1:
            m.error_message = None
        else:
            if n < 0:
                bad_length("DescribeClusterResponse.error_message", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeClusterResponse.error_message")
            m.error_message = buf[at:pos].tobytes().decode()
        m.endpoint_type, n = _unpack_bB(buf, pos)
        pos += 2
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeClusterResponse.cluster_id", n)
        at = pos
        pos += n
        if pos > end:
            truncated("DescribeClusterResponse.cluster_id")
        m.cluster_id = buf[at:pos].tobytes().decode()
        m.controller_id, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("DescribeClusterResponse.brokers", n)
        if n * 12 > end - pos:
            too_many("DescribeClusterResponse.brokers", n)
        items1: list[DescribeClusterBroker] = []
        m.brokers = items1
        for _ in range(n):
            m2 = new(DescribeClusterBroker)
            m2.broker_id, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("DescribeClusterBroker.host", n)
            at = pos
            pos += n
            if pos > end:
                truncated("DescribeClusterBroker.host")
            m2.host = buf[at:pos].tobytes().decode()
            m2.port, n = _unpack_iB(buf, pos)
            pos += 5
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.rack = None
            else:
                if n < 0:
                    bad_length("DescribeClusterBroker.rack", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("DescribeClusterBroker.rack")
                m2.rack = buf[at:pos].tobytes().decode()
            m2.is_fenced, tags = _unpack_TB(buf, pos)
            pos += 2
            if tags:
                pos = skip_tags(buf, pos - 1, end)
            items1.append(m2)
        m.cluster_authorized_operations, tags = _unpack_iB(buf, pos)
        pos += 5
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: DescribeClusterRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_Tx(m.include_cluster_authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("DescribeClusterRequest", error) from error


def encode_request_v1(m: DescribeClusterRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_Tbx(m.include_cluster_authorized_operations, m.endpoint_type)
    except UNENCODABLE as error:
        raise unencodable("DescribeClusterRequest", error) from error


def encode_request_v2(m: DescribeClusterRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_TbTx(m.include_cluster_authorized_operations, m.endpoint_type, m.include_fenced_brokers)
    except UNENCODABLE as error:
        raise unencodable("DescribeClusterRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], DescribeClusterResponse]] = {
    0: decode_response_v0,
    1: decode_response_v1,
    2: decode_response_v2,
}


ENCODE_REQUEST: dict[int, Callable[[DescribeClusterRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v1,
    2: encode_request_v2,
}
