"""DescribeClientQuotas at every version."""

import pytest

from broker.admin.quota_keeper import QuotaChange
from broker.handlers.quotas.describe_client_quotas import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_client_quotas import (
    DescribeClientQuotasRequest,
    DescribeClientQuotasRequestComponentData,
)
from security.acls.kinds import Operation
from security.quotas.entity import QuotaEntity
from security.quotas.kinds import QuotaKind
from tests.broker.handlers.quotas.asking import deny
from tests.support.topic_world import TopicWorld

VERSIONS = HANDLER.versions


def asking(*components: tuple[str, int, str | None], strict: bool = False) -> DescribeClientQuotasRequest:
    return DescribeClientQuotasRequest(
        components=[
            DescribeClientQuotasRequestComponentData(entity_type=kind, match_type=match, match=name)
            for kind, match, name in components
        ],
        strict=strict,
    )


async def world_with_quotas() -> TopicWorld:
    world = TopicWorld()
    alice, both = QuotaEntity.of({"user": "alice"}), QuotaEntity.of({"user": "alice", "client-id": None})
    await world.quotas.change(
        [
            QuotaChange(alice, QuotaKind.REQUEST_PERCENTAGE, 12.5),
            QuotaChange(alice, QuotaKind.CONSUMER_BYTE_RATE, 10),
            QuotaChange(both, QuotaKind.PRODUCER_BYTE_RATE, 7),
        ]
    )
    return world


@pytest.mark.parametrize("version", VERSIONS)
async def test_entities_that_fit_are_given_with_their_quotas(version: int) -> None:
    """Defaults have no name."""
    response = await (await world_with_quotas()).ask(HANDLER, asking(("user", 0, "alice")), version)

    assert (response.error_code, response.error_message) == (0, "")
    assert [
        ([(part.entity_type, part.entity_name) for part in entry.entity], [(value.key, value.value) for value in entry.values])
        for entry in response.entries
    ] == [
        ([("user", "alice")], [("consumer_byte_rate", 10.0), ("request_percentage", 12.5)]),
        ([("client-id", None), ("user", "alice")], [("producer_byte_rate", 7.0)]),
    ]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("component", "code"),
    [(("colour", 0, "red"), ErrorCode.UNSUPPORTED_VERSION), (("user", 9, "a"), ErrorCode.INVALID_REQUEST)],
)
async def test_questions_without_meaning(version: int, component: tuple[str, int, str], code: ErrorCode) -> None:
    """The error is of the whole request."""
    response = await (await world_with_quotas()).ask(HANDLER, asking(component), version)

    assert (response.error_code, response.entries) == (code, None)
    assert response.error_message


async def test_it_needs_a_permission() -> None:
    """DESCRIBE_CONFIGS on the cluster."""
    world = await world_with_quotas()
    asked = deny(world)

    response = await world.ask(HANDLER, asking(), 1)

    assert (response.error_code, response.entries) == (ErrorCode.CLUSTER_AUTHORIZATION_FAILED, None)
    assert asked == [(Operation.DESCRIBE_CONFIGS, "kafka-cluster")]
