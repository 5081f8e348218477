"""Scripts about groups that pass from one protocol to the other with members in them (KIP-848)."""

from collections.abc import Mapping
from typing import Any

from broker.wire.messages.consumer_group_describe import ConsumerGroupDescribeRequest
from broker.wire.messages.describe_groups import DescribeGroupsRequest
from broker.wire.messages.heartbeat import HeartbeatRequest
from broker.wire.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from broker.wire.messages.leave_group import LeaveGroupRequest, LeaveGroupRequestMemberIdentity
from broker.wire.messages.list_groups import ListGroupsRequest
from broker.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from broker.wire.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup
from broker.wire.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment
from tests.differential.raw_client import RawClient
from tests.differential.script import Stage, script
from tests.differential.scripts_consumer_groups import Member, create_known, described, seen
from tests.differential.scripts_groups import coordinator
from tests.support.waiting import wait_until

Held = dict[str, list[int]]


def subscription(topics: tuple[str, ...], held: Mapping[str, list[int]], version: int = 1, rack: str | None = None) -> bytes:
    """What a consumer says in JoinGroup."""
    parts = [version.to_bytes(2, "big"), len(topics).to_bytes(4, "big")]
    parts += [len(topic).to_bytes(2, "big") + topic.encode() for topic in topics]
    parts.append(b"\xff\xff\xff\xff")
    if version >= 1:
        parts.append(_partitions(held))
    if version >= 2:
        parts.append(b"\xff\xff\xff\xff")
    if version >= 3:
        parts.append(b"\xff\xff" if rack is None else len(rack).to_bytes(2, "big") + rack.encode())
    return b"".join(parts)


def assignment(held: Mapping[str, list[int]], version: int = 1, data: bytes | None = None) -> bytes:
    """What a leader brings for a member."""
    tail = b"\xff\xff\xff\xff" if data is None else len(data).to_bytes(4, "big") + data
    return version.to_bytes(2, "big") + _partitions(held) + tail


def _partitions(held: Mapping[str, list[int]]) -> bytes:
    parts = [len(held).to_bytes(4, "big")]
    for topic, indexes in held.items():
        parts += [len(topic).to_bytes(2, "big"), topic.encode(), len(indexes).to_bytes(4, "big")]
        parts += [index.to_bytes(4, "big") for index in indexes]
    return b"".join(parts)


def read(message: bytes) -> tuple[int, Held, bytes]:
    """Version, partitions and what comes after them of an assignment."""
    held: Held = {}
    position = 6
    for _ in range(int.from_bytes(message[2:6], "big")):
        size = int.from_bytes(message[position : position + 2], "big")
        topic = message[position + 2 : position + 2 + size].decode()
        position += 2 + size
        count = int.from_bytes(message[position : position + 4], "big")
        position += 4
        held[topic] = [int.from_bytes(message[position + 4 * i : position + 4 * i + 4], "big") for i in range(count)]
        position += 4 * count
    return int.from_bytes(message[:2], "big"), held, message[position:]


