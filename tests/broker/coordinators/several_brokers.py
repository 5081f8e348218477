"""Brokers that share a catalog in memory: each coordinates the shards that it was given, and may not know yet that it has lost them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import anyio
import anyio.lowlevel

from broker.coordinators.group_coordinator import GroupCoordinator
from broker.coordinators.held_shards import ALL_SHARDS
from broker.coordinators.shard_taker import ShardTaker
from broker.coordinators.transaction_coordinator import TransactionCoordinator
from broker.errors import BrokerError
from broker.storage.catalog.cluster import Registration
from broker.storage.catalog.memory_cluster import MemoryCluster, MemoryClusterCatalog
from broker.storage.catalog.shards import shard_of
from broker.storage.catalog.transactions import Ended
from broker.wire.error_codes import ErrorCode
from tests.broker.coordinators.conversation import settings, wall_ms

LEASE_MS = 3_600_000
_CHANGES = (
    "save_group",
    "save_consumer_group",
    "save_share_group",
    "commit_offsets",
    "delete_offsets",
    "delete_group",
    "init_transaction",
    "add_to_transaction",
    "add_transaction_offsets",
    "end_transaction",
    "abort_transaction",
    "save_share_states",
)
_READS = (
    "load_groups",
    "load_consumer_groups",
    "load_share_groups",
    "load_offsets",
    "load_transactions",
    "read_offsets",
    "pending_offset_keys",
    "look_up_transaction",
    "claim_share_states",
)


_sent_with: ContextVar[dict[int, int]] = ContextVar("sent_with")


class DistantCatalog(MemoryClusterCatalog):
    """A broker's view of the catalog, some way off: ``before`` is waited for on the way to it, ``after`` on the way back. A call counts under
    the leases with which it was sent off."""

    def __init__(self, cluster: MemoryCluster) -> None:
        super().__init__(cluster)
        self.way(_no_way, _no_way)

    def way(self, before: Callable[[str], Awaitable[None]], after: Callable[[str], Awaitable[None]]) -> None:
        object.__setattr__(self, "before", before)
        object.__setattr__(self, "after", after)

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in _CHANGES and name not in _READS:
            return found

        async def call(*args: Any) -> Any:
            sent_with = dict(super(DistantCatalog, self).__getattribute__("shard_tokens"))
            await super(DistantCatalog, self).__getattribute__("before")(name)
            _sent_with.set(sent_with)
            answer = await found(*args)
            await super(DistantCatalog, self).__getattribute__("after")(name)
            return answer

        return call


    def _check_shards(self, keys: Iterable[str]) -> None:
        keys = list(keys)
        super()._check_shards(keys)
        for shard in {shard_of(key) for key in keys}:
            if self.member is not None and self._cluster.shards[shard].token != _sent_with.get().get(shard):
                raise BrokerError(ErrorCode.NOT_COORDINATOR, "it was another lease")


async def _no_way(call: str) -> None:
    await anyio.lowlevel.checkpoint()


class SeveralBrokers:
    """``brokers`` of one cluster; ``ended`` is every end of a transaction that one of them told of."""

    def __init__(self, **changed: int | str) -> None:
        self.cluster = MemoryCluster(wall_ms)
        self.ended: list[Ended] = []
        self.brokers: list[OneBroker] = []
        self._changed = changed

    async def start(self) -> "OneBroker":
        """One more broker, which coordinates nothing yet."""
        broker = OneBroker(self, self._changed)
        await broker.catalog.register(Registration(instance=str(len(self.brokers)), node_id=len(self.brokers) + 1, rack=None, listeners={}), LEASE_MS)
        self.brokers.append(broker)
        return broker

    def owner(self, key: str) -> "OneBroker | None":
        """Who holds the key's shard as the catalog has it."""
        held = self.cluster.shards[shard_of(key)].owner
        for broker in self.brokers:
            member = broker.catalog.member
            if member is not None and (member.node_id, member.epoch) == held:
                return broker
        return None


class OneBroker:
    """Its coordinators, over its own view of the catalog."""

    def __init__(self, world: SeveralBrokers, changed: dict[str, int | str]) -> None:
        self.world = world
        self.catalog = DistantCatalog(world.cluster)
        self.groups = GroupCoordinator(self.catalog, settings(**changed), wall_ms)
        self.transactions = TransactionCoordinator(
            self.catalog,
            self.groups.transactional,
            settings(**changed),
            wall_ms,
            new_producer_id=lambda: self.catalog.allocate_producer_ids(1),
            on_ended=world.ended.append,
        )
        self.lost: list[int] = []
        self.taker = ShardTaker(self.groups, self.transactions, self.lost.append)

    async def take(self, shards: Sequence[int] = sorted(ALL_SHARDS)) -> None:
        """Claim what nobody holds of these, and serve it."""
        claimed = await self.catalog.claim_shards(shards)
        await self.taker.take(sorted(claimed))

    async def hand_over(self, shards: Sequence[int] = sorted(ALL_SHARDS)) -> None:
        """Give them up in good order."""
        await self.taker.give_up(shards, lost=False)
        await self.catalog.release_shards(shards)

    def is_robbed(self, shards: Sequence[int] = sorted(ALL_SHARDS)) -> None:
        """Its lease ran out, as the catalog sees it: others can claim the shards. It does not know."""
        for shard in shards:
            held = self.world.cluster.shards[shard]
            member = self.catalog.member
            if member is not None and held.owner == (member.node_id, member.epoch):
                held.owner = None

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.groups.run)
            tasks.start_soon(self.transactions.run)


@asynccontextmanager
async def several_brokers(count: int, **changed: int | str) -> AsyncIterator[tuple[SeveralBrokers, list[OneBroker]]]:
    """So many brokers that run; the first one coordinates everything."""
    world = SeveralBrokers(**changed)
    brokers = [await world.start() for _ in range(count)]
    await brokers[0].take()
    async with anyio.create_task_group() as tasks:
        for broker in brokers:
            tasks.start_soon(broker.run)
        yield world, brokers
        tasks.cancel_scope.cancel()
