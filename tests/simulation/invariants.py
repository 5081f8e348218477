"""The catalog's own invariants (I3 to I6 of :mod:`broker.storage.catalog.base`), looked up on the disk record by record, with a reading of
batches of its own."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Any, Final

from tests.simulation.chance import Violation
from tests.simulation.disk import Disk

_HEADER: Final = Struct(">qiibIhiqqqhii")
_COMMIT_FLAG, _ABORT_FLAG = 4, 8


@dataclass(frozen=True, slots=True)
class Stored:
    """A batch or a marker where the index says that it lies."""

    first: int
    last: int
    producer_id: int
    epoch: int
    last_sequence: int
    transactional: bool
    commits: bool | None = None


def check(disk: Disk) -> int:
    """Raises Violation; how much was looked at."""
    catalog: Any = disk.catalog
    live: Counter[int] = Counter()
    looked_at = 0
    for pid, state in catalog._state.partitions.items():
        spans = list(catalog._state.runs.get(pid, ()))
        stored = list(_tiles(pid, state.bounds, spans, disk, live))
        looked_at += len(stored)
        _check_transactions(pid, state, stored, catalog)
        _check_producers(pid, stored, catalog)
    for object_id, count in catalog._live.items():
        _hold(count == live[object_id], f"I4: object {object_id} has {live[object_id]} spans, {count} are counted")
    for object_id in live:
        _hold(object_id in disk.store._objects or object_id in catalog._inline, f"I2: object {object_id} is named and not there")
    return looked_at


def _hold(holds: bool, what: str) -> None:
    if not holds:
        raise Violation(what)


def _tiles(pid: int, bounds: Any, spans: list[Any], disk: Disk, live: Counter[int]) -> Iterator[Stored]:
    """I3: every batch of the log, in order, without a gap."""
    following = spans[0].base if spans else bounds.high_watermark
    _hold(following <= bounds.log_start, f"I3: partition {pid} begins at {bounds.log_start}, its first span at {following}")
    for span in spans:
        _hold(span.base == following, f"I3: partition {pid} goes on at {span.base} behind {following - 1}")
        if span.object_id < 0:
            commits = bool(span.flags & _COMMIT_FLAG)
            _hold(commits != bool(span.flags & _ABORT_FLAG), f"partition {pid}: {span} is no marker")
            yield Stored(span.base, span.last, span.position, -span.object_id - 1, -1, True, commits)
            following = span.last + 1
            continue
        live[span.object_id] += 1
        data = disk.store._objects.get(span.object_id) or disk.catalog._inline.get(span.object_id, b"")
        at, end = span.position, span.position + span.length
        _hold(end <= len(data), f"I2: partition {pid}: object {span.object_id} ends before {span}")
        while at < end:
            _, length, _, _, _, attributes, delta, _, _, producer_id, epoch, sequence, _ = _HEADER.unpack_from(data, at)
            last_sequence = sequence + delta if sequence >= 0 else -1
            yield Stored(following, following + delta, producer_id, epoch, last_sequence, bool(attributes & 0x10))
            following += delta + 1
            at += 12 + length
        _hold(at == end and following == span.last + 1, f"I3: partition {pid}: {span} is not what its batches are")
    _hold(following == bounds.high_watermark, f"I3: partition {pid} ends at {bounds.high_watermark}, its spans at {following}")


def _check_transactions(pid: int, state: Any, stored: list[Stored], catalog: Any) -> None:
    """I5, and the index of aborted transactions, as far as the log still goes back."""
    opened: dict[int, int] = {}
    aborted: list[tuple[int, int, int]] = []
    for one in stored:
        if one.commits is not None:
            first = opened.pop(one.producer_id, None)
            if not one.commits and first is not None:
                aborted.append((one.producer_id, first, one.first))
        elif one.transactional:
            opened.setdefault(one.producer_id, one.first)
    bounds, begins = state.bounds, stored[0].first if stored else state.bounds.high_watermark
    known = {
        producer_id: producer.open_first_offset
        for producer_id, producer in catalog._state.producers.get(pid, {}).items()
        if producer.open_first_offset is not None
    }
    _hold(
        {producer_id: max(first, begins) for producer_id, first in known.items()}.items() >= opened.items(),
        f"partition {pid}: open are {opened}, known as open {known}",
    )
    stable = min((max(first, bounds.log_start) for first in known.values()), default=bounds.high_watermark)
    _hold(bounds.last_stable_offset == stable, f"I5: partition {pid}: last stable offset {bounds.last_stable_offset}, wanted {stable}")
    index = {(one.producer_id, one.first_offset, one.last_offset) for one in catalog._state.aborted(pid, bounds.log_start, bounds.high_watermark) or ()}
    wanted = {one for one in aborted if one[2] >= bounds.log_start}
    _hold(
        {one for one in index if one[1] >= begins} == {one for one in wanted if one[1] > begins or one in index},
        f"partition {pid}: aborted are {sorted(wanted)}, the index has {sorted(index)}",
    )


def _check_producers(pid: int, stored: list[Stored], catalog: Any) -> None:
    """I6: each producer's epoch and sequence are those of the last that the log has of it."""
    last: dict[int, list[Stored]] = defaultdict(list)
    for one in stored:
        if one.producer_id >= 0:
            last[one.producer_id].append(one)
    for producer_id, of_producer in last.items():
        epoch, sequence = -1, -1
        for one in of_producer:
            if one.commits is None:
                epoch, sequence = one.epoch, one.last_sequence
            elif one.epoch > epoch:
                epoch, sequence = one.epoch, -1
        producer = catalog._state.producer(pid, producer_id)
        if producer is not None and of_producer[0].commits is None:
            found = (producer.epoch, producer.last_sequence)
            _hold(found == (epoch, sequence), f"I6: partition {pid}: producer {producer_id} is at {found}, its log at {epoch, sequence}")
