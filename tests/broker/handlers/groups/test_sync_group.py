"""SyncGroup at every version."""

from typing import Any

import pytest

from broker.handlers.groups.sync_group import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.sync_group import SyncGroupRequest
from tests.broker.handlers.groups.world import group_world

pytestmark = pytest.mark.anyio


def request(member_id: str, **fields: Any) -> SyncGroupRequest:
    values: dict[str, Any] = {"generation_id": 1, "protocol_type": "consumer", "protocol_name": "range"}
    return SyncGroupRequest(group_id="g", member_id=member_id, **(values | fields))


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_member_gets_its_part(version: int) -> None:
    """From version 5 on with protocol type and name."""
    async with group_world() as world:
        response = await world.ask(HANDLER, request(await world.member()), version)

    assert (response.error_code, response.assignment) == (0, b"mine")
    expected = ("consumer", "range") if version >= 5 else (None, None)
    assert (response.protocol_type, response.protocol_name) == expected


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_errors_carry_no_assignment(version: int) -> None:
    """For an unknown member, another generation, and a refusal."""
    async with group_world() as world:
        member_id = await world.member()
        unknown = await world.ask(HANDLER, request("ghost"), version)
        stale = await world.ask(HANDLER, request(member_id, generation_id=0), version)
        refused = world.refuse(HANDLER, request(member_id), version)

    assert [each.error_code for each in (unknown, stale, refused)] == [
        ErrorCode.UNKNOWN_MEMBER_ID,
        ErrorCode.ILLEGAL_GENERATION,
        ErrorCode.NOT_COORDINATOR,
    ]
    assert unknown.assignment == stale.assignment == refused.assignment == b""


@pytest.mark.parametrize("wrong", [{"protocol_type": None}, {"protocol_name": None}, {"protocol_name": "rr"}])
async def test_the_protocol_must_be_the_groups(wrong: dict[str, Any]) -> None:
    """Named, and the same, from version 5 on (KIP-559)."""
    async with group_world() as world:
        response = await world.ask(HANDLER, request(await world.member(), **wrong), 5)

    assert response.error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
