"""What a checker of exactly-once concludes from what read_committed readers saw. Pure: records and offsets in, faults out.

Results and audit records are those of `tests/clients/python/transforming.py`. Each partition of the output has one result for each number
from 0 on, in order, each of them part of a transaction whose results stand side by side. Only one transactional id writes to it, so that
the group's offset is at the end of one of its transactions, and nothing may follow half of one.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

ABORTED_INPUT = b"-1"
"""What is in the input and was never committed."""


class Kind(Enum):
    """What can be wrong."""

    LOST = "a result is missing"
    DOUBLED = "a result came twice"
    ABORTED = "a record of an aborted transaction was seen"
    TORN = "a part of a transaction was seen without the rest"
    DISORDER = "offsets went back"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that must not be."""

    kind: Kind
    about: str


@dataclass(frozen=True, slots=True)
class Result:
    """One record of the output."""

    number: int
    input_offset: int
    transaction: str
    place: int
    count: int
    client: str
    doomed: bool

    @classmethod
    def of(cls, value: bytes) -> "Result":
        number, offset, transaction, place, count, client, fate = value.decode().split(" ")
        return cls(int(number), int(offset), transaction, int(place), int(count), client, fate == "doomed")


@dataclass(slots=True)
class Reading:
    """One partition of the output as one reader saw it, from its beginning on."""

    name: str
    count: int = 0
    """Results so far, and the number that must come next."""
    position: int = 0
    """The next offset of the log."""
    faults: list[Fault] = field(default_factory=list)
    clients: Counter[str] = field(default_factory=Counter)
    """Whole transactions of each client."""
    ends: dict[int, int] = field(default_factory=lambda: {0: 0})
    """For each transaction: the input's offset after it, and how many results there are then."""
    transactions: dict[str, int] = field(default_factory=dict)
    _last: Result | None = None

    def see(self, offset: int, value: bytes) -> None:
        """The next record."""
        result = Result.of(value)
        if offset < self.position:
            self._fault(Kind.DISORDER, f"offset {offset} after {self.position - 1}")
        self.position = max(self.position, offset + 1)
        if result.doomed or result.number < 0:
            self._fault(Kind.ABORTED, f"offset {offset}: {value!r}")
            return
        if result.number < self.count:
            self._fault(Kind.DOUBLED, f"offset {offset}: {value!r}, expected {self.count}")
        elif result.number > self.count:
            self._fault(Kind.LOST, f"offset {offset}: {value!r}, expected {self.count}")
        self._follow(offset, result)
        self.count = max(self.count, result.number + 1)
        self._last = result
        if result.place == result.count - 1:
            self.ends[result.input_offset + 1] = self.count
            self.clients[result.client] += 1

    def rest(self, offset: int) -> None:
        """The reader stands at the last stable offset: nothing half may be before it."""
        self.position = max(self.position, offset)
        if self._open:
            self._fault(Kind.TORN, f"offset {offset}: the last stable offset follows {self._last}")

    def agree(self, before: int, offset: int, after: int) -> None:
        """The group's offset, read after ``before`` results were visible, and before ``after`` were."""
        found = self.ends.get(offset)
        if found is None:
            self._fault(
                Kind.TORN,
                f"the group's offset {offset} is not at the end of a transaction ({before} to {after} results)",
            )
        elif not before <= found <= after:
            self._fault(
                Kind.TORN,
                f"the group's offset {offset} is that of {found} results, of which {before} to {after} were visible",
            )

    @property
    def _open(self) -> bool:
        return self._last is not None and self._last.place != self._last.count - 1

    def _follow(self, offset: int, result: Result) -> None:
        last = self._last
        if result.transaction in self.transactions:
            follows = last is not None and (last.transaction, last.place + 1) == (result.transaction, result.place)
        else:
            follows = result.place == 0 and not self._open
        if not follows:
            self._fault(Kind.TORN, f"offset {offset}: {result} after {last}")
        self.transactions[result.transaction] = self.transactions.get(result.transaction, 0) + 1

    def _fault(self, kind: Kind, about: str) -> None:
        self.faults.append(Fault(kind, f"{self.name}: {about}"))


@dataclass(slots=True)
class Audit:
    """The audit as one reader saw it: which transactions there are, with how many results."""

    position: int = 0
    faults: list[Fault] = field(default_factory=list)
    transactions: dict[str, int] = field(default_factory=dict)

    def see(self, offset: int, value: bytes) -> None:
        """The next record."""
        transaction, count, _, _, fate = value.decode().split(" ")
        if offset < self.position:
            self.faults.append(Fault(Kind.DISORDER, f"audit: offset {offset} after {self.position - 1}"))
        self.position = max(self.position, offset + 1)
        if fate == "doomed":
            self.faults.append(Fault(Kind.ABORTED, f"audit: offset {offset}: {value!r}"))
        elif transaction in self.transactions:
            self.faults.append(Fault(Kind.DOUBLED, f"audit: offset {offset}: {value!r}"))
        self.transactions[transaction] = int(count)

    def ahead(self, audited: int, readings: list[Reading]) -> list[Fault]:
        """Of the first ``audited`` transactions, those whose results cannot be seen though they were looked at later."""
        found = {name: count for reading in readings for name, count in reading.transactions.items()}
        return [
            Fault(Kind.TORN, f"transaction {name} has {found.get(name, 0)} results and {count} in the audit")
            for name, count in list(self.transactions.items())[:audited]
            if found.get(name, 0) != count
        ]

    def behind(self, readings: list[Reading]) -> list[Fault]:
        """In the end: transactions that have results and are not in the audit."""
        return [
            Fault(Kind.TORN, f"transaction {name} of {reading.name} is not in the audit")
            for reading in readings
            for name in reading.transactions
            if name not in self.transactions
        ]