class Classic:
    """A member of the classic protocol as clients are: what it is assigned it holds."""

    def __init__(
        self,
        stage: Stage,
        group: str,
        *topics: str,
        names: tuple[str, ...] = ("range",),
        keeps: bool = False,
        instance: str | None = None,
        version: int = 9,
        embedded: int = 1,
        rack: str | None = None,
        session_ms: int = 30_000,
        rebalance_ms: int = 30_000,
    ) -> None:
        self.client: RawClient = stage.client()
        self.group, self.topics, self.names, self.instance, self.version = group, topics, names, instance, version
        self.keeps, self.embedded, self.rack = keeps, embedded, rack
        self.session_ms, self.rebalance_ms = session_ms, rebalance_ms
        self.id = ""
        self.generation = -1
        self.held: Held = {}
        self.metadata: bytes | None = None

    def ask(self, **changed: Any) -> Any:
        """JoinGroup, sent only; its answer may have to wait for others."""
        metadata = self.metadata
        if metadata is None:
            metadata = subscription(self.topics, self.held if self.keeps else {}, self.embedded, self.rack)
        values: dict[str, Any] = {
            "group_id": self.group,
            "session_timeout_ms": self.session_ms,
            "rebalance_timeout_ms": self.rebalance_ms,
            "member_id": self.id,
            "group_instance_id": self.instance,
            "protocol_type": "consumer",
            "protocols": [JoinGroupRequestProtocol(name=name, metadata=metadata) for name in self.names],
        }
        self.client.send(11, self.version, JoinGroupRequest(**(values | changed)))

    def joined(self) -> Any:
        answer = self.client.receive(11, self.version)
        if answer.error_code == 0:
            self.id, self.generation = answer.member_id, answer.generation_id
        return answer

    def join(self, **changed: Any) -> Any:
        """As a client does that has to come back with the id it is given."""
        self.ask(**changed)
        answer = self.joined()
        if answer.error_code == 79:
            self.id = answer.member_id
            self.ask(**changed)
            answer = self.joined()
        return answer

    def ask_sync(self, brought: Mapping[str, bytes] | None = None, **changed: Any) -> None:
        values: dict[str, Any] = {
            "group_id": self.group,
            "generation_id": self.generation,
            "member_id": self.id,
            "group_instance_id": self.instance,
            "protocol_type": "consumer",
            "protocol_name": self.names[0],
            "assignments": [SyncGroupRequestAssignment(member_id=m, assignment=a) for m, a in (brought or {}).items()],
        }
        self.client.send(14, 5, SyncGroupRequest(**(values | changed)))

    def synced(self) -> Any:
        answer = self.client.receive(14, 5)
        if answer.error_code == 0:
            self.held = read(bytes(answer.assignment))[1]
        return answer

    def sync(self, brought: Mapping[str, bytes] | None = None, **changed: Any) -> Any:
        self.ask_sync(brought, **changed)
        return self.synced()

    def beat(self, **changed: Any) -> int:
        values: dict[str, Any] = {
            "group_id": self.group,
            "member_id": self.id,
            "group_instance_id": self.instance,
            "generation_id": self.generation,
        }
        return int(self.client.call(12, 4, HeartbeatRequest(**(values | changed))).error_code)

    def leave(self, **changed: Any) -> Any:
        identity = LeaveGroupRequestMemberIdentity(member_id=self.id, group_instance_id=self.instance)
        return self.client.call(13, 5, LeaveGroupRequest(group_id=self.group, members=[identity]))

    def commit(self, topic: str, index: int, version: int = 8, **changed: Any) -> int:
        values: dict[str, Any] = {
            "group_id": self.group,
            "member_id": self.id,
            "group_instance_id": self.instance,
            "generation_id_or_member_epoch": self.generation,
            "topics": [
                OffsetCommitRequestTopic(
                    name=topic, partitions=[OffsetCommitRequestPartition(partition_index=index, committed_offset=3)]
                )
            ],
        }
        answer = self.client.call(8, version, OffsetCommitRequest(**(values | changed)))
        return int(answer.topics[0].partitions[0].error_code)

    def counts(self) -> list[int]:
        return sorted(map(len, self.held.values()))


def told(answer: Any) -> Any:
    """What of a JoinGroup answer can be compared."""
    return (answer.error_code, answer.generation_id, answer.protocol_type, answer.protocol_name, bool(answer.leader), len(answer.members))


def given(answer: Any, *, counts_only: bool = True) -> Any:
    """What of a SyncGroup answer can be compared."""
    version, held, rest = read(bytes(answer.assignment)) if answer.assignment else (None, {}, b"")
    found = sorted((topic, len(indexes) if counts_only else indexes) for topic, indexes in held.items())
    return (answer.error_code, answer.protocol_type, answer.protocol_name, version, found, rest)


class Watch:
    """Records how others see a group."""

    def __init__(self, stage: Stage, group: str) -> None:
        self.stage, self.group, self.client = stage, group, stage.client()
        coordinator(self.client, group)

    def look(self, step: str) -> None:
        self.stage.record(f"{step}_described", described(self.client, self.group))
        self.stage.record(f"{step}_listed", self.listed())
        for version in (5, 6):
            (answer,) = self.client.call(15, version, DescribeGroupsRequest(groups=[self.group])).groups
            found = sorted(
                (member.group_instance_id or "", member.client_id, bool(member.member_metadata), bool(member.member_assignment))
                for member in answer.members
            )
            self.stage.record(
                f"{step}_described_{version}",
                (answer.error_code, answer.group_state, answer.protocol_type, answer.protocol_data, found),
            )

    def listed(self) -> Any:
        groups = self.client.call(16, 5, ListGroupsRequest()).groups
        return [(each.protocol_type, each.group_state, each.group_type) for each in groups if each.group_id == self.group]

    def wait(self, state: str) -> None:
        wait_until(lambda listed: bool(listed) and listed[0][1] == state, self.listed, 20)

    def state_of(self, member_id: str) -> Any:
        (answer,) = self.client.call(69, 1, ConsumerGroupDescribeRequest(group_ids=[self.group])).groups
        return next((member.member_epoch, member.member_type) for member in answer.members if member.member_id == member_id)


