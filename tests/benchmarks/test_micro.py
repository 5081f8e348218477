"""The in-process benchmarks run, and measure the requests that they say."""

import pytest
from benchmarks.in_process import in_process_broker
from benchmarks.plan import KIB

from benchmarks import frames, micro

pytestmark = pytest.mark.anyio


async def test_produced_batches_arrive_in_the_log() -> None:
    """Every request that was timed was really appended."""
    async with in_process_broker(None) as broker:
        topic = await broker.create_topic("measured", 1)
        spent = await micro.produce_us(broker, topic.topic_id, 16 * KIB, in_flight=5, rounds=4)
        bounds = broker.services.catalog.peek_bounds(topic.partitions[0])

    assert spent > 0
    assert bounds is not None
    # One warm-up round and seven repeats of four rounds, each of five batches.
    assert bounds.bytes == 5 * (1 + 7 * 4) * len(frames.batch_of(16 * KIB))


async def test_a_fetch_from_the_tail_takes_no_memory_of_its_size() -> None:
    """The answer of 1 MiB refers to the bytes that are there; none of them are copied."""
    async with in_process_broker(None) as broker:
        topic = await broker.create_topic("measured", 2)
        _, taken_kib = await micro.fetch_us(broker, "measured", topic.topic_id, rounds=4)

    assert taken_kib < 64
