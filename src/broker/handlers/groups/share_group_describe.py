"""
ShareGroupDescribe (key 77), version 1.

Behaviour:
- Share groups: epochs and each member with what it may fetch.
- Topics that are gone are left out. A group named twice is described once: a small request must not make a huge answer.
- Needs DESCRIBE on each group, and on each topic that its members have: a group with others is not described at all.
- GROUP_ID_NOT_FOUND for what is no group, or one of another type.

Versions:
- v1: the first there is (0 was a preview and is gone).
"""

from broker.coordinators.groups.share_group import ShareGroup
from broker.coordinators.groups.share_member import ShareMember
from broker.errors import BrokerError
from broker.handlers.authorization import NOT_ASKED, operations_on
from broker.handlers.base import Handler, RequestContext
from broker.handlers.groups.describing import check_topics, group_to_describe, topics_there
from broker.wire.api import ApiKey
from broker.wire.messages.share_group_describe import (
    ShareGroupDescribeRequest,
    ShareGroupDescribeResponse,
    ShareGroupDescribeResponseAssignment,
    ShareGroupDescribeResponseDescribedGroup,
    ShareGroupDescribeResponseMember,
    ShareGroupDescribeResponseTopicPartitions,
)
from security.acls.kinds import ResourceType


def handle(request: ShareGroupDescribeRequest, context: RequestContext) -> ShareGroupDescribeResponse:
    described = []
    for group_id in dict.fromkeys(request.group_ids):
        try:
            group = group_to_describe(group_id, ShareGroup, "share group", context)
            check_topics((member.assigned for member in group.members.values()), context)
        except BrokerError as refusal:
            answer = _refused(group_id, refusal.code, refusal.message)
        else:
            answer = _described(group, context)
            answer.authorized_operations = (
                operations_on(context, ResourceType.GROUP, group_id) if request.include_authorized_operations else NOT_ASKED
            )
        described.append(answer)
    return ShareGroupDescribeResponse(groups=described)


def _described(group: ShareGroup, context: RequestContext) -> ShareGroupDescribeResponseDescribedGroup:
    return ShareGroupDescribeResponseDescribedGroup(
        group_id=group.group_id,
        group_state=group.state.value,
        group_epoch=group.group_epoch,
        assignment_epoch=group.assignment_epoch,
        assignor_name=group.assignor,
        members=[_member(member, context) for member in group.members.values()],
    )


def _member(member: ShareMember, context: RequestContext) -> ShareGroupDescribeResponseMember:
    topics = [
        ShareGroupDescribeResponseTopicPartitions(topic_id=topic_id, topic_name=name, partitions=indexes)
        for topic_id, name, indexes in topics_there(member.assigned, context)
    ]
    return ShareGroupDescribeResponseMember(
        member_id=member.member_id,
        rack_id=member.rack_id,
        member_epoch=member.epoch,
        client_id=member.client_id,
        client_host=member.client_host,
        subscribed_topic_names=sorted(member.topic_names),
        assignment=ShareGroupDescribeResponseAssignment(topic_partitions=topics),
    )


def _refused(group_id: str, error_code: int, message: str | None) -> ShareGroupDescribeResponseDescribedGroup:
    return ShareGroupDescribeResponseDescribedGroup(group_id=group_id, error_code=error_code, error_message=message)


def refuse(
    request: ShareGroupDescribeRequest, context: RequestContext, error_code: int, message: str | None
) -> ShareGroupDescribeResponse:
    return ShareGroupDescribeResponse(
        groups=[_refused(group_id, error_code, message) for group_id in request.group_ids]
    )


HANDLER = Handler(
    key=ApiKey.SHARE_GROUP_DESCRIBE, name="share_group_describe", versions=range(1, 2), handle=handle, refuse=refuse
)
