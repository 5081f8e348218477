"""Which batches belong together, and which errors which version is told."""

import pytest

from broker.handlers.data.transactional_batches import (
    as_answered,
    check_owner,
    refused_addition,
)
from broker.log.validation import AppendRules, CheckedBatch, RecordsRefused, check_header
from broker.wire.error_codes import ErrorCode
from tests.broker.log.harness import NOW_MS, batch


def checked(producer_id: int = 1, epoch: int = 0) -> CheckedBatch:
    data = batch(1, producer_id=producer_id, producer_epoch=epoch, base_sequence=0, transactional=True)
    return check_header(data, AppendRules(), NOW_MS, 12)


def test_all_transactional_batches_of_a_request_have_one_producer() -> None:
    """And the request names the transactional id."""
    check_owner("x", checked(), None)
    check_owner("x", checked(), checked())
    for first in (checked(2), checked(1, 1)):
        with pytest.raises(RecordsRefused) as refused:
            check_owner("x", checked(), first)
        assert refused.value.code is ErrorCode.INVALID_PRODUCER_ID_MAPPING
    with pytest.raises(RecordsRefused) as refused:
        check_owner(None, checked(), None)
    assert refused.value.code is ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ErrorCode.PRODUCER_FENCED, ErrorCode.INVALID_PRODUCER_EPOCH),
        (ErrorCode.INVALID_TXN_STATE, ErrorCode.TRANSACTION_ABORTABLE),
        (ErrorCode.NOT_COORDINATOR, ErrorCode.NOT_ENOUGH_REPLICAS),
        (ErrorCode.INVALID_PRODUCER_ID_MAPPING, ErrorCode.INVALID_PRODUCER_ID_MAPPING),
    ],
)
def test_refused_additions_are_told_as_producers_know_them(error: ErrorCode, told: ErrorCode) -> None:
    """Coordinators' errors mean nothing to who produces."""
    assert refused_addition(error).code is told


def test_a_state_that_does_not_fit_can_be_aborted_from_version_11_on() -> None:
    """Other errors are told as they are."""
    assert as_answered(ErrorCode.INVALID_TXN_STATE, 10) == ErrorCode.INVALID_TXN_STATE
    assert as_answered(ErrorCode.INVALID_TXN_STATE, 11) == ErrorCode.TRANSACTION_ABORTABLE
    assert as_answered(ErrorCode.INVALID_PRODUCER_EPOCH, 12) == ErrorCode.INVALID_PRODUCER_EPOCH
    assert as_answered(0, 12) == 0
