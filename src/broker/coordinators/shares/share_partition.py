"""One partition as one share group has it (KIP-932): who has which records, how often they were delivered, what is done. Pure.

The records in flight are those from the start offset (Kafka's SPSO) up to the end (behind the SPEO). What lies before the start is
done with, what lies behind the end was never given to anybody.

Invariants

1. A record is acquired by at most one member at a time, and only that member can acknowledge it, renew its lock or release it.
2. A record is given to members again and again until it is acknowledged, rejected, a gap, or was delivered as often as the limit says.
3. The start only moves forward, and only past records that are done with, or that the log has deleted.
4. What an acknowledgement decides takes effect when :meth:`finish` says that it is durable. Until then nobody else is given the
   records; when it failed they are the member's as before.
5. An acknowledgement is taken as a whole or not at all.
6. There are never more records in flight than ``locks_max`` and one batch, of which no more than ``ALIGNMENT_MAX`` records count.
7. What :meth:`take_delta` has given, laid over what it gave before, is the state but for locks: what was acquired counts as available.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import groupby
from typing import Final, NamedTuple

from broker.coordinators.shares.limits import ALIGNMENT_MAX, ShareLimits
from broker.coordinators.shares.runs import FINAL, Change, Lock, RecordState, Run, Runs, StoredRun
from broker.wire.error_codes import ErrorCode

GAP: Final = 0
ACCEPT: Final = 1
RELEASE: Final = 2
REJECT: Final = 3
RENEW: Final = 4

_TARGETS: Final = {
    GAP: RecordState.ARCHIVED,
    ACCEPT: RecordState.ACKNOWLEDGED,
    RELEASE: RecordState.AVAILABLE,
    REJECT: RecordState.ARCHIVED,
    RENEW: RecordState.ACQUIRED,
}

_DELTA_RUNS_MIN: Final = 128


class FetchedBatch(NamedTuple):
    """A batch of the log, by its offsets. Records of an aborted one are not for this group."""

    first: int
    last: int
    is_aborted: bool = False


class Acquired(NamedTuple):
    """Records that a member was given; ``deliveries`` counts this one."""

    first: int
    last: int
    deliveries: int


class Acknowledgement(NamedTuple):
    """What a member says of ``first`` to ``last``: one kind for all of them, or one for each."""

    first: int
    last: int
    kinds: Sequence[int]

    def ranges(self) -> Iterator[tuple[int, int, int]]:
        """(first, last, kind) of records next to each other of which the same is said."""
        if len(self.kinds) == 1:
            yield self.first, self.last, self.kinds[0]
            return
        first = self.first
        for kind, same in groupby(self.kinds):
            last = first + sum(1 for _ in same) - 1
            yield first, last, kind
            first = last + 1


class Released(NamedTuple):
    """How many records became available again, and how many did not because of the limit of deliveries."""

    available: int = 0
    archived: int = 0

    def plus(self, other: "Released") -> "Released":
        return Released(self.available + other.available, self.archived + other.archived)


class PendingChange(Change):
    """What :meth:`SharePartition.acknowledge` began. ``counts`` are records by kind, ``archived`` those over the limit."""

    __slots__ = ("archived", "counts")

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[int] = Counter()
        self.archived = 0


class Delta(NamedTuple):
    """What is to be written: runs to lay over what is stored, or in its place."""

    start: int
    runs: list[StoredRun]
    replaces: bool


class SharePartition:
    """``runs`` are laid over each other in order; what is nowhere stored between them was never delivered."""

    def __init__(self, start: int, runs: Iterable[StoredRun] = (), limits: ShareLimits | None = None) -> None:
        self._runs = Runs(start)
        self._locks: list[tuple[int, int, Lock]] = []
        self._serial = 0
        self._changing = 0
        self._dirty: list[tuple[int, int]] = []
        self._delta_runs = 0
        self._replace_all = False
        # Nothing before this offset is available.
        self._available_from = start
        self.acquired = 0
        """Records that members have now."""
        for run in runs:
            self._lay(run, limits)
            self._delta_runs += 1
        self._runs.join(start, self.end)
        self._runs.drop_final()

    # --- what there is ------------------------------------------------------------------------------------------------

    @property
    def start(self) -> int:
        """Before this offset everything is done with."""
        return self._runs.start

    @property
    def end(self) -> int:
        """From this offset on nothing was ever given to anybody."""
        return self._runs.end

    @property
    def run_count(self) -> int:
        """What it takes of memory, about."""
        return len(self._runs)

    @property
    def is_idle(self) -> bool:
        """Nobody has any of it, and everything is written: it can be forgotten and read again."""
        return not (self.acquired or self._changing or self._dirty)

    @property
    def is_dirty(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._dirty) or self._replace_all

    @property
    def done_ahead(self) -> int:
        """Records behind the start that are done with already."""
        return sum(len(run) for run in self._runs if run.state in FINAL)

    def runs(self) -> list[StoredRun]:
        """All that is in flight, as it would be stored."""
        return [run.stored() for run in self._runs]

    def next_fetch_offset(self) -> int:
        """From where to read what a member may be given next."""
        end = self.end
        if self._available_from < end:
            for run in self._runs.within(max(self._available_from, self.start), end - 1):
                if run.state is RecordState.AVAILABLE and run.change is None:
                    self._available_from = max(run.first, self._available_from)
                    return self._available_from
        self._available_from = end
        return end

    def can_acquire(self, limits: ShareLimits) -> bool:
        """Whether a member could be given anything, if the log has it."""
        return self.next_fetch_offset() != self.end or self.end - self.start < limits.locks_max

    # --- acquiring ----------------------------------------------------------------------------------------------------

    def acquire(
        self,
        member_id: str,
        offset: int,
        batches: Sequence[FetchedBatch],
        limits: ShareLimits,
        now_ms: int,
        *,
        records_max: int,
        batch_size: int = 1,
        is_exact: bool = False,
    ) -> list[Acquired]:
        """Give the member what is free of ``batches``, which were read from ``offset`` on, up to ``records_max`` records.

        Batches are given whole, which may be more than that, unless ``is_exact``. Records that nobody accepts come fewer at a time, and by
        themselves in the end, so that others are not given up because of one among them.
        """
        if records_max <= 0 or not batches:
            return []
        if offset < batches[0].first:
            self._pass_over(offset, batches[0].first - 1)
        taking = _Taking(Lock(member_id, 0, 0, now_ms + limits.lock_ms), limits, records_max, batch_size, is_exact)
        position = 0
        while position < len(batches) and not taking.is_done:
            batch = batches[position]
            if batch.first >= self.end:
                break
            position += 1
            for run in self._runs.within(batch.first, min(batch.last, self.end - 1)):
                if run.state is RecordState.AVAILABLE and run.change is None:
                    self._take_known(run, batch, taking)
                    if taking.is_done or taking.is_full:
                        break
            if batch.last >= self.end and not taking.is_done and not taking.is_full:
                self._take_new((batch,), taking)
            if taking.taken >= records_max:
                taking.is_done = True
        if position < len(batches) and not taking.is_done:
            self._take_new(batches[position:], taking)
        pieces = taking.pieces
        if pieces:
            lock = taking.lock
            lock.first, lock.last = pieces[0].first, pieces[-1].last
            self._push(lock)
            self._runs.join(lock.first, lock.last)
        self._runs.drop_final()
        return pieces

    def _take_known(self, run: Run, batch: FetchedBatch, taking: "_Taking") -> None:
        """Take what is free of a run that was in flight before."""
        first, last = max(run.first, batch.first), min(run.last, batch.last)
        if batch.is_aborted:
            self._archive(self._runs.cut(run, first, last))
            return
        fewer = _fewer(run.deliveries, taking.limits.deliveries_max, batch)
        if fewer is not None:
            taking.is_done = True
            if taking.pieces:
                return
            last = min(last, first + fewer - 1)
        last = taking.up_to(first, last)
        part = self._runs.cut(run, first, last)
        part.state = part.target = RecordState.ACQUIRED
        part.deliveries += 1
        self._lock(part, taking.lock)
        taking.add(first, last, part.deliveries)

    def _take_new(self, batches: Sequence[FetchedBatch], taking: "_Taking") -> None:
        """Take what was never in flight before, while there is room for the first record of a batch."""
        first = at = self.end
        room = taking.limits.locks_max - (first - self.start)
        for batch in batches:
            if room <= 0 or taking.taken >= taking.records_max:
                break
            last = batch.last
            if batch.is_aborted:
                self._append_acquired(first, at - 1, taking.lock)
                self._append(Run(at, last, RecordState.ARCHIVED, 0))
                first = last + 1
            else:
                last = min(taking.up_to(at, last), at + room - 1 + (0 if taking.is_exact else ALIGNMENT_MAX))
                taking.add(at, last, 1)
            room -= last + 1 - at
            at = last + 1
            if last < batch.last:
                break
        self._append_acquired(first, at - 1, taking.lock)

    def _append_acquired(self, first: int, last: int, lock: Lock) -> None:
        if first <= last:
            run = Run(first, last, RecordState.ACQUIRED, 1)
            self._append(run)
            self._lock(run, lock)

    def _append(self, run: Run) -> None:
        if self._available_from == run.first:
            self._available_from = run.last + 1
        self._runs.append(run)
        self._mark(run)

    def _lock(self, run: Run, lock: Lock) -> None:
        run.lock = lock
        lock.records += len(run)
        self.acquired += len(run)
        self._mark(run)

    def _pass_over(self, first: int, last: int) -> None:
        """The log has no records from ``first`` to ``last`` any more: nobody can be given them."""
        for run in self._runs.within(first, min(last, self.end - 1)):
            if run.state is RecordState.AVAILABLE and run.change is None:
                self._archive(self._runs.cut(run, max(run.first, first), min(run.last, last)))
        if last >= self.end:
            self._append(Run(self.end, last, RecordState.ARCHIVED, 0))

    def _archive(self, run: Run) -> None:
        run.state = run.target = RecordState.ARCHIVED
        self._mark(run)

    # --- acknowledging ------------------------------------------------------------------------------------------------

    def acknowledge(
        self, member_id: str, acknowledgements: Iterable[Acknowledgement], limits: ShareLimits, now_ms: int
    ) -> PendingChange | ErrorCode:
        """Begin what the member says; :meth:`finish` ends it. An error code when it may not say all of that: nothing has changed."""
        pieces: list[tuple[int, int, int]] = []
        position = self.start - 1
        for each in acknowledgements:
            if each.last < self.start:
                continue
            if not len(self._runs):
                return ErrorCode.INVALID_RECORD_STATE
            if each.last >= self.end:
                return ErrorCode.INVALID_REQUEST
            for first, last, kind in each.ranges():
                if last < self.start:
                    continue
                first = max(first, self.start)
                if first <= position:
                    return ErrorCode.INVALID_RECORD_STATE
                position = last
                for run in self._runs.within(first, last):
                    if run.lock is None or run.change is not None or run.lock.member_id != member_id:
                        return ErrorCode.INVALID_RECORD_STATE
                    pieces.append((max(first, run.first), min(last, run.last), kind))
        change = PendingChange()
        for first, last, kind in pieces:
            self._begin(change, first, last, kind, limits)
        if change.counts[RENEW]:
            change.lock = Lock(member_id, change.ranges[0][0], change.ranges[-1][1], now_ms + limits.lock_ms)
        self._changing += 1
        return change

    def _begin(self, change: PendingChange, first: int, last: int, kind: int, limits: ShareLimits) -> None:
        (whole,) = self._runs.within(first, first)
        run = self._runs.cut(whole, first, last)
        target = _TARGETS[kind]
        if target is RecordState.AVAILABLE and run.deliveries >= limits.deliveries_max:
            target = RecordState.ARCHIVED
            change.archived += len(run)
        run.change, run.target = change, target
        change.counts[kind] += len(run)
        change.ranges.append((first, last))
        if target is not RecordState.ACQUIRED:
            change.is_durable = True
            self._mark(run)

    def finish(self, change: PendingChange, is_kept: bool) -> bool:
        """What was begun is durable, or could not be made so. True when something became available."""
        self._changing -= 1
        is_news = False
        for first, last in change.ranges:
            for run in self._runs.within(first, last):
                if run.change is change:
                    is_news |= self._settle(run, change, is_kept)
        if change.lock is not None and change.lock.records:
            self._push(change.lock)
        if change.ranges:
            self._runs.join(change.ranges[0][0], change.ranges[-1][1])
        self._runs.drop_final()
        return is_news

    def _settle(self, run: Run, change: PendingChange, is_kept: bool) -> bool:
        run.change = None
        lock = run.lock
        assert lock is not None, "what is acknowledged was acquired"
        if not is_kept:
            run.target = run.state
            self._mark(run)
            self._push(lock)
            return False
        if run.target is RecordState.ACQUIRED:
            assert change.lock is not None, "a renewal has its lock"
            lock.records -= len(run)
            run.lock = change.lock
            change.lock.records += len(run)
            return False
        self._unlock(run)
        run.state = run.target
        if run.state is RecordState.AVAILABLE:
            self._available_from = min(self._available_from, run.first)
            return True
        return False

    # --- locks that end -----------------------------------------------------------------------------------------------

    @property
    def next_deadline_ms(self) -> int | None:
        """When a lock ends next; maybe one that is not held any more."""
        locks = self._locks
        while locks and not locks[0][2].records:
            heappop(locks)
        return locks[0][0] if locks else None

    def expire(self, limits: ShareLimits, now_ms: int) -> Released:
        """Take from members what they have had for too long."""
        released = Released()
        while self._locks and self._locks[0][0] <= now_ms:
            lock = heappop(self._locks)[2]
            if lock.records:
                held = [run for run in self._runs.within(lock.first, lock.last) if run.lock is lock]
                released = released.plus(self._release(held, limits))
        return released

    def release_member(self, member_id: str, limits: ShareLimits) -> Released:
        """The member is gone: what it has is anybody's again."""
        if not self.acquired:
            return Released()
        return self._release([run for run in self._runs if run.lock is not None and run.lock.member_id == member_id], limits)

    def _release(self, runs: Sequence[Run], limits: ShareLimits) -> Released:
        available = archived = 0
        for run in runs:
            if run.change is not None:
                continue  # what was said of it comes first
            self._unlock(run)
            if run.deliveries >= limits.deliveries_max:
                self._archive(run)
                archived += len(run)
            else:
                run.state = run.target = RecordState.AVAILABLE
                self._available_from = min(self._available_from, run.first)
                self._mark(run)
                available += len(run)
        if runs:
            self._runs.join(runs[0].first, runs[-1].last)
            self._runs.drop_final()
        return Released(available, archived)

    def _unlock(self, run: Run) -> None:
        assert run.lock is not None, "only what is acquired has a lock"
        run.lock.records -= len(run)
        self.acquired -= len(run)
        run.lock = None

    def _push(self, lock: Lock) -> None:
        self._serial += 1
        heappush(self._locks, (lock.deadline_ms, self._serial, lock))
        if len(self._locks) > 2 * len(self._runs) + 64:
            # Locks that ended before their time have piled up.
            held = {id(entry[2]): entry for entry in self._locks if entry[2].records}
            self._locks = list(held.values())
            heapify(self._locks)

    # --- the log ------------------------------------------------------------------------------------------------------

    def log_start_moved(self, log_start: int) -> bool:
        """The log begins at ``log_start`` now: what lies before it is done with. Whether anything has changed."""
        if log_start <= self.start:
            return False
        for run in self._runs.drop_below(log_start):
            if run.lock is not None:
                self._unlock(run)
        self._runs.drop_final()
        self._available_from = max(self._available_from, self.start)
        self._dirty.append((self.start, self.start - 1))
        return True

    # --- storing ------------------------------------------------------------------------------------------------------

    def take_delta(self) -> Delta:
        """What has changed since the last time. Now and then it is everything: as often as makes that cost nothing to speak of."""
        dirty, self._dirty = self._dirty, []
        runs: list[StoredRun] = []
        if not self._replace_all:
            for first, last in _merged(dirty):
                for run in self._runs.within(first, last):
                    stored = run.stored()
                    runs.append(stored._replace(first=max(first, stored.first), last=min(last, stored.last)))
            runs = _joined(runs)
            self._delta_runs += max(len(runs), 1)
        if self._replace_all or self._delta_runs > max(_DELTA_RUNS_MIN, 2 * len(self._runs)):
            self._replace_all = False
            self._delta_runs = len(self._runs)
            return Delta(self.start, _joined(self.runs()), True)
        return Delta(self.start, runs, False)

    def give_back(self) -> None:
        """What was taken could not be written: everything is, the next time."""
        self._replace_all = True

    def _mark(self, run: Run) -> None:
        dirty = self._dirty
        if dirty and dirty[-1][1] + 1 == run.first:
            dirty[-1] = (dirty[-1][0], run.last)
        else:
            dirty.append((run.first, run.last))
            if len(dirty) > 64 and len(dirty) > 2 * len(self._runs):
                self._dirty = list(_merged(dirty))

    def _lay(self, stored: StoredRun, limits: ShareLimits | None) -> None:
        first, last = max(stored.first, self.start), stored.last
        if last < first:
            return
        state, deliveries = RecordState(stored.state), stored.deliveries
        if limits is not None and state is RecordState.AVAILABLE and deliveries >= limits.deliveries_max:
            state = RecordState.ARCHIVED
        if first > self.end:
            self._runs.append(Run(self.end, first - 1, RecordState.AVAILABLE, 0))
        for run in self._runs.within(first, min(last, self.end - 1)):
            part = self._runs.cut(run, max(run.first, first), min(run.last, last))
            part.state = part.target = state
            part.deliveries = deliveries
        if last >= self.end:
            self._runs.append(Run(self.end, last, state, deliveries))


