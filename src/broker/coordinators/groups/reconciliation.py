"""The next step of one member towards its target assignment (KIP-848): give up first, then get what others have given up.

R1  A member keeps the intersection of what it has and what it is to have.
R2  While it has anything to give up it stays in its epoch and gets nothing new.
R3  It gets a partition only when nobody owns it.
"""

from collections.abc import Callable, Set

from broker.coordinators.groups.consumer_member import ConsumerMember, MemberState, Partitions, Target


def reconcile(
    member: ConsumerMember,
    *,
    target_epoch: int,
    target: Target,
    subscribed: Set[bytes],
    subscription_changed: bool,
    is_owned: Callable[[bytes, int], bool],
    reported: Target | None,
) -> ConsumerMember:
    """The member after this step; itself when there is nothing to do.

    ``target`` is the one of ``target_epoch``; ``subscribed`` the ids of the topics it subscribes to now; ``is_owned`` tells
    whether any member owns a partition; ``reported`` is what the member says it still holds (None: it did not say).
    """
    if member.state is MemberState.STABLE and member.epoch == target_epoch:
        return _unsubscribed(member, subscribed, reported) if subscription_changed else member
    if member.state is MemberState.UNREVOKED_PARTITIONS and _holds_any(reported, member.pending_revocation):
        return _unsubscribed(member, subscribed, reported) if subscription_changed else member
    return _next(member, target_epoch, target, subscribed, is_owned, reported)


def _next(
    member: ConsumerMember,
    target_epoch: int,
    target: Target,
    subscribed: Set[bytes],
    is_owned: Callable[[bytes, int], bool],
    reported: Target | None,
) -> ConsumerMember:
    kept: dict[bytes, dict[int, int]] = {}
    revoked: dict[bytes, dict[int, int]] = {}
    added: dict[bytes, dict[int, int]] = {}
    awaits_others = False
    for topic_id in {**target, **member.assigned}:
        wanted = target.get(topic_id, frozenset()) if topic_id in subscribed else frozenset()
        had = member.assigned.get(topic_id, {})
        for index, epoch in had.items():
            (kept if index in wanted else revoked).setdefault(topic_id, {})[index] = epoch
        for index in sorted(wanted):
            if index in had:
                continue
            if is_owned(topic_id, index):
                awaits_others = True
            else:
                added.setdefault(topic_id, {})[index] = target_epoch
    if revoked and _holds_any(reported, revoked):
        return member.moved(MemberState.UNREVOKED_PARTITIONS, member.epoch, kept, revoked)
    for topic_id, indexes in added.items():
        kept.setdefault(topic_id, {}).update(indexes)
    state = MemberState.UNRELEASED_PARTITIONS if awaits_others else MemberState.STABLE
    if state is member.state and member.epoch == target_epoch and not added and not revoked:
        return member  # still waiting: nothing to store, and the previous epoch is still the one before
    return member.moved(state, target_epoch, kept)


def _unsubscribed(member: ConsumerMember, subscribed: Set[bytes], reported: Target | None) -> ConsumerMember:
    """What it no longer subscribes to is taken away at once, before a new target says so."""
    gone = {topic_id: indexes for topic_id, indexes in member.assigned.items() if topic_id not in subscribed}
    if not gone:
        return member
    kept = {topic_id: indexes for topic_id, indexes in member.assigned.items() if topic_id in subscribed}
    revoked = {topic_id: dict(indexes) for topic_id, indexes in member.pending_revocation.items()}
    for topic_id, indexes in gone.items():
        revoked.setdefault(topic_id, {}).update(indexes)
    if _holds_any(reported, revoked):
        return member.moved(MemberState.UNREVOKED_PARTITIONS, member.epoch, kept, revoked)
    return member.moved(member.state, member.epoch, kept, member.pending_revocation)


def _holds_any(reported: Target | None, partitions: Partitions) -> bool:
    """Whether the member still holds one of ``partitions``, as far as is known."""
    if reported is None:
        return True
    return any(not indexes.isdisjoint(partitions.get(topic_id, ())) for topic_id, indexes in reported.items())
