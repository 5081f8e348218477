"""LeaveGroup at every version."""

import pytest

from broker.handlers.groups.leave_group import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.leave_group import LeaveGroupRequest, LeaveGroupRequestMemberIdentity
from tests.broker.handlers.groups.world import group_world

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("version", range(3))
async def test_one_member_leaves(version: int) -> None:
    """Its error is the request's."""
    async with group_world() as world:
        member_id = await world.member()
        left = await world.ask(HANDLER, LeaveGroupRequest(group_id="g", member_id=member_id), version)
        again = await world.ask(HANDLER, LeaveGroupRequest(group_id="g", member_id=member_id), version)
        nowhere = await world.ask(HANDLER, LeaveGroupRequest(group_id="none", member_id=member_id), version)

    assert [left.error_code, again.error_code, nowhere.error_code] == [
        0,
        ErrorCode.UNKNOWN_MEMBER_ID,
        ErrorCode.UNKNOWN_MEMBER_ID,
    ]


@pytest.mark.parametrize("version", range(3, 6))
async def test_several_leave_each_with_an_outcome(version: int) -> None:
    """The request as a whole has no error."""
    async with group_world() as world:
        member_id = await world.member()
        leaving = [
            LeaveGroupRequestMemberIdentity(member_id=member_id, reason="done"),
            LeaveGroupRequestMemberIdentity(member_id="", group_instance_id="i"),
        ]
        response = await world.ask(HANDLER, LeaveGroupRequest(group_id="g", members=leaving), version)
        nowhere = await world.ask(HANDLER, LeaveGroupRequest(group_id="none", members=leaving), version)

    outcomes = [(each.member_id, each.group_instance_id, each.error_code) for each in response.members]
    assert (response.error_code, outcomes) == (0, [(member_id, None, 0), ("", "i", ErrorCode.UNKNOWN_MEMBER_ID)])
    assert (nowhere.error_code, {each.error_code for each in nowhere.members}) == (0, {ErrorCode.UNKNOWN_MEMBER_ID})


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_errors_of_the_whole_request(version: int) -> None:
    """No group name, and a refusal."""
    async with group_world() as world:
        nameless = await world.ask(HANDLER, LeaveGroupRequest(member_id="m"), version)
        refused = world.refuse(HANDLER, LeaveGroupRequest(), version)

    assert (nameless.error_code, refused.error_code) == (ErrorCode.INVALID_GROUP_ID, ErrorCode.NOT_COORDINATOR)
