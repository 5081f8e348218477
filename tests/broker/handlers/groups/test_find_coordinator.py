"""FindCoordinator at every version."""

import pytest

from broker.handlers.groups.find_coordinator import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.find_coordinator import FindCoordinatorRequest
from tests.broker.handlers.groups.world import NODE_ID, group_world

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("key_type", [0, 1])
@pytest.mark.parametrize("version", HANDLER.versions)
async def test_this_broker_coordinates_groups_and_transactions(version: int, key_type: int) -> None:
    """At the address its listener advertises, for one key or several."""
    async with group_world() as world:
        request = FindCoordinatorRequest(key="g", key_type=key_type, coordinator_keys=["g", "h"])
        response = await world.ask(HANDLER, request, version)

    address = (NODE_ID, "broker.example", 9092, ErrorCode.NONE)
    if version >= 4:
        assert [(each.key, each.node_id, each.host, each.port, each.error_code) for each in response.coordinators] == [
            ("g", *address),
            ("h", *address),
        ]
    else:
        assert (response.node_id, response.host, response.port, response.error_code) == address


TOPIC_ID = "AAAAAAAAAAAAAAAAAAAAAA"


@pytest.mark.parametrize(
    ("key", "good"),
    [
        (f"g:{TOPIC_ID}:0", True),
        (f"a:b:{TOPIC_ID}:7", True),
        (f"g:{TOPIC_ID}==:+1", True),
        (f"g:{TOPIC_ID}:-1", True),
        ("g", False),
        ("::", False),
        (f" :{TOPIC_ID}:0", False),
        (f"g:{TOPIC_ID}:", False),
        (f"g:{TOPIC_ID}: 1", False),
        (f"g:{TOPIC_ID}AA:0", False),
        (f"g:{TOPIC_ID[:-1]}/:0", False),
        (f"g:{TOPIC_ID}:2147483648", False),
    ],
)
async def test_this_broker_keeps_share_partitions(key: str, good: bool) -> None:
    """One asked for by a key that names none is refused, beside others."""
    async with group_world() as world:
        request = FindCoordinatorRequest(key_type=2, coordinator_keys=[key, f"g:{TOPIC_ID}:0"])
        response = await world.ask(HANDLER, request, 6)

    expected = (ErrorCode.NONE, NODE_ID) if good else (ErrorCode.INVALID_REQUEST, -1)
    assert [(each.error_code, each.node_id) for each in response.coordinators] == [expected, (ErrorCode.NONE, NODE_ID)]


@pytest.mark.parametrize(("version", "key_type"), [*((version, 2) for version in range(1, 6)), *((version, 9) for version in range(1, 7))])
async def test_other_kinds_of_keys_are_refused(version: int, key_type: int) -> None:
    """Share partitions came with version 6, and what is unknown is no request."""
    async with group_world() as world:
        response = await world.ask(
            HANDLER, FindCoordinatorRequest(key="g", key_type=key_type, coordinator_keys=["g"]), version
        )

    found = response.coordinators[0] if version >= 4 else response
    assert (found.error_code, found.node_id, found.host, found.port) == (ErrorCode.INVALID_REQUEST, -1, "", -1)
    assert found.error_message


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_refusal_names_no_broker(version: int) -> None:
    """For each key asked for."""
    async with group_world() as world:
        response = world.refuse(HANDLER, FindCoordinatorRequest(key="g", coordinator_keys=["g"]), version)

    found = response.coordinators[0] if version >= 4 else response
    assert (found.error_code, found.node_id) == (ErrorCode.NOT_COORDINATOR, -1)
