"""Keeping a broker in its cluster, on virtual time."""

from typing import Any

import anyio
import pytest
import trio.testing

from broker.cluster.membership_keeper import SILENCE_OF_A_LEASE
from broker.errors import StorageUnavailable
from broker.storage.catalog.cluster import Fenced
from tests.broker.cluster.virtual_cluster import LEASE_MS, VirtualBroker, VirtualCluster, running

LEASE_S = LEASE_MS / 1000


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Waits take no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


async def test_brokers_see_each_other_for_as_long_as_they_run() -> None:
    """However long that is, under the epochs they began with."""
    async with running(VirtualCluster(), 3) as brokers:
        await anyio.sleep(3600)

        assert all(broker.sees == [1, 2, 3] and not broker.events for broker in brokers)
        assert {member.epoch for member in brokers[0].views[-1].members} == {1}


async def test_a_killed_broker_is_gone_within_a_lease_and_a_third() -> None:
    """A lease from when it was last heard of, and until somebody looks."""
    async with running(VirtualCluster(), 3) as brokers:
        brokers[2].kill()

        assert await brokers[0].seen_without(3) <= LEASE_S * 4 / 3 + 0.02


async def test_who_has_reason_to_look_closely_sees_it_sooner() -> None:
    """A broken connection does not decide anything, but the end of the lease is noticed at once."""
    async with running(VirtualCluster(), 2) as brokers:
        brokers[1].kill()
        brokers[0].keeper.watch_closely()

        assert await brokers[0].seen_without(2) <= LEASE_S + 0.25


async def test_a_living_broker_survives_being_looked_at_closely() -> None:
    """A connection may break for other reasons."""
    async with running(VirtualCluster(), 2) as brokers:
        brokers[0].keeper.watch_closely()
        await anyio.sleep(3 * LEASE_S)

        assert brokers[0].sees == [1, 2]
        assert not brokers[1].events


async def test_a_broker_that_is_not_heard_of_stops_acting_before_its_lease_is_over() -> None:
    """Before anybody else can have taken over, and says why it is not ready."""
    async with running(VirtualCluster(), 2) as brokers:
        cut = brokers[0]
        cut.catalog.reachable = False
        await anyio.sleep(LEASE_S * (SILENCE_OF_A_LEASE - 1 / 3) - 0.1)
        early = cut.keeper.is_heard, list(cut.events), cut.keeper.complaint()
        with anyio.fail_after(LEASE_S / 3 + 0.2):
            while not cut.events:  # noqa: ASYNC110 - time is virtual, and the moment matters
                await anyio.sleep(0.01)
        seen = brokers[1].sees
        late = cut.keeper.is_heard, list(cut.events)
        complaint = cut.keeper.complaint()

        assert early == (True, [], None)
        assert late == (False, ["unheard"])
        assert complaint is not None
        assert seen == [1, 2]
        cut.catalog.reachable = True
        await anyio.sleep(0.3)
        assert cut.keeper.is_heard
        assert cut.keeper.complaint() is None
        assert cut.events == ["unheard"]


async def test_a_fenced_broker_ends_what_was_under_way_before_it_comes_back() -> None:
    """Under another epoch, as the same node, and with the addresses it had."""
    async with running(VirtualCluster(), 2) as brokers:
        cut = brokers[0]
        cut.catalog.reachable = False
        await anyio.sleep(2 * LEASE_S)
        gone = brokers[1].sees
        cut.catalog.reachable = True
        await anyio.sleep(2)

        assert gone == [2]
        assert cut.events == ["unheard", "fenced", f"registered {cut.keeper.member.epoch}"]
        assert cut.keeper.member.epoch > 1
        assert brokers[1].sees == cut.sees == [1, 2]
        assert cut.views[-1].members[0].listeners == {"A": ("h1", 9092)}


async def test_a_broker_that_slept_finds_itself_fenced_at_once() -> None:
    """A process that was stopped for longer than its lease does nothing under the old epoch when it goes on: the catalog refuses it."""
    async with running(VirtualCluster(), 2) as brokers:
        asleep = brokers[0]
        asleep.kill()  # its tasks stand still
        await anyio.sleep(2 * LEASE_S)
        with pytest.raises(Fenced):
            await asleep.catalog.create_topic("t", b"t" * 16, 1, 1, {}, 0)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(asleep.keeper.run)
            await anyio.sleep(0.1)
            tasks.cancel_scope.cancel()

        assert [event.split()[0] for event in asleep.events] == ["fenced", "registered"]
        await asleep.catalog.create_topic("t", b"t" * 16, 1, 1, {}, 0)


