"""Scripts about groups of several members: who waits for whom, who is told what, who is put out."""

from typing import Any

from broker.wire.messages.describe_groups import DescribeGroupsRequest
from broker.wire.messages.heartbeat import HeartbeatRequest
from broker.wire.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from broker.wire.messages.leave_group import LeaveGroupRequest, LeaveGroupRequestMemberIdentity
from broker.wire.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment
from tests.differential.raw_client import RawClient
from tests.differential.script import Stage, script
from tests.differential.scripts_groups import anonymous, coordinator
from tests.differential.scripts_offsets import commit_request
from tests.differential.topics import create
from tests.support.waiting import wait_until


class Group:
    """A group and those who talk to it, each over a connection of its own."""

    def __init__(self, stage: Stage, version: int) -> None:
        self.stage = stage
        self.version = version
        self.name = stage.name("g")
        self.admin = stage.client()
        self.ids: list[str] = []
        coordinator(self.admin, self.name)

    def member(self, *protocols: str, **options: Any) -> "Member":
        return Member(self, protocols or ("range",), **options)

    def described(self) -> Any:
        return self.admin.call(15, 5, DescribeGroupsRequest(groups=[self.name])).groups[0]

    def wait(self, state: str, members: int | None = None) -> None:
        """Until the group is in this state, with so many members. A join that is held back shows in no other way."""
        wait_until(
            lambda group: group.group_state == state and members in (None, len(group.members)), self.described, 20
        )

    def record(self, step: str, answer: Any) -> Any:
        anonymous(answer, *self.ids)
        if hasattr(answer, "members"):
            answer.members.sort(key=lambda member: member.member_id)
        return self.stage.record(step, answer)

    def look(self, step: str) -> None:
        """Record how others see the group."""
        group = self.described()
        self.record(step, group)


class Member:
    """One member; ``join`` and ``sync`` only send, as their answers may have to wait for others."""

    def __init__(
        self,
        group: Group,
        protocols: tuple[str, ...],
        *,
        session_ms: int = 30_000,
        rebalance_ms: int = 30_000,
        instance: str | None = None,
        kind: str = "consumer",
    ) -> None:
        self.group = group
        self.client: RawClient = group.stage.client()
        self.id = ""
        self.generation = -1
        self.chosen: str | None = ""
        self.protocols = protocols
        self.metadata = b"m"
        self.session_ms = session_ms
        self.rebalance_ms = rebalance_ms
        self.instance = instance
        self.kind = kind

    def join(self) -> None:
        request = JoinGroupRequest(
            group_id=self.group.name,
            session_timeout_ms=self.session_ms,
            rebalance_timeout_ms=self.rebalance_ms,
            member_id=self.id,
            group_instance_id=self.instance,
            protocol_type=self.kind,
            protocols=[JoinGroupRequestProtocol(name=name, metadata=self.metadata) for name in self.protocols],
        )
        if not self.id and self.instance is None and self.group.version >= 4:
            answer = self.client.call(11, self.group.version, request)
            assert answer.error_code == 79, answer
            request.member_id = self.id = answer.member_id
            self.group.ids.append(self.id)
        self.client.send(11, self.group.version, request)

    def joined(self, step: str) -> Any:
        answer = self.client.receive(11, self.group.version)
        if answer.error_code == 0:
            self.id, self.generation, self.chosen = answer.member_id, answer.generation_id, answer.protocol_name
            if self.id not in self.group.ids:
                self.group.ids.append(self.id)
        return self.group.record(step, answer)

    def sync(self, *assigned: "Member") -> None:
        version = min(self.group.version, 5)
        request = SyncGroupRequest(
            group_id=self.group.name,
            generation_id=self.generation,
            member_id=self.id,
            group_instance_id=self.instance if version >= 3 else None,
            protocol_type=self.kind,
            protocol_name=self.chosen,
            assignments=[
                SyncGroupRequestAssignment(member_id=member.id, assignment=f"part {index}".encode())
                for index, member in enumerate(assigned)
            ],
        )
        self.client.send(14, version, request)

    def synced(self, step: str) -> Any:
        return self.group.record(step, self.client.receive(14, min(self.group.version, 5)))

    def beat(self, step: str) -> None:
        request = HeartbeatRequest(
            group_id=self.group.name, generation_id=self.generation, member_id=self.id, group_instance_id=self.instance
        )
        self.group.record(step, self.client.call(12, 4, request))

    def leave(self, step: str) -> None:
        request = LeaveGroupRequest(
            group_id=self.group.name,
            member_id=self.id,
            members=[LeaveGroupRequestMemberIdentity(member_id=self.id, group_instance_id=self.instance)],
        )
        self.group.record(step, self.client.call(13, 5, request))


