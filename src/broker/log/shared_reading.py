"""What reading needs beyond store and catalog where brokers share both, put together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from broker.log.block_cache import BlockCache
from broker.log.block_reader import BLOCK_BYTES, BlockReader, BlockSource
from broker.log.bounds_poller import POLL_MS, POLL_MS_WITH_HINTS, BoundsPoller
from broker.log.known_bounds import KnownBounds
from broker.log.read_limiter import ReadLimiter
from broker.log.shared_view import TRUSTED_POLLS, LearningTail, SharedView
from broker.log.span_cache import SPAN_BYTES, SpanCache
from broker.log.span_finder import SpanFinder
from broker.log.tail_cache import TailCache
from broker.log.waiting_room import WaitingRoom
from broker.storage.catalog.base import LogCatalog
from observability.metrics import READING

MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLimits:
    """What reading may take. ``cold_reads`` and ``cold_bytes`` bound what is read far from the ends of logs at the same time."""

    block_cache_bytes: int = 64 * MIB
    span_cache_bytes: int = 8 * MIB
    cold_reads: int = 8
    cold_bytes: int = 64 * MIB
    block_bytes: int = BLOCK_BYTES


@dataclass(frozen=True, slots=True)
class SharedReading:
    """The parts. ``tail`` is the tail cache to be used by whoever commits."""

    tail: TailCache
    view: SharedView
    finder: SpanFinder
    poller: BoundsPoller
    blocks: BlockReader
    far: ReadLimiter


def shared_reading(
    source: BlockSource,
    catalog: LogCatalog,
    waiting: WaitingRoom,
    clock: Callable[[], float],
    *,
    tail_bytes: int,
    limits: ReadingLimits | None = None,
    hints_flow: Callable[[], bool] = lambda: False,
    poll_ms: int = POLL_MS,
    poll_ms_with_hints: int = POLL_MS_WITH_HINTS,
) -> SharedReading:
    """``clock`` tells seconds and never runs back; ``hints_flow`` whether every other broker's hints come through."""
    limits = limits or ReadingLimits()
    known = KnownBounds()
    tail = LearningTail(tail_bytes, known)
    spans = SpanCache(limits.span_cache_bytes // SPAN_BYTES)
    trust_s = TRUSTED_POLLS * max(poll_ms, poll_ms_with_hints) / 1000
    view = SharedView(known, spans, tail, waiting, clock, trust_s=trust_s)
    finder = SpanFinder(catalog, view)
    poller = BoundsPoller(
        finder,
        view,
        waiting,
        hints_flow=hints_flow,
        interval_ms=poll_ms,
        interval_with_hints_ms=poll_ms_with_hints,
    )
    far = ReadLimiter(limits.cold_reads, limits.cold_bytes)
    cache = BlockCache(limits.block_cache_bytes)
    blocks = BlockReader(source, cache, block_bytes=limits.block_bytes, limiter=far)
    READING.cache_bytes.labels("tail").set_function(lambda: tail.charged)
    READING.cache_bytes.labels("spans").set_function(lambda: spans.count * SPAN_BYTES)
    READING.cache_bytes.labels("blocks_hot").set_function(lambda: cache.hot_bytes)
    READING.cache_bytes.labels("blocks_cold").set_function(lambda: cache.cold_bytes)
    return SharedReading(tail, view, finder, poller, blocks, far)
