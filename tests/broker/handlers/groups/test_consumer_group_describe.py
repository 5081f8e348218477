"""ConsumerGroupDescribe in every version, and what other requests say of such groups."""

import pytest

from broker.handlers.groups import (
    consumer_group_describe,
    describe_groups,
    heartbeat,
    join_group,
    list_groups,
    offset_fetch,
)
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.consumer_group_describe import ConsumerGroupDescribeRequest
from broker.wire.messages.describe_groups import DescribeGroupsRequest
from broker.wire.messages.heartbeat import HeartbeatRequest
from broker.wire.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from broker.wire.messages.list_groups import ListGroupsRequest
from broker.wire.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup
from tests.broker.handlers.groups.test_consumer_group_heartbeat import join
from tests.broker.handlers.groups.world import SUBSCRIBES_T, group_world

HANDLER = consumer_group_describe.HANDLER


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_group_is_described_with_its_members(version: int) -> None:
    """Epochs, the assignor, what each has and is to have; of topics that are there."""
    async with group_world() as world:
        await join(world, subscribed_topic_names=["t", "u"], rack_id="r", server_assignor="range")
        world.directory.remove(b"U" * 16)
        request = ConsumerGroupDescribeRequest(group_ids=["g", "g"], include_authorized_operations=True)
        (group,) = (await world.ask(HANDLER, request, version)).groups
        (member,) = group.members

        assert (group.error_code, group.group_state, group.group_epoch, group.assignment_epoch) == (0, "Stable", 2, 2)
        assert (group.assignor_name, group.authorized_operations > 0) == ("range", True)
        assert (member.member_id, member.member_epoch, member.rack_id, member.client_id) == ("m", 2, "r", "client")
        assert (member.client_host, member.subscribed_topic_names) == ("/10.0.0.1", ["t", "u"])
        for assignment in (member.assignment, member.target_assignment):
            assert [(part.topic_name, part.partitions) for part in assignment.topic_partitions] == [("t", [0, 1])]
        assert member.member_type == (1 if version >= 1 else -1)


async def test_a_member_of_the_classic_protocol_is_told_apart() -> None:
    """It joined the group by JoinGroup; version 0 has no word for that."""
    async with group_world() as world:
        await join(world)
        joining = JoinGroupRequest(
            group_id="g",
            session_timeout_ms=10_000,
            protocol_type="consumer",
            protocols=[JoinGroupRequestProtocol(name="range", metadata=SUBSCRIBES_T + b"\xff\xff\xff\xff")],
        )
        joined = await world.ask(join_group.HANDLER, joining, 3)
        assert (joined.error_code, joined.protocol_name, joined.leader, joined.members) == (0, "range", "", [])
        beat = HeartbeatRequest(group_id="g", generation_id=joined.generation_id, member_id=joined.member_id)
        assert (await world.ask(heartbeat.HANDLER, beat, 4)).error_code == 0
        for version, types in ((1, {"m": 1, joined.member_id: 0}), (0, {"m": -1, joined.member_id: -1})):
            request = ConsumerGroupDescribeRequest(group_ids=["g"])
            (group,) = (await world.ask(HANDLER, request, version)).groups
            assert {member.member_id: member.member_type for member in group.members} == types


async def test_what_is_no_such_group_is_not_found() -> None:
    """A classic group, none, no name."""
    async with group_world() as world:
        await world.member("classic")
        request = ConsumerGroupDescribeRequest(group_ids=["classic", "none", ""])
        answers = (await world.ask(HANDLER, request, 1)).groups

        assert [(answer.error_code, answer.error_message) for answer in answers] == [
            (ErrorCode.GROUP_ID_NOT_FOUND, "Group classic is not a consumer group."),
            (ErrorCode.GROUP_ID_NOT_FOUND, "Group none not found."),
            (ErrorCode.INVALID_GROUP_ID, None),
        ]
        (refused,) = world.refuse(HANDLER, ConsumerGroupDescribeRequest(group_ids=["g"]), 1).groups
        assert refused.error_code == ErrorCode.NOT_COORDINATOR
        world.groups.close()
        (closed,) = (await world.ask(HANDLER, ConsumerGroupDescribeRequest(group_ids=["g"]), 1)).groups
        assert closed.error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE


async def test_to_the_older_requests_it_is_no_group_of_theirs() -> None:
    """DescribeGroups does not find it; ListGroups tells its type."""
    async with group_world() as world:
        await join(world)
        await world.member("classic")
        old = (await world.ask(describe_groups.HANDLER, DescribeGroupsRequest(groups=["g"]), 5)).groups[0]
        new = (await world.ask(describe_groups.HANDLER, DescribeGroupsRequest(groups=["g"]), 6)).groups[0]
        assert (old.error_code, old.group_state) == (0, "Dead")
        assert (new.error_code, new.error_message) == (ErrorCode.GROUP_ID_NOT_FOUND, "Group g is not a classic group.")
        for types, names in (([], ["classic", "g"]), (["Consumer"], ["g"]), (["classic"], ["classic"]), (["share"], [])):
            listed = (await world.ask(list_groups.HANDLER, ListGroupsRequest(types_filter=types), 5)).groups
            assert sorted(group.group_id for group in listed) == names
        assert {group.group_type for group in (await world.ask(list_groups.HANDLER, ListGroupsRequest(), 5)).groups} == {"classic", "consumer"}


async def test_offsets_are_told_to_members_of_their_epoch() -> None:
    """And to who names no member."""
    async with group_world() as world:
        await join(world)
        asked = [("m", 2), ("m", 1), ("n", 2), (None, -1)]
        request = OffsetFetchRequest(
            groups=[
                OffsetFetchRequestGroup(group_id="g", member_id=member_id, member_epoch=epoch, topics=None)
                for member_id, epoch in asked
            ]
        )
        answers = [
            (await world.ask(offset_fetch.HANDLER, OffsetFetchRequest(groups=[group]), 9)).groups[0].error_code
            for group in request.groups
        ]

        assert answers == [0, ErrorCode.STALE_MEMBER_EPOCH, ErrorCode.UNKNOWN_MEMBER_ID, 0]
