"""The agent for share groups (KIP-932): heartbeats, storing what they change, and the groups' side of what they have read.

It shares groups, timers and writer with :mod:`broker.coordinators.group_coordinator`, which owns them. What a group has read of each
partition belongs to another agent (:class:`SharePartitions`). What it promises:

- A heartbeat that changes nothing writes nothing. One that does is answered when what its answer rests on is in the catalog, and when
  something is kept of every partition that it tells of.
- When the catalog takes nothing, whoever wanted to join has not, others hear an error that they try again on.
- What is asked of the share partitions of one group takes turns, so a group that is deleted leaves nothing behind.
"""

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import anyio

from broker.coordinators.group_registry import GroupRegistry, OwnedGroup
from broker.coordinators.group_saver import GroupSaver
from broker.coordinators.group_writer import ERRORS_AS_CLIENTS_KNOW_THEM, GroupWriter, ShareGroupSave
from broker.coordinators.groups.consumer_member import JOIN_EPOCH
from broker.coordinators.groups.epoch_group import GroupTiming, HeartbeatAnswer
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.rebalancing import GroupState
from broker.coordinators.groups.share_group import ShareGroup
from broker.coordinators.groups.share_member import ShareCommand
from broker.coordinators.groups.stored_share import restore_share_group, to_store_share
from broker.coordinators.groups.subscribed_topics import Topics
from broker.coordinators.turn_keeper import TurnKeeper
from broker.errors import BrokerError
from broker.storage.catalog.base import GroupCatalog, StoredShareGroup
from broker.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from broker.config.groups_live import LiveGroupConfigs
    from broker.config.live import LiveSettings

Answered = Callable[[HeartbeatAnswer | BrokerError], None]
Then = Callable[[ErrorCode], None]
_Job = Callable[[], Coroutine[Any, Any, None]]
SharePartition = tuple[bytes, int]
"""(topic id, partition index)."""


class StartOffset(Protocol):
    """Where a share group begins to read a partition: -1 when that is not known yet, as ``lag`` may be."""

    @property
    def start_offset(self) -> int: ...

    @property
    def leader_epoch(self) -> int: ...

    @property
    def lag(self) -> int: ...


class SharePartitions(Protocol):
    """Who keeps what share groups have read."""

    async def initialize(self, group_id: str, partitions: Iterable[SharePartition]) -> None:
        """The group is to read these. What is known already stays as it is."""
        ...

    async def start_offsets(
        self, group_id: str, partitions: Iterable[SharePartition] | None
    ) -> Mapping[SharePartition, StartOffset]:
        """Of ``partitions``, or of all the group has; those that nothing is known of are left out."""
        ...

    async def alter_start_offsets(
        self, group_id: str, offsets: Mapping[SharePartition, int]
    ) -> Mapping[SharePartition, ErrorCode]: ...

    async def delete_offsets(self, group_id: str, topic_ids: Iterable[bytes]) -> Mapping[bytes, ErrorCode]: ...

    async def delete_group(self, group_id: str) -> None: ...


class NoSharePartitions:
    """Stands for it where nobody reads."""

    async def initialize(self, group_id: str, partitions: Iterable[SharePartition]) -> None:
        pass

    async def start_offsets(
        self, group_id: str, partitions: Iterable[SharePartition] | None
    ) -> Mapping[SharePartition, StartOffset]:
        return {}

    async def alter_start_offsets(self, group_id: str, offsets: Mapping[SharePartition, int]) -> Mapping[SharePartition, ErrorCode]:
        return dict.fromkeys(offsets, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)

    async def delete_offsets(self, group_id: str, topic_ids: Iterable[bytes]) -> Mapping[bytes, ErrorCode]:
        return dict.fromkeys(topic_ids, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)

    async def delete_group(self, group_id: str) -> None:
        pass


