"""How far the lines of an audit log's files have got elsewhere, in a small file beside them, so that after a restart nothing of them is missing there.

Lines are written to the files first. What a crash cut off between the two, and what was written while the broker stopped and could give nothing away any
more, is found behind the mark at the next start. The mark may be older than what is true, after a loss of power: lines then come twice, which
verification knows. Everything here blocks.
"""

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from broker.storage.audit_file import files_of
from security.audit.chain import Head, parse_head, read_line

NAME: Final = "topic-has"
BEHIND_MAX: Final = 20_000
"""Lines that are looked up at a start. There are more only when a mark was lost, and then the oldest of them were given away before."""
BEHIND_BYTES_MAX: Final = 32 << 20
UNKNOWN_BEHIND: Final = 5_000
"""How many are given away again when a mark cannot be read: verification remembers more."""
_BLOCK: Final = 1 << 20
_HEAD_BYTES_MAX: Final = 200


class AuditMark:
    """The mark in ``directory``. One call at a time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / NAME

    def set(self, line: bytes) -> None:
        """This line was the last that got there. Raises OSError."""
        sealed = read_line(line)
        if sealed is not None:
            self._write(sealed.head)

    def begin(self, head: Head) -> None:
        """What comes behind ``head`` is to get there from now on, unless that was so before. Raises OSError."""
        if not self._path.exists():
            self._write(head)

    def _write(self, head: Head) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(f"{head}\n")
        os.replace(new, self._path)

    def clear(self) -> None:
        """Nothing is given away any more: when it is again, it begins with what is new then. Raises OSError."""
        self._path.unlink(missing_ok=True)

    def behind(self, line: bytes) -> list[bytes]:
        """The lines between the mark and this one, which is in the files and about to get there. Raises OSError."""
        sealed = read_line(line)
        count = 0 if sealed is None else self._missing(sealed.head)
        if count <= 0:
            return []
        found: deque[bytes] = deque()
        size = 0
        passed = False
        for each in _backwards(self._directory):
            if passed:
                before = read_line(each)
                # What is of another chain is not held by this one, and a gap would be one there, too.
                if sealed is None or before is None or (before.head.chain, before.head.seq) != (sealed.head.chain, sealed.head.seq - len(found) - 1):
                    break
                found.appendleft(each)
                size += len(each)
                if len(found) == count or size > BEHIND_BYTES_MAX:
                    break
            passed = passed or each == line
        return list(found)

    def _missing(self, head: Head) -> int:
        try:
            with self._path.open("rb") as file:
                mark = parse_head(file.read(_HEAD_BYTES_MAX).decode("ascii", "replace"))
        except FileNotFoundError:
            return 0
        except ValueError:
            return min(head.seq - 1, UNKNOWN_BEHIND)
        return min(head.seq - 1 - (mark.seq if mark.chain == head.chain else 0), BEHIND_MAX)


def _backwards(directory: Path) -> Iterator[bytes]:
    """The lines of all files, the last one first."""
    for path in reversed(files_of(directory)):
        with path.open("rb") as file:
            position = file.seek(0, os.SEEK_END)
            rest = b""
            while position:
                size = min(_BLOCK, position)
                position -= size
                file.seek(position)
                rest, *whole = (file.read(size) + rest).split(b"\n")
                yield from (line for line in reversed(whole) if line)
            if rest:
                yield rest
