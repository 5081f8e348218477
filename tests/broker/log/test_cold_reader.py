"""Reading from the store: markers among stored batches, and whole spans."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from broker.errors import StorageUnavailable
from broker.log import cold_reader
from broker.log.cold_reader import ColdReader
from broker.log.far_messages import FarMark, FarPart, FarRead
from broker.log.fetch_plan import ColdShare, Wanted, answer_of, below
from broker.log.marker_batches import is_marker
from broker.log.stored_batches import walk
from broker.storage.catalog.base import SpanQuery
from broker.storage.catalog.span_flags import MARKER_BYTES
from broker.storage.objects.base import INLINE_OBJECTS
from tests.broker.log.harness import Log, batch, running_log
from tests.broker.log.transactional_producer import TransactionalProducer, bases

pytestmark = pytest.mark.anyio

SIZE = len(batch(1))


async def with_transactions(log: Log) -> int:
    """Two transactions, committed and aborted: records at 0 and 2, markers at 1 and 3; a plain record at 4."""
    (pid,) = (await log.topic()).pids
    producer = await TransactionalProducer(log).init()
    for commit in (True, False):
        await producer.append(pid, 1)
        await producer.end(commit)
    await log.append(pid, batch(1))
    return pid


async def share_of(log: Log, pid: int, offset: int, limit: int, upper: int = 5, at_least_one: bool = True) -> ColdShare:
    (found,) = await log.catalog.find_spans([SpanQuery(pid, offset, 1 << 20)])
    assert found.bounds is not None
    spans = below(found.spans, upper)
    return ColdShare(
        Wanted(pid, offset, limit), answer_of(found.bounds), found.bounds, spans, limit, upper, at_least_one
    )


@pytest.mark.parametrize(
    ("offset", "limit", "expected"),
    [
        (0, 10_000, [0, 1, 2, 3, 4]),
        (1, 10_000, [1, 2, 3, 4]),
        (3, 10_000, [3, 4]),
        (0, SIZE + MARKER_BYTES, [0, 1]),
        (0, SIZE + MARKER_BYTES - 1, [0]),
        (1, 1, [1]),
        (3, MARKER_BYTES + SIZE, [3, 4]),
    ],
)
async def test_markers_take_their_place_among_stored_batches(offset: int, limit: int, expected: list[int]) -> None:
    """They count against the limit like any batch, and are a first batch like any other."""
    async with running_log() as log:
        pid = await with_transactions(log)
        share = await share_of(log, pid, offset, limit)
        assert await ColdReader(log.store).read([share]) == []
        assert bases([share.answer]) == [expected]
        assert share.answer.next_offset == expected[-1] + 1
        assert share.answer.size == sum(map(len, share.answer.records))


async def test_markers_of_one_producer_are_not_taken_for_each_other() -> None:
    """Where they lie in an object would be the same, were they in one: each is made from its own span."""
    async with running_log() as log:
        pid = await with_transactions(log)
        share = await share_of(log, pid, 0, 10_000)
        first, second = share.spans[1], share.spans[3]
        assert (first.object_id, first.position) == (second.object_id, second.position)
        await ColdReader(log.store).read([share])
        assert bases([share.answer]) == [[0, 1, 2, 3, 4]]


async def test_two_partitions_with_markers_share_one_reading() -> None:
    """Each gets its own; only objects are read, each once."""
    async with running_log() as log:
        pids = (await log.topic(partitions=2)).pids
        producer = await TransactionalProducer(log).init()
        await producer.add(*pids)
        await log.append_all([(pid, producer.batch(pid)) for pid in pids])
        await producer.end()
        shares = [await share_of(log, pid, 0, 10_000, 2) for pid in pids]
        assert await ColdReader(log.store).read(shares) == []
        assert bases([share.answer for share in shares]) == [[0, 1], [0, 1]]
        assert log.store.reads == 1


async def test_a_marker_is_still_given_when_what_follows_cannot_be_read() -> None:
    """What was found so far is an answer; the next fetch begins with the error."""
    async with running_log() as log:
        pid = await with_transactions(log)
        log.store.read_error = StorageUnavailable("I/O error")
        cold = ColdReader(log.store)
        share = await share_of(log, pid, 3, 10_000)
        assert await cold.read([share]) == []
        assert bases([share.answer]) == [[3]]
        share = await share_of(log, pid, 2, 10_000)
        assert [failed for failed, _ in await cold.read([share])] == [share]


async def test_nothing_at_or_above_the_upper_bound_is_read() -> None:
    """Neither a marker nor a batch; spans that begin there are not even asked for."""
    async with running_log() as log:
        pid = await with_transactions(log)
        asked: list[Sequence[tuple[int, int]]] = []
        store_read = log.store.read

        async def read(object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
            asked.append(ranges)
            return await store_read(object_id, ranges)

        log.store.read = read  # type: ignore[method-assign]
        share = await share_of(log, pid, 0, 10_000, upper=2)
        await ColdReader(log.store).read([share])
        assert bases([share.answer]) == [[0, 1]]
        assert asked == [[(share.spans[0].position, SIZE)]]


async def test_a_marker_can_be_read_as_a_span() -> None:
    """For those who look through whole spans: one batch of one offset, from no object."""
    async with running_log() as log:
        pid = await with_transactions(log)
        (found,) = await log.catalog.find_spans([SpanQuery(pid, 1, 1)])
        (marker,) = found.spans
        piece = await ColdReader(log.store).read_span(marker)
        ((at, base, header),) = walk(piece)
        assert (at, base, header.is_control, header.size) == (0, 1, True, MARKER_BYTES)
        assert log.store.reads == 0
        assert ColdReader(log.store).size_from([marker], 1) == MARKER_BYTES


class Elsewhere:
    """Reads what it is told to, and remembers what it was asked for."""

    def __init__(self, answer: Callable[[ColdShare], FarRead] | None) -> None:
        self._answer = answer
        self.asked: list[list[ColdShare]] = []

    async def read(self, shares: Sequence[ColdShare]) -> list[FarRead] | None:
        self.asked.append(list(shares))
        return None if self._answer is None else [self._answer(share) for share in shares]


def far_away(share: ColdShare) -> ColdShare:
    """The same far from the end of its log."""
    share.bounds = replace(share.bounds, high_watermark=1000)
    return share


async def test_what_lies_far_from_the_end_is_read_elsewhere() -> None:
    """What comes of it is the answer as it is; what is near the end is read here."""
    async with running_log() as log:
        pid = await with_transactions(log)
        elsewhere = Elsewhere(lambda share: FarRead(FarPart(5, 2, FarMark(0, 0, 0)), memoryview(b"bytes")))
        cold = ColdReader(log.store, elsewhere=elsewhere)
        far, near = far_away(await share_of(log, pid, 0, 10_000)), await share_of(log, pid, 0, 10_000)
        assert await cold.read([near]) == []
        assert elsewhere.asked == []
        reads = log.store.reads
        assert await cold.read([far]) == []
        assert (far.answer.records, far.answer.size, far.answer.next_offset) == ([b"bytes"], 5, 2)
        assert (elsewhere.asked, log.store.reads) == ([[far]], reads)


async def test_what_reaches_the_end_is_near_it_only_when_little_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few spans a log is made of: a merged one has megabytes."""
    async with running_log() as log:
        pid = await with_transactions(log)
        elsewhere = Elsewhere(None)
        cold = ColdReader(log.store, elsewhere=elsewhere)
        whole = 3 * SIZE + 2 * MARKER_BYTES
        monkeypatch.setattr(cold_reader, "NEAR_BYTES", whole)
        assert await cold.read([await share_of(log, pid, 0, 10_000)]) == []
        assert elsewhere.asked == []
        monkeypatch.setattr(cold_reader, "NEAR_BYTES", whole - 1)
        beginning, rest = await share_of(log, pid, 0, 10_000), await share_of(log, pid, 1, 10_000)
        assert await cold.read([beginning]) == []
        assert await cold.read([rest]) == []
        assert elsewhere.asked == [[beginning]]