def settled(group: Group, *members: Member, **options: Any) -> None:
    """Bring these members into a stable group; the first leads."""
    first, *others = members
    first.join()
    first.joined("begin/first")
    for index, other in enumerate(others):
        other.join()
        group.wait("PreparingRebalance", index + 2)
        for member in members[: index + 1]:
            member.join()
        for number, member in enumerate(members[: index + 2]):
            member.joined(f"begin/{index}/{number}")
    first.sync(*members)
    for other in others:
        other.sync()
    for number, member in enumerate(members):
        member.synced(f"begin/sync/{number}")


@script(11, range(2, 10))
def two_members(stage: Stage) -> None:
    """A second member comes, both get their share; it goes, and the first has everything."""
    group = Group(stage, stage.version)
    one, two = group.member(), group.member()
    one.join()
    one.joined("one")
    one.sync(one)
    one.synced("one_synced")
    two.join()
    group.wait("PreparingRebalance", 2)
    group.look("two_waits")
    one.beat("one_hears_of_it")
    one.sync(one)
    one.synced("sync_in_rebalance")
    one.join()
    one.joined("one_again")
    two.joined("two")
    group.look("before_sync")
    two.beat("beat_before_sync")
    two.sync()
    one.sync(one, two)
    one.synced("leader_synced")
    two.synced("follower_synced")
    group.look("stable")
    two.beat("beat")
    two.sync()
    two.synced("follower_syncs_again")
    two.leave("two_leaves")
    one.beat("one_hears_of_leaving")
    group.look("after_leaving")
    one.join()
    one.joined("one_alone")
    two.beat("two_is_gone")


@script(11, range(2, 10))
def rejoining(stage: Stage) -> None:
    """Who joins again without change: a follower gets what there is, the leader starts over; with change, all start over."""
    group = Group(stage, stage.version)
    one, two = group.member("cooperative", "range"), group.member("cooperative", "range")
    settled(group, one, two)
    group.look("stable")
    two.join()
    two.joined("follower_same")
    two.metadata = b"owned"
    two.join()
    group.wait("PreparingRebalance", 2)
    one.beat("one_hears_of_it")
    one.join()
    one.joined("one")
    two.joined("two")
    two.join()
    two.joined("follower_before_sync")
    one.sync(one, two)
    one.synced("one_synced")
    two.sync()
    two.synced("two_synced")
    one.join()
    group.wait("PreparingRebalance", 2)
    two.beat("two_hears_of_leader")
    two.join()
    one.joined("leader_again")
    two.joined("follower_again")


@script(11, range(2, 10, 3))
def choosing_a_protocol(stage: Stage) -> None:
    """What all can do, by majority; who can do none of it is refused."""
    group = Group(stage, stage.version)
    one, two, three = group.member("a", "b", "c"), group.member("c", "b"), group.member("b", "c")
    settled(group, one, two, three)
    group.look("chosen")
    for step, stranger in {
        "no_common": group.member("x"),
        "no_common_of_all": group.member("a"),
        "other_type": group.member("b", kind="connect"),
        "one_too_many": group.member("b"),
    }.items():
        request = JoinGroupRequest(
            group_id=group.name,
            session_timeout_ms=30_000,
            rebalance_timeout_ms=30_000,
            protocol_type=stranger.kind,
            protocols=[JoinGroupRequestProtocol(name=name, metadata=b"m") for name in stranger.protocols],
        )
        answer = stranger.client.call(11, stage.version, request)
        if answer.member_id:
            group.ids.append(answer.member_id)
        if answer.error_code == 79:
            request.member_id = answer.member_id
            stage.record(f"{step}_got_id", True)
            answer = stranger.client.call(11, stage.version, request)
        group.record(step, answer)
    one.protocols = ("z",)
    one.join()
    one.joined("member_changes_to_unknown")


