"""What groups promise, held against what their members were told: who owns what, one assignment for each generation, who may commit, and that
a committed offset is read back until it is replaced."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import anyio

from tests.simulation.chance import Violation

GroupPartition = tuple[str, str, int]
"""(group, topic, partition)."""

FORGOTTEN_AFTER_S: Final = 120.0
"""A request that was never answered has no effect any more after this."""


@dataclass(slots=True)
class Write:
    """A commit. ``ended`` is when it was answered or has been forgotten, None while nobody can say."""

    tag: str
    offset: int
    sent: float
    ended: float | None = None
    acknowledged: bool = False

    def ended_by(self, now: float) -> float:
        """The latest moment at which it took effect, if it did."""
        return min(now, self.sent + FORGOTTEN_AFTER_S) if self.ended is None else self.ended


class Owner:
    """A member of a consumer group (KIP-848) as it sees itself. It owns what it was told, until it says that it gave it up, or until it
    has not been heard for as long as its session lasts."""

    def __init__(self, name: str, session_s: float) -> None:
        self.name = name
        self.holds: set[tuple[bytes, int]] = set()
        self.heard = -1e9
        self._session_s = session_s

    @property
    def is_alive(self) -> bool:
        return anyio.current_time() - self.heard < self._session_s


class GroupLedger:
    """One for all groups."""

    def __init__(self) -> None:
        self.facts = 0
        self._writes: dict[GroupPartition, list[Write]] = defaultdict(list)
        self._owners: dict[str, list[Owner]] = defaultdict(list)
        self._assignments: dict[tuple[str, int], str] = {}
        self._generations: dict[str, int] = defaultdict(lambda: -1)
        self._deleted: dict[str, float] = {}

    def check(self, holds: bool, what: str) -> None:
        self.facts += 1
        if not holds:
            raise Violation(what)

    # --- offsets ------------------------------------------------------------------------------------------------------

    def commits(self, key: GroupPartition, tag: str, offset: int) -> Write:
        """A member sends a commit."""
        write = Write(tag, offset, anyio.current_time())
        self._writes[key].append(write)
        return write

    def answered(self, write: Write, acknowledged: bool) -> None:
        """It was told what became of it."""
        write.ended, write.acknowledged = anyio.current_time(), acknowledged

    def group_deleted(self, group: str, until: float) -> None:
        """Its offsets may go, until that time."""
        self._deleted[group] = until

    def writes_of(self, group: str) -> list[Write]:
        """Every commit to it."""
        return [write for key, writes in self._writes.items() if key[0] == group for write in writes]

    def read(self, key: GroupPartition, asked: float, offset: int, tag: str) -> None:
        """A member was told the committed offset, having asked for it at ``asked``."""
        now = anyio.current_time()
        writes = self._writes[key]
        settled = [write for write in writes if write.acknowledged and write.ended is not None and write.ended < asked]
        if offset < 0:
            last = max((write.sent for write in settled), default=-1.0)
            self.check(not settled or self._deleted.get(key[0], -1.0) >= last, f"{key}: no offset, {settled[-1:]} was acknowledged")
            return
        found = next((write for write in writes if write.tag == tag and write.offset == offset), None)
        if found is None:
            raise Violation(f"{key}: {offset} {tag!r} was never committed")
        later = [write for write in settled if write.sent > found.ended_by(now)]
        self.check(not later, f"{key}: {found} was read, though {later[-1:]} came later")

    # --- classic groups -----------------------------------------------------------------------------------------------

    def generation(self, group: str) -> int:
        """The latest that a member was given its assignment of."""
        return self._generations[group]

    def joined(self, group: str, known_before: int, generation: int) -> None:
        """A member joined, and knew of no later generation than ``known_before`` when it asked."""
        self.check(generation >= known_before, f"{group}: joined generation {generation} after {known_before}")

    def assigned(self, group: str, generation: int, whole: str) -> None:
        """A member was told its part of ``whole``, what the leader had decided for everybody."""
        known = self._assignments.setdefault((group, generation), whole)
        self.check(known == whole, f"{group}: generation {generation} has two assignments: {known} and {whole}")
        self._generations[group] = max(generation, self._generations[group])

    def committed_in(self, group: str, known_before: int, generation: int) -> None:
        """A commit of ``generation`` was accepted."""
        self.check(generation >= known_before, f"{group}: a commit of generation {generation} was accepted after {known_before}")

    # --- the consumer protocol ----------------------------------------------------------------------------------------

    def owner(self, group: str, name: str, session_s: float) -> Owner:
        """A member joins."""
        made = Owner(name, session_s)
        self._owners[group].append(made)
        return made

    def takes(self, group: str, owner: Owner, partitions: set[tuple[bytes, int]]) -> None:
        """A member was told that it owns these, besides what it holds."""
        for other in self._owners[group]:
            if other is not owner and other.is_alive:
                both = other.holds & partitions
                self.check(not both, f"{group}: {owner.name} was given {both}, which {other.name} still holds")
        owner.holds |= partitions
        self._owners[group] = [one for one in self._owners[group] if one.holds or one is owner]
