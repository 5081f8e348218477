"""Writes what the code knows into docs/compatibility.md: the versions served, and the differences that are meant.

``python -m tests.differential.document`` writes, ``--check`` only says whether the page is as it would be written.
"""

import sys
from itertools import groupby
from pathlib import Path

from broker.handlers.table import HANDLERS
from broker.wire.registry import codec
from tests.differential.differences import MEANT, MEANT_OF_ACCESS

PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"
_START = "<!-- {part}: written by `python -m tests.differential.document` -->\n"
_END = "<!-- end -->\n"


def versions() -> str:
    """The requests by number, with the versions offered."""
    lines = ["| Key | Request | Versions |", "|---:|---|---|"]
    for handler in sorted(HANDLERS, key=lambda each: each.key):
        offered = handler.advertised or handler.versions
        first, last = offered.start, offered.stop - 1
        lines.append(
            f"| {int(handler.key)} | {codec(handler.key).name} | {first if first == last else f'{first}-{last}'} |"
        )
    return "\n".join(lines) + "\n"


def differences() -> str:
    """One table for each area."""
    parts = []
    for area, entries in groupby((*MEANT, *MEANT_OF_ACCESS), key=lambda entry: entry.area):
        lines = [f"### {area}", "", "| What | Apache Kafka | Penstock | Why |", "|---|---|---|---|"]
        for entry in entries:
            texts = (text[:1].upper() + text[1:] for text in (entry.what, entry.kafka, entry.penstock, entry.reason))
            lines.append(f"| {' | '.join(texts)} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def fill(page: str) -> str:
    """The page with its written parts as they should be."""
    for part, text in {"versions": versions(), "differences": differences()}.items():
        start = _START.format(part=part)
        before, found, rest = page.partition(start)
        _, ended, after = rest.partition(_END)
        assert found, f"docs/compatibility.md has no place for {part}"
        assert ended, f"the place for {part} in docs/compatibility.md has no end"
        page = f"{before}{start}\n{text}\n{_END}{after}"
    return page


def main() -> int:
    """Write or check; 1 when the page is stale."""
    now = PAGE.read_text()
    wanted = fill(now)
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(wanted)
        return 0
    if now != wanted:
        print("docs/compatibility.md is stale: run python -m tests.differential.document")
    return int(now != wanted)


if __name__ == "__main__":
    sys.exit(main())
