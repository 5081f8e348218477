"""The agent for groups of the consumer protocol (KIP-848): heartbeats, storing what they change, resolving patterns.

It shares groups, timers and writer with :mod:`broker.coordinators.group_coordinator`, which owns them. What it promises:

- A heartbeat that changes nothing writes nothing. One that does is answered when what its answer rests on is in the catalog;
  what gathers meanwhile in the same group is written with it.
- A group passes to the other protocol, with its members, in one step: in memory at once, in the catalog in one transaction. What any
  member is told afterwards is told after that.
- When the catalog takes nothing, whoever wanted to join has not, others hear an error that they try again on; what they were not
  told is tried again with the next change.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import anyio
from anyio import to_thread

from broker.coordinators.classic_group_coordinator import ClassicGroupCoordinator
from broker.coordinators.group_registry import GroupRegistry, OwnedGroup
from broker.coordinators.group_saver import GroupSaver
from broker.coordinators.group_writer import ConsumerGroupSave, Done, GroupWriter
from broker.coordinators.groups.classic import NO_EFFECTS, ClassicGroup
from broker.coordinators.groups.commands import Effect, LeaveOutcome, Leaver, Reply, Save, SaveReason
from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.consumer_member import JOIN_EPOCH, HeartbeatCommand
from broker.coordinators.groups.epoch_group import GroupTiming, HeartbeatAnswer
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.migration import downgraded, may_downgrade, upgraded
from broker.coordinators.groups.rebalancing import GroupState
from broker.coordinators.groups.share_group import ShareGroup
from broker.coordinators.groups.stored_consumer import restore_consumer_group, to_store
from broker.coordinators.groups.subscribed_topics import KnownTopic, Topics
from broker.errors import BrokerError
from broker.linear_pattern import LinearPattern
from broker.storage.catalog.base import GroupCatalog, StoredConsumerGroup
from broker.wire.error_codes import ErrorCode
from observability.metrics import GROUP_CONVERSIONS

if TYPE_CHECKING:
    from broker.config.groups_live import LiveGroupConfigs
    from broker.config.live import LiveSettings

Answered = Callable[[HeartbeatAnswer | BrokerError], None]

NAMES_IN_PLACE_MAX: Final = 500
"""So many topic names are matched with a pattern on the event loop; more on a thread."""

PATTERNS_AGAIN_MS: Final = 10_000
"""Patterns of a group that were resolved are resolved again no sooner, however often topics change."""

_TO_CONSUMER: Final = GROUP_CONVERSIONS.labels("consumer")
_TO_CLASSIC: Final = GROUP_CONVERSIONS.labels("classic")


MayKnow = Callable[[str], bool]
"""Whether a client may know of the topic of that name."""

class NoTopics:
    """Stands for the directory of topics where there is none."""

    version = 0

    def by_name(self, name: str) -> KnownTopic | None:
        return None

    def by_id(self, topic_id: bytes) -> KnownTopic | None:
        return None

    def names(self) -> Iterable[str]:
        return ()


class ConsumerGroupCoordinator:
    """``settle(owned)`` is called after each change of a group: it counts, sets timers and logs."""

    def __init__(
        self,
        settings: "LiveSettings",
        configs: "LiveGroupConfigs | None",
        topics: Topics,
        registry: GroupRegistry,
        writer: GroupWriter,
        classic: ClassicGroupCoordinator,
        policy: GroupPolicy,
        settle: Callable[[OwnedGroup], None],
        clock_ms: Callable[[], int],
        wall_ms: Callable[[], int],
    ) -> None:
        self._settings = settings
        self._configs = configs
        self._topics = topics
        self._groups = registry
        self._classic = classic
        self._policy = policy
        self._clock_ms = clock_ms
        self._saver: GroupSaver[ConsumerGroup, StoredConsumerGroup] = GroupSaver(
            writer, ConsumerGroupSave, to_store, settle, wall_ms, self._refused
        )
        self._to_resolve: dict[str, MayKnow | None] = {}
        self._wanted = anyio.Event()

    async def load(self, catalog: GroupCatalog, shards: Collection[int] | None) -> list[OwnedGroup]:
        """What the catalog holds of these shards. Patterns are resolved at once, so that a restart alone moves no partition."""
        loaded = []
        for stored in await catalog.load_consumer_groups(shards):
            session_ms = self.timing(stored.group_id).session_timeout_ms
            group = restore_consumer_group(stored, self._policy, self._topics, session_ms, self._clock_ms())
            if group.subscribed.patterns:
                version = self._topics.version
                matches = await self._matches(group.subscribed.patterns)
                group.subscribed.take_restored(matches, version, self._names_held(group))
            loaded.append(OwnedGroup(group, is_stored=True, empty_since_ms=stored.state_ms))
        return loaded

    # --- requests -----------------------------------------------------------------------------------------------------

    def heartbeat(
        self, group_id: str, command: HeartbeatCommand, answered: Answered, may_know: MayKnow | None = None
    ) -> None:
        """``answered`` is called once: now, or when what the answer tells is in the catalog. ``may_know``: which topics the member may know of, None for all;
        should patterns have to be resolved now, the group's patterns match no others."""
        owned = self._groups.get(group_id)
        self._policy.consumer_group_max_size = self._settings.current.group_consumer_max_size
        self._policy.migration = self._settings.current.group_consumer_migration_policy
        now_ms = self._clock_ms()
        try:
            group = self._group_of(group_id, owned, joins=command.member_epoch == JOIN_EPOCH)
            is_new = command.member_id not in group.members
            if is_new and self._groups.state_bytes_total >= self._policy.total_bytes_max:
                raise BrokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
            answer = group.heartbeat(command, self.timing(group_id), now_ms)
        except BrokerError as refusal:
            answered(refusal)
            return
        upgrades, told = False, NO_EFFECTS
        if owned is None:
            owned = self._groups.enter(group)
        elif isinstance(owned.group, ClassicGroup):
            upgrades = bool(owned.group.member_count)
            told = self._pass_to(owned, owned.group, group)
        self._want_patterns(group, may_know)
        self.store(
            owned,
            group,
            lambda error: answered(answer if not error else BrokerError(error)),
            joining=command.member_id if is_new else None,
            upgrades=upgrades,
        )
        for effect in told:
            assert isinstance(effect, Reply), "a group that ends saves nothing"
            effect.ticket(effect.answer)

    def leave(self, group_id: str, member_id: str, instance_id: str | None, epoch: int, answered: Answered) -> None:
        """As :meth:`heartbeat`, for one that says goodbye."""
        owned = self._groups.get(group_id)
        try:
            group = self._group_of(group_id, owned, joins=False, leaves=True)
            epoch_before = group.group_epoch
            answer = group.leave(member_id, instance_id, epoch)
        except BrokerError as refusal:
            answered(refusal)
            return
        assert owned is not None
        self._lost(
            owned, group, epoch_before, lambda error: answered(answer if not error else BrokerError(error))
        )

    def remove(self, owned: OwnedGroup, group: ConsumerGroup, leavers: Iterable[Leaver]) -> list[LeaveOutcome]:
        """Take members out for an administrator; what becomes of each."""
        epoch = group.group_epoch
        outcomes = [
            LeaveOutcome(each.member_id, each.group_instance_id, group.remove(each.member_id, each.group_instance_id))
            for each in leavers
        ]
        self._lost(owned, group, epoch, None)
        return outcomes

    def heartbeat_interval_ms(self, group_id: str) -> int:
        """What members of the group are told."""
        return self.timing(group_id).heartbeat_interval_ms

    def _group_of(self, group_id: str, owned: OwnedGroup | None, *, joins: bool, leaves: bool = False) -> ConsumerGroup:
        """The group, or a new one in the place of none or of a classic one; it is entered when the heartbeat is taken."""
        if owned is None:
            if not joins:
                what = "Group" if leaves else "Consumer group"
                raise BrokerError(ErrorCode.GROUP_ID_NOT_FOUND, f"{what} {group_id} not found.")
            if self._groups.is_full:
                raise BrokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
            return ConsumerGroup(group_id, self._policy, self._topics)
        group = owned.group
        if isinstance(group, ConsumerGroup):
            return group
        if group.state is GroupState.DEAD:
            raise BrokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        if isinstance(group, ShareGroup) or not joins:
            raise BrokerError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {group_id} is not a consumer group.")
        if group.state is GroupState.EMPTY:
            return ConsumerGroup(group_id, self._policy, self._topics)
        session_ms = self.timing(group_id).session_timeout_ms
        return upgraded(group, self._policy, self._topics, session_ms, self._clock_ms())

    def timing(self, group_id: str) -> GroupTiming:
        """What the settings say of time in this group."""
        settings = self._settings.current
        if self._configs is None or not self._configs.of(group_id):
            return GroupTiming(
                session_timeout_ms=settings.group_consumer_session_timeout_ms,
                heartbeat_interval_ms=settings.group_consumer_heartbeat_interval_ms,
                assignment_interval_ms=settings.group_consumer_assignment_interval_ms,
            )
        return GroupTiming(
            session_timeout_ms=self._configs.value(group_id, "consumer.session.timeout.ms"),
            heartbeat_interval_ms=self._configs.value(group_id, "consumer.heartbeat.interval.ms"),
            assignment_interval_ms=self._configs.value(group_id, "consumer.assignment.interval.ms"),
        )

    # --- from one protocol to the other -------------------------------------------------------------------------------

    @staticmethod
    def _pass_to(owned: OwnedGroup, before: ClassicGroup, group: ConsumerGroup) -> list[Effect]:
        """The classic group becomes ``group``: its offsets stay, its rebalance ends where it is. What its members are told: that they
        must join again."""
        owned.group = group
        if before.member_count:
            _TO_CONSUMER.inc()
        else:
            owned.generation_counted = 0
        return before.close(ErrorCode.REBALANCE_IN_PROGRESS)

    def _lost(self, owned: OwnedGroup, group: ConsumerGroup, epoch: int, then: Done | None) -> None:
        """Members may have gone since ``epoch``; when all that are left are of the classic protocol, so is the group."""
        if group.group_epoch > epoch and group.has_only_classic_members and may_downgrade(group, self._policy):
            self.downgrade(owned, group, epoch, then)
        else:
            self.store(owned, group, then)

    def downgrade(
        self, owned: OwnedGroup, group: ConsumerGroup, epoch: int, then: Done | None, *, calls_together: bool = True
    ) -> None:
        """Make the group classic, its generation what its epoch was before that, store it, and have its members join
        again (``calls_together``); ``then`` is called when it is stored."""
        now_ms = self._clock_ms()
        classic = downgraded(group, epoch, self._policy, self._topics, now_ms)
        group.close()
        owned.group, owned.generation_counted = classic, classic.generation
        _TO_CLASSIC.inc()
        stored = classic.snapshot()
        # Without a protocol: whoever reads that must call the members together.
        effects: list[Effect] = [Save(SaveReason.DOWNGRADE, replace(stored, protocol=None) if calls_together else stored)]
        if calls_together:
            effects += classic.call_together(now_ms)
        self._classic.carry_out(owned, effects, then)

    # --- time ---------------------------------------------------------------------------------------------------------

    def expire(self, owned: OwnedGroup, group: ConsumerGroup) -> None:
        """Take out who was not heard of."""
        epoch = group.group_epoch
        group.expire(self._clock_ms())
        self._lost(owned, group, epoch, None)

    # --- storing ------------------------------------------------------------------------------------------------------

    def store(
        self,
        owned: OwnedGroup,
        group: ConsumerGroup,
        then: Done | None,
        *,
        joining: str | None = None,
        upgrades: bool = False,
    ) -> None:
        """Have what has changed stored, and call ``then``; at once when everything is stored."""
        self._saver.store(owned, group, then, joining=joining, upgrades=upgrades)

    def _refused(self, owned: OwnedGroup, group: ConsumerGroup, epoch: int, upgrades: bool) -> None:
        """The catalog took nothing. When that leaves members of the classic protocol alone, the group is a classic one,
        maybe again."""
        is_classic = owned.group is group and group.state is not GroupState.DEAD and group.has_only_classic_members
        if is_classic and (upgrades or may_downgrade(group, self._policy)):
            self.downgrade(owned, group, epoch, None)

    # --- patterns -----------------------------------------------------------------------------------------------------

    def _want_patterns(self, group: ConsumerGroup, may_know: MayKnow | None) -> None:
        subscribed = group.subscribed
        if not subscribed.patterns or group.group_id in self._to_resolve:
            return
        if not subscribed.has_unresolved:
            if not subscribed.has_stale_patterns:
                return
            resolved_at_ms = subscribed.resolved_at_ms
            if resolved_at_ms is not None and self._clock_ms() - resolved_at_ms < PATTERNS_AGAIN_MS:
                return
        self._to_resolve[group.group_id] = may_know
        self._wanted.set()

    async def run(self) -> None:
        """Resolve the patterns that are to be resolved, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted = anyio.Event()
            while self._to_resolve:
                group_id = next(iter(self._to_resolve))
                owned = self._groups.get(group_id)
                if owned is not None and isinstance(owned.group, ConsumerGroup):
                    group = owned.group
                    await self._resolve(group, self._to_resolve[group_id])
                    if group.is_unsaved and owned.group is group:
                        self.store(owned, group, None)
                self._to_resolve.pop(group_id, None)

    async def _resolve(self, group: ConsumerGroup, may_know: MayKnow | None) -> None:
        version = self._topics.version
        resolved = await self._matches(group.subscribed.patterns)
        if may_know is not None:
            known = {name for name in frozenset().union(*resolved.values()) if may_know(name)}
            resolved = {text: names & known for text, names in resolved.items()}
        group.subscribed.resolved_at_ms = self._clock_ms()
        group.patterns_resolved(resolved, version)

    def _names_held(self, group: ConsumerGroup) -> frozenset[str]:
        """The topics that members have or are to have."""
        ids = {topic_id for target in group.targets.values() for topic_id in target}
        found = (self._topics.by_id(topic_id) for topic_id in ids)
        return frozenset(topic.name for topic in found if topic is not None)

    async def _matches(self, patterns: Mapping[str, LinearPattern]) -> dict[str, frozenset[str]]:
        names = list(self._topics.names())
        wanted = dict(patterns)
        if len(names) <= NAMES_IN_PLACE_MAX:
            return _matching(wanted, names)
        return await to_thread.run_sync(_matching, wanted, names)


def _matching(patterns: Mapping[str, LinearPattern], names: list[str]) -> dict[str, frozenset[str]]:
    return {text: pattern.matching(names) for text, pattern in patterns.items()}
