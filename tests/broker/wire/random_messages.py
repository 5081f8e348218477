"""Builds random messages from the facts: every field of a version gets a value, absent fields stay at their defaults."""

import struct
from collections.abc import Iterator
from importlib import import_module
from random import Random
from typing import Any

from broker.wire.generator.layout import Layout
from broker.wire.generator.python_types import is_optional_struct
from broker.wire.registry import codec
from broker.wire.schema import ApiFacts, Field, MessageFacts, Struct, load_all
from broker.wire.writer import Writer

APIS = load_all()

_BITS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}
_TEXTS = ("", "a", "orders-eu", "ключ", "日本", "\x00", "é" * 63, "x" * 127, "y" * 300)


def every_message() -> Iterator[tuple[ApiFacts, MessageFacts, int]]:
    """Every message in every version."""
    for api in APIS:
        for message in api.messages:
            for version in message.versions:
                yield api, message, version


def message_id(api: ApiFacts, message: MessageFacts, version: int) -> str:
    """Names a case in the output of pytest."""
    return f"{message.root.class_name}-v{version}"


def random_message(random: Random, api: ApiFacts, message: MessageFacts, version: int) -> Any:
    """A message of any shape. Tagged structs never equal their defaults: those are left out and read back as None."""
    return MessageBuilder(random, api, message, version).build(message.root)


def encode(api: ApiFacts, message: MessageFacts, version: int, value: Any) -> bytes:
    """The body of the message as one piece."""
    writer = Writer()
    write = codec(api.key).encode_request if message.kind == "request" else codec(api.key).encode_response
    write(version, value, writer)
    body = b"".join(writer.chunks())
    assert len(body) == writer.size
    return body


def decode(api: ApiFacts, message: MessageFacts, version: int, body: bytes | memoryview) -> Any:
    """The message of a body."""
    read = codec(api.key).decode_request if message.kind == "request" else codec(api.key).decode_response
    return read(version, body)


class MessageBuilder:
    """Fills the fields of one message in one version."""

    def __init__(self, random: Random, api: ApiFacts, message: MessageFacts, version: int) -> None:
        self._random = random
        self._layout = Layout(message, version)
        self._module = import_module(f"broker.wire.messages.{api.module}")

    def build(self, struct: Struct) -> Any:
        """An object of the struct's class."""
        random = self._random
        values: dict[str, Any] = {}
        for field in self._layout.plain(struct):
            values[field.name] = self._value(field)
        for field in self._layout.tagged(struct):
            if random.random() < 0.5:
                value = self._value(field)
                if not (is_optional_struct(field) and value == type(value)()):
                    values[field.name] = value
        return getattr(self._module, struct.class_name)(**values)

    def _value(self, field: Field) -> Any:
        if self._layout.nullable(field) and self._random.random() < 0.25:
            return None
        if field.is_array:
            return [self._element(field) for _ in range(self._length(field))]
        return self._element(field)

    def _length(self, field: Field) -> int:
        if field.struct is None and self._random.random() < 0.05:
            return 200
        return self._random.choice((0, 1, 1, 2, 3))

    def _element(self, field: Field) -> Any:
        random = self._random
        if field.struct is not None:
            return self.build(field.struct)
        if field.type in _BITS:
            return self.integer(field)
        match field.type:
            case "bool":
                return random.random() < 0.5
            case "uint16":
                return random.randrange(1 << 16)
            case "uint32":
                return random.randrange(1 << 32)
            case "float64":
                return struct.unpack(">d", struct.pack(">d", random.uniform(-1e9, 1e9)))[0]
            case "uuid":
                return random.randbytes(16)
            case "string":
                return random.choice(_TEXTS)
        return random.randbytes(random.choice((0, 1, 61, 127, 128, 700)))

    def integer(self, field: Field) -> int:
        """An integer of the field's type, often at an end of its range."""
        bits = _BITS[field.type]
        least, most = -(1 << bits - 1), (1 << bits - 1) - 1
        return self._random.choice((least, -1, 0, 1, most, self._random.randint(least, most)))
