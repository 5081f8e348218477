"""Groups that pass from one protocol to the other: what they keep, what they refuse, and that no partition is ever shared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.consumer_member import ConsumerMember, MemberState
from broker.coordinators.groups.embedded_protocol import read_assignment
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.migration import downgraded, may_downgrade, owned_by, upgraded
from broker.coordinators.groups.rebalancing import GroupState
from broker.coordinators.groups.stored_consumer import restore_consumer_group, to_store
from broker.errors import BrokerError
from broker.storage.catalog.base import StoredConsumerGroup
from broker.wire.error_codes import ErrorCode
from tests.broker.coordinators.groups.classic_crowd import SimulatedClassic, identified, rebalance
from tests.broker.coordinators.groups.consumer_crowd import TIMING, FakeTopics, SimulatedConsumer, group_of

POLICY = GroupPolicy(initial_rebalance_delay_ms=0)


def classic_group(topics: FakeTopics, *members: SimulatedClassic, policy: GroupPolicy = POLICY) -> ClassicGroup:
    group = ClassicGroup("g", policy)
    rebalance(group, members, topics, 0)
    assert group.state is GroupState.STABLE
    return group


def refusal(group: ClassicGroup, topics: FakeTopics, policy: GroupPolicy = POLICY) -> str:
    with pytest.raises(BrokerError) as raised:
        upgraded(group, policy, topics, 10_000, 0)
    assert raised.value.code == ErrorCode.GROUP_ID_NOT_FOUND
    return str(raised.value.message)


def test_members_keep_what_they_have_when_the_group_is_upgraded() -> None:
    """Their generation becomes their epoch, nothing is assigned anew, and everything is to be stored."""
    topics = FakeTopics(t=6)
    one, two = SimulatedClassic("one", instance_id="i"), SimulatedClassic("two")
    before = classic_group(topics, one, two)
    group = upgraded(before, POLICY, topics, 10_000, 0)

    assert before.state is GroupState.STABLE
    assert (group.group_epoch, group.assignment_epoch, group.state) == (before.generation, before.generation, GroupState.STABLE)
    for client in (one, two):
        member = group.members[client.member_id]
        assert (member.epoch, member.previous_epoch) == (client.generation, client.generation)
        assert {(topic, index) for topic, indexes in member.assigned.items() for index in indexes} == client.holds
        assert group.targets[client.member_id] == owned_by(member)
    assert group.members["one"].instance_id == "i"
    assert set(group.take_unsaved().members) == {"one", "two"}
    assert (group.classic_count, group.has_only_classic_members) == (2, True)


def test_what_may_not_be_upgraded() -> None:
    """By policy, by kind, by size, for what an assignor of its own keeps in its assignments, and what cannot be read."""
    topics = FakeTopics(t=4)
    one = SimulatedClassic("one")
    group = classic_group(topics, one)

    assert "disabled" in refusal(group, topics, GroupPolicy(migration="downgrade"))
    assert "maximum size" in refusal(group, topics, GroupPolicy(consumer_group_max_size=0))
    member = group.roster.members["one"]
    group.roster.assign(member, member.assignment[:-4] + b"\0\0\0\1d")
    assert "custom assignor" in refusal(group, topics)
    group.protocol = "cooperative-sticky"
    assert upgraded(group, POLICY, topics, 10_000, 0).members  # what librdkafka's keeps there is a hint only
    group.roster.assign(member, b"?")
    assert "malformed" in refusal(group, topics)
    group.roster.assign(member, b"")
    member.protocols = (("range", b"?"),)
    assert "malformed" in refusal(group, topics)
    group.protocol_type = "connect"
    assert "embedded protocol" in refusal(group, topics)


def test_members_that_share_partitions_are_refused() -> None:
    """A leader may assign one partition twice; a consumer group may not."""
    topics = FakeTopics(t=4)
    group = classic_group(topics, SimulatedClassic("one"), SimulatedClassic("two"))
    one, two = group.roster
    group.roster.assign(one, two.assignment)

    assert "share" in refusal(group, topics)


def test_partitions_that_are_not_there_are_left_out() -> None:
    """A leader may assign what it likes."""
    topics = FakeTopics(t=8)
    group = classic_group(topics, SimulatedClassic("one"))
    topics.create("t", 2)

    assert owned_by(upgraded(group, POLICY, topics, 10_000, 0).members["one"]) == {topics.by_name("t").topic_id: {0, 1}}  # type: ignore[union-attr]


def test_a_cooperative_member_may_still_be_giving_up() -> None:
    """U1: what it said that it holds and nobody was assigned stays its own until it joins again."""
    topics = FakeTopics(t=3)
    one = SimulatedClassic("one", keeps=True)
    group = classic_group(topics, one)
    member = group.roster.members["one"]
    member.protocols = one.protocols(topics)
    group.roster.assign(member, b"\0\1\0\0\0\1\0\1t\0\0\0\1\0\0\0\0\xff\xff\xff\xff")
    consumers = upgraded(group, POLICY, topics, 10_000, 0)
    kept = consumers.members["one"]

    assert kept.state is MemberState.UNREVOKED_PARTITIONS
    assert {(topic, index) for topic, indexes in owned_by(kept).items() for index in indexes} == one.holds
    new = SimulatedConsumer("new")
    new.beat(consumers, 0)
    assert not new.holds
    one.take(one.sync(consumers, 0), topics)
    one.step(consumers, topics, 0)
    for _ in range(3):
        new.beat(consumers, 0)
        one.step(consumers, topics, 0)
    assert sorted(new.holds | one.holds) == sorted(topics.all_partitions("t"))


def test_a_group_becomes_classic_again() -> None:
    """With what each member owns (D1), as of the epoch before; the first member leads until they have joined."""
    topics = FakeTopics(t=4)
    group, one, two = group_of(topics), SimulatedClassic("one"), SimulatedClassic("two")
    for _ in range(4):
        one.step(group, topics, 0)
        two.step(group, topics, 0)
    epoch = group.group_epoch
    classic = downgraded(group, epoch, POLICY, topics, 0)

    assert (classic.state, classic.generation, classic.protocol) == (GroupState.STABLE, epoch, "range")
    assert (classic.protocol_type, classic.leader) == ("consumer", "one")
    for client in (one, two):
        assert identified(read_assignment(classic.roster.members[client.member_id].assignment).partitions, topics) == client.holds
    classic.call_together(0)
    assert classic.heartbeat("one", None, one.generation, 0) is ErrorCode.REBALANCE_IN_PROGRESS
    rebalance(classic, [one, two], topics, 0)
    assert classic.state is GroupState.STABLE


@pytest.mark.parametrize(("policy", "may"), [("bidirectional", True), ("downgrade", True), ("upgrade", False), ("disabled", False)])
def test_what_may_become_classic(policy: str, may: bool) -> None:
    """By policy, and only as many as a classic group holds."""
    topics = FakeTopics(t=4)
    group = group_of(topics)
    SimulatedClassic("one").step(group, topics, 0)

    assert may_downgrade(group, GroupPolicy(migration=policy)) is may
    assert not may_downgrade(group, GroupPolicy(migration=policy, group_max_size=0))


# --- crowds ------------------------------------------------------------------------------------------------------------------


class MixedCrowd:
    """Clients of both protocols, and one group that is what its members make it; a restart loses whatever was not stored."""

    def __init__(self) -> None:
        self.topics = FakeTopics(t=7)
        self.group: ConsumerGroup | ClassicGroup = group_of(self.topics)
        self.consumers = [SimulatedConsumer(f"n{number}", **({"instance_id": "s"} if number == 0 else {})) for number in range(4)]
        self.classics = [
            SimulatedClassic(f"c{number}", keeps=number % 2 == 1, instance_id="s" if number == 0 else None) for number in range(4)
        ]
        self.now_ms = 0

    @property
    def clients(self) -> list[SimulatedConsumer | SimulatedClassic]:
        return [*self.consumers, *self.classics]

    def step(self, action: str, number: int) -> None:
        self.now_ms += 700
        self._expire()
        match action:
            case "consumer" | "consumer_lost":
                self._consumer_beats(self.consumers[number], is_lost=action == "consumer_lost")
            case "classic" | "classic_lost":
                self._classic_steps(self.classics[number], is_lost=action == "classic_lost")
            case "crash":
                self._crash(self.clients[number])
                self._crash(self.clients[number + 4])
            case "leave":
                self._leave(self.clients[number])
            case "leave_classic":
                self._leave(self.clients[number + 4])
            case "restart":
                self._restart()
        self._become_classic()
        self.check()

    def _expire(self) -> None:
        epoch = self._epoch()
        self.group.expire(self.now_ms)
        self._become_classic(epoch)

    def _epoch(self) -> int:
        return self.group.group_epoch if isinstance(self.group, ConsumerGroup) else self.group.generation

    def _consumer_beats(self, consumer: SimulatedConsumer, *, is_lost: bool) -> None:
        if isinstance(self.group, ClassicGroup):
            if consumer.epoch:
                self._crash(consumer)  # the group is not found
                return
            self.group = (
                upgraded(self.group, POLICY, self.topics, 10_000, self.now_ms)
                if self.group.member_count
                else group_of(self.topics)
            )
        consumer.beat(self.group, self.now_ms, is_lost=is_lost)

    def _classic_steps(self, client: SimulatedClassic, *, is_lost: bool) -> None:
        if isinstance(self.group, ConsumerGroup):
            if client.instance_id is not None and client.generation < 0:
                self._join_as_static(self.group, client)
            else:
                client.step(self.group, self.topics, self.now_ms, is_lost=is_lost)
            return
        # All that are in the group come together.
        members = [each for each in self.classics if each.member_id in self.group.roster.members]
        for each in self.classics:
            if each not in members and each.generation >= 0:
                each.forget()
        if members:
            self.now_ms = rebalance(self.group, members, self.topics, self.now_ms)

    def _join_as_static(self, group: ConsumerGroup, client: SimulatedClassic) -> None:
        """In the place of whoever has the instance id; the old one's process is gone."""
        client.member_id = f"c0-{self.now_ms}"
        self._crash(self.consumers[0])
        client.holds.clear()
        try:
            joined = group.classic_join(client.command(self.topics, member_id=""), TIMING, self.now_ms)
            client.generation = joined.generation
            client.take(client.sync(group, self.now_ms), self.topics)
        except BrokerError as refusal:
            if refusal.code != ErrorCode.REBALANCE_IN_PROGRESS:
                raise

    @staticmethod
    def _crash(client: SimulatedConsumer | SimulatedClassic) -> None:
        if isinstance(client, SimulatedClassic):
            client.forget()
        else:
            client.epoch, client.is_told = 0, True
            client.holds.clear()

    def _leave(self, client: SimulatedConsumer | SimulatedClassic) -> None:
        if isinstance(self.group, ConsumerGroup):
            epoch = self._epoch()
            self.group.remove(client.member_id, None)
            self._become_classic(epoch)
        self._crash(client)

    def _become_classic(self, epoch: int | None = None) -> None:
        group = self.group
        if isinstance(group, ConsumerGroup) and group.has_only_classic_members and may_downgrade(group, POLICY):
            self.group = downgraded(group, group.group_epoch if epoch is None else epoch, POLICY, self.topics, self.now_ms)
            self.group.call_together(self.now_ms)

    def _restart(self) -> None:
        if not isinstance(self.group, ConsumerGroup):
            return
        everything = self.group
        everything._unsaved_members = set(everything.members)
        stored: StoredConsumerGroup = to_store("g", everything.take_unsaved(), 0)
        self.group = restore_consumer_group(stored, POLICY, self.topics, 10_000, self.now_ms)
        assert self.group.members == everything.members

    def check(self) -> None:
        """C1, and that every client reads what is its own, unless it is no member any more and does not know yet."""
        if not isinstance(self.group, ConsumerGroup):
            return
        owners: dict[tuple[bytes, int], str] = {}
        for member in self.group.members.values():
            for topic_id, indexes in owned_by(member).items():
                for index in indexes:
                    assert owners.setdefault((topic_id, index), member.member_id) == member.member_id
        for client in self.clients:
            found = self.group.members.get(client.member_id)
            if found is not None and _is_current(found, client):
                assert all(owners.get(partition) == client.member_id for partition in client.holds), client.member_id


