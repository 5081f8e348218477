"""How many partitions and replicas a topic may be given, and what a manual assignment of them must look like."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode

PARTITIONS_PER_REQUEST_MAX: Final = 10_000
"""What one request may create (Kafka's limit): a few bytes must not turn into unbounded work."""

REPLICAS_PER_REQUEST_MAX: Final = 100_000
"""Bounds partitions times replication factor. Every replica is four bytes, twice, in each answer about the topic, and here
no number of brokers limits the factor."""

NOT_GIVEN: Final = -1
"""A partition count or replication factor that is left to the broker (KIP-464)."""

Assignment = tuple[int, Sequence[int]]
"""A partition's index and the brokers that are to hold it."""


def new_topic_size(
    partition_count: int,
    replication_factor: int,
    assignments: Sequence[Assignment],
    known_brokers: Collection[int],
    default_partition_count: int,
    default_replication_factor: int,
) -> tuple[int, int]:
    """The number of partitions and the replication factor a new topic gets. Raises a refusal as Kafka words it.

    The replication factor may exceed the number of brokers: durability is the store's, and the number is only kept and
    reported (docs/decisions/0003).
    """
    if assignments:
        return _assigned_size(partition_count, replication_factor, assignments, known_brokers)
    if replication_factor < NOT_GIVEN or replication_factor == 0:
        raise BrokerError(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            "Replication factor must be larger than 0, or -1 to use the default value.",
        )
    if partition_count < NOT_GIVEN or partition_count == 0:
        raise BrokerError(
            ErrorCode.INVALID_PARTITIONS, "Number of partitions was set to an invalid non-positive value."
        )
    return (
        default_partition_count if partition_count == NOT_GIVEN else partition_count,
        default_replication_factor if replication_factor == NOT_GIVEN else replication_factor,
    )


def _assigned_size(
    partition_count: int, replication_factor: int, assignments: Sequence[Assignment], known_brokers: Collection[int]
) -> tuple[int, int]:
    if replication_factor != NOT_GIVEN:
        raise BrokerError(
            ErrorCode.INVALID_REQUEST,
            "A manual partition assignment was specified, but replication factor was not set to -1.",
        )
    if partition_count != NOT_GIVEN:
        raise BrokerError(
            ErrorCode.INVALID_REQUEST,
            "A manual partition assignment was specified, but numPartitions was not set to -1.",
        )
    expected: int | None = None
    indexes: set[int] = set()
    for index, brokers in assignments:
        if index in indexes:
            raise BrokerError(
                ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                f"Found multiple manual partition assignments for partition {index}",
            )
        check_assignment(brokers, known_brokers, expected)
        expected = len(brokers)
        indexes.add(index)
    if indexes != set(range(len(assignments))):
        raise BrokerError(
            ErrorCode.INVALID_REPLICA_ASSIGNMENT, "partitions should be a consecutive 0-based integer sequence"
        )
    assert expected is not None
    return len(assignments), expected


def check_assignment(brokers: Sequence[int], known_brokers: Collection[int], replication_factor: int | None) -> None:
    """Raises INVALID_REPLICA_ASSIGNMENT unless ``brokers`` are known, distinct, and as many as ``replication_factor`` says."""
    if not brokers:
        raise _bad_assignment("The manual partition assignment includes an empty replica list.")
    previous: int | None = None
    for broker in sorted(brokers):
        if broker not in known_brokers:
            raise _bad_assignment(
                f"The manual partition assignment includes broker {broker}, but no such broker is registered."
            )
        if broker == previous:
            raise _bad_assignment(f"The manual partition assignment includes the broker {broker} more than once.")
        previous = broker
    if replication_factor is not None and len(brokers) != replication_factor:
        raise _bad_assignment(
            f"The manual partition assignment includes a partition with {len(brokers)} replica(s), but this is not "
            f"consistent with previous partitions, which have {replication_factor} replica(s)."
        )


def check_more_partitions(
    name: str,
    current: int,
    total: int,
    replication_factor: int,
    assignments: Sequence[Sequence[int]] | None,
    known_brokers: Collection[int],
) -> int:
    """How many partitions ``total`` adds to a topic that has ``current`` ones. Raises INVALID_PARTITIONS when it adds
    none, INVALID_REPLICA_ASSIGNMENT when ``assignments`` do not fit."""
    if total == current:
        raise BrokerError(ErrorCode.INVALID_PARTITIONS, f"Topic already has {current} partition(s).")
    if total < current:
        raise BrokerError(
            ErrorCode.INVALID_PARTITIONS,
            f"The topic {name} currently has {current} partition(s); {total} would not be an increase.",
        )
    additional = total - current
    if assignments is not None:
        if len(assignments) != additional:
            raise _bad_assignment(
                f"Attempted to add {additional} additional partition(s), but only {len(assignments)} "
                "assignment(s) were specified."
            )
        for brokers in assignments:
            check_assignment(brokers, known_brokers, _assignable(replication_factor, known_brokers))
    return additional


def _assignable(replication_factor: int, known_brokers: Collection[int]) -> int:
    """How many brokers an assignment must name: a factor beyond the number of brokers cannot be spelt out."""
    return min(replication_factor, len(known_brokers))


def check_request_size(sizes: Iterable[tuple[int, int]]) -> None:
    """Raises POLICY_VIOLATION when the (partitions, replication factor) of a request's topics are too many together."""
    partitions = replicas = 0
    for partition_count, replication_factor in sizes:
        partitions += max(partition_count, 0)
        replicas += max(partition_count, 0) * max(replication_factor, 1)
    if partitions > PARTITIONS_PER_REQUEST_MAX:
        raise BrokerError(ErrorCode.POLICY_VIOLATION, "Excessively large number of partitions per request.")
    if replicas > REPLICAS_PER_REQUEST_MAX:
        raise BrokerError(ErrorCode.POLICY_VIOLATION, "Excessively large number of replicas per request.")


def _bad_assignment(message: str) -> BrokerError:
    return BrokerError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message)
