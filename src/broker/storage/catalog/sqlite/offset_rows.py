"""Committed offsets of consumer groups as rows, and the forms in which texts and rows go into statements."""

from collections.abc import Sequence
from typing import Any

import orjson

from broker.model import CommittedOffset
from broker.storage.catalog.base import OffsetKey


def text_key(text: str) -> str:
    """Any text of a client's in a form that SQLite's JSON functions keep whole (they cut a string at a NUL)."""
    return orjson.dumps(text).decode()


def json_text(rows: Sequence[object]) -> str:
    """Rows as one parameter."""
    return orjson.dumps(rows).decode() if rows else "[]"


def offset_row(key: OffsetKey, offset: CommittedOffset) -> tuple[object, ...]:
    """The columns of ``group_offsets``."""
    group_id, topic, index = key
    return (
        text_key(group_id),
        topic,
        index,
        offset.offset,
        offset.leader_epoch,
        text_key(offset.metadata),
        offset.commit_ms,
        offset.expire_ms,
        offset.topic_id.hex(),
    )


def offset_of_row(row: Sequence[Any]) -> tuple[OffsetKey, CommittedOffset]:
    """The same, read back."""
    group_id, topic, index, offset, leader_epoch, metadata, commit_ms, expire_ms, topic_id = row
    return (orjson.loads(group_id), topic, index), CommittedOffset(
        offset=offset,
        leader_epoch=leader_epoch,
        metadata=orjson.loads(metadata),
        commit_ms=commit_ms,
        expire_ms=expire_ms,
        topic_id=bytes.fromhex(topic_id),
    )
