"""OffsetFetch (API key 9): the message classes of all versions.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

from broker.wire.messages.base import EMPTY, NIL_UUID, Message


class OffsetFetchRequestTopic(Message):
    """Part of OffsetFetchRequest."""

    __slots__ = ("name", "partition_indexes")

    def __init__(
        self,
        *,
        name: str = "",  # versions 1-7
        partition_indexes: list[int] = EMPTY,  # versions 1-7
    ) -> None:
        self.name = name
        self.partition_indexes = [] if partition_indexes is EMPTY else partition_indexes


class OffsetFetchRequestTopics(Message):
    """Part of OffsetFetchRequest."""

    __slots__ = ("name", "topic_id", "partition_indexes")

    def __init__(
        self,
        *,
        name: str = "",  # versions 8-9
        topic_id: bytes = NIL_UUID,  # versions 10
        partition_indexes: list[int] = EMPTY,  # versions 8-10
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partition_indexes = [] if partition_indexes is EMPTY else partition_indexes


class OffsetFetchRequestGroup(Message):
    """Part of OffsetFetchRequest."""

    __slots__ = ("group_id", "member_id", "member_epoch", "topics")

    def __init__(
        self,
        *,
        group_id: str = "",  # versions 8-10
        member_id: str | None = None,  # versions 9-10
        member_epoch: int = -1,  # versions 9-10
        topics: list[OffsetFetchRequestTopics] | None = EMPTY,  # versions 8-10
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        self.member_epoch = member_epoch
        self.topics = [] if topics is EMPTY else topics


class OffsetFetchRequest(Message):
    """Versions 1-10."""

    __slots__ = ("group_id", "topics", "groups", "require_stable")

    def __init__(
        self,
        *,
        group_id: str = "",  # versions 1-7
        topics: list[OffsetFetchRequestTopic] | None = EMPTY,  # versions 1-7
        groups: list[OffsetFetchRequestGroup] = EMPTY,  # versions 8-10
        require_stable: bool = False,  # versions 7-10
    ) -> None:
        self.group_id = group_id
        self.topics = [] if topics is EMPTY else topics
        self.groups = [] if groups is EMPTY else groups
        self.require_stable = require_stable


class OffsetFetchResponsePartition(Message):
    """Part of OffsetFetchResponse."""

    __slots__ = ("partition_index", "committed_offset", "committed_leader_epoch", "metadata", "error_code")

    def __init__(
        self,
        *,
        partition_index: int = 0,  # versions 1-7
        committed_offset: int = 0,  # versions 1-7
        committed_leader_epoch: int = -1,  # versions 5-7
        metadata: str | None = "",  # versions 1-7
        error_code: int = 0,  # versions 1-7
    ) -> None:
        self.partition_index = partition_index
        self.committed_offset = committed_offset
        self.committed_leader_epoch = committed_leader_epoch
        self.metadata = metadata
        self.error_code = error_code


class OffsetFetchResponseTopic(Message):
    """Part of OffsetFetchResponse."""

    __slots__ = ("name", "partitions")

    def __init__(
        self,
        *,
        name: str = "",  # versions 1-7
        partitions: list[OffsetFetchResponsePartition] = EMPTY,  # versions 1-7
    ) -> None:
        self.name = name
        self.partitions = [] if partitions is EMPTY else partitions


class OffsetFetchResponsePartitions(Message):
    """Part of OffsetFetchResponse."""

    __slots__ = ("partition_index", "committed_offset", "committed_leader_epoch", "metadata", "error_code")

    def __init__(
        self,
        *,
        partition_index: int = 0,  # versions 8-10
        committed_offset: int = 0,  # versions 8-10
        committed_leader_epoch: int = -1,  # versions 8-10
        metadata: str | None = "",  # versions 8-10
        error_code: int = 0,  # versions 8-10
    ) -> None:
        self.partition_index = partition_index
        self.committed_offset = committed_offset
        self.committed_leader_epoch = committed_leader_epoch
        self.metadata = metadata
        self.error_code = error_code


class OffsetFetchResponseTopics(Message):
    """Part of OffsetFetchResponse."""

    __slots__ = ("name", "topic_id", "partitions")

    def __init__(
        self,
        *,
        name: str = "",  # versions 8-9
        topic_id: bytes = NIL_UUID,  # versions 10
        partitions: list[OffsetFetchResponsePartitions] = EMPTY,  # versions 8-10
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partitions = [] if partitions is EMPTY else partitions


class OffsetFetchResponseGroup(Message):
    """Part of OffsetFetchResponse."""

    __slots__ = ("group_id", "topics", "error_code")

    def __init__(
        self,
        *,
        group_id: str = "",  # versions 8-10
        topics: list[OffsetFetchResponseTopics] = EMPTY,  # versions 8-10
        error_code: int = 0,  # versions 8-10
    ) -> None:
        self.group_id = group_id
        self.topics = [] if topics is EMPTY else topics
        self.error_code = error_code


class OffsetFetchResponse(Message):
    """Versions 1-10."""

    __slots__ = ("throttle_time_ms", "topics", "error_code", "groups")

    def __init__(
        self,
        *,
        throttle_time_ms: int = 0,  # versions 3-10
        topics: list[OffsetFetchResponseTopic] = EMPTY,  # versions 1-7
        error_code: int = 0,  # versions 2-7
        groups: list[OffsetFetchResponseGroup] = EMPTY,  # versions 8-10
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.topics = [] if topics is EMPTY else topics
        self.error_code = error_code
        self.groups = [] if groups is EMPTY else groups
