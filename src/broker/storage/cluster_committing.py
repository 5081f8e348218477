"""From groups to offsets in a cluster: uploads side by side, commits in the order of the calls.

Invariants

1. The order of the calls of :meth:`ClusterCommitter.commit` is the order of the commits, whatever the uploads take. One transaction of the catalog takes
   every group at the head of the line that is stored; one is under way at a time, while others are uploaded.
2. An object id is committed once: what the catalog says has not happened, and never will, is stored again under a new one.
3. A producer's batch never overtakes an earlier one of its own that was refused (:mod:`broker.storage.sequence_holes`). That is looked at
   when the batch's turn to be committed has come; its bytes stay behind dead.
4. What was stored under one epoch of this broker is never committed under another: the sweep of orphans relies on it. A broker that was fenced
   refuses everything in the line, and takes groups again after :meth:`ClusterCommitter.resume`.
5. Every call ends with what became of its group. It is refused when the group has not become visible and never will as it was stored; or with Fenced
   or Unresolved, when that is not known here: then nothing is stored again nor deleted, and its producer learns from the catalog what became of
   it when it sends it again.
"""

from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from time import perf_counter
from typing import Any, Final, Protocol, TypeVar

import anyio

from broker.errors import BrokerError, StorageFailed
from broker.model import Appended
from broker.storage.catalog.base import BatchEntry, CommitGroup, SpanEntry
from broker.storage.catalog.cluster import Fenced, GroupCommits, ObjectIds, Unresolved
from broker.storage.committing import UnstoredGroup
from broker.storage.objects.base import INLINE_OBJECTS, Extent, ObjectStore
from broker.storage.sequence_holes import Hole, HoleKey, SequenceHoles
from broker.wire.error_codes import ErrorCode
from observability import logs
from observability.metrics import CLUSTER_WRITES

GROUPS_A_COMMIT: Final = 64
"""A transaction is to be done in milliseconds."""

HOLES: Final = 50_000
"""A broker that is fenced may refuse the batches of very many producers at once."""

FIRST_PAUSE_S: Final = 0.05
LONGEST_PAUSE_S: Final = 1.0
WITHDRAWING_S: Final = 1.0
INLINE_IDS_A_LEASE: Final = 256

_OUT_OF_ORDER: Final = int(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)

_Error = TypeVar("_Error", bound=Exception)

_log = logs.get("committer")


class CommitCatalog(GroupCommits, ObjectIds, Protocol):
    """What is asked of the catalog."""

    @property
    def incarnation(self) -> int:
        """As :attr:`broker.storage.catalog.cluster.ClusterCatalog.incarnation`."""
        ...

    async def known_producers(self, keys: Sequence[tuple[int, int]]) -> set[tuple[int, int]]: ...


_Behind = Hole | Appended | None
"""The hole that a batch lies behind when it is left to the log; what it is told when it is held back."""


class _Flight:
    """A group from the call to its end. ``stored`` while it is waiting for its turn, ``outcome`` at the end."""

    __slots__ = ("behind", "deadline", "extent", "failures", "group", "is_committing", "is_named", "outcome", "stored", "storing", "turn")

    def __init__(self, group: UnstoredGroup, deadline: float) -> None:
        self.group = group
        self.deadline = deadline
        self.failures = 0
        self.extent: Extent | None = None
        self.stored: CommitGroup | None = None
        self.storing: anyio.CancelScope | None = None
        self.is_committing = False
        self.is_named = False
        """Whether the catalog was told of what is stored, and has answered."""
        self.behind: list[list[_Behind]] | None = None
        """Of each batch, in the shape of what is stored; None when none of them is behind anything."""
        self.outcome: list[list[Appended]] | Exception | None = None
        self.turn = anyio.Event()

    def end(self, outcome: list[list[Appended]] | Exception) -> None:
        self.outcome = _anew(outcome) if isinstance(outcome, Exception) else outcome
        self.is_committing = False
        self.wake()

    def wake(self) -> None:
        """Have its task look at what it is to do now."""
        if self.storing is not None:
            if self.outcome is not None:
                self.storing.cancel()
        else:
            self.turn.set()

    def pause_s(self) -> float:
        """After a failure, before it is tried again."""
        return min(FIRST_PAUSE_S * 2.0 ** (self.failures - 1), LONGEST_PAUSE_S)

    def producers(self) -> Iterator[tuple[HoleKey, int]]:
        """The idempotent batches, in order: whose, and where they begin."""
        for entry, batches in zip(self.group.toc, self.group.batches, strict=True):
            for batch in batches:
                if batch.producer_id >= 0:
                    yield _key(entry.pid, batch), batch.first_sequence

    def without_overtakers(self, holes: SequenceHoles, filled: list[tuple[HoleKey, Hole]]) -> CommitGroup:
        """What the catalog is told of it: all of it, but for batches that would overtake. The holes that it fills are closed, and noted."""
        assert self.stored is not None
        self.behind = None
        if not len(holes):
            return self.stored
        behind = [[_behind(entry.pid, batch, holes, filled) for batch in entry.batches] for entry in self.stored.spans]
        if not any(map(any, behind)):
            return self.stored
        self.behind = behind
        spans = [
            run for entry, of_span in zip(self.stored.spans, behind, strict=True) for run in _admitted_runs(entry, of_span)
        ]
        return replace(self.stored, spans=spans)

    def answer(
        self, answers: Sequence[Sequence[Appended]], holes: SequenceHoles, filled: Sequence[tuple[HoleKey, Hole]]
    ) -> list[list[Appended]]:
        """Answers of the catalog in the shape of the group."""
        if self.behind is None and not any(_OUT_OF_ORDER in [one.error_code for one in of_span] for of_span in answers):
            return [list(of_span) for of_span in answers]
        assert self.stored is not None
        given = chain.from_iterable(answers)
        was_filled = {(key, hole.sequence): hole for key, hole in filled}
        behind = self.behind or [[None] * len(entry.batches) for entry in self.stored.spans]
        return [
            [
                each if isinstance(each, Appended) else _told(_key(entry.pid, batch), batch, each, next(given), holes, was_filled)
                for batch, each in zip(entry.batches, of_span, strict=True)
            ]
            for entry, of_span in zip(self.stored.spans, behind, strict=True)
        ]


