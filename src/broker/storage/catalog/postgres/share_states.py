"""What share groups have done with the records of partitions, in PostgreSQL: a row a partition, and one for each change of it.

A change costs what it says, however much is in flight; changes are replaced by one that says it all when whoever makes them asks. Both go with their topic,
by the tables' own references.

Who saves is checked by the state's epoch, not by a lease: whoever leads a partition keeps what groups have read of it, whoever coordinates them. The row
is locked while its epoch is looked at and its changes are written, or read by the next who claims it.
"""

import struct
from collections.abc import Sequence
from typing import Any, Final

from broker.storage.catalog.postgres.guarded import GuardedPart
from broker.storage.catalog.postgres.statement import Statement
from broker.storage.catalog.postgres.texts import key_of
from broker.storage.catalog.share_states import (
    ShareChange,
    ShareKey,
    ShareRun,
    ShareState,
    StateEpochFenced,
    joined,
)

_RUN: Final = struct.Struct(">qqhh")

_SAVE: Final = """
WITH living AS MATERIALIZED (
    SELECT topic_id FROM topic WHERE topic_id = ANY ($2::bytea[]) ORDER BY topic_id FOR KEY SHARE
), given AS MATERIALIZED (
    SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::int[], $4::int[], $5::bigint[], $6::int[], $7::boolean[])
        AS new (group_id, topic_id, partition_index, state_epoch, start_offset, leader_epoch, creates)
    WHERE (topic_id IN (SELECT topic_id FROM living)) IS TRUE
), made AS (
    INSERT INTO share_state (group_id, topic_id, partition_index, state_epoch, start_offset, leader_epoch)
    SELECT group_id, topic_id, partition_index, state_epoch, start_offset, leader_epoch FROM given WHERE creates
    ORDER BY group_id, topic_id, partition_index
    ON CONFLICT (group_id, topic_id, partition_index) DO NOTHING
    RETURNING share_id, group_id, topic_id, partition_index
), locked AS MATERIALIZED (
    SELECT own.share_id, given.state_epoch, given.start_offset, given.leader_epoch
    FROM share_state AS own JOIN given USING (group_id, topic_id, partition_index) WHERE NOT given.creates
    ORDER BY own.group_id, own.topic_id, own.partition_index FOR UPDATE OF own
), saved AS (
    UPDATE share_state AS own SET start_offset = locked.start_offset, leader_epoch = locked.leader_epoch
    FROM locked WHERE own.share_id = locked.share_id AND own.state_epoch = locked.state_epoch
    RETURNING own.share_id, own.group_id, own.topic_id, own.partition_index
)
SELECT group_id, topic_id, partition_index, creates, NULL::bigint FROM given
UNION ALL SELECT group_id, topic_id, partition_index, true, share_id FROM made
UNION ALL SELECT group_id, topic_id, partition_index, false, share_id FROM saved
"""
"""A row without an id for each state whose topic is there, and one with its id for each that was saved: others are another's, or gone, or were there
already. They are not joined here: each would be compared with each. For the same reason topics are looked for in a hashed set, which ``IS TRUE`` makes
of the list."""
_CLAIM: Final = """
WITH locked AS MATERIALIZED (
    SELECT own.share_id FROM unnest($1::bytea[], $2::bytea[], $3::int[]) AS asked (group_id, topic_id, partition_index)
    JOIN share_state AS own ON own.group_id = asked.group_id AND own.topic_id = asked.topic_id AND own.partition_index = asked.partition_index
    ORDER BY own.group_id, own.topic_id, own.partition_index FOR UPDATE OF own
)
UPDATE share_state SET state_epoch = state_epoch + 1 WHERE share_id IN (SELECT share_id FROM locked)
"""
_DROP_RUNS: Final = "DELETE FROM share_change WHERE share_id = ANY ({}::bigint[])"
_ADD_RUNS: Final = "INSERT INTO share_change (share_id, runs) SELECT * FROM unnest({}::bigint[], {}::bytea[])"
_SELECT: Final = """
SELECT asked.at, own.topic_id, own.partition_index, own.state_epoch, own.start_offset, own.leader_epoch,
    (SELECT string_agg(runs, '' ORDER BY change_id) FROM share_change AS change WHERE change.share_id = own.share_id)
"""
_LOAD: Final = f"""{_SELECT}
FROM unnest($1::bytea[], $2::bytea[], $3::int[]) WITH ORDINALITY AS asked (group_id, topic_id, partition_index, at)
JOIN share_state AS own ON own.group_id = asked.group_id AND own.topic_id = asked.topic_id AND own.partition_index = asked.partition_index
"""
_LOAD_GROUP: Final = f"""{_SELECT} FROM (SELECT 0 AS at) AS asked JOIN share_state AS own ON own.group_id = $1"""
_DELETE: Final = """
DELETE FROM share_state WHERE share_id IN (
    SELECT share_id FROM share_state WHERE group_id = {} AND ({}::bytea[] IS NULL OR topic_id = ANY ({}::bytea[]))
    ORDER BY topic_id, partition_index FOR UPDATE)
"""


