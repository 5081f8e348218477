"""OffsetFetch at every version."""

from typing import Any

import pytest

from broker.coordinators.group_coordinator import GroupCoordinator
from broker.handlers.groups.offset_fetch import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
)
from tests.broker.coordinators.conversation import TroubledCatalog, settings, wall_ms
from tests.broker.handlers.groups.world import GroupWorld, group_world

pytestmark = pytest.mark.anyio
NONE_YET = (-1, -1, "", 0)


def request(version: int, topics: dict[str, list[int]] | None, *groups: str) -> OffsetFetchRequest:
    names = groups or ("g",)
    if version < 8:
        old = (
            None
            if topics is None
            else [OffsetFetchRequestTopic(name=name, partition_indexes=of) for name, of in topics.items()]
        )
        return OffsetFetchRequest(group_id=names[0], topics=old)
    new = None
    if topics is not None:
        new = [
            OffsetFetchRequestTopics(name=name, topic_id=name.upper().encode() * 16, partition_indexes=of)
            for name, of in topics.items()
        ]
    return OffsetFetchRequest(groups=[OffsetFetchRequestGroup(group_id=name, topics=new) for name in names])


def seen(response: Any, version: int) -> dict[tuple[str, int], tuple[int, int, str, int]]:
    """(offset, leader epoch, metadata, error) by topic and partition, of the first group."""
    topics = response.topics if version < 8 else response.groups[0].topics
    return {
        (topic.name if version < 10 else topic.topic_id[:1].decode().lower(), partition.partition_index): (
            partition.committed_offset,
            partition.committed_leader_epoch,
            partition.metadata,
            partition.error_code,
        )
        for topic in topics
        for partition in topic.partitions
    }


async def with_offsets(world: GroupWorld) -> None:
    await world.commit("t", 0, 7)
    await world.commit("u", 0, 8)


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_offsets_are_shown_by_partition(version: int) -> None:
    """-1 where there is none, and for a topic that does not exist: an error only when it is asked for by id."""
    async with group_world() as world:
        await with_offsets(world)
        response = await world.ask(HANDLER, request(version, {"t": [0, 1], "x": [0]}), version)

    epoch = 4 if version >= 5 else -1
    unknown = (-1, -1, "", ErrorCode.UNKNOWN_TOPIC_ID) if version >= 10 else NONE_YET
    assert seen(response, version) == {("t", 0): (7, epoch, "m", 0), ("t", 1): NONE_YET, ("x", 0): unknown}


@pytest.mark.parametrize("version", range(2, 11))
async def test_all_offsets_are_shown_when_no_topics_are_named(version: int) -> None:
    """From version 2 on; a group that does not exist has none."""
    async with group_world() as world:
        await with_offsets(world)
        response = await world.ask(HANDLER, request(version, None), version)
        nothing = await world.ask(HANDLER, request(version, None, "none"), version)

    assert {key: value[0] for key, value in seen(response, version).items()} == {("t", 0): 7, ("u", 0): 8}
    assert seen(nothing, version) == {}


@pytest.mark.parametrize("version", range(8, 11))
async def test_several_groups_are_answered_together(version: int) -> None:
    """Each with its own offsets (KIP-709)."""
    async with group_world() as world:
        await with_offsets(world)
        await world.commit("t", 0, 70, group="h")
        response = await world.ask(HANDLER, request(version, {"t": [0]}, "g", "h", "none"), version)

    found = [
        (group.group_id, group.topics[0].partitions[0].committed_offset, group.error_code) for group in response.groups
    ]
    assert found == [("g", 7, 0), ("h", 70, 0), ("none", -1, 0)]


@pytest.mark.parametrize("version", range(8, 11))
async def test_all_offsets_of_a_group_are_shown_once(version: int) -> None:
    """However often they are asked for: the answer would dwarf the request."""
    async with group_world() as world:
        await with_offsets(world)
        response = await world.ask(HANDLER, request(version, None, "g", "h", "g"), version)

    assert [group.group_id for group in response.groups] == ["g", "h"]


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_offsets_of_a_deleted_topic_are_not_those_of_its_successor(version: int) -> None:
    """A topic of the same name begins without any."""
    async with group_world() as world:
        await with_offsets(world)
        world.directory.remove(b"T" * 16)
        world.topic("t", b"N" * 16, 2)
        named = request(version, {"t": [0]})
        if version >= 10:
            named.groups[0].topics[0].topic_id = b"N" * 16
        response = await world.ask(HANDLER, named, version)
        everything = await world.ask(HANDLER, request(version, None), version) if version >= 2 else None

    assert list(seen(response, version).values()) == [NONE_YET]
    if everything is not None:
        assert {key: value[0] for key, value in seen(everything, version).items()} == {("u", 0): 8}


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_while_groups_are_loading_no_offset_is_made_up(version: int) -> None:
    """The error stands where the version has a place for it; a consumer must not start from nowhere."""
    async with group_world() as world:
        world.services.groups = GroupCoordinator(TroubledCatalog(), settings(), wall_ms)
        response = await world.ask(HANDLER, request(version, {"t": [0]}), version)

    if version >= 8:
        assert response.groups[0].error_code == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    elif version >= 2:
        assert response.error_code == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    else:
        assert seen(response, version) == {("t", 0): (-1, -1, "", ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)}


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_refusal_is_told_where_the_version_has_a_place(version: int) -> None:
    """By group, as a whole, or by partition."""
    async with group_world() as world:
        response = world.refuse(HANDLER, request(version, {"t": [0]}), version)

    if version >= 8:
        assert response.groups[0].error_code == ErrorCode.NOT_COORDINATOR
    elif version >= 2:
        assert response.error_code == ErrorCode.NOT_COORDINATOR
    else:
        assert seen(response, version)["t", 0][3] == ErrorCode.NOT_COORDINATOR
