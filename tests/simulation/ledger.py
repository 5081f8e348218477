"""What was promised and what was seen: the model that the broker is held to. Written from the protocol's promises, it shares no code
with the broker and knows no states, only what clients were told and when."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tests.simulation.chance import Chance, Violation

Partition = tuple[str, int]
MARKER: Final = b"<marker>"


class Entry(NamedTuple):
    """One offset of a log as a reader saw it."""

    producer_id: int
    epoch: int
    transactional: bool
    value: bytes


@dataclass(slots=True)
class Promise:
    """One transaction as its producer knows it. ``outcome``: it was told so; None with ``asked`` set: it never learned."""

    name: str
    values: dict[Partition, list[bytes]] = field(default_factory=dict)
    asked: bool = False
    outcome: bool | None = None


class Ledger:
    """Facts come in while the world runs, and each is held against what is known; :meth:`judge` looks at everything at the end."""

    def __init__(self, chance: Chance) -> None:
        self.chance = chance
        self.logs: dict[Partition, dict[int, Entry]] = defaultdict(dict)
        self.acknowledged: dict[Partition, dict[int, bytes]] = defaultdict(dict)
        self.places: dict[Partition, dict[bytes, int]] = defaultdict(dict)
        self.high: dict[Partition, int] = defaultdict(int)
        self.stable: dict[Partition, int] = defaultdict(int)
        self.start: dict[Partition, int] = defaultdict(int)
        self.promises: dict[str, Promise] = {}
        self.sent: dict[str, list[bytes]] = defaultdict(list)
        self.facts = 0

    def check(self, holds: bool, what: str) -> None:
        self.facts += 1
        if not holds:
            raise Violation(what)

    # --- while it runs ------------------------------------------------------------------------------------------------

    def appended(self, partition: Partition, offset: int, values: list[bytes]) -> None:
        """A producer was told that its batch lies at ``offset``."""
        for at, value in enumerate(values, offset):
            known = self.acknowledged[partition].setdefault(at, value)
            self.places[partition][value] = at
            self.check(known == value, f"{partition} {at}: promised to {known!r} and to {value!r}")
            seen = self.logs[partition].get(at)
            self.check(seen is None or seen.value == value, f"{partition} {at}: {value!r} was promised, {seen} was seen")
        self.high[partition] = max(self.high[partition], offset + len(values))

    def saw(self, partition: Partition, offset: int, entry: Entry) -> None:
        """A reader was given a record or a marker."""
        known = self.logs[partition].setdefault(offset, entry)
        self.check(known == entry, f"{partition} {offset}: was {known}, is {entry}")
        promised = self.acknowledged[partition].get(offset)
        self.check(promised in (None, entry.value), f"{partition} {offset}: {promised!r} was promised, {entry} was seen")

    def bounds_before(self, partition: Partition) -> tuple[int, int, int]:
        """What is known now: an answer to what is asked from now on must not fall behind it."""
        return self.high[partition], self.stable[partition], self.start[partition]

    def bounds(self, partition: Partition, before: tuple[int, int, int], high: int, stable: int, start: int) -> None:
        """A reader was told where a log ends and begins."""
        what = f"{partition}: high watermark {high}, last stable {stable}, start {start}; known before: {before}"
        self.check(high >= before[0] and stable >= before[1] and start >= before[2], f"bounds went back: {what}")
        self.check(start <= stable <= high, f"bounds at odds: {what}")
        self.high[partition] = max(high, self.high[partition])
        self.stable[partition] = max(stable, self.stable[partition])
        self.start[partition] = max(start, self.start[partition])

    def promise(self, name: str) -> Promise:
        """A transaction begins."""
        self.promises[name] = made = Promise(name)
        return made

    # --- at the end ---------------------------------------------------------------------------------------------------

    def judge_producer(self, name: str, partition: Partition, final: dict[int, Entry]) -> None:
        """Everything that an idempotent producer has sent is there once and in order, as far as the log still goes back."""
        prefix = name.encode() + b":"
        found = [entry.value for _, entry in sorted(final.items()) if entry.value.startswith(prefix)]
        sent = self.sent[name]
        deleted = len(sent) - len(found)
        first = min(final, default=self.start[partition])
        self.check(deleted == 0 or first > 0, f"{name} on {partition}: {deleted} records are missing")
        self.check(deleted >= 0 and found == sent[deleted:], f"{name} on {partition}: sent {sent}, found {found}")

    def judge_acknowledged(self, partition: Partition, final: dict[int, Entry]) -> None:
        """Nothing that was acknowledged is lost."""
        for offset, value in self.acknowledged[partition].items():
            if offset >= self.start[partition]:
                found = final.get(offset)
                self.check(found is not None and found.value == value, f"{partition} {offset}: lost {value!r}, found {found}")

    def is_deleted(self, partition: Partition, value: bytes) -> bool:
        """Whether the log was cut off behind it, as far as its producer knows where it was."""
        offset = self.places[partition].get(value)
        return offset is not None and offset < self.start[partition]

    def judge_committed(self, partition: Partition, committed: list[bytes]) -> None:
        """A read_committed reader gets transactions' records exactly when they were committed, once."""
        counts: dict[bytes, int] = defaultdict(int)
        for value in committed:
            counts[value] += 1
        for promise in self.promises.values():
            values = [value for value in promise.values.get(partition, []) if not self.is_deleted(partition, value)]
            there = [value for value in values if counts[value]]
            self.check(all(counts[value] <= 1 for value in values), f"{promise.name}: records twice on {partition}")
            if promise.outcome is True:
                self.check(there == values, f"{promise.name} was committed; {partition} has {there} of {values}")
            elif promise.outcome is False or not promise.asked:
                self.check(not there, f"{promise.name} was not committed; {partition} has {there}")

    def judge_torn(self, committed: dict[Partition, list[bytes]]) -> None:
        """A transaction whose end nobody learned is there whole or not at all."""
        found = {partition: set(values) for partition, values in committed.items()}
        for promise in self.promises.values():
            there = [
                value in found[partition]
                for partition, values in promise.values.items()
                for value in values
                if not self.is_deleted(partition, value)
            ]
            self.check(all(there) or not any(there), f"{promise.name} is torn: {promise.values}, {there}")

    def judge_exactly_once(self, source: Partition, committed: list[bytes], position: int) -> None:
        """Outputs and the group's committed offset agree: every input below it was transformed in one transaction, none above it."""
        outputs = {(value.split(b"|")[0], int(value.rsplit(b"@", 1)[1])) for value in committed if _source(value) == source}
        done = sorted(offset for _, offset in outputs)
        entries = self.logs[source]
        wanted = [offset for offset in range(position) if offset in entries and entries[offset].value != MARKER]
        deleted = {
            int(value.rsplit(b"@", 1)[1])
            for partition, places in self.places.items()
            for value in places
            if _source(value) == source and self.is_deleted(partition, value)
        }
        self.check(
            len(done) == len(set(done)) and set(done) <= set(wanted) <= set(done) | deleted,
            f"{source} up to {position}: outputs of {done}, wanted {wanted}, deleted {deleted}",
        )


def _source(value: bytes) -> Partition | None:
    """Outputs are named ``transaction|topic/partition@offset``."""
    if b"|" not in value or b"@" not in value:
        return None
    topic, partition = value.rsplit(b"|", 1)[1].rsplit(b"@", 1)[0].split(b"/")
    return topic.decode(), int(partition)
