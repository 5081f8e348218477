"""Scripts about groups of the consumer protocol (KIP-848): the heartbeat's answers to good and bad requests, and what other requests
make of such groups."""

from typing import Any

from broker.wire.messages.consumer_group_describe import ConsumerGroupDescribeRequest
from broker.wire.messages.consumer_group_heartbeat import (
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatRequestTopicPartitions,
)
from broker.wire.messages.create_partitions import CreatePartitionsRequest, CreatePartitionsTopic
from broker.wire.messages.delete_groups import DeleteGroupsRequest
from broker.wire.messages.describe_groups import DescribeGroupsRequest
from broker.wire.messages.heartbeat import HeartbeatRequest
from broker.wire.messages.leave_group import LeaveGroupRequest, LeaveGroupRequestMemberIdentity
from broker.wire.messages.list_groups import ListGroupsRequest
from broker.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from broker.wire.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from broker.wire.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup
from tests.differential.raw_client import RawClient
from tests.differential.script import Stage, script
from tests.differential.scripts_groups import coordinator, join, sync
from tests.differential.topics import create, wait_for
from tests.support.waiting import wait_until

Held = list[tuple[bytes, list[int]]]


class Member:
    """One member; its requests say everything when it joins and what it holds afterwards."""

    def __init__(self, client: RawClient, version: int, group: str, member_id: str, **fields: Any) -> None:
        self.client = client
        self.version = version
        self.group = group
        self.id = member_id
        self.fields = fields
        self.epoch = 0
        self.held: Held = []

    def ask(self, **changed: Any) -> Any:
        """One request with these fields, nothing remembered."""
        values: dict[str, Any] = {"group_id": self.group, "member_id": self.id, "member_epoch": self.epoch, **self.fields}
        return self.client.call(68, self.version, ConsumerGroupHeartbeatRequest(**(values | changed)))

    def join(self, *topics: str, **changed: Any) -> Any:
        """Begin anew."""
        full = {"member_epoch": 0, "rebalance_timeout_ms": 60_000, "subscribed_topic_names": list(topics), "topic_partitions": []}
        return self._remember(self.ask(**(full | changed)))

    def beat(self, **changed: Any) -> Any:
        """Go on, saying what it holds."""
        return self._remember(self.ask(topic_partitions=partitions(self.held), **changed))

    def _remember(self, answer: Any) -> Any:
        if answer.error_code == 0:
            self.id, self.epoch = answer.member_id, answer.member_epoch
            if answer.assignment is not None:
                self.held = [(topic.topic_id, topic.partitions) for topic in answer.assignment.topic_partitions]
        return answer


def partitions(held: Held) -> list[ConsumerGroupHeartbeatRequestTopicPartitions]:
    return [ConsumerGroupHeartbeatRequestTopicPartitions(topic_id=topic_id, partitions=indexes) for topic_id, indexes in held]


def seen(answer: Any, *, counts_only: bool = False, member: Member | None = None) -> Any:
    """What of a heartbeat's answer can be compared: not ids that are made at random, also not that of ``member`` in the message."""
    assigned = None
    if answer.assignment is not None:
        found = [topic.partitions for topic in answer.assignment.topic_partitions]
        assigned = sorted(len(indexes) if counts_only else sorted(indexes) for indexes in found)
    return (
        answer.error_code,
        answer.error_message if member is None else answer.error_message.replace(member.id, "<member>"),
        answer.member_id is None,
        answer.member_epoch,
        answer.heartbeat_interval_ms,
        assigned,
    )


def create_known(stage: Stage, topic: str, count: int) -> None:
    """Create a topic and wait until coordinators give out its partitions: Apache Kafka's hear of it after its leaders are at work."""
    client, group = stage.client(), stage.name(f"knows-{topic}")
    create(client, topic, count)
    coordinator(client, group)
    probe = Member(client, stage.version, group, "" if stage.version == 0 else "member-probe")
    wait_until(bool, lambda: probe.join(topic) and probe.held, 30)
    probe.ask(member_epoch=-1)


