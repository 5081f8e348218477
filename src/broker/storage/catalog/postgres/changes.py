"""Writes what a decision came to, :class:`broker.storage.catalog.log_state.LogChanges`, in one statement however much it is.

Everything that is changed was locked when it was read (:mod:`broker.storage.catalog.postgres.locked_view`), so whole states are written. Committed
offsets of groups are not locked before; they are written in the order of their keys, by everybody, and nobody who has written some waits for another lock
than of further ones.

The statement is made of parts, each of which touches another table: it is the same text for changes of the same kinds, so the database plans it once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from broker.model import CommittedOffset
from broker.storage.catalog.base import OffsetKey, ProducerState, Span
from broker.storage.catalog.commit_rules import PartitionState
from broker.storage.catalog.log_state import LogChanges
from broker.storage.catalog.marker_rules import AbortedEntry
from broker.storage.catalog.postgres.connecting import Connection
from broker.storage.catalog.postgres.locked_view import NO_VERSION
from broker.storage.catalog.postgres.log_rows import packed_window
from broker.storage.catalog.postgres.offset_rows import PUT_OFFSETS, offset_columns, pending_columns
from broker.storage.catalog.postgres.statement import Statement
from broker.storage.catalog.postgres.texts import key_of, to_bytes
from broker.storage.catalog.transactions import TransactionState

_PARTITIONS: Final = """
UPDATE part SET high_watermark = new.high_watermark, last_stable = new.last_stable, bytes = new.bytes,
    running_timestamp = new.running_timestamp, open_transactions = new.open_transactions
FROM unnest({}::int[], {}::bigint[], {}::bigint[], {}::bigint[], {}::bigint[], {}::int[])
    AS new (pid, high_watermark, last_stable, bytes, running_timestamp, open_transactions)
WHERE part.pid = new.pid
"""
_SPANS: Final = """
INSERT INTO span (pid, base, last, object_id, position, length, max_timestamp, running_timestamp, batch_count, flags)
SELECT * FROM unnest({}::int[], {}::bigint[], {}::bigint[], {}::bigint[], {}::bigint[], {}::int[], {}::bigint[], {}::bigint[], {}::int[], {}::smallint[])
"""
_PRODUCERS: Final = """
INSERT INTO producer (pid, producer_id, epoch, last_sequence, last_timestamp, recent, first_open_offset)
SELECT * FROM unnest({}::int[], {}::bigint[], {}::smallint[], {}::int[], {}::bigint[], {}::bytea[], {}::bigint[])
ON CONFLICT (pid, producer_id) DO UPDATE SET epoch = excluded.epoch, last_sequence = excluded.last_sequence,
    last_timestamp = excluded.last_timestamp, recent = excluded.recent, first_open_offset = excluded.first_open_offset
"""
_ABORTED: Final = """
INSERT INTO aborted (pid, last_offset, first_offset, producer_id, stable_behind)
SELECT * FROM unnest({}::int[], {}::bigint[], {}::bigint[], {}::bigint[], {}::bigint[])
"""
_TRANSACTION: Final = """
UPDATE txn SET producer_id = {}, epoch = {}, timeout_ms = {}, status = {}, started_ms = {}, updated_ms = {}, group_ids = {},
    last_epoch = {}, previous_producer_id = {}, version = {} WHERE transactional_id = {}
"""
_VERSION: Final = "UPDATE txn SET version = {} WHERE transactional_id = {}"
_LEAVE: Final = "DELETE FROM txn_part WHERE producer_id = {} AND pid = ANY ({}::int[])"
_JOIN: Final = "INSERT INTO txn_part (pid, producer_id, epoch) SELECT pid, {}::bigint, {}::smallint FROM unnest({}::int[]) AS new (pid)"
_CLEAR_PENDING: Final = "DELETE FROM txn_offset WHERE transactional_id = {}"
_PUT_PENDING: Final = """
INSERT INTO txn_offset (transactional_id, group_id, full_group_id, topic, partition_index, offset_value, leader_epoch, metadata, commit_ms, expire_ms,
    topic_id)
SELECT {}::bytea, * FROM unnest({}::bytea[], {}::bytea[], {}::text[], {}::int[], {}::bigint[], {}::int[], {}::bytea[], {}::bigint[], {}::bigint[], {}::bytea[])
ON CONFLICT (transactional_id, group_id, topic, partition_index) DO UPDATE SET offset_value = excluded.offset_value,
    leader_epoch = excluded.leader_epoch, metadata = excluded.metadata, commit_ms = excluded.commit_ms, expire_ms = excluded.expire_ms,
    topic_id = excluded.topic_id
