"""What is remembered of producers whose ids others coordinate."""

from broker.coordinators.known_producers import KnownProducers
from broker.coordinators.producer_connections import Work


def test_what_has_joined_is_known_for_its_epoch_only() -> None:
    """Each transaction of a newer producer has one of its own."""
    known = KnownProducers()
    known.joined(7, 1, [1, 2])
    known.joined(7, 1, [3])
    assert known.has_joined(7, 1, [1, 3])
    assert not known.has_joined(7, 1, [4])
    assert not known.has_joined(7, 2, [1])
    assert not known.has_joined(8, 1, [1])
    known.joined(7, 2, [1])
    known.joined(7, 1, [9])  # an answer that came late

    assert known.has_joined(7, 2, [1])
    assert not known.has_joined(7, 1, [9])
    assert not known.has_joined(7, 2, [9])


def test_memory_is_bounded() -> None:
    """By producers, the latest stay, and by the partitions of each."""
    known = KnownProducers(producers_max=2, partitions_max=3)
    for producer_id in (1, 2, 1, 3):
        known.joined(producer_id, 0, [1])
    known.joined(1, 0, [2, 3])
    known.joined(1, 0, [4])
    for name in "abc":
        assert not known.is_superseded(name, (1, 0), Work.DATA, 1)

    assert [known.has_joined(producer_id, 0, [1]) for producer_id in (1, 2, 3)] == [True, False, True]
    assert known.has_joined(1, 0, [1, 2, 3])
    assert not known.has_joined(1, 0, [4])
    assert len(known) == 4


def test_a_connection_that_was_replaced_is_given_up() -> None:
    """For the same epoch; an older one changes nothing, a newer one begins anew."""
    known = KnownProducers()
    assert not known.is_superseded("x", (7, 1), Work.DATA, 5)
    assert not known.is_superseded("x", (7, 1), Work.DATA, 6)
    assert known.is_superseded("x", (7, 1), Work.DATA, 5)
    assert not known.is_superseded("x", (7, 0), Work.DATA, 4)
    assert known.is_superseded("x", (7, 1), Work.DATA, 5)

    assert not known.is_superseded("x", (7, 2), Work.DATA, 5)
