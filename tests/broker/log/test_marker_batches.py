"""Markers as readers get them: Kafka's bytes, as its clients understand them."""

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kio.records.readers import read_batch as kio_read

from broker.log.marker_batches import batch_of_span, is_marker, marker_batch
from broker.storage.catalog.base import Span
from broker.storage.catalog.span_flags import (
    FLAG_ABORT_MARKER,
    FLAG_COMMIT_MARKER,
    FLAG_FINAL_OFFSETS,
    FLAG_TRANSACTIONAL,
    MARKER_BYTES,
)
from broker.storage.catalog.transactions import Marker
from broker.wire.records.batch import compute_crc, parse_header
from broker.wire.records.control import ABORT, COMMIT, decode_marker
from tests.broker.wire.records.kafka_python import MemoryRecords

MARKERS = st.builds(
    Marker,
    pid=st.integers(1, 9),
    offset=st.integers(0, 2**63 - 1),
    producer_id=st.integers(0, 2**63 - 1),
    epoch=st.integers(0, 2**15 - 1),
    commit=st.booleans(),
    timestamp=st.integers(0, 2**63 - 1),
)


def span_of(marker: Marker) -> Span:
    """The marker as the catalog keeps it."""
    kind = FLAG_COMMIT_MARKER if marker.commit else FLAG_ABORT_MARKER
    return Span(
        marker.offset,
        marker.offset,
        -(marker.epoch + 1),
        marker.producer_id,
        MARKER_BYTES,
        marker.timestamp,
        marker.timestamp + 5,
        1,
        kind | FLAG_TRANSACTIONAL | FLAG_FINAL_OFFSETS,
    )


@given(MARKERS, st.integers(0, 2**31 - 1))
def test_a_marker_is_the_same_bytes_whenever_it_is_read(marker: Marker, leader_epoch: int) -> None:
    """From the catalog years later as from memory at once; and always of the size that the catalog counts for it."""
    data = bytes(marker_batch(marker, leader_epoch))
    assert bytes(batch_of_span(span_of(marker), leader_epoch)) == data
    assert len(data) == MARKER_BYTES


@given(MARKERS)
def test_a_marker_says_who_ended_what_and_when(marker: Marker) -> None:
    """One control record without a sequence, in a transactional batch."""
    data = marker_batch(marker, 3)
    header = parse_header(data)
    assert decode_marker(data) == (COMMIT if marker.commit else ABORT, 0)
    assert header.is_control
    assert header.is_transactional
    assert header.crc == compute_crc(data)
    assert (header.base_offset, header.last_offset_delta, header.record_count) == (marker.offset, 0, 1)
    assert (header.producer_id, header.producer_epoch, header.base_sequence) == (marker.producer_id, marker.epoch, -1)
    assert header.base_timestamp == header.max_timestamp == marker.timestamp
    assert (header.partition_leader_epoch, header.codec, header.timestamp_type) == (3, 0, 0)


@pytest.mark.parametrize("commit", [True, False])
def test_the_bytes_are_those_of_apache_kafka(commit: bool) -> None:
    """Field by field, as its format is documented: attributes transactional and control, key and value of version 0."""
    data = bytes(marker_batch(Marker(1, 42, 7, 3, commit, 1_700_000_000_000), 5))
    key, value = pack(">hh", 0, commit), pack(">hi", 0, 0)
    # Varints in zigzag: length 16, no deltas, key of 4, value of 6, no headers.
    record = bytes([32, 0, 0, 0, 8]) + key + bytes([12]) + value + bytes([0])
    attributes_on = pack(">hiqqqhii", 0x30, 0, 1_700_000_000_000, 1_700_000_000_000, 7, 3, -1, 1) + record
    assert data[:17] == pack(">qiib", 42, 9 + len(attributes_on), 5, 2)
    assert data[21:] == attributes_on


@pytest.mark.parametrize("commit", [True, False])
def test_clients_understand_it(commit: bool) -> None:
    """kafka-python reads commit as commit and abort as abort; kio agrees on the fields."""
    data = bytes(marker_batch(Marker(1, 42, 7, 3, commit, 1_700_000_000_000), 5))
    read = MemoryRecords(data).next_batch()
    assert read.validate_crc()
    assert (read.is_control_batch, read.is_transactional, read.base_offset, read.producer_id) == (True, True, 42, 7)
    (record,) = list(read)
    assert (record.offset, record.commit, record.abort) == (42, commit, not commit)
    batch, size = kio_read(data, 0)
    header = parse_header(data)
    assert size == len(data)
    assert all(getattr(batch, field) == getattr(header, field) for field in header._fields if field != "record_count")
    assert [record.key for record in batch.records] == [pack(">hh", 0, commit)]


def test_only_spans_without_an_object_are_markers() -> None:
    """Everything else has bytes in the store, and they are not made up here."""
    data = Span(0, 4, 0, 0, 100, 5, 5, 1)
    assert not is_marker(data)
    assert is_marker(span_of(Marker(1, 4, 0, 0, True, 5)))
    with pytest.raises(AssertionError, match="object"):
        batch_of_span(data, 0)
