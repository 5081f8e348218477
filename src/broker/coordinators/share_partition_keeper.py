"""The agent that keeps the share partitions (KIP-932) that are in use: reads them from the catalog, writes what changes, ends locks.

What a member acknowledges is answered when the catalog has it (:mod:`broker.coordinators.share_state_writer`). After a crash, what members
had is available again, and what they acknowledged is done with.

Loads, and what operators do to a group's offsets, take turns within the group. A state that an operator replaces is fenced: what was
under way in it is refused.

Where brokers share the catalog, whoever leads a partition keeps what groups have read of it:

G1  Its state is claimed when it is read from the catalog, so that whoever kept it before can save nothing more. What is acknowledged by then
    is read; what is acknowledged there later is refused. So no record that was acknowledged is given to anybody again.
G2  Who finds that the state is claimed by another lets go of it: what members had is theirs no more, and they are sent to the leader.
G3  The group's coordinator makes, replaces and deletes states in the catalog. Whoever keeps one hears of it when it saves, which it does with
    all that it gives.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from secrets import randbelow
from typing import Final, NamedTuple

import anyio

from broker.coordinators.share_state_writer import ShareStateWriter
from broker.coordinators.shares.held_partition import Held as Held
from broker.coordinators.shares.limits import ShareLimits
from broker.coordinators.shares.runs import StoredRun
from broker.coordinators.shares.share_partition import (
    Acknowledgement,
    Acquired,
    FetchedBatch,
    PendingChange,
    Released,
    SharePartition,
)
from broker.coordinators.shares.share_sessions import PartitionKey, ShareSession, ShareSessions
from broker.coordinators.turn_keeper import TurnKeeper
from broker.coordinators.wake_ups import WakeUps
from broker.errors import BrokerError
from broker.model import LogBounds
from broker.storage.catalog.base import ShareStateCatalog
from broker.storage.catalog.share_states import ShareChange, ShareKey, ShareState
from broker.wire.error_codes import ErrorCode
from observability.metrics import (
    SHARE_ACKNOWLEDGED,
    SHARE_ACQUIRED,
    SHARE_ARCHIVED,
    SHARE_DELIVERIES,
    SHARE_LOCKS_ENDED,
)

PARTITIONS_MAX: Final = 10_000
"""Share partitions in memory. Those that nobody has anything of make room."""

RUNS_MAX: Final = 1_000_000
"""Runs of records of all share partitions together, some 150 bytes each. Above it no records are given that nobody had before."""

FIRST_EPOCHS: Final = 1 << 30
_LOOK_AT: Final = 16
_NOT_FOUND: Final = -1
_KINDS: Final = ("gap", "accept", "release", "reject", "renew")


class ShareOffsets(NamedTuple):
    """Where a share group stands in a partition; -1 each for what is not known."""

    start_offset: int
    leader_epoch: int
    lag: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the keeper must be told from elsewhere.

    ``first_offset`` finds out where a group begins in a partition, ``bounds`` where a log does and ends (None: it does not exist); both may
    raise BrokerError. ``limits`` are a group's as they are now. ``leads`` says whether the partition is this broker's to lead.
    """

    limits: Callable[[str], ShareLimits]
    sessions_max: Callable[[], int]
    first_offset: Callable[[str, bytes, int], Awaitable[int]]
    bounds: Callable[[bytes, int], Awaitable[LogBounds | None]]
    leads: Callable[[bytes, int], bool] = lambda topic_id, index: True


