"""Share sessions (KIP-932): a member says once which partitions it reads, then only what changes. Pure.

Invariants

1. A member of a group has at most one session. Its partitions stand in the order in which they are served next.
2. A request moves a session's epoch on by one; any other epoch than the next is refused, and changes nothing.
3. There are never more sessions than the setting allows, and all together never follow more than ``partitions_max`` partitions.
4. A session that has ended stays ended: whoever still holds it can see that, and acquires nothing for it any more.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from broker.wire.error_codes import ErrorCode

INITIAL_EPOCH: Final = 0
FINAL_EPOCH: Final = -1
PARTITIONS_MAX: Final = 500_000
_FORGOTTEN_MAX: Final = 64
_MAX_EPOCH: Final = 2**31 - 1

PartitionKey = tuple[bytes, int]
"""(topic id, partition index)."""


class ShareSession:
    """What one member of a group reads. The values of ``partitions`` say whether the member must still be told that all is well."""

    __slots__ = ("acquired_in", "connection", "epoch", "group_id", "is_ended", "member_id", "partitions")

    def __init__(self, group_id: str, member_id: str, partitions: Iterable[PartitionKey]) -> None:
        self.group_id = group_id
        self.member_id = member_id
        self.epoch = 1
        self.partitions: OrderedDict[PartitionKey, bool] = OrderedDict.fromkeys(partitions, True)
        self.acquired_in: set[PartitionKey] = set()
        """Where the member may have records, in what it reads now and in what it read before."""
        self.is_ended = False
        self.connection: Any = None
        """Whoever keeps the session alive; it means nothing here."""

    def served(self, key: PartitionKey) -> None:
        """The partition gave records: others come first the next time."""
        if key in self.partitions:
            self.partitions.move_to_end(key)
        self.acquired_in.add(key)
        if len(self.acquired_in) > 2 * len(self.partitions) + _FORGOTTEN_MAX:
            # What it read long ago ends by the clock.
            self.acquired_in.intersection_update(self.partitions)


class ShareSessions:
    """All sessions of the process."""

    def __init__(self, partitions_max: int = PARTITIONS_MAX) -> None:
        self._partitions_max = partitions_max
        self._sessions: dict[tuple[str, str], ShareSession] = {}
        self.partition_count = 0

    def __len__(self) -> int:
        return len(self._sessions)

    def find(self, group_id: str, member_id: str) -> ShareSession | None:
        return self._sessions.get((group_id, member_id))

    def create(
        self, group_id: str, member_id: str, partitions: Sequence[PartitionKey], sessions_max: int
    ) -> ShareSession | ErrorCode:
        """A new session in place of the member's old one, if there is room for it. What the member has it keeps."""
        old = self._sessions.get((group_id, member_id))
        if old is not None:
            self.end(old)
        session = ShareSession(group_id, member_id, partitions)
        if len(self._sessions) >= sessions_max or self.partition_count + len(session.partitions) > self._partitions_max:
            return ErrorCode.SHARE_SESSION_LIMIT_REACHED
        if old is not None:
            session.acquired_in = old.acquired_in
        self._sessions[group_id, member_id] = session
        self.partition_count += len(session.partitions)
        return session

    def go_on(
        self,
        group_id: str,
        member_id: str,
        epoch: int,
        added: Iterable[PartitionKey] = (),
        forgotten: Iterable[PartitionKey] = (),
    ) -> ShareSession | ErrorCode:
        """The session that a request with ``epoch`` goes on with. FINAL_EPOCH finds it whatever its epoch, and changes nothing."""
        session = self._sessions.get((group_id, member_id))
        if session is None:
            return ErrorCode.SHARE_SESSION_NOT_FOUND
        if epoch == FINAL_EPOCH:
            return session
        if session.epoch != epoch:
            return ErrorCode.INVALID_SHARE_SESSION_EPOCH
        before = len(session.partitions)
        for key in added:
            session.partitions.setdefault(key, True)
        for key in forgotten:
            session.partitions.pop(key, None)
        self.partition_count += len(session.partitions) - before
        if self.partition_count > self._partitions_max and len(session.partitions) > before:
            self.end(session)
            return ErrorCode.SHARE_SESSION_NOT_FOUND
        session.epoch = 1 if epoch == _MAX_EPOCH else epoch + 1
        return session

    def end(self, session: ShareSession) -> bool:
        """False when it had ended before."""
        if session.is_ended:
            return False
        session.is_ended = True
        del self._sessions[session.group_id, session.member_id]
        self.partition_count -= len(session.partitions)
        return True
