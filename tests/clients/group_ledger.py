"""What members of a group wrote down of themselves, and what must be true of it.

One file a member, one line an event: the wall clock in milliseconds, what happened, and to which partitions.

    1700000000000 assigned 0 1 2        it may read these from now on; likewise ``revoked`` and ``lost``
    1700000000000 read 0 100 120        it was given records 100 to 119 of partition 0
    1700000000000 committed 0 100 120   and has committed them; ``uncommitted``: the commit failed, they will come again
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOVES: Final = ("assigned", "revoked", "lost")


@dataclass(frozen=True)
class Event:
    """One line. Of records: ``partitions`` has one, and ``first`` up to ``end`` are their offsets."""

    at_ms: int
    member: str
    what: str
    partitions: tuple[int, ...]
    first: int = 0
    end: int = 0


@dataclass(frozen=True)
class Tenure:
    """From when until when a member had a partition; None: it still had it when the ledger ended."""

    partition: int
    member: str
    from_ms: int
    to_ms: int | None


def read_ledgers(folder: Path) -> list[Event]:
    """Every member's events, in the order of time. The last line of a member that was killed may be cut off."""
    events = [event for path in sorted(folder.glob("*.ledger")) for event in parse(path.stem, path.read_text())]
    return sorted(events, key=lambda event: event.at_ms)


def parse(member: str, text: str) -> Iterator[Event]:
    for line in text[: text.rfind("\n") + 1].splitlines():
        at, what, *numbers = line.split()
        if what in MOVES:
            yield Event(int(at), member, what, tuple(map(int, numbers)))
        else:
            partition, first, end = map(int, numbers)
            yield Event(int(at), member, what, (partition,), first, end)


def places(events: Iterable[Event], what: str = "read") -> list[tuple[int, int]]:
    """(partition, offset) of every record that is in an event of this kind."""
    return [(event.partitions[0], offset) for event in events if event.what == what for offset in range(event.first, event.end)]


def tenures(events: Iterable[Event]) -> list[Tenure]:
    """Who had which partition from when until when."""
    held: dict[tuple[str, int], int] = {}
    found = []
    for event in events:
        for partition in event.partitions if event.what in MOVES else ():
            key = (event.member, partition)
            if event.what == "assigned":
                held.setdefault(key, event.at_ms)
            elif key in held:
                found.append(Tenure(partition, event.member, held.pop(key), event.at_ms))
    found += [Tenure(partition, member, from_ms, None) for (member, partition), from_ms in held.items()]
    return found


def overlaps(found: Iterable[Tenure], end_ms: int) -> list[tuple[Tenure, Tenure]]:
    """Two members with the same partition at the same time. A clock of milliseconds cannot tell events of one millisecond apart."""
    by_partition: dict[int, list[Tenure]] = {}
    for tenure in found:
        by_partition.setdefault(tenure.partition, []).append(tenure)
    bad = []
    for each in by_partition.values():
        each.sort(key=lambda tenure: tenure.from_ms)
        latest = each[0]
        for tenure in each[1:]:
            if tenure.member != latest.member and tenure.from_ms < (end_ms if latest.to_ms is None else latest.to_ms):
                bad.append((latest, tenure))
            if (tenure.to_ms or end_ms) > (latest.to_ms or end_ms):
                latest = tenure
    return bad
