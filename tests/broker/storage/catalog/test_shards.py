"""The division of groups and transactional ids among coordinators never changes, as what is stored was divided by it."""

from broker.storage.catalog.shards import SHARDS, belongs, shard_of


def test_the_shard_of_a_name_is_the_same_for_ever() -> None:
    """Whatever release computes it."""
    assert [shard_of(name) for name in ("", "g", "orders", "größe", "a\0b")] == [0, 54, 46, 9, 49]


def test_every_shard_is_used() -> None:
    """Names spread over all of them."""
    assert {shard_of(f"group-{number}") for number in range(2000)} == set(range(SHARDS))


def test_without_shards_everything_belongs() -> None:
    """None stands for all of them, an empty set for none."""
    assert belongs("g", None)
    assert belongs("g", {shard_of("g")})
    assert not belongs("g", set())
