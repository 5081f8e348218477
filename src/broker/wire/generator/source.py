"""A text buffer that knows its indentation, and the header of every generated file."""

from collections.abc import Iterator
from contextlib import contextmanager


class Source:
    """Lines of Python under construction."""

    def __init__(self, depth: int = 0) -> None:
        self.lines: list[str] = []
        self._depth = depth

    def add(self, *lines: str) -> None:
        """Appends lines at the current indentation; an empty string is a blank line."""
        self.lines.extend("    " * self._depth + line if line else "" for line in lines)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """`head` and everything added inside, one level deeper."""
        self.add(head)
        self._depth += 1
        yield
        self._depth -= 1

    def text(self) -> str:
        """The whole, ending in one newline."""
        return "\n".join(self.lines).rstrip("\n") + "\n"


def module_docstring(summary: str) -> str:
    """The opening of a generated module."""
    return f'"""{summary}\n\nGenerated from the message facts by `python -m broker.wire.generate`: do not edit.\n"""'
