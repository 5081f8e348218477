"""The agent that takes the groups of shards over from the catalog, and gives them up again.

What it promises:

- Groups are served when everything of their shard is in memory: it comes in one step, so nobody meets half of it. Members get one session
  timeout from then to be heard of; generations and epochs go on.
- Who waits for other members when a shard is given up is told NOT_COORDINATOR at once, and finds the new coordinator.
- What was decided before that is written first, unless the shard is lost. Then it is refused; what was under way comes to what the catalog
  makes of it, and leaves nothing in memory.
- An attempt to take a shard that was given up meanwhile brings nothing.
"""

from collections.abc import Callable, Collection, Sequence

from broker.coordinators.classic_group_coordinator import ClassicGroupCoordinator
from broker.coordinators.consumer_group_coordinator import ConsumerGroupCoordinator
from broker.coordinators.group_registry import GroupRegistry, OwnedGroup
from broker.coordinators.group_writer import GroupWriter
from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.commands import Reply
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.offsets import OffsetTable
from broker.coordinators.groups.stored import restore
from broker.coordinators.held_shards import ALL_SHARDS, HeldShards, within
from broker.coordinators.share_group_coordinator import ShareGroupCoordinator
from broker.coordinators.transactional_offset_keeper import TransactionalOffsetKeeper
from broker.model import CommittedOffset
from broker.storage.catalog.base import GroupCatalog, OffsetKey
from broker.wire.error_codes import ErrorCode
from observability import logs

_log = logs.get("groups")


class GroupTaker:
    """Used by :mod:`broker.coordinators.group_coordinator`, whose groups these are. ``settle(owned)`` counts a group and sets its timers."""

    def __init__(
        self,
        catalog: GroupCatalog,
        held: HeldShards,
        groups: GroupRegistry,
        offsets: OffsetTable,
        writer: GroupWriter,
        classic: ClassicGroupCoordinator,
        consumers: ConsumerGroupCoordinator,
        shares: ShareGroupCoordinator,
        transactional: TransactionalOffsetKeeper,
        policy: GroupPolicy,
        topic_exists: Callable[[str, bytes], bool] | None,
        settle: Callable[[OwnedGroup], None],
        clock_ms: Callable[[], int],
    ) -> None:
        self._catalog = catalog
        self._held = held
        self._groups = groups
        self._offsets = offsets
        self._writer = writer
        self._classic = classic
        self._consumers = consumers
        self._shares = shares
        self._transactional = transactional
        self._policy = policy
        self._topic_exists = topic_exists
        self._settle = settle
        self._clock_ms = clock_ms

    async def take(self, shards: Collection[int]) -> None:
        """Load and serve them. What was served of them already is loaded again. Raises what the catalog raises: then they are not served."""
        self.let_go(shards)
        attempt = self._held.begin(shards)
        try:
            await self._load(shards, attempt)
        except BaseException:
            self._held.fail(attempt)
            raise

    async def _load(self, shards: Collection[int], attempt: int) -> None:
        # What was under way when they were lost may still come about, and must not come after what is read now.
        await self._writer.drain_those(within(shards))
        only = None if ALL_SHARDS.issubset(shards) else frozenset(shards)
        stored = await self._catalog.load_groups(only)
        loaded = await self._consumers.load(self._catalog, only) + await self._shares.load(self._catalog, only)
        offsets: dict[OffsetKey, CommittedOffset] = {}
        orphans: list[OffsetKey] = []
        for key, offset in (await self._catalog.load_offsets(only)).items():
            if self._topic_exists is None or self._topic_exists(key[1], offset.topic_id):
                offsets[key] = offset
            else:
                orphans.append(key)
        if orphans and not self._catalog.shared:  # others may know of a topic that this broker has yet to hear of
            await self._catalog.delete_offsets(orphans)
            _log.info("dropped offsets of topics that are gone", offsets=len(orphans))
        now_ms = self._clock_ms()
        loaded += [
            OwnedGroup(restore(group, self._policy, now_ms), is_stored=True, empty_since_ms=group.state_ms) for group in stored
        ]
        served = self._held.complete(attempt)
        self._enter(loaded, offsets, within(served))
        _log.info("loaded groups", groups=len(self._groups), offsets=len(self._offsets), shards=len(served))

    def _enter(
        self, loaded: Sequence[OwnedGroup], offsets: dict[OffsetKey, CommittedOffset], is_served: Callable[[str], bool]
    ) -> None:
        entered = [self._groups.add(owned) for owned in loaded if is_served(owned.group.group_id)]
        for key, offset in offsets.items():
            if is_served(key[0]):
                self._offsets.put(key, offset)
                if key[0] not in self._groups:
                    self._groups.create(key[0])
        for owned in entered:
            if isinstance(owned.group, ClassicGroup):
                self._classic.carry_out(owned, owned.group.rebalance_after_loading(self._clock_ms()))
            else:
                self._settle(owned)

    async def give_up(self, shards: Collection[int]) -> None:
        """Stop serving them, tell who waits, and return when everything that was decided is in the catalog."""
        is_concerned = within(shards)
        self._held.drop(shards)
        for owned in self._groups.all():
            if is_concerned(owned.group.group_id):
                self._tell(owned)
        await self._transactional.drain(is_concerned)
        await self._writer.drain_those(is_concerned)
        self._forget(is_concerned)

    def let_go(self, shards: Collection[int]) -> None:
        """They are lost: stop serving them, tell who waits, and forget, at once."""
        is_concerned = within(shards)
        self._held.drop(shards)
        for owned in self._groups.all():
            if is_concerned(owned.group.group_id):
                self._tell(owned)
        self._forget(is_concerned)
        self._writer.give_up(is_concerned)

    @staticmethod
    def _tell(owned: OwnedGroup) -> None:
        group = owned.group
        if not isinstance(group, ClassicGroup):
            group.close()
            return
        for effect in group.close(ErrorCode.NOT_COORDINATOR):
            if isinstance(effect, Reply):
                effect.ticket(effect.answer)

    def _forget(self, is_concerned: Callable[[str], bool]) -> None:
        for owned in self._groups.all():
            group_id = owned.group.group_id
            if is_concerned(group_id):
                self._groups.forget(owned)
                waiting, owned.deleting = owned.deleting or [], None
                for done in waiting:
                    done(ErrorCode.NOT_COORDINATOR)
        for group_id in [group_id for group_id in self._offsets.groups() if is_concerned(group_id)]:
            self._offsets.remove_group(group_id)

