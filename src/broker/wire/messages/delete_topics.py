"""DeleteTopics (API key 20): the message classes of all versions.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

from broker.wire.messages.base import EMPTY, NIL_UUID, Message


class DeleteTopicsRequestDeleteTopicState(Message):
    """Part of DeleteTopicsRequest."""

    __slots__ = ("name", "topic_id")

    def __init__(
        self,
        *,
        name: str | None = None,  # versions 6
        topic_id: bytes = NIL_UUID,  # versions 6
    ) -> None:
        self.name = name
        self.topic_id = topic_id


class DeleteTopicsRequest(Message):
    """Versions 1-6."""

    __slots__ = ("topics", "topic_names", "timeout_ms")

    def __init__(
        self,
        *,
        topics: list[DeleteTopicsRequestDeleteTopicState] = EMPTY,  # versions 6
        topic_names: list[str] = EMPTY,  # versions 1-5
        timeout_ms: int = 0,
    ) -> None:
        self.topics = [] if topics is EMPTY else topics
        self.topic_names = [] if topic_names is EMPTY else topic_names
        self.timeout_ms = timeout_ms


class DeleteTopicsResponseDeletableTopicResult(Message):
    """Part of DeleteTopicsResponse."""

    __slots__ = ("name", "topic_id", "error_code", "error_message")

    def __init__(
        self,
        *,
        name: str | None = "",
        topic_id: bytes = NIL_UUID,  # versions 6
        error_code: int = 0,
        error_message: str | None = None,  # versions 5-6
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.error_code = error_code
        self.error_message = error_message


class DeleteTopicsResponse(Message):
    """Versions 1-6."""

    __slots__ = ("throttle_time_ms", "responses")

    def __init__(
        self,
        *,
        throttle_time_ms: int = 0,
        responses: list[DeleteTopicsResponseDeletableTopicResult] = EMPTY,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.responses = [] if responses is EMPTY else responses
