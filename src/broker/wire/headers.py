"""What stands in front of every message: who asks for what, and which question an answer belongs to.

The header's own version follows from the API key and version: requests and responses of flexible versions have tagged fields
after the header too (KIP-482). The one exception is the ApiVersions response, whose header never has them, so that a client can
read the answer to a version it guessed wrong. Header version 0 of requests belongs to ControlledShutdown, which is gone.
"""

import struct
from typing import Final

from broker.wire.errors import DecodeError
from broker.wire.primitives import skip_tags
from broker.wire.registry import FLEXIBLE_FROM, NEVER_FLEXIBLE
from broker.wire.writer import Writer, put_string_length

MIN_HEADER_BYTES: Final = 10
_FIXED: Final = struct.Struct(">hhih").unpack_from
_PACK_FIXED: Final = struct.Struct(">hhih").pack
_PACK_RESPONSE: Final = struct.Struct(">ii").pack
_PACK_FLEXIBLE_RESPONSE: Final = struct.Struct(">iix").pack
_CORRELATION_ID: Final = struct.Struct(">i").unpack_from
_API_VERSIONS: Final = 18

RequestHeader = tuple[int, int, int, str | None, int]
"""API key, API version, correlation id, client id, position of the body."""


def decode_request_header(buf: memoryview) -> RequestHeader:
    """The header at the start of a frame.

    For an API key that this package does not know, and for versions it does not know, the position of the body is a guess:
    the caller refuses such a request without reading on. DecodeError when even the header is damaged.
    """
    end = len(buf)
    if end < MIN_HEADER_BYTES:
        raise DecodeError(f"a request of {end} bytes has no header")
    api_key, api_version, correlation_id, length = _FIXED(buf, 0)
    pos = MIN_HEADER_BYTES
    client_id: str | None
    if length == -1:
        client_id = None
    else:
        if length < 0:
            raise DecodeError(f"client id: negative length {length}")
        pos += length
        if pos > end:
            raise DecodeError("client id: its length exceeds the bytes that are left")
        # A name in another encoding works with Kafka, so it does here; nothing is looked up by it.
        client_id = buf[MIN_HEADER_BYTES:pos].tobytes().decode(errors="replace")
    if api_version >= FLEXIBLE_FROM.get(api_key, NEVER_FLEXIBLE):
        try:
            if buf[pos]:
                pos = skip_tags(buf, pos, end)
            else:
                pos += 1
        except IndexError as error:
            raise DecodeError("the request ends in its header") from error
    return api_key, api_version, correlation_id, client_id, pos


def response_header_is_flexible(api_key: int, api_version: int) -> bool:
    """Whether the response's header ends in tagged fields."""
    return api_key != _API_VERSIONS and api_version >= FLEXIBLE_FROM.get(api_key, NEVER_FLEXIBLE)


def start_response(correlation_id: int, flexible: bool) -> Writer:
    """A writer with the response's header, to be encoded into and then sent as its `frame()`."""
    pack = _PACK_FLEXIBLE_RESPONSE if flexible else _PACK_RESPONSE
    return Writer(pack(0, correlation_id))


def start_request(api_key: int, api_version: int, correlation_id: int, client_id: str | None) -> Writer:
    """The same for a request, on the client's side."""
    text = b"" if client_id is None else client_id.encode()
    put_string_length(bytearray(), len(text) + 1)
    length = -1 if client_id is None else len(text)
    writer = Writer(bytes(4) + _PACK_FIXED(api_key, api_version, correlation_id, length) + text)
    if api_version >= FLEXIBLE_FROM.get(api_key, NEVER_FLEXIBLE):
        writer.buffer.append(0)
    return writer


def decode_response_header(buf: memoryview, flexible: bool) -> tuple[int, int]:
    """Correlation id and the position of the body, on the client's side."""
    if len(buf) < 4 + flexible:
        raise DecodeError(f"a response of {len(buf)} bytes has no header")
    pos = 4
    if flexible:
        try:
            pos = skip_tags(buf, pos, len(buf)) if buf[pos] else pos + 1
        except IndexError as error:
            raise DecodeError("the response ends in its header") from error
    correlation_id: int = _CORRELATION_ID(buf, 0)[0]
    return correlation_id, pos