def stable_pair(stage: Stage, watch: Watch, topic: str, **options: Any) -> tuple[Classic, Classic]:
    """A classic group of two that has rebalanced; six partitions, three each."""
    one, two = (Classic(stage, watch.group, topic, **options) for _ in range(2))
    stage.record("one_joins", told(one.join()))
    one.sync({one.id: assignment({topic: list(range(6))})})
    two.ask()
    answer = two.joined() if two.instance is None and two.version >= 4 else None
    if answer is not None:
        two.id = answer.member_id
        two.ask()
    watch.wait("PreparingRebalance")
    one.ask()
    one.joined()
    two.joined()
    two.ask_sync()
    one.sync({one.id: assignment({topic: [0, 1, 2]}), two.id: assignment({topic: [3, 4, 5]})})
    two.synced()
    stage.record("pair", (one.generation, two.generation, one.held[topic], two.held[topic]))
    return one, two


@script(68, range(1, 2))
def migration_eager(stage: Stage) -> None:
    """Eager members, one by one replaced by members of the consumer protocol; and everything that is refused on the way."""
    topic = stage.name("t")
    watch = Watch(stage, stage.name("g"))
    create_known(stage, topic, 6)
    one, two = stable_pair(stage, watch, topic)
    three = Member(stage.client(), stage.version, watch.group, "member-three")
    stage.record("not_joining", seen(three.ask(member_epoch=3)))
    stage.record("three_joins", seen(three.join(topic), counts_only=True))
    watch.look("mixed")
    stage.record("commit_before", one.commit(topic, 0))
    stage.record("commit_of_others", one.commit(topic, 4))
    stage.record("commit_old_generation", one.commit(topic, 0, generation_id_or_member_epoch=1))
    stage.record("commit_ahead", one.commit(topic, 0, generation_id_or_member_epoch=9))
    stage.record("commit_nobody", one.commit(topic, 0, member_id="nobody"))
    stage.record("commit_version_9", one.commit(topic, 0, version=9, generation_id_or_member_epoch=1))
    stage.record("beat", one.beat())
    stage.record("beat_generation", one.beat(generation_id=1))
    stage.record("beat_ahead", one.beat(generation_id=9))
    stage.record("beat_nobody", one.beat(member_id="nobody"))
    stage.record("beat_instance", one.beat(group_instance_id="nobody"))
    stage.record("beat_consumer", one.beat(member_id=three.id, generation_id=three.epoch))
    stage.record("sync_before_joining", given(one.sync()))
    stage.record("join_other_type", told(one.join(protocol_type="connect")))
    others = [JoinGroupRequestProtocol(name="other", metadata=subscription((topic,), {}))]
    stage.record("join_other_protocol", told(one.join(protocols=others)))
    stage.record("join_no_protocol", told(one.join(protocols=[])))
    stage.record("one_rejoins", told(one.join()))
    stage.record("sync_generation", given(one.sync(generation_id=1)))
    stage.record("sync_protocol", given(one.sync(protocol_name="other")))
    stage.record("sync_type", given(one.sync(protocol_type="connect")))
    stage.record("sync_nobody", given(one.sync(member_id="nobody")))
    stage.record("sync_consumer", given(one.sync(member_id=three.id, generation_id=three.epoch)))
    stage.record("one_syncs", given(one.sync()))
    stage.record("one_syncs_again", given(one.sync()))
    stage.record("one_beats", one.beat())
    stage.record("three_waits", seen(three.beat(), counts_only=True))
    stage.record("two_beats", two.beat())
    stage.record("two_rejoins", told(two.join()))
    stage.record("two_syncs", given(two.sync()))
    stage.record("two_beats_again", two.beat())
    stage.record("three_gets", seen(three.beat(), counts_only=True))
    stage.record("one_beats_again", one.beat())
    watch.look("settled")
    asked = OffsetFetchRequestGroup(group_id=watch.group, member_id=one.id, member_epoch=one.generation, topics=None)
    (kept,) = watch.client.call(9, 9, OffsetFetchRequest(groups=[asked])).groups
    stage.record("fetch", (kept.error_code, [part.committed_offset for each in kept.topics for part in each.partitions]))
    asked = OffsetFetchRequestGroup(group_id=watch.group, member_id=one.id, member_epoch=1, topics=None)
    stage.record("fetch_generation", watch.client.call(9, 9, OffsetFetchRequest(groups=[asked])).groups[0].error_code)
    left = two.leave()
    stage.record("two_leaves", (left.error_code, [member.error_code for member in left.members]))
    stage.record("two_leaves_again", [member.error_code for member in two.leave().members])
    stage.record("one_beats_after", one.beat())
    watch.look("left")
    stage.record("three_beats_after", seen(three.beat(), counts_only=True))
    stage.record("one_hears", one.beat())
    stage.record("one_rejoins_after", told(one.join()))
    stage.record("one_syncs_after", given(one.sync()))
    one.leave()
    watch.look("upgraded")
    stage.record("three_has_all", seen(three.beat(), counts_only=True))
    stage.record("three_has_all_again", seen(three.beat(), counts_only=True))


