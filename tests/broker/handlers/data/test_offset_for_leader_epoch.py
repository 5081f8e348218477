"""OffsetForLeaderEpoch: where an epoch of the log ends."""

import inspect
from collections.abc import Sequence
from dataclasses import replace

import pytest

from broker.handlers.data import offset_for_leader_epoch
from broker.model import LogBounds
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.offset_for_leader_epoch import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochRequestOffsetForLeaderPartition,
    OffsetForLeaderEpochRequestOffsetForLeaderTopic,
    OffsetForLeaderEpochResponse,
)
from tests.broker.log.harness import Log, batch, running_log

pytestmark = pytest.mark.anyio


def request(*partitions: tuple[int, int, int], topic: str = "t") -> OffsetForLeaderEpochRequest:
    """Of (partition, epoch, current leader epoch)."""
    parts = [
        OffsetForLeaderEpochRequestOffsetForLeaderPartition(
            partition=index, leader_epoch=epoch, current_leader_epoch=current
        )
        for index, epoch, current in partitions
    ]
    return OffsetForLeaderEpochRequest(
        topics=[OffsetForLeaderEpochRequestOffsetForLeaderTopic(topic=topic, partitions=parts)]
    )


async def ends(log: Log, asked: OffsetForLeaderEpochRequest) -> list[tuple[int, int, int]]:
    outcome = offset_for_leader_epoch.handle(asked, log.context(4))
    response: OffsetForLeaderEpochResponse = await outcome if inspect.isawaitable(outcome) else outcome
    return [
        (each.error_code, each.leader_epoch, each.end_offset) for topic in response.topics for each in topic.partitions
    ]


@pytest.mark.parametrize("peeks", [True, False])
async def test_the_one_epoch_ends_with_the_log(peeks: bool) -> None:
    """Newer and undefined epochs are unknown; so are partitions that do not exist."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        await log.append(pid, batch(3))
        if not peeks:
            log.catalog.peek_bounds = lambda pid: None  # type: ignore[method-assign]
        assert await ends(log, request((0, 0, -1), (0, 1, 0), (0, -1, 0), (4, 0, 0))) == [
            (0, 0, 3),
            (0, -1, -1),
            (0, -1, -1),
            (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1),
        ]
        assert await ends(log, request((0, 0, 5))) == [(ErrorCode.UNKNOWN_LEADER_EPOCH, -1, -1)]
        assert await ends(log, request((0, 0, 0), topic="other")) == [(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1)]


@pytest.mark.parametrize("is_shared", [True, False])
async def test_an_epoch_ends_where_the_next_began(is_shared: bool) -> None:
    """Where the catalog may have lost what it had acknowledged, consumers learn by this what they have read of it."""
    async with running_log(is_shared=is_shared) as log:
        (pid,) = (await log.topic()).pids
        await log.append(pid, batch(9))
        bounds = replace((await log.catalog.bounds([pid]))[pid], leader_epoch=4, epoch_starts=((1, 3), (2, 3), (4, 7)))

        async def now(pids: Sequence[int]) -> dict[int, LogBounds]:
            return {pid: bounds}

        log.catalog.bounds = now  # type: ignore[method-assign]
        log.catalog.peek_bounds = lambda pid: None if is_shared else bounds  # type: ignore[method-assign]
        asked = [(0, epoch, 4) for epoch in range(6)]
        assert await ends(log, request(*asked)) == [
            (0, 0, 3), (0, 1, 3), (0, 2, 7), (0, 3, 7), (0, 4, 9), (0, -1, -1)
        ]  # fmt: skip
        assert await ends(log, request((0, 0, 3))) == [(ErrorCode.FENCED_LEADER_EPOCH, -1, -1)]


def test_refuse_answers_every_partition() -> None:
    """The shape of the request with one error."""
    asked = request((0, 0, 0), (1, 0, 0))
    response = offset_for_leader_epoch.refuse(asked, Log().context(4), ErrorCode.UNKNOWN_SERVER_ERROR, None)
    assert [(each.partition, each.error_code) for each in response.topics[0].partitions] == [(0, -1), (1, -1)]
