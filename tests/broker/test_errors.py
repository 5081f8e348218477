"""Errors carry what the client is told."""

from broker.errors import BrokerError, StorageFailed, StorageUnavailable
from broker.wire.error_codes import ErrorCode


def test_a_refusal_carries_code_and_words() -> None:
    """Without words the code's name stands in for them in logs, and the client gets none."""
    assert (BrokerError(ErrorCode.INVALID_CONFIG, "why").code, str(BrokerError(ErrorCode.INVALID_CONFIG))) == (40, "INVALID_CONFIG")
    assert StorageUnavailable("disk full").code == ErrorCode.KAFKA_STORAGE_ERROR


def test_failed_durability_is_no_refusal() -> None:
    """Nobody who turns refusals into answers may swallow it."""
    assert not issubclass(StorageFailed, BrokerError)
