"""What a quota can bound: Kafka's names, for whom each is, and which values make sense (KIP-13, KIP-124, KIP-599, KIP-612)."""

from collections.abc import Mapping
from enum import StrEnum
from math import isfinite
from typing import Final

from security.quotas.entity import IP, QuotaEntity


class QuotaKind(StrEnum):
    PRODUCER_BYTE_RATE = "producer_byte_rate"
    CONSUMER_BYTE_RATE = "consumer_byte_rate"
    REQUEST_PERCENTAGE = "request_percentage"
    CONTROLLER_MUTATION_RATE = "controller_mutation_rate"
    CONNECTION_CREATION_RATE = "connection_creation_rate"


class QuotaProblem(Exception):
    """A quota that cannot be; the text says why."""


INT_MAX: Final = (1 << 31) - 1
LONG_MAX: Final = (1 << 63) - 1

_OF_CLIENTS: Final = frozenset(QuotaKind) - {QuotaKind.CONNECTION_CREATION_RATE}
_OF_ADDRESSES: Final = frozenset({QuotaKind.CONNECTION_CREATION_RATE})
_WHOLE: Final[Mapping[QuotaKind, int]] = {
    QuotaKind.PRODUCER_BYTE_RATE: LONG_MAX,
    QuotaKind.CONSUMER_BYTE_RATE: LONG_MAX,
    QuotaKind.CONNECTION_CREATION_RATE: INT_MAX,
}
_EPSILON: Final = 1e-6


def kind_of(entity: QuotaEntity, key: str) -> QuotaKind:
    """The kind by its name. Raises QuotaProblem when there is none, or it is not for such an entity."""
    try:
        kind = QuotaKind(key)
    except ValueError:
        raise QuotaProblem(f"there is no quota {key!r}") from None
    if kind not in (_OF_ADDRESSES if IP in entity.kinds else _OF_CLIENTS):
        raise QuotaProblem(f"{key} is no quota of a {' and '.join(entity.kinds)}")
    return kind


def check_value(kind: QuotaKind, value: float) -> None:
    """Raises QuotaProblem."""
    if not isfinite(value):
        raise QuotaProblem(f"{kind} must be a finite number")
    if value <= 0:
        raise QuotaProblem(f"{kind} must be greater than 0")
    most = _WHOLE.get(kind)
    if most is not None:
        if abs(value - round(value)) > _EPSILON:
            raise QuotaProblem(f"{kind} must be a whole number")
        if value > most:
            raise QuotaProblem(f"{kind} must not be greater than {most}")
