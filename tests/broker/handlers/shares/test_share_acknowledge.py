"""ShareAcknowledge: what may be said, by whom, and when."""

from typing import Any

import pytest

from broker.coordinators.shares.limits import ShareLimits
from broker.coordinators.shares.share_partition import ACCEPT, GAP, REJECT, RELEASE, RENEW
from broker.wire.error_codes import ErrorCode
from tests.broker.handlers.shares.members import Member, Said, acquired
from tests.broker.log.harness import batch, running_log

pytestmark = pytest.mark.anyio

NONE = ErrorCode.NONE


async def test_each_record_becomes_what_is_said() -> None:
    """Accepted, rejected and missing ones are done with; released ones are somebody's again."""
    async with running_log() as log:
        state = await log.topic()
        ann, bob = Member(log, state), Member(log, state, "bob")
        await log.append(state.pids[0], batch(6))
        await ann.fetch()
        assert await ann.said((0, 0, [ACCEPT]), (1, 3, [REJECT, RELEASE, GAP])) is NONE
        assert acquired(await bob.fetch()) == [(2, 2, 2)]
        assert await bob.said((2, 2, [ACCEPT])) is NONE
        assert await ann.said((4, 5, [ACCEPT])) is NONE
        (held,) = (await log.share_partitions.hold("g", [(state.topic_id, 0)])).values()
        assert held.partition.start == 6  # type: ignore[union-attr]


BAD: dict[str, tuple[list[Said], ErrorCode]] = {
    "backwards": ([(3, 2, [ACCEPT])], ErrorCode.INVALID_REQUEST),
    "below zero": ([(-2, 0, [ACCEPT])], ErrorCode.INVALID_REQUEST),
    "out of order": ([(3, 3, [ACCEPT]), (0, 1, [ACCEPT])], ErrorCode.INVALID_REQUEST),
    "overlapping": ([(0, 3, [ACCEPT]), (2, 4, [ACCEPT])], ErrorCode.INVALID_REQUEST),
    "twice the same record": ([(0, 3, [ACCEPT]), (3, 4, [ACCEPT])], ErrorCode.INVALID_RECORD_STATE),
    "no types": ([(0, 3, [])], ErrorCode.INVALID_REQUEST),
    "too few types": ([(0, 3, [ACCEPT, ACCEPT])], ErrorCode.INVALID_REQUEST),
    "too many types": ([(0, 0, [ACCEPT, ACCEPT])], ErrorCode.INVALID_REQUEST),
    "a type that is none": ([(0, 0, [5])], ErrorCode.INVALID_REQUEST),
    "a type below zero": ([(0, 0, [-1])], ErrorCode.INVALID_REQUEST),
    "a renewal unannounced": ([(0, 0, [RENEW])], ErrorCode.INVALID_REQUEST),
    "beyond what was given": ([(0, 2**62, [ACCEPT])], ErrorCode.INVALID_REQUEST),
    "of another member": ([(4, 5, [ACCEPT])], ErrorCode.INVALID_RECORD_STATE),
}


@pytest.mark.parametrize("said", BAD)
async def test_what_may_not_be_said(said: str) -> None:
    """Nothing of it counts."""
    batches, error = BAD[said]
    async with running_log() as log:
        state = await log.topic()
        ann, bob = Member(log, state), Member(log, state, "bob")
        await log.append(state.pids[0], batch(5), batch(1))
        await ann.fetch(max_records=5)
        await bob.fetch()
        assert await ann.said(*batches) is error
        assert log.share_partitions.locks_held == 6


