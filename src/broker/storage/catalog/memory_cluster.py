"""A catalog that several brokers share, in memory only: for tests, for the simulation of a cluster in one process, and as the plainest statement
of what a shared catalog does.

There is one :class:`MemoryCluster`, and for each broker a view of it (:meth:`MemoryCluster.catalog`): all views read and change the same state, and
only who asks differs.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import anyio

from broker.errors import BrokerError, StorageUnavailable
from broker.model import CommittedOffset, LogBounds, Topic
from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.storage.catalog.base import (
    OffsetKey,
    SpanAnswer,
    SpanQuery,
    StoredConsumerGroup,
    StoredGroup,
    StoredShareGroup,
)
from broker.storage.catalog.cluster import (
    ClusterView,
    Fenced,
    Member,
    MetadataChanges,
    NodeIdTaken,
    Registration,
    ShardLease,
)
from broker.storage.catalog.log_state import LogChanges
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.catalog.shards import SHARDS, shard_of
from broker.storage.catalog.transactions import AbortedTransaction, PendingOffsets, TransactionState
from broker.storage.objects.base import INLINE_OBJECTS
from broker.wire.error_codes import ErrorCode

_OWN: Final = frozenset({"_cluster", "member", "shard_tokens", "checks_shards", "reachable", "hangs", "_closed", "_loaded", "_looked_up"})
"""What a view has for itself; every other attribute is the shared catalog's."""

KEPT_FOR_THE_FENCED_MS: Final = 600_000
"""For so long nobody is given the node id of a broker that was fenced."""

_LONG_AGO_MS: Final = -(1 << 62)


@dataclass(slots=True)
class _Place:
    """A node id that was used: who has or had it last."""

    instance: str
    member: Member
    lease_until_ms: int
    gone_ms: int = 0


@dataclass(slots=True)
class _Held:
    """A shard or a job: who has it (node id and epoch), and how often it changed hands."""

    owner: tuple[int, int] | None = None
    token: int = 0
    lease_until_ms: int = 0


