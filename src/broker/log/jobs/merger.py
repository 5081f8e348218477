"""The merger: has many small objects written anew as few large ones, log by log, and objects of which little is left as what is left of them.

It decides what is merged (:mod:`broker.log.jobs.merge_rules`), has the work done elsewhere (:mod:`broker.log.rewriter`), and makes it visible some
partitions at a time. A partition whose spans are no longer as they were read stays as it is, and its turn comes again. An object that cannot
be read is left alone for a while, and keeps none but itself from being merged. An object that nothing came to name is deleted at once, unless it
is not known whether something did: then it is left to the orphan sweep.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

import anyio

from broker.config.live import LiveSettings
from broker.errors import BrokerError, ObjectUnreadable, StorageUnavailable
from broker.log.jobs import merge_rules
from broker.log.jobs.merge_round import Merged, RunToWrite
from broker.log.jobs.merge_rules import MergeLimits, Run, Window
from broker.log.jobs.runner import Job
from broker.log.rewriter import Rewriter
from broker.storage.catalog.base import LogCatalog
from broker.storage.catalog.life_cycle import LifeCycleCatalog, LogSwap, MergeCandidate, MergeSwap
from broker.storage.objects.base import ObjectStore, is_inline
from broker.storage.objects.footer import PartitionName
from observability import logs
from observability.metrics import JOBS

CANDIDATES: Final = 4096
INLINE_AT_ONCE: Final = 64
"""Objects in the catalog that are read at once: few enough that who commits meanwhile waits for none of it."""

LEAST_REST_S: Final = 1.0
_SPARSE: Final = "sparse"
_AVOID_DAMAGED_S: Final = 3600.0
_AVOID_CHANGING_S: Final = 60.0
_AVOID_UNREADABLE_S: Final = 120.0
"""For how long objects are left alone of which nothing could be merged."""

ReadInlines = Callable[[Sequence[int]], Awaitable[Mapping[int, bytes]]]

_log = logs.get("merger")


class LogsAndLifeCycle(LogCatalog, LifeCycleCatalog, Protocol):
    """The parts of a catalog that jobs need."""


class Merger(Job):
    """Owns the process that does the work, while there is some."""

    name = "merge"

    def __init__(
        self,
        store: ObjectStore,
        catalog: LogsAndLifeCycle,
        settings: LiveSettings,
        *,
        read_inlines: ReadInlines | None = None,
        name_of: Callable[[int], PartitionName | None] = lambda pid: None,
    ) -> None:
        """``name_of(pid)`` goes into the footers of objects."""
        self._name_of = name_of
        self._store = store
        self._catalog = catalog
        self._settings = settings
        self._read_inlines = read_inlines
        self._rewriter = Rewriter(store)
        self._avoided: dict[int, float] = {}
        self._next_look = 0.0

    def rest_s(self) -> float:
        """A part of the age at which objects are merged."""
        return max(self._settings.current.merge_age_ms / 4000, LEAST_REST_S)

    @property
    def limits(self) -> MergeLimits:
        """What the settings ask for."""
        settings = self._settings.current
        return MergeLimits(settings.merge_object_bytes, settings.merge_age_ms)

    async def due(self) -> Sequence[str]:
        self._avoided = {known: until for known, until in self._avoided.items() if until > anyio.current_time()}
        found = [window.lane for level in (0, 1) for window in await self._windows(level)]
        if anyio.current_time() >= self._next_look:
            found.append(_SPARSE)
        return found

    async def step(self, part: str) -> bool:
        window = await self._window(part)
        if window is None:
            return False
        try:
            await self.merge(window)
        finally:
            await self._rewriter.rest()
        return True

    async def _windows(self, level: int) -> list[Window]:
        candidates = await self._catalog.merge_candidates(level, CANDIDATES, merge_rules.small_below(self.limits))
        if level == 0:
            JOBS.lags(self.name, candidates[0].age_ms / 1000 if candidates else 0.0)
        return merge_rules.windows(self._allowed(candidates), level, self.limits)

    async def _window(self, part: str) -> Window | None:
        if part == _SPARSE:
            found = merge_rules.sparse_window(self._allowed(await self._catalog.sparse_objects(CANDIDATES)), self.limits)
            if found is None:
                self._next_look = anyio.current_time() + self._settings.current.reclaim_interval_ms / 1000
            return found
        level = int(part.partition("/")[0])
        return next((window for window in await self._windows(level) if window.lane == part), None)

    def _allowed(self, candidates: Sequence[MergeCandidate]) -> list[MergeCandidate]:
        return [each for each in candidates if each.object_id not in self._avoided]

    async def merge(self, window: Window) -> None:
        """Merge the objects of a window; when one of them is lost, none, and the window is another one without it. Raises StorageUnavailable, and others
        that the catalog raises."""
        runs = merge_rules.runs(await self._catalog.spans_of_objects(window.object_ids))
        bounds = await self._catalog.bounds(sorted({run.pid for run in runs}))
        runs = [run for run in runs if run.pid in bounds]
        if not runs:
            self._avoid(window.object_ids, _AVOID_CHANGING_S)  # what named them is on its way out
            return
        inline = await self._inline(runs)
        wanted = [
            RunToWrite(run.pid, bounds[run.pid].leader_epoch, run.spans, self._name_of(run.pid)) for run in runs
        ]
        object_id = await self._rewriter.new_object_id()
        try:
            merged = await self._rewriter.merge(object_id, wanted, inline)
        except ObjectUnreadable as error:
            await self._give_up(object_id)
            # When it may be the store that is away, nothing is left alone for long.
            self._avoid([error.object_id], _AVOID_DAMAGED_S if error.is_lost else _AVOID_UNREADABLE_S)
            if not error.is_lost:
                raise
            _log.error("stored data is lost; the rest is merged without it", object_id=error.object_id, reason=str(error))
            return
        except StorageUnavailable:
            await self._give_up(object_id)
            raise
        for each in merged.damage:
            _log.error("stored data is damaged and stays where it is", where=each)
        if merged.damage:
            self._avoid(window.object_ids, _AVOID_DAMAGED_S)
        if merged.object_end:
            await self._swap(window, runs, object_id, merged)

    async def _inline(self, runs: Sequence[Run]) -> dict[int, bytes]:
        """The bytes that the catalog keeps itself."""
        found: dict[int, bytes] = {}
        if self._read_inlines is not None:
            wanted = sorted({span.object_id for run in runs for span in run.spans if is_inline(span.object_id)})
            for start in range(0, len(wanted), INLINE_AT_ONCE):
                found.update(await self._read_inlines(wanted[start : start + INLINE_AT_ONCE]))
        return found

    async def _swap(self, window: Window, runs: Sequence[Run], object_id: int, merged: Merged) -> None:
        swaps = [LogSwap(run.pid, run.spans, new) for run, new in zip(runs, merged.runs, strict=True) if new is not None]
        done = spans = 0
        for chunk in merge_rules.chunks(swaps):
            swap = MergeSwap(
                swaps=chunk, object_id=object_id, object_end=merged.object_end, level=window.level, is_named=done > 0
            )
            try:
                answers = await self._catalog.swap_many(swap)
            except StorageUnavailable:
                if not done:
                    await self._give_up(object_id)
                raise
            done += sum(answers)
            spans += sum(len(each.old) for each, answer in zip(chunk, answers, strict=True) if answer)
        if not done:
            await self._give_up(object_id)
            self._avoid(window.object_ids, _AVOID_CHANGING_S)
        JOBS.did(self.name, spans, merged.bytes_read)
        _log.info(
            "merged", objects=len(window.object_ids), into=object_id, level=window.level, bytes=merged.object_end, spans=spans,
            logs=done, logs_changed_meanwhile=len(swaps) - done,
        )  # fmt: skip

    async def _give_up(self, object_id: int) -> None:
        """Nothing names it, and nothing will: the store is rid of it, or the orphan sweep sees to it."""
        try:
            await self._store.delete(await self._catalog.condemn([object_id]))
        except BrokerError as error:
            _log.warning("an object that was not needed stays for now", object_id=object_id, reason=str(error))

    def _avoid(self, object_ids: Iterable[int], seconds: float) -> None:
        until = anyio.current_time() + seconds
        self._avoided.update({known: max(until, self._avoided.get(known, 0.0)) for known in object_ids})
