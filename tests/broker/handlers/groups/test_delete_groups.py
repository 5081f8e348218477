"""DeleteGroups at every version."""

import pytest

from broker.handlers.groups.delete_groups import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.delete_groups import DeleteGroupsRequest
from tests.broker.handlers.groups.world import group_world

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_each_group_is_deleted_or_refused_alone(version: int) -> None:
    """In the order they were named, once each."""
    async with group_world() as world:
        await world.member("busy")
        await world.commit("t", 0, 1, group="simple")
        await world.commit("t", 0, 2, group="kept")
        response = await world.ask(
            HANDLER, DeleteGroupsRequest(groups_names=["busy", "simple", "none", "simple"]), version
        )
        assert await world.committed("simple") == {}
        assert await world.committed("kept") == {("t", 0): 2}

    assert [(result.group_id, result.error_code) for result in response.results] == [
        ("busy", ErrorCode.NON_EMPTY_GROUP),
        ("simple", 0),
        ("none", ErrorCode.GROUP_ID_NOT_FOUND),
    ]


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_nothing_named_is_nothing_deleted(version: int) -> None:
    """An answer all the same; and a refusal for each name."""
    async with group_world() as world:
        assert (await world.ask(HANDLER, DeleteGroupsRequest(), version)).results == []
        refused = world.refuse(HANDLER, DeleteGroupsRequest(groups_names=["a", "a"]), version)

    assert [(result.group_id, result.error_code) for result in refused.results] == [("a", ErrorCode.NOT_COORDINATOR)]
