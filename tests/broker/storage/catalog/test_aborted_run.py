"""Aborted transactions of one partition in memory."""

from hypothesis import given
from hypothesis import strategies as st

from broker.storage.catalog.aborted_run import AbortedRun
from broker.storage.catalog.marker_rules import AbortedEntry
from broker.storage.catalog.transactions import AbortedTransaction


def run_of(*transactions: tuple[int, int, int]) -> AbortedRun:
    """Of (first offset, last offset, stable behind)."""
    run = AbortedRun()
    for number, (first, last, stable) in enumerate(transactions):
        run.append(AbortedEntry(AbortedTransaction(number, first, last), stable))
    return run


def found(run: AbortedRun, first: int, upper: int) -> list[int] | None:
    transactions = run.read(first, upper)
    return None if transactions is None else [transaction.producer_id for transaction in transactions]


def test_those_that_reach_into_the_range_are_found() -> None:
    """From the first record to the marker, both included; the end of the range is not part of it."""
    run = run_of((2, 5, 6), (7, 9, 10))

    assert found(run, 0, 2) == []
    assert found(run, 0, 3) == [0]
    assert found(run, 5, 7) == [0]
    assert found(run, 6, 7) == []
    assert found(run, 5, 8) == [0, 1]


def test_one_that_began_early_and_ended_late_is_found_behind_the_others() -> None:
    """While it was open nothing behind its first record was stable."""
    run = run_of((3, 10, 1), (5, 12, 1), (1, 15, 16), (20, 21, 22))

    assert found(run, 1, 3) == [2]
    assert found(run, 11, 13) == [1, 2]


def test_memory_that_was_cut_off_says_so() -> None:
    """Where it begins it is complete again."""
    run = run_of((2, 5, 6), (7, 9, 10))
    run.drop_first()

    assert found(run, 5, 100) is None
    assert found(run, 6, 100) == [1]
    run.drop_first()
    run.drop_first()
    assert (found(run, 9, 100), found(run, 10, 100), len(run)) == (None, [], 0)


def test_what_the_log_no_longer_holds_is_forgotten() -> None:
    """A marker at the start of the log is still part of it."""
    run = run_of((2, 5, 6), (7, 9, 10))
    run.drop_below(5)
    assert len(run) == 2
    run.drop_below(6)
    assert found(run, 6, 100) == [1]


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_a_search_finds_what_looking_at_each_would(steps: list[tuple[int, bool]], first: int, upper: int) -> None:
    """Transactions of five producers that begin and are aborted in any order."""
    run, every = AbortedRun(), []
    opened: dict[int, int] = {}
    for offset, (producer, ends) in enumerate(steps):
        if not ends:
            opened.setdefault(producer, offset)
        elif producer in opened:
            aborted = AbortedTransaction(producer, opened.pop(producer), offset)
            every.append(aborted)
            run.append(AbortedEntry(aborted, min(opened.values(), default=offset + 1)))
    # Nobody reads beyond what is stable.
    upper = min(upper, *opened.values(), len(steps))

    assert run.read(first, upper) == [
        aborted for aborted in every if aborted.last_offset >= first and aborted.first_offset < upper
    ]


def test_those_that_hide_nothing_any_more_are_forgotten() -> None:
    """The others are found as before, and so is what memory does not know."""
    run = AbortedRun(complete_from=2)
    for last in (3, 6, 9):
        run.append(AbortedEntry(AbortedTransaction(7, last - 1, last), last + 1))
    run.forget({6, 100})
    found = run.read(2, 100)
    assert found is not None
    assert [each.last_offset for each in found] == [3, 9]
    assert run.read(1, 100) is None