@script(68, range(1, 2))
def migration_cooperative(stage: Stage) -> None:
    """Cooperative members give up what they must, then get what they wait for; the last consumer leaves and they are classic again."""
    topic = stage.name("t")
    watch = Watch(stage, stage.name("g"))
    create_known(stage, topic, 6)
    one, two = stable_pair(stage, watch, topic, names=("cooperative-sticky",), keeps=True, embedded=3, rack="r")
    three = Member(stage.client(), stage.version, watch.group, "member-three")
    stage.record("three_joins", seen(three.join(topic), counts_only=True))
    for name, member in (("one", one), ("two", two)):
        stage.record(f"{name}_beats", member.beat())
        stage.record(f"{name}_rejoins", told(member.join()))
        before = member.held
        stage.record(f"{name}_syncs", given(member.sync()))
        stage.record(f"{name}_beats_again", member.beat())
        member.held, kept = before, member.held
        stage.record(f"{name}_still_holds", told(member.join()))
        stage.record(f"{name}_still_syncs", given(member.sync()))
        member.held = kept
        stage.record(f"{name}_gave_up", told(member.join()))
        stage.record(f"{name}_syncs_then", given(member.sync()))
        stage.record(f"{name}_beats_then", member.beat())
        watch.look(name)
        stage.record(f"three_after_{name}", seen(three.beat(), counts_only=True))
        stage.record(f"three_again_{name}", seen(three.beat(), counts_only=True))
    stage.record("one_stays", (one.beat(), two.beat()))
    watch.look("settled")
    stage.record("three_leaves", seen(three.ask(member_epoch=-1)))
    watch.look("classic")
    stage.record("beats", (one.beat(), two.beat()))
    stage.record("commits", (one.commit(topic, 0), two.commit(topic, 0)))
    one.ask()
    two.ask()
    # Who leads is a matter of chance at Apache Kafka.
    told_both = sorted((told(member.joined()) for member in (one, two)), key=lambda each: each[-1])
    stage.record("rejoined", [(*each[:4], each[5]) for each in told_both])
    watch.look("rejoined")


@script(68, range(1, 2))
def migration_down(stage: Stage) -> None:
    """Classic members join a group of consumers; the last consumer is removed by an administrator; then it comes back."""
    topic = stage.name("t")
    watch = Watch(stage, stage.name("g"))
    create_known(stage, topic, 6)
    one = Member(stage.client(), stage.version, watch.group, "member-one")
    stage.record("one_joins", seen(one.join(topic, server_assignor="range")))
    two = Classic(stage, watch.group, topic, names=("range", "roundrobin"))
    two.ask()
    answer = two.joined()
    stage.record("id_required", (answer.error_code, bool(answer.member_id), answer.protocol_name))
    two.id = answer.member_id
    two.ask()
    stage.record("two_joins", told(two.joined()))
    stage.record("two_syncs", given(two.sync()))
    stage.record("two_beats", two.beat())
    watch.look("mixed")
    stage.record("one_revokes", seen(one.beat(), counts_only=True))
    stage.record("two_beats_again", two.beat())
    stage.record("one_revoked", seen(one.beat(), counts_only=True))
    stage.record("two_hears", two.beat())
    stage.record("two_rejoins", told(two.join()))
    stage.record("two_has", given(two.sync()))
    made_up = Classic(stage, watch.group, topic)
    made_up.id = "made-up"
    stage.record("made_up_joins", told(made_up.join()))
    stage.record("made_up_leaves", made_up.leave().members[0].error_code)
    stage.record("one_after", seen(one.beat(), counts_only=True))
    stage.record("two_after", (two.beat(), told(two.join()), given(two.sync())))
    identities = [LeaveGroupRequestMemberIdentity(member_id=one.id), LeaveGroupRequestMemberIdentity(member_id="nobody")]
    left = watch.client.call(13, 5, LeaveGroupRequest(group_id=watch.group, members=identities))
    stage.record("removed", (left.error_code, [member.error_code for member in left.members]))
    watch.look("classic")
    stage.record("one_is_gone", seen(one.ask(), member=one))
    stage.record("two_generation", two.beat())
    stage.record("two_joins_classic", told(two.join()))
    two.sync({two.id: assignment({topic: list(range(6))})})
    stage.record("two_is_alone", two.counts())
    stage.record("one_is_back", seen(one.join(topic), counts_only=True))
    watch.look("again")


