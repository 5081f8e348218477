"""Scripts about consumer groups of the classic protocol."""

from typing import Any

from broker.wire.messages.delete_groups import DeleteGroupsRequest
from broker.wire.messages.describe_groups import DescribeGroupsRequest
from broker.wire.messages.find_coordinator import FindCoordinatorRequest
from broker.wire.messages.heartbeat import HeartbeatRequest
from broker.wire.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from broker.wire.messages.leave_group import LeaveGroupRequest, LeaveGroupRequestMemberIdentity
from broker.wire.messages.list_groups import ListGroupsRequest
from broker.wire.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment
from tests.differential.raw_client import RawClient
from tests.differential.script import Stage, script
from tests.support.waiting import wait_until

COORDINATOR_ERRORS = (14, 15, 16)
"""Loading, not available, another one: what passes by itself."""


def coordinator(client: RawClient, group: str) -> None:
    """Ask for the coordinator until there is one: Apache Kafka makes its offsets topic on the first question."""
    request = FindCoordinatorRequest(key=group, key_type=0)
    wait_until(lambda answer: answer.error_code == 0, lambda: client.call(10, 3, request), 60)

    def loaded(answer: Any) -> bool:
        return answer.error_code not in COORDINATOR_ERRORS

    # The coordinator may still load its partition. (Heartbeats are answered as good meanwhile, so they would not tell.)
    wait_until(loaded, lambda: client.call(15, 5, DescribeGroupsRequest(groups=[group])).groups[0], 60)
    # Listing asks all of its partitions.
    wait_until(loaded, lambda: client.call(16, 5, ListGroupsRequest()), 60)


def join(
    client: RawClient,
    version: int,
    group: str,
    member: str = "",
    *,
    names: tuple[str, ...] = ("range",),
    kind: str = "consumer",
    session_ms: int = 30_000,
    instance: str | None = None,
    metadata: bytes = b"m",
) -> Any:
    request = JoinGroupRequest(
        group_id=group,
        session_timeout_ms=session_ms,
        rebalance_timeout_ms=30_000,
        member_id=member,
        group_instance_id=instance,
        protocol_type=kind,
        protocols=[JoinGroupRequestProtocol(name=name, metadata=metadata) for name in names],
    )
    return client.call(11, version, request)


def joined(client: RawClient, version: int, group: str, **options: Any) -> Any:
    """Join, with the id that the broker asks newer clients to come back with."""
    answer = join(client, version, group, **options)
    if answer.error_code == 79:
        answer = join(client, version, group, answer.member_id, **options)
    return answer


def sync(
    client: RawClient,
    version: int,
    group: str,
    generation: int,
    member: str,
    assignments: dict[str, bytes],
    **more: Any,
) -> Any:
    request = SyncGroupRequest(
        group_id=group,
        generation_id=generation,
        member_id=member,
        assignments=[SyncGroupRequestAssignment(member_id=m, assignment=a) for m, a in assignments.items()],
        **more,
    )
    return client.call(14, version, request)


def anonymous(answer: Any, *members: str) -> Any:
    """An answer with member ids replaced by who they are."""
    for slot in getattr(answer, "__slots__", ()):
        value = getattr(answer, slot)
        if isinstance(value, str) and value in members:
            setattr(answer, slot, f"<member {members.index(value)}>")
        elif isinstance(value, list):
            for item in value:
                anonymous(item, *members)
    return answer


