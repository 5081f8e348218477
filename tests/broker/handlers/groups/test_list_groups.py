"""ListGroups at every version."""

import pytest

from broker.handlers.groups.list_groups import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.list_groups import ListGroupsRequest
from tests.broker.handlers.groups.world import GroupWorld, group_world

pytestmark = pytest.mark.anyio


async def three(world: GroupWorld) -> None:
    await world.member("stable")
    await world.leave(await world.member("empty"), "empty")
    await world.commit("t", 0, 1, group="simple")


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_all_groups_are_listed(version: int) -> None:
    """With state and type where the version has them."""
    async with group_world() as world:
        await three(world)
        response = await world.ask(HANDLER, ListGroupsRequest(), version)

    listed = {group.group_id: (group.protocol_type, group.group_state, group.group_type) for group in response.groups}
    kind = "classic" if version >= 5 else ""
    stable, empty = ("Stable", "Empty") if version >= 4 else ("", "")
    assert listed == {
        "stable": ("consumer", stable, kind),
        "empty": ("consumer", empty, kind),
        "simple": ("", empty, kind),
    }


@pytest.mark.parametrize(
    ("states", "types", "expected"),
    [
        (["Stable"], [], {"stable"}),
        (["sTABLE", " empty"], [], {"stable", "empty", "simple"}),
        (["Assigning"], [], set()),
        ([], ["Classic"], {"stable", "empty", "simple"}),
        ([], ["consumer"], set()),
        (["Empty"], ["share", "classic"], {"empty", "simple"}),
    ],
)
async def test_filters_choose_by_state_and_type(states: list[str], types: list[str], expected: set[str]) -> None:
    """Whatever the case."""
    async with group_world() as world:
        await three(world)
        response = await world.ask(HANDLER, ListGroupsRequest(states_filter=states, types_filter=types), 5)

    assert {group.group_id for group in response.groups} == expected


async def test_share_groups_are_listed_by_their_type() -> None:
    """With members and without."""
    async with group_world() as world:
        await world.share()
        for state in ("Stable", "Empty"):
            listed = (await world.ask(HANDLER, ListGroupsRequest(types_filter=["Share"], states_filter=[state]), 5)).groups
            assert [(each.group_id, each.protocol_type, each.group_state, each.group_type) for each in listed] == [
                ("s", "share", state, "share")
            ]
            if state == "Stable":
                await world.share(epoch=-1)


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_refusal_lists_nothing(version: int) -> None:
    """It has an error of its own."""
    async with group_world() as world:
        response = world.refuse(HANDLER, ListGroupsRequest(), version)

    assert (response.error_code, response.groups) == (ErrorCode.NOT_COORDINATOR, [])
