"""What memory answers of a shared log, case by case; the whole of it is played in ``test_reader_shared`` and ``test_reader_shared_model``."""

import pytest

from broker.log.fetch_plan import Shares, Wanted
from broker.log.known_bounds import KnownBounds
from broker.log.shared_view import LearningTail, SharedView
from broker.log.span_cache import SpanCache
from broker.log.waiting_room import WaitingRoom
from broker.model import LogBounds
from broker.storage.catalog.base import Span, SpanQuery
from tests.broker.log.harness import batch

PID = 1


class World:
    """A view with a tail, and a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.known = KnownBounds()
        self.tail = LearningTail(1 << 20, self.known)
        self.waiting = WaitingRoom()
        self.view = SharedView(self.known, SpanCache(100), self.tail, self.waiting, lambda: self.now, trust_s=2.0)

    def commit(self, base: int, count: int = 1, **fields: bool) -> None:
        self.tail.put(PID, base, base + count - 1, batch(count, **fields))

    def query(self, start: int, end: int, stable: int | None = None) -> None:
        self.view.learn(PID, LogBounds(start, end, end if stable is None else stable, 0, 0), self.known.ticket(), self.now)

    def size(self, offset: int, isolation: int = 0, **wanted: int) -> int | None:
        answer = self.view.from_memory(Wanted(PID, offset, 1 << 20, **wanted), Shares(1 << 20), isolation)
        return None if answer is None else answer.size


def test_what_is_committed_here_is_known_before_it_is_in_the_tail() -> None:
    """Of transactions and of their markers it is known that they are that; a tail without room learns as well."""
    world = World()
    world.tail.capacity = 0
    world.query(0, 0)
    world.commit(0, 2)
    world.commit(2, transactional=True)
    world.commit(3)
    bounds = world.known.peek(PID)
    assert bounds is not None
    assert (bounds.last_stable_offset, bounds.high_watermark) == (2, 4)


def test_memory_answers_within_what_is_known_and_trusted() -> None:
    """And says nothing about anything else."""
    world = World()
    world.query(0, 0)
    for base in range(3):
        world.commit(base)
    size = len(batch(1))
    assert [world.size(offset) for offset in range(5)] == [3 * size, 2 * size, size, 0, None]
    assert world.size(0, current_leader_epoch=1) is None
    assert world.size(0, last_fetched_epoch=1) is None
    assert world.size(0, current_leader_epoch=0, last_fetched_epoch=0) == 3 * size
    world.now += 2.5
    assert world.size(0) is None
    world.query(1, 3)
    assert [world.size(offset) for offset in range(3)] == [None, 2 * size, size]
    assert world.view.take_used() == {PID}
    assert world.view.take_used() == set()
    world.view.distrust(PID)
    assert world.size(1) is None


def test_spans_found_before_are_an_answer_below_what_is_known() -> None:
    """For each isolation level up to where it ends."""
    world = World()
    spans = [Span(base, base, 1, base * 10, 10, 0, 0, 1) for base in range(4)]
    world.view.learn_spans(SpanQuery(PID, 0, 100), spans, world.known.ticket(), world.now)
    wanted = Wanted(PID, 2, 100)
    assert world.view.find_spans(wanted, 100, 0) is None, "nothing is known of the log"
    assert world.view.must_ask(wanted, 0)
    world.query(0, 4, 2)
    found = world.view.find_spans(wanted, 100, 0)
    assert found is not None
    assert [span.base for span in found.spans] == [2, 3]
    assert world.view.find_spans(wanted, 100, 1) is None, "not stable yet"
    assert not world.view.must_ask(wanted, 0)
    assert world.view.must_ask(Wanted(PID, 5, 100), 0)
    assert not world.view.must_ask(Wanted(PID, 4, 100), 0)


@pytest.mark.parametrize(("start", "end", "is_woken"), [(0, 3, False), (0, 4, True), (2, 3, True), (0, 2, True)])
def test_who_waits_is_told_of_news_and_of_nothing_else(start: int, end: int, is_woken: bool) -> None:
    """More records, a start that moved, and a log that has lost its end."""
    world = World()
    world.query(0, 3)
    waiter = world.waiting.enter([PID], 1)
    world.query(start, end)
    assert waiter.is_woken == is_woken


def test_an_answer_put_off_says_what_is_known_however_old() -> None:
    """It has no records and no error; where nothing is known there is none."""
    world = World()
    assert world.view.put_off(PID) is None
    world.query(0, 3)
    world.now += 1000
    answer = world.view.put_off(PID)
    assert answer is not None
    assert (answer.error_code, answer.high_watermark, answer.size) == (0, 3, 0)


def test_where_the_tail_ends_and_the_log_goes_on_is_noticed() -> None:
    """Another broker has written behind what this one has."""
    world = World()
    world.query(0, 0)
    world.commit(0)
    wanted = Wanted(PID, 0, 1 << 20)
    answer = world.view.from_memory(wanted, Shares(1 << 20), 0)
    assert answer is not None
    assert not world.view.has_more(wanted, answer, 0)
    world.query(0, 2)
    answer = world.view.from_memory(wanted, Shares(1 << 20), 0)
    assert answer is not None
    assert world.view.has_more(wanted, answer, 0)


def test_a_hint_about_a_log_that_nobody_reads_leaves_nothing() -> None:
    """Hints name every log of the cluster."""
    world = World()
    assert world.view.hinted(PID, 5, 10)
    assert len(world.known) == 0
    world.query(0, 5)
    assert not world.view.hinted(PID, 5, 10)
    assert world.view.hinted(PID, 6, 10)
    world.view.forget(PID)
    world.view.clear()
    assert len(world.known) == 0


def test_what_was_compacted_is_no_longer_in_memory() -> None:
    """Neither spans nor batches below the offset; where the log begins and ends is as trusted as before, and what lies above is given still."""
    world = World()
    world.query(0, 0)
    for base in range(4):
        world.commit(base)
    spans = [Span(base, base, 1, base * 10, 10, 0, 0, 1) for base in range(4)]
    world.view.learn_spans(SpanQuery(PID, 0, 100), spans, world.known.ticket(), world.now)
    world.view.compacted(PID, 3)
    assert [world.size(offset) for offset in range(5)] == [None, None, None, len(batch(1)), 0]
    assert world.view.find_spans(Wanted(PID, 0, 100), 100, 0) is None
    assert world.view.must_ask(Wanted(PID, 0, 100), 0)
    assert world.view.is_trusted(PID)


@pytest.mark.parametrize("is_known", [False, True])
def test_spans_found_before_a_compaction_was_heard_of_are_not_kept(is_known: bool) -> None:
    """Their query may have begun before it; one that begins afterwards is believed."""
    world = World()
    spans = [Span(0, 9, 1, 0, 10, 0, 0, 10)]
    wanted = Wanted(PID, 0, 100)
    if is_known:
        world.query(0, 10)
    before = world.known.ticket()
    world.view.compacted(PID, 5)
    after = world.known.ticket()
    world.view.learn(PID, LogBounds(0, 10, 10, 0, 0), before, world.now)
    world.view.learn_spans(SpanQuery(PID, 0, 100), spans, before, world.now)
    assert world.view.find_spans(wanted, 100, 0) is None
    world.view.learn_spans(SpanQuery(PID, 0, 100), spans, after, world.now)
    assert world.view.find_spans(wanted, 100, 0) is not None


def test_word_of_a_compaction_of_a_log_that_nobody_reads_leaves_nothing() -> None:
    """Such words name every log of the cluster; and they are nothing to logs of which something is known."""
    world = World()
    world.query(0, 10)
    before = world.known.ticket()
    world.view.compacted(PID + 1, 5)
    assert len(world.known) == 1
    assert world.known.may_keep(PID, before)
    assert not world.known.may_keep(PID + 1, before)
    assert world.known.may_keep(PID + 1, world.known.ticket())
