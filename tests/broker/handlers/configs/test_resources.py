"""What the configuration requests share."""

from dataclasses import dataclass

import pytest

from broker.admin.config_administrator import Altered
from broker.errors import BrokerError
from broker.handlers.configs.resources import TWICE, bounded, change_each, named_twice, require
from broker.wire.error_codes import ErrorCode
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType
from tests.broker.handlers.configs.world import BROKER, GROUP, LOGGER, METRICS, TOPIC, world
from tests.broker.handlers.permissions import Permissions


@dataclass
class Named:
    """A resource."""

    resource_type: int
    resource_name: str


def test_a_resource_is_its_type_and_its_name() -> None:
    """The same name under another type is another resource."""
    assert named_twice([Named(2, "a"), Named(4, "a"), Named(2, "b")]) == set()
    assert named_twice([Named(2, "a"), Named(2, "a"), Named(2, "b")]) == {(2, "a")}


async def test_each_resource_gets_its_own_answer() -> None:
    """One that is refused does not keep the others from being changed; one that is named twice is not changed at all."""
    changed: list[str] = []
    asked = world()

    async def change(resource: Named) -> Altered | None:
        if resource.resource_name == "bad":
            raise BrokerError(ErrorCode.INVALID_CONFIG, "no")
        changed.append(resource.resource_name)
        return None if resource.resource_name == "same" else ({"a": "1"}, {"a": "2"})

    named = [Named(2, "bad"), Named(2, "good"), Named(2, "twice"), Named(2, "twice"), Named(32, "same")]
    results = await change_each(named, change, asked.context(0))

    assert changed == ["good", "same"]
    assert asked.audit.made == [("topic:good:config", {"a": "1"}, {"a": "2"})]
    assert [(code, message) for _, code, message in results] == [
        (ErrorCode.INVALID_CONFIG, "no"),
        (0, None),
        (ErrorCode.INVALID_REQUEST, TWICE),
        (ErrorCode.INVALID_REQUEST, TWICE),
        (0, None),
    ]


JUDGED_AS = {
    TOPIC: (ResourceType.TOPIC, "x", ErrorCode.TOPIC_AUTHORIZATION_FAILED),
    GROUP: (ResourceType.GROUP, "x", ErrorCode.GROUP_AUTHORIZATION_FAILED),
    BROKER: (ResourceType.CLUSTER, CLUSTER_NAME, ErrorCode.CLUSTER_AUTHORIZATION_FAILED),
    LOGGER: (ResourceType.CLUSTER, CLUSTER_NAME, ErrorCode.CLUSTER_AUTHORIZATION_FAILED),
    METRICS: (ResourceType.CLUSTER, CLUSTER_NAME, ErrorCode.CLUSTER_AUTHORIZATION_FAILED),
    99: (ResourceType.CLUSTER, CLUSTER_NAME, ErrorCode.CLUSTER_AUTHORIZATION_FAILED),
}


@pytest.mark.parametrize("kind", JUDGED_AS)
def test_configuration_is_judged_by_what_it_is_of(kind: int) -> None:
    """Topics and groups by their names, everything else is the cluster's, also what nobody knows."""
    here = world()
    permissions = here.services.access = Permissions()
    resource_type, name, denied = JUDGED_AS[kind]
    permissions.grant_only((Operation.ALTER_CONFIGS, resource_type, name))
    require(Operation.ALTER_CONFIGS, Named(kind, "x"), here.context(0))
    with pytest.raises(BrokerError) as caught:
        require(Operation.DESCRIBE_CONFIGS, Named(kind, "x"), here.context(0))

    assert caught.value.code == denied


async def test_what_is_denied_is_not_changed() -> None:
    """The others are."""
    here = world()
    here.services.access = permissions = Permissions()
    permissions.grant_only((Operation.ALTER_CONFIGS, ResourceType.TOPIC, "mine"))
    changed: list[str] = []

    async def change(resource: Named) -> None:
        changed.append(resource.resource_name)

    results = await change_each([Named(TOPIC, "yours"), Named(TOPIC, "mine")], change, here.context(0))

    assert changed == ["mine"]
    assert [code for _, code, _ in results] == [ErrorCode.TOPIC_AUTHORIZATION_FAILED, 0]


def test_a_reason_is_bounded() -> None:
    """It may repeat names that a client has sent."""
    assert bounded(None) is None
    assert bounded("short") == "short"
    assert len(bounded("x" * 100_000) or "") < 2_000