@script(11, range(0, 10))
def join_group(stage: Stage) -> None:
    """One member joins, syncs, rejoins; and everything that is refused."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    coordinator(client, group)
    stage.record("empty_group_id", join(client, v, ""))
    stage.record("session_too_short", join(client, v, group, session_ms=10))
    stage.record("session_too_long", join(client, v, group, session_ms=2_000_000_000))
    stage.record("unknown_member", join(client, v, group, "nobody"))
    stage.record("no_protocols", join(client, v, group, names=()))
    stage.record("no_protocol_type", join(client, v, group, kind=""))
    first = join(client, v, group)
    if first.error_code == 79:
        stage.record(
            "id_required",
            [first.error_code, first.generation_id, first.protocol_name, first.leader, bool(first.member_id)],
        )
        first = join(client, v, group, first.member_id)
    member = first.member_id
    stage.record("first", anonymous(first, member))
    stage.record("sync", sync(client, min(v, 5), group, 1, member, {member: b"a"}))
    stage.record("sync_again", sync(client, min(v, 5), group, 1, member, {}))
    stage.record("sync_old_generation", sync(client, min(v, 5), group, 0, member, {}))
    stage.record("sync_unknown", sync(client, min(v, 5), group, 1, "nobody", {}))
    stage.record("other_protocol", join(client, v, group, member, names=("other",)) if v < 0 else None)
    stage.record("other_type", join(client, v, group, member, kind="connect"))
    stage.record("second_generation", anonymous(join(client, v, group, member, metadata=b"n"), member))
    stage.record(
        "heartbeat_in_rebalance",
        client.call(12, 4, HeartbeatRequest(group_id=group, generation_id=2, member_id=member)),
    )


@script(11, range(5, 10))
def static_members(stage: Stage) -> None:
    """KIP-345: a member with a name of its own comes back without a rebalance; its twin is fenced."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    coordinator(client, group)
    first = join(client, v, group, instance="one")
    one = first.member_id
    stage.record("first", anonymous(first, one))
    stage.record(
        "sync",
        sync(
            client,
            5,
            group,
            1,
            one,
            {one: b"a"},
            group_instance_id="one",
            protocol_type="consumer",
            protocol_name="range",
        ),
    )
    again = join(client, v, group, instance="one")
    two = again.member_id
    stage.record("new_id", one != two)
    stage.record("again", anonymous(again, one, two))
    stage.record(
        "sync_again",
        sync(
            client,
            5,
            group,
            again.generation_id,
            two,
            {},
            group_instance_id="one",
            protocol_type="consumer",
            protocol_name="range",
        ),
    )
    stage.record("fenced_join", anonymous(join(client, v, group, one, instance="one"), one, two))
    for step, (member, instance) in {
        "fenced": (one, "one"),
        "current": (two, "one"),
        "unknown_instance": (two, "three"),
    }.items():
        request = HeartbeatRequest(
            group_id=group, generation_id=again.generation_id, member_id=member, group_instance_id=instance
        )
        stage.record(f"heartbeat_{step}", client.call(12, 4, request))
    request = LeaveGroupRequest(
        group_id=group, members=[LeaveGroupRequestMemberIdentity(member_id="", group_instance_id="one")]
    )
    stage.record("leave_by_instance", client.call(13, 5, request))
    stage.record("leave_twice", client.call(13, 5, request))


@script(14, range(0, 6))
def sync_group(stage: Stage) -> None:
    """Sync at each version, with the protocol it was elected by."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    coordinator(client, group)
    stage.record("no_group", sync(client, v, group, 1, "m", {}, protocol_type="consumer", protocol_name="range"))
    member = joined(client, 5, group).member_id
    if v >= 5:
        stage.record(
            "other_name", sync(client, v, group, 1, member, {}, protocol_type="consumer", protocol_name="sticky")
        )
        stage.record(
            "other_type", sync(client, v, group, 1, member, {}, protocol_type="connect", protocol_name="range")
        )
    good = {"protocol_type": "consumer", "protocol_name": "range"}
    stage.record("good", sync(client, v, group, 1, member, {member: b"abc"}, **good))
    stage.record("again", sync(client, v, group, 1, member, {member: b"changed"}, **good))
    stage.record("stale", sync(client, v, group, 7, member, {}, **good))


@script(12, range(0, 5))
def heartbeat(stage: Stage) -> None:
    """In each state of a group."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    coordinator(client, group)

    def beat(step: str, generation: int, member: str, name: str = group) -> None:
        request = HeartbeatRequest(group_id=name, generation_id=generation, member_id=member)
        stage.record(step, client.call(12, v, request))

    beat("no_group", 1, "m")
    beat("empty_name", 1, "m", "")
    member = joined(client, 5, group).member_id
    beat("before_sync", 1, member)
    sync(client, 3, group, 1, member, {member: b"a"})
    beat("stable", 1, member)
    beat("stale", 0, member)
    beat("ahead", 5, member)
    beat("unknown", 1, "nobody")