@script(11, range(2, 10, 3))
def session_timeout(stage: Stage) -> None:
    """A member that says nothing is put out; so is one that does not join again in time."""
    group = Group(stage, stage.version)
    one, two = group.member(rebalance_ms=400), group.member(session_ms=300)
    settled(group, one, two)
    group.wait("PreparingRebalance", 1)
    two.beat("two_is_gone")
    one.beat("one_hears_of_it")
    group.look("one_is_left")
    three = group.member(rebalance_ms=400)
    three.join()
    three.joined("three")
    one.beat("one_was_too_late")
    group.look("three_is_left")


@script(11, range(5, 10))
def static_members_together(stage: Stage) -> None:
    """KIP-345 with two members: one comes back unchanged, changed, as the leader; it is removed by name."""
    group = Group(stage, stage.version)
    both = ("range", "sticky")
    one, two = group.member(*both, instance="one"), group.member(*both, instance="two")
    settled(group, one, two)
    back = group.member(*both, instance="two")
    back.join()
    back.joined("follower_back")
    group.look("follower_is_back")
    two.beat("old_self")
    back.sync()
    back.synced("follower_synced")
    one.beat("leader_knows_nothing")
    lead = group.member(*both, instance="one")
    lead.join()
    lead.joined("leader_back")
    lead.sync()
    lead.synced("leader_synced")
    told = group.member(*both, instance="two")
    told.metadata = b"other"
    told.join()
    told.joined("follower_changed_metadata")
    told.sync()
    told.synced("follower_changed_metadata_synced")
    changed = group.member("sticky", instance="two")
    changed.join()
    group.wait("PreparingRebalance", 2)
    lead.join()
    lead.joined("leader_after_change")
    changed.joined("follower_changed")
    lead.sync(lead, changed)
    lead.synced("all_synced")
    changed.sync()
    changed.synced("all_synced_follower")

    def remove(step: str, *identities: tuple[str, str | None]) -> None:
        members = [LeaveGroupRequestMemberIdentity(member_id=m, group_instance_id=i) for m, i in identities]
        group.record(step, group.admin.call(13, 5, LeaveGroupRequest(group_id=group.name, members=members)))

    remove("remove_unknown", ("", "three"))
    remove("remove_with_old_id", (two.id, "two"))
    remove("remove", ("", "two"))
    lead.beat("leader_hears_of_it")
    changed.beat("removed")
    remove("remove_many", ("", "two"), ("", "one"), ("nobody", None))
    group.look("empty")


@script(8, range(2, 10))
def commits_in_a_rebalance(stage: Stage) -> None:
    """Offsets may be committed while others join, not between joining and assignment; fenced instances may not at all."""
    group = Group(stage, 5)
    topic = stage.name("t")
    topic_id = create(group.admin, topic)
    one, two = group.member(instance="one"), group.member()
    one.join()
    one.joined("one")

    def commit(step: str, member: Member, **options: Any) -> None:
        request = commit_request(group.name, topic, topic_id, {0: (5, "")}, member.generation, member.id, **options)
        stage.record(step, member.client.call(8, stage.version, request))

    commit("before_sync", one)
    one.sync(one)
    one.synced("synced")
    commit("stable", one)
    two.join()
    group.wait("PreparingRebalance", 2)
    commit("while_others_join", one)
    one.join()
    one.joined("one_again")
    two.joined("two")
    commit("between", two)
    one.sync(one, two)
    one.synced("one_synced")
    two.sync()
    two.synced("two_synced")
    if stage.version >= 7:
        commit("instance", one, group_instance_id="one")
        commit("unknown_instance", one, group_instance_id="nobody")
        again = group.member(instance="one")
        again.join()
        again.joined("again")
        commit("fenced", one, group_instance_id="one")
