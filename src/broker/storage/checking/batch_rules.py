"""Rule: whether the bytes of a span are the batches that the catalog says they are: CRCs, offsets, counts, and producers' sequences (I6). Pure."""

from collections.abc import Iterator

from broker.storage.catalog.base import ProducerState, Span
from broker.storage.catalog.span_flags import FLAG_COMPACTED, FLAG_FINAL_OFFSETS
from broker.storage.catalog.span_times import UNKNOWN
from broker.storage.checking.dump import LogRow
from broker.storage.checking.log_rules import Finding, log_name
from broker.wire.errors import DecodeError
from broker.wire.records.batch import BatchHeader, compute_crc, iter_batches


class BatchCheck:
    """All of a log's bytes, span by span in order. Of producers it remembers the latest batch of those that the catalog remembers."""

    def __init__(self, log: LogRow, producers: dict[int, ProducerState]) -> None:
        self._log = log
        self._producers = producers
        self._latest: dict[int, tuple[int, int, int]] = {}
        self.batches = 0

    def span(self, span: Span, data: memoryview) -> Iterator[Finding]:
        """The bytes of a span."""
        where, at = log_name(self._log), f"the span of offsets {span.base} to {span.last}"
        is_final = bool(span.flags & FLAG_FINAL_OFFSETS)
        base, batches, newest = span.base, 0, -1
        try:
            for position, header in iter_batches(data):
                if compute_crc(data, position, header.size) != header.crc:
                    yield Finding(
                        where, "I2", f"{at}: the batch at byte {span.position + position} does not match its CRC"
                    )
                if is_final:
                    if header.base_offset < base or header.last_offset > span.last:
                        yield Finding(
                            where, "I3", f"{at}: a batch has offsets {header.base_offset} to {header.last_offset}"
                        )
                    base = header.base_offset
                self._note(header, base)
                base += header.last_offset_delta + 1
                batches += 1
                newest = max(newest, header.max_timestamp)
        except DecodeError as error:
            yield Finding(where, "I2", f"{at}: {error}")
            return
        self.batches += batches
        if batches != span.batch_count:
            yield Finding(where, "I3", f"{at}: {batches} batches, the catalog says {span.batch_count}")
        if not is_final and base != span.last + 1:
            yield Finding(where, "I3", f"{at}: its batches end at {base - 1}")
        if newest > max(span.max_timestamp, UNKNOWN) and not span.flags & FLAG_COMPACTED:
            yield Finding(where, "I3", f"{at}: a batch has timestamp {newest}, the catalog says {span.max_timestamp}")

    def finish(self) -> Iterator[Finding]:
        """What producers did beside what the catalog remembers of them."""
        for producer_id, (epoch, sequence, base) in self._latest.items():
            state = self._producers[producer_id]
            if state.epoch < epoch or (
                state.epoch == epoch and state.window and (state.last_sequence, state.window[0][2]) != (sequence, base)
            ):
                yield Finding(
                    log_name(self._log),
                    "I6",
                    f"the latest batch of producer {producer_id} has epoch {epoch}, ends with sequence {sequence} and begins at offset {base}; "
                    f"the catalog remembers epoch {state.epoch}, sequence {state.last_sequence}",
                )

    def _note(self, header: BatchHeader, base: int) -> None:
        if (
            header.has_producer
            and not header.is_control
            and header.base_sequence >= 0
            and header.producer_id in self._producers
        ):
            self._latest[header.producer_id] = (header.producer_epoch, header.last_sequence, base)
