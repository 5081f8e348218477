"""Which records compaction keeps: the rules of Kafka's log cleaner (KIP-58, KIP-98, KIP-354, KIP-534). Pure.

K1  Of each key the newest record stays, as far as the round has looked (``KeyMap.latest``); what lies beyond stays as it is. Records without
    a key go: they can only be from before the topic was compacted.
K2  A tombstone (a key without a value) stays until ``delete.retention.ms`` after the round in which it was the newest of its key and
    everything older was gone. When that is over is written into its batch: the delete horizon.
K3  Data of an aborted transaction goes, and does not count as anybody's newest.
K4  The marker of a transaction stays while any data of it was found in this round, then until a delete horizon of its own.
K5  An aborted transaction leaves the index only in a round that found no data of it, which is a later one than the round that removed it: so
    nobody who read the data before can miss that it was aborted.
K6  Nothing at or above the last stable offset, or younger than ``min.compaction.lag.ms``, is looked at.
K7  Where brokers share the catalog, such a reader may be another broker's. There a marker's delete horizon is at least twice the grace after the
    round that found no data of it, and the transaction leaves the index with its marker: whoever has read the log and then judges it by the
    index within the grace sees the transaction, or no data of it.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Protocol

from broker.storage.catalog.base import Dirt
from broker.storage.catalog.transactions import AbortedTransaction
from broker.wire.records.batch import BatchHeader
from broker.wire.records.control import COMMIT, decode_marker
from broker.wire.records.crc import Buffer
from broker.wire.records.record import body, spots
from broker.wire.records.rewrite import with_records

BYTES_A_KEY: Final = 192
"""What a key takes in a :class:`KeyMap` at the most, the growing of the map included."""

_WHOLE_KEY_BYTES: Final = 15
_HASH_BYTES: Final = 16
_LONG_MAX: Final = 2**63 - 1


class CompactionConfig(Protocol):
    """The part of a topic's effective configuration that matters here."""

    @property
    def cleanup_policy(self) -> frozenset[str]: ...

    @property
    def delete_retention_ms(self) -> int: ...

    @property
    def min_compaction_lag_ms(self) -> int: ...

    @property
    def max_compaction_lag_ms(self) -> int: ...

    @property
    def min_cleanable_dirty_ratio(self) -> float: ...


def youngest_ms(config: CompactionConfig, now_ms: int) -> int:
    """The timestamp above which records are too young to be compacted (K6)."""
    return now_ms - config.min_compaction_lag_ms if config.min_compaction_lag_ms > 0 else _LONG_MAX


def is_due(dirt: Dirt, config: CompactionConfig, now_ms: int) -> bool:
    """Whether a log is dirty enough, or has waited long enough, to be compacted now."""
    if not dirt.dirty_bytes:
        return False
    if dirt.oldest_ms >= 0 and now_ms - dirt.oldest_ms > config.max_compaction_lag_ms:
        return True
    return dirty_ratio(dirt) > config.min_cleanable_dirty_ratio


def dirty_ratio(dirt: Dirt) -> float:
    """The share of the log that was appended since it was compacted last, of what can be compacted now."""
    whole = dirt.clean_bytes + dirt.dirty_bytes
    return dirt.dirty_bytes / whole if whole else 0.0


class KeysFull(Exception):
    """One batch alone has more keys than the map may hold."""


class KeyMap:
    """The newest offset of each key, for at most ``capacity`` keys. Keys are told apart by themselves when they are short, else by a hash of
    128 bits. ``latest`` is the last offset up to which every record is known."""

    def __init__(self, capacity: int, start: int) -> None:
        self._capacity = capacity
        self._offsets: dict[bytes, int] = {}
        self.start = start
        self.latest = start - 1

    def __len__(self) -> int:
        return len(self._offsets)

    def add(self, buf: Buffer, at: int, header: BatchHeader, aborted: bool) -> bool:
        """Take in the next batch; False when it does not fit any more. Raises DecodeError, and KeysFull when it is the first."""
        if not (aborted or header.is_control):
            offsets = self._offsets
            added = {
                fingerprint(spot.key): spot.offset
                for spot in spots(body(buf, at, header), header)
                if spot.key is not None and spot.offset >= self.start
            }
            if len(offsets) + len(added) > self._capacity and len(offsets.keys() | added.keys()) > self._capacity:
                if self.latest < self.start:
                    raise KeysFull(f"the batch at offset {header.base_offset} has more keys than fit at once")
                return False
            offsets.update(added)
        self.latest = header.last_offset
        return True

    def is_newest(self, key: bytes, offset: int) -> bool:
        """Whether no record known of this key comes after ``offset``."""
        return offset >= self._offsets.get(fingerprint(key), -1)


