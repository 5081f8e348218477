"""What is known of a log that others write to: no more than can be proven, and replaced where the catalog knows less."""

from hypothesis import given
from hypothesis import strategies as st

from broker.log.known_bounds import KnownBounds
from broker.model import LogBounds

PID = 7


def bounds(start: int, end: int, stable: int | None = None, *, epoch: int = 0, size: int = 0) -> LogBounds:
    return LogBounds(start, end, end if stable is None else stable, epoch, size)


def told(known: KnownBounds, of: LogBounds, ticket: int | None = None, at: float = 1.0) -> object:
    return known.confirmed(PID, of, known.ticket() if ticket is None else ticket, at)


def ends(known: KnownBounds) -> tuple[int, int, int] | None:
    found = known.peek(PID)
    return None if found is None else (found.log_start, found.last_stable_offset, found.high_watermark)


def test_own_commits_alone_say_nothing_of_where_a_log_begins() -> None:
    """So nothing is answered from them until a query was."""
    known = KnownBounds()
    known.appended(PID, 3, 4, 10, in_transaction=False)
    assert known.peek(PID) is None
    told(known, bounds(1, 5))
    assert ends(known) == (1, 5, 5)


def test_a_query_overtaken_by_a_commit_takes_nothing_back() -> None:
    """It began before; what it found is older."""
    known = KnownBounds()
    told(known, bounds(0, 5))
    ticket = known.ticket()
    known.appended(PID, 5, 6, 10, in_transaction=False)
    assert not told(known, bounds(0, 5), ticket).is_lost  # type: ignore[attr-defined]
    assert ends(known) == (0, 7, 7)


def test_two_queries_that_overtake_each_other_take_nothing_back() -> None:
    """The one that began later may have seen the earlier state."""
    known = KnownBounds()
    told(known, bounds(0, 1))
    first, second = known.ticket(), known.ticket()
    told(known, bounds(0, 9), first)
    assert not told(known, bounds(0, 4), second).is_lost  # type: ignore[attr-defined]
    assert ends(known) == (0, 9, 9)


def test_a_query_begun_after_a_commit_that_does_not_see_it_is_believed() -> None:
    """The catalog lost what it had acknowledged."""
    known = KnownBounds()
    told(known, bounds(0, 5))
    known.appended(PID, 5, 9, 10, in_transaction=False)
    assert told(known, bounds(0, 5, 4)).is_lost  # type: ignore[attr-defined]
    assert ends(known) == (0, 4, 5)


def test_under_another_leader_epoch_nothing_that_was_known_counts() -> None:
    """Another server has the catalog; others may have written where what was lost had been."""
    known = KnownBounds()
    told(known, bounds(0, 5))
    known.appended(PID, 5, 9, 10, in_transaction=False)
    assert told(known, bounds(0, 12, 6, epoch=1)).is_lost  # type: ignore[attr-defined]
    assert ends(known) == (0, 6, 12)
    assert not told(known, bounds(0, 12, 6, epoch=1)).is_lost  # type: ignore[attr-defined]


def test_hints_are_news_once() -> None:
    """Late and doubled ones are none; of logs of which nothing is known they say nothing."""
    known = KnownBounds()
    assert not known.hinted(PID, 5)
    told(known, bounds(0, 3))
    assert known.hinted(PID, 5)
    assert not known.hinted(PID, 5)
    assert not known.hinted(PID, 4)
    assert ends(known) == (0, 3, 5), "a hint says nothing of transactions"


def test_more_may_be_stable_after_hints_gaps_and_ends_until_a_query_begun_later() -> None:
    """Batches that follow on from what is known change nothing about that."""
    known = KnownBounds()
    told(known, bounds(0, 3, 2))
    log = known.get(PID)
    assert log is not None
    known.appended(PID, 3, 3, 10, in_transaction=False)
    assert not log.unsettled
    for happen in (
        lambda: known.hinted(PID, 10),
        lambda: known.ended(PID),
        lambda: known.appended(PID, 20, 20, 10, in_transaction=True),
    ):
        ticket = known.ticket()
        happen()
        told(known, bounds(0, 30, 2), ticket)
        assert log.unsettled
        told(known, bounds(0, 30, 2))
        assert not log.unsettled
        log.high_watermark = 5
    known.ended(99)
    assert known.get(99) is None


def test_news_is_told_with_about_its_size() -> None:
    """Who waits for so many bytes is woken by so many."""
    known = KnownBounds()
    told(known, bounds(0, 3, size=100))
    news = told(known, bounds(0, 5, 4, size=170))
    assert (news.high_watermark, news.stable, news.start, news.size) == (True, True, False, 70)  # type: ignore[attr-defined]
    news = told(known, bounds(2, 5, 4, size=90))
    assert (news.high_watermark, news.stable, news.start) == (False, False, True)  # type: ignore[attr-defined]


