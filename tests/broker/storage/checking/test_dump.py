"""The contract of what is checked: whoever claims to keep it has every method of it."""

import inspect

import pytest

from broker.storage.checking.dump import CatalogDump
from broker.storage.checking.postgres_dump import PostgresDump
from broker.storage.checking.sqlite_dump import SqliteDump


@pytest.mark.parametrize("implementation", [SqliteDump, PostgresDump])
def test_implementations_have_every_method_with_the_same_parameters(implementation: type) -> None:
    """The checker does not know which catalog it has."""
    for name, method in inspect.getmembers(CatalogDump, inspect.isfunction):
        if not name.startswith("_"):
            ours = inspect.signature(getattr(implementation, name))
            assert list(ours.parameters) == list(inspect.signature(method).parameters), name