class ShareGroupCoordinator:
    """``settle(owned)`` is called after each change of a group: it counts, sets timers and logs."""

    def __init__(
        self,
        settings: "LiveSettings",
        configs: "LiveGroupConfigs | None",
        topics: Topics,
        registry: GroupRegistry,
        writer: GroupWriter,
        policy: GroupPolicy,
        settle: Callable[[OwnedGroup], None],
        partitions: SharePartitions,
        clock_ms: Callable[[], int],
        wall_ms: Callable[[], int],
    ) -> None:
        self._settings = settings
        self._configs = configs
        self._topics = topics
        self._groups = registry
        self._policy = policy
        self._partitions = partitions
        self._clock_ms = clock_ms
        self._saver: GroupSaver[ShareGroup, StoredShareGroup] = GroupSaver(
            writer, ShareGroupSave, to_store_share, settle, wall_ms
        )
        self._beginning: dict[ShareGroup, list[Then]] = {}
        self._turns = TurnKeeper()
        self._jobs: list[_Job] = []
        self._wanted = anyio.Event()

    async def load(self, catalog: GroupCatalog, shards: Collection[int] | None) -> list[OwnedGroup]:
        """What the catalog holds of these shards."""
        stored = await catalog.load_share_groups(shards)
        now_ms = self._clock_ms()
        return [
            OwnedGroup(
                restore_share_group(
                    group, self._policy, self._topics, self._timing(group.group_id).session_timeout_ms, now_ms
                ),
                is_stored=True,
                empty_since_ms=group.state_ms,
            )
            for group in stored
        ]

    @property
    def group_count(self) -> int:
        """Share groups known."""
        return self._groups.share_groups

    @property
    def member_count(self) -> int:
        """Members of all share groups together."""
        return self._groups.share_members

    # --- membership ---------------------------------------------------------------------------------------------------

    def heartbeat(self, group_id: str, command: ShareCommand, answered: Answered) -> None:
        """``answered`` is called once: now, or when the answer can be relied on."""
        owned = self._groups.get(group_id)
        self._policy.share_group_max_size = self._settings.current.group_share_max_size
        try:
            group = self._group_of(group_id, owned, joins=command.member_epoch == JOIN_EPOCH, what="Share group")
            is_new = command.member_id not in group.members
            if is_new and self._groups.state_bytes_total >= self._policy.total_bytes_max:
                raise BrokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
            answer = group.heartbeat(command, self._timing(group_id), self._clock_ms())
        except BrokerError as refusal:
            answered(refusal)
            return
        if owned is None:
            owned = self._groups.enter(group)
        self._store(
            owned,
            group,
            lambda error: answered(answer if not error else BrokerError(error)),
            joining=command.member_id if is_new else None,
        )

    def leave(self, group_id: str, member_id: str, epoch: int, answered: Answered) -> None:
        """As :meth:`heartbeat`, for one that says goodbye."""
        owned = self._groups.get(group_id)
        try:
            group = self._group_of(group_id, owned, joins=False, what="Group")
            answer = group.leave(member_id, epoch)
        except BrokerError as refusal:
            answered(refusal)
            return
        assert owned is not None
        self._store(owned, group, lambda error: answered(answer if not error else BrokerError(error)))

    def expire(self, owned: OwnedGroup, group: ShareGroup) -> None:
        """Take out who was not heard of."""
        group.expire(self._clock_ms())
        self._store(owned, group, None)

    def heartbeat_interval_ms(self, group_id: str) -> int:
        """What members of the group are told."""
        return self._timing(group_id).heartbeat_interval_ms

    def _group_of(self, group_id: str, owned: OwnedGroup | None, *, joins: bool, what: str) -> ShareGroup:
        """The group, or a new one in the place of none; it is entered when the request is taken. Groups keep their type."""
        if owned is None:
            if not joins:
                raise BrokerError(ErrorCode.GROUP_ID_NOT_FOUND, f"{what} {group_id} not found.")
            if self._groups.is_full:
                raise BrokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
            return ShareGroup(group_id, self._policy, self._topics)
        group = owned.group
        if isinstance(group, ShareGroup):
            return group
        if group.state is GroupState.DEAD:
            raise BrokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        raise BrokerError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {group_id} is not a share group.")

    def _timing(self, group_id: str) -> GroupTiming:
        settings = self._settings.current
        if self._configs is None or not self._configs.of(group_id):
            return GroupTiming(
                session_timeout_ms=settings.group_share_session_timeout_ms,
                heartbeat_interval_ms=settings.group_share_heartbeat_interval_ms,
                assignment_interval_ms=settings.group_share_assignment_interval_ms,
            )
        return GroupTiming(
            session_timeout_ms=self._configs.value(group_id, "share.session.timeout.ms"),
            heartbeat_interval_ms=self._configs.value(group_id, "share.heartbeat.interval.ms"),
            assignment_interval_ms=self._configs.value(group_id, "share.assignment.interval.ms"),
        )

    # --- storing ------------------------------------------------------------------------------------------------------

    def _store(self, owned: OwnedGroup, group: ShareGroup, then: Then | None, *, joining: str | None = None) -> None:
        """Have what has changed stored and begun, and call ``then``; at once when everything is."""
        begun = None if then is None else lambda error: then(error) if error else self._begin(group, then)
        self._saver.store(owned, group, begun, joining=joining)

    # --- what is kept of partitions -----------------------------------------------------------------------------------

    def _begin(self, group: ShareGroup, then: Then) -> None:
        """Call ``then`` when something is kept of everything that members are to read."""
        if not group.to_begin:
            then(ErrorCode.NONE)
            return
        waiting = self._beginning.get(group)
        if waiting is not None:
            waiting.append(then)
            return
        self._beginning[group] = [then]
        self._have_done(lambda: self._initialize(group))

    async def _initialize(self, group: ShareGroup) -> None:
        error = ErrorCode.NONE
        async with self._turns.of(group.group_id):
            while group.to_begin and not error:
                if group.state is GroupState.DEAD:
                    error = ErrorCode.COORDINATOR_NOT_AVAILABLE
                    break
                partitions = sorted(group.to_begin)
                try:
                    await self._partitions.initialize(group.group_id, partitions)
                except BrokerError as refusal:
                    error = ERRORS_AS_CLIENTS_KNOW_THEM.get(refusal.code, refusal.code)
                else:
                    group.have_begun(partitions)
        for then in self._beginning.pop(group):
            then(error)

    def forget_state(self, group: ShareGroup, then: Then) -> None:
        """Delete what is kept of all the group has read. The group is Dead, and nobody is in it."""
        self._have_done(lambda: self._forget(group, then))

    async def _forget(self, group: ShareGroup, then: Then) -> None:
        error = ErrorCode.NONE
        async with self._turns.of(group.group_id):
            try:
                await self._partitions.delete_group(group.group_id)
            except BrokerError as refusal:
                error = ERRORS_AS_CLIENTS_KNOW_THEM.get(refusal.code, refusal.code)
        if not error:
            group.have_lost(None)
        then(error)

    def _have_done(self, job: _Job) -> None:
        self._jobs.append(job)
        self._wanted.set()

    async def run(self) -> None:
        """Do what is to be asked of the share partitions, until cancelled."""
        async with anyio.create_task_group() as tasks:
            while True:
                await self._wanted.wait()
                self._wanted = anyio.Event()
                jobs, self._jobs = self._jobs, []
                for job in jobs:
                    tasks.start_soon(job)

    # --- administration -----------------------------------------------------------------------------------------------

    async def start_offsets(
        self, group_id: str, partitions: Collection[SharePartition] | None
    ) -> Mapping[SharePartition, StartOffset]:
        """Where the group stands, whether it is there or not. Raises BrokerError."""
        return await self._partitions.start_offsets(group_id, partitions)

    async def alter_offsets(self, group_id: str, offsets: Mapping[SharePartition, int]) -> Mapping[SharePartition, ErrorCode]:
        """Have an empty group begin elsewhere; one that does not exist is made for it. Raises BrokerError for the request as a whole."""
        async with self._turns.of(group_id):
            if not offsets and group_id not in self._groups:
                return {}
            group = await self._empty_group(group_id, creates=True)
            outcome = await self._partitions.alter_start_offsets(group_id, offsets) if offsets else {}
            group.have_begun(partition for partition, error in outcome.items() if not error)
            return outcome

    async def delete_offsets(self, group_id: str, topic_ids: Collection[bytes]) -> Mapping[bytes, ErrorCode]:
        """Forget what an empty group has read of topics; UNKNOWN_TOPIC_OR_PARTITION for those that it has not read. Raises BrokerError
        for the request as a whole."""
        async with self._turns.of(group_id):
            group = await self._empty_group(group_id, creates=False)
            if not topic_ids:
                return {}
            read = {topic_id for topic_id, _ in await self._partitions.start_offsets(group_id, None)}
            outcome = dict.fromkeys(topic_ids, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
            outcome |= await self._partitions.delete_offsets(group_id, read.intersection(topic_ids))
            group.have_lost({topic_id for topic_id, error in outcome.items() if not error})
            return outcome

    async def _empty_group(self, group_id: str, *, creates: bool) -> ShareGroup:
        owned = self._groups.get(group_id)
        group = self._group_of(group_id, owned, joins=creates, what="Group")
        if group.state is not GroupState.EMPTY:
            code = ErrorCode.NON_EMPTY_GROUP if group.members else ErrorCode.COORDINATOR_NOT_AVAILABLE
            raise BrokerError(code, "The group is not empty." if group.members else None)
        if owned is None:
            stored = anyio.Event()
            outcome: list[ErrorCode] = []

            def then(error: ErrorCode) -> None:
                outcome.append(error)
                stored.set()

            self._store(self._groups.enter(group), group, then)
            await stored.wait()
            if outcome[0]:
                raise BrokerError(outcome[0])
        return group
