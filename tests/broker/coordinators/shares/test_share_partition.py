"""A share partition against a model that keeps every record by itself, in thousands of random histories."""

import os
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from broker.coordinators.shares.limits import ShareLimits
from broker.coordinators.shares.runs import RecordState, StoredRun
from broker.coordinators.shares.share_partition import (
    ACCEPT,
    GAP,
    REJECT,
    RELEASE,
    RENEW,
    Acknowledgement,
    Acquired,
    FetchedBatch,
    PendingChange,
    Released,
    SharePartition,
)
from broker.wire.error_codes import ErrorCode

LIMITS = ShareLimits(deliveries_max=3, lock_ms=100, locks_max=24)
MEMBERS = ("ann", "bob", "cid")
LOG_END = 80


@dataclass
class Record:
    """One record as the model has it. ``claim`` is what is on its way to the catalog."""

    state: str = "free"
    owner: str = ""
    deadline: int = 0
    deliveries: int = 0
    claim: tuple[int, str] | None = None


@dataclass
class Model:
    """Everything by record; nothing is clever here."""

    start: int = 0
    records: dict[int, Record] = field(default_factory=dict)
    claims: int = 0

    def end_of(self) -> int:
        return max(self.records, default=self.start - 1) + 1

    def settle_start(self) -> None:
        while self.start in self.records and self.records[self.start].state in ("done", "gone") and not self.records[self.start].claim:
            del self.records[self.start]
            self.start += 1

    def free_again(self, record: Record) -> None:
        record.owner = ""
        record.state = "gone" if record.deliveries >= LIMITS.deliveries_max else "free"


def single(*kinds: int) -> list[int]:
    return list(kinds)


