"""The contracts themselves: what claims to keep them has every method of them."""

import inspect

import pytest

from broker.storage.catalog import base
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.catalog.sqlite.catalog import SqliteCatalog

CONTRACTS = (base.TopicCatalog, base.ConfigCatalog, base.LogCatalog, base.GroupCatalog, base.TransactionCatalog, base.Catalog)


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("implementation", [MemoryCatalog, SqliteCatalog])
def test_implementations_have_every_method_with_the_same_parameters(contract: type, implementation: type) -> None:
    """A caller can pass arguments by name whichever catalog it was given."""
    for name, method in inspect.getmembers(contract, inspect.isfunction):
        if not name.startswith("_"):
            ours = inspect.signature(getattr(implementation, name))
            assert list(ours.parameters) == list(inspect.signature(method).parameters), name