def described(client: RawClient, group: str, version: int = 1) -> Any:
    (answer,) = client.call(69, version, ConsumerGroupDescribeRequest(group_ids=[group], include_authorized_operations=True)).groups
    return (
        (answer.error_code, answer.error_message, answer.group_state, answer.group_epoch, answer.assignment_epoch),
        (answer.assignor_name, answer.authorized_operations),
        sorted(
            (
                (member.instance_id or "", member.rack_id or "", member.member_epoch, member.client_id, member.member_type),
                (member.subscribed_topic_names, member.subscribed_topic_regex),
                *(
                    sorted((topic.topic_name, len(topic.partitions)) for topic in part.topic_partitions)
                    for part in (member.assignment, member.target_assignment)
                ),
            )
            for member in answer.members
        ),
    )


@script(68, range(2))
def consumer_group(stage: Stage) -> None:
    """Two members come, share, and go; the group is described on the way."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    topic = stage.name("t")
    create_known(stage, topic, 4)
    coordinator(client, group)
    first = "" if v == 0 else "member-one"
    one, two = (Member(client, v, group, name) for name in (first, "member-two"))
    stage.record("join", seen(one.join(topic, rack_id="r")))
    stage.record("described", described(client, group, v))
    stage.record("beat", seen(one.beat()))
    stage.record("again", seen(one.ask()))
    full = {"rebalance_timeout_ms": 60_000, "subscribed_topic_names": [topic], "topic_partitions": partitions(one.held)}
    stage.record("full", seen(one.ask(**full)))
    stage.record("second_joins", seen(two.join(topic)))
    stage.record("described_reconciling", described(client, group))
    stage.record("first_revokes", seen(one.beat(), counts_only=True))
    stage.record("described_revoking", described(client, group))
    stage.record("second_waits", seen(two.beat()))
    stage.record("first_revoked", seen(one.beat(), counts_only=True))
    stage.record("second_gets", seen(two.beat(), counts_only=True))
    stage.record("second_acknowledges", seen(two.beat()))
    stage.record("described_stable", described(client, group))
    stage.record("first_leaves", seen(one.ask(member_epoch=-1)))
    stage.record("first_again", seen(one.ask(), member=one))
    stage.record("leaves_again", seen(one.ask(member_epoch=-1), member=one))
    stage.record("described_assigning", described(client, group))
    stage.record("second_gets_all", seen(two.beat(), counts_only=True))
    stage.record("second_leaves", seen(two.ask(member_epoch=-1)))
    stage.record("described_empty", described(client, group))
    stage.record("second_rejoins", seen(two.join(topic), counts_only=True))


@script(68, range(2))
def consumer_group_refused(stage: Stage) -> None:
    """Everything that can be wrong with a heartbeat."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    topic = stage.name("t")
    create_known(stage, topic, 2)
    coordinator(client, group)
    one = Member(client, v, group, "member-one")

    def refused(step: str, **changed: Any) -> None:
        stage.record(step, seen(one.join(topic, **changed)))

    refused("empty_group", group_id="")
    refused("blank_group", group_id=" ")
    refused("empty_instance", instance_id="")
    refused("empty_rack", rack_id="")
    refused("no_timeout", rebalance_timeout_ms=-1)
    refused("no_partitions", topic_partitions=None)
    refused("some_partitions", topic_partitions=partitions([(b"x" * 16, [0])]))
    refused("no_topics", subscribed_topic_names=None)
    refused("assignor", server_assignor="sticky")
    refused("negative_epoch", member_epoch=-3)
    refused("static_leave_without_instance", member_epoch=-2)
    refused("no_such_group", member_epoch=1)
    refused("leave_no_such_group", member_epoch=-1)
    if v >= 1:
        refused("empty_member", member_id="")
        for step, pattern in {"pattern": "[", "pattern_look": "(?=a)", "pattern_repeat": "a**", "pattern_reference": r"(a)\1"}.items():
            answer = one.join(topic, subscribed_topic_regex=pattern)
            stage.record(step, (answer.error_code, answer.error_message is None))
        boundary = Member(client, v, stage.name("b"), "member-one").join(topic, subscribed_topic_regex=r"\bt")
        stage.record("pattern_boundary", boundary.error_code)
    refused("join")
    epoch = one.epoch
    stage.record("epoch_ahead", seen(one.ask(member_epoch=epoch + 1)))
    stage.record("nobody", seen(one.ask(member_id="nobody", member_epoch=1)))
    stage.record("nobody_leaves", seen(one.ask(member_id="nobody", member_epoch=-1)))
    stage.record("instance_nobody", seen(one.ask(instance_id="nobody", member_epoch=1)))
    stage.record("instance_leaves", seen(one.ask(instance_id="nobody", member_epoch=-2)))
    stage.record("empty_topics", seen(one.beat(subscribed_topic_names=[])))
    stage.record("empty_topics_done", seen(one.beat()))
    stage.record("unknown_topics", seen(one.beat(subscribed_topic_names=[stage.name("missing")])))
    stage.record("behind", seen(one.ask(member_epoch=1, topic_partitions=partitions([(b"x" * 16, [0])]))))
    stage.record("joins_again", seen(one.join(topic)))
    two, three = (Member(client, v, group, f"member-{name}") for name in ("two", "three"))
    stage.record("two", seen(two.join(topic), counts_only=True))
    stage.record("three", seen(three.join(topic), counts_only=True))
    stage.record("four", seen(Member(client, v, group, "member-four").join(topic)))


