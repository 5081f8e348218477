"""A share group (KIP-932): its members read the same partitions together, record by record; the broker decides who reads which.

Epochs, members and sessions are those of :mod:`broker.coordinators.groups.epoch_group`. As several members may have a
partition at once, a member has what it is to have as soon as it is told: nobody waits for anybody.

S1  A member has only partitions of topics it subscribes to.
S2  Members that subscribe to the same have as many partitions as each other, give or take one, once all of them were heard of.

Refusals are raised as :class:`BrokerError`; the group is then as it was.
"""

from collections.abc import Container, Iterable, Mapping

from broker.coordinators.groups.assignors import Subscriber
from broker.coordinators.groups.consumer_member import JOIN_EPOCH, Target
from broker.coordinators.groups.epoch_group import EpochGroup, GroupTiming, HeartbeatAnswer
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.rebalancing import GroupState
from broker.coordinators.groups.share_assignor import assign_simple
from broker.coordinators.groups.share_member import ShareCommand, ShareMember
from broker.coordinators.groups.subscribed_topics import Topics
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode

SHARE_PROTOCOL_TYPE = "share"


class ShareGroup(EpochGroup[ShareMember]):
    """One group. ``now_ms`` must never run back between two calls; ``topics`` shows the topics as they are now.

    What a group has read of a partition is kept elsewhere; ``to_begin`` are the partitions that members are to have and that nothing is
    known to be kept of yet. Its owner sees to that before anybody is told of them.
    """

    protocol_type = SHARE_PROTOCOL_TYPE
    assignor = "simple"
    first_assignment_epoch = 1
    each_leaver_counts = True

    def __init__(self, group_id: str, policy: GroupPolicy, topics: Topics) -> None:
        super().__init__(group_id, policy, topics)
        self.to_begin: set[tuple[bytes, int]] = set()
        self._begun: set[tuple[bytes, int]] = set()
        self._is_changed = True

    # --- what it shows ------------------------------------------------------------------------------------------------

    def _living_state(self) -> GroupState:
        return GroupState.STABLE if self.members else GroupState.EMPTY

    # --- offsets ------------------------------------------------------------------------------------------------------

    def commit_error(
        self, member_id: str, epoch: int, partitions: Iterable[tuple[bytes, int]], *, knows_epochs: bool
    ) -> ErrorCode:
        """A share group has no committed offsets."""
        return ErrorCode.GROUP_ID_NOT_FOUND

    def transactional_commit_error(self, member_id: str, instance_id: str | None, epoch: int) -> ErrorCode:
        """Nor in transactions."""
        return ErrorCode.GROUP_ID_NOT_FOUND

    # --- heartbeat ----------------------------------------------------------------------------------------------------

    def heartbeat(self, command: ShareCommand, timing: GroupTiming, now_ms: int) -> HeartbeatAnswer:
        """Join, stay, and have what the target says."""
        if self._is_dead:
            raise BrokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        self._session_timeout_ms = timing.session_timeout_ms
        before = self._find(command)
        after = before.updated_by(command)
        self._check_memory(after)
        self._put(after)
        is_changed = after.topic_names != before.topic_names
        if is_changed:
            self.subscribed.change(before, after)
        if is_changed or self.subscribed.are_outdated:
            self._refresh_topics(bump=is_changed)
        self._assign_if_due(timing, now_ms)
        if after.epoch != self.assignment_epoch or is_changed:
            wanted = self.subscribed.ids_of(after)
            target = self.targets.get(after.member_id, {})
            after = after.moved(self.assignment_epoch, {topic: indexes for topic, indexes in target.items() if topic in wanted})
            self._put(after)
        self._keep_alive(after, now_ms)
        is_behind = command.member_epoch < before.epoch  # the answer that told it more got lost
        tells = command.member_epoch == JOIN_EPOCH or is_behind or before.assigned != after.assigned
        return HeartbeatAnswer(
            member_id=after.member_id, member_epoch=after.epoch, assigned=after.assigned if tells else None
        )

    def _find(self, command: ShareCommand) -> ShareMember:
        """The member, maybe a new one."""
        member = self.members.get(command.member_id)
        if member is None:
            size = self.policy.share_group_max_size
            if len(self.members) >= size:
                raise BrokerError(
                    ErrorCode.GROUP_MAX_SIZE_REACHED, f"The share group has reached its maximum capacity of {size} members."
                )
            if command.member_epoch != JOIN_EPOCH:
                raise self._unknown(command.member_id)
            return ShareMember(member_id=command.member_id)
        _check_epoch(member, command.member_epoch)
        return member

    # --- leaving ------------------------------------------------------------------------------------------------------

    def leave(self, member_id: str, epoch: int) -> HeartbeatAnswer:
        """For good. What it had in delivery is the share partitions' affair."""
        if self._is_dead:
            raise BrokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        if member_id not in self.members:
            raise self._unknown(member_id)
        self._fence([member_id])
        return HeartbeatAnswer(member_id=member_id, member_epoch=epoch)

    # --- assignment ---------------------------------------------------------------------------------------------------

    def _new_targets(self) -> Mapping[str, Target]:
        subscribers = [
            Subscriber(member.member_id, self.subscribed.ids_of(member), self.targets.get(member.member_id, {}))
            for member in self.members.values()
        ]
        return assign_simple(subscribers, self.subscribed.counts())

    def _assign(self, now_ms: int) -> None:
        super()._assign(now_ms)
        topics = self.subscribed.topics
        self.have_lost({topic_id for topic_id, _ in self._begun if topics.by_id(topic_id) is None})
        self._find_what_to_begin()

    # --- what is kept of partitions -----------------------------------------------------------------------------------

    def _find_what_to_begin(self) -> None:
        self.to_begin = {
            (topic_id, index) for target in self.targets.values() for topic_id, indexes in target.items() for index in indexes
        } - self._begun

    def have_begun(self, partitions: Iterable[tuple[bytes, int]]) -> None:
        """Something is kept of these now."""
        self._begun.update(partitions)
        self.to_begin -= self._begun

    def have_lost(self, topic_ids: Container[bytes] | None) -> None:
        """Nothing is kept of these topics any more, or of any."""
        self._begun = {(topic_id, index) for topic_id, index in self._begun if topic_ids is not None and topic_id not in topic_ids}

    def restored(self, topics_digest: str) -> None:
        super().restored(topics_digest)
        self._find_what_to_begin()


def _check_epoch(member: ShareMember, epoch: int) -> None:
    if epoch in (JOIN_EPOCH, member.epoch, member.previous_epoch):
        return
    known = f"the one known by the group coordinator ({member.epoch})"
    if epoch > member.epoch:
        what = f"a greater member epoch ({epoch}) than {known}"
    else:
        what = f"a smaller member epoch ({epoch}) than {known}, and it does not match the previous member epoch ({member.previous_epoch})"
    raise BrokerError(
        ErrorCode.FENCED_MEMBER_EPOCH,
        f"The share group member has {what}. The member must abandon all its partitions and rejoin.",
    )