class _Taking:
    """One :meth:`SharePartition.acquire` under way. ``pieces`` next to each other are one, until it has ``batch_size`` records."""

    __slots__ = ("batch_size", "is_done", "is_exact", "limits", "lock", "pieces", "records_max", "taken")

    def __init__(self, lock: Lock, limits: ShareLimits, records_max: int, batch_size: int, is_exact: bool) -> None:
        self.lock = lock
        self.limits = limits
        self.records_max = records_max
        self.batch_size = batch_size
        self.is_exact = is_exact
        self.is_done = False
        self.taken = 0
        self.pieces: list[Acquired] = []

    @property
    def is_full(self) -> bool:
        """Nothing more may be taken, not even to the end of the batch."""
        return self.is_exact and self.taken >= self.records_max

    def up_to(self, first: int, last: int) -> int:
        """Up to where to take of ``first`` to ``last``."""
        return min(last, first + self.records_max - self.taken - 1) if self.is_exact else last

    def add(self, first: int, last: int, deliveries: int) -> None:
        self.taken += last - first + 1
        pieces = self.pieces
        if pieces:
            before, end, count = pieces[-1]
            if end + 1 == first and count == deliveries and end - before + 1 < self.batch_size:
                pieces[-1] = Acquired(before, last, deliveries)
                return
        pieces.append(Acquired(first, last, deliveries))


def _fewer(deliveries: int, deliveries_max: int, batch: FetchedBatch) -> int | None:
    """How many records of a batch are given at a time when they were delivered so often before; None: as many as there are.

    From the middle of the way to the limit on it is half as many each time, and one when it is the last time.
    """
    from_here = max(2, (deliveries_max + 1) // 2)
    if deliveries_max <= 2 or deliveries < from_here:
        return None
    if deliveries >= deliveries_max - 1:
        return 1
    return max((batch.last - batch.first + 1) >> (deliveries - from_here + 1), 1)


def _merged(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same offsets in ranges that neither touch nor overlap, in order."""
    first, last = 0, -1
    for low, high in sorted(ranges):
        if high < low:
            continue
        if last < first:
            first, last = low, high
        elif low <= last + 1:
            last = max(last, high)
        else:
            yield first, last
            first, last = low, high
    if last >= first:
        yield first, last


def _joined(runs: Iterable[StoredRun]) -> list[StoredRun]:
    """As few runs as say the same."""
    joined: list[StoredRun] = []
    for run in runs:
        if joined and joined[-1].last + 1 == run.first and joined[-1][2:] == run[2:]:
            joined[-1] = joined[-1]._replace(last=run.last)
        else:
            joined.append(run)
    return joined