"""
_OBJECTS: Final = """
INSERT INTO object (object_id, size, live, state, deleted_at)
SELECT new.object_id, new.size, new.live, CASE WHEN new.live > 0 THEN 1 ELSE 2 END, CASE WHEN new.live > 0 THEN NULL ELSE now() END
FROM unnest({}::bigint[], {}::bigint[], {}::int[]) AS new (object_id, size, live) ORDER BY new.object_id
"""
_INLINE: Final = "INSERT INTO inline_object (object_id, bytes) SELECT * FROM unnest({}::bigint[], {}::bytea[])"


@dataclass(frozen=True, slots=True)
class NewObject:
    """An object that becomes known: how many spans name it, and its bytes when no store has them."""

    object_id: int
    size: int
    live: int
    inline: bytes | None = None


@dataclass(slots=True)
class Besides:
    """What is written with the changes of logs and transactions. ``version``: what a changed transaction gets."""

    objects: Sequence[NewObject] = ()
    offsets: Mapping[OffsetKey, CommittedOffset] = field(default_factory=dict)
    version: int = NO_VERSION


async def write(connection: Connection, changes: LogChanges, besides: Besides) -> None:
    """Make the database what ``changes`` says, within the transaction that has locked what they were decided from."""
    statement = statement_of(changes, besides)
    if statement.parts:
        await connection.execute(statement.text(), *statement.arguments)


def statement_of(changes: LogChanges, besides: Besides) -> Statement:
    """Rule: the statement that writes ``changes``; empty when there are none."""
    assert not changes.trimmed, "not what a commit or a transaction comes to"
    assert not changes.replaced, "nor that"
    statement = Statement()
    if changes.partitions:
        _put_partitions(statement, changes.partitions)
    if changes.spans:
        _put_spans(statement, changes.spans)
    if changes.producers:
        _put_producers(statement, changes.producers)
    if changes.aborted:
        _put_aborted(statement, changes.aborted)
    _put_transactions(statement, changes, besides.version)
    if besides.objects:
        _put_objects(statement, besides.objects)
    if besides.offsets:
        statement.add(PUT_OFFSETS, *offset_columns(besides.offsets))
    return statement


def _put_partitions(statement: Statement, partitions: Mapping[int, PartitionState | None]) -> None:
    rows = []
    for pid, state in partitions.items():
        assert state is not None, "partitions go with their topic"
        bounds = state.bounds
        rows.append(
            (
                pid,
                bounds.high_watermark,
                bounds.last_stable_offset,
                bounds.bytes,
                state.running_timestamp,
                len(state.open_transactions),
            )
        )
    statement.add(_PARTITIONS, *columns(rows))


def _put_spans(statement: Statement, spans: Sequence[tuple[int, Span]]) -> None:
    rows = [
        (
            pid,
            span.base,
            span.last,
            span.object_id,
            span.position,
            span.length,
            span.max_timestamp,
            span.running_timestamp,
            span.batch_count,
            span.flags,
        )
        for pid, span in spans
    ]
    statement.add(_SPANS, *columns(rows))


def _put_producers(statement: Statement, producers: Mapping[tuple[int, int], ProducerState | None]) -> None:
    rows = []
    for (pid, producer_id), state in producers.items():
        assert state is not None, "producers expire elsewhere"
        rows.append(
            (
                pid,
                producer_id,
                state.epoch,
                state.last_sequence,
                state.last_timestamp,
                packed_window(state.window),
                state.open_first_offset,
            )
        )
    statement.add(_PRODUCERS, *columns(rows))


def _put_aborted(statement: Statement, aborted: Sequence[tuple[int, AbortedEntry]]) -> None:
    rows = []
    for pid, entry in aborted:
        of = entry.transaction
        rows.append((pid, of.last_offset, of.first_offset, of.producer_id, entry.stable_behind))
    statement.add(_ABORTED, *columns(rows))


def _put_transactions(statement: Statement, changes: LogChanges, version: int) -> None:
    changed = changes.transactions.keys() | changes.pending.keys()
    assert len(changed) <= 1, "one transactional id is locked at a time"
    for transactional_id in changed:
        assert version != NO_VERSION, "it was locked, so it was given one"
        key, after = key_of(transactional_id), changes.transactions.get(transactional_id)
        if after is None:
            assert transactional_id not in changes.transactions, "ids are forgotten elsewhere"
            statement.add(_VERSION, version, key)
        else:
            _put_transaction(statement, key, after, version)
            _put_partitions_of(statement, changes.base.transaction(transactional_id), after)
        if transactional_id in changes.pending:
            _put_pending(statement, key, changes, transactional_id)


def _put_transaction(statement: Statement, key: bytes, state: TransactionState, version: int) -> None:
    statement.add(
        _TRANSACTION,
        state.producer_id,
        state.epoch,
        state.timeout_ms,
        int(state.status),
        state.started_ms,
        state.updated_ms,
        sorted(map(to_bytes, state.groups)),
        state.last_epoch,
        state.previous_producer_id,
        version,
        key,
    )


def _put_partitions_of(statement: Statement, before: TransactionState | None, after: TransactionState) -> None:
    had: frozenset[int] = frozenset() if before is None else before.partitions
    if before is not None and had - after.partitions:
        statement.add(_LEAVE, before.producer_id, sorted(had - after.partitions))
    if after.partitions - had:
        statement.add(_JOIN, after.producer_id, after.epoch, sorted(after.partitions - had))


def _put_pending(statement: Statement, key: bytes, changes: LogChanges, transactional_id: str) -> None:
    """Offsets are only ever added to, or all of them go."""
    before, after = changes.base.pending_offsets(transactional_id), changes.pending[transactional_id]
    if not after:
        statement.add(_CLEAR_PENDING, key)
        return
    assert before.keys() <= after.keys(), "some go only with their topic"
    added = {at: offset for at, offset in after.items() if before.get(at) != offset}
    if added:
        statement.add(_PUT_PENDING, key, *pending_columns(added))


def _put_objects(statement: Statement, objects: Sequence[NewObject]) -> None:
    statement.add(_OBJECTS, *columns([(new.object_id, new.size, new.live) for new in objects]))
    inline = [(new.object_id, new.inline) for new in objects if new.inline is not None]
    if inline:
        statement.add(_INLINE, *columns(inline))


def columns(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    """Rows as the arrays that ``unnest`` makes rows of again; there is at least one."""
    return [list(column) for column in zip(*rows, strict=True)]
