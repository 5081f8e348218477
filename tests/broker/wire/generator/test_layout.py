"""What a struct looks like in one version."""

import pytest

from broker.wire.generator.layout import Layout
from broker.wire.schema import Struct
from tests.broker.wire.generator.widget import WIDGET, field


def test_fields_come_and_go_with_versions() -> None:
    """Plain, tagged and absent fields of the first and the last version."""
    old, new = Layout(WIDGET.request, 0), Layout(WIDGET.request, 2)
    root = WIDGET.request.root

    assert [item.name for item in old.plain(root)] == ["count", "name", "parts"]
    assert [item.name for item in old.absent(root)] == ["size", "note"]
    assert old.tagged(root) == []
    assert [item.name for item in new.tagged(root)] == ["note"]
    assert (old.nullable(field("name")), new.nullable(field("name"))) == (False, True)


def test_lengths_are_varints_in_flexible_versions() -> None:
    """Otherwise two bytes for a string and four for everything else."""
    old, new = Layout(WIDGET.request, 0), Layout(WIDGET.request, 2)

    assert (old.length_code(field("name")), old.length_code(field("parts")), new.length_code(field("name"))) == (
        "h",
        "i",
        "B",
    )


def test_the_least_size_counts_every_field() -> None:
    """What guards an array's count against the bytes that are left."""
    old, new = Layout(WIDGET.request, 0), Layout(WIDGET.request, 2)

    assert (old.least_size(WIDGET.request.root), new.least_size(WIDGET.request.root)) == (4 + 2 + 4, 4 + 2 + 1 + 1 + 1)
    assert (old.least_element_size(field("parts")), new.least_element_size(field("parts"))) == (16 + 4, 16 + 1 + 1)
    assert old.least_element_size(field("weights")) == 4


def test_a_struct_without_bytes_could_be_repeated_forever() -> None:
    """So there must not be one in an array of a classic version."""
    with pytest.raises(ValueError, match="is empty"):
        Layout(WIDGET.request, 0).least_size(Struct("Nothing", "Nothing"))
    assert Layout(WIDGET.request, 0).is_empty(Struct("Nothing", "Nothing"))
