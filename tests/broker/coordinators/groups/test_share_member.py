"""Members of share groups: what changes them, and what they take."""

from broker.coordinators.groups.share_member import ShareCommand, ShareMember

T = b"T" * 16


def test_what_says_nothing_new_is_the_same_member() -> None:
    """So there is nothing to store."""
    member = ShareMember(member_id="m", client_id="c", topic_names=frozenset({"t"}), rack_id="r")

    assert member.updated_by(ShareCommand(member_id="m", member_epoch=1, client_id="c")) is member
    assert member.updated_by(ShareCommand(member_id="m", member_epoch=1, client_id="c", topic_names=frozenset({"t"}), rack_id="r")) is member
    assert member.moved(0, {}) is member


def test_what_is_said_replaces_what_was() -> None:
    """Only null leaves things as they were: no topics are no topics."""
    member = ShareMember(member_id="m", topic_names=frozenset({"t"}))
    changed = member.updated_by(
        ShareCommand(member_id="m", member_epoch=1, client_id="d", client_host="/h", rack_id="s", topic_names=frozenset())
    )

    assert changed == ShareMember(member_id="m", client_id="d", client_host="/h", rack_id="s")
    assert changed.topic_regex == ""


def test_the_epoch_before_is_remembered() -> None:
    """Also while partitions change within an epoch."""
    member = ShareMember(member_id="m").moved(2, {T: frozenset({0})})
    assert (member.epoch, member.previous_epoch) == (2, 0)
    member = member.moved(2, {})

    assert (member.epoch, member.previous_epoch) == (2, 0)
    assert member.moved(5, {}).previous_epoch == 2


def test_names_and_partitions_take_memory() -> None:
    """Whatever a client says is counted."""
    small = ShareMember(member_id="m")

    assert ShareMember(member_id="m" * 36, topic_names=frozenset({"t"})).state_bytes > small.state_bytes + 99
    assert small.moved(1, {T: frozenset(range(10))}).state_bytes == small.state_bytes + 1_000
