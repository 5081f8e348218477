"""DescribeCluster (API key 60): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.describe_cluster import (
    DescribeClusterRequest,
    DescribeClusterResponse,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    malformed,
    skip_counted_tags,
    trailing,
)
from broker.wire.writer import (
    UNENCODABLE,
    Writer,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_TB = struct.Struct(">?B").unpack_from
_unpack_TbTB = struct.Struct(">?b?B").unpack_from
_unpack_TbB = struct.Struct(">?bB").unpack_from
_pack_Tx = struct.Struct(">?x").pack
_pack_b = struct.Struct(">b").pack
_pack_bB = struct.Struct(">bB").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ih = struct.Struct(">ih").pack
_pack_ihB = struct.Struct(">ihB").pack
_pack_ix = struct.Struct(">ix").pack


def decode_request_v0(buf: memoryview, pos: int) -> DescribeClusterRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeClusterRequest)
        m.endpoint_type = 1
        m.include_fenced_brokers = False
        m.include_cluster_authorized_operations, tags = _unpack_TB(buf, pos)
        pos += 2
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v1(buf: memoryview, pos: int) -> DescribeClusterRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeClusterRequest)
        m.include_fenced_brokers = False
        m.include_cluster_authorized_operations, m.endpoint_type, tags = _unpack_TbB(buf, pos)
        pos += 3
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_request_v2(buf: memoryview, pos: int) -> DescribeClusterRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(DescribeClusterRequest)
        m.include_cluster_authorized_operations, m.endpoint_type, m.include_fenced_brokers, tags = _unpack_TbTB(buf, pos)
        pos += 4
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: DescribeClusterResponse, writer: Writer) -> None:
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
        data = m.cluster_id.encode()
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_string_length(out, n)
        out += data
        items1 = m.brokers
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.controller_id, n)
        else:
            out += _pack_i(m.controller_id)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.broker_id, n)
            else:
                out += _pack_i(m2.broker_id)
                put_string_length(out, n)
            out += data
            text = m2.rack
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.port, n)
            else:
                out += _pack_i(m2.port)
                put_string_length(out, n)
            out += data
            out.append(0)
        out += _pack_ix(m.cluster_authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("DescribeClusterResponse", error) from error


def encode_response_v1(m: DescribeClusterResponse, writer: Writer) -> None:
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
        data = m.cluster_id.encode()
        n = len(data) + 1
        if n < 128:
            out += _pack_bB(m.endpoint_type, n)
        else:
            out += _pack_b(m.endpoint_type)
            put_string_length(out, n)
        out += data
        items1 = m.brokers
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.controller_id, n)
        else:
            out += _pack_i(m.controller_id)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.broker_id, n)
            else:
                out += _pack_i(m2.broker_id)
                put_string_length(out, n)
            out += data
            text = m2.rack
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.port, n)
            else:
                out += _pack_i(m2.port)
                put_string_length(out, n)
            out += data
            out.append(0)
        out += _pack_ix(m.cluster_authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("DescribeClusterResponse", error) from error


def encode_response_v2(m: DescribeClusterResponse, writer: Writer) -> None:
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
        data = m.cluster_id.encode()
        n = len(data) + 1
        if n < 128:
            out += _pack_bB(m.endpoint_type, n)
        else:
            out += _pack_b(m.endpoint_type)
            put_string_length(out, n)
        out += data
        items1 = m.brokers
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.controller_id, n)
        else:
            out += _pack_i(m.controller_id)
            put_uvarint(out, n)
        for m2 in items1:
            data = m2.host.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.broker_id, n)
            else:
                out += _pack_i(m2.broker_id)
                put_string_length(out, n)
            out += data
            text = m2.rack
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_iB(m2.port, n)
            else:
                out += _pack_i(m2.port)
                put_string_length(out, n)
            out += data
            out += _pack_Tx(m2.is_fenced)
        out += _pack_ix(m.cluster_authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("DescribeClusterResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], DescribeClusterRequest]] = {
    0: decode_request_v0,
    1: decode_request_v1,
    2: decode_request_v2,
}


ENCODE_RESPONSE: dict[int, Callable[[DescribeClusterResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
    2: encode_response_v2,
}