class ClusterCommitter:
    """Implements :class:`broker.storage.committing.GroupCommitter`; calls may be made while others are under way.

    ``slots`` bounds the uploads at once, ``retry_s`` for how long a group is tried again. ``on_fenced`` is called once when the broker
    was fenced. Nothing runs but the calls themselves: the one at the head of the line commits for those behind it.
    """

    def __init__(
        self,
        store: ObjectStore,
        catalog: CommitCatalog,
        *,
        slots: int,
        retry_s: float,
        on_fenced: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._retry_s = retry_s
        self._on_fenced = on_fenced
        self._clock = clock
        self._slots = anyio.Semaphore(slots)
        self._line: deque[_Flight] = deque()
        self._holes = SequenceHoles(clock, HOLES)
        self._ids = _InlineIds(catalog)
        self._is_committing = False
        self._fenced: Fenced | None = None
        self._quiet = anyio.Event()
        """Set when the commit that is under way is over."""

    def commit(self, group: UnstoredGroup) -> Coroutine[Any, Any, list[list[Appended]]]:
        """Take the next place in the line, now; what is returned must be awaited, by a task of its own."""
        flight = _Flight(group, self._clock() + self._retry_s)
        self._line.append(flight)
        if self._fenced is not None:
            self._refuse(flight, self._fenced)
        return self._fly(flight)

    async def fence(self) -> None:
        """The broker's epoch is gone: refuse everything, and return when nothing is being committed under it any more (4)."""
        self._fence(self._fenced or Fenced("this broker was fenced"))
        while self._is_committing:
            await self._quiet.wait()

    def resume(self) -> None:
        """This broker has registered anew: take groups again, under ids of the new epoch."""
        self._ids = _InlineIds(self._catalog)
        self._fenced = None

    # --- one group ----------------------------------------------------------------------------------------------------

    async def _fly(self, flight: _Flight) -> list[list[Appended]]:
        try:
            while flight.outcome is None:
                if flight.stored is None:
                    await self._store_it(flight)
                elif self._line[0] is flight and not self._is_committing:
                    await self._commit_line()
                else:
                    await flight.turn.wait()
                    flight.turn = anyio.Event()
        finally:
            if flight.outcome is None:  # cancelled: the broker is ending
                self._leave(flight, StorageFailed("the commit was abandoned"))
        if isinstance(flight.outcome, Exception):
            if flight.extent is not None and not isinstance(flight.outcome, (Fenced, Unresolved, StorageFailed)):
                await self._withdraw(flight)
            raise _anew(flight.outcome)  # one that the flight itself held would keep what it was raised through, and so the flight
        if flight.extent is not None and not flight.is_named:
            await self._withdraw(flight)
        return flight.outcome

    async def _store_it(self, flight: _Flight) -> None:
        """One attempt: durable under an id of its own, or later again, or refused."""
        try:
            with anyio.CancelScope() as flight.storing:
                try:
                    if flight.failures:
                        CLUSTER_WRITES.stored_again()
                        if flight.extent is not None:
                            await self._withdraw(flight)
                        await anyio.sleep(flight.pause_s())
                    flight.stored = await (self._kept_by_catalog(flight) if flight.group.inline else self._uploaded(flight))
                except Fenced as error:
                    self._fence(error)
                except BrokerError as error:
                    self._failed(flight, error)
        finally:
            flight.storing = None

    async def _kept_by_catalog(self, flight: _Flight) -> CommitGroup:
        group = flight.group
        extent = Extent(await self._ids.next(), 0, group.length)
        return replace(group.stored_at(extent), inline=b"".join(group.parts))

    async def _uploaded(self, flight: _Flight) -> CommitGroup:
        group = flight.group
        async with self._slots:
            began = self._clock()
            flight.extent = await self._store.append(group.parts, group.toc)
        CLUSTER_WRITES.uploaded(self._clock() - began)
        return group.stored_at(flight.extent)

    async def _withdraw(self, flight: _Flight) -> None:
        """The object never will be committed: the catalog has said so, or was not told of it. When it stays, the sweep of orphans finds it."""
        extent, flight.extent = flight.extent, None
        assert extent is not None
        with anyio.move_on_after(WITHDRAWING_S):
            try:
                await self._store.withdraw(extent)
            except BrokerError as error:
                _log.debug("an object that was not committed stays for now", object=extent.object_id, reason=str(error))

    def _failed(self, flight: _Flight, error: BrokerError) -> None:
        """Nothing of it is visible, nor will be as it was stored: try again while there is time."""
        if flight.outcome is not None:
            return
        flight.failures += 1
        flight.stored = None
        flight.is_committing = False
        if self._fenced is not None:
            self._refuse(flight, self._fenced)
        elif self._clock() + flight.pause_s() > flight.deadline:
            self._refuse(flight, error)
        else:
            flight.wake()

    def _refuse(self, flight: _Flight, error: BrokerError) -> None:
        if flight.outcome is not None:
            return
        for key, first_sequence in flight.producers():
            self._holes.open(key, first_sequence, error)
        CLUSTER_WRITES.refused()
        self._leave(flight, error)

    def _leave(self, flight: _Flight, outcome: list[list[Appended]] | Exception) -> None:
        """Out of the line; whoever is at its head now may go on."""
        if flight.outcome is not None:  # its task was cancelled meanwhile
            return
        self._line.remove(flight)
        flight.end(outcome)
        self._wake_head()

    def _wake_head(self) -> None:
        if self._line and not self._is_committing:
            self._line[0].wake()

    def _fence(self, error: Fenced) -> None:
        """Refuse everything but what is being committed: that the catalog answers."""
        is_news, self._fenced = self._fenced is None, _anew(error)
        for flight in [flight for flight in self._line if not flight.is_committing]:
            self._refuse(flight, error)
        if is_news:
            self._on_fenced()

    # --- the line -----------------------------------------------------------------------------------------------------

    async def _commit_line(self) -> None:
        """Commit the groups at the head of the line that are stored."""
        flights = self._take()
        filled: list[tuple[HoleKey, Hole]] = []
        self._is_committing = True
        self._quiet = anyio.Event()
        try:
            if len(self._holes):
                await self._leave_needless_holes(flights)
            groups = [flight.without_overtakers(self._holes, filled) for flight in flights]
            answers = await self._commit([group for group in groups if group.spans], max(flight.deadline for flight in flights))
        except Unresolved as error:
            self._is_committing = False
            for flight in flights:
                self._refuse(flight, error)
        except Fenced as error:
            self._is_committing = False
            for flight in flights:
                flight.is_committing = False
            self._fence(error)
        except BrokerError as error:
            self._is_committing = False
            # What would have filled a hole has not: batches before it in the line, held back by the hole, are looked at again.
            for key, hole in filled:
                self._holes.reopen(key, hole)
            for flight in flights:
                self._failed(flight, error)
        except BaseException as error:
            # Nobody will know what became of them: the broker is ending, or must.
            self._is_committing = False
            unknown = error if isinstance(error, StorageFailed) else StorageFailed("a commit was abandoned")
            for flight in flights:
                self._leave(flight, unknown)
            raise
        else:
            self._is_committing = False
            given = iter(answers)
            for flight, group in zip(flights, groups, strict=True):
                flight.is_named = bool(group.spans)
                self._leave(flight, flight.answer(next(given) if group.spans else [], self._holes, filled))
                CLUSTER_WRITES.committed(group.length, inline=group.inline is not None)
        finally:
            self._quiet.set()
        self._wake_head()

    def _take(self) -> list[_Flight]:
        """The head of the line and the stored groups behind it. One that could not be committed goes alone from then on: it may be at fault."""
        flights: list[_Flight] = []
        for flight in self._line:
            if flight.stored is None or len(flights) == GROUPS_A_COMMIT or (flights and flight.failures):
                break
            flights.append(flight)
            flight.is_committing = True
            if flight.failures:
                break
        return flights

    async def _commit(self, groups: Sequence[CommitGroup], deadline: float) -> list[list[list[Appended]]]:
        """As the catalog does; what it could not find out it is asked again, for the same groups, while there is time."""
        if not groups:
            return []
        began = self._clock()
        while True:
            try:
                answers = await self._catalog.commit_groups(groups)
            except Unresolved:
                if self._fenced is not None:
                    raise _anew(self._fenced) from None
                if self._clock() + LONGEST_PAUSE_S > deadline:
                    raise
                await anyio.sleep(LONGEST_PAUSE_S)
            else:
                CLUSTER_WRITES.commit(self._clock() - began, len(groups))
                return answers

    async def _leave_needless_holes(self, flights: Sequence[_Flight]) -> None:
        """Before a batch is held back, see whether the log knows its producer: then the catalog decides. While that cannot be had nothing is
        committed: a producer whose refused batch was but a copy would be held back without need."""
        doubted = self._holes.in_doubt(chain.from_iterable(flight.producers() for flight in flights))
        if not doubted:
            return
        known = await self._catalog.known_producers(list({(pid, producer_id) for pid, producer_id, _ in doubted}))
        for key in doubted:
            if key[:2] in known:
                self._holes.leave_to_log(key)


class _InlineIds:
    """Ids for groups that the catalog keeps, of one epoch of this broker. Those that an earlier server leased are not used: the one that has the catalog
    now may lack the lease."""

    def __init__(self, catalog: CommitCatalog) -> None:
        self._catalog = catalog
        self._lock = anyio.Lock()
        self._next = self._end = 0
        self._incarnation = catalog.incarnation

    async def next(self) -> int:
        """An id that was never given before. Raises Fenced, StorageUnavailable."""
        async with self._lock:
            while self._next == self._end or self._incarnation != self._catalog.incarnation:
                self._incarnation = self._catalog.incarnation
                self._next = self._end = 0
                first = await self._catalog.lease_object_ids(INLINE_IDS_A_LEASE)
                self._next, self._end = first, first + INLINE_IDS_A_LEASE
            self._next += 1
            return INLINE_OBJECTS + self._next - 1


def _anew(error: _Error) -> _Error:
    """Another one that says the same. One that is told to many would gather what it was raised through each time, and keep it."""
    other = type(error).__new__(type(error), *error.args)  # not by what its __init__ takes, which is not what it has for ``args``
    other.__dict__.update(error.__dict__)
    return other


def _key(pid: int, batch: BatchEntry) -> HoleKey:
    return pid, batch.producer_id, batch.producer_epoch


def _behind(pid: int, batch: BatchEntry, holes: SequenceHoles, filled: list[tuple[HoleKey, Hole]]) -> _Behind:
    if batch.producer_id < 0:
        return None
    key = _key(pid, batch)
    if (hole := holes.filled_by(key, batch.first_sequence)) is not None:
        filled.append((key, hole))
    hole = holes.before(key, batch.first_sequence)
    return hole if hole is None or hole.left_to_log else holes.told(hole)


def _told(
    key: HoleKey, batch: BatchEntry, behind: Hole | None, answer: Appended, holes: SequenceHoles, filled: Mapping[tuple[HoleKey, int], Hole]
) -> Appended:
    """What a producer is told of a batch that the catalog has answered."""
    if behind is not None:
        return holes.judged(key, behind, answer)
    if answer.error_code == _OUT_OF_ORDER:
        return holes.out_of_order(key, batch.first_sequence, filled.get((key, batch.first_sequence)))
    return answer


def _admitted_runs(entry: SpanEntry, behind: Sequence[_Behind]) -> Iterator[SpanEntry]:
    """The runs of neighbouring batches that are not held back."""
    position = start = entry.position
    run: list[BatchEntry] = []
    for batch, each in zip(entry.batches, behind, strict=True):
        if not isinstance(each, Appended):
            if not run:
                start = position
            run.append(batch)
        elif run:
            yield SpanEntry(entry.pid, start, run)
            run = []
        position += batch.length
    if run:
        yield SpanEntry(entry.pid, start, run)
