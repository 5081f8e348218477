"""What the configuration requests share."""

from dataclasses import dataclass

from broker.admin.config_administrator import Altered
from broker.errors import BrokerError
from broker.handlers.configs.resources import TWICE, bounded, change_each, named_twice
from broker.wire.error_codes import ErrorCode
from tests.support.topic_world import TopicWorld


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
    world = TopicWorld()

    async def change(resource: Named) -> Altered | None:
        if resource.resource_name == "bad":
            raise BrokerError(ErrorCode.INVALID_CONFIG, "no")
        changed.append(resource.resource_name)
        return None if resource.resource_name == "same" else ({"a": "1"}, {"a": "2"})

    named = [Named(2, "bad"), Named(2, "good"), Named(2, "twice"), Named(2, "twice"), Named(32, "same")]
    results = await change_each(named, world.context(0), change)

    assert changed == ["good", "same"]
    assert world.audit.made == [("topic:good:config", {"a": "1"}, {"a": "2"})]
    assert [(code, message) for _, code, message in results] == [
        (ErrorCode.INVALID_CONFIG, "no"),
        (0, None),
        (ErrorCode.INVALID_REQUEST, TWICE),
        (ErrorCode.INVALID_REQUEST, TWICE),
        (0, None),
    ]


def test_a_reason_is_bounded() -> None:
    """It may repeat names that a client has sent."""
    assert bounded(None) is None
    assert bounded("short") == "short"
    assert len(bounded("x" * 100_000) or "") < 2_000
