"""Who may do what, in memory and in the catalog alike."""

from collections.abc import Sequence

import pytest

from broker.admin.access_register import AccessRegister
from broker.errors import StorageUnavailable
from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.storage.catalog.memory import MemoryCatalog

ONE = AccessEntry(AccessKind.ACL, "one", "1")
TWO = AccessEntry(AccessKind.ACL, "two", "2")
USER = AccessEntry(AccessKind.SCRAM, "one", "3")


async def test_a_change_is_stored_and_told() -> None:
    """To those who go by its kind, with what there was before first."""
    catalog = MemoryCatalog()
    await catalog.change_access([ONE, USER])
    store = AccessRegister(catalog)
    await store.load()
    told: list[Sequence[AccessEntry]] = []
    store.subscribe(AccessKind.ACL, told.append)
    await store.change([TWO, AccessEntry(AccessKind.ACL, "one", None)])

    assert told == [[ONE], [TWO, AccessEntry(AccessKind.ACL, "one", None)]]
    assert sorted(await catalog.load_access(), key=lambda entry: entry.kind) == [TWO, USER]
    assert (store.names(AccessKind.ACL), store.find(AccessKind.SCRAM, "one")) == (["two"], "3")


async def test_other_brokers_hear_of_a_change_before_it_is_answered() -> None:
    """When it is stored and in force here, and they may enter changes of theirs meanwhile."""
    catalog = MemoryCatalog()
    store = AccessRegister(catalog)
    seen: list[tuple[list[str], int, bool]] = []

    async def tell() -> None:
        seen.append((store.names(AccessKind.ACL), len(await catalog.load_access()), store.turn.locked()))

    store.tell_others = tell
    await store.change([ONE])

    assert seen == [(["one"], 1, False)]


async def test_what_could_not_be_stored_is_not_in_force() -> None:
    """Nobody is told of it."""
    catalog = MemoryCatalog()

    async def fail(entries: Sequence[AccessEntry]) -> None:
        raise StorageUnavailable("down")

    catalog.change_access = fail  # type: ignore[method-assign]
    store = AccessRegister(catalog)
    told: list[Sequence[AccessEntry]] = []
    store.subscribe(AccessKind.ACL, told.append)
    with pytest.raises(StorageUnavailable):
        await store.change([ONE])

    assert told == [[]]
    assert store.find(AccessKind.ACL, "one") is None


async def test_what_is_not_there_any_more_is_told_as_removed() -> None:
    """When everything was read anew."""
    store = AccessRegister(MemoryCatalog())
    store.hear([ONE, TWO])
    told: list[Sequence[AccessEntry]] = []
    store.subscribe(AccessKind.ACL, told.append)
    store.replace([TWO, USER])

    assert told == [[ONE, TWO], [AccessEntry(AccessKind.ACL, "one", None), TWO]]
