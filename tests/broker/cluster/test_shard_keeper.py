"""Which shards brokers act for, on virtual time."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
import trio.testing

from broker.cluster.shard_keeper import ShardKeeper, own_shards
from broker.errors import StorageUnavailable
from broker.storage.catalog.cluster import Member
from broker.storage.catalog.shards import SHARDS
from tests.broker.cluster.virtual_cluster import LEASE_MS, VirtualBroker, VirtualCluster

LEASE_S = LEASE_MS / 1000


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Waits take no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


class User:
    """Acts for shards, and says what it was told."""

    def __init__(self) -> None:
        self.served: set[int] = set()
        self.lost: list[int] = []
        self.given_up: list[int] = []
        self.unavailable = False
        self.slow_s = 0.0

    async def take(self, shards: Sequence[int]) -> None:
        if self.unavailable:
            raise StorageUnavailable("not now")
        self.served.update(shards)

    async def give_up(self, shards: Sequence[int], *, lost: bool) -> None:
        await anyio.sleep(0 if lost else self.slow_s)
        self.served.difference_update(shards)
        (self.lost if lost else self.given_up).extend(shards)


class Broker(VirtualBroker):
    """A broker with shards."""

    def __init__(self, cluster: VirtualCluster, instance: str) -> None:
        super().__init__(cluster, instance)
        self.user = User()
        self.released: list[int] = []
        self.shards = ShardKeeper(self.catalog, self.user, lambda: self.keeper.member, self.released.extend)
        self.keeper.on_view(self.shards.follow)
        self.keeper.on_unheard(self.shards.lose)
        self.keeper.on_fenced(self.shards.lose_now)

    async def _run(self) -> None:
        with self._scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self.shards.run)
                await self.keeper.run()


@asynccontextmanager
async def brokers_of(count: int) -> AsyncIterator[tuple[VirtualCluster, list[Broker]]]:
    cluster = VirtualCluster()
    async with anyio.create_task_group() as tasks:
        brokers = [Broker(cluster, f"i{number}") for number in range(count)]
        for broker in brokers:
            await broker.start(tasks)
        await anyio.sleep(2 * LEASE_S)
        yield cluster, brokers
        tasks.cancel_scope.cancel()


def all_of(brokers: Sequence[Broker]) -> list[int]:
    """Every shard that somebody acts for, as often as somebody does."""
    return sorted(shard for broker in brokers for shard in broker.user.served)


def test_the_shards_are_shared_out_evenly() -> None:
    """Among the brokers that serve and stay."""
    members = [Member(node_id=n, epoch=1, rack=None, listeners={"A": ("h", 1)}, leaving=n == 4) for n in (1, 2, 3, 4)]
    members.append(Member(node_id=5, epoch=1, rack=None, listeners={}))
    shares = {node: own_shards(members, node) for node in (1, 2, 3, 4, 5)}

    assert sorted(map(len, shares.values())) == [0, 0, 20, 22, 22]
    assert frozenset().union(*shares.values()) == frozenset(range(SHARDS))


async def test_every_shard_has_one_broker() -> None:
    """However many there are."""
    async with brokers_of(3) as (_, brokers):
        assert all_of(brokers) == list(range(SHARDS))
        assert [len(broker.user.served) for broker in brokers] == [22, 20, 22] or all(
            20 <= len(broker.user.served) <= 22 for broker in brokers
        )


async def test_a_new_broker_gets_its_share_in_good_order() -> None:
    """Those who had it write what is decided first, and nobody acts for a shard together with somebody else."""
    async with brokers_of(2) as (cluster, brokers), anyio.create_task_group() as tasks:
        for broker in brokers:
            broker.user.slow_s = 0.5
        third = Broker(cluster, "i2")
        await third.start(tasks)
        for _ in range(300):
            await anyio.sleep(0.01)
            served = all_of([*brokers, third])
            assert len(served) == len(set(served))
        await anyio.sleep(LEASE_S)

        assert all_of([*brokers, third]) == list(range(SHARDS))
        assert len(third.user.served) >= 20
        assert not any(broker.user.lost for broker in brokers)
        assert sorted(brokers[0].released + brokers[1].released) == sorted(third.user.served | set(third.released)) or third.user.served
        tasks.cancel_scope.cancel()


async def test_the_shards_of_a_killed_broker_are_taken_over() -> None:
    """When its lease has ended and somebody has looked."""
    async with brokers_of(3) as (_, brokers):
        brokers[1].kill()
        await anyio.sleep(LEASE_S * 4 / 3 + 1.5)

        assert all_of([brokers[0], brokers[2]]) == list(range(SHARDS))


async def test_a_broker_that_is_cut_off_stops_before_others_take_over() -> None:
    """It counts for itself from when it was heard of last, which is earlier than the catalog does."""
    async with brokers_of(2) as (_, brokers):
        cut, other = brokers
        cut.catalog.reachable = False
        for _ in range(int(2 * LEASE_S / 0.01)):
            await anyio.sleep(0.01)
            served = all_of(brokers)
            assert len(served) == len(set(served))

        assert cut.user.served == set()
        assert len(cut.user.lost) == SHARDS // 2
        assert all_of([other]) == list(range(SHARDS))
        cut.catalog.reachable = True
        await anyio.sleep(2 * LEASE_S)
        assert all_of(brokers) == list(range(SHARDS))


async def test_a_broker_that_leaves_hands_everything_over() -> None:
    """And takes nothing again; the others have it all as soon as they look."""
    async with brokers_of(2) as (_, brokers):
        leaving, other = brokers
        had = set(leaving.user.served)
        began = anyio.current_time()
        await leaving.keeper.begin_leaving()
        await leaving.shards.hand_over()
        other.keeper.hurry()
        await anyio.sleep(0.3)

        assert set(leaving.user.given_up) == had == set(leaving.released)
        assert all_of([other]) == list(range(SHARDS))
        assert anyio.current_time() - began < 0.5
        await anyio.sleep(LEASE_S)
        assert leaving.user.served == set()


async def test_a_shard_that_cannot_be_loaded_is_tried_again() -> None:
    """Nothing of it is served until then."""
    cluster = VirtualCluster()
    async with anyio.create_task_group() as tasks:
        broker = Broker(cluster, "one")
        broker.user.unavailable = True
        await broker.start(tasks)
        await anyio.sleep(2)
        before = set(broker.shards.held)
        broker.user.unavailable = False
        with anyio.fail_after(2):
            await broker.shards.settled()

        assert before == set()
        assert all_of([broker]) == list(range(SHARDS))
        tasks.cancel_scope.cancel()


async def test_a_fenced_broker_gets_its_shards_anew() -> None:
    """Under other tokens: what it had read of them before is not relied on."""
    async with brokers_of(2) as (_, brokers):
        cut, other = brokers
        tokens = dict(cut.catalog.shard_tokens)
        cut.catalog.reachable = False
        await anyio.sleep(2 * LEASE_S)
        cut.catalog.reachable = True
        await anyio.sleep(2 * LEASE_S)

        assert cut.user.served
        assert all(cut.catalog.shard_tokens[shard] > tokens.get(shard, 0) for shard in cut.user.served)
        assert all_of([cut, other]) == list(range(SHARDS))


async def test_a_shard_that_the_catalog_gave_to_another_is_not_counted_on() -> None:
    """Whoever acts for it is told by a refusal, before any view says so; it is claimed again only when it is free."""
    async with brokers_of(2) as (cluster, brokers):
        one, two = brokers
        shard = min(one.user.served)
        held = cluster.shared.shards[shard]
        held.owner, held.token = (two.keeper.member.node_id, two.keeper.member.epoch), held.token + 1  # type: ignore[union-attr]
        one.user.served.discard(shard)
        one.shards.lost(shard)
        await anyio.sleep(1)
        assert shard not in one.shards.held
        held.owner = None
        await anyio.sleep(1)

        assert shard in one.shards.held
        assert shard in one.user.served
