"""Batches as producers write them and as consumers read them."""

from collections.abc import Iterator, Sequence

from broker.wire.messages.produce import (
    ProduceRequest,
    ProduceRequestPartitionProduceData,
    ProduceRequestTopicProduceData,
)
from broker.wire.records.batch import iter_batches
from broker.wire.records.control import decode_marker
from broker.wire.records.record import Record, encode_batch, iter_records
from tests.simulation.ledger import MARKER, Entry, Partition
from tests.simulation.scheduling import now_ms

PRODUCE = 0


def produce_request(
    partition: Partition,
    values: Sequence[bytes],
    producer_id: int = -1,
    epoch: int = -1,
    sequence: int = -1,
    transactional_id: str | None = None,
) -> ProduceRequest:
    """One batch for one partition."""
    records = encode_batch(
        [Record(at, now_ms(), None, value) for at, value in enumerate(values)],
        producer_id=producer_id,
        producer_epoch=epoch,
        base_sequence=sequence,
        transactional=transactional_id is not None,
    )
    data = ProduceRequestPartitionProduceData(index=partition[1], records=records)
    topic = ProduceRequestTopicProduceData(name=partition[0], partition_data=[data])
    return ProduceRequest(transactional_id=transactional_id, acks=-1, timeout_ms=30_000, topic_data=[topic])


def entries(records: bytes | memoryview) -> Iterator[tuple[int, Entry, bool | None]]:
    """(offset, entry, for a marker whether it commits), in order."""
    data = memoryview(records)
    for at, header in iter_batches(data):
        of = (header.producer_id, header.producer_epoch, header.is_transactional)
        if header.is_control:
            yield header.base_offset, Entry(*of, MARKER), bool(decode_marker(data, at, header).kind)
            continue
        for record in iter_records(data, at, header):
            assert record.value is not None
            yield record.offset, Entry(*of, bytes(record.value)), None
