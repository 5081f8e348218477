"""What requests about a transactional id do to it."""

from dataclasses import replace
from typing import Final

import pytest

from broker.storage.catalog.transaction_rules import (
    LAST_EPOCH,
    Verdict,
    abort,
    add,
    add_offsets,
    end,
    init,
    is_forgettable,
)
from broker.storage.catalog.transactions import TransactionState, TransactionStatus
from broker.wire.error_codes import ErrorCode

EMPTY: Final = TransactionStatus.EMPTY
ONGOING: Final = TransactionStatus.ONGOING
COMMITTED: Final = TransactionStatus.COMPLETE_COMMIT
ABORTED: Final = TransactionStatus.COMPLETE_ABORT

NOW, LATER = 1000, 2000
FRESH_ID = 99


def state(
    status: TransactionStatus = EMPTY, *, epoch: int = 4, last_epoch: int = -1, previous: int = -1
) -> TransactionState:
    ongoing = status is ONGOING
    return TransactionState(
        transactional_id="t",
        producer_id=7,
        epoch=epoch,
        timeout_ms=60,
        status=status,
        started_ms=NOW if ongoing else -1,
        updated_ms=NOW,
        partitions=frozenset({1}) if ongoing else frozenset(),
        groups=frozenset({"g"}) if ongoing else frozenset(),
        last_epoch=last_epoch,
        previous_producer_id=previous,
    )


def started(before: TransactionState | None, producer_id: int = -1, epoch: int = -1) -> Verdict:
    return init(before, "t", 77, producer_id, epoch, LATER, FRESH_ID)


def ended(before: TransactionState | None, epoch: int, *, commit: bool, bump: bool, producer_id: int = 7) -> Verdict:
    return end(before, producer_id, epoch, commit, bump, FRESH_ID, LATER)


def after(verdict: Verdict) -> TransactionState:
    assert verdict.error_code is ErrorCode.NONE
    assert verdict.state is not None
    return verdict.state


def producer_of(verdict: Verdict) -> tuple[int, int]:
    return after(verdict).producer_id, after(verdict).epoch


# Initialising


@pytest.mark.parametrize("expected", [(-1, -1), (3, 2)])
def test_a_new_id_begins_with_the_fresh_producer_id(expected: tuple[int, int]) -> None:
    """Also for a client that had one which was forgotten meanwhile."""
    verdict = started(None, *expected)

    assert verdict == Verdict(
        state=TransactionState(transactional_id="t", producer_id=FRESH_ID, epoch=0, timeout_ms=77, updated_ms=LATER)
    )


@pytest.mark.parametrize("status", [EMPTY, COMMITTED, ABORTED])
def test_who_does_not_say_who_it_was_gets_the_next_epoch(status: TransactionStatus) -> None:
    """And with it the state of a new beginning."""
    verdict = started(state(status, last_epoch=3, previous=6))

    assert verdict.commit is None
    assert after(verdict) == replace(state(EMPTY, epoch=5), timeout_ms=77, updated_ms=LATER)


def test_what_is_open_is_aborted_under_an_epoch_nobody_is_given() -> None:
    """The markers fence the producer before its successor begins (X2)."""
    verdict = started(state(ONGOING))

    assert (verdict.commit, verdict.marker_epoch) == (False, 5)
    assert after(verdict) == replace(state(EMPTY, epoch=6), timeout_ms=77, updated_ms=LATER)


def test_who_says_the_latest_epoch_goes_on_with_the_next_one() -> None:
    """And may ask again with the old one when it missed the answer (KIP-360, X3)."""
    first = after(started(state(), 7, 4))
    assert (first.epoch, first.last_epoch) == (5, 4)

    again = started(first, 7, 4)
    assert (after(again).epoch, after(again).last_epoch) == (5, 4)


def test_who_says_the_latest_epoch_aborts_its_own_transaction() -> None:
    """And need not ask twice."""
    verdict = started(state(ONGOING), 7, 4)

    assert (verdict.commit, verdict.marker_epoch, after(verdict).epoch, after(verdict).last_epoch) == (False, 5, 6, 4)


@pytest.mark.parametrize("status", [EMPTY, ONGOING, COMMITTED, ABORTED])
@pytest.mark.parametrize("expected", [(7, 3), (7, 5), (6, 4), (8, 0)])
def test_who_is_out_of_date_is_fenced_and_ends_nothing(status: TransactionStatus, expected: tuple[int, int]) -> None:
    """A producer that was replaced must not abort what its successor has open (X3)."""
    assert started(state(status), *expected) == Verdict(error_code=ErrorCode.PRODUCER_FENCED)