@pytest.mark.parametrize("answer", [None, lambda share: FarRead(FarPart(0, -1, error="gone"), memoryview(b""))])
async def test_what_cannot_be_read_elsewhere_is_read_here(answer: Callable[[ColdShare], FarRead] | None) -> None:
    """Nobody being there, or its having failed, costs a second reading and nothing else."""
    async with running_log() as log:
        pid = await with_transactions(log)
        share = far_away(await share_of(log, pid, 0, 10_000))
        elsewhere = Elsewhere(answer)
        assert await ColdReader(log.store, elsewhere=elsewhere).read([share]) == []
        assert bases([share.answer]) == [[0, 1, 2, 3, 4]]
        assert len(elsewhere.asked) == 1


async def test_what_the_catalog_keeps_is_not_asked_for_elsewhere() -> None:
    """Nobody but the broker knows it; the other shares of the fetch are."""
    async with running_log() as log:
        pid = await with_transactions(log)
        share, other = [far_away(await share_of(log, pid, 0, 10_000)) for _ in range(2)]
        other.spans = [replace(span, object_id=INLINE_OBJECTS + 1) for span in other.spans if not is_marker(span)]
        elsewhere = Elsewhere(lambda share: FarRead(FarPart(5, 2), memoryview(b"bytes")))
        cold = ColdReader(log.store, elsewhere=elsewhere)
        assert [failed for failed, _ in await cold.read([share, other])] == [other]
        assert elsewhere.asked == [[share]]
        assert share.answer.size == 5
        assert [failed for failed, _ in await cold.read([other])] == [other]
        assert elsewhere.asked == [[share]], "there was nothing to ask for"
