"""Rules of changing configuration: what a list of operations makes of what is set, and what may be set on a broker.

Codes and words are Apache Kafka's, so that tools that read them keep working.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from broker.config.group_table import GROUP_SETTINGS
from broker.config.kafka_names import reason_without_meaning
from broker.config.kafka_values import Kind
from broker.config.problems import SettingsInvalid
from broker.config.settings import BY_KAFKA_NAME, SETTINGS
from broker.config.topic_table import TOPIC_SETTINGS
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode


class ResourceType(IntEnum):
    """What configuration belongs to, by the numbers of the protocol."""

    TOPIC = 2
    BROKER = 4
    BROKER_LOGGER = 8
    CLIENT_METRICS = 16
    GROUP = 32


class OperationType(IntEnum):
    """What is to be done with one setting (KIP-339)."""

    SET = 0
    DELETE = 1
    APPEND = 2
    SUBTRACT = 3


@dataclass(frozen=True, slots=True)
class Operation:
    """One change as it was asked for; ``kind`` may be a number nobody knows."""

    name: str
    kind: int
    value: str | None


def check_operations(operations: Sequence[Operation]) -> None:
    """No setting twice, a value wherever one is needed, known operations only."""
    if len({operation.name for operation in operations}) != len(operations):
        raise BrokerError(ErrorCode.INVALID_REQUEST, "Error due to duplicate config keys")
    if nulls := [op.name for op in operations if op.kind != OperationType.DELETE and op.value is None]:
        raise BrokerError(ErrorCode.INVALID_REQUEST, f"Null value not supported for : {', '.join(nulls)}")
    for operation in operations:
        if operation.kind not in tuple(OperationType):
            raise BrokerError(ErrorCode.INVALID_REQUEST, f"Unknown operations type {operation.kind}")


def apply_operations(
    current: Mapping[str, str],
    operations: Sequence[Operation],
    is_list: Callable[[str], bool],
    fall_back: Callable[[str], str | None],
    not_a_list: Callable[[Operation], str],
) -> dict[str, str]:
    """What is set afterwards. A list that is not set is added to, and taken from, as ``fall_back`` gives it."""
    changed = dict(current)
    for operation in operations:
        name, value = operation.name, operation.value or ""
        match operation.kind:
            case OperationType.SET:
                changed[name] = value
            case OperationType.DELETE:
                changed.pop(name, None)
            case _:
                if not is_list(name):
                    raise BrokerError(ErrorCode.INVALID_CONFIG, not_a_list(operation))
                held = changed[name] if name in changed else fall_back(name)
                parts = [part for part in (held or "").split(",") if part]
                change = _added if operation.kind == OperationType.APPEND else _taken_out
                changed[name] = ",".join(change(parts, value.split(",")))
    return changed


def _added(parts: list[str], more: list[str]) -> list[str]:
    return list(dict.fromkeys([*parts, *more]))


def _taken_out(parts: list[str], less: list[str]) -> list[str]:
    kept = list(parts)
    for part in less:
        if part in kept:
            kept.remove(part)
    return kept


def topic_operations(
    current: Mapping[str, str], operations: Sequence[Operation], fall_back: Callable[[str], str | None]
) -> dict[str, str]:
    """What is set on a topic afterwards; the values are not checked yet."""
    return apply_operations(
        current,
        operations,
        lambda name: name in TOPIC_SETTINGS and TOPIC_SETTINGS[name].kind == Kind.LIST,
        fall_back,
        lambda op: f"Can't {OperationType(op.kind).name} to key {op.name} because its type is not LIST.",
    )


def group_operations(
    current: Mapping[str, str], operations: Sequence[Operation], fall_back: Callable[[str], str | None]
) -> dict[str, str]:
    """What is set on a group afterwards; the values are not checked yet. None of its settings is a list."""
    return apply_operations(
        current,
        operations,
        lambda name: name in GROUP_SETTINGS and GROUP_SETTINGS[name].kind == Kind.LIST,
        fall_back,
        lambda op: f"Can't {OperationType(op.kind).name} to key {op.name} because its type is not LIST.",
    )


def client_metrics_operations(
    current: Mapping[str, str], operations: Sequence[Operation], fall_back: Callable[[str], str | None]
) -> dict[str, str]:
    """What is set for a client metrics subscription afterwards; the values are not checked yet. Its lists are set as a whole only, as at
    Apache Kafka."""
    return apply_operations(
        current,
        operations,
        lambda name: False,
        fall_back,
        lambda op: f"Can't {OperationType(op.kind).name} to key {op.name} because its type is not LIST.",
    )


def broker_operations(
    current: Mapping[str, str], operations: Sequence[Operation], fall_back: Callable[[str], str | None]
) -> dict[str, str]:
    """What is set on a broker, or on all, afterwards; the values are not checked yet."""
    return apply_operations(
        current,
        operations,
        lambda name: name in BY_KAFKA_NAME and BY_KAFKA_NAME[name].kind == Kind.LIST,
        fall_back,
        lambda op: f"Config value {OperationType(op.kind).name.lower()} is not allowed for config key: {op.name}",
    )


def check_broker_names(names: Collection[str], *, one_broker: bool) -> None:
    """Which settings can be changed while a broker runs, and which only for one broker at a time."""
    fixed = [name for name in names if name in BY_KAFKA_NAME and BY_KAFKA_NAME[name].mode == "read-only"]
    if fixed:
        raise BrokerError(ErrorCode.INVALID_REQUEST, f"Cannot update these configs dynamically: [{', '.join(fixed)}]")
    for name in names:
        if name not in BY_KAFKA_NAME:
            raise BrokerError(ErrorCode.INVALID_CONFIG, _unknown(name))
    single = [name for name in names if BY_KAFKA_NAME[name].mode == "per-broker"]
    if single and not one_broker:
        raise BrokerError(
            ErrorCode.INVALID_REQUEST,
            f"Cannot update these configs at default cluster level, broker id must be specified: [{', '.join(single)}]",
        )


def _unknown(name: str) -> str:
    reason = reason_without_meaning(name)
    if reason is not None:
        return f"{name[:200]} has no meaning for this broker: {reason}"
    return f"Unknown broker config name: {name[:200]}"


def broker_refusal(error: SettingsInvalid) -> BrokerError:
    """Kafka answers a wrong value of a broker setting with INVALID_REQUEST, not INVALID_CONFIG (KAFKA-13609)."""
    problem = error.problems[0]
    text = f"Invalid value {problem.value} for configuration {problem.setting}: {problem.why}"
    return BrokerError(ErrorCode.INVALID_REQUEST, _FIELD.sub(_by_kafka_name, text))


_FIELD: Final = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")


def _by_kafka_name(match: re.Match[str]) -> str:
    """Clients know settings by Kafka's names only."""
    setting = SETTINGS.get(match[0])
    return setting.kafka_name if setting is not None and setting.kafka else match[0]


def check_broker_name(name: str, node_id: int, *, what: str, other: str) -> None:
    """Configuration of a broker is asked of the broker itself. ``other`` words the refusal, from ``{own}`` and ``{asked}``."""
    try:
        number = int(name) if name.isascii() and "_" not in name else None
    except ValueError:
        number = None
    if number is None:
        raise BrokerError(ErrorCode.INVALID_REQUEST, f"{what} must be an integer, but it is: {name[:100]}")
    if number != node_id:
        raise BrokerError(ErrorCode.INVALID_REQUEST, other.format(own=node_id, asked=number))