@script(68, range(1, 2))
def migration_static(stage: Stage) -> None:
    """Static members take each other's place across the protocols, up and down."""
    topic = stage.name("t")
    watch = Watch(stage, stage.name("g"))
    create_known(stage, topic, 6)
    one = Classic(stage, watch.group, topic, instance="a")
    two = Classic(stage, watch.group, topic, instance="b")
    one.join()
    one.sync({one.id: assignment({topic: list(range(6))})})
    two.ask()
    watch.wait("PreparingRebalance")
    one.ask()
    one.joined()
    two.joined()
    two.ask_sync()
    one.sync({one.id: assignment({topic: [0, 1, 2]}), two.id: assignment({topic: [3, 4, 5]})})
    two.synced()
    up = Member(stage.client(), stage.version, watch.group, "member-up", instance_id="a")
    stage.record("up_joins", seen(up.join(topic), counts_only=True))
    watch.look("up")
    stage.record("one_is_fenced", (one.beat(), one.commit(topic, 0), told(one.join()), given(one.sync())))
    stage.record("two_beats", two.beat())
    late = Classic(stage, watch.group, topic, instance="c")
    stage.record("late_joins", told(late.join()))
    stage.record("late_syncs", given(late.sync()))
    again = Classic(stage, watch.group, topic, instance="c")
    stage.record("late_replaced", told(again.join()))
    stage.record("late_is_fenced", (late.beat(), given(late.sync())))
    stage.record("unknown_instance", told(Classic.join(_named(stage, watch.group, topic, "d", "made-up"))))
    watch.look("three")
    left = again.leave()
    stage.record("late_leaves", [member.error_code for member in left.members])
    for _ in range(3):
        up.beat()
        if two.beat() == 27:
            two.join()
            two.sync()
    watch.look("two")
    down = Classic(stage, watch.group, topic, instance="a")
    stage.record("down_joins", told(down.join()))
    watch.look("down")
    stage.record("down_syncs", given(down.sync()))
    stage.record("up_is_fenced", seen(up.ask(), member=up))
    stage.record("beats", (down.beat(), two.beat()))
    watch.look("after")


@script(68, range(1, 2))
def migration_static_stale(stage: Stage) -> None:
    """A static member's replacement by a classic one with another subscription makes the classic group rebalance."""
    topic, other = stage.name("ta"), stage.name("tb")
    watch = Watch(stage, stage.name("g"))
    for name in (topic, other):
        create_known(stage, name, 2)
    one = Member(stage.client(), stage.version, watch.group, "member-one", instance_id="a")
    one.join(topic)
    two = Classic(stage, watch.group, topic, instance="b")
    stage.record("two_joins", told(two.join()))
    stage.record("two_syncs", given(two.sync()))
    one.beat()
    one.beat()
    down = Classic(stage, watch.group, topic, other, instance="a")
    stage.record("down_joins", told(down.join()))
    stage.record("down_syncs", given(down.sync()))
    watch.look("down")
    stage.record("beats", (down.beat(), two.beat()))
    one.ask(member_epoch=-2)


def _named(stage: Stage, group: str, topic: str, instance: str, member_id: str) -> Classic:
    member = Classic(stage, group, topic, instance=instance)
    member.id = member_id
    return member