def test_a_lost_answer_is_not_repeated_once_a_transaction_is_open() -> None:
    """Who opened it had the answer, so this request was on its way for long."""
    assert started(state(ONGOING, last_epoch=3), 7, 3).error_code is ErrorCode.PRODUCER_FENCED


def test_a_new_producer_makes_the_lost_answer_of_the_old_one_void() -> None:
    """Otherwise both would go on with the same epoch."""
    mine = after(started(state(), 7, 4))
    other = after(started(mine))

    assert started(other, 7, 4).error_code is ErrorCode.PRODUCER_FENCED


@pytest.mark.parametrize(
    ("status", "epoch"),
    [(EMPTY, LAST_EPOCH), (COMMITTED, LAST_EPOCH), (ONGOING, LAST_EPOCH), (ONGOING, LAST_EPOCH - 1)],
)
def test_an_exhausted_epoch_takes_a_new_producer_id(status: TransactionStatus, epoch: int) -> None:
    """32767 is nobody's epoch; an abort on the way needs one, too (X4)."""
    verdict = started(state(status, epoch=epoch))

    assert producer_of(verdict) == (FRESH_ID, 0)
    assert verdict.marker_epoch == (epoch + 1 if status is ONGOING else -1)


def test_a_lost_answer_with_a_new_producer_id_is_repeated() -> None:
    """The caller still has the exhausted one."""
    rotated = after(started(state(epoch=LAST_EPOCH), 7, LAST_EPOCH))
    assert (rotated.previous_producer_id, rotated.last_epoch) == (7, LAST_EPOCH)

    assert producer_of(started(rotated, 7, LAST_EPOCH)) == (FRESH_ID, 0)
    assert started(rotated, 7, LAST_EPOCH - 1).error_code is ErrorCode.PRODUCER_FENCED


# Adding


@pytest.mark.parametrize("status", [EMPTY, COMMITTED, ABORTED])
def test_the_first_partition_or_group_opens_the_transaction(status: TransactionStatus) -> None:
    """Its time runs from there (X7)."""
    opened = after(add(state(status), 7, 4, [1, 2], ["g"], LATER))
    wanted = replace(
        state(ONGOING), partitions=frozenset({1, 2}), groups=frozenset({"g"}), started_ms=LATER, updated_ms=LATER
    )
    assert opened == wanted


def test_more_is_added_to_what_is_open() -> None:
    """Since when it is open does not change; what is there already changes nothing at all."""
    more = after(add(state(ONGOING), 7, 4, [2], ["h"], LATER))

    assert (more.partitions, more.groups, more.started_ms) == ({1, 2}, {"g", "h"}, NOW)
    assert add(state(ONGOING), 7, 4, [1], ["g"], LATER) == Verdict()


@pytest.mark.parametrize(
    ("before", "producer_id", "epoch", "code"),
    [
        (None, 7, 4, ErrorCode.INVALID_PRODUCER_ID_MAPPING),
        (state(), 8, 4, ErrorCode.INVALID_PRODUCER_ID_MAPPING),
        (state(), 7, 3, ErrorCode.PRODUCER_FENCED),
        (state(ONGOING), 7, 5, ErrorCode.PRODUCER_FENCED),
    ],
)
def test_only_the_latest_producer_adds(
    before: TransactionState | None, producer_id: int, epoch: int, code: ErrorCode
) -> None:
    """Every other one hears why not (X1)."""
    assert add(before, producer_id, epoch, [1], [], LATER) == Verdict(error_code=code)


def test_offsets_need_their_group_in_the_transaction() -> None:
    """Unless the request adds it (KIP-890)."""
    wrong = Verdict(error_code=ErrorCode.INVALID_TXN_STATE)
    assert add_offsets(state(), 7, 4, frozenset({"g"}), None, LATER) == wrong
    assert add_offsets(state(ONGOING), 7, 4, frozenset({"h"}), None, LATER) == wrong
    assert add_offsets(state(ONGOING), 7, 4, frozenset({"g"}), None, LATER) == Verdict()
    assert after(add_offsets(state(ONGOING), 7, 4, frozenset({"h"}), "h", LATER)).groups == {"g", "h"}
    assert after(add_offsets(state(), 7, 4, frozenset({"h"}), "h", LATER)).status is ONGOING
    assert add_offsets(state(ONGOING), 7, 4, frozenset({"i"}), "h", LATER) == wrong


def test_offsets_of_a_fenced_producer_are_refused_as_its_records_are() -> None:
    """By the code that every version of the request knows."""
    assert (
        add_offsets(state(ONGOING), 7, 3, frozenset({"g"}), "g", LATER).error_code is ErrorCode.INVALID_PRODUCER_EPOCH
    )
    assert add_offsets(None, 7, 4, frozenset({"g"}), "g", LATER).error_code is ErrorCode.INVALID_PRODUCER_ID_MAPPING


