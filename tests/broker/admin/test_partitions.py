"""Numbers of partitions and replicas, and manual assignments."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.admin.partitions import (
    PARTITIONS_PER_REQUEST_MAX,
    REPLICAS_PER_REQUEST_MAX,
    Assignment,
    check_assignment,
    check_more_partitions,
    check_request_size,
    new_topic_size,
)
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode

BROKERS = {7}


def size(partitions: int = -1, factor: int = -1, assignments: list[Assignment] | None = None) -> tuple[int, int]:
    return new_topic_size(partitions, factor, assignments or [], BROKERS, 4, 3)


def refusal_of(call: Callable[[], object]) -> tuple[ErrorCode, str]:
    with pytest.raises(BrokerError) as refusal:
        call()
    return refusal.value.code, str(refusal.value)


def test_minus_one_means_the_brokers_default() -> None:
    """Each of the two numbers can be left to the broker."""
    assert size() == (4, 3)
    assert size(2) == (2, 3)
    assert size(2, 1) == (2, 1)


def test_any_positive_replication_factor_is_taken() -> None:
    """More replicas than brokers are no error: durability is the store's."""
    assert size(1, 32767) == (1, 32767)


@pytest.mark.parametrize("partitions", [0, -2, -(2**31)])
def test_other_numbers_of_partitions_are_refused(partitions: int) -> None:
    """Nothing below one, except -1."""
    code, _ = refusal_of(lambda: size(partitions))

    assert code is ErrorCode.INVALID_PARTITIONS


@pytest.mark.parametrize("factor", [0, -2, -(2**15)])
def test_other_replication_factors_are_refused(factor: int) -> None:
    """The replication factor is looked at before the number of partitions, as in Kafka."""
    code, message = refusal_of(lambda: size(0, factor))

    assert code is ErrorCode.INVALID_REPLICATION_FACTOR
    assert message == "Replication factor must be larger than 0, or -1 to use the default value."


def test_a_manual_assignment_gives_both_numbers() -> None:
    """The order of its entries does not matter."""
    assert size(assignments=[(1, [7]), (0, [7])]) == (2, 1)


@pytest.mark.parametrize(
    ("assignments", "message"),
    [
        ([(0, [7]), (0, [7])], "Found multiple manual partition assignments for partition 0"),
        ([(1, [7])], "partitions should be a consecutive 0-based integer sequence"),
        ([(0, [7]), (2, [7])], "partitions should be a consecutive 0-based integer sequence"),
        ([(-1, [7]), (0, [7])], "partitions should be a consecutive 0-based integer sequence"),
        ([(0, [])], "The manual partition assignment includes an empty replica list."),
        ([(0, [8])], "The manual partition assignment includes broker 8, but no such broker is registered."),
        ([(0, [7, 7])], "The manual partition assignment includes the broker 7 more than once."),
    ],
)
def test_impossible_assignments_are_refused(assignments: list[Assignment], message: str) -> None:
    """Each in Kafka's words."""
    assert refusal_of(lambda: size(assignments=assignments)) == (ErrorCode.INVALID_REPLICA_ASSIGNMENT, message)


def test_assignments_of_different_lengths_are_refused() -> None:
    """All partitions of a topic have equally many replicas."""
    code, message = refusal_of(lambda: new_topic_size(-1, -1, [(0, [1]), (1, [1, 2])], {1, 2}, 1, 1))

    assert code is ErrorCode.INVALID_REPLICA_ASSIGNMENT
    assert "not consistent with previous partitions, which have 1 replica(s)" in message


def test_an_assignment_excludes_the_numbers() -> None:
    """Either the numbers or the assignment."""
    assert refusal_of(lambda: size(factor=1, assignments=[(0, [7])]))[0] is ErrorCode.INVALID_REQUEST
    assert refusal_of(lambda: size(2, assignments=[(0, [7])]))[0] is ErrorCode.INVALID_REQUEST


def test_more_partitions_must_be_more() -> None:
    """As many or fewer are refused, each with its own words."""
    assert check_more_partitions("t", 2, 5, 1, None, BROKERS) == 3
    assert refusal_of(lambda: check_more_partitions("t", 2, 2, 1, None, BROKERS)) == (
        ErrorCode.INVALID_PARTITIONS,
        "Topic already has 2 partition(s).",
    )
    assert refusal_of(lambda: check_more_partitions("t", 2, -1, 1, None, BROKERS)) == (
        ErrorCode.INVALID_PARTITIONS,
        "The topic t currently has 2 partition(s); -1 would not be an increase.",
    )


def test_assignments_of_added_partitions() -> None:
    """One for each added partition; a factor above the number of brokers asks for all brokers."""
    assert check_more_partitions("t", 1, 3, 1, [[7], [7]], BROKERS) == 2
    assert check_more_partitions("t", 1, 2, 3, [[7]], BROKERS) == 1
    assert refusal_of(lambda: check_more_partitions("t", 1, 3, 1, [[7]], BROKERS)) == (
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.",
    )
    assert refusal_of(lambda: check_more_partitions("t", 1, 2, 1, [[9]], BROKERS))[0] is (
        ErrorCode.INVALID_REPLICA_ASSIGNMENT
    )


def test_a_request_may_not_ask_for_too_much() -> None:
    """Both partitions and replicas are bounded over the whole request; nonsense numbers count nothing here."""
    check_request_size([(PARTITIONS_PER_REQUEST_MAX - 1, 1), (1, 1), (-5, 3)])
    check_request_size([(REPLICAS_PER_REQUEST_MAX // 100, 100)])

    assert refusal_of(lambda: check_request_size([(PARTITIONS_PER_REQUEST_MAX, 1), (1, 1)])) == (
        ErrorCode.POLICY_VIOLATION,
        "Excessively large number of partitions per request.",
    )
    assert refusal_of(lambda: check_request_size([(2**31 - 1, 1), (-(2**31), 1)]))[0] is ErrorCode.POLICY_VIOLATION
    assert refusal_of(lambda: check_request_size([(4, 32767)]))[0] is ErrorCode.POLICY_VIOLATION


@given(st.lists(st.integers(0, 4), max_size=5), st.sets(st.integers(0, 4)), st.none() | st.integers(1, 4))
def test_an_assignment_is_good_exactly_when_it_is_distinct_known_and_long_enough(
    brokers: list[int], known: set[int], factor: int | None
) -> None:
    """The check agrees with the rule stated directly."""
    good = bool(brokers) and len(set(brokers)) == len(brokers) and set(brokers) <= known
    good = good and factor in (None, len(brokers))
    if good:
        check_assignment(brokers, known, factor)
    else:
        assert refusal_of(lambda: check_assignment(brokers, known, factor))[0] is ErrorCode.INVALID_REPLICA_ASSIGNMENT
