"""
ConsumerGroupDescribe (key 69), versions 0-1.

Behaviour:
- Groups of the consumer protocol: epochs, the assignor in use, each member with what it has and what it is to have.
- Topics that are gone are left out. A group named twice is described once: a small request must not make a huge answer.
- Needs DESCRIBE on each group, and on each topic that its members have: a group with others is not described at all.
- GROUP_ID_NOT_FOUND for what is no group, or one of another type.

Versions:
- v1: which protocol a member speaks.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.consumer_member import ConsumerMember
from broker.errors import BrokerError
from broker.handlers.authorization import NOT_ASKED, operations_on
from broker.handlers.base import Handler, RequestContext
from broker.handlers.groups.describing import check_topics, group_to_describe, topics_there
from broker.wire.api import ApiKey
from broker.wire.messages.consumer_group_describe import (
    ConsumerGroupDescribeRequest,
    ConsumerGroupDescribeResponse,
    ConsumerGroupDescribeResponseAssignment,
    ConsumerGroupDescribeResponseDescribedGroup,
    ConsumerGroupDescribeResponseMember,
    ConsumerGroupDescribeResponseTopicPartitions,
)
from security.acls.kinds import ResourceType

CLASSIC_PROTOCOL: Final = 0
CONSUMER_PROTOCOL: Final = 1


def handle(request: ConsumerGroupDescribeRequest, context: RequestContext) -> ConsumerGroupDescribeResponse:
    described = []
    for group_id in dict.fromkeys(request.group_ids):
        try:
            group = group_to_describe(group_id, ConsumerGroup, "consumer group", context)
            check_topics(
                (
                    topics
                    for member in group.members.values()
                    for topics in (_held(member), group.targets.get(member.member_id, {}))
                ),
                context,
            )
        except BrokerError as refusal:
            answer = _refused(group_id, refusal.code, refusal.message)
        else:
            answer = _described(group, context)
            answer.authorized_operations = (
                operations_on(context, ResourceType.GROUP, group_id) if request.include_authorized_operations else NOT_ASKED
            )
        described.append(answer)
    return ConsumerGroupDescribeResponse(groups=described)


def _described(group: ConsumerGroup, context: RequestContext) -> ConsumerGroupDescribeResponseDescribedGroup:
    return ConsumerGroupDescribeResponseDescribedGroup(
        group_id=group.group_id,
        group_state=group.state.value,
        group_epoch=group.group_epoch,
        assignment_epoch=group.assignment_epoch,
        assignor_name=group.assignor,
        members=[_member(member, group, context) for member in group.members.values()],
    )


def _member(
    member: ConsumerMember, group: ConsumerGroup, context: RequestContext
) -> ConsumerGroupDescribeResponseMember:
    return ConsumerGroupDescribeResponseMember(
        member_id=member.member_id,
        instance_id=member.instance_id,
        rack_id=member.rack_id,
        member_epoch=member.epoch,
        client_id=member.client_id,
        client_host=member.client_host,
        subscribed_topic_names=sorted(member.topic_names),
        subscribed_topic_regex=member.topic_regex,
        assignment=_assignment(_held(member), context),
        target_assignment=_assignment(group.targets.get(member.member_id, {}), context),
        member_type=CONSUMER_PROTOCOL if member.classic is None else CLASSIC_PROTOCOL,
    )


def _held(member: ConsumerMember) -> dict[bytes, set[int]]:
    """What it has: what it was asked to give up is its own until it says that it did."""
    held = {topic_id: set(indexes) for topic_id, indexes in member.assigned.items()}
    for topic_id, indexes in member.pending_revocation.items():
        held.setdefault(topic_id, set()).update(indexes)
    return held


def _assignment(
    partitions: Mapping[bytes, Iterable[int]], context: RequestContext
) -> ConsumerGroupDescribeResponseAssignment:
    topics = [
        ConsumerGroupDescribeResponseTopicPartitions(topic_id=topic_id, topic_name=name, partitions=indexes)
        for topic_id, name, indexes in topics_there(partitions, context)
    ]
    return ConsumerGroupDescribeResponseAssignment(topic_partitions=topics)


def _refused(group_id: str, error_code: int, message: str | None) -> ConsumerGroupDescribeResponseDescribedGroup:
    return ConsumerGroupDescribeResponseDescribedGroup(group_id=group_id, error_code=error_code, error_message=message)


def refuse(
    request: ConsumerGroupDescribeRequest, context: RequestContext, error_code: int, message: str | None
) -> ConsumerGroupDescribeResponse:
    return ConsumerGroupDescribeResponse(
        groups=[_refused(group_id, error_code, message) for group_id in request.group_ids]
    )


HANDLER = Handler(
    key=ApiKey.CONSUMER_GROUP_DESCRIBE, name="consumer_group_describe", versions=range(2), handle=handle, refuse=refuse
)
