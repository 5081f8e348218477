"""The agent of share groups: storing, what is kept of partitions, restarts, time, administration."""

from typing import Any

import anyio
import pytest
from trio.testing import MockClock

from broker.config.groups_live import LiveGroupConfigs
from broker.coordinators.group_coordinator import GroupCoordinator
from broker.coordinators.groups.consumer_member import HeartbeatCommand
from broker.coordinators.groups.epoch_group import HeartbeatAnswer
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.rebalancing import GroupState
from broker.coordinators.groups.share_group import ShareGroup
from broker.coordinators.share_group_coordinator import NoSharePartitions
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode
from tests.broker.coordinators.conversation import Answer, Consumer, TroubledCatalog, coordinator, settings
from tests.broker.coordinators.groups.consumer_crowd import FakeTopics
from tests.broker.coordinators.groups.test_share_group import Sharer
from tests.broker.coordinators.kept_shares import KeptShares

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Hours of protocol time pass in no time."""
    return "trio", {"clock": MockClock(autojump_threshold=0)}


@pytest.fixture
def catalog() -> TroubledCatalog:
    return TroubledCatalog()


@pytest.fixture
def kept() -> KeptShares:
    return KeptShares()


class Remote(Sharer):
    """A client at the other end of the coordinator."""

    def send(self, groups: GroupCoordinator, **changed: Any) -> Answer:
        answer = Answer()
        groups.shares.heartbeat("g", self.command(**changed), answer)
        return answer

    async def talk(self, groups: GroupCoordinator, **changed: Any) -> HeartbeatAnswer:
        answer = await self.send(groups, **changed).wait()
        if isinstance(answer, BrokerError):
            raise answer
        assert isinstance(answer, HeartbeatAnswer)
        self.epoch = answer.member_epoch
        if answer.assigned is not None:
            self.holds = {(topic, index) for topic, indexes in answer.assigned.items() for index in indexes}
        return answer

    async def leave(self, groups: GroupCoordinator) -> Any:
        answer = Answer()
        groups.shares.leave("g", self.member_id, -1, answer)
        return await answer.wait()


def group(groups: GroupCoordinator) -> ShareGroup:
    found = groups.group("g")
    assert isinstance(found, ShareGroup)
    return found


async def deletion(groups: GroupCoordinator, group_id: str = "g") -> ErrorCode:
    answer = Answer()
    groups.delete(group_id, answer)
    error: ErrorCode = await answer.wait()
    return error


async def test_an_answer_comes_when_it_is_stored_and_begun(catalog: TroubledCatalog, kept: KeptShares) -> None:
    """What gathers meanwhile is written together; a heartbeat that changes nothing writes nothing."""
    catalog.gate, kept.gate = anyio.Event(), anyio.Event()
    async with coordinator(catalog, topics=FakeTopics(t=4), share_partitions=kept) as groups:
        one, two = Remote("one"), Remote("two")
        answers = [one.send(groups), two.send(groups)]
        await anyio.sleep(1)
        assert not any(answer.is_there for answer in answers)
        catalog.gate.set()
        await anyio.sleep(1)
        assert not any(answer.is_there for answer in answers)
        more = Remote("three").send(groups)
        kept.gate.set()
        for answer in (*answers, more):
            assert isinstance(await answer.wait(), HeartbeatAnswer)
        assert kept.calls == ["initialize g 4"]
        await anyio.sleep(2)
        for name in ("one", "two", "three"):
            await Remote(name).talk(groups)
        calls = len(catalog.calls)
        for name in ("one", "two", "three"):
            await Remote(name).talk(groups)

        assert (len(catalog.calls), kept.calls) == (calls, ["initialize g 4"])


async def test_a_restart_moves_nothing(catalog: TroubledCatalog, kept: KeptShares) -> None:
    """Members go on with their epochs; that something is kept of their partitions is seen to once more."""
    topics, one, two = FakeTopics(t=3), Remote("one"), Remote("two")
    async with coordinator(catalog, topics=topics, share_partitions=kept) as groups:
        for _ in range(3):
            await one.talk(groups)
            await two.talk(groups)
            await anyio.sleep(1.1)
        held, epoch = (set(one.holds), set(two.holds)), group(groups).group_epoch
    async with coordinator(catalog, topics=topics, share_partitions=kept) as groups:
        assert (groups.shares.group_count, groups.shares.member_count) == (1, 2)
        await one.talk(groups)
        await two.talk(groups)

        assert ((one.holds, two.holds), group(groups).group_epoch) == (held, epoch)
        assert kept.calls == ["initialize g 3", "initialize g 3"]


async def test_a_refusal_of_the_catalog_leaves_no_member(catalog: TroubledCatalog, kept: KeptShares) -> None:
    """The client hears an error it tries again on; who is there goes on."""
    async with coordinator(catalog, topics=FakeTopics(t=2), share_partitions=kept) as groups:
        catalog.failing = True
        with pytest.raises(BrokerError) as raised:
            await Remote("one").talk(groups)
        assert raised.value.code == ErrorCode.NOT_COORDINATOR
        assert groups.group("g") is None or not group(groups).members
        catalog.failing = False
        one = Remote("one")
        await one.talk(groups)
        await anyio.sleep(1.1)
        await one.talk(groups)

        assert len(one.holds) == 2
        (stored,) = await catalog.load_share_groups()
        assert [member.member_id for member in stored.members] == ["one"]
        assert stored.group_epoch == group(groups).group_epoch


async def test_partitions_that_nothing_can_be_kept_of_are_told_to_nobody(kept: KeptShares) -> None:
    """The next heartbeat tries again."""
    async with coordinator(topics=FakeTopics(t=2), share_partitions=kept) as groups:
        kept.failing = True
        one = Remote("one")
        with pytest.raises(BrokerError) as raised:
            await one.talk(groups)
        assert raised.value.code == ErrorCode.NOT_COORDINATOR
        kept.failing = False
        await one.talk(groups)

        assert len(one.holds) == len(kept.groups["g"]) == 2


async def test_sessions_end_by_the_group_s_own_settings(catalog: TroubledCatalog) -> None:
    """Without anybody asking; that is stored too, and the group stays."""
    configs = LiveGroupConfigs(settings(), catalog)
    await configs.replace("g", {"share.session.timeout.ms": "50000", "share.heartbeat.interval.ms": "7000"})
    async with coordinator(catalog, topics=FakeTopics(t=2), configs=configs) as groups:
        await Remote("one").talk(groups)
        assert groups.shares.heartbeat_interval_ms("g") == 7_000
        assert groups.shares.heartbeat_interval_ms("h") == 5_000
        await anyio.sleep(49)
        assert groups.member_count == groups.shares.member_count == 1
        await anyio.sleep(2)
        assert groups.member_count == groups.shares.member_count == 0

        assert [stored.members for stored in await catalog.load_share_groups()] == [[]]
        await groups.sweep()
        assert group(groups).state is GroupState.EMPTY


async def test_a_group_keeps_its_type() -> None:
    """With members and without, whoever asks."""
    async with coordinator(topics=FakeTopics(t=2), group_initial_rebalance_delay_ms=0) as groups:
        one = Remote("one")
        await one.talk(groups)
        for _ in range(2):
            classic = Consumer(groups, "classic")
            assert (await classic.join()).error is ErrorCode.INCONSISTENT_GROUP_PROTOCOL
            assert (await classic.sync()).error is ErrorCode.INCONSISTENT_GROUP_PROTOCOL
            assert classic.beat() is ErrorCode.UNKNOWN_MEMBER_ID
            assert classic.leave() is ErrorCode.UNKNOWN_MEMBER_ID
            assert await classic.commit(1) is ErrorCode.GROUP_ID_NOT_FOUND
            assert groups.fetch_error("g", None, -1) is ErrorCode.NONE
            answer = Answer()
            groups.delete_offsets("g", [("t", 0)], answer)
            assert (await answer.wait())[0] is ErrorCode.GROUP_ID_NOT_FOUND
            answer = Answer()
            command = HeartbeatCommand(member_id="c", member_epoch=0, topic_names=frozenset({"t"}))
            groups.consumers.heartbeat("g", command, answer)
            assert (await answer.wait()).code is ErrorCode.GROUP_ID_NOT_FOUND
            assert groups.transactional.commit_error("g", "", None, -1) is ErrorCode.GROUP_ID_NOT_FOUND
            if one.member_id in group(groups).members:
                await one.leave(groups)
        other = Consumer(groups, "other", "classic")
        await other.come_in()
        for epoch in (0, 1):
            answer = Answer()
            groups.shares.heartbeat("classic", one.command(member_epoch=epoch), answer)
            refused = await answer.wait()
            assert (refused.code, refused.message) == (ErrorCode.GROUP_ID_NOT_FOUND, "Group classic is not a share group.")


async def test_a_deleted_group_leaves_nothing(catalog: TroubledCatalog, kept: KeptShares) -> None:
    """First what it has read goes, then the group; not while somebody is in it."""
    async with coordinator(catalog, topics=FakeTopics(t=2), share_partitions=kept) as groups:
        one = Remote("one")
        await one.talk(groups)
        assert await deletion(groups) is ErrorCode.NON_EMPTY_GROUP
        await one.leave(groups)
        kept.failing = True
        assert await deletion(groups) is ErrorCode.NOT_COORDINATOR
        assert (group(groups).state, len(kept.groups["g"])) == (GroupState.EMPTY, 2)
        kept.failing = False
        kept.gate = anyio.Event()
        answers = [Answer(), Answer()]
        for answer in answers:
            groups.delete("g", answer)
        with pytest.raises(BrokerError) as raised:
            await Remote("two").talk(groups)
        assert raised.value.code is ErrorCode.COORDINATOR_NOT_AVAILABLE
        kept.gate.set()
        assert [await answer.wait() for answer in answers] == [ErrorCode.NONE, ErrorCode.NONE]

        assert (groups.group("g"), kept.groups, await catalog.load_share_groups()) == (None, {}, [])
        assert (groups.shares.group_count, groups.shares.member_count) == (0, 0)


async def test_an_empty_group_is_altered(catalog: TroubledCatalog, kept: KeptShares) -> None:
    """One that is not there is made for it; one with members is not touched."""
    topics = FakeTopics(t=2)
    partitions = sorted(topics.all_partitions("t"))
    async with coordinator(catalog, topics=topics, share_partitions=kept) as groups:
        assert await groups.shares.alter_offsets("g", {}) == {}
        assert groups.group("g") is None
        outcome = await groups.shares.alter_offsets("g", {partitions[0]: 5})
        assert (outcome, group(groups).state) == ({partitions[0]: ErrorCode.NONE}, GroupState.EMPTY)
        assert [stored.group_id for stored in await catalog.load_share_groups()] == ["g"]
        assert (await groups.shares.start_offsets("g", None))[partitions[0]].start_offset == 5
        one = Remote("one")
        await one.talk(groups)
        assert kept.calls[-1] == "initialize g 1"
        for action in (groups.shares.alter_offsets("g", {partitions[0]: 5}), groups.shares.delete_offsets("g", [])):
            with pytest.raises(BrokerError) as raised:
                await action
            assert (raised.value.code, raised.value.message) == (ErrorCode.NON_EMPTY_GROUP, "The group is not empty.")


async def test_what_is_forgotten_is_begun_anew(kept: KeptShares) -> None:
    """Topics that the group has not read are none of its own."""
    topics = FakeTopics(t=2, u=1)
    (read, _), (_, _), (other, _) = sorted(topics.all_partitions("t", "u"))
    async with coordinator(topics=topics, share_partitions=kept) as groups:
        with pytest.raises(BrokerError) as raised:
            await groups.shares.delete_offsets("g", [read])
        assert raised.value.code is ErrorCode.GROUP_ID_NOT_FOUND
        one = Remote("one")
        await one.talk(groups)
        await one.leave(groups)
        outcome = await groups.shares.delete_offsets("g", [read, other])
        assert outcome == {read: ErrorCode.NONE, other: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}
        assert kept.groups["g"] == {}
        await anyio.sleep(1.1)
        await Remote("two").talk(groups)

        assert len(kept.groups["g"]) == 2


async def test_memory_is_bounded() -> None:
    """No more groups, and no more members, than it may hold."""
    async with coordinator(policy=GroupPolicy(groups_max=1), topics=FakeTopics(t=1)) as groups:
        await Remote("one").talk(groups)
        answer = Answer()
        groups.shares.heartbeat("h", Remote("two").command(), answer)
        assert (await answer.wait()).code is ErrorCode.COORDINATOR_NOT_AVAILABLE
    async with coordinator(policy=GroupPolicy(total_bytes_max=3_500), topics=FakeTopics(t=1)) as groups:
        answers = [await Remote(f"m{number}").send(groups).wait() for number in range(4)]
        assert isinstance(answers[0], HeartbeatAnswer)
        assert isinstance(answers[3], BrokerError)
        assert answers[3].code is ErrorCode.COORDINATOR_NOT_AVAILABLE
    async with coordinator(topics=FakeTopics(t=1), group_share_max_size=1) as groups:
        await Remote("one").talk(groups)
        with pytest.raises(BrokerError) as raised:
            await Remote("two").talk(groups)
        assert raised.value.code is ErrorCode.GROUP_MAX_SIZE_REACHED


async def test_a_stop_refuses_heartbeats() -> None:
    """Members find another coordinator, or the same one again."""
    async with coordinator(topics=FakeTopics(t=1)) as groups:
        one = Remote("one")
        await one.talk(groups)
        groups.close()
        with pytest.raises(BrokerError) as raised:
            await one.talk(groups)
        assert raised.value.code is ErrorCode.COORDINATOR_NOT_AVAILABLE


async def test_without_anybody_to_keep_anything() -> None:
    """Nothing is known, and nothing can be set."""
    nobody = NoSharePartitions()
    await nobody.initialize("g", [(b"t", 0)])
    await nobody.delete_group("g")

    assert await nobody.start_offsets("g", None) == {}
    assert await nobody.alter_start_offsets("g", {(b"t", 0): 1}) == {(b"t", 0): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}
    assert await nobody.delete_offsets("g", [b"t"]) == {b"t": ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}
