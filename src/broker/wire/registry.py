"""Codecs by API key, each loaded when it is first asked for: where everyone who reads or writes messages starts.

The function for one version can be looked up once and kept (`request_decoder`, `response_encoder`): that is what hot paths do.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from broker.wire.codecs.index import FLEXIBLE_FROM, MODULES, NEVER_FLEXIBLE, VERSIONS
from broker.wire.errors import DecodeError, EncodeError
from broker.wire.writer import Writer

__all__ = [
    "FLEXIBLE_FROM",
    "NEVER_FLEXIBLE",
    "VERSIONS",
    "Codec",
    "codec",
    "request_decoder",
    "request_encoder",
    "response_decoder",
    "response_encoder",
]

Decoder = Callable[[memoryview, int], Any]
"""Message of the frame's body: takes the whole frame and the position where the body starts."""

Encoder = Callable[[Any, Writer], None]


class Codec:
    """One API key: both directions, all versions."""

    def __init__(self, api_key: int) -> None:
        if api_key not in MODULES:
            raise KeyError(f"unknown API key {api_key}")
        self.api_key = api_key
        self.name, self._module = MODULES[api_key]
        self.versions = VERSIONS[api_key]
        """The versions that can be read and written; what is offered to clients is decided elsewhere."""
        server = self._load("codecs")
        self.request_decoders: dict[int, Decoder] = server.DECODE_REQUEST
        self.response_encoders: dict[int, Encoder] = server.ENCODE_RESPONSE

    def _load(self, folder: str) -> ModuleType:
        return import_module(f"broker.wire.{folder}.{self._module}")

    @property
    def request_encoders(self) -> dict[int, Encoder]:
        """On the client's side."""
        encoders: dict[int, Encoder] = self._load("client_codecs").ENCODE_REQUEST
        return encoders

    @property
    def response_decoders(self) -> dict[int, Decoder]:
        """On the client's side."""
        decoders: dict[int, Decoder] = self._load("client_codecs").DECODE_RESPONSE
        return decoders

    def decode_request(self, version: int, buf: bytes | memoryview, pos: int = 0) -> Any:
        """The request whose body starts at `pos` and ends with the buffer. DecodeError for anything else."""
        return _lookup_decoder(self, self.request_decoders, version)(memoryview(buf), pos)

    def decode_response(self, version: int, buf: bytes | memoryview, pos: int = 0) -> Any:
        """The same for a response, on the client's side."""
        return _lookup_decoder(self, self.response_decoders, version)(memoryview(buf), pos)

    def encode_response(self, version: int, message: Any, writer: Writer) -> None:
        """Writes the response. EncodeError when the version does not exist or cannot carry the values."""
        _lookup_encoder(self, self.response_encoders, version)(message, writer)

    def encode_request(self, version: int, message: Any, writer: Writer) -> None:
        """The same for a request, on the client's side."""
        _lookup_encoder(self, self.request_encoders, version)(message, writer)


def _lookup_decoder(codec: Codec, table: dict[int, Decoder], version: int) -> Decoder:
    if version not in table:
        raise DecodeError(f"{codec.name} has no version {version}")
    return table[version]


def _lookup_encoder(codec: Codec, table: dict[int, Encoder], version: int) -> Encoder:
    if version not in table:
        raise EncodeError(f"{codec.name} has no version {version}")
    return table[version]


@cache
def codec(api_key: int) -> Codec:
    """The codec of an API key; KeyError for a key without one (check `api_key in VERSIONS` first)."""
    return Codec(api_key)


def request_decoder(api_key: int, version: int) -> Decoder:
    """The function that decodes this request; KeyError when key or version do not exist."""
    return codec(api_key).request_decoders[version]


def response_encoder(api_key: int, version: int) -> Encoder:
    """The function that encodes this response; KeyError when key or version do not exist."""
    return codec(api_key).response_encoders[version]


def request_encoder(api_key: int, version: int) -> Encoder:
    """On the client's side."""
    return codec(api_key).request_encoders[version]


def response_decoder(api_key: int, version: int) -> Decoder:
    """On the client's side."""
    return codec(api_key).response_decoders[version]
