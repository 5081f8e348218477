"""DescribeQuorum (API key 55): the message classes of all versions.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

from broker.wire.messages.base import EMPTY, NIL_UUID, Message


class DescribeQuorumRequestPartitionData(Message):
    """Part of DescribeQuorumRequest."""

    __slots__ = ("partition_index",)

    def __init__(
        self,
        *,
        partition_index: int = 0,
    ) -> None:
        self.partition_index = partition_index


class DescribeQuorumRequestTopicData(Message):
    """Part of DescribeQuorumRequest."""

    __slots__ = ("topic_name", "partitions")

    def __init__(
        self,
        *,
        topic_name: str = "",
        partitions: list[DescribeQuorumRequestPartitionData] = EMPTY,
    ) -> None:
        self.topic_name = topic_name
        self.partitions = [] if partitions is EMPTY else partitions


class DescribeQuorumRequest(Message):
    """Versions 0-2."""

    __slots__ = ("topics",)

    def __init__(
        self,
        *,
        topics: list[DescribeQuorumRequestTopicData] = EMPTY,
    ) -> None:
        self.topics = [] if topics is EMPTY else topics


class DescribeQuorumResponseReplicaState(Message):
    """Part of DescribeQuorumResponse."""

    __slots__ = (
        "replica_id",
        "replica_directory_id",
        "log_end_offset",
        "last_fetch_timestamp",
        "last_caught_up_timestamp",
    )

    def __init__(
        self,
        *,
        replica_id: int = 0,
        replica_directory_id: bytes = NIL_UUID,  # versions 2
        log_end_offset: int = 0,
        last_fetch_timestamp: int = -1,  # versions 1-2
        last_caught_up_timestamp: int = -1,  # versions 1-2
    ) -> None:
        self.replica_id = replica_id
        self.replica_directory_id = replica_directory_id
        self.log_end_offset = log_end_offset
        self.last_fetch_timestamp = last_fetch_timestamp
        self.last_caught_up_timestamp = last_caught_up_timestamp


class DescribeQuorumResponsePartitionData(Message):
    """Part of DescribeQuorumResponse."""

    __slots__ = (
        "partition_index",
        "error_code",
        "error_message",
        "leader_id",
        "leader_epoch",
        "high_watermark",
        "current_voters",
        "observers",
    )

    def __init__(
        self,
        *,
        partition_index: int = 0,
        error_code: int = 0,
        error_message: str | None = "",  # versions 2
        leader_id: int = 0,
        leader_epoch: int = 0,
        high_watermark: int = 0,
        current_voters: list[DescribeQuorumResponseReplicaState] = EMPTY,
        observers: list[DescribeQuorumResponseReplicaState] = EMPTY,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.error_message = error_message
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch
        self.high_watermark = high_watermark
        self.current_voters = [] if current_voters is EMPTY else current_voters
        self.observers = [] if observers is EMPTY else observers


class DescribeQuorumResponseTopicData(Message):
    """Part of DescribeQuorumResponse."""

    __slots__ = ("topic_name", "partitions")

    def __init__(
        self,
        *,
        topic_name: str = "",
        partitions: list[DescribeQuorumResponsePartitionData] = EMPTY,
    ) -> None:
        self.topic_name = topic_name
        self.partitions = [] if partitions is EMPTY else partitions


class DescribeQuorumResponseListener(Message):
    """Part of DescribeQuorumResponse."""

    __slots__ = ("name", "host", "port")

    def __init__(
        self,
        *,
        name: str = "",  # versions 2
        host: str = "",  # versions 2
        port: int = 0,  # versions 2
    ) -> None:
        self.name = name
        self.host = host
        self.port = port


class DescribeQuorumResponseNode(Message):
    """Part of DescribeQuorumResponse."""

    __slots__ = ("node_id", "listeners")

    def __init__(
        self,
        *,
        node_id: int = 0,  # versions 2
        listeners: list[DescribeQuorumResponseListener] = EMPTY,  # versions 2
    ) -> None:
        self.node_id = node_id
        self.listeners = [] if listeners is EMPTY else listeners


class DescribeQuorumResponse(Message):
    """Versions 0-2."""

    __slots__ = ("error_code", "error_message", "topics", "nodes")

    def __init__(
        self,
        *,
        error_code: int = 0,
        error_message: str | None = "",  # versions 2
        topics: list[DescribeQuorumResponseTopicData] = EMPTY,
        nodes: list[DescribeQuorumResponseNode] = EMPTY,  # versions 2
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.topics = [] if topics is EMPTY else topics
        self.nodes = [] if nodes is EMPTY else nodes
