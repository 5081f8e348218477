"""A share partition in memory, and who waits for it."""

from broker.coordinators.shares.held_partition import Held
from broker.coordinators.shares.share_partition import SharePartition
from broker.storage.catalog.share_states import ShareState


def test_watchers_are_called_except_who_knows() -> None:
    """One that goes away while it is called is no hindrance."""
    held = Held(("g", b"t" * 16, 0), "1", SharePartition(0), ShareState(2, 0, 3))
    called: list[str] = []

    def one() -> None:
        called.append("one")
        held.watchers.pop(one)

    def two() -> None:
        called.append("two")

    held.watchers.update({one: None, two: None})
    held.wake(but=two)
    held.wake()
    assert called == ["one", "two"]
    assert (held.state_epoch, held.leader_epoch) == (2, 3)


def test_what_is_watched_stays() -> None:
    """So does what is being read, and what is being written: who read it from the catalog now would not see that."""
    held = Held(("g", b"t" * 16, 0), "1", SharePartition(0), ShareState(0, 0, 0))
    assert held.may_go
    held.is_reading = True
    assert not held.may_go
    held.is_reading = False
    held.is_writing = True
    assert not held.may_go
    held.is_writing = False
    held.watchers[lambda: None] = None
    assert not held.may_go