@pytest.mark.parametrize("jump_ms", [-86_400_000, 86_400_000])
async def test_clocks_that_differ_do_not_matter(jump_ms: int) -> None:
    """The catalog's clock may be a day away from the broker's: only what passes on it counts."""
    cluster = VirtualCluster()
    cluster.clock_offset_ms += jump_ms
    async with running(cluster, 2) as brokers:
        await anyio.sleep(60)

        assert all(broker.sees == [1, 2] and not broker.events for broker in brokers)


async def test_a_catalog_clock_that_jumps_ahead_takes_nothing_for_good() -> None:
    """Every lease has run out then: nobody could have been heard of, so nobody is fenced."""
    cluster = VirtualCluster()
    async with running(cluster, 3) as brokers:
        cluster.clock_offset_ms += 86_400_000
        await anyio.sleep(LEASE_S)

        assert all(broker.sees == [1, 2, 3] for broker in brokers)
        assert not any("fenced" in broker.events for broker in brokers)


async def test_a_catalog_that_was_away_for_everybody_takes_nothing_from_anybody() -> None:
    """However long it was; whoever comes back first. Only who does not come back within a lease from then is fenced."""
    async with running(VirtualCluster(), 4) as brokers:
        for broker in brokers:
            broker.catalog.reachable = False
        await anyio.sleep(10 * LEASE_S)
        brokers[3].kill()
        for broker in brokers:
            broker.catalog.reachable = True
            await anyio.sleep(0.1)
        await anyio.sleep(LEASE_S / 2)
        sees_at_first = brokers[0].sees
        await anyio.sleep(LEASE_S)

        assert sees_at_first == [1, 2, 3, 4]
        assert all(broker.sees == [1, 2, 3] and broker.events == ["unheard"] for broker in brokers[:3])
        assert {member.epoch for member in brokers[0].views[-1].members} == {1}


async def test_a_broker_whose_node_id_was_taken_stops() -> None:
    """There must be one of each; the older process never takes the place back."""
    cluster = VirtualCluster()
    async with anyio.create_task_group() as tasks:
        older, newer = VirtualBroker(cluster, "older", 5), VirtualBroker(cluster, "newer", 5)
        await older.start(tasks)
        await newer.start(tasks)
        await anyio.sleep(2 * LEASE_S)

        assert older.events == ["fenced", "lost"]
        assert newer.events == []
        assert newer.sees == [5]
        tasks.cancel_scope.cancel()


async def test_leaving_is_seen_at_once_by_who_is_told_to_look() -> None:
    """Then it is gone without anybody waiting for a lease."""
    async with running(VirtualCluster(), 2) as brokers:
        leaving, other = brokers
        began = anyio.current_time()
        await leaving.keeper.begin_leaving()
        other.keeper.hurry()
        await anyio.sleep(0.05)
        seen = {member.node_id: member.leaving for member in other.views[-1].members}
        leaving.kill()
        await leaving.keeper.leave()
        other.keeper.hurry()
        await anyio.sleep(0.05)

        assert seen == {1: True, 2: False}
        assert other.sees == [2]
        assert anyio.current_time() - began < 0.2


async def test_a_catalog_that_is_away_holds_nobody_up_who_leaves() -> None:
    """The lease ends by itself then."""
    async with running(VirtualCluster(), 2) as brokers:
        leaving, other = brokers
        leaving.catalog.reachable = False
        await leaving.keeper.begin_leaving()
        leaving.kill()
        await leaving.keeper.leave()
        await anyio.sleep(2 * LEASE_S)

        assert other.sees == [2]


async def test_a_catalog_that_does_not_answer_counts_as_away() -> None:
    """A renewal that hangs is given up in time, and tried again."""
    async with running(VirtualCluster(), 1) as (broker,):
        broker.catalog.hangs = True
        await anyio.sleep(LEASE_S)
        assert broker.events == ["unheard"]
        broker.catalog.hangs = False
        await anyio.sleep(LEASE_S)
        assert broker.keeper.is_heard


async def test_joining_needs_the_catalog() -> None:
    """Who starts a broker is told."""
    cluster = VirtualCluster()
    broker = VirtualBroker(cluster, "one")
    broker.catalog.reachable = False
    with pytest.raises(StorageUnavailable):
        await broker.keeper.join()
    assert broker.keeper.complaint() == "not in the cluster"
