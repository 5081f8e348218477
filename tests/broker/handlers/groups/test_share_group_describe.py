"""ShareGroupDescribe."""

from typing import Any

from broker.handlers.groups.share_group_describe import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.share_group_describe import ShareGroupDescribeRequest
from tests.broker.handlers.groups.world import GroupWorld, group_world


async def describe(world: GroupWorld, *groups: str, **options: Any) -> list[Any]:
    answer = await world.ask(HANDLER, ShareGroupDescribeRequest(group_ids=list(groups), **options), 1)
    found: list[Any] = answer.groups
    return found


async def test_a_group_is_described_with_its_members() -> None:
    """Epochs, subscriptions and partitions; what may be done with it only when that is asked."""
    async with group_world() as world:
        await world.share(rack_id="r", subscribed_topic_names=["u", "t"])
        (found,) = await describe(world, "s", include_authorized_operations=True)
        assert (found.error_code, found.group_state, found.group_epoch, found.assignment_epoch, found.assignor_name) == (
            *(0, "Stable", 2, 2, "simple"),
        )
        assert found.authorized_operations == 3400
        (member,) = found.members
        assert (member.member_id, member.rack_id, member.member_epoch, member.client_id, member.client_host) == (
            *("m", "r", 2, "client", "/10.0.0.1"),
        )
        assert member.subscribed_topic_names == ["t", "u"]
        held = {topic.topic_name: (topic.topic_id, topic.partitions) for topic in member.assignment.topic_partitions}
        assert held == {"t": (b"T" * 16, [0, 1]), "u": (b"U" * 16, [0])}
        world.directory.remove(b"U" * 16)
        await world.share(epoch=-1, group="s", member_id="n")
        (found,) = await describe(world, "s")

        assert [topic.topic_name for topic in found.members[0].assignment.topic_partitions] == ["t"]
        assert found.authorized_operations == -(1 << 31)


async def test_what_is_no_share_group_is_not_found() -> None:
    """Once for each name."""
    async with group_world() as world:
        await world.commit("t", 0, 1, "classic")
        found = await describe(world, "none", "none", "classic", "")

    assert [(each.group_id, each.error_code, each.error_message) for each in found] == [
        ("none", ErrorCode.GROUP_ID_NOT_FOUND, "Group none not found."),
        ("classic", ErrorCode.GROUP_ID_NOT_FOUND, "Group classic is not a share group."),
        ("", ErrorCode.INVALID_GROUP_ID, None),
    ]


async def test_a_refusal_names_each_group() -> None:
    """With the error and the message."""
    async with group_world() as world:
        refused = world.refuse(HANDLER, ShareGroupDescribeRequest(group_ids=["s"]), 1).groups
        assert [(each.group_id, each.error_code, each.error_message) for each in refused] == [("s", ErrorCode.NOT_COORDINATOR, "not now")]
        world.groups.close()

        assert (await describe(world, "s"))[0].error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE
