"""Spans in memory: runs without gaps, bounded, and not for ever."""

from broker.log.span_cache import RUN_SPANS_MAX, SpanCache
from broker.storage.catalog.base import Span


def spans(first: int, count: int, length: int = 10) -> list[Span]:
    """One offset each."""
    return [Span(base, base, 1, base * length, length, 0, 0, 1) for base in range(first, first + count)]


def found(cache: SpanCache, offset: int, *, pid: int = 1, max_bytes: int = 1 << 20, now: float = 0.0) -> list[int] | None:
    held = cache.find(pid, offset, max_bytes, now)
    return None if held is None else [span.base for span in held]


def test_finds_from_any_offset_that_is_held() -> None:
    """As far as bytes are asked for."""
    cache = SpanCache(100)
    cache.put(1, spans(5, 5), 0.0)
    assert found(cache, 5) == [5, 6, 7, 8, 9]
    assert found(cache, 7, max_bytes=15) == [7, 8]
    assert (found(cache, 4), found(cache, 10), found(cache, 5, pid=2)) == (None, None, None)


def test_what_goes_on_is_put_behind_and_all_else_in_place() -> None:
    """There is never a gap within what is held."""
    cache = SpanCache(100)
    cache.put(1, spans(0, 3), 0.0)
    cache.put(1, spans(3, 2), 1.0)
    assert found(cache, 0) == [0, 1, 2, 3, 4]
    cache.put(1, spans(2, 2), 1.0)
    assert (found(cache, 0), found(cache, 2)) == (None, [2, 3])
    cache.put(1, spans(9, 1), 1.0)
    assert (found(cache, 2), found(cache, 9)) == (None, [9])
    cache.put(1, [], 1.0)
    assert found(cache, 9) == [9]


def test_what_was_found_long_ago_is_forgotten() -> None:
    """The objects may be gone; what is found later does not make the rest younger."""
    cache = SpanCache(100, keep_s=60)
    cache.put(1, spans(0, 3), 0.0)
    cache.put(1, spans(3, 3), 50.0)
    assert found(cache, 0, now=60.0) is not None
    assert found(cache, 0, now=61.0) is None
    assert cache.count == 0
    cache.put(1, spans(0, 3), 0.0)
    cache.put(1, spans(3, 3), 70.0)
    assert (found(cache, 0, now=70.0), found(cache, 3, now=70.0)) == (None, [3, 4, 5])


def test_memory_is_bounded_and_the_one_not_asked_about_goes() -> None:
    """A single log cannot take everything either."""
    cache = SpanCache(25)
    for pid in (1, 2):
        cache.put(pid, spans(0, 10), 0.0)
    assert found(cache, 0, pid=1) is not None
    cache.put(3, spans(0, 10), 0.0)
    assert [found(cache, 0, pid=pid) is None for pid in (1, 2, 3)] == [False, True, False]
    assert cache.count == 20
    large = SpanCache(10 * RUN_SPANS_MAX)
    for first in range(0, 3 * RUN_SPANS_MAX, 1024):
        large.put(1, spans(first, 1024), 0.0)
    assert large.count == RUN_SPANS_MAX
    assert found(large, 3 * RUN_SPANS_MAX - 1) is not None
    off = SpanCache(0)
    off.put(1, spans(0, 1), 0.0)
    assert off.count == 0
    large.clear()
    assert (large.count, found(large, 3 * RUN_SPANS_MAX - 1)) == (0, None)
