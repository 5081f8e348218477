"""The contract itself: what claims to keep it has every method of it."""

import inspect

import pytest

from broker.storage.objects.base import ObjectStore
from broker.storage.objects.files import FileObjectStore
from broker.storage.objects.memory import MemoryObjectStore
from broker.storage.objects.remote import RemoteObjectStore


@pytest.mark.parametrize("implementation", [FileObjectStore, MemoryObjectStore, RemoteObjectStore])
def test_implementations_have_every_method_with_the_same_parameters(implementation: type) -> None:
    """A caller can pass arguments by name whichever store it was given."""
    for name, method in inspect.getmembers(ObjectStore, inspect.isfunction):
        if not name.startswith("_"):
            ours = inspect.signature(getattr(implementation, name))
            assert list(ours.parameters) == list(inspect.signature(method).parameters), name
