"""Groups of the consumer protocol (KIP-848) in SQLite."""

import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import orjson

from broker.storage.catalog.base import StoredClassicTerms, StoredConsumerGroup, StoredConsumerMember, StoredPartitions
from broker.storage.catalog.shards import belongs
from broker.storage.catalog.sqlite.base import CatalogPart
from broker.storage.catalog.sqlite.offset_rows import text_key
from broker.storage.catalog.sqlite.transaction import Transaction

_SAVE_GROUP: Final = "INSERT OR REPLACE INTO consumer_protocol_groups VALUES (?, ?, ?, ?, ?)"
_SAVE_MEMBER: Final = "INSERT OR REPLACE INTO consumer_protocol_members VALUES (?, ?, ?, ?)"
_REMOVE_MEMBER: Final = "DELETE FROM consumer_protocol_members WHERE group_id = ? AND member_id = ?"


class SqliteConsumerGroups(CatalogPart):
    """The consumer protocol's part of :class:`broker.storage.catalog.base.GroupCatalog`."""

    async def load_consumer_groups(self, shards: Collection[int] | None = None) -> list[StoredConsumerGroup]:
        def work(connection: sqlite3.Connection) -> list[StoredConsumerGroup]:
            members: dict[str, list[StoredConsumerMember]] = {}
            for key, details, classic in connection.execute(
                "SELECT group_id, details, classic FROM consumer_protocol_members"
            ):
                members.setdefault(key, []).append(_member_of(orjson.loads(details), classic))
            groups = [
                StoredConsumerGroup(
                    group_id=orjson.loads(key),
                    group_epoch=group_epoch,
                    assignment_epoch=assignment_epoch,
                    topics_digest=digest,
                    state_ms=state_ms,
                    members=sorted(members.get(key, ()), key=lambda member: member.member_id),
                )
                for key, group_epoch, assignment_epoch, digest, state_ms in connection.execute(
                    "SELECT * FROM consumer_protocol_groups"
                )
            ]
            return sorted((group for group in groups if belongs(group.group_id, shards)), key=lambda group: group.group_id)

        return await self._reader.run(work)

    async def save_consumer_group(self, group: StoredConsumerGroup, removed: Iterable[str]) -> None:
        key = text_key(group.group_id)
        row = (key, group.group_epoch, group.assignment_epoch, group.topics_digest, group.state_ms)
        gone = [(key, text_key(member_id)) for member_id in removed]
        members = [(key, text_key(member.member_id), _details_of(member), _written_terms(member.classic)) for member in group.members]

        def work(transaction: Transaction) -> None:
            transaction.execute("DELETE FROM consumer_groups WHERE group_id = ?", (group.group_id,))
            transaction.execute(_SAVE_GROUP, row)
            for each in gone:
                transaction.execute(_REMOVE_MEMBER, each)
            for values in members:
                transaction.execute(_SAVE_MEMBER, values)

        await self._writer.run(work)


def forget_consumer_group(transaction: Transaction, group_id: str) -> None:
    """Delete the group's rows; its offsets stay."""
    key = text_key(group_id)
    transaction.execute("DELETE FROM consumer_protocol_groups WHERE group_id = ?", (key,))
    transaction.execute("DELETE FROM consumer_protocol_members WHERE group_id = ?", (key,))


def _details_of(member: StoredConsumerMember) -> str:
    return orjson.dumps(
        {
            "member_id": member.member_id,
            "instance_id": member.instance_id,
            "rack_id": member.rack_id,
            "client_id": member.client_id,
            "client_host": member.client_host,
            "rebalance_timeout_ms": member.rebalance_timeout_ms,
            "topic_names": list(member.topic_names),
            "topic_regex": member.topic_regex,
            "server_assignor": member.server_assignor,
            "epoch": member.epoch,
            "previous_epoch": member.previous_epoch,
            "state": member.state,
            "assigned": _written(member.assigned),
            "pending_revocation": _written(member.pending_revocation),
            "target": {topic_id.hex(): list(indexes) for topic_id, indexes in member.target.items()},
        }
    ).decode()


def _member_of(details: dict[str, Any], classic: str | None) -> StoredConsumerMember:
    return StoredConsumerMember(
        **{
            **details,
            "topic_names": tuple(details["topic_names"]),
            "assigned": _read(details["assigned"]),
            "pending_revocation": _read(details["pending_revocation"]),
            "target": {bytes.fromhex(topic_id): tuple(indexes) for topic_id, indexes in details["target"].items()},
            "classic": _read_terms(classic),
        }
    )


def _written_terms(terms: StoredClassicTerms | None) -> str | None:
    if terms is None:
        return None
    protocols = [(name, b64encode(metadata).decode()) for name, metadata in terms.protocols]
    return orjson.dumps({"session_timeout_ms": terms.session_timeout_ms, "protocols": protocols}).decode()


def _read_terms(classic: str | None) -> StoredClassicTerms | None:
    if classic is None:
        return None
    values = orjson.loads(classic)
    protocols = tuple((name, b64decode(metadata)) for name, metadata in values["protocols"])
    return StoredClassicTerms(values["session_timeout_ms"], protocols)


def _written(partitions: StoredPartitions) -> dict[str, list[tuple[int, int]]]:
    """JSON's keys are texts, so partitions come as pairs."""
    return {topic_id.hex(): list(indexes.items()) for topic_id, indexes in partitions.items()}


def _read(partitions: Mapping[str, Iterable[tuple[int, int]]]) -> dict[bytes, dict[int, int]]:
    return {bytes.fromhex(topic_id): dict(indexes) for topic_id, indexes in partitions.items()}
