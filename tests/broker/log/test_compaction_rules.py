"""Which records compaction keeps, one rule at a time. What they come to together is shown in ``test_compactor_model.py``."""

from dataclasses import dataclass
from typing import Any

import pytest

from broker.log.compaction_rules import (
    AbortedIndex,
    KeyMap,
    KeysFull,
    Sieve,
    dirty_ratio,
    fingerprint,
    is_due,
    youngest_ms,
)
from broker.storage.catalog.base import Dirt
from broker.storage.catalog.transactions import AbortedTransaction
from broker.wire.records.batch import parse_header
from broker.wire.records.control import ABORT, COMMIT, encode_marker
from broker.wire.records.record import Record, encode_batch, iter_records
from broker.wire.records.rewrite import placeholder

NOW, RETENTION = 10_000, 1000
NONE = AbortedIndex(())


@dataclass(frozen=True)
class Config:
    """Kafka's defaults, unless said otherwise."""

    cleanup_policy: frozenset[str] = frozenset({"compact"})
    delete_retention_ms: int = RETENTION
    min_compaction_lag_ms: int = 0
    max_compaction_lag_ms: int = 2**63 - 1
    min_cleanable_dirty_ratio: float = 0.5


def batch(offset: int, *pairs: tuple[bytes | None, bytes | None], **fields: Any) -> bytearray:
    made = [Record(offset + at, 5, *pair) for at, pair in enumerate(pairs)]
    return encode_batch(made, base_offset=offset, **fields)


def owned(offset: int, *pairs: tuple[bytes | None, bytes | None], producer: int = 7) -> bytearray:
    """A batch of a transaction."""
    return batch(offset, *pairs, producer_id=producer, producer_epoch=0, base_sequence=0, transactional=True)


def marker(offset: int, kind: int, producer: int = 7) -> bytearray:
    return encode_marker(kind, base_offset=offset, producer_id=producer, producer_epoch=0, timestamp=5)


def add(keys: KeyMap, data: bytearray, aborted: bool = False) -> bool:
    return keys.add(data, 0, parse_header(data), aborted)


def known(*batches: bytearray, capacity: int = 100, start: int = 0) -> KeyMap:
    keys = KeyMap(capacity, start)
    for each in batches:
        assert add(keys, each)
    return keys


def keep(sieve: Sieve, data: bytearray, index: AbortedIndex = NONE) -> bytes | None:
    kept = sieve.keep(data, 0, parse_header(data), index)
    return None if kept is None else bytes(kept)


def offsets(data: bytes | None) -> list[int]:
    return [] if data is None else [record.offset for record in iter_records(data)]


def test_a_log_is_due_when_it_is_dirty_enough_or_has_waited_long_enough() -> None:
    """Above the ratio, not at it; and never with nothing to do."""
    assert dirty_ratio(Dirt(30, 10, 5, 0)) == 0.25
    assert dirty_ratio(Dirt(0, 0, 0, -1)) == 0
    assert not is_due(Dirt(50, 50, 5, 0), Config(), NOW)
    assert is_due(Dirt(49, 51, 5, 0), Config(), NOW)
    assert is_due(Dirt(0, 1, 5, 0), Config(min_cleanable_dirty_ratio=0), NOW)
    assert not is_due(Dirt(0, 0, 5, -1), Config(min_cleanable_dirty_ratio=0, max_compaction_lag_ms=1), NOW)
    assert is_due(Dirt(99, 1, 5, NOW - 101), Config(max_compaction_lag_ms=100), NOW)
    assert not is_due(Dirt(99, 1, 5, NOW - 100), Config(max_compaction_lag_ms=100), NOW)
    assert not is_due(Dirt(99, 1, 5, -1), Config(max_compaction_lag_ms=100), NOW)


def test_without_a_lag_no_record_is_too_young() -> None:
    """Whatever its timestamp; it may be one of the future."""
    assert youngest_ms(Config(), NOW) > 2**62
    assert youngest_ms(Config(min_compaction_lag_ms=10), NOW) == NOW - 10


def test_keys_are_told_apart_by_themselves_or_by_a_hash() -> None:
    """A short key never meets a hash, whatever a client makes it of."""
    assert fingerprint(b"") == b""
    assert fingerprint(b"x" * 15) == b"x" * 15
    assert len(fingerprint(b"x" * 16)) == 16
    long = fingerprint(b"y" * 99)
    assert fingerprint(long) != long
    assert fingerprint(b"y" * 99) == long != fingerprint(b"y" * 98)


def test_the_newest_record_of_a_key_stays() -> None:
    """Within a batch and across batches (K1)."""
    first, second = batch(0, (b"a", b"1"), (b"b", b"1"), (b"a", b"2")), batch(3, (b"b", b"2"))
    sieve = Sieve(known(first, second), NOW, RETENTION)

    assert offsets(keep(sieve, first)) == [2]
    assert keep(sieve, second) == bytes(second), "a batch that keeps everything stays byte for byte"
    assert (sieve.tally.records_read, sieve.tally.records_kept) == (4, 2)


def test_what_lies_beyond_what_is_known_stays() -> None:
    """Even a batch of which the older records are known (K1)."""
    first, second = batch(0, (b"a", b"1")), batch(1, (b"a", b"2"), (b"a", b"3"))
    keys = known(first, capacity=1)
    sieve = Sieve(keys, NOW, RETENTION)

    assert keep(sieve, first) == bytes(first)
    assert keep(sieve, second) == bytes(second)
    assert keys.latest == 0


