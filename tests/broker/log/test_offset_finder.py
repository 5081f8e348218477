"""Offsets by timestamp over whole logs, against a scan of every record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import BrokerError
from broker.log.offset_finder import OffsetFinder
from broker.wire.error_codes import ErrorCode
from broker.wire.records.record import Position, Record, encode_batch
from tests.broker.log.harness import batch, running_log
from tests.broker.log.transactional_producer import TransactionalProducer

pytestmark = pytest.mark.anyio


@given(
    st.lists(st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=4), min_size=1, max_size=3), max_size=5),
    st.integers(0, 31),
    st.integers(0, 40),
)
async def test_agrees_with_a_scan(groups: list[list[list[int]]], target: int, log_start: int) -> None:
    """Whatever the timestamps and wherever the log begins: the first record at or after the time; the first of the largest."""
    async with running_log(tail_bytes=0) as log:
        (pid,) = (await log.topic()).pids
        records: list[Position] = []
        for group in groups:
            await log.append(
                pid, *[encode_batch([Record(index, each) for index, each in enumerate(times)]) for times in group]
            )
            records += [Position(0, each) for times in group for each in times]
        records = [Position(offset, each.timestamp) for offset, each in enumerate(records)]
        log_start = min(log_start, len(records))
        await log.catalog.advance_log_start(pid, log_start)
        finder = OffsetFinder(log.catalog, log.reader)
        visible = records[log_start:]
        bounds, found = await finder.at_timestamp(pid, target)
        assert bounds.log_start == log_start
        assert found == next((each for each in visible if each.timestamp >= target), None)
        if log_start == 0:
            best = max(visible, key=lambda each: (each.timestamp, -each.offset), default=None)
            assert (await finder.at_max_timestamp(pid))[1] == best


async def test_a_partition_that_is_gone_is_unknown() -> None:
    """Both searches say so."""
    async with running_log() as log:
        finder = OffsetFinder(log.catalog, log.reader)
        for search in (finder.at_timestamp(9, 1), finder.at_max_timestamp(9)):
            with pytest.raises(BrokerError) as raised:
                await search
            assert raised.value.code is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


async def test_damaged_data_is_a_storage_error() -> None:
    """A wrong answer would be worse."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        await log.append(pid, batch(1))
        (stored,) = log.store._objects.values()
        stored[-1] ^= 1
        with pytest.raises(BrokerError) as raised:
            await OffsetFinder(log.catalog, log.reader).at_timestamp(pid, 1)
        assert raised.value.code is ErrorCode.KAFKA_STORAGE_ERROR


@given(
    st.lists(
        st.tuples(st.lists(st.integers(1, 30), min_size=1, max_size=3), st.booleans(), st.integers(1, 30)), max_size=6
    ),
    st.integers(0, 31),
)
async def test_markers_have_their_time_too(transactions: list[tuple[list[int], bool, int]], target: int) -> None:
    """As in Kafka a marker is found by the time at which its transaction ended; nothing about it is in the store."""
    async with running_log(tail_bytes=0) as log:
        (pid,) = (await log.topic()).pids
        producer = await TransactionalProducer(log).init()
        times: list[int] = []
        for of_records, commit, ended_at in transactions:
            await producer.add(pid)
            await log.append(pid, *[producer.batch(pid, timestamp=each) for each in of_records])
            log.clock = ended_at
            await producer.end(commit)
            times += [*of_records, ended_at]
        records = [Position(offset, each) for offset, each in enumerate(times)]
        finder = OffsetFinder(log.catalog, log.reader)
        assert (await finder.at_timestamp(pid, target))[1] == next(
            (each for each in records if each.timestamp >= target), None
        )
        best = max(records, key=lambda each: (each.timestamp, -each.offset), default=None)
        assert (await finder.at_max_timestamp(pid))[1] == best
