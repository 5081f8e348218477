"""Refusals that a client is told about. Each carries its Kafka error code; anything else that is raised is a bug."""

from broker.wire.error_codes import ErrorCode


class BrokerError(Exception):
    """An expected refusal: ``code`` goes to the client, ``message`` says why in words fit for it."""

    def __init__(self, code: ErrorCode, message: str | None = None) -> None:
        super().__init__(message or code.name)
        self.code = code
        self.message = message


class StorageUnavailable(BrokerError):
    """The store or the catalog cannot take or give data now (full disk, I/O error); retriable for the client."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(ErrorCode.KAFKA_STORAGE_ERROR, message)


class ObjectUnreadable(StorageUnavailable):
    """Object ``object_id`` cannot be read. ``is_lost``: the store has answered, and it is not there, or ends too early; else it may be the store that is
    away."""

    def __init__(self, message: str, object_id: int, *, is_lost: bool) -> None:
        super().__init__(message)
        self.object_id = object_id
        self.is_lost = is_lost


class StorageFailed(Exception):
    """Durability can no longer be promised (a failed fsync). Never retried: the broker stops and says so.

    Not a :class:`BrokerError`: nobody may swallow it into an answer.
    """
