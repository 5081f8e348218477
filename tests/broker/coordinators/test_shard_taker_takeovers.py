"""Random takeovers, with owners that do not know yet that they are none: what was acknowledged stays, and nothing of a zombie counts.

``PENSTOCK_TAKEOVER_SEEDS=200`` plays so many worlds instead of a few.
"""

import os
from random import Random

import anyio
import pytest

from broker.model import CommittedOffset
from broker.storage.catalog.cluster import Registration
from broker.storage.catalog.shards import shard_of
from broker.wire.error_codes import ErrorCode
from tests.broker.coordinators.conversation import Answer
from tests.broker.coordinators.several_brokers import LEASE_MS, OneBroker, SeveralBrokers, several_brokers
from tests.simulation.scheduling import run

SEEDS = range(int(os.environ.get("PENSTOCK_TAKEOVER_SEEDS", "4")))
GROUPS = ("g", "h", "carried-0", "carried-1")
IDS = ("x", "y", "z")
SHARDS = sorted({shard_of(key) for key in (*GROUPS, *IDS)})
MOVES = 25
AGAIN = frozenset(
    {
        ErrorCode.NOT_COORDINATOR,
        ErrorCode.COORDINATOR_NOT_AVAILABLE,
        ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    }
)
NO_MEMBER = ("", None, -1)


class Takeovers:
    """Clients that commit and transact, and somebody who moves shards under them until ``is_over``."""

    def __init__(self, world: SeveralBrokers, seed: int) -> None:
        self.world = world
        self.random = Random(seed)
        self.is_over = False
        self.acknowledged: dict[str, int] = {}
        self.asked: dict[str, int] = {}
        self.refusals = 0
        self.transactions = 0
        self.committed: dict[str, list[int]] = {name: [] for name in IDS}
        for broker in world.brokers:
            broker.catalog.way(self._on_the_way, self._back_again)

    async def _on_the_way(self, call: str) -> None:
        await anyio.sleep(self.random.choice((0, 0.001, 0.01, 0.3, 1)))

    async def _back_again(self, call: str) -> None:
        if call == "commit_offsets":
            self._check_offsets()
        await self._on_the_way(call)

    def _check_offsets(self) -> None:
        """What was acknowledged is there, now and always."""
        for group, offset in self.acknowledged.items():
            assert self.world.cluster.shared._offsets[group, "t", 0].offset >= offset, f"{group}: {offset} was acknowledged"

    def _somebody(self, key: str) -> OneBroker:
        """Whom a client takes for the coordinator: mostly the one that is."""
        owner = self.world.owner(key)
        return owner if owner is not None and self.random.random() < 0.7 else self.random.choice(self.world.brokers)

    # --- clients ------------------------------------------------------------------------------------------------------

    async def commit(self, group: str) -> None:
        """One commit after another, each with a higher offset."""
        offset = 0
        while not self.is_over:
            offset += 1
            self.asked[group] = offset
            answer = Answer()
            self._somebody(group).groups.commit_offsets(group, "", None, -1, {("t", 0): CommittedOffset(offset=offset)}, answer)
            error = None
            with anyio.move_on_after(0.5):  # then the client takes the broker for dead, and goes on elsewhere
                error = await answer.wait()
            if error is ErrorCode.NONE:
                self.acknowledged[group] = offset
                self._check_offsets()
            elif error is not None:
                assert error in AGAIN, error
                self.refusals += 1
            await anyio.sleep(self.random.random() / 3)

    async def transact(self, name: str, group: str, pids: tuple[int, ...]) -> None:
        """One transaction after another, each of which carries an offset that no other has."""
        producer = (-1, -1)
        while producer[0] < 0:
            answer = await self._somebody(name).transactions.init_producer(name, 900_000, -1, -1)
            if self._is_answered(answer.error_code):
                producer = (answer.producer_id, answer.epoch)
            await anyio.sleep(0.05)
        number = 0
        while not self.is_over:
            number += 1
            key = (group, name, 0)
            while not self._is_answered(await self._join(name, producer, pids)):  # noqa: ASYNC110 - clients try again
                await anyio.sleep(0.05)
            while not self._is_answered(await self._carry(name, producer, key, number)):  # noqa: ASYNC110
                await anyio.sleep(0.05)
            commits = self.random.random() < 0.7
            while True:
                ended = await self._somebody(name).transactions.end(name, *producer, commit=commits, bump=True)
                if self._is_answered(ended.error_code):
                    break
                await anyio.sleep(0.05)
            producer = (ended.producer_id, ended.epoch)
            self.transactions += 1
            if commits:
                self.committed[name].append(number)

    async def _join(self, name: str, producer: tuple[int, int], pids: tuple[int, ...]) -> ErrorCode:
        return await self.random.choice(self.world.brokers).transactions.join_partitions(name, *producer, pids)

    async def _carry(self, name: str, producer: tuple[int, int], key: tuple[str, str, int], offset: int) -> ErrorCode:
        broker = self._somebody(key[0])
        with broker.groups.transactional.arrival(key[0], [key]):
            error = broker.groups.transactional.commit_error(key[0], *NO_MEMBER)
            return error or await broker.transactions.add_offsets(name, *producer, {key: CommittedOffset(offset=offset)}, key[0])

    def _is_answered(self, error: ErrorCode) -> bool:
        assert error is ErrorCode.NONE or error in AGAIN, error
        self.refusals += bool(error)
        return error is ErrorCode.NONE

    # --- whoever moves shards -----------------------------------------------------------------------------------------

    async def move(self) -> None:
        for _ in range(MOVES):
            await anyio.sleep(self.random.random() / 2)
            shards = self.random.sample(SHARDS, self.random.randint(1, len(SHARDS)))
            before, after = self.random.sample(self.world.brokers, 2)
            kind = self.random.choice(("handed over", "robbed", "robbed and told", "fenced"))
            if kind == "handed over":
                await before.hand_over(shards)
            elif kind == "fenced":
                await self._fence(before)
            else:
                before.is_robbed(shards)
            await after.take(shards)
            if kind == "robbed and told":
                await before.taker.give_up([shard for shard in shards if not self._holds(before, shard)], lost=True)
            if kind == "fenced":
                await anyio.sleep(self.random.random())
                await self._come_back(before)
        for shard in SHARDS:
            if self.world.cluster.shards[shard].owner is None:
                await self.world.brokers[0].take([shard])
        self.is_over = True

    def _holds(self, broker: OneBroker, shard: int) -> bool:
        member = broker.catalog.member
        return member is not None and self.world.cluster.shards[shard].owner == (member.node_id, member.epoch)

    async def _fence(self, broker: OneBroker) -> None:
        assert broker.catalog.member is not None
        self.world.cluster.fence(broker.catalog.member.node_id)

    async def _come_back(self, broker: OneBroker) -> None:
        assert broker.catalog.member is not None
        await broker.taker.give_up(SHARDS, lost=True)
        node_id = broker.catalog.member.node_id
        await broker.catalog.register(Registration(instance=str(node_id - 1), node_id=node_id, rack=None, listeners={}), LEASE_MS)