def _is_current(member: ConsumerMember, client: SimulatedConsumer | SimulatedClassic) -> bool:
    said = client.generation if isinstance(client, SimulatedClassic) else client.epoch
    return said in (member.epoch, member.previous_epoch) and (member.classic is None) is isinstance(client, SimulatedConsumer)


ACTIONS = st.sampled_from(
    ["consumer"] * 6 + ["classic"] * 8 + ["consumer_lost", "classic_lost", "crash", "leave", "leave", "leave_classic", "restart"]
)


@given(st.lists(st.tuples(ACTIONS, st.integers(0, 3)), max_size=120))
def test_a_mixed_crowd_never_shares_a_partition_and_ends_with_all_of_them(steps: list[tuple[str, int]]) -> None:
    """Members of both protocols join, leave, crash, miss answers and replace each other, the group passes back and forth; then all are
    heard of until they agree."""
    crowd = MixedCrowd()
    for action, number in steps:
        crowd.step(action, number)
    for _ in range(12):
        for number in (1, 2, 3):
            crowd.step("consumer", number)
            crowd.step("classic", number)
    assert isinstance(crowd.group, ConsumerGroup)
    crowd.now_ms += 9_000
    for _ in range(12):
        for number in (1, 2, 3):
            crowd.step("consumer", number)
            crowd.step("classic", number)
    living = [client for client in crowd.clients if client.member_id in crowd.group.members]
    everything = [partition for client in living for partition in client.holds]

    assert crowd.group.state is GroupState.STABLE
    assert sorted(everything) == sorted(crowd.topics.all_partitions("t"))
