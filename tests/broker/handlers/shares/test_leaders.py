"""Members of share groups learn who leads a partition, in ShareFetch and ShareAcknowledge alike."""

from dataclasses import replace

import pytest

from broker.coordinators.shares.share_partition import ACCEPT
from broker.handlers.shares.leaders import Leader, leader_elsewhere
from broker.model import Node
from broker.wire.error_codes import ErrorCode
from tests.broker.handlers.shares.members import Member, partitions_of
from tests.broker.log.harness import Log, batch, running_log

pytestmark = pytest.mark.anyio

OTHER = Node(5, "other", 9095, "zone")


def lead(log: Log, node_id: int, in_zone: int | None = None) -> None:
    """From now on that broker leads everything; clients are in a zone where ``in_zone`` does, if there is such a one."""
    identity = log.services.identity
    identity.zone_of = lambda client_id: None if in_zone is None else "zone"  # type: ignore[method-assign]
    identity.leader_of = lambda pid, rack=None: node_id if rack is None or in_zone is None else in_zone  # type: ignore[method-assign]
    identity._nodes["PLAINTEXT"] = [Node(0, "here", 9092), OTHER]
    around = log.share_partitions._around
    log.share_partitions._around = replace(around, leads=lambda topic_id, index: node_id == identity.node_id)
    log.share_partitions.leaders_changed()


async def test_a_member_that_metadata_sends_elsewhere_is_sent_to_the_leader() -> None:
    """With the address, for what it asks and for what it says."""
    async with running_log() as log:
        ann = Member(log, await log.topic())
        await log.append(ann.state.pids[0], batch(3))
        await ann.fetch()
        lead(log, OTHER.node_id, in_zone=0)
        fetched = await ann.fetch((0, 2, [ACCEPT]))
        said = await ann.acknowledge((0, 2, [ACCEPT]))

        (data,) = partitions_of(fetched)
        assert (data.error_code, data.acknowledge_error_code) == (ErrorCode.NOT_LEADER_OR_FOLLOWER,) * 2
        assert (data.current_leader.leader_id, data.current_leader.leader_epoch) == (5, 0)
        ((answer,),) = [topic.partitions for topic in said.responses]
        assert (answer.error_code, answer.current_leader.leader_id) == (ErrorCode.NOT_LEADER_OR_FOLLOWER, 5)
        for response in (fetched, said):
            assert [(node.node_id, node.host, node.port, node.rack) for node in response.node_endpoints] == [(5, "other", 9095, "zone")]


async def test_a_member_that_metadata_sends_to_the_leader_is_told_of_none() -> None:
    """The Java client would stay where it is: the leader it is told of is of no newer epoch than the one that it knows."""
    async with running_log() as log:
        ann = Member(log, await log.topic())
        await log.append(ann.state.pids[0], batch(3))
        await ann.fetch()
        lead(log, OTHER.node_id)
        fetched = await ann.fetch((0, 2, [ACCEPT]))
        said = await ann.acknowledge((0, 2, [ACCEPT]))

        (data,) = partitions_of(fetched)
        ((answer,),) = [topic.partitions for topic in said.responses]
        assert data.error_code == answer.error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER
        for each in (data, answer):
            assert (each.current_leader.leader_id, each.current_leader.leader_epoch) == (-1, -1)
        assert fetched.node_endpoints == said.node_endpoints == []


async def test_nobody_is_sent_anywhere_without_need() -> None:
    """To this broker, to one that its metadata names or the listener's clients cannot reach, or for what does not exist."""
    async with running_log() as log:
        ann = Member(log, await log.topic())
        key = (ann.state.topic_id, 0)
        assert leader_elsewhere(key, ann.context()) is None
        lead(log, OTHER.node_id)
        assert leader_elsewhere(key, ann.context()) is None
        lead(log, OTHER.node_id, in_zone=0)
        assert leader_elsewhere(key, ann.context()) == Leader(OTHER, 0)
        assert leader_elsewhere((ann.state.topic_id, 9), ann.context()) is None
        lead(log, 7, in_zone=0)
        assert leader_elsewhere(key, ann.context()) is None
