"""Rule: committed offsets of groups as columns of ``group_offset`` and ``txn_offset``."""

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Final

from broker.model import CommittedOffset
from broker.storage.catalog.base import OffsetKey
from broker.storage.catalog.postgres.texts import full_of, key_of, to_bytes
from broker.storage.catalog.shards import shard_of

PUT_OFFSETS: Final = """
INSERT INTO group_offset (group_id, full_group_id, topic, partition_index, offset_value, leader_epoch, metadata, commit_ms, expire_ms, topic_id, shard)
SELECT * FROM unnest({}::bytea[], {}::bytea[], {}::text[], {}::int[], {}::bigint[], {}::int[], {}::bytea[], {}::bigint[], {}::bigint[], {}::bytea[],
    {}::smallint[]) AS new (group_id, full_group_id, topic, partition_index, offset_value, leader_epoch, metadata, commit_ms, expire_ms, topic_id, shard)
ORDER BY group_id, topic COLLATE "C", partition_index
ON CONFLICT (group_id, topic, partition_index) DO UPDATE SET offset_value = excluded.offset_value, leader_epoch = excluded.leader_epoch,
    metadata = excluded.metadata, commit_ms = excluded.commit_ms, expire_ms = excluded.expire_ms, topic_id = excluded.topic_id
"""
"""A part of a statement: its arguments are :func:`offset_columns`."""

Columns = list[list[object]]


def pending_columns(offsets: Mapping[OffsetKey, CommittedOffset]) -> Columns:
    """Group id (as a key, and whole where that is another), topic, partition, and what was committed. At least one row."""
    return _turned(_row(key, offset) for key, offset in offsets.items())


def offset_columns(offsets: Mapping[OffsetKey, CommittedOffset]) -> Columns:
    """The same, and the group's shard; in the order of their keys."""
    rows = sorted(((*_row(key, offset), shard_of(key[0])) for key, offset in offsets.items()), key=itemgetter(0, 2, 3))
    return _turned(rows)


def _row(key: OffsetKey, offset: CommittedOffset) -> tuple[object, ...]:
    group_id, topic, index = key
    return (
        key_of(group_id),
        full_of(group_id),
        topic,
        index,
        offset.offset,
        offset.leader_epoch,
        to_bytes(offset.metadata),
        offset.commit_ms,
        offset.expire_ms,
        offset.topic_id,
    )


def _turned(rows: Iterable[tuple[object, ...]]) -> Columns:
    return [list(column) for column in zip(*rows, strict=True)]
