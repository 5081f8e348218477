"""Scripts about groups that nobody is in and nothing is stored of."""

from typing import Any

from broker.wire.messages.delete_groups import DeleteGroupsRequest
from broker.wire.messages.describe_groups import DescribeGroupsRequest
from broker.wire.messages.leave_group import LeaveGroupRequest, LeaveGroupRequestMemberIdentity
from broker.wire.messages.list_groups import ListGroupsRequest
from broker.wire.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from tests.differential.raw_client import RawClient
from tests.differential.script import Stage, script
from tests.differential.scripts_groups import coordinator, join
from tests.differential.scripts_offsets import commit_request
from tests.differential.topics import create
from tests.support.waiting import wait_until


def described(client: RawClient, group: str) -> Any:
    return client.call(15, 5, DescribeGroupsRequest(groups=[group])).groups[0]


def look(stage: Stage, client: RawClient, group: str, step: str) -> None:
    """Record how the group is described and listed."""
    stage.record(f"{step}_described", described(client, group))
    listed: Any = client.call(16, 5, ListGroupsRequest())
    stage.record(f"{step}_listed", [each for each in listed.groups if each.group_id == group])


@script(11, range(4, 10))
def nobody_joined(stage: Stage) -> None:
    """The only member was given an id (KIP-394), did not come back with it, and gave it up."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    coordinator(client, group)
    look(stage, client, group, "never_named")
    given = join(client, v, group)
    stage.record("given", given.error_code)
    # Apache Kafka shows a group of which nothing is stored a moment after it answered.
    wait_until(lambda seen: seen.group_state == "Empty", lambda: described(client, group))
    look(stage, client, group, "given")
    identity = LeaveGroupRequestMemberIdentity(member_id=given.member_id)
    left = client.call(13, 5, LeaveGroupRequest(group_id=group, members=[identity]))
    stage.record("given_up", [left.error_code, left.members[0].error_code])
    look(stage, client, group, "after")
    stage.record("deleted", client.call(42, 2, DeleteGroupsRequest(groups_names=[group])))
    look(stage, client, group, "deleted")


@script(47, range(1))
def no_offsets_are_left(stage: Stage) -> None:
    """A group that never had members is what its offsets are; the last of them is deleted."""
    client, group = stage.client(), stage.name("g")
    topic = stage.name("t")
    topic_id = create(client, topic)
    coordinator(client, group)
    client.call(8, 9, commit_request(group, topic, topic_id, {0: (5, "")}))
    look(stage, client, group, "committed")
    partition = OffsetDeleteRequestPartition(partition_index=0)
    request = OffsetDeleteRequest(
        group_id=group, topics=[OffsetDeleteRequestTopic(name=topic, partitions=[partition])]
    )
    stage.record("offset_deleted", client.call(47, 0, request))
    look(stage, client, group, "after")
    stage.record("deleted", client.call(42, 2, DeleteGroupsRequest(groups_names=[group])))
