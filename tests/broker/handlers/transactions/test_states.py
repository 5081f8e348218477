"""Names of states."""

from broker.handlers.transactions.states import KNOWN, NAMES
from broker.storage.catalog.transactions import TransactionStatus


def test_every_status_has_kafkas_name() -> None:
    """And every name may be asked for."""
    assert set(NAMES) == set(TransactionStatus)
    assert [NAMES[status] for status in sorted(NAMES)] == ["Empty", "Ongoing", "CompleteCommit", "CompleteAbort"]
    assert set(NAMES.values()) < KNOWN
