"""Transactions of the memory catalog; what it does with them is in test_contract_transactions.py."""

import pytest

from broker.errors import StorageUnavailable
from broker.storage.catalog.memory import MemoryCatalog


async def test_a_closed_catalog_changes_nothing() -> None:
    """As with every other contract."""
    catalog = MemoryCatalog()
    await catalog.aclose()
    with pytest.raises(StorageUnavailable):
        await catalog.init_transaction("t", 1, -1, -1, 0, 5)

    assert catalog.peek_transaction("t") is None


async def test_memory_always_reaches_back() -> None:
    """There is nowhere else to look."""
    assert MemoryCatalog().peek_aborted(1, 0, 100) == []