@script(68, range(2))
def consumer_group_static(stage: Stage) -> None:
    """A static member leaves for a while and comes back; its place is nobody else's."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    topic = stage.name("t")
    create_known(stage, topic, 2)
    coordinator(client, group)
    one = Member(client, v, group, "member-one", instance_id="instance")
    other = Member(client, v, group, "member-other", instance_id="instance")
    stage.record("join", seen(one.join(topic)))
    stage.record("taken", seen(other.join(topic)))
    stage.record("taken_by_itself", seen(one.join(topic)))
    stage.record("fenced", seen(other.ask(member_epoch=1)))
    stage.record("leave", seen(one.ask(member_epoch=-2)))
    stage.record("described_left", described(client, group))
    stage.record("beat_after_leave", seen(one.ask()))
    stage.record("back", seen(other.join(topic)))
    stage.record("described_back", described(client, group))
    stage.record("old_fenced", seen(one.ask()))
    stage.record("old_leaves", seen(one.ask(member_epoch=-1)))
    stage.record("leaves_for_good", seen(other.ask(member_epoch=-1)))
    stage.record("described_empty", described(client, group))


@script(68, range(1, 2))
def consumer_group_topics(stage: Stage) -> None:
    """Subscriptions change, topics grow, assignors are wished for, patterns are resolved."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    first, second = stage.name("ta"), stage.name("tb")
    for topic in (first, second):
        create(client, topic, 2)
    coordinator(client, group)
    one = Member(client, v, group, "member-one")
    stage.record("join", seen(one.join(first)))
    stage.record("more_topics", seen(one.beat(subscribed_topic_names=[first, second])))
    stage.record("fewer_topics", seen(one.beat(subscribed_topic_names=[second])))
    stage.record("fewer_topics_done", seen(one.beat()))
    stage.record("assignor", seen(one.beat(server_assignor="range")))
    stage.record("described", described(client, group))
    wanted = CreatePartitionsTopic(name=second, count=4, assignments=None)
    client.call(37, 3, CreatePartitionsRequest(topics=[wanted], timeout_ms=30_000))
    wait_for(client, second, 4)
    stage.record("grown", seen(wait_until(lambda answer: answer.assignment is not None, lambda: one.beat(), 30)))

    pattern = Member(client, v, stage.name("p"), "member-pattern")
    answer = pattern.join(subscribed_topic_names=None, subscribed_topic_regex=f"{stage.prefix}-t[ab]")
    stage.record("pattern_joins", answer.error_code)

    def total() -> int:
        pattern.beat()
        return sum(len(indexes) for _, indexes in pattern.held)

    stage.record("pattern_resolved", wait_until(lambda count: count == 6, total, 30))
    error, _, members = described(client, pattern.group)
    stage.record("pattern_described", (error[:3], members[0][1]))


