"""AlterShareGroupOffsets."""

from typing import Any

from broker.handlers.groups.alter_share_group_offsets import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.alter_share_group_offsets import (
    AlterShareGroupOffsetsRequest,
    AlterShareGroupOffsetsRequestPartition,
    AlterShareGroupOffsetsRequestTopic,
)
from tests.broker.handlers.groups.world import GroupWorld, group_world


def request(group: str, *topics: tuple[str, list[tuple[int, int]]]) -> AlterShareGroupOffsetsRequest:
    return AlterShareGroupOffsetsRequest(
        group_id=group,
        topics=[
            AlterShareGroupOffsetsRequestTopic(
                topic_name=name,
                partitions=[AlterShareGroupOffsetsRequestPartition(partition_index=index, start_offset=offset) for index, offset in partitions],
            )
            for name, partitions in topics
        ],
    )


async def alter(world: GroupWorld, group: str, *topics: tuple[str, list[tuple[int, int]]]) -> Any:
    return await world.ask(HANDLER, request(group, *topics), 0)


async def test_an_empty_group_begins_elsewhere() -> None:
    """One that is not there is made; of a partition named twice the last counts; each that does not exist is refused."""
    async with group_world() as world:
        answer = await alter(world, "s", ("t", [(0, 3), (5, 1)]), ("none", [(0, 1)]), ("t", [(0, 4)]), ("u", []))
        assert answer.error_code == 0
        found = [
            (topic.topic_name, topic.topic_id, [(each.partition_index, each.error_code) for each in topic.partitions])
            for topic in answer.responses
        ]
        unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        assert found == [
            ("t", b"T" * 16, [(0, 0), (5, unknown), (0, 0)]),
            ("none", bytes(16), [(0, unknown)]),
            ("u", b"U" * 16, []),
        ]
        assert answer.responses[1].partitions[0].error_message

        assert {key: kept.start_offset for key, kept in world.kept.groups["s"].items()} == {(b"T" * 16, 0): 4}
        assert world.groups.group("s") is not None


async def test_nothing_to_set_makes_no_group() -> None:
    """There would be nothing in it."""
    async with group_world() as world:
        assert (await alter(world, "s")).error_code == 0
        assert (await alter(world, "s", ("none", [(0, 1)]))).error_code == 0
        assert world.groups.group("s") is None


async def test_refusals_are_for_the_whole_request() -> None:
    """No name, members, another type, a full disk, a stop."""
    async with group_world() as world:
        await world.share()
        await world.commit("t", 0, 1, "classic")
        found = [await alter(world, group, ("t", [(0, 1)])) for group in ("", "s", "classic")]
        assert [(each.error_code, each.error_message, each.responses) for each in found] == [
            (ErrorCode.INVALID_GROUP_ID, "The group id is invalid.", []),
            (ErrorCode.NON_EMPTY_GROUP, "The group is not empty.", []),
            (ErrorCode.GROUP_ID_NOT_FOUND, "Group classic is not a share group.", []),
        ]
        world.kept.failing = True
        assert (await alter(world, "new", ("t", [(0, 1)]))).error_code == ErrorCode.KAFKA_STORAGE_ERROR
        world.groups.close()
        assert (await alter(world, "s", ("t", [(0, 1)]))).error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE
        refused = world.refuse(HANDLER, request("s"), 0)

        assert (refused.error_code, refused.error_message) == (ErrorCode.NOT_COORDINATOR, "not now")