@pytest.mark.parametrize("seed", SEEDS)
def test_takeovers_lose_and_double_nothing(seed: int) -> None:
    """Of each group the last offset that was acknowledged stands, or one that was asked for after it; every transaction was ended once."""
    run(seed, lambda: play(seed))


async def play(seed: int) -> None:
    async with several_brokers(3) as (world, brokers):
        topic = await brokers[0].catalog.create_topic("t", b"t" * 16, 2, 1, {}, 0)
        it = Takeovers(world, seed)
        with anyio.fail_after(3600):
            async with anyio.create_task_group() as tasks:
                for group in ("g", "h"):
                    tasks.start_soon(it.commit, group)
                for number, name in enumerate(IDS):
                    tasks.start_soon(it.transact, name, f"carried-{number % 2}", tuple(topic.partitions))
                tasks.start_soon(it.move)

        for broker in brokers:
            await broker.groups.drain()
        for group in ("g", "h"):
            offset = (await brokers[0].catalog.read_offsets(group))[group, "t", 0].offset
            assert it.acknowledged[group] <= offset <= it.asked[group]
            owner = world.owner(group)
            assert owner is not None
            shown = owner.groups.offset(group, "t", 0)
            assert shown is not None
            assert shown.offset == offset
        assert min(it.transactions, it.refusals) > 10, "something happened, and something went wrong"
        assert len(world.ended) == it.transactions
        for number, name in enumerate(IDS):
            applied = [offset.offset for ended in world.ended for key, offset in ended.offsets.items() if key[1] == name]
            assert applied == it.committed[name]
            offsets = await brokers[0].catalog.read_offsets(f"carried-{number % 2}")
            assert offsets[f"carried-{number % 2}", name, 0].offset == it.committed[name][-1]
        assert await brokers[0].catalog.pending_offset_keys("carried-0") == set()
