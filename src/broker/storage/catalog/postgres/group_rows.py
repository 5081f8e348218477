"""Groups and their members as rows, the same for every kind of group: a step of one member writes that member only."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any, Final

from broker.storage.catalog.postgres.connections import Connections
from broker.storage.catalog.postgres.statement import Statement
from broker.storage.catalog.postgres.texts import key_of
from broker.storage.catalog.shards import SHARDS, shard_of

Details = Mapping[str, Any]
"""What can be JSON. Written as ASCII, so any text of a client's stands in it."""

_LOAD: Final = """
SELECT own.group_id, own.details, member.details FROM coordinated_group AS own
LEFT JOIN group_member AS member ON member.group_id = own.group_id AND member.kind = own.kind
WHERE own.shard = ANY ($1::smallint[]) AND own.kind = $2 ORDER BY own.group_id, member.place
"""
_SAVE: Final = """
INSERT INTO coordinated_group (group_id, kind, shard, details) VALUES ({}, {}, {}, {})
ON CONFLICT (group_id, kind) DO UPDATE SET details = excluded.details
"""
_SAVE_MEMBERS: Final = """
INSERT INTO group_member (group_id, kind, member_id, place, details)
SELECT {}::bytea, {}::smallint, * FROM unnest({}::bytea[], {}::int[], {}::bytea[])
ON CONFLICT (group_id, kind, member_id) DO UPDATE SET place = excluded.place, details = excluded.details
"""
_REMOVE_MEMBERS: Final = "DELETE FROM group_member WHERE group_id = {} AND kind = {} AND member_id = ANY ({}::bytea[])"
_REMOVE_OTHERS: Final = """
DELETE FROM group_member WHERE group_id = {} AND kind = {} AND (member_id IN (SELECT unnest({}::bytea[]))) IS NOT TRUE
"""
"""``IS NOT TRUE`` makes a hashed set of the list; else every member would be compared with every other."""
_FORGET: Final = "DELETE FROM coordinated_group WHERE group_id = {} AND kind = ANY ({}::smallint[])"
_FORGET_MEMBERS: Final = "DELETE FROM group_member WHERE group_id = {} AND kind = ANY ({}::smallint[])"


class Kind(IntEnum):
    """The kinds of groups, as numbers of the database."""

    CLASSIC = 1
    CONSUMER = 2
    SHARE = 3


async def load(
    connections: Connections, kind: Kind, shards: Collection[int] | None
) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The groups of these shards: each as its details, and those of its members in order."""
    rows = await connections.fetch(_LOAD, list(range(SHARDS)) if shards is None else list(shards), int(kind))
    groups: dict[bytes, tuple[dict[str, Any], list[dict[str, Any]]]] = {}
    for group_id, details, member in rows:
        group = groups.get(group_id)
        if group is None:
            group = groups[group_id] = (json.loads(details), [])
        if member is not None:
            group[1].append(json.loads(member))
    return list(groups.values())


def save(
    kind: Kind,
    group_id: str,
    details: Details,
    members: Sequence[tuple[str, Details]],
    removed: Iterable[str] | None,
) -> Statement:
    """Rule: put the group, and these members of it. ``removed`` members go; None: all others go."""
    key = key_of(group_id)
    statement = Statement()
    statement.add(_SAVE, key, int(kind), shard_of(group_id), _written(details))
    written = {key_of(member_id): _written(member) for member_id, member in members}
    gone = None if removed is None else [each for each in map(key_of, removed) if each not in written]
    if gone is None:
        statement.add(_REMOVE_OTHERS, key, int(kind), list(written))
    elif gone:
        statement.add(_REMOVE_MEMBERS, key, int(kind), gone)
    if written:
        statement.add(_SAVE_MEMBERS, key, int(kind), list(written), list(range(len(written))), list(written.values()))
    return statement


def forget(statement: Statement, group_id: str, kinds: Iterable[Kind]) -> None:
    """Rule: nothing is left of the group as one of these kinds, its offsets excepted."""
    key, numbers = key_of(group_id), sorted(map(int, kinds))
    statement.add(_FORGET, key, numbers)
    statement.add(_FORGET_MEMBERS, key, numbers)


def _written(details: Details) -> bytes:
    return json.dumps(details, separators=(",", ":")).encode("ascii")
