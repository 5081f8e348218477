"""Heartbeat at every version."""

import pytest

from broker.handlers.groups.heartbeat import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.heartbeat import HeartbeatRequest
from tests.broker.handlers.groups.world import group_world

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_members_of_the_generation_are_alive(version: int) -> None:
    """Others are told what they are."""
    async with group_world() as world:
        member_id = await world.member()
        answers = [
            (
                await world.ask(
                    HANDLER, HeartbeatRequest(group_id="g", member_id=who, generation_id=generation), version
                )
            ).error_code
            for who, generation in ((member_id, 1), (member_id, 0), ("ghost", 1))
        ]
        refused = world.refuse(HANDLER, HeartbeatRequest(), version)

    assert answers == [ErrorCode.NONE, ErrorCode.ILLEGAL_GENERATION, ErrorCode.UNKNOWN_MEMBER_ID]
    assert refused.error_code == ErrorCode.NOT_COORDINATOR


@pytest.mark.parametrize("version", [3, 4])
async def test_an_instance_that_is_not_there_is_unknown(version: int) -> None:
    """The instance id is looked at from version 3 on."""
    async with group_world() as world:
        request = HeartbeatRequest(group_id="g", member_id=await world.member(), group_instance_id="i", generation_id=1)

        assert (await world.ask(HANDLER, request, version)).error_code == ErrorCode.UNKNOWN_MEMBER_ID