class MemoryCluster:
    """The shared state. ``now_ms`` is the catalog's clock, by which leases run."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.now_ms = now_ms
        self.shared = MemoryCatalog()
        self.shared.clock = now_ms
        self.shared.has_small_objects = True
        self.places: dict[int, _Place] = {}
        self.shards = {shard: _Held() for shard in range(SHARDS)}
        self.jobs: dict[str, _Held] = {}
        self.object_blocks: list[tuple[int, int, int, int]] = []
        """Ranges of object ids that were given away: first, count, node id, epoch."""
        self.metadata_version = 0
        self.incarnation = 1
        self._next_object_id = 1
        self._topic_versions: dict[bytes, int] = {}
        self._removals: dict[bytes, int] = {}
        self._configs_version = 0
        self._access_versions: dict[tuple[AccessKind, str], tuple[int, AccessEntry]] = {}

    def catalog(self) -> "MemoryClusterCatalog":
        """Another broker's view."""
        return MemoryClusterCatalog(self)

    def new_incarnation(self) -> None:
        """As when another server takes over: what the old one acknowledged last may be gone, so every log's leader epoch grows."""
        self.incarnation += 1
        state = self.shared._state
        changes = LogChanges(state)
        for pid, partition in state.partitions.items():
            bounds = replace(partition.bounds, leader_epoch=partition.bounds.leader_epoch + 1)
            changes.partitions[pid] = replace(partition, bounds=bounds)
        state.publish(changes)

    # What views ask and tell.

    def lives(self, owner: tuple[int, int] | None) -> bool:
        """Whether it is a member under that epoch whose lease runs."""
        if owner is None:
            return False
        place = self.places.get(owner[0])
        return place is not None and place.member.epoch == owner[1] and place.lease_until_ms > self.now_ms()

    def is_current(self, member: Member) -> bool:
        """Whether nobody has fenced it."""
        place = self.places.get(member.node_id)
        return place is not None and place.member.epoch == member.epoch

    def fence(self, node_id: int) -> None:
        """Its epoch is over; what it held is nobody's."""
        place = self.places[node_id]
        owner = (node_id, place.member.epoch)
        for held in (*self.shards.values(), *self.jobs.values()):
            if held.owner == owner:
                held.owner = None
        place.member = replace(place.member, epoch=place.member.epoch + 1)
        place.lease_until_ms, place.gone_ms = 0, self.now_ms()

    def free_node_id(self, instance: str) -> int:
        """One's own from before; else one that was left in order or long ago; else a new one: whoever was fenced finds its own again."""
        for node_id, place in self.places.items():
            if place.instance == instance:
                return node_id
        long_ago = self.now_ms() - KEPT_FOR_THE_FENCED_MS
        return next(
            n
            for n in range(1, len(self.places) + 2)
            if (used := self.places.get(n)) is None or (not used.lease_until_ms and used.gone_ms < long_ago)
        )

    def prolong(self, node_id: int, lease_ms: int) -> None:
        """A member was heard of: prolong its lease, and take notice of those that ran out. When nobody's runs, nobody could be heard of: then every
        member gets another one."""
        now_ms = self.now_ms()
        members = {each: place for each, place in self.places.items() if place.lease_until_ms}
        nobody = all(place.lease_until_ms <= now_ms for place in members.values())
        for each, place in members.items():
            if nobody or each == node_id:
                place.lease_until_ms = now_ms + lease_ms
        self.fence_expired()

    def fence_expired(self) -> None:
        """Take notice of leases that ran out."""
        now_ms = self.now_ms()
        for node_id, place in self.places.items():
            if 0 < place.lease_until_ms <= now_ms:
                self.fence(node_id)

    def view(self) -> ClusterView:
        """The cluster as it is now."""
        now_ms = self.now_ms()
        return ClusterView(
            members=[place.member for _, place in sorted(self.places.items()) if place.lease_until_ms > now_ms],
            shards={
                shard: ShardLease(held.owner[0], held.token)
                for shard, held in self.shards.items()
                if held.owner is not None and self.lives(held.owner)
            },
            metadata_version=self.metadata_version,
            incarnation=self.incarnation,
        )

    def topic_changed(self, topic_id: bytes) -> None:
        self.metadata_version += 1
        self._topic_versions[topic_id] = self.metadata_version

    def topic_removed(self, topic_id: bytes) -> None:
        self.metadata_version += 1
        self._topic_versions.pop(topic_id, None)
        self._removals[topic_id] = self.metadata_version

    def configs_changed(self) -> None:
        self.metadata_version += 1
        self._configs_version = self.metadata_version

    def access_changed(self, entries: Sequence[AccessEntry]) -> None:
        self.metadata_version += 1
        for entry in entries:
            self._access_versions[entry.kind, entry.name] = (self.metadata_version, entry)

    def changes_since(self, version: int, configs: Mapping[tuple[int, str], Mapping[str, str]]) -> MetadataChanges:
        topics = self.shared._topics
        return MetadataChanges(
            version=self.metadata_version,
            changed=[topics[topic_id] for topic_id, changed in self._topic_versions.items() if changed > version],
            removed=[topic_id for topic_id, removed in self._removals.items() if removed > version],
            configs=configs if self._configs_version > version else None,
            access=[entry for changed, entry in self._access_versions.values() if changed > version],
        )

    def take_object_ids(self, count: int, member: Member) -> int:
        first, self._next_object_id = self._next_object_id, self._next_object_id + count
        self.object_blocks.append((first, count, member.node_id, member.epoch))
        return first


