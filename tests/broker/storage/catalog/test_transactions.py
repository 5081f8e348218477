"""The values that say what a catalog knows of transactions."""

from broker.storage.catalog.transactions import EndAnswer, InitAnswer, TransactionState, TransactionStatus
from broker.wire.error_codes import ErrorCode


def test_statuses_have_kafkas_numbers_and_none_is_a_halfway_one() -> None:
    """They are stored and shown to clients; 2 and 3 are Kafka's prepared states, in which nothing is ever seen here."""
    assert {status.name: int(status) for status in TransactionStatus} == {
        "EMPTY": 0,
        "ONGOING": 1,
        "COMPLETE_COMMIT": 4,
        "COMPLETE_ABORT": 5,
    }


def test_a_new_id_has_nothing_open_and_no_past() -> None:
    """What stands for "none" are Kafka's -1s."""
    state = TransactionState(transactional_id="t", producer_id=7, epoch=0, timeout_ms=1, updated_ms=2)

    assert (state.status, state.started_ms, state.partitions, state.groups) == (0, -1, frozenset(), frozenset())
    assert (state.last_epoch, state.previous_producer_id) == (-1, -1)


def test_refusals_name_no_producer() -> None:
    """A client that was refused gets -1 and -1, as Kafka answers."""
    assert InitAnswer(ErrorCode.PRODUCER_FENCED) == InitAnswer(ErrorCode.PRODUCER_FENCED, -1, -1, None)
    assert EndAnswer(ErrorCode.INVALID_TXN_STATE) == EndAnswer(ErrorCode.INVALID_TXN_STATE, -1, -1, None)
