"""AlterClientQuotas at every version."""

from typing import Any

import pytest

from broker.handlers.quotas.alter_client_quotas import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.alter_client_quotas import (
    AlterClientQuotasRequest,
    AlterClientQuotasRequestEntityData,
    AlterClientQuotasRequestEntryData,
    AlterClientQuotasRequestOpData,
)
from security.acls.kinds import Operation
from security.quotas.entity import QuotaEntity
from tests.broker.handlers.quotas.asking import RecordingAudit, deny
from tests.support.topic_world import TopicWorld

VERSIONS = HANDLER.versions
ALICE = QuotaEntity.of({"user": "alice"})
Parts = list[tuple[str, str | None]]


def entry(parts: Parts, *ops: tuple[str, float | None]) -> AlterClientQuotasRequestEntryData:
    return AlterClientQuotasRequestEntryData(
        entity=[AlterClientQuotasRequestEntityData(entity_type=kind, entity_name=name) for kind, name in parts],
        ops=[AlterClientQuotasRequestOpData(key=key, value=value or 0.0, remove=value is None) for key, value in ops],
    )


def asking(*entries: AlterClientQuotasRequestEntryData, validate_only: bool = False) -> AlterClientQuotasRequest:
    return AlterClientQuotasRequest(entries=list(entries), validate_only=validate_only)


def codes(response: Any) -> list[int]:
    return [each.error_code for each in response.entries]


@pytest.mark.parametrize("version", VERSIONS)
async def test_quotas_are_set_and_taken_away(version: int) -> None:
    """What is not named stays; an entity without any is gone."""
    world = TopicWorld()
    first = await world.ask(HANDLER, asking(entry([("user", "alice")], ("producer_byte_rate", 10.0), ("request_percentage", 1.5))), version)
    second = await world.ask(HANDLER, asking(entry([("user", "alice")], ("producer_byte_rate", None))), version)

    assert codes(first) == codes(second) == [0]
    assert world.quotas.get(ALICE) == {"request_percentage": 1.5}
    assert [(part.entity_type, part.entity_name) for part in first.entries[0].entity] == [("user", "alice")]
    assert first.entries[0].error_message is None
    await world.ask(HANDLER, asking(entry([("user", "alice")], ("request_percentage", None))), version)
    assert world.quotas.count == 0


@pytest.mark.parametrize("version", VERSIONS)
async def test_good_entities_are_changed_beside_bad_ones(version: int) -> None:
    """A bad one is not changed at all, not even in what is good about it."""
    world = TopicWorld()
    request = asking(
        entry([("user", "alice")], ("producer_byte_rate", 10.0)),
        entry([("user", "bob")], ("producer_byte_rate", 10.0), ("colour", 1.0)),
        entry([("colour", "red")], ("producer_byte_rate", 10.0)),
    )

    response = await world.ask(HANDLER, request, version)

    assert codes(response) == [0, ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_REQUEST]
    assert "no quota 'colour'" in response.entries[1].error_message
    assert world.quotas.get(ALICE) == {"producer_byte_rate": 10.0}
    assert world.quotas.count == 1


@pytest.mark.parametrize(
    "entries",
    [
        [entry([("user", "alice")], ("producer_byte_rate", 1.0), ("producer_byte_rate", 2.0))],
        [entry([("user", "alice")], ("producer_byte_rate", 1.0)), entry([("user", "alice")], ("consumer_byte_rate", 1.0))],
        [entry([("user", "alice")], ("producer_byte_rate", 1.0))] * 3,
        [entry([("user", "alice"), ("user", "bob")], ("producer_byte_rate", 1.0))],
        [entry([("ip", "10.0.0.1")], ("connection_creation_rate", 1.0)), entry([("ip", "::ffff:10.0.0.1")], ("connection_creation_rate", 2.0))],
        [entry([], ("producer_byte_rate", 1.0))],
    ],
)
async def test_what_is_named_twice_is_not_changed(entries: list[AlterClientQuotasRequestEntryData]) -> None:
    """An address in two forms is one address."""
    world = TopicWorld()

    response = await world.ask(HANDLER, asking(*entries), 1)

    assert set(codes(response)) == {ErrorCode.INVALID_REQUEST}
    assert world.quotas.count == 0


async def test_validate_only_changes_nothing() -> None:
    """And says the same."""
    world = TopicWorld()
    good, bad = entry([("user", "alice")], ("producer_byte_rate", 1.0)), entry([("user", "bob")], ("producer_byte_rate", -1.0))

    response = await world.ask(HANDLER, asking(good, bad, validate_only=True), 1)

    assert codes(response) == [0, ErrorCode.INVALID_REQUEST]
    assert world.quotas.count == 0


async def test_it_needs_a_permission() -> None:
    """ALTER_CONFIGS on the cluster; without it nothing is told of what would have been wrong."""
    world = TopicWorld()
    asked = deny(world)

    response = await world.ask(HANDLER, asking(entry([("user", "alice")], ("producer_byte_rate", 1.0)), entry([("colour", "red")])), 1)

    assert codes(response) == [ErrorCode.CLUSTER_AUTHORIZATION_FAILED] * 2
    assert asked == [(Operation.ALTER_CONFIGS, "kafka-cluster")]
    assert world.quotas.count == 0


async def test_changes_are_audited() -> None:
    """With what was before and what is after; what changes nothing is none."""
    world = TopicWorld()
    audit = RecordingAudit(world)
    for value in (1.0, 2.0, 2.0, None):
        await world.ask(HANDLER, asking(entry([("user", "alice")], ("producer_byte_rate", value))), 1)

    one, two = {"producer_byte_rate": 1.0}, {"producer_byte_rate": 2.0}
    assert [(e["resource"], e["before"], e["after"]) for e in audit.details] == [
        ("quota:user alice", None, one),
        ("quota:user alice", one, two),
        ("quota:user alice", two, None),
    ]