class MemoryClusterCatalog(MemoryCatalog):
    """Implements :class:`broker.storage.catalog.cluster.ClusterCatalog` for one broker. Every method is done before it first waits.

    It runs the methods of :class:`MemoryCatalog` on the shared one's state. Before :meth:`register` nothing is checked, as for tools. While
    ``reachable`` is false every call that would go to the database raises StorageUnavailable and changes nothing; while ``hangs`` is true
    :meth:`renew` is not answered.
    """

    shared = True

    def __init__(self, cluster: MemoryCluster) -> None:
        self._cluster = cluster
        self.member: Member | None = None
        self.shard_tokens: dict[int, int] = {}
        self.checks_shards = True
        self.reachable = True
        self.hangs = False
        self._closed = False
        self._loaded: set[int] = set()
        self._looked_up: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cluster.shared, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OWN:
            super().__setattr__(name, value)
        else:
            setattr(self._cluster.shared, name, value)

    # Membership

    async def register(self, registration: Registration, lease_ms: int) -> Member:
        self._check_reachable()
        cluster = self._cluster
        cluster.fence_expired()
        instance = registration.instance
        node_id = cluster.free_node_id(instance) if registration.node_id is None else registration.node_id
        before = cluster.places.get(node_id)
        if before is not None and registration.again and before.lease_until_ms and before.instance != instance:
            raise NodeIdTaken(f"another broker has node id {node_id} by now")
        if before is not None:
            cluster.fence(node_id)
        member = Member(
            node_id=node_id,
            epoch=1 if before is None else before.member.epoch,
            rack=registration.rack,
            listeners=dict(registration.listeners),
            peer=registration.peer,
        )
        cluster.places[node_id] = _Place(instance, member, cluster.now_ms() + lease_ms)
        self.member = member
        self.shard_tokens.clear()
        return member

    async def renew(self, lease_ms: int) -> ClusterView:
        if self.hangs:
            await anyio.sleep_forever()
        member = self._current_member()
        self._cluster.prolong(member.node_id, lease_ms)
        return self._cluster.view()

    async def announce(self, listeners: Mapping[str, tuple[str, int]], peer: tuple[str, int] | None) -> None:
        member = self._current_member()
        self._cluster.places[member.node_id].member = self.member = replace(member, listeners=dict(listeners), peer=peer)

    async def begin_leaving(self) -> None:
        member = self._current_member()
        self._cluster.places[member.node_id].member = self.member = replace(member, leaving=True)

    async def leave(self) -> None:
        member = self._current_member()
        self._cluster.fence(member.node_id)
        self._cluster.places[member.node_id].gone_ms = _LONG_AGO_MS
        self.shard_tokens.clear()

    async def changes_since(self, version: int) -> MetadataChanges:
        self._check_reachable()
        return self._cluster.changes_since(version, await self.load_configs())

    # Shards, jobs, object ids

    async def claim_shards(self, shards: Sequence[int]) -> dict[int, int]:
        member = self._current_member()
        owner = (member.node_id, member.epoch)
        claimed = {}
        for shard in shards:
            held = self._cluster.shards[shard]
            if held.owner != owner:
                if self._cluster.lives(held.owner):
                    continue
                held.owner = owner
                held.token += 1
            claimed[shard] = self.shard_tokens[shard] = held.token
        return claimed

    async def release_shards(self, shards: Sequence[int]) -> None:
        member = self._current_member()
        for shard in shards:
            self.shard_tokens.pop(shard, None)
            held = self._cluster.shards[shard]
            if held.owner == (member.node_id, member.epoch):
                held.owner = None

    async def claim_job(self, job: str, lease_ms: int) -> int | None:
        member = self._current_member()
        owner, now_ms = (member.node_id, member.epoch), self._cluster.now_ms()
        held = self._cluster.jobs.setdefault(job, _Held())
        if held.owner != owner:
            if self._cluster.lives(held.owner) and held.lease_until_ms > now_ms:
                return None
            held.owner = owner
            held.token += 1
        held.lease_until_ms = now_ms + lease_ms
        return held.token

    async def release_job(self, job: str, token: int) -> None:
        member = self._current_member()
        held = self._cluster.jobs.get(job)
        if held is not None and held.token == token and held.owner == (member.node_id, member.epoch):
            held.owner = None

    async def lease_object_ids(self, count: int) -> int:
        return self._cluster.take_object_ids(count, self._current_member())

    def _may_name(self, object_id: int) -> bool:
        number, member = object_id & (INLINE_OBJECTS - 1), self.member
        return member is None or any(
            first <= number < first + count and (node_id, epoch) == (member.node_id, member.epoch)
            for first, count, node_id, epoch in self._cluster.object_blocks
        )

    def _owner_of(self, object_id: int) -> bool | None:
        number = object_id & (INLINE_OBJECTS - 1)
        for first, count, node_id, epoch in self._cluster.object_blocks:
            if first <= number < first + count:
                place = self._cluster.places.get(node_id)
                return place is not None and place.member.epoch == epoch
        return None if number >= self._cluster._next_object_id else False

    # Topics and configurations: each change is heard of by the others

    async def create_topic(
        self,
        name: str,
        topic_id: bytes,
        partition_count: int,
        replication_factor: int,
        config: Mapping[str, str],
        now_ms: int,
    ) -> Topic:
        topic = await super().create_topic(name, topic_id, partition_count, replication_factor, config, now_ms)
        self._cluster.topic_changed(topic_id)
        return topic

    async def delete_topic(self, topic_id: bytes) -> None:
        await super().delete_topic(topic_id)
        self._cluster.topic_removed(topic_id)

    async def add_partitions(self, topic_id: bytes, total: int) -> Topic:
        topic = await super().add_partitions(topic_id, total)
        self._cluster.topic_changed(topic_id)
        return topic

    async def set_topic_config(self, topic_id: bytes, config: Mapping[str, str]) -> Topic:
        topic = await super().set_topic_config(topic_id, config)
        self._cluster.topic_changed(topic_id)
        return topic

    async def set_config(self, kind: int, name: str, values: Mapping[str, str]) -> None:
        await super().set_config(kind, name, values)
        self._cluster.configs_changed()

    async def change_access(self, entries: Sequence[AccessEntry]) -> None:
        await super().change_access(entries)
        self._cluster.access_changed(entries)

    @property
    def incarnation(self) -> int:
        """As :attr:`broker.storage.catalog.cluster.ClusterCatalog.incarnation`."""
        return self._cluster.incarnation

    # What is not known without waiting

    def peek_bounds(self, pid: int) -> LogBounds | None:
        return None

    def find_spans_now(self, queries: Sequence[SpanQuery]) -> list[SpanAnswer] | None:
        return None

    def peek_aborted(self, pid: int, first_offset: int, upper_offset: int) -> list[AbortedTransaction] | None:
        return None

    async def load_transactions(self, shards: Collection[int]) -> None:
        self._check_reachable()
        self._loaded.update(shards)

    def forget_transactions(self, shards: Collection[int]) -> None:
        self._loaded.difference_update(shards)
        self._looked_up = {known for known in self._looked_up if shard_of(known) not in shards}

    async def look_up_transaction(self, transactional_id: str) -> TransactionState | None:
        self._check_reachable()
        self._looked_up.add(transactional_id)
        return await super().look_up_transaction(transactional_id)

    def peek_transaction(self, transactional_id: str) -> TransactionState | None:
        if transactional_id not in self._looked_up and shard_of(transactional_id) not in self._loaded:
            return None
        return super().peek_transaction(transactional_id)

    def peek_transactions(self) -> Sequence[TransactionState]:
        return [state for state in super().peek_transactions() if shard_of(state.transactional_id) in self._loaded]

    async def add_transaction_offsets(
        self,
        transactional_id: str,
        producer_id: int,
        epoch: int,
        offsets: PendingOffsets,
        implicit_group: str | None,
        now_ms: int,
    ) -> ErrorCode:
        self._check_shards(key[0] for key in offsets)
        return await super().add_transaction_offsets(
            transactional_id, producer_id, epoch, offsets, implicit_group, now_ms
        )

    async def overdue_transactions(self, shards: Collection[int] | None, now_ms: int) -> list[TransactionState]:
        self._check_reachable()
        return await super().overdue_transactions(shards, self._cluster.now_ms())

    # Groups: only who holds their shard may change them

    async def read_offsets(self, group_id: str) -> dict[OffsetKey, CommittedOffset]:
        self._check_reachable()
        return await super().read_offsets(group_id)

    async def pending_offset_keys(self, group_id: str) -> set[OffsetKey]:
        self._check_reachable()
        return await super().pending_offset_keys(group_id)

    async def save_group(self, group: StoredGroup) -> None:
        self._check_shards((group.group_id,))
        await super().save_group(group)

    async def save_consumer_group(self, group: StoredConsumerGroup, removed: Iterable[str]) -> None:
        self._check_shards((group.group_id,))
        await super().save_consumer_group(group, removed)

    async def save_share_group(self, group: StoredShareGroup, removed: Iterable[str]) -> None:
        self._check_shards((group.group_id,))
        await super().save_share_group(group, removed)

    async def commit_offsets(self, offsets: Mapping[OffsetKey, CommittedOffset]) -> None:
        self._check_shards(key[0] for key in offsets)
        await super().commit_offsets(offsets)

    async def delete_offsets(self, keys: Iterable[OffsetKey]) -> None:
        keys = list(keys)
        self._check_shards(key[0] for key in keys)
        await super().delete_offsets(keys)

    async def delete_group(self, group_id: str) -> None:
        self._check_shards((group_id,))
        await super().delete_group(group_id)

    async def aclose(self) -> None:
        self._closed = True

    # Checks

    def _check_open(self) -> None:
        """Called by everything that changes something."""
        super()._check_open()
        self._check_reachable()
        if self.member is not None and not self._cluster.is_current(self.member):
            raise _fenced(self.member)

    def _check_reachable(self) -> None:
        if not self.reachable:
            raise StorageUnavailable("the catalog cannot be reached")

    def _current_member(self) -> Member:
        self._check_reachable()
        assert self.member is not None, "register comes first"
        if not self._cluster.is_current(self.member):
            raise _fenced(self.member)
        return self.member

    def _check_shards(self, keys: Iterable[str]) -> None:
        if self.member is None or not self.checks_shards:
            return
        owner = (self.member.node_id, self.member.epoch)
        for shard in {shard_of(key) for key in keys}:
            held = self._cluster.shards[shard]
            if held.owner != owner or held.token != self.shard_tokens.get(shard):
                raise BrokerError(ErrorCode.NOT_COORDINATOR, f"another broker coordinates shard {shard}")


def _fenced(member: Member) -> Fenced:
    return Fenced(f"broker {member.node_id} is no longer in the cluster under epoch {member.epoch}")
