"""Java's .properties format, as a Kafka broker's server.properties is written in.

Comments (``#``, ``!``), three separators (``=``, ``:``, white space), escapes, Unicode escapes, and lines continued by a
backslash. Java reads the bytes as ISO 8859-1; files are taken as UTF-8 here when they are, for that is what editors write.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

LINES_MAX: Final = 20_000
KEY_MAX: Final = 500
VALUE_MAX: Final = 100_000

_SPACE: Final = " \t\f"
_ESCAPES: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_TRAILING: Final = re.compile(r"\\+$")
_HEX: Final = re.compile(r"[0-9A-Fa-f]{4}")


class PropertiesError(ValueError):
    """The file is not in the format; the text names the line."""


@dataclass(frozen=True, slots=True)
class Property:
    """One entry; ``line`` counts from 1."""

    name: str
    value: str
    line: int


def parse_properties(content: bytes | str) -> dict[str, Property]:
    """The entries by name; of a name that stands there twice, the last counts, as in Java. Raises PropertiesError."""
    found: dict[str, Property] = {}
    for number, line in _logical_lines(_text(content)):
        name, value = _split(line, number)
        found.pop(name, None)
        found[name] = Property(name, value, number)
    return found


def _text(content: bytes | str) -> str:
    if isinstance(content, str):
        return content
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments and blanks, continued ones put together, each with the number of its first line."""
    pending: list[str] = []
    pending_length = 0
    start = 0
    for number, natural in enumerate(_LINE_END.split(text), 1):
        if number > LINES_MAX:
            raise PropertiesError(f"more than {LINES_MAX} lines")
        line = natural.lstrip(_SPACE)
        if not pending:
            if not line or line[0] in "#!":
                continue
            start = number
        trailing = _TRAILING.search(line)
        continued = trailing is not None and len(trailing.group()) % 2 == 1
        pending.append(line[:-1] if continued else line)
        pending_length += len(line)
        if pending_length > 8 * VALUE_MAX:
            raise PropertiesError(f"line {start}: longer than {8 * VALUE_MAX} characters")
        if not continued:
            yield start, "".join(pending)
            pending, pending_length = [], 0
    if pending:
        yield start, "".join(pending)


def _split(line: str, number: int) -> tuple[str, str]:
    end = 0
    while end < len(line) and line[end] not in "=: \t\f":
        end += 2 if line[end] == "\\" else 1
    end = min(end, len(line))
    rest = line[end:].lstrip(_SPACE)
    if rest[:1] in ("=", ":"):
        rest = rest[1:].lstrip(_SPACE)
    name, value = _unescape(line[:end], number), _unescape(rest, number)
    if len(name) > KEY_MAX or len(value) > VALUE_MAX:
        raise PropertiesError(f"line {number}: a name may have {KEY_MAX} characters and a value {VALUE_MAX}")
    return name, value


def _unescape(text: str, number: int) -> str:
    if "\\" not in text:
        return text
    parts: list[str] = []
    at = 0
    while (escape := text.find("\\", at)) >= 0:
        parts.append(text[at:escape])
        code = text[escape + 1 : escape + 2]
        at = escape + 2
        if code == "u":
            if not _HEX.fullmatch(text, at, at + 4):
                raise PropertiesError(f"line {number}: \\u must be followed by four hexadecimal digits")
            parts.append(chr(int(text[at : at + 4], 16)))
            at += 4
        else:
            parts.append(_ESCAPES.get(code, code))
    parts.append(text[at:])
    # Java writes what lies beyond the basic plane as two escapes; half of such a pair stands for nothing.
    return "".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
