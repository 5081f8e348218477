"""The level of the broker's log, as configuration."""

from collections.abc import Iterator

import pytest

from broker.admin.broker_loggers import logger_entries, set_levels
from broker.admin.config_rules import Operation
from broker.config.entry import Source
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode
from observability import logs


@pytest.fixture(autouse=True)
def _level() -> Iterator[None]:
    before = logs.level()
    yield
    logs.set_level(before)


@pytest.mark.parametrize(
    ("asked", "shown"), [("TRACE", "DEBUG"), ("DEBUG", "DEBUG"), ("INFO", "INFO"), ("WARN", "WARN"), ("ERROR", "ERROR"), ("FATAL", "ERROR")]
)
def test_the_level_changes_at_once(asked: str, shown: str) -> None:
    """Kafka's levels are taken, the nearest of ours is shown."""
    set_levels([Operation("root", 0, asked)], validate_only=False)

    (entry,) = logger_entries()
    assert (entry.name, entry.value, entry.source, entry.kind) == ("root", shown, Source.DYNAMIC_BROKER_LOGGER, None)


def test_validation_changes_nothing() -> None:
    """The level stays."""
    before = logs.level()
    set_levels([Operation("root", 0, "ERROR" if before != "error" else "DEBUG")], validate_only=True)

    assert logs.level() == before


@pytest.mark.parametrize(
    ("operation", "code", "words"),
    [
        (Operation("root", 0, "LOUD"), ErrorCode.INVALID_CONFIG, "Valid log levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN"),
        (Operation("root", 0, "info"), ErrorCode.INVALID_CONFIG, "not a supported log level"),
        (Operation("nope", 0, "INFO"), ErrorCode.INVALID_CONFIG, "Logger nope does not exist!"),
        (Operation("nope", 1, None), ErrorCode.INVALID_CONFIG, "Logger nope does not exist!"),
        (Operation("root", 1, None), ErrorCode.INVALID_REQUEST, "Removing the log level of the root logger is not allowed"),
        (Operation("root", 2, "INFO"), ErrorCode.INVALID_REQUEST, "APPEND operation is not allowed for the BROKER_LOGGER resource"),
        (Operation("root", 3, "INFO"), ErrorCode.INVALID_REQUEST, "SUBTRACT operation is not allowed"),
    ],
)
def test_what_a_logger_cannot_is_refused_in_kafkas_words(operation: Operation, code: ErrorCode, words: str) -> None:
    """And nothing of the request is done."""
    before = logs.level()
    with pytest.raises(BrokerError) as caught:
        set_levels([Operation("root", 0, "DEBUG"), operation], validate_only=False)

    assert (caught.value.code, words in str(caught.value)) == (code, True)
    assert logs.level() == before
