"""Scripts about share groups (KIP-932): members, assignments, offsets, and what requests of other group protocols make of them.

Apache Kafka gives partitions to members with a heartbeat after it has made a state for them, and counts an epoch for that. The scripts
wait for it and tell epochs from there.
"""

from collections.abc import Sequence
from typing import Any

from broker.wire.messages.alter_share_group_offsets import (
    AlterShareGroupOffsetsRequest,
    AlterShareGroupOffsetsRequestPartition,
    AlterShareGroupOffsetsRequestTopic,
)
from broker.wire.messages.consumer_group_describe import ConsumerGroupDescribeRequest
from broker.wire.messages.consumer_group_heartbeat import ConsumerGroupHeartbeatRequest
from broker.wire.messages.create_partitions import CreatePartitionsRequest, CreatePartitionsTopic
from broker.wire.messages.delete_groups import DeleteGroupsRequest
from broker.wire.messages.delete_share_group_offsets import (
    DeleteShareGroupOffsetsRequest,
    DeleteShareGroupOffsetsRequestTopic,
)
from broker.wire.messages.describe_groups import DescribeGroupsRequest
from broker.wire.messages.describe_share_group_offsets import (
    DescribeShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsRequestGroup,
    DescribeShareGroupOffsetsRequestTopic,
)
from broker.wire.messages.find_coordinator import FindCoordinatorRequest
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
from broker.wire.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics
from broker.wire.messages.share_group_describe import ShareGroupDescribeRequest
from broker.wire.messages.share_group_heartbeat import ShareGroupHeartbeatRequest
from tests.differential.raw_client import RawClient
from tests.differential.script import Stage, script
from tests.differential.scripts_configs import GROUP, SET, by_name, describe, incremental
from tests.differential.scripts_groups import coordinator, join, sync
from tests.differential.topics import create, wait_for
from tests.support.waiting import wait_until


class Member:
    """One member of a share group."""

    def __init__(self, client: RawClient, group: str, member_id: str, **fields: Any) -> None:
        self.client = client
        self.group = group
        self.id = member_id
        self.fields = fields
        self.epoch = 0
        self.held: dict[bytes, list[int]] = {}

    def ask(self, **changed: Any) -> Any:
        """One request with these fields, nothing remembered."""
        values: dict[str, Any] = {"group_id": self.group, "member_id": self.id, "member_epoch": self.epoch, **self.fields}
        return self.client.call(76, 1, ShareGroupHeartbeatRequest(**(values | changed)))

    def join(self, *topics: str, **changed: Any) -> Any:
        """Begin anew."""
        return self._remember(self.ask(**({"member_epoch": 0, "subscribed_topic_names": list(topics)} | changed)))

    def beat(self, **changed: Any) -> Any:
        """Go on."""
        return self._remember(self.ask(**changed))

    def settle(self, count: int) -> int:
        """Go on until it has ``count`` partitions; the epoch then."""

        def held() -> int:
            self.beat()
            return self.count

        wait_until(lambda found: found == count, held, 30)
        return self.epoch

    @property
    def count(self) -> int:
        return sum(map(len, self.held.values()))

    def _remember(self, answer: Any) -> Any:
        if answer.error_code == 0:
            self.epoch = answer.member_epoch
            if answer.assignment is not None:
                self.held = {topic.topic_id: topic.partitions for topic in answer.assignment.topic_partitions}
        return answer


def seen(answer: Any, since: int = 0) -> Any:
    """What of a heartbeat's answer can be compared: numbers of partitions, epochs from ``since`` on."""
    assigned = None
    if answer.assignment is not None:
        assigned = sorted(len(topic.partitions) for topic in answer.assignment.topic_partitions)
    epoch = answer.member_epoch - since if answer.member_epoch > 0 else answer.member_epoch
    return (answer.error_code, answer.error_message, answer.member_id, epoch, answer.heartbeat_interval_ms, assigned)


