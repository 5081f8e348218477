"""Fetch (API key 1): the message classes of all versions.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

from broker.wire.messages.base import EMPTY, NIL_UUID, Message, Records


class FetchRequestReplicaState(Message):
    """Part of FetchRequest."""

    __slots__ = ("replica_id", "replica_epoch")

    def __init__(
        self,
        *,
        replica_id: int = -1,  # versions 15-18
        replica_epoch: int = -1,  # versions 15-18
    ) -> None:
        self.replica_id = replica_id
        self.replica_epoch = replica_epoch


class FetchPartition(Message):
    """Part of FetchRequest."""

    __slots__ = (
        "partition",
        "current_leader_epoch",
        "fetch_offset",
        "last_fetched_epoch",
        "log_start_offset",
        "partition_max_bytes",
        "replica_directory_id",
        "high_watermark",
    )

    def __init__(
        self,
        *,
        partition: int = 0,
        current_leader_epoch: int = -1,  # versions 9-18
        fetch_offset: int = 0,
        last_fetched_epoch: int = -1,  # versions 12-18
        log_start_offset: int = -1,  # versions 5-18
        partition_max_bytes: int = 0,
        replica_directory_id: bytes = NIL_UUID,  # versions 17-18
        high_watermark: int = 9223372036854775807,  # versions 18
    ) -> None:
        self.partition = partition
        self.current_leader_epoch = current_leader_epoch
        self.fetch_offset = fetch_offset
        self.last_fetched_epoch = last_fetched_epoch
        self.log_start_offset = log_start_offset
        self.partition_max_bytes = partition_max_bytes
        self.replica_directory_id = replica_directory_id
        self.high_watermark = high_watermark


class FetchTopic(Message):
    """Part of FetchRequest."""

    __slots__ = ("topic", "topic_id", "partitions")

    def __init__(
        self,
        *,
        topic: str = "",  # versions 4-12
        topic_id: bytes = NIL_UUID,  # versions 13-18
        partitions: list[FetchPartition] = EMPTY,
    ) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.partitions = [] if partitions is EMPTY else partitions


class FetchRequestForgottenTopic(Message):
    """Part of FetchRequest."""

    __slots__ = ("topic", "topic_id", "partitions")

    def __init__(
        self,
        *,
        topic: str = "",  # versions 7-12
        topic_id: bytes = NIL_UUID,  # versions 13-18
        partitions: list[int] = EMPTY,  # versions 7-18
    ) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.partitions = [] if partitions is EMPTY else partitions


class FetchRequest(Message):
    """Versions 4-18."""

    __slots__ = (
        "cluster_id",
        "replica_id",
        "replica_state",
        "max_wait_ms",
        "min_bytes",
        "max_bytes",
        "isolation_level",
        "session_id",
        "session_epoch",
        "topics",
        "forgotten_topics_data",
        "rack_id",
    )

    def __init__(
        self,
        *,
        cluster_id: str | None = None,  # versions 12-18
        replica_id: int = -1,  # versions 4-14
        replica_state: FetchRequestReplicaState | None = None,  # versions 15-18
        max_wait_ms: int = 0,
        min_bytes: int = 0,
        max_bytes: int = 2147483647,
        isolation_level: int = 0,
        session_id: int = 0,  # versions 7-18
        session_epoch: int = -1,  # versions 7-18
        topics: list[FetchTopic] = EMPTY,
        forgotten_topics_data: list[FetchRequestForgottenTopic] = EMPTY,  # versions 7-18
        rack_id: str = "",  # versions 11-18
    ) -> None:
        self.cluster_id = cluster_id
        self.replica_id = replica_id
        self.replica_state = replica_state
        self.max_wait_ms = max_wait_ms
        self.min_bytes = min_bytes
        self.max_bytes = max_bytes
        self.isolation_level = isolation_level
        self.session_id = session_id
        self.session_epoch = session_epoch
        self.topics = [] if topics is EMPTY else topics
        self.forgotten_topics_data = [] if forgotten_topics_data is EMPTY else forgotten_topics_data
        self.rack_id = rack_id


class FetchResponseEpochEndOffset(Message):
    """Part of FetchResponse."""

    __slots__ = ("epoch", "end_offset")

    def __init__(
        self,
        *,
        epoch: int = -1,  # versions 12-18
        end_offset: int = -1,  # versions 12-18
    ) -> None:
        self.epoch = epoch
        self.end_offset = end_offset


class FetchResponseLeaderIdAndEpoch(Message):
    """Part of FetchResponse."""

    __slots__ = ("leader_id", "leader_epoch")

    def __init__(
        self,
        *,
        leader_id: int = -1,  # versions 12-18
        leader_epoch: int = -1,  # versions 12-18
    ) -> None:
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch


class FetchResponseSnapshotId(Message):
    """Part of FetchResponse."""

    __slots__ = ("end_offset", "epoch")

    def __init__(
        self,
        *,
        end_offset: int = -1,
        epoch: int = -1,
    ) -> None:
        self.end_offset = end_offset
        self.epoch = epoch


class FetchResponseAbortedTransaction(Message):
    """Part of FetchResponse."""

    __slots__ = ("producer_id", "first_offset")

    def __init__(
        self,
        *,
        producer_id: int = 0,
        first_offset: int = 0,
    ) -> None:
        self.producer_id = producer_id
        self.first_offset = first_offset


class FetchResponsePartitionData(Message):
    """Part of FetchResponse."""

    __slots__ = (
        "partition_index",
        "error_code",
        "high_watermark",
        "last_stable_offset",
        "log_start_offset",
        "diverging_epoch",
        "current_leader",
        "snapshot_id",
        "aborted_transactions",
        "preferred_read_replica",
        "records",
    )

    def __init__(
        self,
        *,
        partition_index: int = 0,
        error_code: int = 0,
        high_watermark: int = 0,
        last_stable_offset: int = -1,
        log_start_offset: int = -1,  # versions 5-18
        diverging_epoch: FetchResponseEpochEndOffset | None = None,  # versions 12-18
        current_leader: FetchResponseLeaderIdAndEpoch | None = None,  # versions 12-18
        snapshot_id: FetchResponseSnapshotId | None = None,  # versions 12-18
        aborted_transactions: list[FetchResponseAbortedTransaction] | None = EMPTY,
        preferred_read_replica: int = -1,  # versions 11-18
        records: Records = None,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.high_watermark = high_watermark
        self.last_stable_offset = last_stable_offset
        self.log_start_offset = log_start_offset
        self.diverging_epoch = diverging_epoch
        self.current_leader = current_leader
        self.snapshot_id = snapshot_id
        self.aborted_transactions = [] if aborted_transactions is EMPTY else aborted_transactions
        self.preferred_read_replica = preferred_read_replica
        self.records = records


class FetchableTopicResponse(Message):
    """Part of FetchResponse."""

    __slots__ = ("topic", "topic_id", "partitions")

    def __init__(
        self,
        *,
        topic: str = "",  # versions 4-12
        topic_id: bytes = NIL_UUID,  # versions 13-18
        partitions: list[FetchResponsePartitionData] = EMPTY,
    ) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.partitions = [] if partitions is EMPTY else partitions


class FetchResponseNodeEndpoint(Message):
    """Part of FetchResponse."""

    __slots__ = ("node_id", "host", "port", "rack")

    def __init__(
        self,
        *,
        node_id: int = 0,  # versions 16-18
        host: str = "",  # versions 16-18
        port: int = 0,  # versions 16-18
        rack: str | None = None,  # versions 16-18
    ) -> None:
        self.node_id = node_id
        self.host = host
        self.port = port
        self.rack = rack


class FetchResponse(Message):
    """Versions 4-18."""

    __slots__ = ("throttle_time_ms", "error_code", "session_id", "responses", "node_endpoints")

    def __init__(
        self,
        *,
        throttle_time_ms: int = 0,
        error_code: int = 0,  # versions 7-18
        session_id: int = 0,  # versions 7-18
        responses: list[FetchableTopicResponse] = EMPTY,
        node_endpoints: list[FetchResponseNodeEndpoint] = EMPTY,  # versions 16-18
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.session_id = session_id
        self.responses = [] if responses is EMPTY else responses
        self.node_endpoints = [] if node_endpoints is EMPTY else node_endpoints
