"""What is remembered of transactional ids."""

from broker.storage.catalog.postgres.locked_view import Known
from broker.storage.catalog.postgres.transaction_memory import TransactionMemory
from broker.storage.catalog.shards import shard_of
from broker.storage.catalog.transactions import TransactionState


def known(name: str, version: int, epoch: int = 0) -> Known:
    return Known(TransactionState(transactional_id=name, producer_id=1, epoch=epoch, timeout_ms=1, updated_ms=0), {}, version)


def test_the_later_version_stays() -> None:
    """Whatever comes first (V1)."""
    memory = TransactionMemory()
    memory.keep(known("a", 5))
    memory.keep(known("a", 4, epoch=9))
    assert memory.find("a") == known("a", 5)
    memory.keep(known("a", 6))

    assert memory.find("a") == known("a", 6)


def test_others_make_room() -> None:
    """Those that were heard of the longest ago; ids of loaded shards stay."""
    memory = TransactionMemory(others_max=2)
    mine = "mine"
    memory.load([shard_of(mine)], [known(mine, 1)])
    others = [name for name in map(str, range(100)) if shard_of(name) != shard_of(mine)][:4]
    for name in others:
        memory.keep(known(name, 1))

    assert [memory.find(name) is not None for name in others] == [False, False, True, True]
    assert memory.find(mine) == known(mine, 1)
    assert len(memory) == 3
    assert [state.transactional_id for state in memory.states()] == [mine]


def test_a_loaded_shard_has_what_was_found() -> None:
    """No more, though it was remembered."""
    memory = TransactionMemory()
    memory.keep(known("a", 1))
    memory.load([shard_of("a")], [])
    assert memory.find("a") is None
    assert set(memory.shards) == {shard_of("a")}
    memory.keep(known("a", 2))
    memory.forget([shard_of("a")])

    assert memory.find("a") is None
    assert len(memory) == 0


def test_what_is_dropped_is_gone() -> None:
    """In loaded shards and elsewhere; what was not there is no error."""
    memory = TransactionMemory()
    memory.load([shard_of("a")], [known("a", 1)])
    memory.keep(known("b", 1))
    for name in ("a", "b", "c"):
        memory.drop(name)

    assert len(memory) == 0
