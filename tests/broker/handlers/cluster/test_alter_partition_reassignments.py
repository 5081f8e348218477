"""AlterPartitionReassignments at every version."""

import pytest

from broker.handlers.cluster.alter_partition_reassignments import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.alter_partition_reassignments import (
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsRequestReassignablePartition,
    AlterPartitionReassignmentsRequestReassignableTopic,
)
from tests.support.topic_world import NODE_ID, TopicWorld


@pytest.mark.parametrize("version", HANDLER.versions)
@pytest.mark.parametrize(
    ("name", "index", "replicas", "code"),
    [
        ("one", 0, [NODE_ID], 0),
        ("three", 0, [NODE_ID] * 3, 0),
        ("one", 0, [NODE_ID + 1], ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ("one", 0, [NODE_ID, NODE_ID], ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ("one", 0, [], ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ("three", 0, [NODE_ID], ErrorCode.INVALID_REPLICATION_FACTOR),
        ("one", 0, None, ErrorCode.NO_REASSIGNMENT_IN_PROGRESS),
        ("one", 5, [NODE_ID], ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("one", -1, [NODE_ID], ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("none", 0, None, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
    ],
)
async def test_targets(version: int, name: str, index: int, replicas: list[int] | None, code: int) -> None:
    """Only what already is can be had."""
    world = TopicWorld()
    await world.topic("one")
    await world.topic("three", 1, 3)
    request = AlterPartitionReassignmentsRequest(
        topics=[
            AlterPartitionReassignmentsRequestReassignableTopic(
                name=name,
                partitions=[
                    AlterPartitionReassignmentsRequestReassignablePartition(partition_index=index, replicas=replicas)
                ],
            )
        ],
        allow_replication_factor_change=version == 0,
    )

    response = await world.ask(HANDLER, request, version)

    assert (response.error_code, response.error_message) == (0, None)
    assert response.allow_replication_factor_change == (version == 0)
    (topic,) = response.responses
    (partition,) = topic.partitions
    assert (topic.name, partition.partition_index, partition.error_code) == (name, index, code)
    assert (partition.error_message is None) == (code in (0, ErrorCode.NO_REASSIGNMENT_IN_PROGRESS))


async def test_a_refused_request_names_its_partitions() -> None:
    """Every partition gets the error too."""
    request = AlterPartitionReassignmentsRequest(
        topics=[
            AlterPartitionReassignmentsRequestReassignableTopic(
                name="a", partitions=[AlterPartitionReassignmentsRequestReassignablePartition(partition_index=3)]
            )
        ]
    )

    response = HANDLER.refuse(request, TopicWorld().context(1), ErrorCode.UNKNOWN_SERVER_ERROR, "oops")

    assert (response.error_code, response.error_message) == (ErrorCode.UNKNOWN_SERVER_ERROR, "oops")
    assert response.responses[0].partitions[0].error_code == ErrorCode.UNKNOWN_SERVER_ERROR
