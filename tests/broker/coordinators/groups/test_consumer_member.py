"""One member of the consumer protocol."""

from broker.coordinators.groups.consumer_member import ConsumerMember, HeartbeatCommand, MemberState

T = b"t" * 16


def test_what_is_not_said_stays() -> None:
    """And what is said again changes nothing: it is the same member."""
    member = ConsumerMember(member_id="m", client_id="c", rack_id="r", topic_names=frozenset({"t"}), rebalance_timeout_ms=5)
    same = HeartbeatCommand(member_id="m", member_epoch=1, client_id="c", topic_names=frozenset({"t"}))
    assert member.updated_by(same) is member
    changed = member.updated_by(
        HeartbeatCommand(
            member_id="m",
            member_epoch=1,
            client_id="d",
            client_host="/h",
            instance_id="i",
            rack_id="s",
            rebalance_timeout_ms=6,
            topic_names=frozenset(),
            topic_regex="x",
            server_assignor="range",
        )
    )

    assert changed == ConsumerMember(
        member_id="m",
        client_id="d",
        client_host="/h",
        instance_id="i",
        rack_id="s",
        rebalance_timeout_ms=6,
        topic_regex="x",
        server_assignor="range",
    )


def test_only_a_heartbeat_that_says_everything_is_full() -> None:
    """Then the answer repeats the assignment."""
    full = {"rebalance_timeout_ms": 5, "topic_names": frozenset[str](), "owned": {}}
    assert HeartbeatCommand(member_id="m", member_epoch=1, **full).is_full  # type: ignore[arg-type]
    for left_out in full:
        fields = {name: value for name, value in full.items() if name != left_out}
        assert not HeartbeatCommand(member_id="m", member_epoch=1, **fields).is_full  # type: ignore[arg-type]


def test_a_move_keeps_the_epoch_before() -> None:
    """Unless nothing moves."""
    member = ConsumerMember(member_id="m", epoch=3, previous_epoch=2)
    moved = member.moved(MemberState.STABLE, 4, {T: {0: 4}})

    assert (moved.epoch, moved.previous_epoch, moved.is_reconciled_to(4)) == (4, 3, True)
    assert moved.moved(MemberState.STABLE, 4, {T: {0: 4}}).previous_epoch == 4
    assert moved.state_bytes > member.state_bytes
