"""What bytes come to when they are gone over again: the same as the first time, as far as they tell."""

import pytest

from broker.storage.catalog.base import Span
from broker.storage.catalog.span_flags import FLAG_ABORT_MARKER, FLAG_COMMIT_MARKER, FLAG_FINAL_OFFSETS
from broker.storage.checking.restored_logs import RestoredLogs
from broker.storage.objects.footer import UNKNOWN, FooterEntry
from broker.wire.records.batch import parse_header
from broker.wire.records.control import ABORT, COMMIT, encode_marker
from broker.wire.records.record import Record, encode_batch

NOW_MS = 1_000
PRODUCER = 9


def batch(
    base: int = 0,
    records: int = 1,
    *,
    producer: int = -1,
    sequence: int = -1,
    epoch: int = 0,
    transactional: bool = False,
) -> bytes:
    made = [Record(base + index, 500, b"k", b"v") for index in range(records)]
    return bytes(
        encode_batch(
            made,
            base_offset=base,
            producer_id=producer,
            producer_epoch=epoch if producer >= 0 else -1,
            base_sequence=sequence,
            transactional=transactional,
        )
    )


def marker(base: int, kind: int, epoch: int = 0) -> bytes:
    return bytes(encode_marker(kind, base_offset=base, producer_id=PRODUCER, producer_epoch=epoch, timestamp=500))


def whole(base: int, *batches: bytes) -> tuple[FooterEntry, memoryview]:
    """A rewritten part."""
    data = b"".join(batches)
    last = parse_header(batches[-1]).last_offset
    return FooterEntry(1, UNKNOWN, 40, len(data), len(batches), 0, 500, base, last), memoryview(data)


def logs(start: int = 0, *, commit_undecided: bool = False) -> RestoredLogs:
    restored = RestoredLogs(commit_undecided)
    restored.begin(1, start)
    return restored


def append(restored: RestoredLogs, *batches: bytes) -> list[Span]:
    return [span for _, span in restored.append(77, [(1, 0, memoryview(b"".join(batches)))], NOW_MS).spans]


def stable(restored: RestoredLogs) -> tuple[int, int]:
    state = restored.partition(1)
    assert state is not None
    return state.bounds.last_stable_offset, state.bounds.high_watermark


def test_rewritten_parts_keep_their_offsets_and_close_gaps() -> None:
    """A gap is the front of the span behind it, as after compaction."""
    restored = logs(100)
    first = restored.place(1, *_part(whole(100, batch(100, 5))))
    second = restored.place(1, *_part(whole(120, batch(120), batch(130, 3))))
    (span_one,), (span_two,) = [[span for _, span in step.spans] for step in (first, second)]

    assert (span_one.base, span_one.last, span_two.base, span_two.last) == (100, 104, 105, 132)
    assert span_two.flags & FLAG_FINAL_OFFSETS
    assert stable(restored) == (133, 133)


def test_appended_batches_follow_and_repeated_ones_come_to_nothing() -> None:
    """By the rules of every commit."""
    restored = logs()
    spans = append(
        restored, batch(0, 2, producer=PRODUCER, sequence=0), batch(0, 2, producer=PRODUCER, sequence=0), batch(0, 3)
    )

    assert [(span.base, span.last) for span in spans] == [(0, 1), (2, 4)]
    assert restored.counts.repeated == 1
    assert restored.last_producer_id == PRODUCER


def test_a_batch_that_does_not_follow_is_taken_all_the_same() -> None:
    """What was between is lost; the producer goes on from here (T2)."""
    restored = logs()
    append(restored, batch(0, 2, producer=PRODUCER, sequence=0), batch(0, 2, producer=PRODUCER, sequence=6))
    append(restored, batch(0, 1, producer=PRODUCER, sequence=8))
    state = restored.producer(1, PRODUCER)

    assert state is not None
    assert (state.epoch, state.last_sequence, stable(restored)) == (0, 8, (5, 5))
    assert restored.counts.out_of_order == 1


def test_what_an_ended_epoch_sent_stays_refused() -> None:
    """It was refused when it came."""
    restored = logs()
    append(restored, batch(producer=PRODUCER, sequence=0, epoch=3))
    assert append(restored, batch(producer=PRODUCER, sequence=1, epoch=2)) == []
    assert restored.counts.refused == 1


@pytest.mark.parametrize("kind", [COMMIT, ABORT])
def test_markers_in_the_bytes_end_transactions(kind: int) -> None:
    """As they say (T1)."""
    restored = logs()
    step = restored.place(
        1,
        *_part(
            whole(
                0,
                batch(0, 2, producer=PRODUCER, sequence=0, transactional=True),
                batch(2, 1),
                marker(3, kind),
                batch(4, 1, producer=PRODUCER, sequence=2, transactional=True),
            )
        ),
    )
    assert [
        (entry.transaction.first_offset, entry.transaction.last_offset, entry.stable_behind)
        for _, entry in step.aborted
    ] == ([(0, 3, 4)] if kind == ABORT else [])
    assert stable(restored) == (4, 5)


@pytest.mark.parametrize("commit", [True, False])
def test_transactions_without_an_end_get_one(commit: bool) -> None:
    """Behind everything, and the last stable offset follows (T1)."""
    restored = logs(commit_undecided=commit)
    append(restored, batch(producer=PRODUCER, sequence=0, transactional=True), batch(0, 3))
    assert stable(restored) == (0, 4)
    step = restored.end_transactions(NOW_MS)
    ((_, span),) = step.spans

    assert span.flags & (FLAG_COMMIT_MARKER if commit else FLAG_ABORT_MARKER)
    assert (len(step.aborted), stable(restored), restored.counts.undecided) == (0 if commit else 1, (5, 5), 1)
    assert restored.end_transactions(NOW_MS).spans == []


def test_a_transaction_is_ended_where_its_producer_goes_on_without_it() -> None:
    """With the next epoch, or without a transaction."""
    restored = logs()
    first = batch(producer=PRODUCER, sequence=0, transactional=True)
    second = batch(producer=PRODUCER, sequence=0, epoch=1, transactional=True)
    third = batch(producer=PRODUCER, sequence=1, epoch=1)
    spans = append(restored, first, second, third)

    assert [span.object_id < 0 for span in spans] == [False, True, False, True, False]
    assert stable(restored) == (5, 5)
    assert restored.counts.undecided == 2


def test_damage_ends_a_part_and_is_counted() -> None:
    """What comes before it stays."""
    damaged = bytearray(batch(0, 2))
    damaged[-1] ^= 1
    restored = logs()
    spans = append(restored, batch(0, 2), bytes(damaged), batch(0, 2))
    assert [(span.base, span.last) for span in spans] == [(0, 1)]
    append(restored, b"no batch at all")
    assert restored.counts.damaged == 2


def _part(part: tuple[FooterEntry, memoryview]) -> tuple[FooterEntry, int, memoryview]:
    return part[0], 55, part[1]
