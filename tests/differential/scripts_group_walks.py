"""Walks of groups: members that join, sync, leave, come back, commit and fall out of step, at random, the same for both brokers.

They are slow and need a quiet machine, for that an answer waits for other members shows only in that it does not come. So
they are walked when asked for: ``PENSTOCK_DIFFERENTIAL_GROUP_WALKS=20`` walks twenty, about half a minute each.
"""

import os
import random
import select
from typing import Any

from broker.wire.messages.delete_groups import DeleteGroupsRequest
from broker.wire.messages.describe_groups import DescribeGroupsRequest
from broker.wire.messages.heartbeat import HeartbeatRequest
from broker.wire.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from broker.wire.messages.leave_group import LeaveGroupRequest, LeaveGroupRequestMemberIdentity
from broker.wire.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment
from tests.differential.script import Stage, script
from tests.differential.scripts_groups import anonymous, coordinator
from tests.differential.scripts_offsets import commit_request
from tests.differential.topics import create

PATIENCE_S = 0.2
"""An answer that has not come by then is one that waits for other members."""

STEPS = 45


class Walker:
    """One member; its number is how it is named in what is recorded."""

    def __init__(self, stage: Stage, instance: str | None) -> None:
        self.client = stage.client()
        self.instance = instance
        self.id = ""
        self.generation = -1
        self.waits_for: tuple[int, int] | None = None
        self.protocol: str | None = None


@script(11, range(int(os.environ.get("PENSTOCK_DIFFERENTIAL_GROUP_WALKS", "0"))))
def group_walk(stage: Stage) -> None:
    """Three members, one of them static, over connections of their own."""
    chance = random.Random(stage.version)
    version = chance.choice((3, 5, 9))
    admin, group = stage.client(), stage.name("g")
    topic = stage.name("t")
    topic_id = create(admin, topic)
    coordinator(admin, group)
    members = [Walker(stage, None), Walker(stage, None), Walker(stage, "static" if version >= 5 else None)]
    known: list[str] = []
    leader = ""

    def recorded(step: str, answer: Any) -> None:
        anonymous(answer, *known)
        if hasattr(answer, "members"):
            answer.members.sort(key=lambda each: each.member_id)
        stage.record(step, answer)

    def take(number: int, member: Walker, timeout_s: float, label: str) -> bool:
        """Record the member's answer if it comes in time."""
        assert member.waits_for is not None
        if not select.select([member.client.waiting_socket], [], [], timeout_s)[0]:
            return False
        key, key_version = member.waits_for
        member.waits_for = None
        answer = member.client.receive(key, key_version)
        if key == 11:
            nonlocal leader
            leader = answer.leader or leader
            if answer.member_id and answer.member_id not in known:
                known.append(answer.member_id)
            if answer.error_code in (0, 79):
                member.id = answer.member_id
            if answer.error_code == 0:
                member.generation, member.protocol = answer.generation_id, answer.protocol_name
            if answer.error_code in (25, 82):
                member.id = ""
        recorded(f"{number}_{label}_{members.index(member)}", answer)
        return True

    for number in range(STEPS):
        member = chance.choice(members)
        move = chance.random()
        waiting = member.waits_for is not None
        # Never a draw between two protocols: Apache Kafka decides it by the order of a hash map.
        protocols = chance.choice((("a", "b"), ("a", "b"), ("b",)))
        wrong = chance.random() < 0.1
        # Who never joined leaves nothing; who leads after the leader left is the order of a hash map again.
        stays = member.generation < 0 or member.id == leader
        if waiting or 0.55 <= move < 0.7 or (0.7 <= move < 0.8 and stays):
            request = HeartbeatRequest(
                group_id=group,
                generation_id=member.generation + wrong,
                member_id=member.id,
                group_instance_id=member.instance,
            )
            recorded(f"{number}_heartbeat", admin.call(12, 4, request))
        elif move < 0.35:
            if wrong and member.instance:
                member.id = ""
            request = JoinGroupRequest(
                group_id=group,
                session_timeout_ms=60_000,
                rebalance_timeout_ms=60_000,
                member_id=member.id,
                group_instance_id=member.instance,
                protocol_type="connect" if wrong and not member.instance else "consumer",
                protocols=[
                    JoinGroupRequestProtocol(name=name, metadata=b"m%d" % chance.randint(0, 1)) for name in protocols
                ],
            )
            member.client.send(11, version, request)
            member.waits_for = (11, version)
        elif move < 0.55:
            request = SyncGroupRequest(
                group_id=group,
                generation_id=member.generation - wrong,
                member_id=member.id,
                group_instance_id=member.instance,
                protocol_type="consumer",
                protocol_name=member.protocol,
                assignments=[
                    SyncGroupRequestAssignment(member_id=each.id, assignment=b"part %d" % index)
                    for index, each in enumerate(members)
                    if each.id
                ]
                if chance.random() < 0.8
                else [],
            )
            member.client.send(14, min(version, 5), request)
            member.waits_for = (14, min(version, 5))
        elif move < 0.8:
            identity = LeaveGroupRequestMemberIdentity(
                member_id="" if wrong else member.id, group_instance_id=member.instance
            )
            answer = admin.call(13, 5, LeaveGroupRequest(group_id=group, members=[identity]))
            if not answer.error_code and not answer.members[0].error_code:
                member.id = ""
            recorded(f"{number}_leave", answer)
        elif move < 0.95:
            generation, identity_id = (-1, "") if wrong else (member.generation, member.id)
            instance = None if wrong else member.instance
            request = commit_request(
                group, topic, topic_id, {0: (number, "")}, generation, identity_id, group_instance_id=instance
            )
            recorded(f"{number}_commit", admin.call(8, 8, request))
        else:
            recorded(f"{number}_delete", admin.call(42, 2, DeleteGroupsRequest(groups_names=[group])))
        # Whoever can be answered is; the one who asked first, for its answer may take others with it.
        for each in sorted((each for each in members if each.waits_for), key=lambda each: each is not member):
            take(number, each, PATIENCE_S, "answer")
        described = admin.call(15, 5, DescribeGroupsRequest(groups=[group])).groups[0]
        for each in described.members:
            if each.member_id not in known:
                known.append(each.member_id)
        recorded(f"{number}_group", described)
