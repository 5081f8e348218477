"""What the writer gathers for one commit: rows to be flushed together, and the changes to publish once they are durable."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from broker.errors import StorageUnavailable
from broker.model import Appended, CommittedOffset
from broker.storage.catalog.base import CommitGroup, OffsetKey, ProducerState, Span
from broker.storage.catalog.commit_rules import PartitionState, decide
from broker.storage.catalog.log_state import LogChanges, LogState
from broker.storage.catalog.sqlite import transaction_rows
from broker.storage.catalog.sqlite.offset_rows import json_text, offset_row

_FLUSH: Final = "INSERT INTO flushes VALUES (?, ?, ?, ?, ?)"
_PRODUCERS: Final = """
SELECT json_group_array(json_array(producer_id, epoch, last_sequence, last_timestamp, json(recent), first_open_offset))
FROM producers WHERE pid = ?
"""


@dataclass(slots=True)
class _Rows:
    """What is not in the database yet."""

    spans: list[tuple[int, Span]] = field(default_factory=list)
    logs: set[int] = field(default_factory=set)
    producers: set[tuple[int, int]] = field(default_factory=set)
    objects: dict[int, tuple[int, int]] = field(default_factory=dict)
    offsets: dict[OffsetKey, CommittedOffset] = field(default_factory=dict)


class Transaction:
    """One commit in the making.

    ``changes`` are published when it succeeded. ``execute`` sees everything that was gathered before it.
    """

    def __init__(self, connection: sqlite3.Connection, state: LogState) -> None:
        self._connection = connection
        self._state = state
        self._rows = _Rows()
        self._loaded: list[int] = []
        self.changes = LogChanges(state)
        self.trims: dict[int, int] = {}
        self.answers: dict[tuple[int, int], list[list[Appended]]] = {}

    def commit_group(self, group: CommitGroup) -> list[list[Appended]]:
        """Decide on a group and gather what it changes; the same group again gets the same answers (I7)."""
        key = (group.object_id, group.position)
        if key in self.answers:
            return self.answers[key]
        if group.object_id < max(self._state.newest_object, self.changes.newest_object):
            self._check_object(group.object_id)
        for entry in group.spans:
            if entry.pid not in self._state.producers and any(batch.producer_id >= 0 for batch in entry.batches):
                self._load_producers(entry.pid)
        decision = decide(group, self.changes)
        self.changes.absorb(decision)
        self.changes.newest_object = max(self.changes.newest_object, group.object_id)
        self._rows.spans += decision.spans
        self._rows.logs.update(decision.partitions)
        self._rows.producers.update(decision.producers)
        live, end = self._rows.objects.get(group.object_id, (0, 0))
        self._rows.objects[group.object_id] = (live + len(decision.spans), max(end, group.position + group.length))
        self.answers[key] = decision.answers
        return decision.answers

    def commit_offsets(self, offsets: Mapping[OffsetKey, CommittedOffset]) -> None:
        """Gather offsets of consumer groups; a later one for the same key wins."""
        self._rows.offsets.update(offsets)

    def execute(self, sql: str, parameters: tuple[object, ...] = ()) -> sqlite3.Cursor:
        """Run one statement inside the transaction."""
        self.flush()
        return self._connection.execute(sql, parameters)

    def add_object(self, pid: int, spans: Sequence[Span], object_id: int, end: int) -> None:
        """Gather an object that was written as a whole, and the spans that name it."""
        self._rows.spans += [(pid, span) for span in spans]
        self._rows.objects[object_id] = (len(spans), end)

    def add_spans(self, pid: int, spans: Sequence[Span]) -> None:
        """Gather spans of an object that is seen to elsewhere."""
        self._rows.spans += [(pid, span) for span in spans]

    def set_partition(self, pid: int, state: PartitionState) -> None:
        """Change the state of one log."""
        self.changes.partitions[pid] = state
        self._rows.logs.add(pid)

    def write_changes(self) -> None:
        """Write what was changed in ``changes`` itself: logs, producers, spans of no object, transactions."""
        self._rows.spans += self.changes.spans
        self._rows.logs.update(self.changes.partitions)
        self._rows.producers.update(self.changes.producers)
        transaction_rows.write(self._connection, self.changes)

    def load_producers(self, pids: Iterable[int]) -> None:
        """Have the producers of these partitions in memory, where decisions look for them."""
        for pid in pids:
            if pid not in self._state.producers:
                self._load_producers(pid)

    def nested(self) -> "Transaction":
        """A transaction inside this one, for changes that may be dropped again."""
        self.flush()
        inner = Transaction(self._connection, self._state)
        inner.changes = LogChanges(self.changes)
        return inner

    def merge(self, inner: "Transaction") -> None:
        """Keep what ``inner`` did."""
        inner.flush()
        self.changes.merge(inner.changes)
        self.trims.update(inner.trims)
        self._loaded += inner._loaded

    def flush(self) -> None:
        """Write what was gathered, in one statement."""
        rows = self._rows
        if not (rows.spans or rows.logs or rows.objects or rows.producers or rows.offsets):
            return
        self._rows = _Rows()
        logs = [_log_row(pid, log) for pid in rows.logs if (log := self.changes.partition(pid)) is not None]
        producers = [
            _producer_row(key[0], producer)
            for key in rows.producers
            if (producer := self.changes.producer(*key)) is not None
        ]
        self._connection.execute(
            _FLUSH,
            (
                json_text([_span_row(pid, span) for pid, span in rows.spans]),
                json_text(logs),
                json_text([(object_id, live, end) for object_id, (live, end) in rows.objects.items()]),
                json_text(producers),
                json_text([offset_row(key, offset) for key, offset in rows.offsets.items()]),
            ),
        )

    def drop(self) -> None:
        """Forget what was read into memory while the transaction saw uncommitted rows."""
        for pid in self._loaded:
            self._state.producers.pop(pid, None)

    def _check_object(self, object_id: int) -> None:
        """An object that was found dead and given back can no longer get data (I4)."""
        if object_id in self._rows.objects:
            return
        if self._connection.execute("SELECT 1 FROM objects WHERE object_id = ?", (object_id,)).fetchone() is None:
            raise StorageUnavailable(f"object {object_id} was given back")

    def _load_producers(self, pid: int) -> None:
        known: dict[int, ProducerState] = {}
        (text,) = self._connection.execute(_PRODUCERS, (pid,)).fetchone()
        for row in orjson.loads(text):
            known[row[0]] = producer_of_row(row)
        self._state.producers[pid] = known
        self._loaded.append(pid)


def producer_of_row(row: list[object]) -> ProducerState:
    """A producer from [id, epoch, last sequence, last timestamp, window, first open offset]."""
    producer_id, epoch, last_sequence, last_timestamp, recent, first_open = row
    window = tuple(tuple(entry) for entry in recent)  # type: ignore[attr-defined]
    return ProducerState(producer_id, epoch, last_sequence, last_timestamp, window, first_open)  # type: ignore[arg-type]


def _span_row(pid: int, span: Span) -> tuple[int, ...]:
    return (
        pid,
        span.last,
        span.base,
        span.object_id,
        span.position,
        span.length,
        span.max_timestamp,
        span.running_timestamp,
        span.batch_count,
        span.flags,
    )


def _log_row(pid: int, state: PartitionState) -> tuple[int | None, ...]:
    bounds = state.bounds
    return (
        pid,
        bounds.log_start,
        bounds.high_watermark,
        bounds.last_stable_offset,
        bounds.leader_epoch,
        bounds.bytes,
        state.running_timestamp,
        state.first_open_offset,
    )


def _producer_row(pid: int, producer: ProducerState) -> tuple[object, ...]:
    return (
        pid,
        producer.producer_id,
        producer.epoch,
        producer.last_sequence,
        producer.last_timestamp,
        producer.window,
        producer.open_first_offset,
    )
