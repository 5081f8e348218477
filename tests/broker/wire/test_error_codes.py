"""Kafka's error codes against two other lists of them."""

import pytest

from broker.wire.error_codes import RETRIABLE, ErrorCode


def test_kio_knows_the_same_codes() -> None:
    """Same names, same numbers, same advice to retry."""
    errors = pytest.importorskip("kio.schema.errors")

    assert {(code.name.upper(), code.value) for code in errors.ErrorCode} == {
        (code.name, code.value) for code in ErrorCode
    }
    assert {code.value for code in errors.ErrorCode if code.retriable} == set(RETRIABLE)


def test_every_code_says_whether_to_retry() -> None:
    """A lost leader may be found again, a missing right may not."""
    assert ErrorCode.NOT_LEADER_OR_FOLLOWER.retriable
    assert not ErrorCode.TOPIC_AUTHORIZATION_FAILED.retriable
    assert list(ErrorCode) == sorted(ErrorCode)
    assert {int(code) for code in ErrorCode} == set(range(-1, max(ErrorCode) + 1))
