"""What is wrong with the settings: all of it at once, each with its name, its value, the reason and the way out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

HIDDEN: Final = "(hidden)"
_SHOWN_MAX: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One setting that cannot be as it is. ``source`` says where the value came from; ``fix`` what to do."""

    setting: str
    why: str
    value: str | None = None
    source: str = ""
    fix: str = ""

    def __str__(self) -> str:
        shown = "" if self.value is None else f" = {shorten(self.value)}"
        source = f" (from {self.source})" if self.source else ""
        fix = f". {self.fix[0].upper()}{self.fix[1:]}" if self.fix else ""
        return f"{self.setting}{shown}{source}: {self.why}{fix}".rstrip(".") + "."


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing that is no error: a name without meaning here, a name nobody knows."""

    setting: str
    text: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.text}"


class SettingsInvalid(Exception):
    """The settings cannot be used; ``problems`` lists everything that is wrong with them."""

    def __init__(self, problems: Iterable[Problem], notes: Iterable[Note] = ()) -> None:
        self.problems = tuple(problems)
        self.notes = tuple(notes)
        super().__init__("\n".join(map(str, self.problems)))


class CrossProblems(ValueError):
    """Settings that are right one by one but not together; raised while the model is validated."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))


def shorten(text: str) -> str:
    """``text`` for a message: one line, bounded."""
    text = text.encode("unicode_escape").decode("ascii")
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}... ({len(text)} characters)"
