"""Blocks in memory: by bytes, and what one reader passes through pushes nothing out that others want."""

from hypothesis import given
from hypothesis import strategies as st

from broker.log.block_cache import BlockCache, BlockKey


def block(size: int = 100) -> memoryview:
    return memoryview(bytes(size))


def test_a_reader_that_passes_through_in_steps_makes_nothing_hot() -> None:
    """Each step asks for what was not given before."""
    cache = BlockCache(4000)
    cache.put(BlockKey(1, 0), block(), is_hot=False, given_to=30)
    for end in (60, 90, 100):
        assert cache.take(BlockKey(1, 0), end) is not None
    assert (cache.cold_bytes, cache.hot_bytes) == (100, 0)
    assert cache.take(BlockKey(1, 0), 50) is not None, "somebody else"
    assert (cache.cold_bytes, cache.hot_bytes) == (0, 100)


def test_what_is_read_once_leaves_what_is_hot_alone() -> None:
    """However much of it there is."""
    cache = BlockCache(4000)
    for index in range(30):
        cache.put(BlockKey(1, index), block(), is_hot=True)
    for index in range(1000):
        cache.put(BlockKey(2, index), block(), is_hot=False, given_to=100)
    assert (cache.hot_bytes, cache.cold_bytes) == (3000, 1000)
    assert all(BlockKey(1, index) in cache for index in range(30))
    assert [index for index in range(1000) if BlockKey(2, index) in cache] == list(range(990, 1000))


def test_the_part_for_those_who_pass_through_can_be_another() -> None:
    """Where nobody reads but they, it is larger."""
    cache = BlockCache(4000, cold_share=2)
    for index in range(100):
        cache.put(BlockKey(1, index), block(), is_hot=False, given_to=100)
        cache.put(BlockKey(2, index), block(), is_hot=True)
    assert (cache.cold_bytes, cache.hot_bytes) == (2000, 2000)


def test_a_block_that_is_too_short_is_not_given_and_can_be_replaced() -> None:
    """It was the end of an object that has grown, or that was asked about too early."""
    cache = BlockCache(4000)
    cache.put(BlockKey(1, 0), block(50), is_hot=False)
    assert cache.take(BlockKey(1, 0), 60) is None
    cache.put(BlockKey(1, 0), block(60), is_hot=True)
    assert cache.take(BlockKey(1, 0), 60) is not None
    assert cache.size == 60


def test_nothing_is_kept_without_room() -> None:
    """Nor a block that would not fit."""
    for capacity in (0, 100):
        cache = BlockCache(capacity)
        cache.put(BlockKey(1, 0), block(90), is_hot=False)
        cache.put(BlockKey(1, 1), block(90), is_hot=True)
        assert (cache.size, cache.take(BlockKey(1, 0), 1)) == (0, None)


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(1, 400), st.booleans(), st.booleans(), st.integers(0, 400)), max_size=80
    )
)
def test_the_bytes_are_what_is_held_and_never_too_many(steps: list[tuple[int, int, bool, bool, int]]) -> None:
    """Whatever is put and taken in whatever order."""
    cache = BlockCache(2000)
    sizes: dict[BlockKey, int] = {}
    for index, size, is_hot, puts, end in steps:
        key = BlockKey(1, index)
        if puts:
            cache.put(key, block(size), is_hot=is_hot, given_to=min(end, size))
            sizes[key] = size
        else:
            given_block = cache.take(key, end)
            assert given_block is None or len(given_block) == sizes[key] >= end
        assert cache.hot_bytes <= 1500
        assert cache.cold_bytes <= 500
        assert cache.size == sum(size for key, size in sizes.items() if key in cache)
    cache.clear()
    assert cache.size == 0
