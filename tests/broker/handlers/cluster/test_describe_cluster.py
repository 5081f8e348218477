"""DescribeCluster at every version."""

import pytest

from broker.handlers.cluster.describe_cluster import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_cluster import DescribeClusterRequest
from tests.support.topic_world import CLUSTER_ID, NODE_ID, TopicWorld


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_the_brokers_of_the_cluster(version: int) -> None:
    """As the clients of the listener reach them, with all that may be done on demand."""
    world = TopicWorld()

    response = await world.ask(
        HANDLER, DescribeClusterRequest(include_cluster_authorized_operations=True), version, "OUTSIDE"
    )

    assert (response.error_code, response.error_message) == (0, None)
    assert (response.cluster_id, response.controller_id, response.endpoint_type) == (CLUSTER_ID, NODE_ID, 1)
    assert response.cluster_authorized_operations == 8096
    (broker,) = response.brokers
    assert (broker.broker_id, broker.host, broker.port, broker.rack) == (NODE_ID, "example.test", 443, "here")
    assert not broker.is_fenced


async def test_operations_only_on_demand() -> None:
    """Without being asked the field says so."""
    response = await TopicWorld().ask(HANDLER, DescribeClusterRequest(), 0)

    assert response.cluster_authorized_operations == -2147483648


@pytest.mark.parametrize(
    ("endpoint_type", "code"),
    [
        (2, ErrorCode.MISMATCHED_ENDPOINT_TYPE),
        (0, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE),
        (9, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE),
        (-1, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE),
    ],
)
@pytest.mark.parametrize("version", [1, 2])
async def test_controllers_are_not_to_be_had_here(version: int, endpoint_type: int, code: ErrorCode) -> None:
    """A broker's endpoint refuses other kinds as Kafka's do."""
    response = await TopicWorld().ask(HANDLER, DescribeClusterRequest(endpoint_type=endpoint_type), version)

    assert response.error_code == code
    assert response.error_message
    assert (response.brokers, response.controller_id) == ([], -1)
