"""The agent that brings what groups decide into the catalog: each group's changes in order, everything else at once.

A change is visible and answered only after the catalog has it, and changes of one group never overtake each other. What
gathers while one round is being written goes into the next one together, so many commits share one transaction without
anybody waiting for a timer.

Where brokers share the catalog it refuses who does not coordinate a group any more. Nobody is told anything then but that, and the shard
is said to be lost. Commits for groups of other shards, which were refused along with it, are tried again by themselves.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import anyio

from broker.errors import BrokerError
from broker.model import CommittedOffset
from broker.storage.catalog.base import GroupCatalog, OffsetKey, StoredConsumerGroup, StoredGroup, StoredShareGroup
from broker.storage.catalog.cluster import Fenced
from broker.storage.catalog.shards import shard_of
from broker.wire.error_codes import ErrorCode
from observability import logs
from observability.metrics import OFFSET_COMMIT_FAILURES, OFFSET_COMMITS

_log = logs.get("groups")

Done = Callable[[ErrorCode], None]

ERRORS_AS_CLIENTS_KNOW_THEM: Final = {
    ErrorCode.KAFKA_STORAGE_ERROR: ErrorCode.NOT_COORDINATOR,
    ErrorCode.NOT_LEADER_OR_FOLLOWER: ErrorCode.NOT_COORDINATOR,
    ErrorCode.NOT_ENOUGH_REPLICAS: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.REQUEST_TIMED_OUT: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION: ErrorCode.COORDINATOR_NOT_AVAILABLE,
}
"""Clients of groups expect coordinators' errors, not storage's: Kafka maps them so, and clients retry on them."""



def is_loss(refusal: BrokerError) -> bool:
    """Whether the catalog says that this broker does not coordinate any more what it wanted to change."""
    return refusal.code is ErrorCode.NOT_COORDINATOR or isinstance(refusal, Fenced)


@dataclass(frozen=True, slots=True)
class OffsetCommit:
    group_id: str
    offsets: Mapping[OffsetKey, CommittedOffset]
    done: Done


@dataclass(frozen=True, slots=True)
class OffsetDelete:
    """``keys`` is asked when the change's turn comes, so that it sees what earlier changes have brought. What it returned is
    what is gone when ``done`` is called."""

    group_id: str
    keys: Callable[[], Sequence[OffsetKey]]
    done: Done


@dataclass(frozen=True, slots=True)
class GroupSave:
    group_id: str
    stored: StoredGroup
    done: Done


@dataclass(frozen=True, slots=True)
class ConsumerGroupSave:
    """``take`` is called when the change's turn comes: what has gathered until then is saved together. It returns the group with
    the members that have changed, and the ids of those that are gone."""

    group_id: str
    take: Callable[[], tuple[StoredConsumerGroup, Sequence[str]]]
    done: Done


@dataclass(frozen=True, slots=True)
class ShareGroupSave:
    """As :class:`ConsumerGroupSave`, of a share group."""

    group_id: str
    take: Callable[[], tuple[StoredShareGroup, Sequence[str]]]
    done: Done


@dataclass(frozen=True, slots=True)
class GroupDelete:
    group_id: str
    done: Done


Other = OffsetDelete | GroupSave | ConsumerGroupSave | ShareGroupSave | GroupDelete
Change = OffsetCommit | Other


class GroupWriter:
    """Owns the queue of changes. ``run`` ends only by cancellation or by ``StorageFailed``."""

    def __init__(self, catalog: GroupCatalog, on_lost: Callable[[int], None] | None = None) -> None:
        """``on_lost`` is told of a shard that the catalog says is another broker's."""
        self._catalog = catalog
        self._on_lost = on_lost
        self._queues: dict[str, deque[Change]] = {}
        self._under_way: dict[str, int] = {}
        self._round_over = anyio.Event()
        self._queued = anyio.Event()
        self._idle = anyio.Event()
        self._idle.set()
        self._complaints = logs.LineLimiter()

    def enqueue(self, change: Change) -> None:
        """Take the change's place in order; its ``done`` is called later, from :meth:`run`."""
        queue = self._queues.get(change.group_id)
        if queue is None:
            queue = self._queues[change.group_id] = deque()
        queue.append(change)
        self._queued.set()
        if self._idle.is_set():
            self._idle = anyio.Event()

    def waiting_groups(self) -> list[str]:
        """The groups with changes that are not yet in the catalog."""
        return list(self._queues)

    async def drain(self) -> None:
        """Wait until everything enqueued so far and meanwhile is written (``run`` must be running)."""
        while not self._idle.is_set():
            await self._idle.wait()

    async def drain_those(self, concerns: Callable[[str], bool]) -> None:
        """The same for the groups that are concerned; nothing more may be enqueued for them."""
        while any(concerns(group_id) for group_id in self._queues):
            await self._round_over.wait()

    def give_up(self, concerns: Callable[[str], bool]) -> None:
        """Refuse what waits for its turn of the groups that are concerned. What is under way is answered as the catalog decides."""
        refused: list[Change] = []
        for group_id, queue in list(self._queues.items()):
            if concerns(group_id):
                under_way = self._under_way.get(group_id, 0)
                while len(queue) > under_way:
                    refused.append(queue.pop())
                if not queue:
                    del self._queues[group_id]
        for change in reversed(refused):
            if isinstance(change, ConsumerGroupSave | ShareGroupSave):
                change.take()  # its turn has come, to be refused
            change.done(ErrorCode.NOT_COORDINATOR)

    async def run(self) -> None:
        while True:
            await self._queued.wait()
            self._queued = anyio.Event()
            while self._queues:
                await self._write_round()
            self._idle.set()

    async def _write_round(self) -> None:
        """Write the first change of each group, for commits as many as follow each other."""
        commits: list[OffsetCommit] = []
        others: list[Other] = []
        groups = list(self._queues)
        for group_id in groups:
            queue = self._queues[group_id]
            first = queue[0]
            if isinstance(first, OffsetCommit):
                before = len(commits)
                for change in queue:
                    if not isinstance(change, OffsetCommit):
                        break
                    commits.append(change)
                self._under_way[group_id] = len(commits) - before
            else:
                others.append(first)
                self._under_way[group_id] = 1
        if len(others) + bool(commits) == 1:
            if commits:
                await self._commit(commits)
            else:
                await self._apply(others[0])
        else:
            async with anyio.create_task_group() as writes:
                if commits:
                    writes.start_soon(self._commit, commits)
                for change in others:
                    writes.start_soon(self._apply, change)
        for group_id in groups:
            if not self._queues.get(group_id, True):
                del self._queues[group_id]
        over, self._round_over = self._round_over, anyio.Event()
        over.set()

    async def _commit(self, commits: Sequence[OffsetCommit]) -> None:
        merged: dict[OffsetKey, CommittedOffset] = {}
        for commit in commits:
            merged.update(commit.offsets)
        error = ErrorCode.NONE
        try:
            await self._catalog.commit_offsets(merged)
        except BrokerError as refusal:
            if refusal.code is ErrorCode.NOT_COORDINATOR:
                by_shard: dict[int, list[OffsetCommit]] = {}
                for commit in commits:
                    by_shard.setdefault(shard_of(commit.group_id), []).append(commit)
                if len(by_shard) > 1:
                    for of_shard in by_shard.values():
                        await self._commit(of_shard)
                    return
            OFFSET_COMMIT_FAILURES.inc(len(commits))
            self._look_for_loss(refusal, commits)
            groups = len({commit.group_id for commit in commits})
            error = self._as_group_error(
                refusal, "storage refuses offset commits; consumers try again", commits=len(commits), groups=groups
            )
        else:
            OFFSET_COMMITS.inc(len(commits))
        for commit in commits:
            self._finish(commit, error)

    async def _apply(self, change: Other) -> None:
        error = ErrorCode.NONE
        try:
            if isinstance(change, GroupSave):
                await self._catalog.save_group(change.stored)
            elif isinstance(change, ConsumerGroupSave):
                await self._catalog.save_consumer_group(*change.take())
            elif isinstance(change, ShareGroupSave):
                await self._catalog.save_share_group(*change.take())
            elif isinstance(change, GroupDelete):
                await self._catalog.delete_group(change.group_id)
            else:
                keys = change.keys()
                if keys:
                    await self._catalog.delete_offsets(keys)
        except BrokerError as refusal:
            self._look_for_loss(refusal, (change,))
            error = self._as_group_error(refusal, "storage refuses a change of a group", group=change.group_id)
        self._finish(change, error)

    def _look_for_loss(self, refusal: BrokerError, changes: Sequence[Change]) -> None:
        if self._on_lost is not None and self._catalog.shared and is_loss(refusal):
            for shard in {shard_of(change.group_id) for change in changes}:
                self._on_lost(shard)

    def _finish(self, change: Change, error: ErrorCode) -> None:
        queue = self._queues[change.group_id]
        done = queue.popleft()
        assert done is change, "changes of one group are finished in order"
        self._under_way[change.group_id] -= 1
        if not self._under_way[change.group_id]:
            del self._under_way[change.group_id]
        change.done(error)

    def _as_group_error(self, refusal: BrokerError, line: str, **about: object) -> ErrorCode:
        """The error to answer with. Clients try again and again while a disk is full: not every time is a line of the log."""
        held_back = self._complaints.take(anyio.current_time())
        if held_back is not None:
            if held_back:
                about["lines_held_back"] = held_back
            _log.warning(line, error=refusal.code.name, reason=refusal.message, **about)
        return ERRORS_AS_CLIENTS_KNOW_THEM.get(refusal.code, refusal.code)
