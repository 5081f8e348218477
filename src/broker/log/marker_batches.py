"""The control batches that readers get for the markers of transactions. Pure.

A marker is never written to the object store: the catalog keeps it as a span without an object, and the batch is made from
that whenever somebody reads it. It always comes out as the same bytes, those that Kafka's brokers write (KIP-98), so a reader
cannot tell. All markers are of one size, ``MARKER_BYTES``, and take one offset.
"""

from broker.storage.catalog.base import Span
from broker.storage.catalog.span_flags import FLAG_COMMIT_MARKER
from broker.storage.catalog.transactions import Marker
from broker.wire.records.control import ABORT, COMMIT, encode_marker


def is_marker(span: Span) -> bool:
    """Whether ``span`` is a marker: there is no object to read it from."""
    return span.object_id < 0


def marker_batch(marker: Marker, leader_epoch: int) -> bytearray:
    """The batch of a marker that was just written; offset and leader epoch are in place."""
    return encode_marker(
        COMMIT if marker.commit else ABORT,
        base_offset=marker.offset,
        producer_id=marker.producer_id,
        producer_epoch=marker.epoch,
        timestamp=marker.timestamp,
        leader_epoch=leader_epoch,
    )


def batch_of_span(span: Span, leader_epoch: int) -> memoryview:
    """The batch of a marker that is read back, in the shape in which a store gives bytes."""
    assert is_marker(span), "a span with an object has its bytes there"
    batch = encode_marker(
        COMMIT if span.flags & FLAG_COMMIT_MARKER else ABORT,
        base_offset=span.base,
        producer_id=span.position,
        producer_epoch=-span.object_id - 1,
        timestamp=span.max_timestamp,
        leader_epoch=leader_epoch,
    )
    return memoryview(batch)
