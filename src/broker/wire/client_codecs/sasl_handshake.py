"""SaslHandshake (API key 17): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.sasl_handshake import (
    SaslHandshakeRequest,
    SaslHandshakeResponse,
)
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    malformed,
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
_unpack_h = struct.Struct(">h").unpack_from
_unpack_hi = struct.Struct(">hi").unpack_from
_pack_h = struct.Struct(">h").pack


def decode_response_v0(buf: memoryview, pos: int) -> SaslHandshakeResponse:
    end = len(buf)
    try:
        m = new(SaslHandshakeResponse)
        m.error_code, n = _unpack_hi(buf, pos)
        pos += 6
        if n < 0:
            bad_length("SaslHandshakeResponse.mechanisms", n)
        if n * 2 > end - pos:
            too_many("SaslHandshakeResponse.mechanisms", n)
        items1: list[str] = []
        m.mechanisms = items1
        for _ in range(n):
            (n,) = _unpack_h(buf, pos)
            pos += 2
            if n < 0:
                bad_length("SaslHandshakeResponse.mechanisms", n)
            at = pos
            pos += n
            if pos > end:
                truncated("SaslHandshakeResponse.mechanisms")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: SaslHandshakeRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.mechanism.encode()
        n = len(data)
        out += _pack_h(n)
        out += data
    except UNENCODABLE as error:
        raise unencodable("SaslHandshakeRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], SaslHandshakeResponse]] = {
    0: decode_response_v0,
    1: decode_response_v0,
}


ENCODE_REQUEST: dict[int, Callable[[SaslHandshakeRequest, Writer], None]] = {
    0: encode_request_v0,
    1: encode_request_v0,
}
