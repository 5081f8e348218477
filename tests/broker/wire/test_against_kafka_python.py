"""Our bytes against kafka-python, which builds its codecs in yet another way."""

import importlib
import pkgutil
from functools import cache
from random import Random
from typing import Any

import pytest

from tests.broker.wire.random_messages import encode, every_message, random_message

protocol = pytest.importorskip("kafka.protocol")

CASES = list(every_message())


@cache
def their_classes() -> dict[str, Any]:
    """kafka-python's message classes by name."""
    api_message = importlib.import_module("kafka.protocol.api_message")
    for module in pkgutil.iter_modules(protocol.__path__, "kafka.protocol."):
        if not module.name.endswith((".old", "generate_stubs")):
            importlib.import_module(module.name)
    return {cls.__name__: cls for cls in api_message.ApiMessage.__subclasses__()}


def test_kafka_python_agrees_byte_for_byte() -> None:
    """kafka-python reads what we write and writes the same bytes, for every message it has."""
    compared = 0
    for api, message, version in CASES:
        their_class = their_classes().get(message.root.class_name)
        if their_class is None:
            continue
        compared += 1
        value = random_message(Random(f"{message.root.class_name} {version}"), api, message, version)
        if message.root.class_name == "ApiVersionsResponse":
            value.error_code = 0  # a client reads a failed one as version 0, whatever it asked for
        ours = encode(api, message, version, value)

        theirs = their_class[version].decode(ours)
        theirs.with_header()
        assert bytes(theirs.encode()) == ours, f"{message.root.class_name} {version}"
    assert compared > 400
