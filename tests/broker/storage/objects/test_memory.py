"""The memory store; what it does is tested by the contract tests."""

from broker.storage.objects.memory import MemoryObjectStore


async def test_objects_are_as_large_as_asked() -> None:
    """A new one begins when the last is full."""
    store = MemoryObjectStore(10)
    ids = [(await store.append([bytes(size)], [])).object_id for size in (4, 6, 1)]

    assert ids == [1, 1, 2]
