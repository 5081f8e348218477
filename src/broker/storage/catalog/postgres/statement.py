"""Rule: several changes of tables as one statement, so that they cost one round trip."""

from dataclasses import dataclass, field
from functools import cache


@dataclass(slots=True)
class Statement:
    """Parts that change other rows than each other, in any order. ``{}`` in a part stands for its next argument."""

    parts: list[str] = field(default_factory=list)
    arguments: list[object] = field(default_factory=list)

    def add(self, part: str, *arguments: object) -> None:
        """One more part, which carries its arguments."""
        assert part.count("{}") == len(arguments), part
        self.parts.append(part)
        self.arguments += arguments

    def text(self, answer: str = "SELECT 1") -> str:
        """The statement; ``answer`` is the query whose rows it gives."""
        return _text(tuple(self.parts), answer)


@cache
def _text(parts: tuple[str, ...], answer: str) -> str:
    """There are as many as there are kinds of changes that come together."""
    number = 0
    named = []
    for at, part in enumerate(parts):
        here = part.count("{}")
        named.append(f"p{at} AS ({part.format(*(f'${number + index + 1}' for index in range(here)))})")
        number += here
    return f"WITH {', '.join(named)} {answer}"
