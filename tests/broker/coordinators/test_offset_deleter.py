"""Which offsets are deleted, and what memory knows of it."""

from broker.coordinators.group_registry import GroupRegistry, OwnedGroup
from broker.coordinators.group_writer import OffsetDelete
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.offsets import OffsetTable
from broker.coordinators.offset_deleter import OffsetDeleter
from broker.coordinators.wake_ups import WakeUps
from broker.model import ZERO_UUID, CommittedOffset
from broker.wire.error_codes import ErrorCode

NEW, OLD = b"n" * 16, b"o" * 16


class Stage:
    """A deleter whose changes are looked at instead of written."""

    def __init__(self, *, memory_is_all: bool = True) -> None:
        self.offsets = OffsetTable()
        self.groups = GroupRegistry(GroupPolicy(), self.offsets, WakeUps())
        self.queue: list[OffsetDelete] = []
        self.changed: list[OwnedGroup] = []
        self.deleter = OffsetDeleter(self.groups, self.offsets, self, self.changed.append, memory_is_all=memory_is_all)  # type: ignore[arg-type]
        self.owned = self.groups.create("g")

    def enqueue(self, change: OffsetDelete) -> None:
        self.queue.append(change)

    def waiting_groups(self) -> list[str]:
        return []

    def carry_out(self) -> list[tuple[str, str, int]]:
        """The turn of the first change comes."""
        change = self.queue.pop(0)
        keys = list(change.keys())
        change.done(ErrorCode.NONE)
        return keys


def test_a_deleted_topic_leaves_offsets_of_a_new_one_of_its_name() -> None:
    """Brokers hear of a deletion late: somebody may have committed for the new topic meanwhile."""
    stage = Stage()
    stage.offsets.put(("g", "t", 0), CommittedOffset(offset=1, topic_id=OLD))
    stage.offsets.put(("g", "t", 1), CommittedOffset(offset=2, topic_id=ZERO_UUID))
    stage.deleter.forget_topic("t", OLD)
    stage.offsets.put(("g", "t", 0), CommittedOffset(offset=3, topic_id=NEW))

    assert stage.carry_out() == [("g", "t", 1)]
    assert stage.offsets.of_group("g") == {"t": {0: CommittedOffset(offset=3, topic_id=NEW)}}


def test_what_memory_does_not_know_is_deleted_where_others_commit_too() -> None:
    """Alone, there is nothing to delete then."""
    told: list[tuple[ErrorCode, frozenset[str]]] = []
    for memory_is_all in (True, False):
        stage = Stage(memory_is_all=memory_is_all)
        stage.deleter.delete("g", [("t", 0)], lambda *answer: told.append(answer))
        assert stage.carry_out() == ([] if memory_is_all else [("g", "t", 0)])

    assert told == [(ErrorCode.NONE, frozenset())] * 2


def test_a_group_that_was_given_up_meanwhile_is_left_alone() -> None:
    """What memory has of its name is another's."""
    stage = Stage()
    stage.offsets.put(("g", "t", 0), CommittedOffset(offset=1))
    stage.deleter.sweep(stage.owned, [("g", "t", 0)])
    assert stage.owned.sweeps == 1
    stage.groups.forget(stage.owned)
    stage.groups.create("g")
    stage.carry_out()

    assert stage.owned.sweeps == 0
    assert stage.offsets.get("g", "t", 0) is not None
