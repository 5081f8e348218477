"""FindCoordinator (API key 10): the message classes of all versions.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

from broker.wire.messages.base import EMPTY, Message


class FindCoordinatorRequest(Message):
    """Versions 0-6."""

    __slots__ = ("key", "key_type", "coordinator_keys")

    def __init__(
        self,
        *,
        key: str = "",  # versions 0-3
        key_type: int = 0,  # versions 1-6
        coordinator_keys: list[str] = EMPTY,  # versions 4-6
    ) -> None:
        self.key = key
        self.key_type = key_type
        self.coordinator_keys = [] if coordinator_keys is EMPTY else coordinator_keys


class FindCoordinatorResponseCoordinator(Message):
    """Part of FindCoordinatorResponse."""

    __slots__ = ("key", "node_id", "host", "port", "error_code", "error_message")

    def __init__(
        self,
        *,
        key: str = "",  # versions 4-6
        node_id: int = 0,  # versions 4-6
        host: str = "",  # versions 4-6
        port: int = 0,  # versions 4-6
        error_code: int = 0,  # versions 4-6
        error_message: str | None = "",  # versions 4-6
    ) -> None:
        self.key = key
        self.node_id = node_id
        self.host = host
        self.port = port
        self.error_code = error_code
        self.error_message = error_message


class FindCoordinatorResponse(Message):
    """Versions 0-6."""

    __slots__ = ("throttle_time_ms", "error_code", "error_message", "node_id", "host", "port", "coordinators")

    def __init__(
        self,
        *,
        throttle_time_ms: int = 0,  # versions 1-6
        error_code: int = 0,  # versions 0-3
        error_message: str | None = "",  # versions 1-3
        node_id: int = 0,  # versions 0-3
        host: str = "",  # versions 0-3
        port: int = 0,  # versions 0-3
        coordinators: list[FindCoordinatorResponseCoordinator] = EMPTY,  # versions 4-6
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.node_id = node_id
        self.host = host
        self.port = port
        self.coordinators = [] if coordinators is EMPTY else coordinators
