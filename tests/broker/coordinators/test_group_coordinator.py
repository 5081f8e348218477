"""The agent: time, persistence, restarts, deletion and expiry, on a virtual clock."""

from typing import Any

import anyio
import pytest
from trio.testing import MockClock

from broker.coordinators.group_coordinator import GroupCoordinator, new_member_id
from broker.coordinators.groups.commands import Leaver
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.rebalancing import GroupState
from broker.model import ZERO_UUID
from broker.storage.catalog.memory import MemoryCatalog
from broker.wire.error_codes import ErrorCode
from observability.metrics import REGISTRY
from tests.broker.coordinators.conversation import (
    DAY_MS,
    Answer,
    Consumer,
    TroubledCatalog,
    coordinator,
    settings,
    wall_ms,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Hours of protocol time pass in no time."""
    return "trio", {"clock": MockClock(autojump_threshold=0)}


@pytest.fixture
def catalog() -> TroubledCatalog:
    return TroubledCatalog()


def state(groups: GroupCoordinator, group_id: str = "g") -> str | None:
    group = groups.group(group_id)
    return None if group is None else group.state.value


# --- membership and time -----------------------------------------------------------------------------------------------------


async def test_two_consumers_share_a_group(catalog: TroubledCatalog) -> None:
    """The initial delay gathers both; each gets its part when the generation is stored."""
    async with coordinator(catalog) as groups:
        one, two = Consumer(groups, "one"), Consumer(groups, "two")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one.join)
            tasks.start_soon(two.join)
        leader, follower = (one, two) if groups.group("g").leader == one.member_id else (two, one)  # type: ignore[union-attr]
        waiting = follower.send_sync(ghost=b"")
        led = leader.send_sync(**{leader.member_id: b"0", follower.member_id: b"1"})

        assert (await led.wait()).assignment == b"0"
        assert (await waiting.wait()).assignment == b"1"
        assert [stored.generation for stored in await catalog.load_groups()] == [1]
        assert one.beat() == two.beat() == ErrorCode.NONE


async def test_a_silent_member_is_removed_on_time() -> None:
    """Its session ends without anybody asking."""
    async with coordinator() as groups:
        consumer = Consumer(groups, "one")
        await consumer.come_in()
        await anyio.sleep(9.9)
        assert consumer.beat() == ErrorCode.NONE
        await anyio.sleep(9.9)
        assert state(groups) == "Stable"
        await anyio.sleep(0.2)

        assert state(groups) == "Empty"
        assert consumer.beat() == ErrorCode.UNKNOWN_MEMBER_ID


async def test_heartbeats_schedule_nothing() -> None:
    """A thousand heartbeats leave one wake-up."""
    async with coordinator() as groups:
        consumer = Consumer(groups, "one")
        await consumer.come_in()
        for _ in range(1000):
            assert consumer.beat() == ErrorCode.NONE

        assert len(groups._timers._heap) <= 3


async def test_ids_that_nobody_uses_leave_nothing() -> None:
    """A group that only ever gave out ids is gone with them, and was never stored."""
    async with coordinator() as groups:
        answer = await Consumer(groups, "one").send_join().wait()
        assert answer.error is ErrorCode.MEMBER_ID_REQUIRED
        assert len(groups) == 1
        await anyio.sleep(10.1)

        assert len(groups) == 0
        assert groups._groups.pending_total == groups._groups.state_bytes_total == 0


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"session_timeout_ms": 5999}, ErrorCode.INVALID_SESSION_TIMEOUT),
        ({"session_timeout_ms": 1_800_001}, ErrorCode.INVALID_SESSION_TIMEOUT),
        ({"member_id": "made-up"}, ErrorCode.UNKNOWN_MEMBER_ID),
        ({"protocols": ()}, ErrorCode.INCONSISTENT_GROUP_PROTOCOL),
        ({"protocol_type": ""}, ErrorCode.INCONSISTENT_GROUP_PROTOCOL),
    ],
)
async def test_bad_joins_are_refused_and_leave_no_group(changed: dict[str, Any], error: ErrorCode) -> None:
    """A group exists only once somebody may join it."""
    async with coordinator() as groups:
        answer = await Consumer(groups, "one").send_join(**changed).wait()

        assert answer.error is error
        assert len(groups) == 0


async def test_nothing_without_a_group_name() -> None:
    """INVALID_GROUP_ID for membership; offsets may be kept under the empty name, as Kafka allows."""
    async with coordinator() as groups:
        nobody = Consumer(groups, "one", group="")

        assert (await nobody.send_join().wait()).error is ErrorCode.INVALID_GROUP_ID
        assert (await nobody.send_sync().wait()).error is ErrorCode.INVALID_GROUP_ID
        assert nobody.beat() is ErrorCode.INVALID_GROUP_ID
        assert nobody.leave() is ErrorCode.INVALID_GROUP_ID
        assert await nobody.commit(5) is ErrorCode.NONE
        assert nobody.committed() == 5


async def test_what_is_not_there_is_unknown() -> None:
    """Requests about a group that does not exist."""
    async with coordinator() as groups:
        ghost = Consumer(groups, "one")
        ghost.member_id = "ghost"

        assert (await ghost.send_sync().wait()).error is ErrorCode.UNKNOWN_MEMBER_ID
        assert ghost.beat() is ErrorCode.UNKNOWN_MEMBER_ID
        assert groups.leave("g", [Leaver("ghost")])[1][0].error is ErrorCode.UNKNOWN_MEMBER_ID
        assert len(groups) == 0


async def test_memory_of_all_groups_is_bounded() -> None:
    """Groups, ids given out and metadata each have a bound; what goes makes room."""
    policy = GroupPolicy(groups_max=2, pending_total_max=3, total_bytes_max=10_000)
    async with coordinator(policy=policy) as groups:
        for name in ("a", "b"):
            assert (await Consumer(groups, name, group=name).send_join().wait()).error is ErrorCode.MEMBER_ID_REQUIRED
        full = Consumer(groups, "c", group="c")
        assert (await full.send_join().wait()).error is ErrorCode.COORDINATOR_NOT_AVAILABLE
        assert await full.commit(1) is ErrorCode.COORDINATOR_NOT_AVAILABLE
        assert (await Consumer(groups, "d", group="b").send_join().wait()).error is ErrorCode.MEMBER_ID_REQUIRED
        assert (await Consumer(groups, "e", group="b").send_join().wait()).error is ErrorCode.COORDINATOR_NOT_AVAILABLE
        await anyio.sleep(11)

        large = await full.send_join(protocols=(("range", b"x" * 10_000),)).wait()
        assert large.error is ErrorCode.COORDINATOR_NOT_AVAILABLE
        assert not (await full.join()).error
        assert groups._groups.state_bytes_total > 0
        named_at_length = Consumer(groups, "f", group="f" * 9000)
        assert await named_at_length.commit(1) is ErrorCode.NONE
        full.leave()
        assert (await full.send_join().wait()).error is ErrorCode.COORDINATOR_NOT_AVAILABLE
        assert await delete(groups, named_at_length.group) is ErrorCode.NONE
        assert (await full.send_join().wait()).error is ErrorCode.UNKNOWN_MEMBER_ID


def test_member_ids_are_readable_and_unlike() -> None:
    """The client's or the instance's name comes first, cut to a sane length."""
    one, two = new_member_id("rdkafka", None), new_member_id("rdkafka", None)

    assert one != two
    assert one.startswith("rdkafka-")
    assert new_member_id("rdkafka", "instance").startswith("instance-")
    assert len(new_member_id("x" * 40_000, None)) < 300


# --- persistence ---------------------------------------------------------------------------------------------------------------


async def test_a_commit_is_visible_when_it_is_answered(catalog: TroubledCatalog) -> None:
    """Neither before it is stored, nor when it cannot be."""
    async with coordinator(catalog) as groups:
        consumer = Consumer(groups, "one")
        assert await consumer.commit(10) is ErrorCode.NONE
        catalog.gate = anyio.Event()
        waiting = consumer.send_commit(20)
        await anyio.sleep(5)
        assert not waiting.is_there
        assert consumer.committed() == 10

        catalog.gate.set()
        assert await waiting.wait() is ErrorCode.NONE
        assert consumer.committed() == 20


async def test_a_failed_commit_changes_nothing(catalog: TroubledCatalog) -> None:
    """The client is told to try again, and what was visible stays."""
    async with coordinator(catalog) as groups:
        consumer = Consumer(groups, "one")
        await consumer.commit(10)
        catalog.failing = True
        assert await consumer.commit(20) is ErrorCode.NOT_COORDINATOR
        assert await Consumer(groups, "two", group="new").commit(1) is ErrorCode.NOT_COORDINATOR

        assert consumer.committed() == 10
        assert len(groups) == 1


async def test_commits_that_gather_share_one_transaction(catalog: TroubledCatalog) -> None:
    """And the last one wins where they meet, as the answers promise."""
    async with coordinator(catalog) as groups:
        catalog.gate = anyio.Event()
        consumers = [Consumer(groups, "one", group=f"g{number}") for number in range(50)]
        first = consumers[0].send_commit(1)
        await anyio.sleep(1)
        answers = [consumer.send_commit(number) for consumer in consumers for number in (2, 3)]
        catalog.gate.set()
        for answer in [first, *answers]:
            assert await answer.wait() is ErrorCode.NONE

        assert catalog.calls == ["commit 1", "commit 50"]
        assert all(consumer.committed() == 3 for consumer in consumers)
        assert {offset.offset for offset in (await catalog.load_offsets()).values()} == {3}


async def test_no_member_gets_a_part_that_is_not_stored(catalog: TroubledCatalog) -> None:
    """The rebalance fails, the members join again, and the next one works."""
    async with coordinator(catalog) as groups:
        consumer = Consumer(groups, "one")
        await consumer.join()
        catalog.failing = True
        assert (await consumer.sync()).error is ErrorCode.NOT_COORDINATOR
        assert state(groups) == "PreparingRebalance"
        assert await catalog.load_groups() == []
        catalog.failing = False
        await consumer.come_in()

        assert consumer.generation == 2
        assert [stored.generation for stored in await catalog.load_groups()] == [2]


async def test_a_group_that_was_stored_goes_on_after_a_restart(catalog: TroubledCatalog) -> None:
    """Members need not even notice: heartbeats, commits and syncs of the generation work."""
    async with coordinator(catalog) as groups:
        consumer = Consumer(groups, "one", subscribes=("t",))
        await consumer.come_in()
        await consumer.commit(7, metadata="here")
    async with coordinator(catalog) as groups:
        consumer.groups = groups
        assert consumer.beat() is ErrorCode.NONE
        assert (await consumer.sync()).assignment == b"all"
        assert consumer.committed() == 7
        assert await consumer.commit(8) is ErrorCode.NONE
        group = groups.group("g")
        assert group is not None
        assert group.subscribed == {"t"}
        assert group.leader == consumer.member_id
        other = Consumer(groups, "two")
        joined = other.send_join(requires_known_member_id=False)
        assert consumer.beat() is ErrorCode.REBALANCE_IN_PROGRESS
        await consumer.join()

        assert (await joined.wait()).generation == consumer.generation == 2


async def test_members_that_are_not_heard_of_after_a_restart_go(catalog: TroubledCatalog) -> None:
    """They have one session timeout."""
    async with coordinator(catalog) as groups:
        await Consumer(groups, "one").come_in()
    async with coordinator(catalog) as groups:
        await anyio.sleep(9.9)
        assert state(groups) == "Stable"
        await anyio.sleep(0.2)

        assert state(groups) == "Empty"
        assert [(stored.generation, len(stored.members)) for stored in await catalog.load_groups()] == [(2, 0)]


async def test_generations_go_on_after_a_restart(catalog: TroubledCatalog) -> None:
    """An empty group remembers its generation, so that no late request of an old member fits a new one."""
    async with coordinator(catalog) as groups:
        consumer = Consumer(groups, "one")
        await consumer.come_in()
        consumer.leave()
        await groups.drain()
    async with coordinator(catalog) as groups:
        consumer = Consumer(groups, "one")
        await consumer.join()

        assert consumer.generation == 3


async def test_static_members_come_back_after_a_restart(catalog: TroubledCatalog) -> None:
    """To their own place, under the id that was stored before they were told."""
    async with coordinator(catalog) as groups:
        consumer = Consumer(groups, "one", instance="i")
        await consumer.come_in()
        first_id, consumer.member_id = consumer.member_id, ""
        await consumer.join()
    async with coordinator(catalog) as groups:
        consumer.groups = groups
        assert consumer.beat() is ErrorCode.NONE
        assert consumer.generation == 1
        assert groups.heartbeat("g", first_id, "i", 1) is ErrorCode.FENCED_INSTANCE_ID


async def test_before_loading_clients_are_told_to_wait(catalog: TroubledCatalog) -> None:
    """And nobody's session is judged."""
    groups = GroupCoordinator(catalog, settings(), wall_ms)
    consumer = Consumer(groups, "one")
    consumer.member_id, consumer.generation = "m", 3

    assert (await consumer.send_join().wait()).error is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    assert (await consumer.send_sync().wait()).error is ErrorCode.REBALANCE_IN_PROGRESS
    assert consumer.beat() is ErrorCode.NONE
    assert await consumer.commit(1) is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    assert consumer.leave() is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS


async def test_closing_keeps_nobody_waiting(catalog: TroubledCatalog) -> None:
    """Waiting joins are answered, what was decided is written, nothing more is taken."""
    async with coordinator(catalog) as groups:
        waiting = Consumer(groups, "one").send_join(requires_known_member_id=False)
        committing = Consumer(groups, "two", group="other").send_commit(5)
        groups.close()
        await groups.drain()

        assert waiting.value.error is ErrorCode.NOT_COORDINATOR
        assert committing.value is ErrorCode.NONE
        assert Consumer(groups, "one").beat() is ErrorCode.COORDINATOR_NOT_AVAILABLE
        assert (await Consumer(groups, "one").send_join().wait()).error is ErrorCode.COORDINATOR_NOT_AVAILABLE


# --- deletion ------------------------------------------------------------------------------------------------------------------


async def delete(groups: GroupCoordinator, group_id: str) -> ErrorCode:
    answer = Answer()
    groups.delete(group_id, answer)
    error: ErrorCode = await answer.wait()
    return error


async def test_only_empty_groups_are_deleted(catalog: TroubledCatalog) -> None:
    """With their offsets, and after a restart they are still gone."""
    async with coordinator(catalog) as groups:
        consumer = Consumer(groups, "one")
        await consumer.come_in()
        await consumer.commit(5)
        assert await delete(groups, "g") is ErrorCode.NON_EMPTY_GROUP
        assert await delete(groups, "none") is ErrorCode.GROUP_ID_NOT_FOUND
        consumer.leave()
        assert await delete(groups, "g") is ErrorCode.NONE
        assert consumer.committed() is None
        assert len(groups) == 0
    assert await catalog.load_groups() == []
    assert await catalog.load_offsets() == {}


async def test_a_deletion_that_fails_leaves_the_group(catalog: TroubledCatalog) -> None:
    """Offsets stay visible all the while; who comes in between is asked to try again."""
    async with coordinator(catalog) as groups:
        consumer = Consumer(groups, "one")
        await consumer.commit(5)
        catalog.failing, catalog.gate = True, anyio.Event()
        deleted, again = Answer(), Answer()
        groups.delete("g", deleted)
        groups.delete("g", again)
        assert (await consumer.send_join().wait()).error is ErrorCode.COORDINATOR_NOT_AVAILABLE
        assert await consumer.commit(6) is ErrorCode.COORDINATOR_NOT_AVAILABLE
        assert consumer.committed() == 5
        catalog.gate.set()

        assert await deleted.wait() is await again.wait() is ErrorCode.NOT_COORDINATOR
        assert consumer.committed() == 5
        catalog.failing, catalog.gate = False, None
        assert await consumer.commit(6) is ErrorCode.NONE


async def delete_offsets(groups: GroupCoordinator, *keys: tuple[str, int]) -> tuple[ErrorCode, frozenset[str]]:
    answer = Answer()
    groups.delete_offsets("g", keys, answer)
    outcome: tuple[ErrorCode, frozenset[str]] = await answer.wait()
    return outcome


async def test_offsets_of_topics_nobody_subscribes_to_can_be_deleted(catalog: TroubledCatalog) -> None:
    """Of a consumer group with members too; never those in use."""
    async with coordinator(catalog) as groups:
        assert await delete_offsets(groups, ("t", 0)) == (ErrorCode.GROUP_ID_NOT_FOUND, frozenset())
        consumer = Consumer(groups, "one", subscribes=("t",))
        await consumer.come_in()
        await consumer.commit(5, "t")
        await consumer.commit(6, "old")

        assert await delete_offsets(groups, ("t", 0), ("old", 0), ("old", 9)) == (ErrorCode.NONE, frozenset({"t"}))
        assert (consumer.committed("t"), consumer.committed("old")) == (5, None)
        assert set(await catalog.load_offsets()) == {("g", "t", 0)}


async def test_other_groups_with_members_are_left_alone() -> None:
    """A group of Kafka Connect workers, say."""
    async with coordinator() as groups:
        worker = Consumer(groups, "one")
        await worker.join(protocol_type="connect")

        assert await delete_offsets(groups, ("t", 0)) == (ErrorCode.NON_EMPTY_GROUP, frozenset())


async def test_a_deleted_topic_takes_its_offsets_along(catalog: TroubledCatalog) -> None:
    """In every group, commits on their way included; other topics stay."""
    async with coordinator(catalog) as groups:
        consumers = [Consumer(groups, "one", group=f"g{number}") for number in range(3)]
        for consumer in consumers[:2]:
            await consumer.commit(5, "gone", 1)
            await consumer.commit(6, "kept")
        on_its_way = consumers[2].send_commit(7, "gone")
        groups.forget_topic("gone", ZERO_UUID)
        await on_its_way.wait()
        await groups.drain()

        assert {(topic, offset.offset) for (_, topic, _), offset in (await catalog.load_offsets()).items()} == {
            ("kept", 6)
        }
        assert [consumer.committed("gone", 1) for consumer in consumers] == [None] * 3
        assert consumers[2].committed("gone") is None
        assert len(groups) == 2


async def test_offsets_of_topics_that_are_gone_are_not_loaded(catalog: TroubledCatalog) -> None:
    """The broker may have stopped between deleting a topic and its offsets."""
    async with coordinator(catalog) as groups:
        await Consumer(groups, "one").commit(5, "gone")
        await Consumer(groups, "one").commit(6, "kept")
    async with coordinator(catalog, topic_exists=lambda name, topic_id: name == "kept") as groups:
        assert groups.offset_count == 1
    assert set(await catalog.load_offsets()) == {("g", "kept", 0)}


# --- expiry --------------------------------------------------------------------------------------------------------------------


async def test_offsets_expire_when_their_group_has_been_empty_long_enough(catalog: TroubledCatalog) -> None:
    """Seven days after the last member left, however old the commits; then the group goes too."""
    async with coordinator(catalog) as groups:
        consumer = Consumer(groups, "one", subscribes=("t",))
        await consumer.join(session_timeout_ms=1_800_000)
        await consumer.sync()
        await consumer.commit(5)
        for _ in range(8 * 24 * 4):
            await anyio.sleep(900)
            assert consumer.beat() is ErrorCode.NONE
            assert consumer.committed() == 5
        consumer.leave()
        await anyio.sleep(6.9 * DAY_MS / 1000)
        assert consumer.committed() == 5
        await anyio.sleep(0.2 * DAY_MS / 1000)

        assert consumer.committed() is None
        assert len(groups) == 0
        assert await catalog.load_groups() == []


async def test_offsets_without_a_group_expire_by_their_commit(catalog: TroubledCatalog) -> None:
    """Each by its own age, or by the retention its request asked for."""
    async with coordinator(catalog) as groups:
        consumer = Consumer(groups, "one")
        await consumer.commit(1, "early")
        await consumer.commit(2, "short", expire_ms=wall_ms() + 3600_000)
        await anyio.sleep(3.5 * DAY_MS / 1000)
        assert consumer.committed("short") is None
        await consumer.commit(3, "late")
        await anyio.sleep(3.6 * DAY_MS / 1000)

        assert consumer.committed("early") is None
        assert consumer.committed("late") == 3
        assert len(groups) == 1


async def test_a_sweep_never_meets_a_commit_on_its_way(catalog: TroubledCatalog) -> None:
    """What is being renewed does not expire, nor its group."""
    async with coordinator(catalog) as groups:
        consumer = Consumer(groups, "one")
        await consumer.commit(1)
        await anyio.sleep(6.99 * DAY_MS / 1000)
        catalog.gate = anyio.Event()
        waiting = consumer.send_commit(2)
        await anyio.sleep(1 * DAY_MS / 1000)
        catalog.gate.set()

        assert await waiting.wait() is ErrorCode.NONE
        assert consumer.committed() == 2


async def test_empty_groups_without_offsets_go_with_the_next_sweep(catalog: TroubledCatalog) -> None:
    """Nothing of them is worth keeping."""
    async with coordinator(catalog) as groups:
        consumer = Consumer(groups, "one")
        await consumer.come_in()
        consumer.leave()
        await groups.drain()
        assert state(groups) == GroupState.EMPTY.value
        await anyio.sleep(601)

        assert len(groups) == 0
        assert await MemoryCatalog.load_groups(catalog) == []


# --- what operators see ---------------------------------------------------------------------------------------------------------


def sample(name: str) -> float:
    value = REGISTRY.get_sample_value(name)
    assert value is not None
    return value


async def test_rebalances_and_members_are_counted(catalog: TroubledCatalog) -> None:
    """A generation is one rebalance for however many members; the last one's leaving is none. Members of all groups together."""
    rebalances = sample("penstock_group_rebalances_total")
    async with coordinator(catalog) as groups:
        assert sample("penstock_group_members") == 0
        one, two, other = Consumer(groups, "one"), Consumer(groups, "two"), Consumer(groups, "other", "h")
        async with anyio.create_task_group() as tasks:
            for each in (one, two, other):
                tasks.start_soon(each.join)
        assert groups.member_count == sample("penstock_group_members") == 3
        assert sample("penstock_group_rebalances_total") == rebalances + 2

        assert not two.leave()
        assert sample("penstock_group_members") == 2
        await one.come_in()
        assert sample("penstock_group_rebalances_total") == rebalances + 3
        assert not one.leave()
        assert sample("penstock_group_members") == 1
        assert sample("penstock_group_rebalances_total") == rebalances + 3


async def test_members_that_were_stored_are_counted_after_a_restart(catalog: TroubledCatalog) -> None:
    """They are members until their sessions end; their generation was counted before."""
    async with coordinator(catalog) as groups:
        await Consumer(groups, "one").come_in()
    rebalances = sample("penstock_group_rebalances_total")
    async with coordinator(catalog) as groups:
        assert groups.member_count == sample("penstock_group_members") == 1
        assert sample("penstock_group_rebalances_total") == rebalances
