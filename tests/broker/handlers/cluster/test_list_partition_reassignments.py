"""ListPartitionReassignments."""

import pytest

from broker.handlers.cluster.list_partition_reassignments import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.list_partition_reassignments import (
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsTopics,
)
from tests.support.topic_world import TopicWorld


@pytest.mark.parametrize("topics", [None, [], [ListPartitionReassignmentsTopics(name="a", partition_indexes=[0, 9])]])
async def test_nothing_is_ever_being_moved(topics: list[ListPartitionReassignmentsTopics] | None) -> None:
    """Whatever is asked for."""
    world = TopicWorld()
    await world.topic("a")

    response = await world.ask(HANDLER, ListPartitionReassignmentsRequest(topics=topics), 0)

    assert (response.error_code, response.error_message, response.topics) == (0, None, [])


def test_refusal() -> None:
    """The error stands for the whole answer."""
    response = HANDLER.refuse(
        ListPartitionReassignmentsRequest(), TopicWorld().context(0), ErrorCode.UNKNOWN_SERVER_ERROR, "oops"
    )

    assert (response.error_code, response.error_message) == (ErrorCode.UNKNOWN_SERVER_ERROR, "oops")
