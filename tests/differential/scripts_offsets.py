"""Scripts about committed offsets: OffsetCommit, OffsetFetch, OffsetDelete, and what becomes of offsets."""

from typing import Any

from broker.wire.messages.delete_groups import DeleteGroupsRequest
from broker.wire.messages.delete_topics import DeleteTopicsRequest
from broker.wire.messages.describe_groups import DescribeGroupsRequest
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
from broker.wire.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
)
from tests.differential.script import Stage, script
from tests.differential.scripts_groups import coordinator, join, joined, sync
from tests.differential.topics import create, wait_gone
from tests.support.waiting import wait_until


def commit_request(
    group: str,
    topic: str,
    topic_id: bytes,
    offsets: dict[int, Any],
    generation: int = -1,
    member: str = "",
    **more: Any,
) -> Any:
    return OffsetCommitRequest(
        group_id=group,
        generation_id_or_member_epoch=generation,
        member_id=member,
        topics=[
            OffsetCommitRequestTopic(
                name=topic,
                topic_id=topic_id,
                partitions=[
                    OffsetCommitRequestPartition(
                        partition_index=index,
                        committed_offset=offset,
                        committed_metadata=metadata,
                        committed_leader_epoch=-1,
                    )
                    for index, (offset, metadata) in offsets.items()
                ],
            )
        ],
        **more,
    )


@script(8, range(2, 11))
def offset_commit(stage: Stage) -> None:
    """By consumers on their own, by members, by those who are none."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    topic = stage.name("t")
    topic_id = create(client, topic, 2)
    coordinator(client, group)

    def commit(
        step: str,
        offsets: dict[int, Any],
        name: str = topic,
        identity: bytes = topic_id,
        group_id: str = group,
        **more: Any,
    ) -> None:
        stage.record(step, client.call(8, v, commit_request(group_id, name, identity, offsets, **more)))

    commit("standalone", {0: (5, "meta"), 1: (0, None)})
    commit("empty_group", {0: (5, "")}, group_id="")
    commit("negative", {0: (-1, "")})
    commit("long_metadata", {0: (6, "x" * 5000), 1: (7, "ok")})
    commit("unknown_partition", {9: (1, "")})
    commit("unknown_topic", {0: (1, "")}, stage.name("none"), b"n" * 16)
    commit("member_of_nothing", {0: (1, "")}, generation=1, member="nobody")
    member = joined(client, 5, group).member_id
    commit("before_sync", {0: (8, "")}, generation=1, member=member)
    sync(client, 3, group, 1, member, {member: b"a"})
    commit("member", {0: (9, "")}, generation=1, member=member)
    commit("stale", {0: (10, "")}, generation=0, member=member)
    commit("unknown_member", {0: (10, "")}, generation=1, member="nobody")
    commit("standalone_beside_members", {0: (10, "")})


@script(9, range(1, 11))
def offset_fetch(stage: Stage) -> None:
    """Some partitions, all of them, of groups that are there and that are not."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    topic = stage.name("t")
    topic_id = create(client, topic, 3)
    coordinator(client, group)
    stage.record(
        "commit",
        client.call(8, 9, commit_request(group, topic, topic_id, {0: (5, "meta"), 2: (7, "")}))
        .topics[0]
        .partitions[0]
        .error_code,
    )

    def ask(step: str, topics: list[tuple[str, bytes, list[int]]] | None, *groups: str) -> None:
        request = OffsetFetchRequest(
            group_id=groups[0],
            topics=None
            if topics is None
            else [OffsetFetchRequestTopic(name=n, partition_indexes=p) for n, _, p in topics],
            groups=[
                OffsetFetchRequestGroup(
                    group_id=name,
                    topics=None
                    if topics is None
                    else [OffsetFetchRequestTopics(name=n, topic_id=i, partition_indexes=p) for n, i, p in topics],
                )
                for name in groups
            ],
        )
        answer = client.call(9, v, request)
        for topic in [*answer.topics, *(topic for group in answer.groups for topic in group.topics)]:
            topic.partitions.sort(key=lambda part: part.partition_index)  # their order is that of a hash map
        stage.record(step, answer)

    ask("some", [(topic, topic_id, [0, 1, 2])], group)
    ask("unknown_partition", [(topic, topic_id, [9])], group)
    ask("unknown_topic", [(stage.name("none"), b"n" * 16, [0])], group)
    ask("none", [], group)
    if v >= 2:
        ask("all", None, group)
        ask("all_of_unknown", None, stage.name("unknown"))
    ask("unknown_group", [(topic, topic_id, [0])], stage.name("unknown"))
    ask("empty_group", [(topic, topic_id, [0])], "")
    if v >= 8:
        ask("several", [(topic, topic_id, [0])], group, stage.name("unknown"))


@script(47, range(0, 1))
def offset_delete(stage: Stage) -> None:
    """Offsets of groups with and without members."""
    client, group = stage.client(), stage.name("g")
    topic = stage.name("t")
    topic_id = create(client, topic, 2)
    coordinator(client, group)

    def ask(step: str, name: str, *indexes: int, group_id: str = group) -> None:
        request = OffsetDeleteRequest(
            group_id=group_id,
            topics=[
                OffsetDeleteRequestTopic(
                    name=name, partitions=[OffsetDeleteRequestPartition(partition_index=i) for i in indexes]
                )
            ],
        )
        stage.record(step, client.call(47, 0, request))

    ask("unknown_group", topic, 0)
    client.call(8, 9, commit_request(group, topic, topic_id, {0: (5, "meta"), 1: (6, "")}))
    ask("there", topic, 0)
    ask("twice", topic, 0)
    ask("unknown_partition", topic, 7)
    ask("unknown_topic", stage.name("none"), 0)
    member = joined(client, 5, group, kind="other").member_id
    sync(client, 3, group, 1, member, {member: b"abc"})
    ask("other_kind_with_members", topic, 1)
    ask("empty_group", topic, 1, group_id="")


