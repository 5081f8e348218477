"""The compactor: has every log of a topic with ``cleanup.policy=compact`` rewritten now and then, to the newest record of each key.

It decides which logs are due (:mod:`broker.log.compaction_rules`), has the work done elsewhere (:mod:`broker.log.rewriter`), a part of a log at
a time, and makes each part visible in one catalog transaction. What it needs beforehand is durable by then, and what it replaces must still
be there as it was read; else the part is dropped, and the log is looked at again in the next round.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

import anyio

from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.errors import BrokerError, StorageFailed
from broker.log.compaction_round import RoundSettings, Uncleanable
from broker.log.compaction_rules import BYTES_A_KEY, CompactionConfig, dirty_ratio, is_due, youngest_ms
from broker.log.jobs.runner import Job, JobLeases, JobRunner, OwnLeases
from broker.log.rewriter import Rewriter, Rewriting
from broker.log.tail_cache import TailCache
from broker.model import LogBounds, value
from broker.storage.catalog.base import Dirt, LogCatalog, Span, SpanQuery, SpanSwap, TransactionCatalog
from broker.storage.catalog.life_cycle import LifeCycleCatalog
from broker.storage.objects.base import ObjectStore
from broker.storage.objects.footer import PartitionName
from observability import logs
from observability.metrics import COMPACTION

PART_BYTES: Final = 32 << 20
"""So much of a log, at the most, is read into one object and swapped in one transaction."""

PART_SPANS: Final = 512
LEAST_REST_MS: Final = 10
PAGES: Final = 16
LONG_LEASE_MS: Final = 600_000
UNCLEANABLE_S: Final = 3600.0
"""For how long a log is left alone that cannot be compacted."""

_TRIES: Final = 3
"""How often a part of a log is read anew when it was changed while it was rewritten: merged, most often."""

_CLEANED_S: Final = 60.0

_log = logs.get("compactor")


class TopicToCompact(Protocol):
    """A topic as the directory has it."""

    @property
    def name(self) -> str: ...

    @property
    def pids(self) -> tuple[int, ...]: ...

    @property
    def config(self) -> CompactionConfig: ...


class TopicsToCompact(Protocol):
    """What is needed of the topic directory."""

    def all(self) -> Iterable[TopicToCompact]: ...


class LogsAndTransactions(LogCatalog, LifeCycleCatalog, TransactionCatalog, Protocol):
    """The parts of a catalog that compaction needs."""


@value
class _Due:
    """A log to be compacted from ``first_dirty`` on."""

    topic: TopicToCompact
    pid: int
    bounds: LogBounds
    first_dirty: int
    dirt: Dirt
    now_ms: int


class _Overtaken(Exception):
    """Somebody else changed the log meanwhile."""


class Compactor(Job):
    """Owns how far each log is compacted, and which cannot be. :meth:`run` ends by being cancelled, or by ``StorageFailed``. As a job it is done a
    page of logs at a time, every sixteenth log where brokers share them."""

    name = "compaction"
    lease_ms = LONG_LEASE_MS

    def __init__(
        self,
        store: ObjectStore,
        catalog: LogsAndTransactions,
        topics: TopicsToCompact,
        tail: TailCache,
        settings: LiveSettings,
        now_ms: Callable[[], int],
        *,
        on_round: Callable[[int], None],
        on_replaced: Callable[[int, int], None] = lambda pid, below: None,
        on_fatal: Callable[[StorageFailed], None] | None = None,
        part_bytes: int = PART_BYTES,
        node_id: Callable[[], int] = lambda: 0,
        node_ids: Callable[[], Iterable[int]] = lambda: (),
        name_of: Callable[[int], PartitionName | None] = lambda pid: None,
    ) -> None:
        """``on_round(pid)`` is told before anything of a log is replaced, once a round; ``on_replaced(pid, below)`` when a part that ends at that offset
        was. ``name_of(pid)`` goes into the footers of objects."""
        self._name_of = name_of
        self._store = store
        self._catalog = catalog
        self._topics = topics
        self._tail = tail
        self._settings = settings
        self._now_ms = now_ms
        self._on_round = on_round
        self._on_replaced = on_replaced
        self._on_fatal = on_fatal
        self._part_bytes = part_bytes
        self._rewriter = Rewriter(store)
        leases: JobLeases = catalog if isinstance(catalog, JobLeases) else OwnLeases()
        self._is_shared = not isinstance(leases, OwnLeases)
        self._pages = PAGES if self._is_shared else 1
        self._runner = JobRunner([self], leases, node_id=node_id, node_ids=node_ids)
        self._waiting: dict[str, list[_Due]] = {}
        self._tail_ends: dict[int, int] = {}
        self._tail_aged = 0.0
        self._cleaned: dict[int, int] | None = None
        self._cleaned_since = 0.0
        self._uncleanable: dict[int, float] = {}
        self._complaints = logs.LineLimiter(per_second=1 / 60)
        self._seen: dict[int, tuple[int, CompactionConfig]] = {}

    async def run(self) -> None:
        """Compact until cancelled: a round, then ``log.cleaner.backoff.ms`` of rest."""
        try:
            await self._runner.run()
        except StorageFailed as error:
            if self._on_fatal is None:
                raise
            self._on_fatal(error)

    async def compact_due(self) -> None:
        """Compact every log that is due now, the dirtiest first. What cannot be done now is done in a later round."""
        for page in range(self._pages):
            while await self.step(str(page)):
                pass

    def rest_s(self) -> float:
        """``log.cleaner.backoff.ms``."""
        return max(self._settings.current.log_cleaner_backoff_ms, LEAST_REST_MS) / 1000

    async def due(self) -> Sequence[str]:
        self._age_tail()
        return [str(page) for page in range(self._pages)] if self._settings.current.log_cleaner_enable else []

    async def step(self, part: str) -> bool:
        """Compact the next log of a page that is due."""
        try:
            due = self._waiting.get(part)
            if not due:
                due = self._waiting[part] = await self._find_due(int(part))
            self._count_waiting()
            if due:
                await self._compact_one(due.pop(0))
        except BrokerError as error:
            _log.warning("compaction is late", reason=str(error))
            due = []
        finally:
            if not due:
                self._waiting.pop(part, None)
                await self._rewriter.rest()
            self._count_waiting()
        return bool(due)

    def _age_tail(self) -> None:
        """Let go of what memory has of compacted logs for longer than half the grace: another broker may have compacted them, and transactions whose
        data it removed leave the index in time (K7)."""
        now_s = anyio.current_time()
        if not self._grace_ms or (now_s - self._tail_aged) * 4000 < self._grace_ms:
            return
        ends: dict[int, int] = {}
        for topic in self._topics.all():
            if "compact" in topic.config.cleanup_policy:
                for pid in topic.pids:
                    self._tail.drop_below(pid, self._tail_ends.get(pid, 0))
                    ends[pid] = self._tail.end(pid)
        self._tail_ends, self._tail_aged = ends, now_s

    def _count_waiting(self) -> None:
        COMPACTION.waiting.set(sum(map(len, self._waiting.values())))

    # What is due

    async def _find_due(self, page: int) -> list[_Due]:
        now_s = anyio.current_time()
        if self._cleaned is None or (self._is_shared and now_s - self._cleaned_since >= _CLEANED_S):
            self._cleaned, self._cleaned_since = await self._catalog.cleaned(), now_s
        shared_ms = await self._catalog.clock_ms()
        now_ms = self._now_ms() if shared_ms is None else shared_ms
        compacted = [
            (topic, pid)
            for topic in list(self._topics.all())
            if "compact" in topic.config.cleanup_policy
            for pid in topic.pids
            if pid % self._pages == page
        ]
        living = {pid for _, pid in compacted}
        self._uncleanable = {
            pid: until
            for pid, until in self._uncleanable.items()
            if (pid in living or pid % self._pages != page) and until > now_s
        }
        COMPACTION.uncleanable.set(len(self._uncleanable))
        for pid in [pid for pid in self._seen if pid not in living and pid % self._pages == page]:
            del self._seen[pid]
        bounds = await self._bounds([pid for pid in living if pid not in self._uncleanable])
        due: list[_Due] = []
        for topic, pid in compacted:
            if pid in bounds:
                found = await self._look_at(topic, pid, bounds[pid], now_ms, self._cleaned)
                if found is not None:
                    due.append(found)
        for pid in [pid for pid in self._cleaned if pid % self._pages == page and pid not in living]:
            del self._cleaned[pid]
        return sorted(due, key=lambda each: -dirty_ratio(each.dirt))

    async def _bounds(self, pids: Iterable[int]) -> dict[int, LogBounds]:
        peeked = {pid: self._catalog.peek_bounds(pid) for pid in pids}
        known = {pid: bounds for pid, bounds in peeked.items() if bounds is not None}
        if self._is_shared and len(known) < len(peeked):
            known |= await self._catalog.bounds([pid for pid in peeked if pid not in known])
        return known

    async def _look_at(
        self, topic: TopicToCompact, pid: int, bounds: LogBounds, now_ms: int, cleaned: dict[int, int]
    ) -> _Due | None:
        first_dirty = max(cleaned.get(pid, 0), bounds.log_start)
        stable = bounds.last_stable_offset
        config = topic.config
        if first_dirty >= stable or self._seen.get(pid) == (stable, config):
            return None
        try:
            dirt = await self._catalog.dirt(pid, first_dirty, stable, youngest_ms(config, now_ms))
        except BrokerError:
            return None  # it was deleted, or the next round asks again
        if is_due(dirt, config, now_ms):
            return _Due(topic, pid, bounds, first_dirty, dirt, now_ms)
        if config.min_compaction_lag_ms == 0 and config.max_compaction_lag_ms > now_ms:
            self._seen[pid] = (stable, config)  # time alone does not make it due
        return None

    # One log

    async def _compact_one(self, due: _Due) -> None:
        began = anyio.current_time()
        try:
            compacted = await self._compact(due)
        except _Overtaken:
            _log.info("compaction was overtaken by another change", topic=due.topic.name, pid=due.pid)
        except Uncleanable as error:
            self._uncleanable[due.pid] = anyio.current_time() + UNCLEANABLE_S
            COMPACTION.uncleanable.set(len(self._uncleanable))
            COMPACTION.failed("uncleanable")
            _log.error("cannot be compacted and is left alone for now", topic=due.topic.name, pid=due.pid, reason=str(error))
        except BrokerError as error:
            COMPACTION.failed("storage")
            held_back = self._complaints.take(anyio.current_time())
            if held_back is not None:
                _log.warning(
                    "compaction is late", topic=due.topic.name, pid=due.pid, reason=str(error), lines_held_back=held_back
                )
        else:
            seconds = anyio.current_time() - began
            COMPACTION.done(seconds, self._now_ms() / 1000)
            _log.info(
                "compacted", topic=due.topic.name, pid=due.pid, cleaned_to=compacted.upto, seconds=round(seconds, 3),
                bytes_read=compacted.bytes_read, bytes_kept=compacted.bytes_kept,
                records_read=compacted.records_read, records_kept=compacted.records_kept,
            )  # fmt: skip

    async def _compact(self, due: _Due) -> "_Compacted":
        settings = self._settings.current
        round_settings = RoundSettings(
            start=due.first_dirty,
            log_start=due.bounds.log_start,
            leader_epoch=due.bounds.leader_epoch,
            now_ms=due.now_ms if self._is_shared else self._now_ms(),
            delete_retention_ms=due.topic.config.delete_retention_ms,
            keys=keys_at_once(settings),
            bytes_per_second=max(settings.log_cleaner_io_max_bytes_per_second, 1.0),
            grace_ms=self._grace_ms,
            pid=due.pid,
            name=self._name_of(due.pid),
        )
        work = await self._rewriter.begin(round_settings, due.dirt.clean_bytes + due.dirt.dirty_bytes)
        compacted = _Compacted(await self._index(work, due))
        self._on_round(due.pid)
        offset = due.bounds.log_start
        tries_left = _TRIES
        while offset < compacted.upto:
            spans = [span for span in await self._part(due, offset) if span.base < compacted.upto]
            try:
                await self._replace(work, due.pid, spans, compacted)
            except _Overtaken:
                tries_left -= 1
                if not tries_left:
                    raise
            else:
                offset, tries_left = spans[-1].last + 1, _TRIES
        assert self._cleaned is not None, "known since logs were looked at"
        self._cleaned[due.pid] = compacted.upto
        return compacted

    async def _index(self, work: Rewriting, due: _Due) -> int:
        """Have the keys of the dirty part taken in; up to where that was done."""
        offset = due.first_dirty
        while offset < due.dirt.end:
            spans = await self._part(due, offset)
            aborted = await self._catalog.aborted(due.pid, spans[0].base, spans[-1].last + 1)
            indexed = await work.index(spans, aborted)
            offset = indexed.latest + 1
            if indexed.is_full:
                break
        return offset

    async def _part(self, due: _Due, offset: int) -> list[Span]:
        """The next spans from the one that holds ``offset`` on, of those that may be compacted. Raises _Overtaken."""
        (answer,) = await self._catalog.find_spans([SpanQuery(due.pid, offset, self._part_bytes)])
        spans = [span for span in answer.spans[:PART_SPANS] if span.last < due.dirt.end]
        if not spans:
            raise _Overtaken
        return spans

    async def _replace(self, work: Rewriting, pid: int, spans: list[Span], compacted: "_Compacted") -> None:
        """Have a part of the log rewritten, durably, and make it visible. Raises _Overtaken."""
        began_s = anyio.current_time()
        aborted = await self._catalog.aborted(pid, spans[0].base, spans[-1].last + 1)
        object_id = await self._rewriter.new_object_id()
        try:
            part = await work.rewrite(object_id, spans, aborted)
            # What memory has of this part goes first: it must not be given out once the catalog knows less of its transactions.
            self._tail.drop_below(pid, spans[-1].last + 1)
            swap = SpanSwap(
                pid=pid,
                old=spans,
                new=part.spans,
                object_id=object_id,
                object_end=part.object_end,
                forgotten=part.forgotten,
                cleaned_to=compacted.upto if spans[-1].last + 1 >= compacted.upto else None,
            )
            if self._grace_ms and (anyio.current_time() - began_s) * 2000 > self._grace_ms:
                raise _Overtaken  # K7 counts from when the part was rewritten
            if not await self._catalog.swap_spans(swap):
                raise _Overtaken
        except (BrokerError, Uncleanable, _Overtaken):
            await self._give_up(object_id)
            raise
        self._on_replaced(pid, spans[-1].last + 1)
        kept = sum(span.length for span in part.spans)
        compacted.bytes_read += part.bytes_read
        compacted.bytes_kept += kept
        compacted.records_read += part.records_read
        compacted.records_kept += part.records_kept
        COMPACTION.part(part.bytes_read, kept)


    @property
    def _grace_ms(self) -> int:
        return self._settings.current.object_delete_grace_ms if self._is_shared else 0

    async def _give_up(self, object_id: int) -> None:
        """The store is rid of what nothing names; when that cannot be told now, the orphan sweep sees to it."""
        try:
            await self._store.delete(await self._catalog.condemn([object_id]))
        except BrokerError as error:
            _log.warning("an object that was not needed stays for now", object_id=object_id, reason=str(error))


class _Compacted:
    """What a round over one log came to."""

    def __init__(self, upto: int) -> None:
        self.upto = upto
        self.bytes_read = self.bytes_kept = self.records_read = self.records_kept = 0


def keys_at_once(settings: Settings) -> int:
    """How many keys a round may hold in memory."""
    return max(1, settings.log_cleaner_dedupe_buffer_size // BYTES_A_KEY)
