"""Our bytes against kio, an independent implementation with its own schema classes: the heart of correctness.

For every message in every version: kio reads our bytes into the values we wrote, kio writes them back as the same bytes, and we
read kio's bytes as the same message.
"""

import dataclasses
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from random import Random
from typing import Any
from uuid import UUID

import pytest

from broker.wire.generator.layout import Layout
from broker.wire.generator.python_types import is_optional_struct
from broker.wire.schema import ApiFacts, Field, MessageFacts, Struct
from tests.broker.wire.random_messages import MessageBuilder, decode, encode, every_message, message_id

kio_index = pytest.importorskip("kio.index")
kio_serial = pytest.importorskip("kio.serial")

CASES = list(every_message())
MESSAGES_PER_VERSION = 4

_MODERATE_SUFFIXES = ("_ms", "timestamp", "last_timestamp", "commit_timestamp")


class KioBuilder(MessageBuilder):
    """Keeps to values that kio has Python types for: known error codes, times that fit a datetime."""

    def integer(self, field: Field) -> int:
        if field.name.endswith("error_code"):
            return self._random.randint(-1, 133)
        if field.name.endswith(_MODERATE_SUFFIXES):
            return self._random.choice((0, 1, 1_700_000_000, self._random.randint(0, 1 << 30)))
        return super().integer(field)


@cache
def kio_class(name: str, version: int, kind: str) -> Any:
    """kio's class of the message."""
    load = kio_index.load_request_schema if kind == "request" else kio_index.load_response_schema
    return load(name, version)


@pytest.mark.parametrize(("api", "message", "version"), CASES, ids=[message_id(*case) for case in CASES])
def test_kio_agrees_byte_for_byte(api: ApiFacts, message: MessageFacts, version: int) -> None:
    """What we write kio reads as the same values and writes as the same bytes, and what kio writes we read."""
    kio_type = kio_class(api.key, version, message.kind)
    random = Random(f"{message.root.class_name} {version}")
    builder = KioBuilder(random, api, message, version)
    for _ in range(MESSAGES_PER_VERSION):
        value = builder.build(message.root)
        ours = encode(api, message, version, value)

        entity, size = kio_serial.entity_reader(kio_type)(ours, 0)
        assert size == len(ours)
        assert_same_values(Layout(message, version), message.root, value, entity)

        theirs = BytesIO()
        kio_serial.entity_writer(kio_type)(theirs, entity)
        assert theirs.getvalue() == ours
        assert decode(api, message, version, theirs.getvalue()) == value


def assert_same_values(layout: Layout, struct: Struct, value: Any, entity: Any) -> None:
    """Compares field by field; kio's names differ, its order does not."""
    ours = [field for field in struct.fields if layout.version in field.versions]
    theirs = dataclasses.fields(entity)
    assert len(ours) == len(theirs)
    for field, other in zip(ours, theirs, strict=True):
        compare(layout, field, getattr(value, field.name), getattr(entity, other.name))


def compare(layout: Layout, field: Field, ours: Any, theirs: Any) -> None:
    """Compares one value, element by element where it is an array."""
    if isinstance(ours, list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            compare_element(layout, field, one, other)
    elif ours is None and is_optional_struct(field):
        assert theirs == type(theirs)()
    else:
        compare_element(layout, field, ours, theirs)


def compare_element(layout: Layout, field: Field, ours: Any, theirs: Any) -> None:
    """Compares one value that is no array."""
    if ours is None:
        assert theirs is None
    elif field.struct is not None:
        assert_same_values(layout, field.struct, ours, theirs)
    elif isinstance(theirs, timedelta):
        assert theirs == timedelta(milliseconds=ours)
    elif isinstance(theirs, datetime):
        assert round(theirs.timestamp() * 1000) == ours
    elif field.type == "uuid":
        assert (bytes(16) if theirs is None else theirs.bytes if isinstance(theirs, UUID) else theirs) == ours
    elif theirs is None:
        assert ours == -1
    else:
        assert theirs == ours
