"""The contract itself: what claims to keep it has every method of it."""

import inspect

import pytest

from broker.storage.catalog.life_cycle import LifeCycleCatalog
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.sqlite.catalog import SqliteCatalog


@pytest.mark.parametrize("implementation", [MemoryCatalog, SqliteCatalog, PostgresCatalog])
def test_implementations_have_every_method_with_the_same_parameters(implementation: type) -> None:
    """A caller can pass arguments by name whichever catalog it was given."""
    for name, method in inspect.getmembers(LifeCycleCatalog, inspect.isfunction):
        if not name.startswith("_"):
            ours = inspect.signature(getattr(implementation, name))
            assert list(ours.parameters) == list(inspect.signature(method).parameters), name