class SharePartitionKeeper:
    """Owns share partitions and share sessions. ``run`` ends only by cancellation or by ``StorageFailed``."""

    def __init__(
        self, catalog: ShareStateCatalog, surroundings: Surroundings, *, partitions_max: int = PARTITIONS_MAX, runs_max: int = RUNS_MAX
    ) -> None:
        self._runs_max = runs_max
        self._run_total = 0
        self._catalog = catalog
        self._around = surroundings
        self._partitions_max = partitions_max
        self.sessions = ShareSessions()
        self._held: OrderedDict[ShareKey, Held] = OrderedDict()
        self._by_name: dict[str, Held] = {}
        self._by_topic: dict[bytes, dict[ShareKey, None]] = {}
        self._names = 0
        self._turns = TurnKeeper()
        self._writer = ShareStateWriter(catalog, self._settle, self._after_change, self._lost)
        self._wake_ups = WakeUps()
        self._wake_up_moved = anyio.Event()
        self.is_closed = False

    def __len__(self) -> int:
        """Share partitions in memory."""
        return len(self._held)

    @property
    def locks_held(self) -> int:
        """Records that members have now."""
        return sum(held.partition.acquired for held in self._held.values())

    def limits(self, group_id: str) -> ShareLimits:
        """What bounds the group's records now."""
        return self._around.limits(group_id)

    # --- sessions -----------------------------------------------------------------------------------------------------

    def begin_session(
        self, group_id: str, member_id: str, partitions: Sequence[PartitionKey]
    ) -> ShareSession | ErrorCode:
        """A new session of the member, if there may be one more. What an old one had acquired stays the member's."""
        old = self.sessions.find(group_id, member_id)
        session = self.sessions.create(group_id, member_id, partitions, self._around.sessions_max())
        if old is not None and isinstance(session, ErrorCode):
            self._release(old)
        return session

    def end_session(self, session: ShareSession) -> None:
        """The member is gone: what it had is anybody's again, at once. Who still waits for it is let go."""
        if self.sessions.end(session):
            self._release(session)

    def _release(self, session: ShareSession) -> None:
        limits = self.limits(session.group_id)
        for partition in session.acquired_in.union(session.partitions):
            held = self._held.get((session.group_id, *partition))
            if held is not None:
                self._note_released(held, held.partition.release_member(session.member_id, limits))
                held.wake()

    # --- share partitions ---------------------------------------------------------------------------------------------

    def peek(self, group_id: str, partition: PartitionKey) -> Held | None:
        """The share partition, when it is in memory."""
        held = self._held.get((group_id, *partition))
        if held is not None:
            self._held.move_to_end(held.key)
        return held

    async def hold(self, group_id: str, partitions: Iterable[PartitionKey]) -> dict[PartitionKey, Held | ErrorCode]:
        """The share partitions, read from the catalog where need be. A group's first look at a partition decides where it begins.

        What was never initialized is unknown: who is no member of a group cannot fill the catalog with its partitions.
        """
        found: dict[PartitionKey, Held | ErrorCode] = {}
        missing: list[PartitionKey] = []
        for partition in partitions:
            held = self.peek(group_id, partition)
            if not self._around.leads(*partition):
                found[partition] = ErrorCode.NOT_LEADER_OR_FOLLOWER
                if held is not None:
                    self._lost(held)
            elif held is None:
                missing.append(partition)
            else:
                found[partition] = held
        if missing:
            async with self._turn(group_id):
                missing = [each for each in missing if not self._is_here(group_id, each, found)]
                if missing:
                    try:
                        await self._load(group_id, missing, found)
                    except BrokerError as refusal:
                        found.update((partition, refusal.code) for partition in missing if partition not in found)
        return found

    def _is_here(self, group_id: str, partition: PartitionKey, found: dict[PartitionKey, Held | ErrorCode]) -> bool:
        held = self.peek(group_id, partition)
        if held is not None:
            found[partition] = held
        return held is not None

    async def _load(
        self, group_id: str, missing: Sequence[PartitionKey], found: dict[PartitionKey, Held | ErrorCode]
    ) -> None:
        read = self._catalog.claim_share_states if self._catalog.shared else self._catalog.load_share_states
        stored = await read([(group_id, *each) for each in missing])
        limits = self.limits(group_id)
        fresh: list[ShareChange] = []
        loaded: list[tuple[PartitionKey, ShareState]] = []
        for partition in missing:
            key = (group_id, *partition)
            state = stored.get(key)
            try:
                bounds = await self._around.bounds(*partition)
                if bounds is None or state is None:
                    found[partition] = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                    continue
                if state.start_offset < 0:
                    start = await self._around.first_offset(group_id, *partition)
                    state = ShareState(state.state_epoch, start, bounds.leader_epoch)
                    fresh.append(ShareChange(key, state.state_epoch, start, state.leader_epoch, (), True))
            except BrokerError as refusal:
                found[partition] = refusal.code
                continue
            loaded.append((partition, state))
        if fresh:
            await self._catalog.save_share_states(fresh)
        for partition, state in loaded:
            found[partition] = self._enter((group_id, *partition), state, limits)

    def _enter(self, key: ShareKey, state: ShareState, limits: ShareLimits) -> Held | ErrorCode:
        if len(self._held) >= self._partitions_max and not self._make_room():
            return ErrorCode.NOT_LEADER_OR_FOLLOWER
        self._names += 1
        runs = [StoredRun(*run) for run in state.runs]
        held = Held(key, str(self._names), SharePartition(state.start_offset, runs, limits), state)
        held.counted_runs = held.partition.run_count
        self._run_total += held.counted_runs
        self._held[key] = held
        self._by_name[held.name] = held
        self._by_topic.setdefault(key[1], {})[key] = None
        return held

    def _make_room(self) -> bool:
        """Forget one that nobody needs, among those that were not asked for the longest."""
        oldest = [held for held, _ in zip(self._held.values(), range(_LOOK_AT), strict=False)]
        for held in oldest:
            if held.may_go:
                self._forget(held)
                return True
            self._held.move_to_end(held.key)
        return False

    def _forget(self, held: Held) -> None:
        self._run_total -= held.counted_runs
        held.counted_runs = 0
        del self._held[held.key]
        del self._by_name[held.name]
        of_topic = self._by_topic[held.key[1]]
        del of_topic[held.key]
        if not of_topic:
            del self._by_topic[held.key[1]]
        self._wake_ups.forget(held.name)
        self._writer.forget(held)

    def _fence(self, held: Held, error: ErrorCode = ErrorCode.FENCED_STATE_EPOCH) -> None:
        """The state is replaced or gone: what is under way in it comes to nothing."""
        if held.is_fenced:
            return
        held.fenced_as = error
        self._forget(held)
        waiting, held.waiting = held.waiting, []
        for _, done in waiting:
            done(error)
        held.wake()

    def _lost(self, held: Held) -> None:
        """Another broker keeps it now."""
        self._fence(held, ErrorCode.NOT_LEADER_OR_FOLLOWER)

    def leaders_changed(self) -> None:
        """Let go of what this broker does not lead any more, and have members that wait for it told."""
        for key, held in list(self._held.items()):
            if not self._around.leads(key[1], key[2]):
                self._lost(held)

    def topic_removed(self, topic_id: bytes) -> None:
        """The topic is gone, and with it what groups did to its records."""
        for key in list(self._by_topic.get(topic_id, ())):
            self._fence(self._held[key])

    # --- records ------------------------------------------------------------------------------------------------------

    def acquire(
        self,
        held: Held,
        member_id: str,
        offset: int,
        batches: Sequence[FetchedBatch],
        limits: ShareLimits,
        *,
        records_max: int,
        batch_size: int,
        is_exact: bool,
    ) -> list[Acquired]:
        """Give the member what is free of ``batches``, which were read from ``offset`` on."""
        if held.is_fenced:
            return []
        partition = held.partition
        if self._run_total >= self._runs_max:
            limits = replace(limits, locks_max=0)
        acquired = partition.acquire(
            member_id, offset, batches, limits, _now_ms(), records_max=records_max, batch_size=batch_size, is_exact=is_exact
        )
        for each in acquired:
            count = each.last - each.first + 1
            SHARE_ACQUIRED.inc(count)
            SHARE_DELIVERIES.labels("first" if each.deliveries == 1 else "again").inc(count)
        self._after_change(held)
        return acquired

    def log_start_moved(self, held: Held, log_start: int) -> None:
        """The log begins at ``log_start`` now."""
        if held.partition.log_start_moved(log_start):
            self._after_change(held)
            held.wake()

    async def acknowledge(
        self, group_id: str, member_id: str, acknowledgements: Mapping[PartitionKey, Sequence[Acknowledgement]]
    ) -> dict[PartitionKey, ErrorCode]:
        """What became of what the member says, a partition each; it returns when all of that is durable."""
        limits = self.limits(group_id)
        results: dict[PartitionKey, ErrorCode] = {}
        left = 0
        all_done = anyio.Event()

        def finish(partition: PartitionKey, error: ErrorCode) -> None:
            nonlocal left
            results[partition] = error
            left -= 1
            if not left:
                all_done.set()

        for partition, said in acknowledgements.items():
            held = self._held.get((group_id, *partition))
            if not self._around.leads(*partition):
                results[partition] = ErrorCode.NOT_LEADER_OR_FOLLOWER
                if held is not None:
                    self._lost(held)
                continue
            if held is None:
                results[partition] = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                continue
            change = held.partition.acknowledge(member_id, said, limits, _now_ms())
            if isinstance(change, ErrorCode):
                results[partition] = change
            elif not change.is_durable:
                self._settle(held, change, ErrorCode.NONE)
                results[partition] = ErrorCode.NONE
            else:
                left += 1
                held.waiting.append((change, lambda error, partition=partition: finish(partition, error)))  # type: ignore[misc]
                self._writer.write_soon(held)
        if left:
            await all_done.wait()
        return results

    def _settle(self, held: Held, change: PendingChange, error: ErrorCode) -> None:
        is_kept = error is ErrorCode.NONE
        partition = held.partition
        # Members that wait are not to look again for each record that others have accepted.
        wait_for_room = bool(held.watchers) and not partition.can_acquire(self.limits(held.key[0]))
        if partition.finish(change, is_kept) or wait_for_room:
            held.wake()
        if is_kept:
            for kind, count in change.counts.items():
                SHARE_ACKNOWLEDGED.labels(_KINDS[kind]).inc(count)
            if change.archived:
                SHARE_ARCHIVED.inc(change.archived)
        self._after_change(held)

    def _note_released(self, held: Held, released: Released) -> None:
        if released.archived:
            SHARE_ARCHIVED.inc(released.archived)
        if released.available or released.archived:
            held.wake()
        self._after_change(held)

    def _after_change(self, held: Held) -> None:
        """See to what has changed in memory: it is written in a while, and locks are ended in time."""
        if held.is_fenced:
            return
        self._run_total += held.partition.run_count - held.counted_runs
        held.counted_runs = held.partition.run_count
        if held.partition.is_dirty:
            self._writer.write_later(held)
        deadline = held.partition.next_deadline_ms
        if deadline is not None and self._wake_ups.wake_at(held.name, deadline):
            self._wake_up_moved.set()

    # --- operators ----------------------------------------------------------------------------------------------------

    async def initialize(self, group_id: str, partitions: Iterable[PartitionKey]) -> None:
        """The group has these partitions now. Where it begins is found out when somebody reads."""
        wanted = [each for each in partitions if (group_id, *each) not in self._held]
        if not wanted:
            return
        async with self._turn(group_id):
            keys = [(group_id, *each) for each in wanted]
            stored = await self._catalog.load_share_states(keys)
            fresh = [self._fresh(key) for key in keys if key not in stored]
            if fresh:
                await self._catalog.save_share_states(fresh)

    def _fresh(self, key: ShareKey) -> ShareChange:
        """A state that nobody has begun. Where others may still hold one that was deleted, it has an epoch that none of them had."""
        epoch = randbelow(FIRST_EPOCHS) if self._catalog.shared else 0
        return ShareChange(key, epoch, _NOT_FOUND, 0, (), True, True)

    async def start_offsets(
        self, group_id: str, partitions: Iterable[PartitionKey] | None
    ) -> dict[PartitionKey, ShareOffsets]:
        """Where the group stands, in these partitions or in all it ever had."""
        if partitions is None:
            stored = await self._catalog.share_states_of(group_id)
            wanted = [(topic_id, index) for _, topic_id, index in stored]
        else:
            wanted = list(partitions)
            stored = await self._catalog.load_share_states([(group_id, *each) for each in wanted])
        offsets: dict[PartitionKey, ShareOffsets] = {}
        for partition in wanted:
            key = (group_id, *partition)
            state = stored.get(key)
            if state is None or state.start_offset < 0:
                offsets[partition] = ShareOffsets(_NOT_FOUND, _NOT_FOUND if state is None else state.leader_epoch, _NOT_FOUND)
                continue
            held = self._held.get(key)
            share = held.partition if held is not None else SharePartition(state.start_offset, [StoredRun(*run) for run in state.runs])
            bounds = await self._around.bounds(*partition)
            lag = _NOT_FOUND if bounds is None else max(bounds.high_watermark - share.start - share.done_ahead, 0)
            offsets[partition] = ShareOffsets(share.start, state.leader_epoch, lag)
        return offsets

    async def alter_start_offsets(
        self, group_id: str, offsets: Mapping[PartitionKey, int]
    ) -> dict[PartitionKey, ErrorCode]:
        """Have the group begin at these offsets, as if it had never read the partitions. What members have of them is theirs no more."""
        results = dict.fromkeys(offsets, ErrorCode.NONE)
        async with self._turn(group_id):
            keys = [(group_id, *each) for each in offsets]
            stored = await self._claim(keys) if self._catalog.shared else await self._catalog.load_share_states(keys)
            changes: list[ShareChange] = []
            for partition, offset in offsets.items():
                key = (group_id, *partition)
                bounds = await self._around.bounds(*partition)
                if bounds is None:
                    results[partition] = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                    continue
                state = stored.get(key)
                epoch = 0 if state is None else state.state_epoch + (not self._catalog.shared)
                changes.append(ShareChange(key, epoch, offset, bounds.leader_epoch, (), True, state is None))
            self._fence_all(change.key for change in changes)
            if changes:
                try:
                    await self._catalog.save_share_states(changes)
                except BrokerError as refusal:
                    results.update({(change.key[1], change.key[2]): refusal.code for change in changes})
        return results

    async def _claim(self, keys: Sequence[ShareKey]) -> Mapping[ShareKey, ShareState]:
        """All of them, made where they are not there yet, as the coordinator's own to replace."""
        stored = await self._catalog.claim_share_states(keys)
        missing = [key for key in keys if key not in stored]
        if missing:
            await self._catalog.save_share_states([self._fresh(key) for key in missing])
            stored |= await self._catalog.claim_share_states(missing)
        return stored

    async def delete_offsets(self, group_id: str, topic_ids: Iterable[bytes]) -> dict[bytes, ErrorCode]:
        """Forget what the group did in these topics."""
        topics = list(topic_ids)
        error = ErrorCode.NONE
        async with self._turn(group_id):
            self._fence_all([key for key in self._held if key[0] == group_id and key[1] in topics])
            try:
                await self._catalog.delete_share_states(group_id, topics)
            except BrokerError as refusal:
                error = refusal.code
        return dict.fromkeys(topics, error)

    async def delete_group(self, group_id: str) -> None:
        """Forget everything of the group. Raises BrokerError when that cannot be made durable."""
        async with self._turn(group_id):
            self._fence_all([key for key in self._held if key[0] == group_id])
            await self._catalog.delete_share_states(group_id, None)

    def _turn(self, group_id: str) -> AbstractAsyncContextManager[None]:
        return self._turns.of(group_id)

    def _fence_all(self, keys: Iterable[ShareKey]) -> None:
        for key in list(keys):
            held = self._held.get(key)
            if held is not None:
                self._fence(held)

    # --- writing and locks --------------------------------------------------------------------------------------------

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._writer.run)
            tasks.start_soon(self._keep_time)

    def close(self) -> None:
        """The broker is stopping: nobody waits for records any more."""
        self.is_closed = True
        for held in list(self._held.values()):
            held.wake()

    async def drain(self) -> None:
        """Wait until everything is written (``run`` must be running)."""
        await self._writer.drain()

    async def _keep_time(self) -> None:
        while True:
            self._wake_up_moved = anyio.Event()
            next_ms = self._wake_ups.next_ms
            with anyio.move_on_after(None if next_ms is None else max(next_ms - _now_ms(), 0) / 1000):
                await self._wake_up_moved.wait()
            now_ms = _now_ms()
            for name in self._wake_ups.due(now_ms):
                held = self._by_name.get(name)
                if held is not None:
                    released = held.partition.expire(self.limits(held.key[0]), now_ms)
                    SHARE_LOCKS_ENDED.inc(released.available + released.archived)
                    self._note_released(held, released)


def _now_ms() -> int:
    """The event loop's clock."""
    return int(anyio.current_time() * 1000)
