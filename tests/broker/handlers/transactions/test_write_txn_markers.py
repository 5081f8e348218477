"""WriteTxnMarkers: markers that are asked for from outside."""

import pytest

from broker.handlers.transactions import write_txn_markers
from broker.handlers.transactions.write_txn_markers import HANDLER
from broker.storage.catalog.transactions import TransactionStatus
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.write_txn_markers import (
    WriteTxnMarkersRequest,
    WriteTxnMarkersRequestWritableTxnMarker,
    WriteTxnMarkersRequestWritableTxnMarkerTopic,
    WriteTxnMarkersResponse,
)
from tests.broker.handlers.groups.world import GroupWorld, group_world
from tests.broker.handlers.transactions.world import Producer, producer

pytestmark = pytest.mark.anyio


def marker(
    producer_id: int, epoch: int, /, coordinator: int = 0, version: int = 0, **topics: list[int]
) -> WriteTxnMarkersRequestWritableTxnMarker:
    return WriteTxnMarkersRequestWritableTxnMarker(
        producer_id=producer_id,
        producer_epoch=epoch,
        coordinator_epoch=coordinator,
        transaction_version=version,
        topics=[
            WriteTxnMarkersRequestWritableTxnMarkerTopic(name=name, partition_indexes=indexes)
            for name, indexes in topics.items()
        ],
    )


def errors(response: WriteTxnMarkersResponse) -> list[tuple[int, str, int, int]]:
    return [
        (of.producer_id, topic.name, each.partition_index, each.error_code)
        for of in response.markers
        for topic in of.topics
        for each in topic.partitions
    ]


async def asked(
    world: GroupWorld, *markers: WriteTxnMarkersRequestWritableTxnMarker, version: int = 2
) -> list[tuple[int, str, int, int]]:
    return errors(await world.ask(HANDLER, WriteTxnMarkersRequest(markers=list(markers)), version))


async def opened(world: GroupWorld, name: str = "x") -> Producer:
    one = await producer(world, name)
    await one.add(t=[0, 1])
    return one


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_marker_is_written_where_it_is_asked_for(version: int) -> None:
    """And the transactional id stays open."""
    async with group_world() as world:
        one = await opened(world)
        p, e = one.producer_id, one.epoch
        answer = await asked(world, marker(p, e, t=[0, 7], nowhere=[0]), version=version)

        missing = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        assert answer == [(p, "t", 0, 0), (p, "t", 7, missing), (p, "nowhere", 0, missing)]
        assert [len(ended.markers) for ended in world.ended] == [1]
        state = world.transactions.transaction("x")
        assert state is not None
        assert state.status is TransactionStatus.ONGOING


async def test_what_is_refused() -> None:
    """Another coordinator, a partition named twice; no markers at all are nothing wrong."""
    async with group_world() as world:
        one = await opened(world)
        p, e = one.producer_id, one.epoch
        assert await asked(world) == []
        assert await asked(world, marker(p, e, coordinator=-1, t=[0])) == [(p, "t", 0, ErrorCode.TRANSACTION_COORDINATOR_FENCED)]
        assert await asked(world, marker(p, e, t=[0, 0])) == [(p, "t", 0, 0), (p, "t", 0, ErrorCode.INVALID_REQUEST)]
        assert await asked(world, marker(p, e + 1, t=[1]), marker(p + 1, 0, t=[1])) == [(p, "t", 1, 0), (p + 1, "t", 1, 0)]
        assert await asked(world, marker(p, e, t=[1])) == [(p, "t", 1, ErrorCode.INVALID_PRODUCER_EPOCH)]
        refused = world.refuse(HANDLER, WriteTxnMarkersRequest(markers=[marker(p, e, t=[0])]), 1)
        assert errors(refused) == [(p, "t", 0, ErrorCode.NOT_COORDINATOR)]


async def test_one_request_cannot_ask_for_any_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused as a whole then."""
    monkeypatch.setattr(write_txn_markers, "MARKERS_MAX", 2)
    async with group_world() as world:
        one = await opened(world)
        answer = await asked(world, marker(one.producer_id, one.epoch, t=[0, 1], u=[0]))
        assert {code for *_, code in answer} == {ErrorCode.INVALID_REQUEST}
        assert world.ended == []
