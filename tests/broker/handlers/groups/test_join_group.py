"""JoinGroup at every version."""

from typing import Any

import pytest

from broker.handlers.groups.join_group import HANDLER
from broker.handlers.groups.sync_group import HANDLER as SYNC_GROUP
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from broker.wire.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment
from tests.broker.handlers.groups.world import group_world

pytestmark = pytest.mark.anyio


def request(member_id: str = "", **fields: Any) -> JoinGroupRequest:
    values: dict[str, Any] = {
        "group_id": "g",
        "session_timeout_ms": 10_000,
        "rebalance_timeout_ms": 20_000,
        "member_id": member_id,
        "protocol_type": "consumer",
        "protocols": [JoinGroupRequestProtocol(name="range", metadata=b"m")],
    }
    return JoinGroupRequest(**(values | fields))


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_member_joins_and_leads(version: int) -> None:
    """From version 4 on it is given an id first."""
    async with group_world() as world:
        joined = await world.ask(HANDLER, request(), version)
        if version >= 4:
            assert joined.error_code == ErrorCode.MEMBER_ID_REQUIRED
            assert joined.member_id.startswith("client-")
            joined = await world.ask(HANDLER, request(joined.member_id), version)
        group = world.groups.group("g")
        assert group is not None
        member = group.roster.members[joined.member_id]

    assert (joined.error_code, joined.generation_id, joined.protocol_name) == (0, 1, "range")
    assert joined.leader == joined.member_id
    assert [(each.member_id, each.metadata) for each in joined.members] == [(joined.member_id, b"m")]
    assert joined.protocol_type == ("consumer" if version >= 7 else None)
    assert (member.client_id, member.client_host) == ("client", "/10.0.0.1")
    assert member.rebalance_timeout_ms == (20_000 if version >= 1 else 10_000)


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_refused_joins_name_no_protocol(version: int) -> None:
    """Null from version 7 on, an empty name before; on a refusal of the whole request too."""
    async with group_world() as world:
        unknown = await world.ask(HANDLER, request("ghost"), version)
        refused = world.refuse(HANDLER, request("ghost"), version)

    assert (unknown.error_code, refused.error_code) == (ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.NOT_COORDINATOR)
    for response in (unknown, refused):
        assert (response.generation_id, response.member_id, response.members) == (-1, "ghost", [])
        assert response.protocol_name == (None if version >= 7 else "")


@pytest.mark.parametrize("version", range(5, 10))
async def test_a_static_leader_returns(version: int) -> None:
    """From version 9 on it leads on and skips the assignment; before, it is told that it follows."""
    async with group_world() as world:
        first = await world.ask(HANDLER, request(group_instance_id="i"), version)
        assert first.members[0].group_instance_id == "i"
        assignment = SyncGroupRequestAssignment(member_id=first.member_id, assignment=b"mine")
        sync = SyncGroupRequest(
            group_id="g", member_id=first.member_id, group_instance_id="i", generation_id=1, assignments=[assignment]
        )
        assert (await world.ask(SYNC_GROUP, sync, 3)).assignment == b"mine"
        second = await world.ask(HANDLER, request(group_instance_id="i"), version)

    assert (second.error_code, second.generation_id) == (0, 1)
    assert second.member_id != first.member_id
    assert second.skip_assignment == (version >= 9)
    assert second.leader == (second.member_id if version >= 9 else first.member_id)


async def test_no_rebalance_timeout_is_the_session_timeout() -> None:
    """-1 is what version 0 means, and nobody waits for less than no time."""
    async with group_world() as world:
        await world.ask(HANDLER, request(rebalance_timeout_ms=-1), 3)
        group = world.groups.group("g")

    assert group is not None
    assert group.roster.rebalance_timeout_ms == 10_000
