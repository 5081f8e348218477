"""AddOffsetsToTxn: a group comes into the transaction."""

import pytest

from broker.handlers.transactions.add_offsets_to_txn import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.add_offsets_to_txn import AddOffsetsToTxnRequest
from tests.broker.handlers.groups.world import group_world
from tests.broker.handlers.transactions.world import Producer, producer

pytestmark = pytest.mark.anyio


async def error(one: Producer, version: int, group_id: str = "g") -> int:
    request = AddOffsetsToTxnRequest(
        transactional_id=one.name, producer_id=one.producer_id, producer_epoch=one.epoch, group_id=group_id
    )
    response = await one.world.ask(HANDLER, request, version)
    code: int = response.error_code
    return code


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_group_is_added(version: int) -> None:
    """It opens a transaction."""
    async with group_world() as world:
        one = await producer(world)
        assert await error(one, version) == 0
        state = world.transactions.transaction("x")
        assert state is not None
        assert state.groups == {"g"}


@pytest.mark.parametrize(
    ("version", "code"), [(1, ErrorCode.INVALID_PRODUCER_EPOCH), (2, ErrorCode.PRODUCER_FENCED), (4, ErrorCode.PRODUCER_FENCED)]
)
async def test_the_fenced_are_told_so_as_they_know_it(version: int, code: ErrorCode) -> None:
    """Before version 2 there was no code of its own for it."""
    async with group_world() as world:
        old = await producer(world)
        await producer(world)
        assert await error(old, version) == code


async def test_names_that_are_none() -> None:
    """Neither an empty transactional id nor an empty group."""
    async with group_world() as world:
        assert await error(Producer(world, "", 1, 0), 3) == ErrorCode.INVALID_REQUEST
        assert await error(await producer(world), 3, "") == ErrorCode.INVALID_GROUP_ID
        refused = world.refuse(HANDLER, AddOffsetsToTxnRequest(), 3)
        assert refused.error_code == ErrorCode.NOT_COORDINATOR
