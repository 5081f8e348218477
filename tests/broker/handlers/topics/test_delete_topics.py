"""DeleteTopics at every version."""

from typing import Any

import pytest

from broker.handlers.topics.delete_topics import HANDLER
from broker.model import ZERO_UUID
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.delete_topics import DeleteTopicsRequest, DeleteTopicsRequestDeleteTopicState
from tests.support.topic_world import TopicWorld

VERSIONS = HANDLER.versions
UNKNOWN_ID = b"\x01" * 16


def asking(version: int, *topics: str | bytes | tuple[str | None, bytes]) -> DeleteTopicsRequest:
    """Topics by name, by id, or (from version 6 on) by any pair of both."""
    if version < 6:
        return DeleteTopicsRequest(topic_names=[topic for topic in topics if isinstance(topic, str)])
    pairs = [
        (topic, ZERO_UUID) if isinstance(topic, str) else (None, topic) if isinstance(topic, bytes) else topic
        for topic in topics
    ]
    return DeleteTopicsRequest(
        topics=[DeleteTopicsRequestDeleteTopicState(name=name, topic_id=topic_id) for name, topic_id in pairs]
    )


def outcome(response: Any) -> list[tuple[str | None, int]]:
    return [(topic.name, topic.error_code) for topic in response.responses]


@pytest.mark.parametrize("version", VERSIONS)
async def test_by_name(version: int) -> None:
    """Deleted topics take the groups' offsets along; names that are unknown or come twice are refused."""
    world = TopicWorld()
    state = await world.topic("a")
    await world.topic("twice")

    response = await world.ask(HANDLER, asking(version, "a", "x", "twice", "twice"), version)

    assert outcome(response) == [
        ("a", 0),
        ("x", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("twice", ErrorCode.INVALID_REQUEST),
    ]
    assert [topic.error_message for topic in response.responses] == (
        [None, "This server does not host this topic-partition.", "Duplicate topic name."] if version >= 5 else [None] * 3
    )
    assert response.responses[0].topic_id == (state.topic_id if version >= 6 else ZERO_UUID)
    assert [one.name for one in world.directory.all()] == ["twice"]
    assert world.groups.forgotten == ["a"]


async def test_by_id() -> None:
    """The answer says the name of a topic that was there."""
    world = TopicWorld()
    first, second = await world.topic("a"), await world.topic("b")
    request = asking(6, first.topic_id, UNKNOWN_ID, second.topic_id, second.topic_id)

    response = await world.ask(HANDLER, request, 6)

    assert [(topic.name, topic.topic_id, topic.error_code) for topic in response.responses] == [
        ("a", first.topic_id, 0),
        (None, UNKNOWN_ID, ErrorCode.UNKNOWN_TOPIC_ID),
        (None, second.topic_id, ErrorCode.INVALID_REQUEST),
    ]
    assert [state.name for state in world.directory.all()] == ["b"]


async def test_entries_with_both_or_neither_are_refused() -> None:
    """One of name and id."""
    world = TopicWorld()
    state = await world.topic("a")

    response = await world.ask(HANDLER, asking(6, ("a", state.topic_id), (None, ZERO_UUID)), 6)

    assert [(topic.name, topic.error_message) for topic in response.responses] == [
        ("a", "You may not specify both topic name and topic id."),
        (None, "Neither topic name nor id were specified."),
    ]
    assert len(world.directory) == 1


@pytest.mark.parametrize("name_first", [True, False])
async def test_a_topic_named_both_ways_is_not_deleted(name_first: bool) -> None:
    """One answer, with name and id, says so."""
    world = TopicWorld()
    state = await world.topic("a")
    entries: list[str | bytes] = ["a", state.topic_id] if name_first else [state.topic_id, "a"]

    response = await world.ask(HANDLER, asking(6, *entries), 6)

    (topic,) = response.responses
    assert (topic.name, topic.topic_id, topic.error_code) == ("a", state.topic_id, ErrorCode.INVALID_REQUEST)
    assert topic.error_message == "The provided topic name maps to an ID that was already supplied."
    assert len(world.directory) == 1


async def test_a_doubled_name_does_not_protect_the_topic_from_its_id() -> None:
    """Entries that are out by themselves do not count against the other."""
    world = TopicWorld()
    state = await world.topic("a")

    response = await world.ask(HANDLER, asking(6, "a", "a", state.topic_id), 6)

    assert sorted(topic.error_code for topic in response.responses) == [0, ErrorCode.INVALID_REQUEST]
    assert len(world.directory) == 0


@pytest.mark.parametrize("version", VERSIONS)
async def test_deletion_can_be_disabled(version: int) -> None:
    """The code depends on what the version knows."""
    world = TopicWorld(delete_topic_enable=False)
    await world.topic("a")

    response = await world.ask(HANDLER, asking(version, "a", "x"), version)

    expected = ErrorCode.INVALID_REQUEST if version < 3 else ErrorCode.TOPIC_DELETION_DISABLED
    assert outcome(response) == [("a", expected), ("x", expected)]
    assert len(world.directory) == 1
    assert world.groups.forgotten == []
