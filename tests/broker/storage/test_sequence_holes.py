"""A producer's later batches do not overtake one that failed."""

from broker.storage.sequence_holes import SequenceHoles

KEY = (1, 7, 0)


def test_without_a_failure_everything_is_admitted() -> None:
    """The catalog decides on sequences; holes only hold back."""
    assert SequenceHoles().admits(KEY, 55)


def test_batches_behind_a_failed_one_wait_for_it_to_come_again() -> None:
    """Later sequences are refused until the failed one was seen; earlier ones are the catalog's matter."""
    holes = SequenceHoles()
    holes.open(KEY, 10)
    assert not holes.admits(KEY, 15)
    assert holes.admits(KEY, 5)
    assert holes.admits((2, 7, 0), 15)
    assert holes.admits((1, 7, 1), 0)
    assert not holes.is_filled_by(KEY, 5)
    assert holes.is_filled_by(KEY, 10)
    assert holes.admits(KEY, 10)
    assert not holes.is_filled_by(KEY, 10)
    assert holes.admits(KEY, 15)
    assert len(holes) == 0


def test_the_earliest_failure_counts() -> None:
    """Several batches of a producer fail together: the first of them must come first."""
    holes = SequenceHoles()
    holes.open(KEY, 10)
    holes.open(KEY, 20)
    assert not holes.admits(KEY, 20)
    holes.open(KEY, 5)
    assert not holes.admits(KEY, 10)
    assert holes.admits(KEY, 5)


def test_batches_are_in_doubt_only_behind_a_hole_that_nothing_fills() -> None:
    """Whoever would be refused is named, so that the log can be asked before."""
    holes = SequenceHoles()
    holes.open(KEY, 10)
    other = (2, 7, 0)
    assert holes.in_doubt([(KEY, 5), (other, 50)]) == set()
    assert holes.in_doubt([(KEY, 15), (KEY, 10)]) == {KEY}
    assert holes.in_doubt([(KEY, 10), (KEY, 15)]) == set()
    holes.close(KEY)
    holes.close(other)
    assert holes.in_doubt([(KEY, 15)]) == set()
    assert holes.admits(KEY, 15)


def test_sequences_wrap() -> None:
    """0 comes after 2^31 - 1."""
    holes = SequenceHoles()
    holes.open(KEY, 2**31 - 2)
    assert not holes.admits(KEY, 3)
    assert holes.admits(KEY, 2**31 - 9)
    assert holes.admits(KEY, 2**31 - 2)


def test_holes_are_bounded() -> None:
    """Producers that never come back do not fill memory."""
    holes = SequenceHoles(capacity=3)
    for producer_id in range(10):
        holes.open((1, producer_id, 0), 5)
    assert len(holes) == 3
    assert holes.admits((1, 0, 0), 6)
    assert not holes.admits((1, 9, 0), 6)