def described(client: RawClient, group: str, since: int = 0, **options: Any) -> Any:
    (answer,) = client.call(77, 1, ShareGroupDescribeRequest(group_ids=[group], **options)).groups
    return (
        (answer.error_code, answer.error_message, answer.group_id == group, answer.group_state),
        (answer.group_epoch - since, answer.assignment_epoch - since),
        (answer.assignor_name, answer.authorized_operations),
        sorted(
            (
                (member.member_id, member.rack_id or "", member.member_epoch - since, member.client_id),
                sorted(member.subscribed_topic_names),
                sorted((topic.topic_name, len(topic.partitions)) for topic in member.assignment.topic_partitions),
            )
            for member in answer.members
        ),
    )


def listed(client: RawClient, group: str, **filters: Any) -> Any:
    found = client.call(16, 5, ListGroupsRequest(**filters)).groups
    return [(each.protocol_type, each.group_state, each.group_type) for each in found if each.group_id == group]


def offsets(client: RawClient, version: int, group: str, *topics: tuple[str, list[int]], everything: bool = False) -> Any:
    asked = [DescribeShareGroupOffsetsRequestTopic(topic_name=name, partitions=indexes) for name, indexes in topics]
    wanted = DescribeShareGroupOffsetsRequestGroup(group_id=group, topics=None if everything else asked)
    answer = client.call(90, version, DescribeShareGroupOffsetsRequest(groups=[wanted]))
    for found in answer.groups:
        found.topics.sort(key=lambda topic: topic.topic_name)
        for topic in found.topics:
            topic.partitions.sort(key=lambda partition: partition.partition_index)
    return answer


def alter(client: RawClient, group: str, *topics: tuple[str, Sequence[tuple[int, int]]]) -> Any:
    asked = [
        AlterShareGroupOffsetsRequestTopic(
            topic_name=name,
            partitions=[
                AlterShareGroupOffsetsRequestPartition(partition_index=index, start_offset=offset) for index, offset in partitions
            ],
        )
        for name, partitions in topics
    ]
    answer = client.call(91, 0, AlterShareGroupOffsetsRequest(group_id=group, topics=asked))
    answer.responses.sort(key=lambda topic: topic.topic_name)
    return answer


def forget(client: RawClient, group: str, *topics: str) -> Any:
    asked = [DeleteShareGroupOffsetsRequestTopic(topic_name=name) for name in topics]
    answer = client.call(92, 0, DeleteShareGroupOffsetsRequest(group_id=group, topics=asked))
    answer.responses.sort(key=lambda topic: topic.topic_name)
    return answer


@script(76, range(1, 2))
def share_group(stage: Stage) -> None:
    """Members come, share partitions, subscribe to other topics, and go; the group is described and listed on the way."""
    client, group = stage.client(), stage.name("g")
    first, second = stage.name("ta"), stage.name("tb")
    create(client, first, 4)
    create(client, second, 2)
    coordinator(client, group)
    one, two, three = (Member(client, group, name) for name in ("one", "two", "three"))
    stage.record("joins", seen(one.join(first, rack_id="r")))
    base = one.settle(4)
    stage.record("described", described(client, group, base, include_authorized_operations=True))
    stage.record("described_plainly", described(client, group, base))
    stage.record("beat", seen(one.beat(), base))
    stage.record("joins_again", seen(one.join(first), base))
    stage.record("second_joins", seen(two.join(first), base))
    stage.record("first_has_less", seen(one.beat(), base))
    stage.record("described_two", described(client, group, base))
    stage.record("third_joins", seen(three.join(first), base))
    stage.record("fourth_is_too_many", seen(Member(client, group, "four").join(first), base))
    stage.record("first_goes_on", seen(one.beat(), base)[:5])
    stage.record("second_goes_on", seen(two.beat(), base)[:5])
    stage.record("other_rack", seen(three.beat(rack_id="s"), base))
    stage.record("nothing_any_more", seen(three.beat(subscribed_topic_names=[]), base))
    stage.record("described_three", described(client, group, base)[:3])
    stage.record("first_leaves", seen(one.ask(member_epoch=-1), base))
    stage.record("first_beats", seen(one.ask(), base))
    stage.record("first_leaves_again", seen(one.ask(member_epoch=-1), base))
    stage.record("second_has_all", seen(two.beat(), base))
    for name, filters in {
        "all": {},
        "share": {"types_filter": ["Share"]},
        "stable": {"types_filter": ["share"], "states_filter": ["STABLE"]},
        "classic": {"types_filter": ["classic", "consumer"]},
        "empty": {"states_filter": ["Empty"]},
    }.items():
        stage.record(f"listed_{name}", listed(client, group, **filters))
    stage.record("second_leaves", seen(two.ask(member_epoch=-1), base))
    stage.record("third_leaves", seen(three.ask(member_epoch=-1), base))
    stage.record("described_empty", described(client, group, base))
    stage.record("listed_when_empty", listed(client, group, states_filter=["empty"]))
    stage.record("second_is_back", seen(two.join(first), base))


