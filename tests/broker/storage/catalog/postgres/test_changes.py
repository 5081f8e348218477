"""What a decision came to, as one statement; that it writes the right rows is shown by the exact form of a commit and by transactions."""

import pytest

from broker.model import CommittedOffset
from broker.storage.catalog.log_state import LogChanges, LogState
from broker.storage.catalog.postgres.changes import Besides, NewObject, statement_of
from broker.storage.catalog.transactions import TransactionState, TransactionStatus
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, topic
from tests.broker.storage.catalog.postgres.brokers import brokers, recorded
from tests.broker.storage.catalog.test_contract_transactions import begin, write

STATE = TransactionState(
    transactional_id="t",
    producer_id=5,
    epoch=0,
    timeout_ms=1,
    updated_ms=0,
    status=TransactionStatus.ONGOING,
    partitions=frozenset((1, 2)),
)
KEY = ("g", "t", 0)


def test_nothing_is_no_statement() -> None:
    """Nobody is asked to change nothing."""
    assert statement_of(LogChanges(LogState(None)), Besides()).parts == []


def test_only_what_changed_of_a_transaction_is_written() -> None:
    """Partitions that were added, those that left, offsets that are new."""
    state = LogState(None)
    state.load_transactions([STATE], {"t": {KEY: CommittedOffset(offset=1)}})
    added = LogChanges(state)
    added.set_transaction(
        TransactionState(
            transactional_id="t",
            producer_id=5,
            epoch=0,
            timeout_ms=1,
            updated_ms=0,
            status=TransactionStatus.ONGOING,
            partitions=frozenset((1, 2, 3)),
        )
    )
    added.pending["t"] = {KEY: CommittedOffset(offset=1), ("g", "t", 1): CommittedOffset(offset=2)}
    statement = statement_of(added, Besides(version=7))
    assert [part.split()[:3] for part in statement.parts] == [
        ["UPDATE", "txn", "SET"],
        ["INSERT", "INTO", "txn_part"],
        ["INSERT", "INTO", "txn_offset"],
    ]
    assert [3] in statement.arguments
    assert [[1] for argument in statement.arguments if argument == [1]] == [[1]], "the partition of the one offset that is new"

    ended = LogChanges(state)
    ended.set_transaction(TransactionState(transactional_id="t", producer_id=6, epoch=0, timeout_ms=1, updated_ms=0))
    ended.pending["t"] = {}
    statement = statement_of(ended, Besides(version=8))
    assert [part.split()[:3] for part in statement.parts] == [
        ["UPDATE", "txn", "SET"],
        ["DELETE", "FROM", "txn_part"],
        ["DELETE", "FROM", "txn_offset"],
    ]
    assert statement.arguments[-3:] == [5, [1, 2], b"t"]


def test_a_changed_transaction_gets_a_version() -> None:
    """Without one memory could not tell what is out of date."""
    state = LogState(None)
    state.load_transactions([STATE], {})
    changes = LogChanges(state)
    changes.pending["t"] = {KEY: CommittedOffset(offset=1)}
    with pytest.raises(AssertionError):
        statement_of(changes, Besides())

    assert statement_of(changes, Besides(version=3)).arguments[:2] == [3, b"t"]


def test_an_object_that_nothing_names_is_to_be_deleted() -> None:
    """It is told from its count."""
    statement = statement_of(LogChanges(LogState(None)), Besides(objects=[NewObject(4, 100, 0), NewObject(5, 50, 2, b"data")]))

    assert statement.arguments == [[4, 5], [100, 50], [0, 2], [5], [b"data"]]


async def test_an_end_costs_as_many_statements_whatever_it_ends(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that locks and reads, one that writes."""
    async with brokers(database_url, 1) as (catalog,):
        pids = await topic(catalog, 20)
        appender = Appender(catalog)
        producer, epoch = await begin(catalog, *pids)
        for pid in pids:
            await write(appender, pid, producer, epoch, 0)
        offsets = {("g", "t", index): CommittedOffset(offset=1) for index in range(20)}
        await catalog.add_transaction_offsets("t\0é", producer, epoch, offsets, "g", NOW)
        async with recorded(catalog, monkeypatch) as asked:
            answer = await catalog.end_transaction("t\0é", producer, epoch, True, True, -1, NOW)

        assert answer.ended is not None
        assert len(answer.ended.markers) == 20
        assert len(asked) == 2
