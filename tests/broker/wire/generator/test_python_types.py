"""Facts as Python types."""

import struct

from broker.wire.generator.python_types import (
    FIXED_FORMATS,
    FIXED_SIZES,
    annotation,
    default,
    fresh_default,
    is_optional_struct,
)
from tests.broker.wire.generator.widget import field


def test_annotations_say_what_an_attribute_holds() -> None:
    """Lists, None where null is possible, and buffers for records."""
    assert annotation(field("count"), "request") == "int"
    assert annotation(field("name"), "request") == "str | None"
    assert annotation(field("parts"), "request") == "list[WidgetRequestPart]"
    assert annotation(field("id"), "request") == "bytes"
    assert annotation(field("origin"), "response") == "WidgetResponseOrigin | None"
    assert annotation(field("payload"), "response") == "Records"
    assert annotation(field("payload"), "request") == "Buffer | None"


def test_defaults_are_expressions() -> None:
    """The zero of the type unless the facts say otherwise; a list is fresh in every object."""
    assert default(field("count")) == "0"
    assert default(field("size")) == "-1"
    assert default(field("name")) == '""'
    assert default(field("note")) == "None"
    assert default(field("origin")) == "None"
    assert (default(field("parts")), fresh_default(field("parts"))) == ("EMPTY", "[]")
    assert default(field("x")) == "0.0"


def test_only_tagged_structs_may_be_left_out() -> None:
    """An untagged struct is always there."""
    assert is_optional_struct(field("origin"))
    assert not is_optional_struct(field("parts"))


def test_sizes_are_those_of_the_formats() -> None:
    """The two tables agree."""
    assert {name: struct.calcsize(f">{code}") for name, code in FIXED_FORMATS.items()} == FIXED_SIZES