class PostgresShareStates(GuardedPart):
    """Implements :class:`broker.storage.catalog.base.ShareStateCatalog`."""

    async def load_share_states(self, keys: Sequence[ShareKey]) -> dict[ShareKey, ShareState]:
        columns = [key_of(key[0]) for key in keys], [key[1] for key in keys], [key[2] for key in keys]
        rows = await self._connections.fetch(_LOAD, *columns)
        return {keys[row[0] - 1]: _state_of(row) for row in rows}

    async def claim_share_states(self, keys: Sequence[ShareKey]) -> dict[ShareKey, ShareState]:
        columns = [key_of(key[0]) for key in keys], [key[1] for key in keys], [key[2] for key in keys]
        async with self._connections.change() as connection:
            await connection.execute(_CLAIM, *columns)
            rows = await connection.fetch(_LOAD, *columns)
        return {keys[row[0] - 1]: _state_of(row) for row in rows}

    async def share_states_of(self, group_id: str) -> dict[ShareKey, ShareState]:
        rows = await self._connections.fetch(_LOAD_GROUP, key_of(group_id))
        return {(group_id, row[1], row[2]): _state_of(row) for row in rows}

    async def save_share_states(self, changes: Sequence[ShareChange]) -> None:
        single = joined(changes)
        if not single:
            return
        by_key = {(key_of(change.key[0]), *change.key[1:]): change for change in single}
        async with self._connections.change() as connection:
            rows = await connection.fetch(
                _SAVE,
                [group_id for group_id, _, _ in by_key],
                [topic_id for _, topic_id, _ in by_key],
                [index for _, _, index in by_key],
                [change.state_epoch for change in single],
                [change.start_offset for change in single],
                [change.leader_epoch for change in single],
                [change.creates for change in single],
            )
            saved = {tuple(row[:3]): row[4] for row in rows if row[4] is not None}
            fenced = [by_key[tuple(row[:3])].key for row in rows if not row[3] and tuple(row[:3]) not in saved]
            if fenced:
                raise StateEpochFenced(fenced)
            runs = _runs_of({share_id: by_key[key] for key, share_id in saved.items()})
            if runs.parts:
                await connection.execute(runs.text(), *runs.arguments)

    async def delete_share_states(self, group_id: str, topic_ids: Sequence[bytes] | None) -> None:
        wanted = None if topic_ids is None else list(topic_ids)
        statement = Statement()
        statement.add(_DELETE, key_of(group_id), wanted, wanted)
        await self._save([group_id], statement)


def _runs_of(saved: dict[int, ShareChange]) -> Statement:
    statement = Statement()
    replaced = [share_id for share_id, change in saved.items() if change.replaces]
    if replaced:
        statement.add(_DROP_RUNS, replaced)
    added = {share_id: change.runs for share_id, change in saved.items() if change.runs}
    if added:
        packed = [b"".join(_RUN.pack(*run) for run in runs) for runs in added.values()]
        statement.add(_ADD_RUNS, list(added), packed)
    return statement


def _state_of(row: Any) -> ShareState:
    _, _, _, state_epoch, start_offset, leader_epoch, packed = row
    runs: tuple[ShareRun, ...] = () if packed is None else tuple(_RUN.iter_unpack(packed))
    return ShareState(state_epoch, start_offset, leader_epoch, runs)
