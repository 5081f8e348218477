"""Which shards are served, and what is answered for the others."""

from broker.coordinators.held_shards import ALL_SHARDS, HeldShards, within
from broker.storage.catalog.shards import shard_of
from broker.wire.error_codes import ErrorCode

NONE, LOADING, ELSEWHERE = ErrorCode.NONE, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, ErrorCode.NOT_COORDINATOR
SHARD = shard_of("g")


def test_who_is_alone_serves_everything_once_it_is_loaded() -> None:
    """A load that fails leaves it loading: there is nobody else to go to."""
    held = HeldShards(alone=True)
    assert held.error("g") is LOADING
    held.fail(held.begin(ALL_SHARDS))
    assert held.is_loading
    assert held.complete(held.begin(ALL_SHARDS)) == ALL_SHARDS

    assert held.error("g") is held.error("") is NONE


def test_a_shard_is_served_from_its_load_until_it_is_dropped() -> None:
    """Other shards are others' all the time."""
    held = HeldShards(alone=False)
    assert held.error("g") is ELSEWHERE
    attempt = held.begin([SHARD])
    assert (held.error("g"), held.is_loading, held.has("g")) == (LOADING, True, False)
    assert held.complete(attempt) == held.held == {SHARD}
    assert held.has("g")
    assert held.drop([SHARD, 63]) == {SHARD}

    assert held.error("g") is ELSEWHERE
    assert held.complete(held.begin([])) == set()


def test_an_attempt_that_was_overtaken_brings_nothing() -> None:
    """The shard was given up, or is being loaded again, since it began."""
    held = HeldShards(alone=False)
    first = held.begin([1, 2])
    held.drop([1])
    second = held.begin([2])
    assert held.complete(first) == set()
    assert held.complete(second) == {2}
    held.fail(held.begin([3]))

    assert (held.held, held.is_loading) == ({2}, False)


def test_what_is_loaded_again_is_not_served_meanwhile() -> None:
    """Half of it may be gone from memory."""
    held = HeldShards(alone=False)
    held.complete(held.begin([SHARD]))
    held.begin([SHARD])

    assert held.error("g") is LOADING


def test_within_asks_of_keys() -> None:
    """All shards need no look at the key."""
    assert within([SHARD])("g")
    assert not within([(SHARD + 1) % 64])("g")
    assert within(ALL_SHARDS)("anything")
