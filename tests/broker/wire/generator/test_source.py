"""The text buffer of the generator."""

from broker.wire.generator.source import Source, module_docstring


def test_blocks_indent_what_is_inside() -> None:
    """Four spaces a level, blank lines stay blank, one newline at the end."""
    out = Source(1)
    with out.block("if x:"):
        out.add("y()", "", "z()")
    out.add("w()", "")

    assert out.text() == "    if x:\n        y()\n\n        z()\n    w()\n"


def test_generated_modules_say_so() -> None:
    """And by which command, so that nobody edits them."""
    assert "python -m broker.wire.generate" in module_docstring("What it is.")