@script(68, range(1, 2))
def consumer_group_offsets(stage: Stage) -> None:
    """Who may commit, fetch and delete offsets; and what the older requests say of the group."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    topic = stage.name("t")
    create_known(stage, topic, 2)
    coordinator(client, group)
    one = Member(client, v, group, "member-one")

    def commit(step: str, member: str, epoch: int, version: int = 9, group_id: str = group) -> None:
        request = OffsetCommitRequest(
            group_id=group_id,
            member_id=member,
            generation_id_or_member_epoch=epoch,
            topics=[
                OffsetCommitRequestTopic(
                    name=topic, partitions=[OffsetCommitRequestPartition(partition_index=0, committed_offset=epoch + 5)]
                )
            ],
        )
        stage.record(step, client.call(8, version, request).topics[0].partitions[0].error_code)

    def fetch(step: str, member: str | None, epoch: int) -> None:
        asked = OffsetFetchRequestGroup(group_id=group, member_id=member, member_epoch=epoch, topics=None)
        (answer,) = client.call(9, 9, OffsetFetchRequest(groups=[asked])).groups
        stage.record(step, (answer.error_code, [part.committed_offset for each in answer.topics for part in each.partitions]))

    one.join(topic)
    commit("commit", one.id, one.epoch)
    commit("commit_stale", one.id, one.epoch - 1)
    commit("commit_ahead", one.id, one.epoch + 1)
    commit("commit_nobody", "nobody", 1)
    commit("commit_administrator", "", -1)
    commit("commit_old_version", one.id, one.epoch, 8)
    one.beat(server_assignor="range")
    one.join(topic)
    commit("commit_epoch_before", one.id, one.epoch - 1)
    fetch("fetch", one.id, one.epoch)
    fetch("fetch_stale", one.id, one.epoch - 1)
    fetch("fetch_ahead", one.id, one.epoch + 1)
    fetch("fetch_nobody", "nobody", 1)
    fetch("fetch_administrator", None, -1)
    stage.record("described_by_classic_5", client.call(15, 5, DescribeGroupsRequest(groups=[group])))
    stage.record("described_by_classic_6", client.call(15, 6, DescribeGroupsRequest(groups=[group])))
    for types in (["consumer"], ["Consumer"], ["classic"]):
        listed = client.call(16, 5, ListGroupsRequest(types_filter=types)).groups
        found = [(each.protocol_type, each.group_state, each.group_type) for each in listed if each.group_id == group]
        stage.record(f"listed_{types[0]}", found)
    deletion = OffsetDeleteRequest(
        group_id=group,
        topics=[OffsetDeleteRequestTopic(name=topic, partitions=[OffsetDeleteRequestPartition(partition_index=0)])],
    )
    stage.record("offsets_subscribed", client.call(47, 0, deletion))
    stage.record("delete_with_members", client.call(42, 2, DeleteGroupsRequest(groups_names=[group])))
    stage.record("classic_joins", join(client, 9, group).error_code)
    stage.record("classic_joins_as_member", join(client, 9, group, one.id).error_code)
    stage.record("classic_syncs", sync(client, 5, group, 1, one.id, {}).error_code)
    stage.record("classic_beats", client.call(12, 4, HeartbeatRequest(group_id=group, member_id=one.id, generation_id=1)))
    leavers = [LeaveGroupRequestMemberIdentity(member_id=name) for name in (one.id, "nobody")]
    left = client.call(13, 5, LeaveGroupRequest(group_id=group, members=leavers))
    stage.record("classic_leaves", (left.error_code, [member.error_code for member in left.members]))
    one.ask(member_epoch=-1)
    commit("commit_empty", "", -1)
    stage.record("offsets_empty", client.call(47, 0, deletion))
    stage.record("deleted", client.call(42, 2, DeleteGroupsRequest(groups_names=[group])))
    stage.record("described_deleted", described(client, group))


@script(68, range(1, 2))
def consumer_group_migration(stage: Stage) -> None:
    """An empty group passes from one protocol to the other, with its offsets."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    topic = stage.name("t")
    create_known(stage, topic, 2)
    coordinator(client, group)

    def kinds() -> list[str]:
        return [each.group_type for each in client.call(16, 5, ListGroupsRequest()).groups if each.group_id == group]

    request = OffsetCommitRequest(
        group_id=group,
        generation_id_or_member_epoch=-1,
        topics=[
            OffsetCommitRequestTopic(
                name=topic, partitions=[OffsetCommitRequestPartition(partition_index=0, committed_offset=7)]
            )
        ],
    )
    stage.record("commit", client.call(8, 9, request))
    stage.record("classic", kinds())
    one = Member(client, v, group, "member-one")
    stage.record("not_joining", seen(one.ask(member_epoch=1)))
    stage.record("described_classic", described(client, group))
    stage.record("joins", seen(one.join(topic)))
    stage.record("consumer", kinds())
    one.ask(member_epoch=-1)
    stage.record("classic_joins", join(client, 3, group).error_code)
    stage.record("classic_again", kinds())
    asked = OffsetFetchRequestGroup(group_id=group, topics=None)
    (kept,) = client.call(9, 8, OffsetFetchRequest(groups=[asked])).groups
    stage.record("offsets", [part.committed_offset for each in kept.topics for part in each.partitions])