class SharePartitionMachine(RuleBasedStateMachine):
    """Members acquire, acknowledge, time out and leave; the log moves on; the broker crashes."""

    changes = Bundle("changes")

    def __init__(self) -> None:
        super().__init__()
        self.partition = SharePartition(0, limits=LIMITS)
        self.model = Model()
        self.now = 0
        self.stored: list[StoredRun] = []
        self.stored_start = 0
        self.open: dict[int, PendingChange] = {}
        self.starts = [0]

    # What members do

    @rule(
        member=st.sampled_from(MEMBERS),
        sizes=st.lists(st.integers(1, 6), min_size=1, max_size=6),
        records_max=st.integers(1, 12),
        is_exact=st.booleans(),
        aborted=st.sets(st.integers(0, 5)),
        hole=st.sampled_from((0, 0, 0, 1, 2)),
    )
    def acquire(
        self, member: str, sizes: list[int], records_max: int, is_exact: bool, aborted: set[int], hole: int
    ) -> None:
        offset = self.partition.next_fetch_offset()
        first = offset + hole
        batches = []
        for number, size in enumerate(sizes):
            if first >= LOG_END:
                break
            batches.append(FetchedBatch(first, first + size - 1, number in aborted))
            first += size
        before = {offset: (record.state, record.deliveries) for offset, record in self.model.records.items()}
        end = self.model.end_of()
        acquired = self.partition.acquire(
            member, offset, batches, LIMITS, self.now, records_max=records_max, batch_size=4, is_exact=is_exact
        )
        self._check_acquired(acquired, before, batches, records_max, is_exact)
        self._follow_acquire(member, offset, batches, acquired, end)

    def _check_acquired(
        self,
        acquired: list[Acquired],
        before: dict[int, tuple[str, int]],
        batches: list[FetchedBatch],
        records_max: int,
        is_exact: bool,
    ) -> None:
        given = [(offset, each.deliveries) for each in acquired for offset in range(each.first, each.last + 1)]
        assert [offset for offset, _ in given] == sorted({offset for offset, _ in given}), "in order, each once"
        for offset, deliveries in given:
            state, delivered = before.get(offset, ("free", 0))
            assert state == "free"
            assert not (offset in self.model.records and self.model.records[offset].claim)
            assert deliveries == delivered + 1 <= LIMITS.deliveries_max
            assert any(batch.first <= offset <= batch.last or offset < batch.first for batch in batches if not batch.is_aborted)
        if not acquired:
            for offset, (state, _) in before.items():
                is_read = any(batch.first <= offset <= batch.last and not batch.is_aborted for batch in batches)
                assert state != "free" or not is_read or self.model.records[offset].claim, "what is free is given"
        if is_exact:
            assert len(given) <= records_max
        if len(given) > 1:
            assert all(deliveries < LIMITS.deliveries_max for _, deliveries in given), "the last delivery is one of its own"

    def _follow_acquire(
        self, member: str, offset: int, batches: list[FetchedBatch], acquired: list[Acquired], end: int
    ) -> None:
        """What was not given is told by the partition; that it may not be given is checked above and by the invariants."""
        model = self.model
        given = {each: True for one in acquired for each in range(one.first, one.last + 1)}
        for each in range(end, self.partition.end):
            model.records[each] = Record(state="free" if each in given else "gone")
        for each in list(model.records):
            record = model.records[each]
            if each in given:
                record.state, record.owner, record.deadline = "held", member, self.now + LIMITS.lock_ms
                record.deliveries += 1
            elif record.state == "free" and not record.claim:
                in_hole = batches and offset <= each < batches[0].first
                is_aborted = any(batch.is_aborted and batch.first <= each <= batch.last for batch in batches)
                if in_hole or (is_aborted and self._state_of(each) == RecordState.ARCHIVED):
                    record.state = "gone"
        model.settle_start()

    def _state_of(self, offset: int) -> int:
        for run in self.partition.runs():
            if run.first <= offset <= run.last:
                return run.state
        return RecordState.ARCHIVED

    @rule(
        target=changes,
        member=st.sampled_from(MEMBERS),
        ranges=st.lists(
            st.tuples(st.integers(-2, 30), st.integers(1, 8), st.sampled_from((GAP, ACCEPT, RELEASE, REJECT, RENEW))), min_size=1, max_size=3
        ),
        each_alone=st.booleans(),
    )
    def acknowledge(self, member: str, ranges: list[tuple[int, int, int]], each_alone: bool) -> int:
        said = [
            Acknowledgement(self.model.start + at, self.model.start + at + size - 1, single(*[kind] * (size if each_alone else 1)))
            for at, size, kind in ranges
        ]
        return self._say(member, said)

    @rule(
        target=changes,
        member=st.sampled_from(MEMBERS),
        kinds=st.lists(st.sampled_from((GAP, ACCEPT, ACCEPT, RELEASE, REJECT, RENEW)), min_size=40, max_size=40),
        take=st.integers(1, 40),
    )
    def acknowledge_own(self, member: str, kinds: list[int], take: int) -> int:
        return self._say_of_own(member, kinds[:take])

    @precondition(lambda self: self.model.records)
    @rule(
        target=changes,
        member=st.sampled_from(MEMBERS),
        at=st.integers(0, 23),
        size=st.integers(1, 3),
        again=st.integers(0, 2),
        kind=st.sampled_from((GAP, ACCEPT, RELEASE, RELEASE, REJECT, RENEW)),
    )
    def acknowledge_some(self, member: str, at: int, size: int, again: int, kind: int) -> int:
        """Near what there is, whoever has it, and some of it twice."""
        offsets = sorted(self.model.records)
        first = offsets[at % len(offsets)]
        said = [Acknowledgement(first, first + size - 1, [kind])]
        if again:
            said.append(Acknowledgement(first + size - 1, first + size - 2 + again, [kind]))
        return self._say(member, said)

    @rule(target=changes, member=st.sampled_from(MEMBERS))
    def release_own(self, member: str) -> int:
        return self._say_of_own(member, [RELEASE] * 40)

    def _say_of_own(self, member: str, kinds: list[int]) -> int:
        own = [offset for offset, record in sorted(self.model.records.items()) if record.owner == member and not record.claim]
        return self._say(member, [Acknowledgement(offset, offset, [kind]) for offset, kind in zip(own, kinds, strict=False)])

    def _say(self, member: str, said: list[Acknowledgement]) -> int:
        model = self.model
        change = self.partition.acknowledge(member, said, LIMITS, self.now)
        expected: dict[int, int] = {}
        is_fine = True
        for each in said:
            if each.last < model.start:
                continue
            for number, offset in enumerate(range(each.first, each.last + 1)):
                if offset < model.start:
                    continue
                record = model.records.get(offset)
                # In order, owned, and not said twice.
                is_fine &= (
                    record is not None
                    and record.state == "held"
                    and record.owner == member
                    and record.claim is None
                    and offset > max(expected, default=-1)
                )
                expected[offset] = each.kinds[number if len(each.kinds) > 1 else 0]
        if isinstance(change, ErrorCode):
            assert change in (ErrorCode.INVALID_RECORD_STATE, ErrorCode.INVALID_REQUEST)
            assert not is_fine
            return -1
        assert is_fine
        model.claims += 1
        names = {GAP: "gone", ACCEPT: "done", RELEASE: "free", REJECT: "gone", RENEW: "held"}
        for offset, kind in expected.items():
            model.records[offset].claim = (model.claims, names[kind])
        self.open[model.claims] = change
        self.renewed_at = self.now
        change_deadline = self.now + LIMITS.lock_ms
        self.deadlines = {**getattr(self, "deadlines", {}), model.claims: change_deadline}
        return model.claims

    @rule(claim=changes, is_kept=st.booleans())
    def finish(self, claim: int, is_kept: bool) -> None:
        change = self.open.pop(claim, None)
        if change is None:
            return
        self.partition.finish(change, is_kept)
        for record in self.model.records.values():
            if record.claim is not None and record.claim[0] == claim:
                name, record.claim = record.claim[1], None
                if is_kept:
                    if name == "free":
                        self.model.free_again(record)
                    elif name == "held":
                        record.deadline = self.deadlines[claim]
                    else:
                        record.state, record.owner = name, ""
        self.model.settle_start()

    @rule(member=st.sampled_from(MEMBERS))
    def leave(self, member: str) -> None:
        self._compare_released(
            self.partition.release_member(member, LIMITS),
            [record for record in self.model.records.values() if record.owner == member and not record.claim],
        )

    @rule(passed=st.integers(1, 150))
    def time_passes(self, passed: int) -> None:
        self.now += passed
        due = self.partition.next_deadline_ms
        late = [r for r in self.model.records.values() if r.state == "held" and not r.claim and r.deadline <= self.now]
        assert not late or (due is not None and due <= self.now)
        self._compare_released(self.partition.expire(LIMITS, self.now), late)

    def _compare_released(self, released: Released, records: list[Record]) -> None:
        for record in records:
            self.model.free_again(record)
        archived = sum(record.state == "gone" for record in records)
        assert released == Released(len(records) - archived, archived)
        self.model.settle_start()

    # What the log and the broker do

    @rule(ahead=st.integers(1, 10))
    def log_start_moves(self, ahead: int) -> None:
        to = self.model.start + ahead
        self.partition.log_start_moved(to)
        self.model.records = {offset: record for offset, record in self.model.records.items() if offset >= to}
        self.model.start = to
        self.model.settle_start()

    @rule()
    def write(self) -> None:
        delta = self.partition.take_delta()
        if delta.replaces:
            self.stored = []
        self.stored += delta.runs
        self.stored_start = delta.start

    @rule()
    def a_write_fails(self) -> None:
        self.partition.take_delta()
        self.partition.give_back()

    @precondition(lambda self: not self.open)
    @rule()
    def crash(self) -> None:
        """What was written last is all there is: but for locks, everything."""
        self.write()
        before = self._by_record(self.partition.runs())
        end = self.partition.end
        self.partition = SharePartition(self.stored_start, self.stored, LIMITS)
        after = self._by_record(self.partition.runs())
        for offset in range(self.model.start, end):
            state, deliveries = before[offset]
            if state == RecordState.AVAILABLE and deliveries >= LIMITS.deliveries_max:
                state = RecordState.ARCHIVED
            if offset >= self.partition.start:
                assert after[offset] == (state, deliveries)
            else:
                assert state in (RecordState.ACKNOWLEDGED, RecordState.ARCHIVED)
        for record in self.model.records.values():
            if record.state == "held":
                self.model.free_again(record)
        self.model.settle_start()
        self.stored = self.partition.runs()

    def _by_record(self, runs: list[StoredRun]) -> dict[int, tuple[int, int]]:
        return {offset: (run.state, run.deliveries) for run in runs for offset in range(run.first, run.last + 1)}

    # What always holds

    @invariant()
    def is_as_the_model(self) -> None:
        model, partition = self.model, self.partition
        assert partition.start == model.start
        assert partition.end == model.end_of()
        names = {"free": RecordState.AVAILABLE, "held": RecordState.AVAILABLE, "done": RecordState.ACKNOWLEDGED, "gone": RecordState.ARCHIVED}
        seen = self._by_record(partition.runs())
        assert sorted(seen) == sorted(model.records)
        for offset, record in model.records.items():
            name = record.state if record.claim is None else record.claim[1]
            if record.claim is not None and name == "free" and record.deliveries >= LIMITS.deliveries_max:
                name = "gone"
            assert seen[offset] == (names[name], record.deliveries), offset
        assert partition.acquired == sum(record.state == "held" for record in model.records.values())
        free = [offset for offset, record in model.records.items() if record.state == "free" and not record.claim]
        assert partition.next_fetch_offset() == min(free, default=model.end_of())
        assert partition.done_ahead == sum(record.state in ("done", "gone") for record in model.records.values())

    @invariant()
    def starts_never_fall(self) -> None:
        assert self.partition.start >= self.starts[-1]
        self.starts.append(self.partition.start)


SharePartitionMachine.TestCase.settings = settings(
    max_examples=2000 if os.environ.get("PENSTOCK_HYPOTHESIS") == "long" else 120, stateful_step_count=40, deadline=None
)
TestAgainstTheModel = SharePartitionMachine.TestCase
TestAgainstTheModel.__doc__ = "Every record is where a model that keeps each by itself has it."
