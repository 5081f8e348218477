"""ShareGroupDescribe (API key 77): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.share_group_describe import (
    ShareGroupDescribeRequest,
    ShareGroupDescribeResponse,
    ShareGroupDescribeResponseAssignment,
    ShareGroupDescribeResponseDescribedGroup,
    ShareGroupDescribeResponseMember,
    ShareGroupDescribeResponseTopicPartitions,
)
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    malformed,
    read_int32s,
    read_uvarint,
    skip_tags,
    too_many,
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
_unpack_UB = struct.Struct(">16sB").unpack_from
_unpack_hB = struct.Struct(">hB").unpack_from
_unpack_iB = struct.Struct(">iB").unpack_from
_unpack_iiB = struct.Struct(">iiB").unpack_from
_pack_Tx = struct.Struct(">?x").pack


def decode_response_v1(buf: memoryview, pos: int) -> ShareGroupDescribeResponse:
    end = len(buf)
    try:
        m = new(ShareGroupDescribeResponse)
        m.throttle_time_ms, n = _unpack_iB(buf, pos)
        pos += 5
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("ShareGroupDescribeResponse.groups", n)
        if n * 20 > end - pos:
            too_many("ShareGroupDescribeResponse.groups", n)
        items1: list[ShareGroupDescribeResponseDescribedGroup] = []
        m.groups = items1
        for _ in range(n):
            m2 = new(ShareGroupDescribeResponseDescribedGroup)
            m2.error_code, n = _unpack_hB(buf, pos)
            pos += 3
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n == -1:
                m2.error_message = None
            else:
                if n < 0:
                    bad_length("ShareGroupDescribeResponseDescribedGroup.error_message", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("ShareGroupDescribeResponseDescribedGroup.error_message")
                m2.error_message = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareGroupDescribeResponseDescribedGroup.group_id", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareGroupDescribeResponseDescribedGroup.group_id")
            m2.group_id = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareGroupDescribeResponseDescribedGroup.group_state", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareGroupDescribeResponseDescribedGroup.group_state")
            m2.group_state = buf[at:pos].tobytes().decode()
            m2.group_epoch, m2.assignment_epoch, n = _unpack_iiB(buf, pos)
            pos += 9
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareGroupDescribeResponseDescribedGroup.assignor_name", n)
            at = pos
            pos += n
            if pos > end:
                truncated("ShareGroupDescribeResponseDescribedGroup.assignor_name")
            m2.assignor_name = buf[at:pos].tobytes().decode()
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("ShareGroupDescribeResponseDescribedGroup.members", n)
            if n * 12 > end - pos:
                too_many("ShareGroupDescribeResponseDescribedGroup.members", n)
            items3: list[ShareGroupDescribeResponseMember] = []
            m2.members = items3
            for _ in range(n):
                m4 = new(ShareGroupDescribeResponseMember)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ShareGroupDescribeResponseMember.member_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("ShareGroupDescribeResponseMember.member_id")
                m4.member_id = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n == -1:
                    m4.rack_id = None
                else:
                    if n < 0:
                        bad_length("ShareGroupDescribeResponseMember.rack_id", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ShareGroupDescribeResponseMember.rack_id")
                    m4.rack_id = buf[at:pos].tobytes().decode()
                m4.member_epoch, n = _unpack_iB(buf, pos)
                pos += 5
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ShareGroupDescribeResponseMember.client_id", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("ShareGroupDescribeResponseMember.client_id")
                m4.client_id = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ShareGroupDescribeResponseMember.client_host", n)
                at = pos
                pos += n
                if pos > end:
                    truncated("ShareGroupDescribeResponseMember.client_host")
                m4.client_host = buf[at:pos].tobytes().decode()
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ShareGroupDescribeResponseMember.subscribed_topic_names", n)
                if n > end - pos:
                    too_many("ShareGroupDescribeResponseMember.subscribed_topic_names", n)
                items5: list[str] = []
                m4.subscribed_topic_names = items5
                for _ in range(n):
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("ShareGroupDescribeResponseMember.subscribed_topic_names", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ShareGroupDescribeResponseMember.subscribed_topic_names")
                    text = buf[at:pos].tobytes().decode()
                    items5.append(text)
                m6 = new(ShareGroupDescribeResponseAssignment)
                n = buf[pos]
                pos += 1
                if n > 127:
                    n, pos = read_uvarint(buf, pos - 1)
                n -= 1
                if n < 0:
                    bad_length("ShareGroupDescribeResponseAssignment.topic_partitions", n)
                if n * 19 > end - pos:
                    too_many("ShareGroupDescribeResponseAssignment.topic_partitions", n)
                items7: list[ShareGroupDescribeResponseTopicPartitions] = []
                m6.topic_partitions = items7
                for _ in range(n):
                    m8 = new(ShareGroupDescribeResponseTopicPartitions)
                    m8.topic_id, n = _unpack_UB(buf, pos)
                    pos += 17
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("ShareGroupDescribeResponseTopicPartitions.topic_name", n)
                    at = pos
                    pos += n
                    if pos > end:
                        truncated("ShareGroupDescribeResponseTopicPartitions.topic_name")
                    m8.topic_name = buf[at:pos].tobytes().decode()
                    n = buf[pos]
                    pos += 1
                    if n > 127:
                        n, pos = read_uvarint(buf, pos - 1)
                    n -= 1
                    if n < 0:
                        bad_length("ShareGroupDescribeResponseTopicPartitions.partitions", n)
                    if n * 4 > end - pos:
                        too_many("ShareGroupDescribeResponseTopicPartitions.partitions", n)
                    m8.partitions = read_int32s(buf, pos, n)
                    pos += n * 4
                    tags = buf[pos]
                    pos += 1
                    if tags:
                        pos = skip_tags(buf, pos - 1, end)
                    items7.append(m8)
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                m4.assignment = m6
                tags = buf[pos]
                pos += 1
                if tags:
                    pos = skip_tags(buf, pos - 1, end)
                items3.append(m4)
            m2.authorized_operations, tags = _unpack_iB(buf, pos)
            pos += 5
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


def encode_request_v1(m: ShareGroupDescribeRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.group_ids
        n = len(items1) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        for item in items1:
            data = item.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
        out += _pack_Tx(m.include_authorized_operations)
    except UNENCODABLE as error:
        raise unencodable("ShareGroupDescribeRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], ShareGroupDescribeResponse]] = {
    1: decode_response_v1,
}


ENCODE_REQUEST: dict[int, Callable[[ShareGroupDescribeRequest, Writer], None]] = {
    1: encode_request_v1,
}