async def test_renewal_is_said_ahead_and_may_be_forbidden() -> None:
    """In version 2 only; the answer says for how long."""
    async with running_log() as log:
        state = await log.topic()
        ann = Member(log, state)
        await log.append(state.pids[0], batch(2))
        await ann.fetch()
        answer = await ann.acknowledge((0, 0, [RENEW]), (1, 1, [ACCEPT]), is_renew_ack=True)
        assert [data.error_code for topic in answer.responses for data in topic.partitions] == [0]
        assert answer.acquisition_lock_timeout_ms == log.share_limits.lock_ms
        assert log.share_partitions.locks_held == 1
        assert await ann.said((0, 0, [RENEW]), version=1) is ErrorCode.INVALID_REQUEST
        log.share_limits = ShareLimits(may_renew=False)
        assert await ann.said((0, 0, [RENEW]), is_renew_ack=True) is ErrorCode.INVALID_RECORD_STATE


async def test_a_fetch_that_renews_fetches_nothing() -> None:
    """And must not ask for anything."""
    async with running_log() as log:
        state = await log.topic()
        ann = Member(log, state)
        await log.append(state.pids[0], batch(1))
        await ann.fetch()
        await log.append(state.pids[0], batch(1))
        nothing = {"max_bytes": 0, "min_bytes": 0, "max_records": 0, "max_wait_ms": 0}
        for name in nothing:
            fields = {**nothing, name: 1}
            assert (await ann.fetch((0, 0, [RENEW]), is_renew_ack=True, **fields)).error_code == ErrorCode.INVALID_REQUEST
        assert acquired(await ann.fetch((0, 0, [RENEW]), is_renew_ack=True, **nothing)) == []
        assert acquired(await ann.fetch()) == [(1, 1, 1)]


async def test_a_session_is_needed() -> None:
    """It is begun by fetching, and goes on epoch by epoch; the last one releases the rest."""
    async with running_log() as log:
        state = await log.topic()
        ann, bob = Member(log, state), Member(log, state, "bob")
        await log.append(state.pids[0], batch(2))
        assert (await ann.acknowledge()).error_code == ErrorCode.INVALID_SHARE_SESSION_EPOCH
        assert (await ann.acknowledge(share_session_epoch=1)).error_code == ErrorCode.SHARE_SESSION_NOT_FOUND
        await ann.fetch()
        assert (await ann.acknowledge(share_session_epoch=5)).error_code == ErrorCode.INVALID_SHARE_SESSION_EPOCH
        assert await ann.said((0, 0, [ACCEPT]), share_session_epoch=-1) is NONE
        assert (await ann.acknowledge()).error_code == ErrorCode.SHARE_SESSION_NOT_FOUND
        assert acquired(await bob.fetch()) == [(1, 1, 2)]


async def test_records_of_topics_that_are_not_there() -> None:
    """Nobody can have any."""
    async with running_log() as log:
        state = await log.topic(partitions=1)
        ann = Member(log, state)
        await ann.fetch()
        assert await ann.said((0, 0, [ACCEPT]), topic_id=b"x" * 16) is ErrorCode.UNKNOWN_TOPIC_ID


@pytest.mark.parametrize("ids", [{"group_id": None}, {"member_id": None}, {"member_id": ""}, {"member_id": "m" * 37}])
async def test_ids_that_are_none(ids: dict[str, Any]) -> None:
    """INVALID_REQUEST."""
    async with running_log() as log:
        ann = Member(log, await log.topic())
        assert (await ann.acknowledge(**ids)).error_code == ErrorCode.INVALID_REQUEST


async def test_a_flood_of_ranges_is_refused_in_little_time() -> None:
    """However many there are, the first that is wrong is the last that is looked at; what is good of them does not count."""
    async with running_log() as log:
        state = await log.topic()
        ann = Member(log, state)
        await log.append(state.pids[0], batch(5))
        await ann.fetch()
        assert await ann.said(*[(at, at, [ACCEPT]) for at in range(50_000)]) is ErrorCode.INVALID_REQUEST
        assert await ann.said((0, 99_999, [ACCEPT] * 100_000)) is ErrorCode.INVALID_REQUEST
        assert log.share_partitions.locks_held == 5
        (held,) = (await log.share_partitions.hold("g", [(state.topic_id, 0)])).values()
        assert held.partition.run_count == 1  # type: ignore[union-attr]