@script(13, range(0, 6))
def leave_group(stage: Stage) -> None:
    """Known, unknown, last and gone members."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    coordinator(client, group)

    def leave(step: str, *members: str) -> None:
        request = LeaveGroupRequest(
            group_id=group,
            member_id=members[0],
            members=[LeaveGroupRequestMemberIdentity(member_id=m) for m in members],
        )
        stage.record(step, anonymous(client.call(13, v, request), *members))

    leave("no_group", "m")
    member = joined(client, 5, group).member_id
    sync(client, 3, group, 1, member, {member: b"a"})
    leave("unknown", "nobody")
    if v >= 3:
        leave("both", member, "nobody")
    else:
        leave("known", member)
    leave("gone", member)


@script(10, range(0, 7))
def find_coordinator(stage: Stage) -> None:
    """Of groups and of what is no group."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    coordinator(client, group)

    def ask(step: str, kind: int, *keys: str) -> None:
        request = FindCoordinatorRequest(key=keys[0], key_type=kind, coordinator_keys=list(keys))
        stage.record(step, client.call(10, v, request))

    ask("group", 0, group)
    ask("empty", 0, "")
    if v >= 1:
        ask("kind_9", 9, group)
    if v >= 4:
        ask("several", 0, group, stage.name("h"))


@script(15, range(0, 7))
def describe_groups(stage: Stage) -> None:
    """Unknown, empty, rebalancing and stable groups."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    coordinator(client, group)

    def ask(step: str, *members: str, operations: bool = False) -> None:
        request = DescribeGroupsRequest(groups=[group], include_authorized_operations=operations)
        answer = client.call(15, v, request)
        for described in answer.groups:
            for member in described.members:
                member.client_host = "<host>"
        stage.record(step, anonymous(answer, *members))

    ask("unknown")
    member = joined(client, 5, group).member_id
    ask("before_sync", member)
    sync(client, 3, group, 1, member, {member: b"abc"})
    ask("stable", member)
    if v >= 3:
        ask("operations", member, operations=True)
    client.call(13, 2, LeaveGroupRequest(group_id=group, member_id=member))
    ask("empty", member)
    stage.record("nobody", client.call(15, v, DescribeGroupsRequest(groups=[])))
    stage.record("empty_name", client.call(15, v, DescribeGroupsRequest(groups=[""])))


@script(16, range(0, 6))
def list_groups(stage: Stage) -> None:
    """All, by state, by type."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    coordinator(client, group)
    member = joined(client, 5, group).member_id
    sync(client, 3, group, 1, member, {member: b"abc"})

    def ask(step: str, states: tuple[str, ...] = (), kinds: tuple[str, ...] = ()) -> None:
        answer = client.call(16, v, ListGroupsRequest(states_filter=list(states), types_filter=list(kinds)))
        answer.groups = [listed for listed in answer.groups if listed.group_id.startswith(stage.prefix)]
        stage.record(step, answer)

    ask("all")
    if v >= 4:
        ask("stable", ("Stable",))
        ask("lower_case", ("stable",))
        ask("empty", ("Empty",))
        ask("nonsense", ("Nonsense",))
    if v >= 5:
        ask("classic", (), ("classic",))
        ask("upper_case", (), ("Classic",))
        ask("consumer", (), ("consumer",))
        ask("nonsense_type", (), ("nonsense",))


@script(42, range(0, 3))
def delete_groups(stage: Stage) -> None:
    """Groups with members, without, and none."""
    client, group, v = stage.client(), stage.name("g"), stage.version
    coordinator(client, group)

    def ask(step: str, *names: str) -> None:
        answer = client.call(42, v, DeleteGroupsRequest(groups_names=list(names)))
        answer.results.sort(key=lambda r: r.group_id)
        stage.record(step, answer)

    ask("unknown", group)
    member = joined(client, 5, group).member_id
    sync(client, 3, group, 1, member, {member: b"abc"})
    ask("with_members", group)
    client.call(13, 2, LeaveGroupRequest(group_id=group, member_id=member))
    ask("empty", group, stage.name("other"))
    ask("gone", group)
    ask("empty_name", "")
    ask("nothing")
