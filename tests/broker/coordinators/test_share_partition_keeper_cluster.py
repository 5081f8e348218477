"""Share partitions whose leader changes: what was acknowledged stays so, and whoever kept them saves nothing more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from broker.coordinators.share_partition_keeper import Held, SharePartitionKeeper, Surroundings
from broker.coordinators.shares.limits import ShareLimits
from broker.coordinators.shares.share_partition import ACCEPT, Acknowledgement, FetchedBatch
from broker.coordinators.shares.share_sessions import PartitionKey
from broker.model import LogBounds
from broker.storage.catalog.memory_cluster import MemoryCluster
from broker.wire.error_codes import ErrorCode

pytestmark = pytest.mark.anyio

P0: PartitionKey = (b"t" * 16, 0)
P1: PartitionKey = (b"t" * 16, 1)
LIMITS = ShareLimits(lock_ms=60_000)


class Leaders:
    """Two brokers' keepers over one catalog; ``leads`` is who believes to lead what."""

    def __init__(self) -> None:
        self.cluster = MemoryCluster(lambda: 0)
        self.leads = [True, True]
        self.keepers = [self._keeper(number) for number in range(2)]

    def _keeper(self, number: int) -> SharePartitionKeeper:
        around = Surroundings(
            limits=lambda group_id: LIMITS,
            sessions_max=lambda: 10,
            first_offset=self._first_offset,
            bounds=self._bounds,
            leads=lambda topic_id, index: self.leads[number],
        )
        return SharePartitionKeeper(self.cluster.catalog(), around)

    async def _first_offset(self, group_id: str, topic_id: bytes, index: int) -> int:
        return 0

    async def _bounds(self, topic_id: bytes, index: int) -> LogBounds | None:
        return LogBounds(0, 100, 100, 0, 1)

    async def hold(self, number: int, partition: PartitionKey = P0) -> Held:
        held = (await self.keepers[number].hold("g", [partition]))[partition]
        assert isinstance(held, Held)
        return held

    async def acquire(self, number: int, last: int, partition: PartitionKey = P0) -> list[int]:
        """The offsets that a member is given, one record a batch."""
        held = await self.hold(number, partition)
        offset = held.partition.next_fetch_offset()
        batches = [FetchedBatch(at, at) for at in range(offset, last + 1)]
        acquired = self.keepers[number].acquire(
            held, "ann", offset, batches, LIMITS, records_max=500, batch_size=500, is_exact=False
        )
        return [at for each in acquired for at in range(each.first, each.last + 1)]

    async def accept(self, number: int, first: int, last: int, partition: PartitionKey = P0) -> ErrorCode:
        said = {partition: [Acknowledgement(first, last, [ACCEPT])]}
        return (await self.keepers[number].acknowledge("g", "ann", said))[partition]


@asynccontextmanager
async def leaders() -> AsyncIterator[Leaders]:
    it = Leaders()
    await it.cluster.shared.create_topic("t", P0[0], 2, 1, {}, 0)
    await it.keepers[0].initialize("g", [P0, P1])
    async with anyio.create_task_group() as tasks:
        for keeper in it.keepers:
            tasks.start_soon(keeper.run)
        yield it
        tasks.cancel_scope.cancel()


async def test_the_next_leader_gives_what_was_not_acknowledged() -> None:
    """What was accepted is done with; what members only had is given once more."""
    async with leaders() as it:
        assert await it.acquire(0, 9) == list(range(10))
        assert await it.accept(0, 0, 4) is ErrorCode.NONE

        assert await it.acquire(1, 9) == list(range(5, 10))


async def test_a_leader_that_does_not_know_yet_saves_nothing() -> None:
    """The member is sent on; the record is the next leader's to give, and only it says what becomes of it."""
    async with leaders() as it:
        await it.acquire(0, 9)
        await it.acquire(1, 9)
        assert await it.accept(0, 0, 4) is ErrorCode.NOT_LEADER_OR_FOLLOWER
        assert await it.accept(1, 5, 9) is ErrorCode.NONE

        assert len(it.keepers[0]) == 0
        state = (await it.cluster.shared.share_states_of("g"))["g", *P0]
        assert state.start_offset == 0
        assert await it.acquire(0, 9) == list(range(5)), "claimed anew, it has what is left"


async def test_one_fenced_partition_does_not_hold_up_the_others() -> None:
    """They were to be saved in one transaction."""
    async with leaders() as it:
        await it.acquire(0, 9)
        await it.acquire(0, 9, P1)
        await it.acquire(1, 9)
        outcome = await it.keepers[0].acknowledge(
            "g", "ann", {each: [Acknowledgement(0, 4, [ACCEPT])] for each in (P0, P1)}
        )

        assert outcome == {P0: ErrorCode.NOT_LEADER_OR_FOLLOWER, P1: ErrorCode.NONE}


async def test_who_does_not_lead_gives_and_takes_nothing() -> None:
    """And lets go of what it had; who waits for records is woken to hear it."""
    async with leaders() as it:
        held = await it.hold(0)
        woken: list[str] = []
        held.watchers[lambda: woken.append("woken")] = None
        it.leads[0] = False
        it.keepers[0].leaders_changed()

        assert held.is_fenced
        assert woken == ["woken"]
        assert len(it.keepers[0]) == 0
        assert (await it.keepers[0].hold("g", [P0]))[P0] is ErrorCode.NOT_LEADER_OR_FOLLOWER
        assert await it.accept(0, 0, 1) is ErrorCode.NOT_LEADER_OR_FOLLOWER
        it.leads[0] = True
        await it.hold(0)
        it.leads[0] = False
        assert await it.accept(0, 0, 1) is ErrorCode.NOT_LEADER_OR_FOLLOWER
        assert len(it.keepers[0]) == 0


async def test_a_coordinator_sets_offsets_under_a_leader_elsewhere() -> None:
    """The leader hears of it with the first thing it saves, and reads what holds now. Partitions that the group never read are made."""
    async with leaders() as it:
        await it.acquire(1, 9)
        assert await it.keepers[0].alter_start_offsets("g", {P0: 50}) == {P0: ErrorCode.NONE}
        assert await it.keepers[0].alter_start_offsets("new", {P0: 7}) == {P0: ErrorCode.NONE}
        assert await it.accept(1, 0, 4) is ErrorCode.NOT_LEADER_OR_FOLLOWER

        assert await it.acquire(1, 52) == [50, 51, 52]
        assert (await it.keepers[0].start_offsets("new", None))[P0].start_offset == 7


async def test_a_deleted_group_is_not_brought_back() -> None:
    """Nor does a new one of its name go on with what its leader has in memory."""
    async with leaders() as it:
        await it.acquire(1, 9)
        await it.accept(1, 0, 4)
        await it.keepers[0].delete_group("g")
        assert await it.accept(1, 5, 5) is ErrorCode.NOT_LEADER_OR_FOLLOWER
        assert await it.cluster.shared.share_states_of("g") == {}
        await it.keepers[0].initialize("g", [P0])

        assert await it.acquire(1, 3) == [0, 1, 2, 3]


async def test_a_coordinator_may_meet_another_claim() -> None:
    """A member of the group reads in that very moment: nothing is set, and the operator hears it."""
    async with leaders() as it:
        catalog = it.keepers[0]._catalog
        save = catalog.save_share_states

        async def after_a_claim(changes: object) -> None:
            await it.hold(1)
            await save(changes)  # type: ignore[arg-type]

        catalog.__dict__["save_share_states"] = after_a_claim
        assert await it.keepers[0].alter_start_offsets("g", {P0: 50}) == {P0: ErrorCode.FENCED_STATE_EPOCH}
