"""DescribeLogDirs at every version."""

from pathlib import Path

import pytest

from broker.handlers.cluster.describe_log_dirs import HANDLER
from broker.storage.catalog.base import BatchEntry, CommitGroup, SpanEntry
from broker.storage.catalog.cluster import Member
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_log_dirs import DescribeLogDirsRequest, DescribeLogDirsRequestDescribableLogDirTopic
from tests.support.topic_world import NODE_ID, TopicWorld


async def write(world: TopicWorld, pid: int, size: int) -> None:
    batch = BatchEntry(record_count=1, length=size, max_timestamp=0)
    group = CommitGroup(object_id=pid, position=0, length=size, spans=[SpanEntry(pid, 0, [batch])], now_ms=0)
    await world.catalog.commit_spans(group)


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_sizes_of_partitions_and_volume(version: int, tmp_path: Path) -> None:
    """All partitions when none are named."""
    world = TopicWorld(data_dir=tmp_path)
    state = await world.topic("a", 2)
    await write(world, state.pids[1], 321)

    response = await world.ask(HANDLER, DescribeLogDirsRequest(topics=None), version)

    assert response.error_code == 0
    (result,) = response.results
    assert (result.error_code, result.log_dir, result.is_cordoned) == (0, str(tmp_path), False)
    if version >= 4:
        assert result.total_bytes >= result.usable_bytes > 0
    else:
        assert (result.total_bytes, result.usable_bytes) == (-1, -1)
    (topic,) = result.topics
    assert topic.name == "a"
    assert [
        (one.partition_index, one.partition_size, one.offset_lag, one.is_future_key) for one in topic.partitions
    ] == [(0, 0, 0, False), (1, 321, 0, False)]


async def test_only_what_is_named_and_known(tmp_path: Path) -> None:
    """Unknown topics and partitions are left out, repeated ones come once."""
    world = TopicWorld(data_dir=tmp_path)
    await world.topic("a", 3)
    await world.topic("b")
    topics = [
        DescribeLogDirsRequestDescribableLogDirTopic(topic="a", partitions=[2, 2, 9, -1]),
        DescribeLogDirsRequestDescribableLogDirTopic(topic="a", partitions=[0]),
        DescribeLogDirsRequestDescribableLogDirTopic(topic="b", partitions=[5]),
        DescribeLogDirsRequestDescribableLogDirTopic(topic="x", partitions=[0]),
    ]

    (result,) = (await world.ask(HANDLER, DescribeLogDirsRequest(topics=topics), 4)).results

    assert [(topic.name, [one.partition_index for one in topic.partitions]) for topic in result.topics] == [("a", [2, 0])]


async def test_a_directory_that_is_gone_is_a_storage_error(tmp_path: Path) -> None:
    """The directory is named, nothing is said about its contents."""
    world = TopicWorld(data_dir=tmp_path / "gone")
    await world.topic("a")

    (result,) = (await world.ask(HANDLER, DescribeLogDirsRequest(topics=None), 5)).results

    assert (result.error_code, result.topics) == (ErrorCode.KAFKA_STORAGE_ERROR, [])


async def test_brokers_of_a_cluster_tell_of_what_they_lead() -> None:
    """Each of its own partitions, in the store that all share, so that what all tell adds up; nothing of a directory that there is not."""
    world = TopicWorld(catalog="postgresql://localhost/penstock", objects="s3://bucket/logs?endpoint=http://store:9000", data_dir="/not/there")
    state = await world.topic("a", 6)
    for pid in state.pids:
        await write(world, pid, 100)
    world.identity._topics = world.directory
    nodes = (NODE_ID, NODE_ID + 1, NODE_ID + 2)
    world.identity.follow([Member(node_id=node, epoch=1, rack=None, listeners={"INSIDE": (f"h{node}", 9092)}) for node in nodes], {})
    told = {}
    for node in nodes:
        world.identity.node_id = node
        (result,) = (await world.ask(HANDLER, DescribeLogDirsRequest(topics=None), 5)).results
        assert (result.error_code, result.log_dir) == (0, "s3://bucket/logs")
        assert (result.total_bytes, result.usable_bytes) == (-1, -1)
        told[node] = [(one.partition_index, one.partition_size) for topic in result.topics for one in topic.partitions]

    assert all(told.values())
    assert sorted(each for parts in told.values() for each in parts) == [(index, 100) for index in range(6)]


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_refusal(version: int) -> None:
    """The error stands for the whole answer, where the version has room for it."""
    context = TopicWorld().context(version)

    response = HANDLER.refuse(DescribeLogDirsRequest(), context, ErrorCode.UNKNOWN_SERVER_ERROR, "oops")

    assert (response.error_code, response.results) == (ErrorCode.UNKNOWN_SERVER_ERROR, [])