@script(9, range(1, 11))
def offset_fetch_of_members(stage: Stage) -> None:
    """With a member's id and epoch (v9), of no group, wrong ones; waiting for transactions (v7)."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    topic = stage.name("t")
    topic_id = create(client, topic)
    coordinator(client, group)
    client.call(8, 9, commit_request(group, topic, topic_id, {0: (5, "meta")}))

    def ask(step: str, name: str, member: str | None = None, epoch: int = -1, **options: Any) -> None:
        wanted = [OffsetFetchRequestTopics(name=topic, topic_id=topic_id, partition_indexes=[0])]
        request = OffsetFetchRequest(
            group_id=name,
            topics=[OffsetFetchRequestTopic(name=topic, partition_indexes=[0])],
            groups=[OffsetFetchRequestGroup(group_id=name, member_id=member, member_epoch=epoch, topics=wanted)],
            **options,
        )
        stage.record(step, client.call(9, v, request))

    ask("plain", group)
    if v >= 7:
        ask("stable", group, require_stable=True)
    if v >= 9:
        ask("member_of_empty", group, "nobody", 3)
        ask("member_of_none", stage.name("none"), "nobody", 3)
        member = joined(client, 5, group).member_id
        ask("member_of_classic", group, member, 1)
        ask("stranger_to_classic", group, "nobody", 1)


@script(8, range(2, 11, 4))
def groups_of_offsets(stage: Stage) -> None:
    """A group that nobody ever joined: seen, joined, deleted."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    topic = stage.name("t")
    topic_id = create(client, topic)
    coordinator(client, group)

    def look(step: str) -> None:
        stage.record(f"{step}_described", client.call(15, 6, DescribeGroupsRequest(groups=[group])))
        listed = client.call(16, 5, ListGroupsRequest()).groups
        stage.record(f"{step}_listed", [each for each in listed if each.group_id == group])

    stage.record("commit", client.call(8, v, commit_request(group, topic, topic_id, {0: (5, "meta")})))
    look("committed")
    stage.record("connect_joins", join(client, 3, group, kind="connect").error_code)
    look("joined")
    stage.record("standalone_commit", client.call(8, v, commit_request(group, topic, topic_id, {0: (6, "")})))
    other = stage.name("other")
    client.call(8, v, commit_request(other, topic, topic_id, {0: (5, "meta")}))
    stage.record("deleted", client.call(42, 2, DeleteGroupsRequest(groups_names=[other])))
    asked = [OffsetFetchRequestTopic(name=topic, partition_indexes=[0])]
    stage.record("fetched", client.call(9, 6, OffsetFetchRequest(group_id=other, topics=asked)))


@script(47, range(0, 1))
def offset_delete_of_subscribers(stage: Stage) -> None:
    """Offsets of topics that members read cannot be deleted, those of others can."""
    client, group = stage.client(), stage.name("g")
    topics = {name: create(client, name) for name in (stage.name("read"), stage.name("left"))}
    coordinator(client, group)
    for name, topic_id in topics.items():
        client.call(8, 9, commit_request(group, name, topic_id, {0: (5, "")}))
    read = stage.name("read").encode()
    subscription = b"\0\1" + b"\0\0\0\1" + len(read).to_bytes(2, "big") + read + b"\xff\xff\xff\xff" + b"\0\0\0\0"
    member = joined(client, 5, group, metadata=subscription).member_id

    def ask(step: str, *names: str) -> None:
        wanted = [
            OffsetDeleteRequestTopic(name=name, partitions=[OffsetDeleteRequestPartition(partition_index=0)])
            for name in names
        ]
        answer = client.call(47, 0, OffsetDeleteRequest(group_id=group, topics=wanted))
        answer.topics.sort(key=lambda each: each.name)
        stage.record(step, answer)

    ask("before_sync", stage.name("read"), stage.name("left"))
    sync(client, 3, group, 1, member, {member: b"a"})
    ask("stable", stage.name("read"), stage.name("left"))


@script(9, range(1, 10, 4))
def offsets_of_deleted_topics(stage: Stage) -> None:
    """Offsets go with their topic, and are not there for the next topic of that name."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    gone, kept = stage.name("gone"), stage.name("kept")
    gone_id, kept_id = create(client, gone), create(client, kept)
    coordinator(client, group)
    for name, topic_id in ((gone, gone_id), (kept, kept_id)):
        client.call(8, 9, commit_request(group, name, topic_id, {0: (5, "")}))
    client.call(20, 4, DeleteTopicsRequest(topic_names=[gone], timeout_ms=10_000))
    wait_gone(client, gone)
    create(client, gone)
    asked = [(name, [0]) for name in (gone, kept)]
    request = OffsetFetchRequest(
        group_id=group,
        topics=[OffsetFetchRequestTopic(name=name, partition_indexes=parts) for name, parts in asked],
        groups=[
            OffsetFetchRequestGroup(
                group_id=group,
                topics=[OffsetFetchRequestTopics(name=name, partition_indexes=parts) for name, parts in asked],
            )
        ],
    )
    # Apache Kafka forgets them a moment after the topic is gone.
    def forgotten(answer: Any) -> bool:
        topics = answer.topics or answer.groups[0].topics
        return bool(topics[0].partitions[0].committed_offset == -1)

    stage.record("after", wait_until(forgotten, lambda: client.call(9, v, request), 10))
