"""The broker's logger as a configuration resource (KIP-412): one logger, ``root``, whose level can be changed while it runs.

As in Kafka, the change lasts until the broker stops.
"""

from collections.abc import Sequence
from typing import Final

from broker.admin.config_rules import Operation, OperationType
from broker.config.entry import Entry, Source
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode
from observability import logs

ROOT: Final = "root"

_LEVELS: Final = {
    "TRACE": "debug",
    "DEBUG": "debug",
    "INFO": "info",
    "WARN": "warning",
    "ERROR": "error",
    "FATAL": "error",
}
_NAMES: Final = {"debug": "DEBUG", "info": "INFO", "warning": "WARN", "error": "ERROR"}


def logger_entries() -> list[Entry]:
    """What there is to describe."""
    return [
        Entry(
            name=ROOT, value=_NAMES[logs.level()], source=Source.DYNAMIC_BROKER_LOGGER, kind=None, read_only=False,
            what="How much the broker logs.",
        )
    ]


def set_levels(operations: Sequence[Operation], *, validate_only: bool) -> None:
    """Check all operations, then carry them out."""
    for operation in operations:
        _check(operation)
    if not validate_only:
        for operation in operations:
            logs.set_level(_LEVELS[operation.value or ""])


def _check(operation: Operation) -> None:
    match operation.kind:
        case OperationType.SET:
            if operation.value not in _LEVELS:
                raise BrokerError(
                    ErrorCode.INVALID_CONFIG,
                    f"Cannot set the log level of {operation.name[:100]} to {(operation.value or '')[:100]} as it is not a supported "
                    f"log level. Valid log levels are {', '.join(sorted(_LEVELS))}",
                )
            if operation.name != ROOT:
                raise BrokerError(ErrorCode.INVALID_CONFIG, f"Logger {operation.name[:100]} does not exist!")
        case OperationType.DELETE:
            if operation.name != ROOT:
                raise BrokerError(ErrorCode.INVALID_CONFIG, f"Logger {operation.name[:100]} does not exist!")
            raise BrokerError(ErrorCode.INVALID_REQUEST, "Removing the log level of the root logger is not allowed")
        case _:
            raise BrokerError(
                ErrorCode.INVALID_REQUEST,
                f"{OperationType(operation.kind).name} operation is not allowed for the BROKER_LOGGER resource",
            )
