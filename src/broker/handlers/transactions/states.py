"""Rule: the states of transactions by the names that Kafka's tools show and filter by."""

from collections.abc import Mapping
from typing import Final

from broker.storage.catalog.transactions import TransactionStatus

NAMES: Final[Mapping[TransactionStatus, str]] = {
    TransactionStatus.EMPTY: "Empty",
    TransactionStatus.ONGOING: "Ongoing",
    TransactionStatus.COMPLETE_COMMIT: "CompleteCommit",
    TransactionStatus.COMPLETE_ABORT: "CompleteAbort",
}

KNOWN: Final = frozenset({*NAMES.values(), "PrepareCommit", "PrepareAbort", "PrepareEpochFence", "Dead"})
"""What may be asked for: also Kafka's states that no transaction is ever seen in here."""
