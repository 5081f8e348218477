"""SaslHandshake (API key 17): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.sasl_handshake import (
    SaslHandshakeRequest,
    SaslHandshakeResponse,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
    malformed,
    trailing,
    truncated,
)
from broker.wire.writer import (
    UNENCODABLE,
    Writer,
    unencodable,
)

new = object.__new__
_unpack_h = struct.Struct(">h").unpack_from
_pack_h = struct.Struct(">h").pack
_pack_hi = struct.Struct(">hi").pack


def decode_request_v0(buf: memoryview, pos: int) -> SaslHandshakeRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(SaslHandshakeRequest)
        (n,) = _unpack_h(buf, pos)
        pos += 2
        if n < 0:
            bad_length("SaslHandshakeRequest.mechanism", n)
        at = pos
        pos += n
        if pos > end:
            truncated("SaslHandshakeRequest.mechanism")
        m.mechanism = buf[at:pos].tobytes().decode()
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: SaslHandshakeResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        items1 = m.mechanisms
        n = len(items1)
        out += _pack_hi(m.error_code, n)
        for item in items1:
            data = item.encode()
            n = len(data)
            out += _pack_h(n)
            out += data
    except UNENCODABLE as error:
        raise unencodable("SaslHandshakeResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], SaslHandshakeRequest]] = {
    0: decode_request_v0,
    1: decode_request_v0,
}


ENCODE_RESPONSE: dict[int, Callable[[SaslHandshakeResponse, Writer], None]] = {
    0: encode_response_v0,
    1: encode_response_v0,
}
