"""Effects of classic groups are carried out in the order in which they count; :mod:`test_group_coordinator` says the rest."""

from typing import Any

import pytest

from broker.coordinators.classic_group_coordinator import ClassicGroupCoordinator
from broker.coordinators.group_registry import OwnedGroup
from broker.coordinators.group_writer import GroupSave
from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.commands import Reply, Save, SaveReason, SyncAnswer
from broker.coordinators.groups.limits import GroupPolicy
from broker.wire.error_codes import ErrorCode


class Queue:
    """Stands for the writer."""

    def __init__(self) -> None:
        self.changes: list[GroupSave] = []

    def enqueue(self, change: Any) -> None:
        self.changes.append(change)


@pytest.mark.parametrize("error", [ErrorCode.NONE, ErrorCode.COORDINATOR_NOT_AVAILABLE])
def test_saves_are_queued_and_the_group_settled_before_anybody_is_answered(error: ErrorCode) -> None:
    """An answer may lead to the next request at once. Who waits for the save hears what came of it."""
    happened: list[Any] = []
    queue = Queue()
    agent = ClassicGroupCoordinator(queue, lambda owned: happened.append("settled"), lambda: 5, lambda: 7)  # type: ignore[arg-type]
    owned = OwnedGroup(ClassicGroup("g", GroupPolicy()))
    assert isinstance(owned.group, ClassicGroup)
    reply = Reply(lambda answer: happened.append(len(queue.changes)), SyncAnswer())
    agent.carry_out(owned, [reply, Save(SaveReason.EMPTY, owned.group.snapshot())], happened.append)
    assert happened == ["settled", 1]
    assert (owned.changes, owned.empty_since_ms, queue.changes[0].stored.state_ms) == (1, 7, 7)
    queue.changes[0].done(error)

    assert happened[2:] == ["settled", error]
    assert (owned.changes, owned.is_stored) == (0, not error)
