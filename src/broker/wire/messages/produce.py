"""Produce (API key 0): the message classes of all versions.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

from broker.wire.messages.base import EMPTY, NIL_UUID, Buffer, Message


class ProduceRequestPartitionProduceData(Message):
    """Part of ProduceRequest."""

    __slots__ = ("index", "records")

    def __init__(
        self,
        *,
        index: int = 0,
        records: Buffer | None = None,
    ) -> None:
        self.index = index
        self.records = records


class ProduceRequestTopicProduceData(Message):
    """Part of ProduceRequest."""

    __slots__ = ("name", "topic_id", "partition_data")

    def __init__(
        self,
        *,
        name: str = "",  # versions 3-12
        topic_id: bytes = NIL_UUID,  # versions 13
        partition_data: list[ProduceRequestPartitionProduceData] = EMPTY,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partition_data = [] if partition_data is EMPTY else partition_data


class ProduceRequest(Message):
    """Versions 3-13."""

    __slots__ = ("transactional_id", "acks", "timeout_ms", "topic_data")

    def __init__(
        self,
        *,
        transactional_id: str | None = None,
        acks: int = 0,
        timeout_ms: int = 0,
        topic_data: list[ProduceRequestTopicProduceData] = EMPTY,
    ) -> None:
        self.transactional_id = transactional_id
        self.acks = acks
        self.timeout_ms = timeout_ms
        self.topic_data = [] if topic_data is EMPTY else topic_data


class ProduceResponseBatchIndexAndErrorMessage(Message):
    """Part of ProduceResponse."""

    __slots__ = ("batch_index", "batch_index_error_message")

    def __init__(
        self,
        *,
        batch_index: int = 0,  # versions 8-13
        batch_index_error_message: str | None = None,  # versions 8-13
    ) -> None:
        self.batch_index = batch_index
        self.batch_index_error_message = batch_index_error_message


class ProduceResponseLeaderIdAndEpoch(Message):
    """Part of ProduceResponse."""

    __slots__ = ("leader_id", "leader_epoch")

    def __init__(
        self,
        *,
        leader_id: int = -1,  # versions 10-13
        leader_epoch: int = -1,  # versions 10-13
    ) -> None:
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch


class ProduceResponsePartitionProduceResponse(Message):
    """Part of ProduceResponse."""

    __slots__ = (
        "index",
        "error_code",
        "base_offset",
        "log_append_time_ms",
        "log_start_offset",
        "record_errors",
        "error_message",
        "current_leader",
    )

    def __init__(
        self,
        *,
        index: int = 0,
        error_code: int = 0,
        base_offset: int = 0,
        log_append_time_ms: int = -1,
        log_start_offset: int = -1,  # versions 5-13
        record_errors: list[ProduceResponseBatchIndexAndErrorMessage] = EMPTY,  # versions 8-13
        error_message: str | None = None,  # versions 8-13
        current_leader: ProduceResponseLeaderIdAndEpoch | None = None,  # versions 10-13
    ) -> None:
        self.index = index
        self.error_code = error_code
        self.base_offset = base_offset
        self.log_append_time_ms = log_append_time_ms
        self.log_start_offset = log_start_offset
        self.record_errors = [] if record_errors is EMPTY else record_errors
        self.error_message = error_message
        self.current_leader = current_leader


class ProduceResponseTopicProduceResponse(Message):
    """Part of ProduceResponse."""

    __slots__ = ("name", "topic_id", "partition_responses")

    def __init__(
        self,
        *,
        name: str = "",  # versions 3-12
        topic_id: bytes = NIL_UUID,  # versions 13
        partition_responses: list[ProduceResponsePartitionProduceResponse] = EMPTY,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partition_responses = [] if partition_responses is EMPTY else partition_responses


class ProduceResponseNodeEndpoint(Message):
    """Part of ProduceResponse."""

    __slots__ = ("node_id", "host", "port", "rack")

    def __init__(
        self,
        *,
        node_id: int = 0,  # versions 10-13
        host: str = "",  # versions 10-13
        port: int = 0,  # versions 10-13
        rack: str | None = None,  # versions 10-13
    ) -> None:
        self.node_id = node_id
        self.host = host
        self.port = port
        self.rack = rack


class ProduceResponse(Message):
    """Versions 3-13."""

    __slots__ = ("responses", "throttle_time_ms", "node_endpoints")

    def __init__(
        self,
        *,
        responses: list[ProduceResponseTopicProduceResponse] = EMPTY,
        throttle_time_ms: int = 0,
        node_endpoints: list[ProduceResponseNodeEndpoint] = EMPTY,  # versions 10-13
    ) -> None:
        self.responses = [] if responses is EMPTY else responses
        self.throttle_time_ms = throttle_time_ms
        self.node_endpoints = [] if node_endpoints is EMPTY else node_endpoints
