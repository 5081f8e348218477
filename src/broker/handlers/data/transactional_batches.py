"""Rule: the transactional batches of one produce, and whether they belong to an open transaction (KIP-98, KIP-890).

That a batch belongs to its transaction is decided by the catalog, when it is committed. Here it is only found out whether partitions
must be added before, and which error a producer of which version is told.
"""

from typing import Final

from broker.log.validation import CheckedBatch, RecordsRefused
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.produce import ProduceRequest
from broker.wire.records.batch import MAGIC, MAGIC_AT, TRANSACTIONAL_BIT

FIRST_VERSION_WITH_ABORTABLE_ERRORS: Final = 11
FIRST_VERSION_THAT_ADDS_PARTITIONS: Final = 12
_ATTRIBUTES: Final = 22
"""Where in a batch the byte of its attributes is that says whether it is transactional."""

_AS_PRODUCERS_KNOW_THEM: Final = {
    ErrorCode.PRODUCER_FENCED: ErrorCode.INVALID_PRODUCER_EPOCH,
    ErrorCode.COORDINATOR_LOAD_IN_PROGRESS: ErrorCode.NOT_ENOUGH_REPLICAS,
    ErrorCode.COORDINATOR_NOT_AVAILABLE: ErrorCode.NOT_ENOUGH_REPLICAS,
    ErrorCode.NOT_COORDINATOR: ErrorCode.NOT_ENOUGH_REPLICAS,
}
"""Coordinators' errors in answers to a produce. Kafka takes NOT_ENOUGH_REPLICAS for "again, without asking for metadata"."""


def has_transactional_batch(request: ProduceRequest) -> bool:
    """Whether any batch of the request says of itself that it is part of a transaction; what is no batch does not."""
    return any(
        len(data.records) > _ATTRIBUTES and data.records[MAGIC_AT] == MAGIC and data.records[_ATTRIBUTES] & TRANSACTIONAL_BIT
        for topic in request.topic_data
        for data in topic.partition_data
        if data.records is not None
    )


def check_owner(transactional_id: str | None, checked: CheckedBatch, first: CheckedBatch | None) -> None:
    """Refuse a transactional batch that nobody owns, or of another producer than ``first``, the first one of the request."""
    if transactional_id is None:
        raise RecordsRefused(
            ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "a transactional batch in a produce without a transactional id"
        )
    if first is not None and producer_of(first) != producer_of(checked):
        raise RecordsRefused(
            ErrorCode.INVALID_PRODUCER_ID_MAPPING, "the request has transactional batches of more than one producer"
        )


def producer_of(checked: CheckedBatch) -> tuple[int, int]:
    """Producer id and epoch."""
    return checked.header.producer_id, checked.header.producer_epoch


def refused_addition(error: ErrorCode) -> RecordsRefused:
    """What the batches are answered when their partitions could not be added."""
    code = ErrorCode(as_answered(_AS_PRODUCERS_KNOW_THEM.get(error, error), FIRST_VERSION_THAT_ADDS_PARTITIONS))
    return RecordsRefused(code, "the partition could not be added to the transaction")


def as_answered(error_code: int, version: int) -> int:
    """The error of a transactional batch as a producer of this version is told it."""
    if error_code == ErrorCode.INVALID_TXN_STATE and version >= FIRST_VERSION_WITH_ABORTABLE_ERRORS:
        return ErrorCode.TRANSACTION_ABORTABLE
    return error_code
