"""ConsumerGroupDescribe (API key 69): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.consumer_group_describe import (
    ConsumerGroupDescribeRequest,
    ConsumerGroupDescribeResponse,
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
    PACK_COMPACT_INT32S,
    UNENCODABLE,
    Writer,
    put_compact_array,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_TB = struct.Struct(">?B").unpack_from
_pack_U = struct.Struct(">16s").pack
_pack_UB = struct.Struct(">16sB").pack
_pack_h = struct.Struct(">h").pack
_pack_hB = struct.Struct(">hB").pack
_pack_i = struct.Struct(">i").pack
_pack_iB = struct.Struct(">iB").pack
_pack_ii = struct.Struct(">ii").pack
_pack_iiB = struct.Struct(">iiB").pack
_pack_ix = struct.Struct(">ix").pack
_pack_xB = struct.Struct(">xB").pack
_pack_xbx = struct.Struct(">xbx").pack
_pack_xx = struct.Struct(">xx").pack


def decode_request_v0(buf: memoryview, pos: int) -> ConsumerGroupDescribeRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(ConsumerGroupDescribeRequest)
        n = buf[pos]
        pos += 1
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ConsumerGroupDescribeRequest.group_ids", n)
        if n > end - pos:
            too_many("ConsumerGroupDescribeRequest.group_ids", n)
        left -= n
        if left < 0:
            too_many_in_all("ConsumerGroupDescribeRequest.group_ids")
        items1: list[str] = []
        m.group_ids = items1
        for _ in range(n):
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ConsumerGroupDescribeRequest.group_ids", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ConsumerGroupDescribeRequest.group_ids")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
        m.include_authorized_operations, tags = _unpack_TB(buf, pos)
        pos += 2
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: ConsumerGroupDescribeResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            text = m2.error_message
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_hB(m2.error_code, n)
            else:
                out += _pack_h(m2.error_code)
                put_string_length(out, n)
            out += data
            data = m2.group_id.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.group_state.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.assignor_name.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_iiB(m2.group_epoch, m2.assignment_epoch, n)
            else:
                out += _pack_ii(m2.group_epoch, m2.assignment_epoch)
                put_string_length(out, n)
            out += data
            items3 = m2.members
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.member_id.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                text = m4.instance_id
                if text is None:
                    data = b""
                    n = 0
                else:
                    data = text.encode()
                    n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                text = m4.rack_id
                if text is None:
                    data = b""
                    n = 0
                else:
                    data = text.encode()
                    n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                data = m4.client_id.encode()
                n = len(data) + 1
                if n < 128:
                    out += _pack_iB(m4.member_epoch, n)
                else:
                    out += _pack_i(m4.member_epoch)
                    put_string_length(out, n)
                out += data
                data = m4.client_host.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                items5 = m4.subscribed_topic_names
                n = len(items5) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                for item in items5:
                    data = item.encode()
                    n = len(data) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        put_string_length(out, n)
                    out += data
                text = m4.subscribed_topic_regex
                if text is None:
                    data = b""
                    n = 0
                else:
                    data = text.encode()
                    n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                m6 = m4.assignment
                items7 = m6.topic_partitions
                n = len(items7) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                for m8 in items7:
                    data = m8.topic_name.encode()
                    n = len(data) + 1
                    if n < 128:
                        out += _pack_UB(m8.topic_id, n)
                    else:
                        out += _pack_U(m8.topic_id)
                        put_string_length(out, n)
                    out += data
                    ints = m8.partitions
                    n = len(ints)
                    if n < 32:
                        out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                    else:
                        put_compact_array(out, "i", ints)
                    out.append(0)
                m9 = m4.target_assignment
                items10 = m9.topic_partitions
                n = len(items10) + 1
                if n < 128:
                    out += _pack_xB(n)
                else:
                    out.append(0)
                    put_uvarint(out, n)
                for m11 in items10:
                    data = m11.topic_name.encode()
                    n = len(data) + 1
                    if n < 128:
                        out += _pack_UB(m11.topic_id, n)
                    else:
                        out += _pack_U(m11.topic_id)
                        put_string_length(out, n)
                    out += data
                    ints = m11.partitions
                    n = len(ints)
                    if n < 32:
                        out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                    else:
                        put_compact_array(out, "i", ints)
                    out.append(0)
                out += _pack_xx()
            out += _pack_ix(m2.authorized_operations)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ConsumerGroupDescribeResponse", error) from error


def encode_response_v1(m: ConsumerGroupDescribeResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.groups
        n = len(items1) + 1
        if n < 128:
            out += _pack_iB(m.throttle_time_ms, n)
        else:
            out += _pack_i(m.throttle_time_ms)
            put_uvarint(out, n)
        for m2 in items1:
            text = m2.error_message
            if text is None:
                data = b""
                n = 0
            else:
                data = text.encode()
                n = len(data) + 1
            if n < 128:
                out += _pack_hB(m2.error_code, n)
            else:
                out += _pack_h(m2.error_code)
                put_string_length(out, n)
            out += data
            data = m2.group_id.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.group_state.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
            data = m2.assignor_name.encode()
            n = len(data) + 1
            if n < 128:
                out += _pack_iiB(m2.group_epoch, m2.assignment_epoch, n)
            else:
                out += _pack_ii(m2.group_epoch, m2.assignment_epoch)
                put_string_length(out, n)
            out += data
            items3 = m2.members
            n = len(items3) + 1
            if n < 128:
                out.append(n)
            else:
                put_uvarint(out, n)
            for m4 in items3:
                data = m4.member_id.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                text = m4.instance_id
                if text is None:
                    data = b""
                    n = 0
                else:
                    data = text.encode()
                    n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                text = m4.rack_id
                if text is None:
                    data = b""
                    n = 0
                else:
                    data = text.encode()
                    n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                data = m4.client_id.encode()
                n = len(data) + 1
                if n < 128:
                    out += _pack_iB(m4.member_epoch, n)
                else:
                    out += _pack_i(m4.member_epoch)
                    put_string_length(out, n)
                out += data
                data = m4.client_host.encode()
                n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                items5 = m4.subscribed_topic_names
                n = len(items5) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                for item in items5:
                    data = item.encode()
                    n = len(data) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        put_string_length(out, n)
                    out += data
                text = m4.subscribed_topic_regex
                if text is None:
                    data = b""
                    n = 0
                else:
                    data = text.encode()
                    n = len(data) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_string_length(out, n)
                out += data
                m6 = m4.assignment
                items7 = m6.topic_partitions
                n = len(items7) + 1
                if n < 128:
                    out.append(n)
                else:
                    put_uvarint(out, n)
                for m8 in items7:
                    data = m8.topic_name.encode()
                    n = len(data) + 1
                    if n < 128:
                        out += _pack_UB(m8.topic_id, n)
                    else:
                        out += _pack_U(m8.topic_id)
                        put_string_length(out, n)
                    out += data
                    ints = m8.partitions
                    n = len(ints)
                    if n < 32:
                        out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                    else:
                        put_compact_array(out, "i", ints)
                    out.append(0)
                m9 = m4.target_assignment
                items10 = m9.topic_partitions
                n = len(items10) + 1
                if n < 128:
                    out += _pack_xB(n)
                else:
                    out.append(0)
                    put_uvarint(out, n)
                for m11 in items10:
                    data = m11.topic_name.encode()
                    n = len(data) + 1
                    if n < 128:
                        out += _pack_UB(m11.topic_id, n)
                    else:
                        out += _pack_U(m11.topic_id)
                        put_string_length(out, n)
                    out += data
                    ints = m11.partitions
                    n = len(ints)
                    if n < 32:
                        out += PACK_COMPACT_INT32S[n](n + 1, *ints)
                    else:
                        put_compact_array(out, "i", ints)
                    out.append(0)
                out += _pack_xbx(m4.member_type)
            out += _pack_ix(m2.authorized_operations)
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("ConsumerGroupDescribeResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], ConsumerGroupDescribeRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
}


ENCODE_RESPONSE: dict[int, Callable[[ConsumerGroupDescribeResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v1,
}