@script(76, range(1, 2))
def share_group_refused(stage: Stage) -> None:
    """Everything that can be wrong with a heartbeat."""
    client, group = stage.client(), stage.name("g")
    topic = stage.name("t")
    create(client, topic, 2)
    coordinator(client, group)
    one = Member(client, group, "one")

    def refused(step: str, **changed: Any) -> None:
        stage.record(step, seen(one.join(topic, **changed)))

    refused("empty_member", member_id="")
    refused("blank_member", member_id=" ")
    refused("long_member", member_id="m" * 37)
    refused("empty_group", group_id="")
    refused("blank_group", group_id=" ")
    refused("nothing_at_all", group_id="", member_id="")
    refused("empty_rack", rack_id="")
    refused("blank_rack", rack_id=" ", member_epoch=1)
    refused("no_topics", subscribed_topic_names=None)
    refused("empty_topics", subscribed_topic_names=[])
    refused("negative_epoch", member_epoch=-2)
    refused("no_such_group", member_epoch=1)
    refused("leaves_no_such_group", member_epoch=-1)
    stage.record("described_before", described(client, group))
    one.join(topic)
    one.settle(2)
    one.beat(subscribed_topic_names=[topic, stage.name("missing")])
    base = one.epoch
    stage.record("epoch_ahead", seen(one.ask(member_epoch=base + 1), base)[0])
    *told, assigned = seen(one.ask(member_epoch=base - 1), base)
    stage.record("epoch_before", tuple(told))
    stage.record("epoch_before_assigned", assigned)
    stage.record("epoch_behind", one.ask(member_epoch=1).error_code)
    stage.record("nobody", seen(one.ask(member_id="nobody", member_epoch=1)))
    stage.record("nobody_leaves", seen(one.ask(member_id="nobody", member_epoch=-1)))
    stage.record("missing_topic", seen(one.beat(subscribed_topic_names=[stage.name("missing")]), base))
    stage.record("strange_topics", seen(one.beat(subscribed_topic_names=["", "a b"]), base)[:1])
    stage.record("long_enough_member", seen(Member(client, group, "m" * 36).join(stage.name("missing")))[:3])
    for step, groups in {"described_nothing": [], "described_empty_name": [""], "described_missing": [stage.name("none")]}.items():
        stage.record(step, client.call(77, 1, ShareGroupDescribeRequest(group_ids=groups)))


@script(76, range(1, 2))
def share_group_topics(stage: Stage) -> None:
    """Topics grow, members subscribe to different topics, and more members than partitions share them."""
    client, group = stage.client(), stage.name("g")
    first, second = stage.name("ta"), stage.name("tb")
    create(client, first, 2)
    create(client, second, 2)
    coordinator(client, group)
    one, two, three = (Member(client, group, name) for name in ("one", "two", "three"))
    one.join(first, second)
    one.settle(4)
    two.join(first)
    stage.record("second_topic_is_its_own", (one.settle(3) > 0, two.settle(1) > 0))
    wanted = CreatePartitionsTopic(name=first, count=6, assignments=None)
    client.call(37, 3, CreatePartitionsRequest(topics=[wanted], timeout_ms=30_000))
    wait_for(client, first, 6)
    stage.record("grown", (one.settle(5) > 0, two.settle(3) > 0))
    small = stage.name("s")
    for member in (one, two, three):
        member.group, member.held = small, {}
    one.join(second)
    one.settle(2)
    two.join(second)
    three.join(second)

    def counts() -> list[int]:
        for member in (one, two, three):
            member.beat()
        return sorted(member.count for member in (one, two, three))

    stage.record("more_members_than_partitions", wait_until(lambda found: found == [1, 1, 2], counts, 30))
    held = sorted(index for member in (one, two, three) for index in member.held[next(iter(one.held))])
    stage.record("each_twice", held)