def test_a_batch_is_taken_in_whole_or_not_at_all() -> None:
    """A round ends before the first batch whose keys do not fit; the first one must."""
    keys = known(batch(0, (b"a", b"1")), capacity=2)
    assert not add(keys, batch(1, (b"b", b"1"), (b"c", b"1")))
    assert (len(keys), keys.latest) == (1, 0)
    assert keys.is_newest(b"b", 0)
    assert add(keys, batch(1, (b"a", b"2"), (b"b", b"1")))
    with pytest.raises(KeysFull):
        add(KeyMap(2, 0), batch(0, (b"a", b"1"), (b"b", b"1"), (b"c", b"1")))


def test_what_an_earlier_round_has_seen_is_not_taken_in_again() -> None:
    """A round may begin in the middle of a batch."""
    keys = known(batch(0, (b"a", b"1"), (b"b", b"1")), start=1)
    assert len(keys) == 1
    assert keys.is_newest(b"a", 0)


def test_records_without_a_key_go() -> None:
    """Compaction can tell nothing about them (K1)."""
    data = batch(0, (None, b"1"), (b"a", b"1"))
    assert offsets(keep(Sieve(known(data), NOW, RETENTION), data)) == [1]


def test_a_tombstone_gets_a_horizon_and_goes_when_that_is_over() -> None:
    """The horizon is set once, and what else is in the batch stays (K2)."""
    data = batch(0, (b"a", None), (b"b", b"1"))
    keys = known(data)
    first = keep(Sieve(keys, NOW, RETENTION), data)
    assert first is not None
    header = parse_header(first)
    assert (header.has_delete_horizon, header.base_timestamp) == (True, NOW + RETENTION)
    assert [(record.offset, record.timestamp) for record in iter_records(first)] == [(0, 5), (1, 5)]

    assert keep(Sieve(keys, NOW + RETENTION - 1, RETENTION), bytearray(first)) == first
    later = keep(Sieve(keys, NOW + RETENTION, RETENTION), bytearray(first))
    assert later is not None
    assert offsets(later) == [1]
    assert parse_header(later).base_timestamp == NOW + RETENTION


def test_a_tombstone_that_is_not_the_newest_goes_at_once() -> None:
    """It hides nothing any more."""
    first, second = batch(0, (b"a", None)), batch(1, (b"a", b"1"))
    assert keep(Sieve(known(first, second), NOW, RETENTION), first) is None


def test_aborted_data_goes_and_counts_for_nothing() -> None:
    """Of that transaction only, not what the same producer wrote before or after (K3)."""
    index = AbortedIndex([AbortedTransaction(7, 2, 4), AbortedTransaction(8, 0, 9)])
    data = [owned(0, (b"a", b"1")), owned(2, (b"a", b"2"), (b"b", b"2")), owned(5, (b"c", b"3")), batch(6, (b"d", b"1"))]
    assert [index.marker_of(parse_header(each)) for each in data] == [None, 4, None, None]
    keys = KeyMap(100, 0)
    for each in data:
        assert add(keys, each, index.marker_of(parse_header(each)) is not None)
    sieve = Sieve(keys, NOW, RETENTION)
    assert [offsets(keep(sieve, each, index)) for each in data] == [[0], [], [5], [6]]


@pytest.mark.parametrize("kind", [COMMIT, ABORT])
def test_a_marker_stays_while_data_of_its_transaction_was_found(kind: int) -> None:
    """Then until a horizon of its own; an aborted one leaves the index as soon as there was no data (K4, K5)."""
    index = AbortedIndex([AbortedTransaction(7, 0, 1)] if kind == ABORT else [])
    data, end = owned(0, (b"a", b"1")), marker(1, kind)
    keys = KeyMap(9, 0)
    keys.latest = 1
    with_data = Sieve(keys, NOW, RETENTION)
    keep(with_data, data, index)
    assert keep(with_data, end, index) == bytes(end)
    assert with_data.forgotten == []

    without = Sieve(keys, NOW, RETENTION)
    set_horizon = keep(without, end, index)
    assert set_horizon is not None
    header = parse_header(set_horizon)
    assert (header.is_control, header.base_timestamp, header.max_timestamp) == (True, NOW + RETENTION, 5)
    assert without.forgotten == ([1] if kind == ABORT else [])
    assert keep(Sieve(keys, NOW + RETENTION - 1, RETENTION), bytearray(set_horizon), index) == set_horizon
    assert keep(Sieve(keys, NOW + RETENTION, RETENTION), bytearray(set_horizon), index) is None


def test_the_next_transaction_of_a_producer_is_another() -> None:
    """Its marker says nothing about data of the one before."""
    keys = KeyMap(9, 0)
    keys.latest = 100
    sieve = Sieve(keys, NOW, RETENTION)
    keep(sieve, owned(0, (b"a", b"1")))
    assert keep(sieve, marker(1, COMMIT)) == bytes(marker(1, COMMIT))
    second = keep(sieve, marker(2, COMMIT))
    assert second is not None
    assert parse_header(second).has_delete_horizon


def test_a_placeholder_goes_when_it_is_not_needed() -> None:
    """It has no records, so nothing is lost."""
    data = bytearray(placeholder(parse_header(batch(0, (b"a", b"1")))))
    keys = KeyMap(9, 0)
    assert add(keys, data)
    assert keys.latest == 0
    assert keep(Sieve(keys, NOW, RETENTION), data) is None
