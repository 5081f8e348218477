"""The agent for members of the classic protocol in consumer groups: their JoinGroup, SyncGroup and Heartbeat.

Like those of the consumer protocol they are answered when what they are told is in the catalog.
"""

from collections.abc import Callable

from broker.coordinators.consumer_group_coordinator import ConsumerGroupCoordinator
from broker.coordinators.group_registry import OwnedGroup
from broker.coordinators.groups.commands import JoinAnswer, JoinCommand, SyncAnswer, SyncCommand
from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.migration import may_downgrade
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode


class ClassicMemberCoordinator:
    """Stores and converts groups by way of ``consumers``."""

    def __init__(
        self,
        consumers: ConsumerGroupCoordinator,
        policy: GroupPolicy,
        clock_ms: Callable[[], int],
    ) -> None:
        self._consumers = consumers
        self._policy = policy
        self._clock_ms = clock_ms

    def join(
        self, owned: OwnedGroup, group: ConsumerGroup, command: JoinCommand, answer: Callable[[JoinAnswer], None]
    ) -> None:
        """``answer`` is called once. A static member that takes the place of the last one of the consumer protocol makes the group
        classic."""

        def refuse(error: ErrorCode) -> None:
            answer(JoinAnswer(error=error, member_id=command.member_id))

        if not self._policy.mixes_protocols:
            refuse(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
            return
        member_id = command.member_id or command.fresh_member_id
        is_new = member_id not in group.members
        downgrades = group.is_last_consumer(command.group_instance_id) and may_downgrade(group, self._policy)
        epoch = group.group_epoch
        try:
            joined = group.classic_join(
                command, self._consumers.timing(group.group_id), self._clock_ms(), becomes_classic=downgrades
            )
        except BrokerError as refusal:
            refuse(refusal.code)
            return

        def stored(error: ErrorCode) -> None:
            if error:
                refuse(error)
            else:
                answer(joined)

        if joined.error:
            answer(joined)
        elif downgrades:
            self._consumers.downgrade(owned, group, epoch, stored, calls_together=not group.is_reconciled)
        else:
            self._consumers.store(owned, group, stored, joining=member_id if is_new else None)

    def sync(
        self, owned: OwnedGroup, group: ConsumerGroup, command: SyncCommand, answer: Callable[[SyncAnswer], None]
    ) -> None:
        """``answer`` is called once."""
        try:
            synced = group.classic_sync(command, self._clock_ms())
        except BrokerError as refusal:
            self._consumers.store(owned, group, None)
            answer(SyncAnswer(error=refusal.code))
            return
        self._consumers.store(owned, group, lambda error: answer(synced if not error else SyncAnswer(error=error)))

    def heartbeat(
        self, owned: OwnedGroup, group: ConsumerGroup, member_id: str, instance_id: str | None, generation: int
    ) -> ErrorCode:
        timing = self._consumers.timing(group.group_id)
        try:
            error = group.classic_heartbeat(member_id, instance_id, generation, timing, self._clock_ms())
        except BrokerError as refusal:
            return refusal.code
        self._consumers.store(owned, group, None)
        return error