@script(90, range(2))
def share_group_offsets(stage: Stage) -> None:
    """Offsets of a group with members and without: described, altered, deleted."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    topic, other, missing = stage.name("ta"), stage.name("tb"), stage.name("missing")
    create(client, topic, 2)
    create(client, other, 3)
    coordinator(client, group)
    stage.record("nothing", client.call(90, v, DescribeShareGroupOffsetsRequest(groups=[])))
    stage.record("no_such_group", offsets(client, v, group, everything=True))
    stage.record("no_such_group_topics", offsets(client, v, group, (topic, [0])))
    stage.record("empty_name", offsets(client, v, "", everything=True))
    stage.record("delete_no_such_group", forget(client, group, topic))
    stage.record("delete_nothing_of_no_such_group", forget(client, group))
    stage.record("alter_nothing_of_no_such_group", alter(client, group))
    stage.record("alter_empty_name", alter(client, "", (topic, [(0, 0)])))
    stage.record("delete_empty_name", forget(client, "", topic))
    one = Member(client, group, "one")
    one.join(topic)
    base = one.settle(2)
    stage.record("before_the_first_fetch", offsets(client, v, group, everything=True))
    stage.record("some", offsets(client, v, group, (topic, [1])))
    stage.record("none", offsets(client, v, group))
    stage.record("not_read", offsets(client, v, group, (other, [0])))
    stage.record("missing", offsets(client, v, group, (missing, [0]), ("a b", [3])))
    stage.record("twice", offsets(client, v, group, (topic, [0]), (topic, [0])))
    stage.record("alter_with_members", alter(client, group, (topic, [(0, 0)])))
    stage.record("alter_nothing_with_members", alter(client, group))
    stage.record("delete_with_members", forget(client, group, topic))
    stage.record("delete_group_with_members", client.call(42, 2, DeleteGroupsRequest(groups_names=[group])))
    one.ask(member_epoch=-1)
    stage.record("alter_nothing", alter(client, group))
    stage.record("alter_no_partition", alter(client, group, (topic, [])))
    stage.record("alter", alter(client, group, (topic, [(0, 0), (1, 0), (7, 0)]), (missing, [(0, 0)])))
    stage.record("altered", offsets(client, v, group, everything=True))
    stage.record("alter_new", alter(client, group, (other, [(0, 0)])))
    stage.record("altered_new", offsets(client, v, group, everything=True))
    stage.record("alter_back", alter(client, group, (topic, [(0, -1)])))
    stage.record("altered_back", offsets(client, v, group, (topic, [0])))
    stage.record("described", described(client, group, base))
    stage.record("delete_nothing", forget(client, group))
    stage.record("delete", forget(client, group, other, missing, ""))
    stage.record("deleted", offsets(client, v, group, everything=True).groups[0].topics[0].topic_name)
    stage.record("delete_again", forget(client, group, other))
    stage.record("delete_twice", forget(client, group, topic, topic))
    stage.record("all_deleted", offsets(client, v, group, everything=True))
    fresh = stage.name("f")
    stage.record("alter_makes_a_group", alter(client, fresh, (topic, [(0, 0)])))
    stage.record("made", described(client, fresh))
    stage.record("listed", listed(client, fresh))
    stage.record("made_offsets", offsets(client, v, fresh, everything=True))
    stage.record("group_deleted", client.call(42, 2, DeleteGroupsRequest(groups_names=[fresh])))
    stage.record("no_longer_described", described(client, fresh))
    stage.record("no_longer_listed", listed(client, fresh))
    stage.record("no_offsets", offsets(client, v, fresh, everything=True))


@script(76, range(1, 2))
def share_group_and_others(stage: Stage) -> None:
    """A group keeps its type: requests of the other protocols on a share group, with members and without, and the other way round."""
    client, group = stage.client(), stage.name("g")
    topic = stage.name("t")
    create(client, topic, 2)
    coordinator(client, group)
    one = Member(client, group, "one")
    one.join(topic)

    def others(state: str) -> None:
        stage.record(f"{state}_join", join(client, 9, group).error_code)
        stage.record(f"{state}_join_member", join(client, 9, group, one.id).error_code)
        stage.record(f"{state}_sync", sync(client, 5, group, 1, one.id, {}).error_code)
        stage.record(f"{state}_beat", client.call(12, 4, HeartbeatRequest(group_id=group, member_id=one.id, generation_id=1)))
        leavers = [LeaveGroupRequestMemberIdentity(member_id=name) for name in (one.id, "nobody")]
        left = client.call(13, 5, LeaveGroupRequest(group_id=group, members=leavers))
        stage.record(f"{state}_leave", (left.error_code, [member.error_code for member in left.members]))
        for epoch in (0, 5, -1):
            answer = client.call(
                68,
                1,
                ConsumerGroupHeartbeatRequest(
                    group_id=group,
                    member_id="c",
                    member_epoch=epoch,
                    rebalance_timeout_ms=1_000,
                    subscribed_topic_names=[topic],
                    topic_partitions=[],
                ),
            )
            stage.record(f"{state}_consumer_{epoch}", (answer.error_code, answer.error_message))
        for member, epoch in (("", -1), (one.id, 1)):
            partitions = [OffsetCommitRequestPartition(partition_index=0, committed_offset=1)]
            commit = OffsetCommitRequest(
                group_id=group,
                member_id=member,
                generation_id_or_member_epoch=epoch,
                topics=[OffsetCommitRequestTopic(name=topic, partitions=partitions)],
            )
            for version in (8, 9):
                code = client.call(8, version, commit).topics[0].partitions[0].error_code
                stage.record(f"{state}_commit{version}_{epoch}", code)
        for topics in (None, [OffsetFetchRequestTopics(name=topic, partition_indexes=[0])]):
            fetch = OffsetFetchRequest(groups=[OffsetFetchRequestGroup(group_id=group, topics=topics)])
            stage.record(f"{state}_fetch_{topics is None}", client.call(9, 9, fetch))
        deleted = [OffsetDeleteRequestTopic(name=topic, partitions=[OffsetDeleteRequestPartition(partition_index=0)])]
        stage.record(f"{state}_delete", client.call(47, 0, OffsetDeleteRequest(group_id=group, topics=deleted)))
        for version in (5, 6):
            answer = client.call(15, version, DescribeGroupsRequest(groups=[group]))
            stage.record(f"{state}_described{version}", answer)
        stage.record(f"{state}_described", client.call(69, 1, ConsumerGroupDescribeRequest(group_ids=[group])))

    others("stable")
    one.ask(member_epoch=-1)
    others("empty")
    consumers, simple = stage.name("c"), stage.name("s")
    consumer = ConsumerGroupHeartbeatRequest(
        group_id=consumers,
        member_id="c",
        member_epoch=0,
        rebalance_timeout_ms=1_000,
        subscribed_topic_names=[topic],
        topic_partitions=[],
    )
    client.call(68, 1, consumer)
    partitions = [OffsetCommitRequestPartition(partition_index=0, committed_offset=1)]
    request = OffsetCommitRequest(group_id=simple, topics=[OffsetCommitRequestTopic(name=topic, partitions=partitions)])
    client.call(8, 9, request)
    for state in ("consumer", "consumer_empty", "simple"):
        if state == "consumer_empty":
            client.call(68, 1, ConsumerGroupHeartbeatRequest(group_id=consumers, member_id="c", member_epoch=-1))
        other = simple if state == "simple" else consumers
        for epoch in (0, 3, -1):
            stage.record(f"{state}_heartbeat_{epoch}", seen(Member(client, other, "s").join(topic, member_epoch=epoch)))
        stage.record(f"{state}_share_described", described(client, other))
        stage.record(f"{state}_offsets", offsets(client, 1, other, (topic, [0])))
        stage.record(f"{state}_alter", alter(client, other, (topic, [(0, 0)])))
        stage.record(f"{state}_alter_nothing", alter(client, other))
        stage.record(f"{state}_delete_offsets", forget(client, other, topic))
        stage.record(f"{state}_delete_nothing", forget(client, other))


@script(10, range(7))
def find_share_coordinator(stage: Stage) -> None:
    """Keys of share partitions, good and bad, and types of keys that there are not."""
    client, v = stage.client(), stage.version
    topic = "AAAAAAAAAAAAAAAAAAAAAA"
    good = [f"g:{topic}:0", f"a:b:{topic}:7", f"g:{topic}==:+1", f"g:{topic}:-1"]
    bad = ["", "g", "x:y", "::", f":{topic}:0", f" :{topic}:0", f"g:{topic}:", f"g:{topic}:x", f"g:{topic}: 1", f"g:{topic}AA:0"]
    bad += ["g:short:0", "g: :0", f"g:{topic}:99999999999", f"g:{topic[:-1]}!:0", f"g:{topic[:-1]}/:0"]
    keys = good + bad
    if v < 4:
        stage.record("share", client.call(10, v, FindCoordinatorRequest(key=good[0], key_type=2)))
        return

    def ask() -> Any:
        return client.call(10, v, FindCoordinatorRequest(key_type=2, coordinator_keys=keys)).coordinators

    found = wait_until(lambda answers: all(answer.error_code not in (14, 15) for answer in answers), ask, 60)
    stage.record("share", [(each.key, each.node_id, each.error_code) for each in found])


@script(44, range(2))
def share_group_configs(stage: Stage) -> None:
    """Settings of share groups: good values, bad ones, those that only show where they are set."""
    client, v, group = stage.client(), stage.version, stage.name("g")

    def change(step: str, **values: str) -> None:
        operations = [(name.replace("_", "."), SET, value) for name, value in values.items()]
        stage.record(step, incremental(client, v, (GROUP, group, operations)))

    change("session_low", share_session_timeout_ms="1")
    change("session_high", share_session_timeout_ms="60001")
    change("session_none", share_session_timeout_ms="0")
    change("session_no_number", share_session_timeout_ms="soon")
    change("heartbeat_high", share_heartbeat_interval_ms="50000")
    change("lock_low", share_record_lock_duration_ms="14999")
    change("lock_lower", share_record_lock_duration_ms="999")
    change("deliveries_high", share_delivery_count_limit="11")
    change("deliveries_low", share_delivery_count_limit="1")
    change("locks_high", share_partition_max_record_locks="4001")
    change("interval_high", share_assignment_interval_ms="15001")
    for number, text in enumerate(("none", "Latest", "", "by_duration", "by_duration:", "by_duration:-PT1S", "by_duration:1h")):
        change(f"reset_wrong_{number}", share_auto_offset_reset=text)
    for number, text in enumerate(("earliest", "by_duration:PT1H2.5S", "by_duration:p1d", "by_duration:P1DT-1H", "latest")):
        change(f"reset_{number}", share_auto_offset_reset=text)
    change("isolation_wrong", share_isolation_level="READ_COMMITTED")
    change("renew_wrong", share_renew_acknowledge_enable="maybe")
    change("internal_wrong", share_assignor_offload_enable="maybe")
    change("dead_letters_wrong", errors_deadletterqueue_topic_name="__x")
    topic = [("errors.deadletterqueue.topic.name", SET, "letters")]
    stage.record("dead_letters", incremental(client, v, (GROUP, stage.name("d"), topic)).responses[0].error_code)
    change("unknown", share_size="1")
    change("one_good_one_bad", share_isolation_level="read_committed", share_session_timeout_ms="1")
    change(
        "good",
        share_isolation_level="read_committed",
        share_session_timeout_ms="50000",
        share_heartbeat_interval_ms="6000",
        share_delivery_count_limit="7",
        share_renew_acknowledge_enable="false",
        share_assignor_offload_enable="false",
        errors_deadletterqueue_topic_name="",
    )

    def found() -> dict[str, Any]:
        every = by_name(describe(client, 4, (GROUP, group, None), include_synonyms=True))
        return {name: config for name, config in every.items() if config.config_source == 8}

    wait_until(lambda configs: "share.delivery.count.limit" in configs, found, 30)
    stage.record("set", found())
