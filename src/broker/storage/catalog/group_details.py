"""Rule: members of groups as values that can be JSON, and back, for every catalog that keeps them so. Readers take the names they know and leave the
others, so that what a newer release adds is no harm; what it adds has a default."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from broker.storage.catalog.base import (
    StoredClassicTerms,
    StoredConsumerMember,
    StoredMember,
    StoredPartitions,
    StoredShareMember,
    StoredTarget,
)

Values = dict[str, Any]


def classic_values(member: StoredMember) -> Values:
    """A member of a classic group."""
    return {
        "member_id": member.member_id,
        "group_instance_id": member.group_instance_id,
        "client_id": member.client_id,
        "client_host": member.client_host,
        "session_timeout_ms": member.session_timeout_ms,
        "rebalance_timeout_ms": member.rebalance_timeout_ms,
        "protocols": _written_protocols(member.protocols),
        "assignment": b64encode(member.assignment).decode(),
    }


def classic_member(values: Values) -> StoredMember:
    """The same, read back."""
    return StoredMember(
        member_id=values["member_id"],
        group_instance_id=values["group_instance_id"],
        client_id=values["client_id"],
        client_host=values["client_host"],
        session_timeout_ms=values["session_timeout_ms"],
        rebalance_timeout_ms=values["rebalance_timeout_ms"],
        protocols=_read_protocols(values["protocols"]),
        assignment=b64decode(values["assignment"]),
    )


def consumer_values(member: StoredConsumerMember) -> Values:
    """A member of a group of the consumer protocol, but for what it said by the classic one (:func:`terms_values`)."""
    return {
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
        "target": _written_target(member.target),
    }


def consumer_member(values: Values, terms: Values | None) -> StoredConsumerMember:
    """The same, read back."""
    return StoredConsumerMember(
        member_id=values["member_id"],
        instance_id=values["instance_id"],
        rack_id=values["rack_id"],
        client_id=values["client_id"],
        client_host=values["client_host"],
        rebalance_timeout_ms=values["rebalance_timeout_ms"],
        topic_names=tuple(values["topic_names"]),
        topic_regex=values["topic_regex"],
        server_assignor=values["server_assignor"],
        epoch=values["epoch"],
        previous_epoch=values["previous_epoch"],
        state=values["state"],
        assigned=_read(values["assigned"]),
        pending_revocation=_read(values["pending_revocation"]),
        target=_read_target(values["target"]),
        classic=None if terms is None else _read_terms(terms),
    )


def terms_values(terms: StoredClassicTerms | None) -> Values | None:
    """What a member said of itself by the classic protocol."""
    if terms is None:
        return None
    return {"session_timeout_ms": terms.session_timeout_ms, "protocols": _written_protocols(terms.protocols)}


def share_values(member: StoredShareMember) -> Values:
    """A member of a share group."""
    return {
        "member_id": member.member_id,
        "rack_id": member.rack_id,
        "client_id": member.client_id,
        "client_host": member.client_host,
        "topic_names": list(member.topic_names),
        "epoch": member.epoch,
        "previous_epoch": member.previous_epoch,
        "assigned": _written_target(member.assigned),
        "target": _written_target(member.target),
    }


def share_member(values: Values) -> StoredShareMember:
    """The same, read back."""
    return StoredShareMember(
        member_id=values["member_id"],
        rack_id=values["rack_id"],
        client_id=values["client_id"],
        client_host=values["client_host"],
        topic_names=tuple(values["topic_names"]),
        epoch=values["epoch"],
        previous_epoch=values["previous_epoch"],
        assigned=_read_target(values["assigned"]),
        target=_read_target(values["target"]),
    )


def _written_protocols(protocols: Sequence[tuple[str, bytes]]) -> list[tuple[str, str]]:
    return [(name, b64encode(metadata).decode()) for name, metadata in protocols]


def _read_protocols(protocols: Iterable[tuple[str, str]]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, b64decode(metadata)) for name, metadata in protocols)


def _read_terms(terms: Values) -> StoredClassicTerms:
    return StoredClassicTerms(terms["session_timeout_ms"], _read_protocols(terms["protocols"]))


def _written(partitions: StoredPartitions) -> dict[str, list[tuple[int, int]]]:
    """JSON's keys are texts, so partitions come as pairs."""
    return {topic_id.hex(): list(indexes.items()) for topic_id, indexes in partitions.items()}


def _read(partitions: Mapping[str, Iterable[tuple[int, int]]]) -> dict[bytes, dict[int, int]]:
    return {bytes.fromhex(topic_id): dict(indexes) for topic_id, indexes in partitions.items()}


def _written_target(partitions: StoredTarget) -> dict[str, list[int]]:
    return {topic_id.hex(): list(indexes) for topic_id, indexes in partitions.items()}


def _read_target(partitions: Mapping[str, Iterable[int]]) -> dict[bytes, tuple[int, ...]]:
    return {bytes.fromhex(topic_id): tuple(indexes) for topic_id, indexes in partitions.items()}
