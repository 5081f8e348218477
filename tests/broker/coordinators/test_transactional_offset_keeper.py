"""What groups see of the offsets that open transactions carry."""

from broker.coordinators.group_registry import GroupRegistry, OwnedGroup
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.offsets import OffsetTable
from broker.coordinators.transactional_offset_keeper import TransactionalOffsetKeeper
from broker.coordinators.wake_ups import WakeUps
from broker.model import CommittedOffset
from broker.wire.error_codes import ErrorCode

KEY = ("g", "t", 0)
OFFSET = CommittedOffset(offset=5)


class Stage:
    """A registry without groups, and what was told of changes."""

    def __init__(self, *, topic_is_there: bool = True) -> None:
        self.unavailable = ErrorCode.NONE
        self.changed: list[OwnedGroup] = []
        self.offsets = OffsetTable()
        self.groups = GroupRegistry(GroupPolicy(), self.offsets, WakeUps())
        self.carried = TransactionalOffsetKeeper(
            self.groups, self.offsets, lambda name, topic_id: topic_is_there, self.changed.append, lambda group_id: self.unavailable
        )


def test_an_offset_is_pending_until_its_last_carrier_ends() -> None:
    """Two transactions may carry one; committed ones are the group's own then, aborted ones never were."""
    stage = Stage()
    stage.carried.added("a", [KEY])
    stage.carried.added("b", [KEY])
    stage.carried.ended("a", {})
    assert stage.carried.is_pending(*KEY)
    assert stage.offsets.get(*KEY) is None
    stage.carried.ended("b", {KEY: OFFSET})

    assert not stage.carried.is_pending(*KEY)
    assert stage.offsets.get(*KEY) == OFFSET
    assert [owned.group.group_id for owned in stage.changed] == ["g", "g"]


def test_a_group_stays_while_a_transaction_carries_something_of_it() -> None:
    """It is made when it is not there, and held once for each transaction."""
    stage = Stage()
    stage.carried.added("a", [KEY])
    stage.carried.added("a", [("g", "t", 1)])
    owned = stage.groups.get("g")

    assert owned is not None
    assert owned.changes == 1


def test_offsets_of_a_topic_that_is_gone_are_dropped() -> None:
    """The topic was deleted under the transaction."""
    stage = Stage(topic_is_there=False)
    stage.carried.added("a", [KEY])
    stage.carried.ended("a", {KEY: OFFSET})

    assert stage.offsets.get(*KEY) is None


def test_who_may_add_offsets() -> None:
    """Anybody for a group that is not there, unless a generation is named; nobody while groups are loaded."""
    stage = Stage()
    assert stage.carried.commit_error("g", "", None, -1) is ErrorCode.NONE
    assert stage.carried.commit_error("g", "m", None, 3) is ErrorCode.ILLEGAL_GENERATION
    assert stage.carried.commit_error("", "", None, -1) is ErrorCode.INVALID_GROUP_ID
    stage.unavailable = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    assert stage.carried.commit_error("g", "", None, -1) is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
