"""The agent that owns every consumer group of this broker: members in memory, generations and offsets in the catalog.

What it promises:

- A completed rebalance is in the catalog before a member is told its part of it; an offset commit before it is answered.
  Nothing is visible that the catalog does not have, and what it could not take leaves no trace.
- No request costs more with more groups. Heartbeats touch one member; time is kept by a heap that is checked lazily.
- Answers come through callbacks, in place: no task waits for each of the thousand members of a group. A callback may lead to
  the next request of the same client at once, so state and queue are in order before the first one is called.
- Memory is bounded (:mod:`broker.coordinators.groups.limits`).
- Where brokers share the catalog, groups are taken and given up by shard (:mod:`broker.coordinators.group_taker`); of others it knows nothing.

Deadlines run on the event loop's clock, which no correction of the wall clock moves; what is stored has wall clock times.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import anyio
import anyio.lowlevel

from broker.coordinators.classic_group_coordinator import ClassicGroupCoordinator
from broker.coordinators.classic_member_coordinator import ClassicMemberCoordinator
from broker.coordinators.consumer_group_coordinator import ConsumerGroupCoordinator, NoTopics
from broker.coordinators.group_registry import Group, GroupRegistry, OwnedGroup
from broker.coordinators.group_sweeper import GROUPS_A_SLICE, GroupSweeper
from broker.coordinators.group_taker import GroupTaker
from broker.coordinators.group_writer import Done, GroupDelete, GroupWriter, OffsetCommit
from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.commands import (
    JoinAnswer,
    JoinCommand,
    LeaveOutcome,
    Leaver,
    Reply,
    SyncAnswer,
    SyncCommand,
)
from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.limits import CLIENT_ID_IN_MEMBER_ID_MAX, GroupPolicy
from broker.coordinators.groups.member import protocols_bytes
from broker.coordinators.groups.offsets import OffsetTable
from broker.coordinators.groups.rebalancing import NEVER, GroupState
from broker.coordinators.groups.share_group import ShareGroup
from broker.coordinators.groups.subscribed_topics import Topics
from broker.coordinators.held_shards import ALL_SHARDS, HeldShards
from broker.coordinators.offset_deleter import OffsetDeleter
from broker.coordinators.offset_reader import OffsetReader
from broker.coordinators.share_group_coordinator import NoSharePartitions, ShareGroupCoordinator, SharePartitions
from broker.coordinators.transactional_offset_keeper import TransactionalOffsetKeeper
from broker.coordinators.wake_ups import WakeUps
from broker.model import CommittedOffset
from broker.storage.catalog.base import GroupCatalog
from broker.wire.error_codes import ErrorCode
from observability import logs
from observability.metrics import GROUP_MEMBERS, GROUP_REBALANCES

if TYPE_CHECKING:
    from broker.config.groups_live import LiveGroupConfigs
    from broker.config.live import LiveSettings

_log = logs.get("groups")

PartitionKey = tuple[str, int]
"""(topic, partition index)."""


def new_member_id(client_id: str, group_instance_id: str | None) -> str:
    """An id nobody has: readable (the instance's or the client's name first, as Kafka does), and not to be guessed."""
    name = (
        client_id[:CLIENT_ID_IN_MEMBER_ID_MAX]
        if group_instance_id is None
        else group_instance_id[:CLIENT_ID_IN_MEMBER_ID_MAX]
    )
    return f"{name}-{uuid4()}"


class GroupCoordinator:
    """Call :meth:`load`, then have :meth:`run` running; :meth:`close` and :meth:`drain` end it in order."""

    def __init__(
        self,
        catalog: GroupCatalog,
        settings: "LiveSettings",
        now_ms: Callable[[], int],
        *,
        policy: GroupPolicy | None = None,
        topic_exists: Callable[[str, bytes], bool] | None = None,
        topics: Topics | None = None,
        configs: "LiveGroupConfigs | None" = None,
        share_partitions: SharePartitions | None = None,
    ) -> None:
        """``topic_exists(name, topic_id)``: asked on loading, to drop offsets of topics that are gone. ``topics``: what the
        consumer protocol and share groups assign the partitions of. ``configs``: what is set on single groups. ``share_partitions``: who
        keeps what share groups have read."""
        self._catalog = catalog
        self._settings = settings
        self._now_ms = now_ms
        self._policy = policy or GroupPolicy()
        self._topic_exists = topic_exists
        self._offsets = OffsetTable()
        self._timers = WakeUps()
        self._groups = GroupRegistry(self._policy, self._offsets, self._timers)
        self._writer = GroupWriter(catalog, self._lost)
        self._held = HeldShards(alone=not catalog.shared)
        self._is_closed = False
        self.on_lost: Callable[[int], None] = lambda shard: self.let_go((shard,))
        """Told of a shard that the catalog says is another broker's."""
        self.transactional = TransactionalOffsetKeeper(
            self._groups, self._offsets, topic_exists, self._changed, self.error_of, shared=catalog.shared
        )
        """Offsets that transactions carry."""
        self.offset_reader = OffsetReader(catalog, self._groups, self._offsets, self.transactional) if catalog.shared else None
        """Who is to be asked for offsets instead of memory, where brokers share the catalog."""
        self._classic = ClassicGroupCoordinator(self._writer, self._settle, _clock_ms, now_ms)
        self.consumers = ConsumerGroupCoordinator(
            settings,
            configs,
            NoTopics() if topics is None else topics,
            self._groups,
            self._writer,
            self._classic,
            self._policy,
            self._settle,
            _clock_ms,
            now_ms,
        )
        """Groups of the consumer protocol. To be asked only while :meth:`error_of` is none."""
        self._classic_members = ClassicMemberCoordinator(self.consumers, self._policy, _clock_ms)
        self.shares = ShareGroupCoordinator(
            settings,
            configs,
            NoTopics() if topics is None else topics,
            self._groups,
            self._writer,
            self._policy,
            self._settle,
            NoSharePartitions() if share_partitions is None else share_partitions,
            _clock_ms,
            now_ms,
        )
        """Share groups; likewise."""
        self._deleter = OffsetDeleter(self._groups, self._offsets, self._writer, self._changed, memory_is_all=not catalog.shared)
        self._sweeper = GroupSweeper(
            self._groups,
            self._offsets,
            settings,
            now_ms,
            delete_group=lambda owned: self._delete_group(owned, _nothing),
            delete_offsets=self._deleter.sweep,
            refresh=None if self.offset_reader is None else self.offset_reader.refresh,
        )
        self.sweep = self._sweeper.sweep
        self._rearmed = anyio.Event()
        self._taker = GroupTaker(
            catalog,
            self._held,
            self._groups,
            self._offsets,
            self._writer,
            self._classic,
            self.consumers,
            self.shares,
            self.transactional,
            self._policy,
            topic_exists,
            self._settle,
            _clock_ms,
        )
        self._lines = logs.LineLimiter(per_second=5, burst=50)

    def __len__(self) -> int:
        """Groups known."""
        return len(self._groups)

    @property
    def member_count(self) -> int:
        """Members of all groups together."""
        return self._groups.members_total

    @property
    def offset_count(self) -> int:
        """Committed offsets of all groups together."""
        return len(self._offsets)

    # --- life ---------------------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Take over all that the catalog holds."""
        await self.take(ALL_SHARDS)

    async def take(self, shards: Collection[int]) -> None:
        """Take over the groups of these shards. Members get one session timeout to be heard of; generations go on. Raises BrokerError when
        the catalog cannot be read; then they are not served."""
        self._follow_settings()
        await self._taker.take(shards)
        GROUP_MEMBERS.set(self.member_count)

    async def give_up(self, shards: Collection[int]) -> None:
        """Others are to coordinate these shards: tell who waits, have written what was decided, forget."""
        await self._taker.give_up(shards)
        GROUP_MEMBERS.set(self.member_count)

    def let_go(self, shards: Collection[int]) -> None:
        """Others coordinate these shards already: tell who waits, forget."""
        self._taker.let_go(shards)
        GROUP_MEMBERS.set(self.member_count)

    def _lost(self, shard: int) -> None:
        if shard in self._held.held:
            self.on_lost(shard)

    def error_of(self, group_id: str) -> ErrorCode:
        """Whether the group can be asked for here and now."""
        return ErrorCode.COORDINATOR_NOT_AVAILABLE if self._is_closed else self._held.error(group_id)

    async def run(self) -> None:
        """Keep time, write changes, expire offsets: until cancelled. Raises ``StorageFailed``, alone or in a group."""
        if self._held.is_loading and not self._catalog.shared:
            await self.load()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._writer.run)
            tasks.start_soon(self.consumers.run)
            tasks.start_soon(self.shares.run)
            tasks.start_soon(self._sweeper.run)
            tasks.start_soon(self._keep_time)

    def close(self) -> None:
        """Take no more requests and answer those that wait for other members: they would hold up a stop for minutes."""
        self._is_closed = True
        for owned in self._groups.all():
            if not isinstance(owned.group, ClassicGroup):
                owned.group.close()
                continue
            for effect in owned.group.close(ErrorCode.NOT_COORDINATOR):
                if isinstance(effect, Reply):
                    effect.ticket(effect.answer)

    async def drain(self) -> None:
        """Wait until all that was decided is in the catalog."""
        await self._writer.drain()

    # --- membership ---------------------------------------------------------------------------------------------------

    def join(self, group_id: str, command: JoinCommand, answer: Callable[[JoinAnswer], None]) -> None:
        """``answer`` is called once, now or when the generation is complete."""
        error = self._join_refusal(group_id, command)
        if error:
            answer(JoinAnswer(error=error, member_id=command.member_id))
            return
        self._follow_settings()
        owned = self._groups.get(group_id)
        if not command.member_id:
            command = replace(command, fresh_member_id=new_member_id(command.client_id, command.group_instance_id))
        if owned is None:
            owned = self._groups.create(group_id)
        elif isinstance(owned.group, ConsumerGroup):
            if owned.group.member_count:
                self._classic_members.join(owned, owned.group, command, answer)
                return
            # An empty one passes to the classic protocol: its offsets stay, its epochs are over.
            owned.group = ClassicGroup(group_id, self._policy)
            owned.generation_counted = 0
        assert isinstance(owned.group, ClassicGroup)
        self._classic.carry_out(owned, owned.group.join(command, answer, _clock_ms()))

    def _join_refusal(self, group_id: str, command: JoinCommand) -> ErrorCode:
        settings = self._settings.current
        if self._is_closed:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        if not group_id:
            return ErrorCode.INVALID_GROUP_ID
        if (
            not settings.group_min_session_timeout_ms
            <= command.session_timeout_ms
            <= settings.group_max_session_timeout_ms
        ):
            return ErrorCode.INVALID_SESSION_TIMEOUT
        if error := self._held.error(group_id):
            return error
        group = self.group(group_id)
        if isinstance(group, ShareGroup):
            return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
        if isinstance(group, ConsumerGroup):
            if group.state is GroupState.DEAD:
                return ErrorCode.COORDINATOR_NOT_AVAILABLE
            if command.member_id and not group.member_count:
                return ErrorCode.UNKNOWN_MEMBER_ID
        if group is None:
            if command.member_id:
                return ErrorCode.UNKNOWN_MEMBER_ID
            if self._groups.is_full:
                return ErrorCode.COORDINATOR_NOT_AVAILABLE
        if not command.member_id and self._groups.pending_total >= self._policy.pending_total_max:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        if self._groups.state_bytes_total + protocols_bytes(command.protocols) > self._policy.total_bytes_max:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        return ErrorCode.NONE

    def sync(self, group_id: str, command: SyncCommand, answer: Callable[[SyncAnswer], None]) -> None:
        """``answer`` is called once, now or when the leader's assignment is in the catalog."""
        owned = self._groups.get(group_id)
        error = self._request_error(group_id)
        if error is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
            error = ErrorCode.REBALANCE_IN_PROGRESS  # what Kafka answers: older clients do not expect the other
        if not error and owned is not None and isinstance(owned.group, ShareGroup):
            error = ErrorCode.INCONSISTENT_GROUP_PROTOCOL
        if error or owned is None or isinstance(owned.group, ShareGroup):
            answer(SyncAnswer(error=error or ErrorCode.UNKNOWN_MEMBER_ID))
            return
        if isinstance(owned.group, ConsumerGroup):
            self._classic_members.sync(owned, owned.group, command, answer)
            return
        self._classic.carry_out(owned, owned.group.sync(command, answer, _clock_ms()))

    def heartbeat(self, group_id: str, member_id: str, group_instance_id: str | None, generation: int) -> ErrorCode:
        if error := self._request_error(group_id):
            # While groups are loading nobody's session runs: everything is all right, as far as is known.
            return ErrorCode.NONE if error is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS else error
        owned = self._groups.get(group_id)
        if owned is None or isinstance(owned.group, ShareGroup):
            return ErrorCode.UNKNOWN_MEMBER_ID
        if isinstance(owned.group, ConsumerGroup):
            return self._classic_members.heartbeat(owned, owned.group, member_id, group_instance_id, generation)
        return owned.group.heartbeat(member_id, group_instance_id, generation, _clock_ms())

    def leave(self, group_id: str, leavers: list[Leaver]) -> tuple[ErrorCode, list[LeaveOutcome]]:
        """An error for the request as a whole, or one outcome a leaver."""
        error = self._request_error(group_id)
        if error:
            return error, []
        owned = self._groups.get(group_id)
        if owned is None or isinstance(owned.group, ShareGroup):
            unknown = ErrorCode.UNKNOWN_MEMBER_ID
            return ErrorCode.NONE, [LeaveOutcome(each.member_id, each.group_instance_id, unknown) for each in leavers]
        if owned.group.state is GroupState.DEAD:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE, []
        if isinstance(owned.group, ConsumerGroup):
            return ErrorCode.NONE, self.consumers.remove(owned, owned.group, leavers)
        outcomes, effects = owned.group.leave(leavers, _clock_ms())
        self._classic.carry_out(owned, effects)
        return ErrorCode.NONE, outcomes

    def _request_error(self, group_id: str) -> ErrorCode:
        if self._is_closed:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        return self._held.error(group_id) if group_id else ErrorCode.INVALID_GROUP_ID

    # --- offsets ------------------------------------------------------------------------------------------------------

    def commit_offsets(
        self,
        group_id: str,
        member_id: str,
        group_instance_id: str | None,
        generation: int,
        offsets: Mapping[PartitionKey, CommittedOffset],
        done: Done,
        *,
        knows_missing_groups: bool = True,
    ) -> None:
        """Commit all of ``offsets`` or none. ``knows_missing_groups``: the client expects GROUP_ID_NOT_FOUND (version 9 on)."""
        error = self.error_of(group_id)
        owned = self._groups.get(group_id)
        if not error and owned is None:
            if generation >= 0:
                error = ErrorCode.GROUP_ID_NOT_FOUND if knows_missing_groups else ErrorCode.ILLEGAL_GENERATION
            elif self._groups.is_full:
                error = ErrorCode.COORDINATOR_NOT_AVAILABLE
            elif offsets:
                owned = self._groups.create(group_id)
        if not error and owned is not None:
            if not isinstance(owned.group, ClassicGroup):
                partitions = ((offset.topic_id, index) for (_, index), offset in offsets.items())
                error = owned.group.commit_error(member_id, generation, partitions, knows_epochs=knows_missing_groups)
            else:
                error = owned.group.commit_error(member_id, group_instance_id, generation)
        if error or owned is None:
            done(error)
            return
        if isinstance(owned.group, ClassicGroup):
            owned.group.heard_of_committer(member_id, _clock_ms())
        if not offsets:
            done(ErrorCode.NONE)
            return
        committed = {(group_id, topic, partition): offset for (topic, partition), offset in offsets.items()}
        target = owned

        def finished(error: ErrorCode) -> None:
            if not error and self._groups.get(group_id) is target:
                target.commits += 1
                for key, offset in committed.items():
                    self._offsets.put(key, offset)
            self._changed(target)
            done(error)

        owned.changes += 1
        self._writer.enqueue(OffsetCommit(group_id, committed, finished))

    def fetch_error(self, group_id: str, member_id: str | None, epoch: int) -> ErrorCode:
        """Whether these may fetch offsets of the group: members of the consumer protocol must be of their epoch."""
        group = self.group(group_id)
        return group.fetch_error(member_id, epoch) if isinstance(group, ConsumerGroup) else ErrorCode.NONE

    def offset(self, group_id: str, topic: str, partition: int) -> CommittedOffset | None:
        """As far as memory knows: see :attr:`offset_reader`."""
        return self._offsets.get(group_id, topic, partition)

    def offsets_of(self, group_id: str) -> Mapping[str, Mapping[int, CommittedOffset]]:
        """By topic and partition; not to be changed."""
        return self._offsets.of_group(group_id)

    def delete_offsets(
        self, group_id: str, keys: Iterable[PartitionKey], done: Callable[[ErrorCode, frozenset[str]], None]
    ) -> None:
        """``done`` gets an error for the request as a whole, or the topics that were left alone because a member subscribes."""
        error = self._request_error(group_id)
        if error:
            done(error, frozenset())
        else:
            self._deleter.delete(group_id, keys, done)

    def forget_topic(self, name: str, topic_id: bytes) -> None:
        """The topic was deleted: its offsets go with it, in every group. Those of a new topic of its name stay."""
        self._deleter.forget_topic(name, topic_id)

    # --- groups as a whole --------------------------------------------------------------------------------------------

    def group(self, group_id: str) -> Group | None:
        """To look at, not to change."""
        owned = self._groups.get(group_id)
        return None if owned is None else owned.group

    def groups(self) -> Iterable[Group]:
        """Every group, to look at, without waiting in between."""
        return (owned.group for owned in self._groups.all())

    def list_error(self) -> ErrorCode:
        """Whether all groups of this broker can be listed now."""
        if self._is_closed:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS if self._held.is_loading else ErrorCode.NONE

    def delete(self, group_id: str, done: Done) -> None:
        """Delete an empty group with its offsets."""
        error = self.error_of(group_id)
        owned = self._groups.get(group_id)
        if not error:
            if owned is None:
                error = ErrorCode.GROUP_ID_NOT_FOUND
            elif owned.deleting is None and owned.group.state is not GroupState.EMPTY:
                error = ErrorCode.NON_EMPTY_GROUP
        if error or owned is None:
            done(error)
        elif owned.deleting is not None:
            owned.deleting.append(done)
        else:
            self._delete_group(owned, done)

    def _delete_group(self, owned: OwnedGroup, done: Done) -> None:
        """The group is Dead until the catalog has answered: nobody joins or commits to what is about to go."""
        owned.deleting = [done]
        owned.group.state = GroupState.DEAD

        def finished(error: ErrorCode) -> None:
            waiting, owned.deleting = owned.deleting or [], None
            owned.changes -= 1
            if self._groups.get(owned.group.group_id) is not owned:
                pass  # the shard was given up meanwhile
            elif error:
                owned.group.state = GroupState.EMPTY
            else:
                self._offsets.remove_group(owned.group.group_id)
                self._groups.forget(owned)
            for each in waiting:
                each(error)

        def delete(error: ErrorCode = ErrorCode.NONE) -> None:
            finished(error) if error else self._writer.enqueue(GroupDelete(owned.group.group_id, finished))

        owned.changes += 1
        if isinstance(owned.group, ShareGroup):
            self.shares.forget_state(owned.group, delete)
        else:
            delete()

    # --- effects ------------------------------------------------------------------------------------------------------

    def _settle(self, owned: OwnedGroup) -> None:
        """Count, set timers and log after any change."""
        group = owned.group
        if self._groups.get(group.group_id) is not owned:
            return  # what it comes to now is somebody else's to decide
        self._count(owned)
        if group.wake_ms < NEVER and self._timers.wake_at(group.group_id, group.wake_ms):
            self._rearmed.set()
        if group.state is not owned.shown:
            self._show(owned)
        self._groups.forget_if_void(owned)

    def _count(self, owned: OwnedGroup) -> None:
        group = owned.group
        members_before = self._groups.members_total
        self._groups.count(owned)
        if self._groups.members_total != members_before:
            GROUP_MEMBERS.set(self._groups.members_total)
        if group.generation != owned.generation_counted:
            owned.generation_counted = group.generation
            if group.member_count:  # the last member's leaving begins a generation too, for nobody
                GROUP_REBALANCES.inc()

    def _changed(self, owned: OwnedGroup) -> None:
        owned.changes -= 1
        self._groups.forget_if_void(owned)

    def _show(self, owned: OwnedGroup) -> None:
        group = owned.group
        owned.shown = group.state
        held_back = self._lines.take(_clock_ms() / 1000)
        if held_back is not None:
            _log.info(
                "group",
                group=group.group_id,
                state=group.state.value,
                generation=group.generation,
                members=group.member_count,
                **({"lines_held_back": held_back} if held_back else {}),
            )

    def _follow_settings(self) -> None:
        settings = self._settings.current
        self._policy.initial_rebalance_delay_ms = settings.group_initial_rebalance_delay_ms
        self._policy.group_max_size = settings.group_max_size
        self._policy.consumer_group_max_size = settings.group_consumer_max_size
        self._policy.share_group_max_size = settings.group_share_max_size
        self._policy.consumer_assignor = settings.group_consumer_assignors[0]
        self._policy.migration = settings.group_consumer_migration_policy

    # --- time ---------------------------------------------------------------------------------------------------------

    async def _keep_time(self) -> None:
        while True:
            self._rearmed = anyio.Event()
            next_ms = self._timers.next_ms
            now_ms = _clock_ms()
            if next_ms is None:
                await self._rearmed.wait()
            elif next_ms > now_ms:
                with anyio.move_on_after((next_ms - now_ms) / 1000):
                    await self._rearmed.wait()
            for count, group_id in enumerate(self._timers.due(_clock_ms()), 1):
                owned = self._groups.get(group_id)
                if owned is not None:
                    self._expire(owned)
                if count % GROUPS_A_SLICE == 0:
                    await anyio.lowlevel.checkpoint()

    def _expire(self, owned: OwnedGroup) -> None:
        if isinstance(owned.group, ConsumerGroup) and owned.group.state is not GroupState.DEAD:
            self.consumers.expire(owned, owned.group)
        elif isinstance(owned.group, ShareGroup) and owned.group.state is not GroupState.DEAD:
            self.shares.expire(owned, owned.group)
        elif isinstance(owned.group, ClassicGroup) and owned.group.state is not GroupState.DEAD:
            self._classic.carry_out(owned, owned.group.expire(_clock_ms()))
        elif owned.deleting is not None:
            # Should the deletion fail, the group lives on and must be looked at again.
            self._timers.wake_at(owned.group.group_id, _clock_ms() + 1000)


def _clock_ms() -> int:
    return int(anyio.current_time() * 1000)


def _nothing(error: ErrorCode) -> None:
    """Nobody waits: the sweep comes again."""
