"""Short ways to say commit groups in tests."""

from broker.model import Appended, LogBounds
from broker.storage.catalog.base import BatchEntry, Catalog, CommitGroup, SpanEntry
from broker.storage.catalog.postgres.catalog import PostgresCatalog

NOW = 1_700_000_000_000


def batch(
    records: int = 1,
    length: int = 100,
    *,
    at: int = NOW,
    producer: int = -1,
    epoch: int = -1,
    first: int = -1,
    last: int | None = None,
    transactional: bool = False,
) -> BatchEntry:
    """A batch; with a producer its last sequence follows from the first and the number of records."""
    if producer >= 0 and epoch < 0:
        epoch = 0
    if last is None:
        last = -1 if first < 0 else (first + records - 1) % 2**31
    return BatchEntry(records, length, at, producer, epoch, first, last, transactional)


def group(spans: dict[int, list[BatchEntry]], *, object_id: int = 1, position: int = 0, now: int = NOW) -> CommitGroup:
    """A group that holds ``spans`` (batches by partition) back to back from ``position`` on."""
    entries, at = [], position
    for pid, batches in spans.items():
        entries.append(SpanEntry(pid, at, batches))
        at += sum(entry.length for entry in batches)
    return CommitGroup(object_id, position, at - position, entries, now)


def one_flush_an_object(catalog: Catalog) -> bool:
    """Whether an object is written once, as in the stores that brokers share, or appended to."""
    return isinstance(catalog, PostgresCatalog)


async def bounds_of(catalog: Catalog, pid: int) -> LogBounds | None:
    """The bounds of a log; what is known of them without waiting is the same."""
    bounds = (await catalog.bounds([pid])).get(pid)
    assert catalog.peek_bounds(pid) == (None if one_flush_an_object(catalog) else bounds)
    return bounds


class Appender:
    """Commits groups one behind the other in one object after another, as a store would place them: where an object holds one flush, each in its own."""

    def __init__(self, catalog: Catalog, object_id: int = 1) -> None:
        self.catalog = catalog
        self.object_id = object_id
        self.position = 0

    async def append(self, pid: int, *batches: BatchEntry, now: int = NOW) -> list[Appended]:
        """Commit ``batches`` of one partition as a group of their own."""
        commit = group({pid: list(batches)}, object_id=self.object_id, position=self.position, now=now)
        if one_flush_an_object(self.catalog):
            self.object_id += 1
        else:
            self.position += commit.length
        (answers,) = await self.catalog.commit_spans(commit)
        return answers

    def roll(self) -> None:
        """Go on in a new object."""
        if not one_flush_an_object(self.catalog):
            self.object_id += 1
            self.position = 0


async def topic(catalog: Catalog, partitions: int = 1, name: str = "orders") -> tuple[int, ...]:
    """The partitions of a new topic."""
    created = await catalog.create_topic(name, name.encode().ljust(16, b"\0"), partitions, 1, {}, NOW)
    return created.partitions
