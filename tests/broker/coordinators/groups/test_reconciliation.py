"""Steps of one member towards its target."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from broker.coordinators.groups.consumer_member import ConsumerMember, MemberState
from broker.coordinators.groups.reconciliation import reconcile

T, U = b"t" * 16, b"u" * 16


def member(state: MemberState = MemberState.STABLE, epoch: int = 1, **fields: Any) -> ConsumerMember:
    return ConsumerMember(member_id="m", epoch=epoch, previous_epoch=epoch - 1, state=state, **fields)


def step(before: ConsumerMember, target: dict[bytes, set[int]], epoch: int = 2, **fields: Any) -> ConsumerMember:
    values: dict[str, Any] = {
        "subscribed": {T, U},
        "subscription_changed": False,
        "is_owned": lambda topic, index: False,
        "reported": None,
    }
    frozen = {topic: frozenset(indexes) for topic, indexes in target.items()}
    return reconcile(before, target_epoch=epoch, target=frozen, **(values | fields))


def test_who_is_there_already_stays() -> None:
    """Nothing to do is the same member."""
    there = member(assigned={T: {0: 1}})

    assert step(there, {T: {5}}, epoch=1) is there


def test_what_is_new_comes_at_once_when_nobody_has_it() -> None:
    """With the epoch it came in; what was there keeps its own."""
    after = step(member(assigned={T: {0: 1}}), {T: {0, 1}})

    assert (after.state, after.epoch, after.assigned) == (MemberState.STABLE, 2, {T: {0: 1, 1: 2}})


def test_giving_up_comes_first() -> None:
    """The epoch stays, nothing new comes, until the member says that it holds it no longer."""
    before = member(assigned={T: {0: 1, 1: 1}})
    revoking = step(before, {T: {1, 2}})
    assert (revoking.state, revoking.epoch) == (MemberState.UNREVOKED_PARTITIONS, 1)
    assert (revoking.assigned, revoking.pending_revocation) == ({T: {1: 1}}, {T: {0: 1}})
    assert step(revoking, {T: {1, 2}}) is revoking
    assert step(revoking, {T: {1, 2}}, reported={T: frozenset({0, 1})}) is revoking
    after = step(revoking, {T: {1, 2}}, reported={T: frozenset({1})})

    assert (after.state, after.epoch, after.assigned, after.pending_revocation) == (MemberState.STABLE, 2, {T: {1: 1, 2: 2}}, {})


def test_what_it_does_not_hold_need_not_be_given_up() -> None:
    """A member that has just joined again says that it holds nothing."""
    after = step(member(assigned={T: {0: 1}}), {U: {0}}, reported={})

    assert (after.state, after.assigned) == (MemberState.STABLE, {U: {0: 2}})


def test_what_others_have_is_waited_for() -> None:
    """In the new epoch already; the rest comes now."""
    after = step(member(), {T: {0, 1}}, is_owned=lambda topic, index: index == 0)
    assert (after.state, after.epoch, after.assigned) == (MemberState.UNRELEASED_PARTITIONS, 2, {T: {1: 2}})
    assert step(after, {T: {0, 1}}, is_owned=lambda topic, index: True) is after
    done = step(after, {T: {0, 1}})

    assert (done.state, done.assigned) == (MemberState.STABLE, {T: {0: 2, 1: 2}})


def test_what_is_no_longer_subscribed_to_goes_before_there_is_a_new_target() -> None:
    """The target still has it."""
    before = member(assigned={T: {0: 1}, U: {0: 1}})
    revoking = step(before, {T: {0}, U: {0}}, epoch=1, subscribed={U}, subscription_changed=True)
    assert (revoking.state, revoking.assigned, revoking.pending_revocation) == (MemberState.UNREVOKED_PARTITIONS, {U: {0: 1}}, {T: {0: 1}})
    at_once = step(before, {T: {0}, U: {0}}, epoch=1, subscribed={U}, subscription_changed=True, reported={})

    assert (at_once.state, at_once.assigned) == (MemberState.STABLE, {U: {0: 1}})


PARTITIONS = st.dictionaries(st.sampled_from([T, U]), st.sets(st.integers(0, 3), min_size=1))


@given(PARTITIONS, PARTITIONS, st.none() | PARTITIONS, st.sets(st.integers(0, 3)))
def test_a_member_never_takes_what_another_has(
    had: dict[bytes, set[int]], target: dict[bytes, set[int]], reported: dict[bytes, set[int]] | None, others: set[int]
) -> None:
    """And loses nothing that it may keep; whatever it reports."""
    before = member(assigned={topic: dict.fromkeys(indexes, 1) for topic, indexes in had.items()})
    mine = {(topic, index) for topic, indexes in had.items() for index in indexes}
    theirs = {(topic, index) for topic in (T, U) for index in others} - mine
    after = step(
        before,
        target,
        is_owned=lambda topic, index: (topic, index) in mine | theirs,
        reported=None if reported is None else {topic: frozenset(indexes) for topic, indexes in reported.items()},
    )
    has = {(topic, index) for topic, indexes in after.assigned.items() for index in indexes}
    wanted = {(topic, index) for topic, indexes in target.items() for index in indexes}
    assert not has & theirs
    assert mine & wanted <= has <= wanted
    if after.state is MemberState.STABLE:
        assert has == wanted
