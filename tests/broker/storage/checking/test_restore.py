"""The contract of what a catalog is restored into: whoever claims to keep it has every method of it."""

import inspect

import pytest

from broker.storage.checking.postgres_restore import PostgresRestore
from broker.storage.checking.restore import RestoredCatalog
from broker.storage.checking.sqlite_restore import SqliteRestore


@pytest.mark.parametrize("implementation", [SqliteRestore, PostgresRestore])
def test_implementations_have_every_method_with_the_same_parameters(implementation: type) -> None:
    """The rebuilder does not know which catalog it writes."""
    for name, method in inspect.getmembers(RestoredCatalog, inspect.isfunction):
        if not name.startswith("_"):
            ours = inspect.signature(getattr(implementation, name))
            assert list(ours.parameters) == list(inspect.signature(method).parameters), name
