"""DeleteShareGroupOffsets."""

from typing import Any

from broker.handlers.groups.delete_share_group_offsets import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.delete_share_group_offsets import (
    DeleteShareGroupOffsetsRequest,
    DeleteShareGroupOffsetsRequestTopic,
)
from tests.broker.handlers.groups.world import GroupWorld, group_world


def request(group: str, *topics: str) -> DeleteShareGroupOffsetsRequest:
    asked = [DeleteShareGroupOffsetsRequestTopic(topic_name=name) for name in topics]
    return DeleteShareGroupOffsetsRequest(group_id=group, topics=asked)


async def delete(world: GroupWorld, group: str, *topics: str) -> Any:
    return await world.ask(HANDLER, request(group, *topics), 0)


async def test_what_was_read_is_forgotten() -> None:
    """Topics that were not, or are not there, are refused each; one named twice is answered once."""
    async with group_world() as world:
        await world.share()
        await world.share(epoch=-1)
        answer = await delete(world, "s", "t", "t", "u", "none")
        assert answer.error_code == 0
        unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        assert [(topic.topic_name, topic.topic_id, topic.error_code, topic.error_message) for topic in answer.responses] == [
            ("t", b"T" * 16, 0, None),
            ("u", bytes(16), unknown, "There is no offset information to delete."),
            ("none", bytes(16), unknown, "This server does not host this topic-partition."),
        ]

        assert world.kept.groups["s"] == {}


async def test_refusals_are_for_the_whole_request() -> None:
    """No name, no such group, members, another type, a full disk, a stop."""
    async with group_world() as world:
        await world.share()
        await world.commit("t", 0, 1, "classic")
        found = [await delete(world, group, "t") for group in ("", "none", "s", "classic")]
        assert [(each.error_code, each.error_message, each.responses) for each in found] == [
            (ErrorCode.INVALID_GROUP_ID, "The group id is invalid.", []),
            (ErrorCode.GROUP_ID_NOT_FOUND, "Group none not found.", []),
            (ErrorCode.NON_EMPTY_GROUP, "The group is not empty.", []),
            (ErrorCode.GROUP_ID_NOT_FOUND, "Group classic is not a share group.", []),
        ]
        await world.share(epoch=-1)
        assert (await delete(world, "s")).error_code == 0
        world.kept.failing = True
        assert (await delete(world, "s", "t")).error_code == ErrorCode.KAFKA_STORAGE_ERROR
        world.groups.close()
        assert (await delete(world, "s", "t")).error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE
        refused = world.refuse(HANDLER, request("s"), 0)

        assert (refused.error_code, refused.error_message) == (ErrorCode.NOT_COORDINATOR, "not now")
