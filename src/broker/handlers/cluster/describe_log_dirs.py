"""
DescribeLogDirs (key 35), versions 1-5.

Behaviour:
- There is one log directory: the data directory. A partition's size is the bytes of record data that are still part of its log;
  space that deleted records occupy until their segment goes is not counted.
- Unknown partitions are left out, as Kafka does. No list of topics means all partitions.
- Needs DESCRIBE on the cluster. Without it the answer has no directory, and before version 3 not even an error, as in Kafka.
- Total and usable bytes are those of the volume that the directory is on.

Versions:
- v2: flexible. v3: an error code for the whole answer. v4: size of the volume (KIP-827). v5: cordoned directories (never).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from broker.cluster.directory import TopicDirectory, TopicState
from broker.handlers.authorization import require_on_cluster
from broker.handlers.base import Handler, RequestContext
from broker.model import LogBounds
from broker.storage.volume import volume_space
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_log_dirs import (
    DescribeLogDirsPartition,
    DescribeLogDirsRequest,
    DescribeLogDirsResponse,
    DescribeLogDirsResult,
    DescribeLogDirsTopic,
)
from security.acls.kinds import Operation


async def handle(request: DescribeLogDirsRequest, context: RequestContext) -> DescribeLogDirsResponse:
    require_on_cluster(context, Operation.DESCRIBE)
    services = context.services
    data_dir = _data_dir(context)
    wanted = _wanted(request, services.directory)
    bounds = await services.catalog.bounds([state.pids[index] for state, indexes in wanted for index in indexes])
    try:
        space = await volume_space(data_dir)
    except OSError:
        result = DescribeLogDirsResult(
            error_code=ErrorCode.KAFKA_STORAGE_ERROR, log_dir=str(data_dir)
        )
    else:
        result = DescribeLogDirsResult(
            log_dir=str(data_dir),
            topics=[topic for state, indexes in wanted if (topic := _topic(state, indexes, bounds)).partitions],
            total_bytes=space.total,
            usable_bytes=space.usable,
        )
    return DescribeLogDirsResponse(results=[result])


def _data_dir(context: RequestContext) -> Path:
    return Path(context.services.settings.current.data_dir).absolute()


def _wanted(request: DescribeLogDirsRequest, directory: TopicDirectory) -> list[tuple[TopicState, Iterable[int]]]:
    """The partitions asked for, each once, as far as they exist."""
    if request.topics is None:
        return [(state, range(len(state.pids))) for state in directory.all()]
    wanted: dict[str, tuple[TopicState, dict[int, None]]] = {}
    for topic in request.topics:
        state = directory.by_name(topic.topic)
        if state is not None:
            indexes = wanted.setdefault(topic.topic, (state, {}))[1]
            indexes.update(dict.fromkeys(index for index in topic.partitions if 0 <= index < len(state.pids)))
    return list(wanted.values())


def _topic(
    state: TopicState, indexes: Iterable[int], bounds: Mapping[int, LogBounds]
) -> DescribeLogDirsTopic:
    return DescribeLogDirsTopic(
        name=state.name,
        partitions=[
            DescribeLogDirsPartition(
                partition_index=index, partition_size=bounds[state.pids[index]].bytes
            )
            for index in indexes
            if state.pids[index] in bounds
        ],
    )


def refuse(
    request: DescribeLogDirsRequest, context: RequestContext, code: int, message: str | None
) -> DescribeLogDirsResponse:
    return DescribeLogDirsResponse(error_code=code)


HANDLER = Handler(
    key=ApiKey.DESCRIBE_LOG_DIRS, name="describe_log_dirs", versions=range(1, 6), handle=handle, refuse=refuse
)
