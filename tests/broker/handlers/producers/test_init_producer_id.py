"""InitProducerId: fresh ids for idempotent producers."""

import inspect
from typing import Any

import pytest

from broker.errors import StorageUnavailable
from broker.handlers.producers import init_producer_id
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.init_producer_id import InitProducerIdRequest, InitProducerIdResponse
from tests.broker.handlers.groups.world import group_world
from tests.broker.log.harness import Log

pytestmark = pytest.mark.anyio


async def initialized(log: Log, **fields: Any) -> InitProducerIdResponse:
    outcome = init_producer_id.handle(InitProducerIdRequest(**{"transactional_id": None, **fields}), log.context(6))
    response: InitProducerIdResponse = await outcome if inspect.isawaitable(outcome) else outcome
    return response


async def test_every_producer_gets_an_id_of_its_own() -> None:
    """Epoch 0, also for one that had an id before (KIP-360 leaves bumping to idempotent producers)."""
    log = Log()
    first = await initialized(log)
    second = await initialized(log, producer_id=first.producer_id, producer_epoch=first.producer_epoch)
    assert (first.error_code, first.producer_epoch) == (0, 0)
    assert (second.error_code, second.producer_epoch) == (0, 0)
    assert len({-1, first.producer_id, second.producer_id}) == 3


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"transactional_id": "tx", "producer_id": 5}, ErrorCode.INVALID_REQUEST),
        ({"transactional_id": "tx", "enable2_pc": True}, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED),
        ({"transactional_id": "tx", "keep_prepared_txn": True}, ErrorCode.UNSUPPORTED_VERSION),
        ({"transactional_id": ""}, ErrorCode.INVALID_REQUEST),
        ({"producer_id": 5}, ErrorCode.INVALID_REQUEST),
        ({"producer_epoch": 5}, ErrorCode.INVALID_REQUEST),
    ],
)
async def test_what_cannot_be_is_refused_for_good(fields: dict[str, Any], code: ErrorCode) -> None:
    """With codes that clients do not retry, and no id."""
    response = await initialized(Log(), **fields)
    assert (response.error_code, response.producer_id, response.producer_epoch) == (code, -1, -1)
    assert not code.retriable


async def test_storage_trouble_is_answered() -> None:
    """No block of ids can be reserved."""
    log = Log()

    async def fail(count: int) -> int:
        raise StorageUnavailable("disk full")

    log.catalog.allocate_producer_ids = fail  # type: ignore[method-assign]
    response = await initialized(log)
    assert (response.error_code, response.producer_id) == (ErrorCode.KAFKA_STORAGE_ERROR, -1)


async def test_a_transactional_id_keeps_its_producer_id_and_raises_its_epoch() -> None:
    """Each of its producers fences the one before."""
    async with group_world() as world:

        async def asked(version: int, **fields: Any) -> InitProducerIdResponse:
            request = InitProducerIdRequest(
                **{"transactional_id": "tx", "transaction_timeout_ms": 60_000, **fields}  # type: ignore[arg-type]
            )
            response: InitProducerIdResponse = await world.ask(init_producer_id.HANDLER, request, version)
            return response

        first, second = await asked(0), await asked(5)
        assert (first.error_code, second.error_code) == (0, 0)
        assert (second.producer_id, second.producer_epoch) == (first.producer_id, first.producer_epoch + 1)
        old = {"producer_id": first.producer_id, "producer_epoch": 77}
        assert (await asked(3, **old)).error_code == ErrorCode.INVALID_PRODUCER_EPOCH
        fenced = await asked(4, **old)
        assert (fenced.error_code, fenced.producer_id, fenced.producer_epoch) == (ErrorCode.PRODUCER_FENCED, -1, -1)
        too_long = await asked(5, transaction_timeout_ms=10**9)
        assert too_long.error_code == ErrorCode.INVALID_TRANSACTION_TIMEOUT
