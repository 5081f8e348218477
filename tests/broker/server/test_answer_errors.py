"""Errors of answers are found wherever they are."""

from broker.server.answer_errors import NODES_MAX, errors_in
from broker.wire.messages.heartbeat import HeartbeatResponse
from broker.wire.messages.metadata import MetadataResponse, MetadataResponseTopic
from broker.wire.messages.produce import (
    ProduceResponse,
    ProduceResponsePartitionProduceResponse,
    ProduceResponseTopicProduceResponse,
)


def test_of_the_whole_and_of_each_part() -> None:
    """Zero is no error."""
    parts = [ProduceResponsePartitionProduceResponse(error_code=code) for code in (0, 3, 87, 3)]
    answer = ProduceResponse(responses=[ProduceResponseTopicProduceResponse(partition_responses=parts)])

    assert sorted(errors_in(answer)) == [3, 3, 87]
    assert errors_in(HeartbeatResponse(error_code=27)) == [27]
    assert errors_in(HeartbeatResponse()) == []


def test_the_work_is_bounded() -> None:
    """A metadata answer of ten thousand topics is not walked to its end."""
    answer = MetadataResponse(topics=[MetadataResponseTopic(error_code=3) for _ in range(10_000)])

    assert len(errors_in(answer)) <= NODES_MAX