@script(68, range(1, 2))
def migration_refused(stage: Stage) -> None:
    """Groups that cannot pass to the consumer protocol, and states in which they can."""
    topic = stage.name("t")
    create_known(stage, topic, 6)

    def alone(name: str, brought: bytes, **options: Any) -> tuple[Watch, Classic]:
        watch = Watch(stage, stage.name(name))
        member = Classic(stage, watch.group, topic)
        member.metadata = options.pop("metadata", None)
        member.join(**options)
        member.sync({member.id: brought}, **({"protocol_type": options["protocol_type"]} if options else {}))
        return watch, member

    def upgrade(step: str, watch: Watch) -> Any:
        answer = Member(stage.client(), stage.version, watch.group, "member-new").join(topic)
        stage.record(step, seen(answer, counts_only=True))
        watch.look(step)
        return answer

    watch, _ = alone("connect", assignment({}), protocol_type="connect")
    upgrade("other_type", watch)
    watch, member = alone("metadata", assignment({}), metadata=b"m")
    upgrade("metadata", watch)
    stage.record("metadata_beat", member.beat())
    watch, _ = alone("assignment", b"a")
    upgrade("assignment", watch)
    watch, _ = alone("data", assignment({topic: [0]}, data=b"d"))
    upgrade("data", watch)
    watch, _ = alone("no-data", assignment({topic: [0]}, data=b""))
    upgrade("no_data", watch)
    watch, _ = alone("nothing", b"")
    upgrade("nothing", watch)
    watch, _ = alone("missing", assignment({stage.name("missing"): [0], topic: [1]}))
    upgrade("missing", watch)

    watch = Watch(stage, stage.name("completing"))
    member = Classic(stage, watch.group, topic)
    member.join()
    watch.look("completing_before")
    upgrade("completing", watch)
    stage.record("completing_beat", member.beat())
    stage.record("completing_sync", given(member.sync()))

    watch, member = alone("preparing", assignment({topic: list(range(6))}))
    other = Classic(stage, watch.group, topic)
    other.ask()
    other.id = other.joined().member_id
    other.ask()
    watch.wait("PreparingRebalance")
    upgrade("preparing", watch)
    stage.record("preparing_waiting", told(other.joined()))
    stage.record("preparing_beats", (member.beat(), other.beat()))
    stage.record("preparing_rejoins", told(other.join()))

    watch = Watch(stage, stage.name("given"))
    only = Classic(stage, watch.group, topic)
    only.ask()
    only.id = only.joined().member_id
    upgrade("given", watch)
    stage.record("given_joins", told(only.join()))


@script(68, range(1, 2))
def migration_timeouts(stage: Stage) -> None:
    """Who does not join again or does not ask for its assignment in time is out; the last consumer's silence makes the group classic."""
    topic = stage.name("t")
    watch = Watch(stage, stage.name("g"))
    create_known(stage, topic, 6)
    one = Member(stage.client(), stage.version, watch.group, "member-one")
    one.join(topic)
    two = Classic(stage, watch.group, topic, session_ms=60_000, rebalance_ms=300)
    stage.record("two_joins", told(two.join()))

    def count() -> int:
        one.beat()
        (answer,) = watch.client.call(69, 1, ConsumerGroupDescribeRequest(group_ids=[watch.group])).groups
        return len(answer.members)

    stage.record("never_synced", wait_until(lambda members: members == 1, count, 20))
    stage.record("two_is_unknown", two.beat())
    two.id = ""
    two.join()
    two.sync()
    three = Member(stage.client(), stage.version, watch.group, "member-three")
    three.join(topic)
    stage.record("two_hears", two.beat())
    stage.record("never_rejoined", wait_until(lambda members: members == 2, count, 20))
    three.ask(member_epoch=-1)
    four = Classic(stage, watch.group, topic, session_ms=300)
    four.join()
    four.sync()
    stage.record("session_ended", wait_until(lambda members: members == 1, count, 20))


@script(68, range(1, 2))
def migration_embedded_versions(stage: Stage) -> None:
    """Every version of what members say of themselves, and of what they are told; and what is no such message."""
    topic = stage.name("t")
    watch = Watch(stage, stage.name("g"))
    create_known(stage, topic, 2)
    leader = Member(stage.client(), stage.version, watch.group, "member-one")
    leader.join(topic)
    for version in (0, 1, 2, 3, 4):
        member = Classic(stage, watch.group, topic, embedded=version, rack=f"rack-{version}")
        stage.record(f"version_{version}_joins", told(member.join()))
        stage.record(f"version_{version}_syncs", given(member.sync()))
        stage.record(f"version_{version}_seen", watch.state_of(member.id))
        member.leave()
        leader.beat()
    for version in (0, 4):
        older = Classic(stage, watch.group, topic, version=version)
        stage.record(f"join_{version}", told(older.join()))
        stage.record(f"join_{version}_syncs", given(older.sync()))
        older.leave()
        leader.beat()
    watch.look("end")