# Ending


@pytest.mark.parametrize("commit", [True, False])
def test_an_end_without_a_bump_keeps_the_epoch_and_can_be_repeated(commit: bool) -> None:
    """For the same outcome only (X5)."""
    verdict = ended(state(ONGOING, last_epoch=3), 4, commit=commit, bump=False)
    done = after(verdict)

    assert (verdict.commit, verdict.marker_epoch) == (commit, 4)
    assert done == replace(state(COMMITTED if commit else ABORTED), updated_ms=LATER)
    assert ended(done, 4, commit=commit, bump=False) == Verdict()
    assert ended(done, 4, commit=not commit, bump=False).error_code is ErrorCode.INVALID_TXN_STATE


@pytest.mark.parametrize("commit", [True, False])
def test_nothing_ends_without_a_bump_where_nothing_was_open(commit: bool) -> None:
    """As Kafka has it."""
    assert ended(state(), 4, commit=commit, bump=False).error_code is ErrorCode.INVALID_TXN_STATE


@pytest.mark.parametrize("commit", [True, False])
def test_an_end_with_a_bump_is_repeated_at_the_old_epoch(commit: bool) -> None:
    """The answer is the present id and epoch; the other outcome is refused (X6)."""
    verdict = ended(state(ONGOING), 4, commit=commit, bump=True)
    done = after(verdict)

    assert (verdict.commit, verdict.marker_epoch) == (commit, 5)
    assert (done.epoch, done.last_epoch, done.partitions, done.groups) == (5, 4, frozenset(), frozenset())
    assert ended(done, 4, commit=commit, bump=True) == Verdict()
    assert ended(done, 4, commit=not commit, bump=True).error_code is ErrorCode.INVALID_TXN_STATE


@pytest.mark.parametrize("commit", [True, False])
def test_a_delayed_end_does_not_end_a_newer_transaction(commit: bool) -> None:
    """Neither while that is open nor when it is over (KAFKA-17754)."""
    done = after(ended(state(ONGOING), 4, commit=True, bump=True))
    open_again = after(add(done, 7, 5, [1], [], LATER))
    assert ended(open_again, 4, commit=commit, bump=True).error_code is ErrorCode.PRODUCER_FENCED

    done_again = after(ended(open_again, 5, commit=commit, bump=True))
    assert ended(done_again, 4, commit=commit, bump=True).error_code is ErrorCode.PRODUCER_FENCED


@pytest.mark.parametrize("status", [EMPTY, COMMITTED, ABORTED])
def test_what_is_not_open_can_be_aborted_with_a_bump_and_not_committed(status: TransactionStatus) -> None:
    """The first request of the transaction may be lost, or still on its way; then it is fenced."""
    verdict = ended(state(status), 4, commit=False, bump=True)

    assert verdict.commit is None
    assert (after(verdict).status, after(verdict).epoch, after(verdict).last_epoch) == (ABORTED, 5, 4)
    assert ended(state(status), 4, commit=True, bump=True).error_code is ErrorCode.INVALID_TXN_STATE


def test_a_bump_of_the_last_epoch_gives_the_new_producer_id() -> None:
    """The markers still are the old one's; a repetition comes from the old one, too (X4)."""
    verdict = ended(state(ONGOING, epoch=LAST_EPOCH), LAST_EPOCH, commit=True, bump=True)
    done = after(verdict)

    assert (verdict.marker_epoch, producer_of(verdict)) == (LAST_EPOCH + 1, (FRESH_ID, 0))
    assert ended(done, LAST_EPOCH, commit=True, bump=True) == Verdict()
    assert ended(done, LAST_EPOCH - 1, commit=True, bump=True).error_code is ErrorCode.INVALID_PRODUCER_ID_MAPPING
    assert ended(done, LAST_EPOCH, commit=True, bump=True, producer_id=8).error_code is not ErrorCode.NONE
    following = after(ended(done, 0, commit=False, bump=True, producer_id=FRESH_ID))
    assert ended(following, LAST_EPOCH, commit=True, bump=True).error_code is ErrorCode.INVALID_PRODUCER_ID_MAPPING


@pytest.mark.parametrize("bump", [True, False])
@pytest.mark.parametrize("status", [EMPTY, ONGOING, COMMITTED, ABORTED])
def test_only_the_latest_producer_ends(status: TransactionStatus, bump: bool) -> None:
    """Every other one hears why not (X1)."""
    assert ended(None, 4, commit=True, bump=bump).error_code is ErrorCode.INVALID_PRODUCER_ID_MAPPING
    for epoch in (3, 5):
        assert ended(state(status), epoch, commit=True, bump=bump).error_code is ErrorCode.PRODUCER_FENCED
    other = ended(state(status), 4, commit=True, bump=bump, producer_id=8)
    assert other.error_code is ErrorCode.INVALID_PRODUCER_ID_MAPPING