def fingerprint(key: bytes) -> bytes:
    """What stands for a key: nothing else that a client could find has the same."""
    return key if len(key) <= _WHOLE_KEY_BYTES else blake2b(key, digest_size=_HASH_BYTES).digest()


class AbortedIndex:
    """The aborted transactions that reach into a part of the log."""

    def __init__(self, transactions: Iterable[AbortedTransaction]) -> None:
        self._by_producer: dict[int, list[tuple[int, int]]] = {}
        for each in sorted(transactions, key=lambda each: each.first_offset):
            self._by_producer.setdefault(each.producer_id, []).append((each.first_offset, each.last_offset))

    def marker_of(self, header: BatchHeader) -> int | None:
        """The offset of the marker that aborted this batch, None when it was not aborted."""
        if not header.is_transactional or header.is_control:
            return None
        own = self._by_producer.get(header.producer_id)
        if own is None:
            return None
        found = bisect_right(own, (header.base_offset, _LONG_MAX)) - 1
        return own[found][1] if found >= 0 and header.base_offset < own[found][1] else None


@dataclass(slots=True)
class Tally:
    """What a round has come across."""

    records_read: int = 0
    records_kept: int = 0


class Sieve:
    """Decides about the batches of a log in order, from its start on: what stays of each."""

    def __init__(self, keys: KeyMap, now_ms: int, delete_retention_ms: int, grace_ms: int = 0) -> None:
        """``grace_ms``: for how long whoever read the log before its data went may ask for its aborted transactions; they stay twice as long
        as that, with their markers (K7)."""
        self._keys = keys
        self._now_ms = now_ms
        self._horizon_ms = now_ms + delete_retention_ms
        self._grace_ms = grace_ms
        self.late_ms = 0
        """How long after ``now_ms`` it is by now; markers that are met now count from there."""
        self._committed: set[int] = set()
        self._aborted: set[int] = set()
        self.tally = Tally()
        self.forgotten: list[int] = []
        """The markers of aborted transactions of which no data is left (K5)."""

    def keep(self, buf: Buffer, at: int, header: BatchHeader, index: AbortedIndex) -> Buffer | None:
        """What stays of the batch at ``at``, which has its offset in the header: a new batch, the very bytes, or None for nothing.

        Raises DecodeError.
        """
        if header.last_offset > self._keys.latest:
            return _as_it_is(buf, at, header)
        if header.is_control:
            return self._keep_marker(buf, at, header)
        if not header.record_count:
            return None  # it kept the place of what an earlier round removed
        self.tally.records_read += header.record_count
        aborted_at = index.marker_of(header)
        if aborted_at is not None:
            self._aborted.add(aborted_at)
            return None
        if header.is_transactional:
            self._committed.add(header.producer_id)
        return self._keep_records(buf, at, header)

    def _keep_records(self, buf: Buffer, at: int, header: BatchHeader) -> Buffer | None:
        data = body(buf, at, header)
        is_newest = self._keys.is_newest
        tombstones_stay = not header.has_delete_horizon or self._now_ms < header.base_timestamp
        kept = [
            spot
            for spot in spots(data, header)
            if spot.key is not None and is_newest(spot.key, spot.offset) and (spot.has_value or tombstones_stay)
        ]
        self.tally.records_kept += len(kept)
        if not kept:
            return None
        horizon = None
        if not header.has_delete_horizon and not all(spot.has_value for spot in kept):
            horizon = self._horizon_ms
        if horizon is None and len(kept) == header.record_count:
            return _as_it_is(buf, at, header)
        return with_records(header, data, kept, horizon)

    def _keep_marker(self, buf: Buffer, at: int, header: BatchHeader) -> Buffer | None:
        offset = header.base_offset
        marker = decode_marker(buf, at, header)
        if marker.kind == COMMIT:
            has_data = header.producer_id in self._committed
            self._committed.discard(header.producer_id)
        else:
            has_data = offset in self._aborted
            self._aborted.discard(offset)
            if not has_data and not self._grace_ms:
                self.forgotten.append(offset)
        if has_data:
            return _as_it_is(buf, at, header)
        if header.has_delete_horizon:
            if header.base_timestamp > self._now_ms:
                return _as_it_is(buf, at, header)
            if self._grace_ms and marker.kind != COMMIT:
                self.forgotten.append(offset)
            return None
        data = body(buf, at, header)
        horizon = max(self._horizon_ms, self._now_ms + self.late_ms + 2 * self._grace_ms)
        return with_records(header, data, list(spots(data, header)), horizon)


def _as_it_is(buf: Buffer, at: int, header: BatchHeader) -> memoryview:
    return memoryview(buf)[at : at + header.size]
