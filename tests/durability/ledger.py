"""What clients were promised and what the log holds, compared as both arrive.

A *stream* is what one producer writes to one partition: records numbered from 0 in the order they were sent. The rules:

1. A record is seen at most once, and after all records of its stream that were sent before it.
2. A record that is never seen was never acknowledged.
3. An acknowledged record is seen at the offset that was acknowledged.
4. Whoever reads the log again reads the same: offsets, timestamps, records.
"""

import threading
import zlib
from dataclasses import dataclass, field
from struct import Struct

StreamKey = tuple[int, int]
"""(producer, partition)."""

_VALUE = Struct(">IIQ")
_MARK = Struct(">qqIQ")


def value(producer: int, partition: int, number: int, padding: bytes) -> bytes:
    """A record's value."""
    return _VALUE.pack(producer, partition, number) + padding


@dataclass(slots=True)
class _Stream:
    sent: int = 0
    acknowledged: int = 0
    seen_up_to: int = 0
    failed: set[int] = field(default_factory=set)
    missing: set[int] = field(default_factory=set)
    offsets: dict[int, int] = field(default_factory=dict)
    """Of records that were acknowledged and not yet seen, or seen and not yet acknowledged: what is to be compared."""


class Ledger:
    """Fed by producers (what was sent, acknowledged, given up) and by one reader of the log, from several threads."""

    def __init__(self) -> None:
        self._streams: dict[StreamKey, _Stream] = {}
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._target: int | None = None
        self._awaits_sight = False
        self.acknowledged = 0
        self.given_up = 0
        self.seen = 0
        self.violations: list[str] = []
        self.suspects: list[tuple[int, int]] = []
        """(partition, offset) of what was seen where it must not be, or not seen where it must."""

    # --- producers ----------------------------------------------------------------------------------------------------

    def sending(self, key: StreamKey) -> int:
        """The number of the next record of a stream, which is about to be sent."""
        with self._lock:
            stream = self._streams.setdefault(key, _Stream())
            stream.sent += 1
            return stream.sent - 1

    def was_acknowledged(self, key: StreamKey, number: int, offset: int) -> None:
        """The broker acknowledged a record; ``offset`` is -1 when it did not say where."""
        with self._lock:
            stream = self._streams[key]
            stream.acknowledged += 1
            self.acknowledged += 1
            if number < stream.seen_up_to:
                seen_at = stream.offsets.pop(number, -1)
                if number in stream.missing:
                    self._violated(f"{key} record {number} was acknowledged at {offset} and is not in the log")
                elif offset >= 0 and seen_at != offset:
                    self._violated(f"{key} record {number} was acknowledged at {offset} and lies at {seen_at}")
                    self.suspects += [(key[1], seen_at), (key[1], offset)]
            else:
                stream.offsets[number] = offset
            if self._target is not None and self.acknowledged >= self._target:
                self._changed.notify_all()

    def was_given_up(self, key: StreamKey, number: int) -> None:
        """The producer was told that a record failed: it may be in the log or not."""
        with self._lock:
            stream = self._streams[key]
            stream.failed.add(number)
            stream.offsets.pop(number, None)
            self.given_up += 1

    # --- the reader ---------------------------------------------------------------------------------------------------

    def was_seen(self, partition: int, offset: int, data: bytes) -> None:
        """A record of the log, in the order of its partition."""
        producer, sent_to, number = _VALUE.unpack_from(data)
        key = (producer, partition)
        with self._lock:
            self.seen += 1
            stream = self._streams.get(key)
            if stream is None or sent_to != partition or number >= stream.sent:
                self._violated(f"partition {partition} offset {offset}: nobody sent {(producer, sent_to, number)} there")
                return
            if number < stream.seen_up_to:
                self._violated(f"{key} record {number} comes again, or too late, at {offset}")
                self.suspects.append((partition, offset))
                return
            for missing in range(stream.seen_up_to, number):
                stream.missing.add(missing)
                if stream.offsets.pop(missing, None) is not None:
                    self._violated(f"{key} record {missing} was acknowledged and is not in the log before {offset}")
            acknowledged_at = stream.offsets.pop(number, None)
            if acknowledged_at is None:
                if number not in stream.failed:
                    stream.offsets[number] = offset
            elif acknowledged_at not in (-1, offset):
                self._violated(f"{key} record {number} was acknowledged at {acknowledged_at} and lies at {offset}")
            stream.seen_up_to = number + 1
            if self._awaits_sight and self.seen >= self.acknowledged:
                self._changed.notify_all()

    def _violated(self, what: str) -> None:
        if len(self.violations) < 50:
            self.violations.append(what)
        self._changed.notify_all()

    # --- the test -----------------------------------------------------------------------------------------------------

    def wait_for_more(self, count: int, deadline_s: float) -> None:
        """Return when ``count`` further records were acknowledged, or at once when a rule is broken."""
        with self._lock:
            self._target = self.acknowledged + count
            reached = self._changed.wait_for(
                lambda: bool(self.violations) or self.acknowledged >= (self._target or 0), deadline_s
            )
            missing, self._target = self._target - self.acknowledged, None
        assert reached, f"{missing} of {count} records were still not acknowledged after {deadline_s:.0f} s"

    def adopt(self, other: "Ledger") -> None:
        """Begin with what another ledger knows was sent and answered, and with nothing seen: for a second reading."""
        with other._lock:
            for key, stream in other._streams.items():
                self._streams[key] = _Stream(
                    stream.sent,
                    stream.acknowledged,
                    failed=set(stream.failed),
                    offsets={number: -1 for number in range(stream.sent) if number not in stream.failed},
                )
                self.acknowledged += stream.acknowledged

    def wait_until_seen(self, deadline_s: float) -> None:
        """Return when as many records were seen as were acknowledged, or a rule is broken."""
        with self._lock:
            self._awaits_sight = True
            seen = self._changed.wait_for(lambda: bool(self.violations) or self.seen >= self.acknowledged, deadline_s)
            self._awaits_sight = False
        assert seen, f"{self.seen} of {self.acknowledged} acknowledged records were seen in {deadline_s:.0f} s"

    def settle(self) -> list[str]:
        """Every broken rule, once producers have finished and the reader has seen the whole log."""
        with self._lock:
            for key, stream in self._streams.items():
                lost = [number for number in stream.offsets if number >= stream.seen_up_to]
                if lost:
                    self._violated(f"{key}: acknowledged and not in the log: {lost[:10]} and so on, {len(lost)} in all")
                if len(stream.failed) + stream.acknowledged != stream.sent:
                    self._violated(f"{key}: of {stream.sent} sent, {stream.acknowledged} + {len(stream.failed)} were answered")
                if stream.missing - stream.failed:
                    self._violated(f"{key}: missing although acknowledged: {sorted(stream.missing - stream.failed)[:10]}")
            return list(self.violations)


class Fingerprint:
    """What was read of each partition, as one number: two readings of the same log agree."""

    def __init__(self) -> None:
        self.positions: dict[int, int] = {}
        self.checksums: dict[int, int] = {}

    def add(self, partition: int, offset: int, timestamp: int, data: bytes) -> str | None:
        """Take in the next record; what is wrong with its offset, if anything."""
        expected = self.positions.get(partition, 0)
        self.positions[partition] = offset + 1
        mark = _MARK.pack(offset, timestamp, len(data), zlib.crc32(data))
        self.checksums[partition] = zlib.crc32(mark, self.checksums.get(partition, 0))
        return None if offset == expected else f"partition {partition}: offset {offset} follows {expected - 1}"