def test_the_epoch_before_an_initialisation_repeats_no_end() -> None:
    """It was replaced by another request."""
    fresh = after(started(state(), 7, 4))

    assert ended(fresh, 4, commit=False, bump=True).error_code is ErrorCode.PRODUCER_FENCED


def test_the_epoch_before_an_initialisation_repeats_no_end_without_a_bump() -> None:
    """A transaction that was ended without one was ended at the present epoch."""
    fresh = after(started(state(), 7, 4))
    done = after(ended(after(add(fresh, 7, 5, [1], [], NOW)), 5, commit=True, bump=False))

    assert ended(done, 4, commit=True, bump=True).error_code is ErrorCode.PRODUCER_FENCED


# On behalf of nobody


def test_an_abort_fences_the_producer() -> None:
    """Whatever it asks for next but what X8 says."""
    verdict = abort(state(ONGOING, last_epoch=3), 7, 4, LATER)
    done = after(verdict)

    assert (verdict.commit, verdict.marker_epoch) == (False, 5)
    assert done == replace(state(ABORTED, epoch=5, last_epoch=4), updated_ms=LATER)
    for commit in (True, False):
        assert ended(done, 4, commit=commit, bump=False).error_code is ErrorCode.PRODUCER_FENCED
    assert ended(done, 4, commit=True, bump=True).error_code is ErrorCode.INVALID_TXN_STATE
    assert add(done, 7, 4, [1], [], LATER).error_code is ErrorCode.PRODUCER_FENCED


def test_the_producer_of_an_aborted_transaction_goes_on() -> None:
    """With the epoch that fenced it: aborting tells it nothing new, and asking who it is gives it that, again and again."""
    done = after(abort(state(ONGOING), 7, 4, LATER))

    assert ended(done, 4, commit=False, bump=True) == Verdict()
    for _ in range(2):
        done = after(started(done, 7, 4))
        assert producer_of(started(done, 7, 4)) == (7, 5)


def test_the_producer_of_an_aborted_transaction_does_not_come_back_after_another() -> None:
    """Who initialises without saying who it is takes the id over, and what the next one has open is not aborted."""
    aborted = after(abort(state(ONGOING), 7, 4, LATER))
    taken_over = after(started(aborted))
    assert started(taken_over, 7, 4).error_code is ErrorCode.PRODUCER_FENCED
    for outcome in (True, False):
        assert ended(taken_over, 4, commit=outcome, bump=True).error_code is ErrorCode.PRODUCER_FENCED

    going_on = after(add(aborted, 7, 5, [1], [], LATER))
    assert started(going_on, 7, 4).error_code is ErrorCode.PRODUCER_FENCED
    assert ended(going_on, 4, commit=False, bump=True).error_code is ErrorCode.PRODUCER_FENCED


def test_an_abort_at_the_last_epoch_leaves_the_id_to_be_initialised() -> None:
    """Which gives a new producer id."""
    done = after(abort(state(ONGOING, epoch=LAST_EPOCH), 7, LAST_EPOCH, LATER))

    assert done.epoch == LAST_EPOCH + 1
    assert started(done, 7, LAST_EPOCH).error_code is ErrorCode.PRODUCER_FENCED
    assert ended(done, LAST_EPOCH, commit=False, bump=True).error_code is ErrorCode.PRODUCER_FENCED
    assert producer_of(started(done)) == (FRESH_ID, 0)


@pytest.mark.parametrize(
    ("before", "producer_id", "epoch", "code"),
    [
        (None, 7, 4, ErrorCode.INVALID_PRODUCER_ID_MAPPING),
        (state(ONGOING), 8, 4, ErrorCode.INVALID_PRODUCER_ID_MAPPING),
        (state(ONGOING), 7, 3, ErrorCode.PRODUCER_FENCED),
        (state(COMMITTED), 7, 4, ErrorCode.INVALID_TXN_STATE),
        (state(), 7, 4, ErrorCode.INVALID_TXN_STATE),
    ],
)
def test_only_the_transaction_that_is_meant_is_aborted(
    before: TransactionState | None, producer_id: int, epoch: int, code: ErrorCode
) -> None:
    """It may have ended between the decision and the act."""
    assert abort(before, producer_id, epoch, LATER) == Verdict(error_code=code)


def test_an_id_with_a_transaction_is_never_forgotten() -> None:
    """However long it is idle."""
    assert is_forgettable(state(COMMITTED), NOW + 1)
    assert not is_forgettable(state(COMMITTED), NOW)
    assert not is_forgettable(state(ONGOING), NOW + 10**9)
