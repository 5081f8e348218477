"""Generated message classes, run."""

from typing import Any

from broker.wire.generator.class_source import messages_module
from tests.broker.wire.generator.widget import WIDGET


def classes() -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(messages_module(WIDGET), namespace)
    return namespace


def test_a_class_has_slots_and_defaults_for_all_versions() -> None:
    """Every field is a keyword, and lists are never shared."""
    request = classes()["WidgetRequest"]

    assert request.__slots__ == ("count", "size", "name", "parts", "note")
    assert (request().size, request().note, request(name=None).name) == (-1, None, None)
    assert request().parts is not request().parts
    assert not hasattr(request(), "__dict__")


def test_messages_compare_and_show_by_their_fields() -> None:
    """Equal when all fields are; different classes never are; long buffers are shortened."""
    namespace = classes()
    request, response = namespace["WidgetRequest"], namespace["WidgetResponse"]

    assert request(count=1) == request(count=1) != request(count=2)
    assert request() != response()
    assert repr(request(count=1)) == "WidgetRequest(count=1, size=-1, name='', parts=[], note=None)"
    assert "payload=<99 bytes>" in repr(response(payload=bytes(99)))
    assert "payload=b'abc'" in repr(response(payload=memoryview(b"abc")))


def test_notes_say_which_versions_carry_a_field() -> None:
    """The reader of a handler sees it where the field is declared."""
    assert "size: int = -1,  # versions 1-2" in messages_module(WIDGET)
