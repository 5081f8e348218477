"""A producer's later batches do not overtake one that was refused, and are not told that it is not in the log."""

from broker.errors import BrokerError, StorageUnavailable
from broker.model import Appended
from broker.storage.sequence_holes import PATIENCE_S, UNDER_WAY_S, SequenceHoles
from broker.wire.error_codes import ErrorCode

KEY = (1, 7, 0)
AWAY = StorageUnavailable("503")
OUT_OF_ORDER = Appended(int(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER), -1, -1, -1)
TAKEN = Appended(0, 100, -1, 0)


def refused(*sequences: int) -> SequenceHoles:
    holes = SequenceHoles(lambda: 0.0)
    for sequence in sequences:
        holes.open(KEY, sequence, AWAY)
    return holes


def is_free(holes: SequenceHoles, sequence: int, key: tuple[int, int, int] = KEY) -> bool:
    return holes.before(key, sequence) is None


def held_back(holes: SequenceHoles, sequence: int) -> Appended:
    hole = holes.before(KEY, sequence)
    assert hole is not None
    return holes.told(hole)


def test_without_a_failure_everything_is_admitted() -> None:
    """The catalog decides on sequences; holes only hold back."""
    assert is_free(SequenceHoles(lambda: 0.0), 55)


def test_batches_behind_a_refused_one_wait_for_it_to_come_again() -> None:
    """Later sequences are held back until the refused one was seen; earlier ones are the catalog's matter."""
    holes = refused(10)
    assert not is_free(holes, 15)
    assert is_free(holes, 5)
    assert is_free(holes, 15, (2, 7, 0))
    assert is_free(holes, 0, (1, 7, 1))
    assert holes.filled_by(KEY, 5) is None
    assert holes.filled_by(KEY, 10) is not None
    assert is_free(holes, 10)
    assert holes.filled_by(KEY, 10) is None
    assert is_free(holes, 15)
    assert len(holes) == 0


def test_the_earliest_refusal_counts() -> None:
    """Several batches of a producer fail together: the first of them must come first."""
    holes = refused(10, 20)
    assert not is_free(holes, 20)
    holes.open(KEY, 5, AWAY)
    assert not is_free(holes, 10)
    assert is_free(holes, 5)
    assert is_free(holes, 10)


def test_who_is_held_back_is_told_what_the_refused_batch_was_told() -> None:
    """Never that the sequence is out of order: the refused batch may be in the log, and clients would take it for lost."""
    holes = refused(10)
    holes.open(KEY, 10, BrokerError(ErrorCode.NOT_LEADER_OR_FOLLOWER, "fenced"))
    told = held_back(holes, 15)
    assert (told.error_code, told.message) == (
        ErrorCode.NOT_LEADER_OR_FOLLOWER, "held back: an earlier batch of this producer was refused (fenced)",
    )  # fmt: skip


def test_what_was_refused_for_good_does_not_come_again() -> None:
    """Then the truth is that there is a gap."""
    holes = SequenceHoles(lambda: 0.0)
    holes.open(KEY, 10, BrokerError(ErrorCode.UNKNOWN_SERVER_ERROR))
    assert held_back(holes, 15).error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_a_batch_that_never_comes_again_is_not_waited_for_for_ever() -> None:
    """Clients give a batch up after two minutes; held back again and again does not make that longer."""
    now = 0.0
    holes = SequenceHoles(lambda: now)
    holes.open(KEY, 10, AWAY)
    for now in (0.0, PATIENCE_S / 2, PATIENCE_S - 1):  # noqa: B007 - it is the clock
        assert held_back(holes, 15).error_code == ErrorCode.KAFKA_STORAGE_ERROR
    now = PATIENCE_S
    assert held_back(holes, 15).error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_batches_are_in_doubt_only_behind_a_hole_that_nothing_fills() -> None:
    """Whoever would be held back is named, so that the log can be asked before."""
    holes = refused(10)
    other = (2, 7, 0)
    assert holes.in_doubt([(KEY, 5), (other, 50)]) == set()
    assert holes.in_doubt([(KEY, 15), (KEY, 10)]) == {KEY}
    assert holes.in_doubt([(KEY, 10), (KEY, 15)]) == set()
    holes.leave_to_log(KEY)
    holes.leave_to_log(other)
    assert holes.in_doubt([(KEY, 15)]) == set()


def test_a_log_that_knows_the_producer_decides() -> None:
    """What it takes ends the waiting; what it calls out of order will be in order once the refused batch has come."""
    holes = refused(10)
    holes.leave_to_log(KEY)
    hole = holes.before(KEY, 15)
    assert hole is not None
    assert hole.left_to_log
    assert holes.judged(KEY, hole, OUT_OF_ORDER).error_code == ErrorCode.KAFKA_STORAGE_ERROR
    refusal = Appended(int(ErrorCode.INVALID_PRODUCER_EPOCH), -1, -1, -1)
    assert holes.judged(KEY, hole, refusal) is refusal
    assert holes.judged(KEY, hole, TAKEN) is TAKEN
    assert len(holes) == 0


def test_the_log_is_still_believed_when_the_refused_batch_comes_behind_in_the_same_commit() -> None:
    """The one before it was out of order then, and comes again."""
    holes = refused(10)
    holes.leave_to_log(KEY)
    hole = holes.before(KEY, 15)
    assert hole is not None
    assert is_free(holes, 10)
    assert holes.judged(KEY, hole, OUT_OF_ORDER).error_code == ErrorCode.KAFKA_STORAGE_ERROR


def test_a_batch_that_comes_before_the_one_sent_before_it_is_held_back() -> None:
    """Another broker has that one, for as long as requests are under way. Coming again and again does not make that longer."""
    now = 0.0
    holes = SequenceHoles(lambda: now)
    filled = None
    for now in (0.0, UNDER_WAY_S / 2, UNDER_WAY_S - 1):  # noqa: B007 - it is the clock
        assert is_free(holes, 15)
        assert holes.out_of_order(KEY, 15, filled).error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER
        hole = holes.before(KEY, 20)
        assert hole is not None
        assert holes.judged(KEY, hole, OUT_OF_ORDER).error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER
        assert is_free(holes, 10)
        filled = holes.filled_by(KEY, 15)
        assert filled is not None
    now = UNDER_WAY_S
    assert is_free(holes, 15)
    assert holes.out_of_order(KEY, 15, filled).error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert is_free(holes, 15)
    assert len(holes) == 0


def test_sequences_wrap() -> None:
    """0 comes after 2^31 - 1."""
    holes = refused(3, 2**31 - 2)
    assert not is_free(holes, 3)
    assert is_free(holes, 2**31 - 9)
    assert is_free(holes, 2**31 - 2)


def test_holes_are_bounded() -> None:
    """Producers that never come back do not fill memory."""
    holes = SequenceHoles(lambda: 0.0, capacity=3)
    for producer_id in range(10):
        holes.open((1, producer_id, 0), 5, AWAY)
    assert len(holes) == 3
    assert is_free(holes, 6, (1, 0, 0))
    assert not is_free(holes, 6, (1, 9, 0))
