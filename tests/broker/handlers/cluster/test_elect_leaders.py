"""ElectLeaders at every version."""

import pytest

from broker.handlers.cluster.elect_leaders import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.elect_leaders import ElectLeadersRequest, ElectLeadersRequestTopicPartitions
from tests.support.topic_world import TopicWorld


def asking(election_type: int = 0, **partitions: list[int]) -> ElectLeadersRequest:
    return ElectLeadersRequest(
        election_type=election_type,
        topic_partitions=[
            ElectLeadersRequestTopicPartitions(topic=topic, partitions=indexes) for topic, indexes in partitions.items()
        ],
    )


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_no_election_is_ever_needed(version: int) -> None:
    """Known partitions have their leader, unknown ones say so."""
    world = TopicWorld()
    await world.topic("a", 2)

    response = await world.ask(HANDLER, asking(a=[1, 2, -1], b=[0]), version)

    assert response.error_code == 0
    assert [
        (result.topic, one.partition_id, one.error_code)
        for result in response.replica_election_results
        for one in result.partition_result
    ] == [
        ("a", 1, ErrorCode.ELECTION_NOT_NEEDED),
        ("a", 2, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("a", -1, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("b", 0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
    ]


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_all_partitions(version: int) -> None:
    """Those that need nothing are left out."""
    world = TopicWorld()
    await world.topic("a", 2)

    response = await world.ask(HANDLER, ElectLeadersRequest(topic_partitions=None), version)

    assert [(result.topic, result.partition_result) for result in response.replica_election_results] == [("a", [])]


@pytest.mark.parametrize("election_type", [2, -1])
async def test_unknown_elections_are_refused(election_type: int) -> None:
    """For the whole request and for each partition."""
    response = await TopicWorld().ask(HANDLER, asking(election_type, a=[0]), 2)

    assert response.error_code == ErrorCode.INVALID_REQUEST
    assert response.replica_election_results[0].partition_result[0].error_code == ErrorCode.INVALID_REQUEST
    assert response.replica_election_results[0].partition_result[0].error_message == (
        f"Unknown election type {election_type}"
    )
