"""The tail cache against a model that keeps everything, and its bounds."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from broker.log.tail_cache import EMPTY_SLICE, TailCache, TailSlice

ANYTHING = 1 << 60


def taken(cache: TailCache, pid: int, offset: int, limit: int = ANYTHING, at_least_one: bool = True) -> bytes | None:
    found = cache.take(pid, offset, limit, ANYTHING, at_least_one)
    return None if found is None else b"".join(found.buffers)


def test_gives_batches_from_the_one_that_holds_the_offset() -> None:
    """An offset in the middle of a batch is answered with that whole batch."""
    cache = TailCache(1000)
    cache.put(1, 10, 14, b"aaaaa")
    cache.put(1, 15, 15, b"b")
    cache.put(1, 16, 20, b"ccccc")
    assert taken(cache, 1, 12) == b"aaaaabccccc"
    assert taken(cache, 1, 15) == b"bccccc"
    assert taken(cache, 1, 21) == b""
    assert taken(cache, 1, 9) is None
    assert taken(cache, 1, 22) is None
    assert taken(cache, 2, 10) is None


def test_limit_cuts_at_whole_batches_and_the_first_comes_if_it_must() -> None:
    """Never a part of a batch; one at least when asked."""
    cache = TailCache(1000)
    for offset in range(4):
        cache.put(1, offset, offset, b"12345")
    assert taken(cache, 1, 0, 10) == b"1234512345"
    assert taken(cache, 1, 0, 14) == b"1234512345"
    assert taken(cache, 1, 1, 4) == b"12345"
    assert cache.take(1, 1, 4, ANYTHING, False) == EMPTY_SLICE


def test_nothing_at_or_above_the_upper_bound_is_given() -> None:
    """A read_committed reader stops before the last stable offset."""
    cache = TailCache(1000)
    cache.put(1, 0, 4, b"a")
    cache.put(1, 5, 9, b"b")
    assert cache.take(1, 0, 100, 5, True) == ([b"a"], 1, 5)
    assert cache.take(1, 5, 100, 5, True) == EMPTY_SLICE


def test_a_gap_starts_the_run_anew() -> None:
    """Batches of another writer lie between: what is older is no longer contiguous and goes."""
    cache = TailCache(1000)
    cache.put(1, 0, 4, b"aaaa")
    cache.put(1, 10, 14, b"bb")
    assert taken(cache, 1, 0) is None
    assert taken(cache, 1, 5) is None
    assert taken(cache, 1, 10) == b"bb"
    assert cache.charged == 2


def test_a_slice_says_where_it_ends() -> None:
    """The offset after its last batch, be that the newest one or not."""
    cache = TailCache(1000)
    cache.put(1, 0, 4, b"a")
    cache.put(1, 5, 9, b"b")
    for limit, next_offset in ((1, 5), (2, 10)):
        found = cache.take(1, 3, limit, ANYTHING, True)
        assert found is not None
        assert found.next_offset == next_offset


def test_a_batch_that_comes_late_changes_nothing() -> None:
    """A marker may be told of after the group that was committed behind it: readers at the end keep what they have."""
    cache = TailCache(1000)
    cache.put(1, 0, 4, b"aaaa")
    cache.put(1, 6, 6, b"cc")
    cache.put(1, 5, 5, b"b")
    assert taken(cache, 1, 5) is None
    cache.put(1, 7, 7, b"d")
    assert taken(cache, 1, 6) == b"ccd"


def test_a_small_slice_does_not_keep_a_large_frame() -> None:
    """The charge covers what is kept alive: a small part of a frame is copied, a large one charged with the frame."""
    cache = TailCache(1 << 20)
    frame = memoryview(bytearray(100_000))
    cache.put(1, 0, 0, frame[100:600])
    assert cache.charged == 500
    cache.put(1, 1, 1, frame[100:99_000])
    assert cache.charged == 500 + 100_000
    found = cache.take(1, 1, ANYTHING, ANYTHING, True)
    assert found is not None
    assert isinstance(found.buffers[0], memoryview)


def test_a_batch_larger_than_the_cache_is_not_kept() -> None:
    """It evicts the older ones of all partitions, then itself; a later batch begins a new run."""
    cache = TailCache(10)
    cache.put(1, 0, 0, b"12345")
    cache.put(2, 0, 0, b"x" * 11)
    assert cache.charged == 0
    assert taken(cache, 2, 0) is None
    cache.put(2, 1, 1, b"12345")
    assert taken(cache, 2, 1) == b"12345"


def test_without_capacity_nothing_is_kept() -> None:
    """0 turns the cache off."""
    cache = TailCache(0)
    cache.put(1, 0, 0, b"")
    assert taken(cache, 1, 0) is None


def test_forgetting_a_partition_releases_its_bytes() -> None:
    """A deleted topic's data goes at once, and its places in the queue of ages do no harm."""
    cache = TailCache(10)
    cache.put(1, 0, 0, b"12345")
    cache.forget(1)
    cache.forget(1)
    assert cache.charged == 0
    cache.put(1, 0, 0, b"1234")
    cache.put(2, 0, 0, b"12345")
    assert taken(cache, 1, 0) == b"1234"
    cache.put(2, 1, 1, b"1")
    cache.put(2, 2, 2, b"1")
    assert taken(cache, 1, 0) is None
    assert taken(cache, 2, 0) == b"1234511"


