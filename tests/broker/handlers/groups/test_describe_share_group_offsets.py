"""DescribeShareGroupOffsets in every version."""

from typing import Any

import pytest

from broker.errors import StorageUnavailable
from broker.handlers.groups.describe_share_group_offsets import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_share_group_offsets import (
    DescribeShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsRequestGroup,
    DescribeShareGroupOffsetsRequestTopic,
)
from tests.broker.handlers.groups.world import GroupWorld, group_world


def request(group: str, *topics: tuple[str, list[int]], everything: bool = False) -> DescribeShareGroupOffsetsRequest:
    asked = [DescribeShareGroupOffsetsRequestTopic(topic_name=name, partitions=indexes) for name, indexes in topics]
    return DescribeShareGroupOffsetsRequest(
        groups=[DescribeShareGroupOffsetsRequestGroup(group_id=group, topics=None if everything else asked)]
    )


async def ask(world: GroupWorld, version: int, group: str, *topics: tuple[str, list[int]], everything: bool = False) -> Any:
    (found,) = (await world.ask(HANDLER, request(group, *topics, everything=everything), version)).groups
    assert (found.group_id, found.error_code) == (group, 0)
    return [
        (topic.topic_name, topic.topic_id, [(each.partition_index, each.start_offset, each.leader_epoch, each.lag) for each in topic.partitions])
        for topic in found.topics
    ]


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_offsets_are_those_that_are_kept(version: int) -> None:
    """-1 before the first fetch; the lag from version 1 on."""
    async with group_world() as world:
        await world.share()
        assert await ask(world, version, "s", everything=True) == [("t", b"T" * 16, [(0, -1, 0, -1), (1, -1, 0, -1)])]
        kept = world.kept.groups["s"][b"T" * 16, 1]
        kept.start_offset, kept.leader_epoch, kept.lag = 7, 3, 4
        lag = 4 if version >= 1 else -1

        assert await ask(world, version, "s", ("t", [1, 1]), ("t", [0])) == [("t", b"T" * 16, [(1, 7, 3, lag)])]
        assert await ask(world, version, "s", everything=True) == [("t", b"T" * 16, [(0, -1, 0, -1), (1, 7, 3, lag)])]


async def test_what_is_not_known_is_no_error() -> None:
    """Groups, topics and partitions that are not there; topics that are gone are left out when all are asked for."""
    async with group_world() as world:
        assert await ask(world, 1, "none", everything=True) == []
        assert await ask(world, 1, "none", ("t", [0]), ("none", [2])) == [
            ("t", b"T" * 16, [(0, -1, 0, -1)]),
            ("none", bytes(16), [(2, -1, 0, -1)]),
        ]
        await world.share(subscribed_topic_names=["t", "u"])
        world.directory.remove(b"U" * 16)

        assert [name for name, _, _ in await ask(world, 1, "s", everything=True)] == ["t"]


async def test_a_group_is_told_everything_once() -> None:
    """However often it is asked for; what is asked by name is answered each time."""
    async with group_world() as world:
        await world.share()
        asked = request("s", everything=True).groups + request("s", ("t", [0])).groups
        answer = await world.ask(HANDLER, DescribeShareGroupOffsetsRequest(groups=asked * 2), 1)

        assert [[len(topic.partitions) for topic in group.topics] for group in answer.groups] == [[2], [1], [1]]


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_refusals_are_told_for_each_group(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read, and what cannot be served at all."""
    async with group_world() as world:
        refused = world.refuse(HANDLER, request("s"), version).groups
        assert [(each.group_id, each.error_code, each.error_message) for each in refused] == [("s", ErrorCode.NOT_COORDINATOR, "not now")]

        async def unreadable(*_: object) -> object:
            raise StorageUnavailable("a bad sector")

        monkeypatch.setattr(world.kept, "start_offsets", unreadable)
        (found,) = (await world.ask(HANDLER, request("s", everything=True), version)).groups
        assert (found.error_code, found.error_message) == (ErrorCode.KAFKA_STORAGE_ERROR, "a bad sector")
        world.groups.close()
        (found,) = (await world.ask(HANDLER, request("s", everything=True), version)).groups

        assert found.error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE
