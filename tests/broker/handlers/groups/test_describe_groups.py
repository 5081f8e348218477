"""DescribeGroups at every version."""

import pytest

from broker.handlers.authorization import NOT_ASKED
from broker.handlers.groups.describe_groups import HANDLER
from broker.handlers.groups.join_group import HANDLER as JOIN_GROUP
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_groups import DescribeGroupsRequest
from broker.wire.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from tests.broker.handlers.groups.world import SUBSCRIBES_T, group_world

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_stable_group_is_described_with_its_members(version: int) -> None:
    """Protocol, metadata and assignments."""
    async with group_world() as world:
        member_id = await world.member()
        response = await world.ask(HANDLER, DescribeGroupsRequest(groups=["g"]), version)

    (group,) = response.groups
    assert (group.error_code, group.group_id, group.group_state) == (0, "g", "Stable")
    assert (group.protocol_type, group.protocol_data) == ("consumer", "range")
    (member,) = group.members
    assert (member.member_id, member.client_id, member.client_host) == (member_id, "client", "/10.0.0.1")
    assert (member.member_metadata, member.member_assignment) == (SUBSCRIBES_T, b"mine")


async def test_while_a_group_rebalances_its_protocol_is_not_told() -> None:
    """It may be another one in a moment."""
    async with group_world() as world:
        await world.member()
        joining = JoinGroupRequest(
            group_id="g",
            session_timeout_ms=10_000,
            protocol_type="consumer",
            protocols=[JoinGroupRequestProtocol(name="range")],
        )
        world.send(JOIN_GROUP, joining, 3)
        response = await world.ask(HANDLER, DescribeGroupsRequest(groups=["g"]), 5)

    (group,) = response.groups
    assert (group.group_state, group.protocol_data, len(group.members)) == ("PreparingRebalance", "", 2)
    assert {member.member_metadata for member in group.members} == {b""}


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_group_that_is_not_there_is_dead(version: int) -> None:
    """An error with words from version 6 on."""
    async with group_world() as world:
        response = await world.ask(HANDLER, DescribeGroupsRequest(groups=["none"]), version)

    (group,) = response.groups
    assert (group.group_id, group.group_state, group.members) == ("none", "Dead", [])
    assert group.error_code == (ErrorCode.GROUP_ID_NOT_FOUND if version >= 6 else 0)
    assert bool(group.error_message) == (version >= 6)


@pytest.mark.parametrize("version", range(3, 7))
async def test_authorized_operations_are_told_when_asked_for(version: int) -> None:
    """All that apply to groups: read, delete, describe, describe and alter configs."""
    async with group_world() as world:
        await world.member()
        asked = await world.ask(
            HANDLER, DescribeGroupsRequest(groups=["g"], include_authorized_operations=True), version
        )
        unasked = await world.ask(HANDLER, DescribeGroupsRequest(groups=["g"]), version)

    assert asked.groups[0].authorized_operations == 0b1101_0100_1000
    assert unasked.groups[0].authorized_operations == NOT_ASKED


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_refusal_is_told_for_each_group(version: int) -> None:
    """There is no other place for it."""
    async with group_world() as world:
        response = world.refuse(HANDLER, DescribeGroupsRequest(groups=["g", "h"]), version)

    assert [(group.group_id, group.error_code) for group in response.groups] == [
        ("g", ErrorCode.NOT_COORDINATOR),
        ("h", ErrorCode.NOT_COORDINATOR),
    ]


async def test_a_group_named_twice_is_described_once() -> None:
    """A small request must not make a huge answer."""
    async with group_world() as world:
        await world.member()
        response = await world.ask(HANDLER, DescribeGroupsRequest(groups=["g", "none", "g"]), 5)

    assert [group.group_id for group in response.groups] == ["g", "none"]
