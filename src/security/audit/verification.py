"""Whether lines of audit logs are as they were written: all there, in order, unchanged."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from security.audit.chain import GENESIS, Head, read_line

FINDINGS_MAX: Final = 100
_REMEMBERED: Final = 10_000
"""Lines that may come a second time: what was sent to a topic again because nothing was heard of the first time."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written."""

    where: str
    problem: str


@dataclass(slots=True)
class ReadChain:
    """What was read of one chain. ``begins`` is the number of its first line: above 1 when older files are not there."""

    begins: int
    head: Head
    lines: int = 1
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))


class Verifier:
    """Takes line after line; lines of several chains may be mixed, as in a topic of several brokers."""

    def __init__(self, key: bytes | None = None, expected: Iterable[Head] = ()) -> None:
        """``expected`` are lines that must be among them, known from elsewhere."""
        self._key = key
        self._expected = {(head.chain, head.seq): head for head in expected}
        self.findings: list[Finding] = []
        self.finding_count = 0
        self.chains: dict[str, ReadChain] = {}

    def take(self, line: bytes, where: str) -> None:
        """The next line, without its end."""
        read = read_line(line, self._key)
        if read is None:
            self._found(where, "is no line of an audit log")
            return
        if read.is_keyed and self._key is None:
            self._found(where, "is sealed with a key, which was not given")
        elif not read.is_keyed and self._key is not None:
            self._found(where, "is not sealed with the key")
        elif not read.is_whole:
            self._found(where, f"line {read.head.seq} was changed, or sealed with another key: its hash does not fit")
        self._meet(read.head, where)
        known = self.chains.get(read.head.chain)
        if known is None:
            if read.head.seq == 1 and read.prev != GENESIS:
                self._found(where, "is the first line of its chain and names one before")
            self.chains[read.head.chain] = known = ReadChain(read.head.seq, read.head)
        elif read.head.digest in known.recent:
            return
        else:
            self._follows(known.head, read.head, read.prev, where)
            known.head = read.head
            known.lines += 1
        known.recent.append(read.head.digest)

    def finish(self) -> None:
        """There are no more lines."""
        for head in self._expected.values():
            self._found(f"chain {head.chain}", f"line {head.seq} is not there")
        self._expected.clear()

    def _follows(self, last: Head, head: Head, prev: str, where: str) -> None:
        if head.seq > last.seq + 1:
            self._found(where, f"lines {last.seq + 1} to {head.seq - 1} are missing before it")
        elif head.seq <= last.seq:
            self._found(where, f"line {head.seq} comes after line {last.seq}")
        elif prev != last.digest:
            self._found(where, f"line {head.seq} does not follow the one before it: that was replaced")

    def _meet(self, head: Head, where: str) -> None:
        expected = self._expected.pop((head.chain, head.seq), None)
        if expected is not None and expected != head:
            self._found(where, f"line {head.seq} is not the one that was expected")

    def _found(self, where: str, problem: str) -> None:
        self.finding_count += 1
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(Finding(where, problem))