@given(
    capacity=st.integers(1, 400),
    puts=st.lists(st.tuples(st.integers(1, 3), st.integers(1, 40), st.integers(1, 5), st.booleans()), max_size=300),
)
def test_agrees_with_a_model_that_keeps_everything(capacity: int, puts: list[tuple[int, int, int, bool]]) -> None:
    """What is held is the newest data that fits, contiguous and right; the oldest of all partitions goes first."""
    cache = TailCache(capacity)
    logs: dict[int, list[tuple[int, int, bytes]]] = {1: [], 2: [], 3: []}
    order: list[tuple[int, int, int]] = []
    ends = {1: 0, 2: 0, 3: 0}
    for number, (pid, size, records, gap) in enumerate(puts):
        base = ends[pid] + (1 if gap else 0)
        if gap and logs[pid]:
            order = [each for each in order if each[0] != pid]
        data = bytes([number % 256]) * size
        logs[pid].append((base, base + records - 1, data))
        order.append((pid, base, size))
        ends[pid] = base + records
        cache.put(pid, base, base + records - 1, data)
        while sum(each[2] for each in order) > capacity:
            order.pop(0)
        assert cache.charged == sum(each[2] for each in order)
    for pid, log in logs.items():
        held = [base for owner, base, _ in order if owner == pid]
        for base, last, _ in log:
            for offset in range(base, last + 1):
                assert cache.has_batch(pid, offset) == (base in held)
                expected = b"".join(data for first, _, data in log if first >= base) if base in held else None
                assert taken(cache, pid, offset) == expected


def test_what_is_replaced_leaves_and_the_end_stays_known() -> None:
    """Whoever waits at the end is still answered from here, and the next batch goes on there."""
    cache = TailCache(1000)
    for offset in range(6):
        cache.put(1, offset, offset, bytes(10))
    cache.drop_below(1, 4)
    assert cache.charged == 20
    assert cache.take(1, 3, 100, 9, True) is None
    assert cache.take(1, 4, 100, 9, True) == TailSlice([bytes(10)] * 2, 20, 6)
    cache.drop_below(1, 6)
    assert (cache.charged, cache.has_batch(1, 5)) == (0, False)
    assert cache.take(1, 6, 100, 9, True) == EMPTY_SLICE
    cache.put(1, 6, 6, bytes(10))
    assert cache.has_batch(1, 6)
    cache.drop_below(2, 5)


def test_ages_are_right_after_batches_left_early() -> None:
    """The oldest of those that are left goes first, and the queue of ages does not grow for ever."""
    cache = TailCache(60)
    for offset in range(3):
        cache.put(1, offset, offset, bytes(10))
        cache.put(2, offset, offset, bytes(10))
    cache.drop_below(1, 2)
    cache.put(1, 3, 3, bytes(30))
    assert (cache.charged, cache.has_batch(2, 0), cache.has_batch(2, 1), cache.has_batch(1, 2)) == (60, False, True, True)
    cache.put(1, 4, 4, bytes(10))
    assert (cache.charged, cache.has_batch(2, 1), cache.has_batch(2, 2), cache.has_batch(1, 2)) == (60, False, True, True)

    for offset in range(5, 5000):
        cache.put(1, offset, offset, bytes(1))
        cache.drop_below(1, offset + 1)
    assert len(cache._ages) < 300
    assert cache.charged == 10, "the other partition's batch"


def test_a_log_that_others_write_too_leaves_nothing_behind() -> None:
    """Each of their batches is a gap in what is held here, and there is always room: nothing ever has to go."""
    cache = TailCache(1 << 20)
    cache.put(2, 0, 0, bytes(10))
    for offset in range(0, 50_000, 10):
        for own in range(5):
            cache.put(1, offset + own, offset + own, bytes(10))
    assert len(cache._ages) < 300
    assert cache.charged == 60
    assert cache.has_batch(2, 0)


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(("put", "gap", "drop", "forget")), st.integers(1, 40)), max_size=120))
def test_what_is_held_is_charged(steps: list[tuple[int, str, int]]) -> None:
    """Whatever leaves in whatever way (invariants 1 and 2)."""
    cache = TailCache(150)
    next_offsets = [0, 0, 0]
    for pid, what, number in steps:
        if what in ("put", "gap"):
            next_offsets[pid] += what == "gap"
            cache.put(pid, next_offsets[pid], next_offsets[pid], bytes(number))
            next_offsets[pid] += 1
        elif what == "drop":
            cache.drop_below(pid, next_offsets[pid] - number // 8)
        elif number > 30:
            cache.forget(pid)
        held = 0
        for each in range(3):
            found = [cache.take(each, offset, 10**6, 10**6, True) for offset in range(next_offsets[each])]
            held += max((piece.size for piece in found if piece is not None), default=0)
        assert cache.charged == held <= 150
        waiting = Counter(pid for pid, run in cache._ages if cache._runs.get(pid) is run)
        dead = {pid: run.left_early for pid, run in cache._runs.items()}
        assert cache._dead == len(cache._ages) - sum(waiting.values()) + sum(dead.values())


def test_all_of_it_can_be_let_go_of() -> None:
    """What is put afterwards is held as before."""
    cache = TailCache(10_000)
    for pid in range(5):
        cache.put(pid, 0, 0, bytes(100))
    cache.clear()
    assert (cache.charged, cache.has_batch(1, 0)) == (0, False)
    cache.put(1, 0, 0, bytes(100))
    assert (cache.charged, cache.has_batch(1, 0)) == (100, True)


def test_the_end_is_known() -> None:
    """Also when nothing is left of what was before it."""
    cache = TailCache(1 << 20)
    assert cache.end(1) == 0
    cache.put(1, 5, 6, b"x" * 100)
    assert cache.end(1) == 7
    cache.drop_below(1, 7)
    assert cache.end(1) == 7