def test_a_log_start_never_goes_back_and_an_epoch_neither() -> None:
    """Whichever query is answered last."""
    known = KnownBounds()
    first, second = known.ticket(), known.ticket()
    told(known, bounds(4, 9, epoch=2), second)
    told(known, bounds(1, 9, epoch=1), first)
    found = known.peek(PID)
    assert found is not None
    assert (found.log_start, found.leader_epoch) == (4, 2)


def test_memory_is_bounded() -> None:
    """Those learned of first go first."""
    known = KnownBounds(capacity=3)
    for pid in range(5):
        known.confirmed(pid, bounds(0, pid), known.ticket(), 1.0)
    assert [known.peek(pid) is None for pid in range(5)] == [True, True, False, False, False]
    assert len(known) == 3
    known.forget(4)
    known.clear()
    assert len(known) == 0


@given(
    st.lists(
        st.tuples(st.sampled_from(("plain", "transactional", "end", "other", "query")), st.integers(1, 3)), max_size=40
    )
)
def test_what_is_held_to_be_stable_is_stable(steps: list[tuple[str, int]]) -> None:
    """Whatever this broker and another write, in transactions or not, and whenever the catalog is asked."""
    known = KnownBounds()
    log: list[int] = []  # of each offset the transaction, 0 for none, -1 for a marker
    open_ones: dict[int, int] = {}
    next_transaction = 1

    def stable() -> int:
        return min(open_ones.values(), default=len(log))

    for step, count in steps:
        base = len(log)
        if step == "query":
            known.confirmed(PID, bounds(0, len(log), stable()), known.ticket(), 1.0)
        elif step == "end":
            if open_ones:
                del open_ones[min(open_ones)]
                log.append(-1)
                known.appended(PID, base, base, 78, in_transaction=True)
        elif step == "transactional":
            transaction = next_transaction if count > 1 or not open_ones else max(open_ones)
            next_transaction += 1
            open_ones.setdefault(transaction, base)
            log += [transaction] * count
            known.appended(PID, base, base + count - 1, 10, in_transaction=True)
        else:
            log += [0] * count
            if step == "plain":
                known.appended(PID, base, base + count - 1, 10, in_transaction=False)
        found = known.peek(PID)
        if found is not None:
            assert found.last_stable_offset <= stable()
            assert found.high_watermark <= len(log)


def test_what_was_asked_before_a_change_does_not_confirm_it() -> None:
    """The answer may come after the change, and know nothing of it."""
    known = KnownBounds()
    known.confirmed(1, LogBounds(0, 10, 10, 0, 0), known.ticket(), 1.0)
    before = known.ticket()
    known.distrust(1, -5.0)
    known.confirmed(1, LogBounds(0, 10, 10, 0, 0), before, 2.0)
    log = known.get(1)
    assert log is not None
    assert log.confirmed_at == -5.0
    known.confirmed(1, LogBounds(7, 10, 10, 0, 0), known.ticket(), 3.0)
    assert (log.confirmed_at, log.log_start) == (3.0, 7)


def test_what_is_stable_never_lies_before_the_start() -> None:
    """Which may pass records of an open transaction, and is told here before the catalog is asked again."""
    known = KnownBounds()
    known.confirmed(PID, LogBounds(0, 22, 16, 0, 0), known.ticket(), 1.0)
    known.distrust(PID, -5.0, log_start=21)
    assert ends(known) == (21, 21, 22)


def test_what_a_log_consists_of_is_as_old_as_the_query_that_found_it() -> None:
    """It is not kept when the log was compacted since, or changed by this broker; what was known of it besides stays."""
    known = KnownBounds()
    told(known, bounds(0, 5))
    for change in (lambda: known.replaced(PID), lambda: known.distrust(PID, 0.0)):
        before = known.ticket()
        assert known.may_keep(PID, before)
        change()
        assert not known.may_keep(PID, before)
        assert known.may_keep(PID, known.ticket())
    assert ends(known) == (0, 5, 5)


def test_of_a_compacted_log_of_which_nothing_is_known_nothing_is_kept() -> None:
    """But whatever is learned of any such log first is then only so old as the latest compaction of one."""
    known = KnownBounds()
    told(known, bounds(0, 5))
    before = known.ticket()
    known.replaced(PID + 1)
    assert len(known) == 1
    assert known.may_keep(PID, before)
    known.confirmed(PID + 2, bounds(0, 3), before, 1.0)
    assert not known.may_keep(PID + 2, before)
    assert known.may_keep(PID + 2, known.ticket())
