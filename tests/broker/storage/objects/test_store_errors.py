"""Errors of a store are told apart, and shown without what may be secret."""

import pytest
from obstore.exceptions import AlreadyExistsError, GenericError, NotFoundError, NotSupportedError, PermissionDeniedError

from broker.storage.objects.store_errors import PASSING, Trouble, is_of_object, shown, trouble_of


def status(code: int, name: str = "X") -> GenericError:
    return GenericError(
        f"Generic S3 error: Error performing PUT https://h/b/k?sig=hunter2 in 1ms - Server returned non-2xx status code: {code} Y: "
        f"<Error><Code>{name}</Code></Error>"
    )


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (status(503, "SlowDown"), Trouble.THROTTLED),
        (status(429, "TooManyRequests"), Trouble.THROTTLED),
        (status(500, "InternalError"), Trouble.SERVER),
        (status(502), Trouble.SERVER),
        (status(400, "RequestLimitExceeded"), Trouble.THROTTLED),
        (status(409, "ConditionalRequestConflict"), Trouble.SERVER),
        (status(400, "BadDigest"), Trouble.REFUSED),
        (status(416, "InvalidRange"), Trouble.SHORT),
        (status(501, "NotImplemented"), Trouble.UNSUPPORTED),
        (status(408), Trouble.TIMEOUT),
        (GenericError("HTTP error: error sending request: operation timed out"), Trouble.TIMEOUT),
        (GenericError("HTTP error: error sending request"), Trouble.UNREACHABLE),
        (TimeoutError(), Trouble.TIMEOUT),
        (FileNotFoundError("x"), Trouble.MISSING),
        (NotFoundError("x"), Trouble.MISSING),
        (AlreadyExistsError("x"), Trouble.EXISTS),
        (PermissionDeniedError("status code: 403 Forbidden <Code>AccessDenied</Code>"), Trouble.REFUSED),
        (PermissionDeniedError("status code: 403 <Code>RequestTimeTooSkewed</Code>"), Trouble.SERVER),
        (NotSupportedError("x"), Trouble.UNSUPPORTED),
    ],
    ids=str,
)
def test_errors_are_told_apart(error: Exception, trouble: Trouble) -> None:
    """By type, status and code."""
    assert trouble_of(error) is trouble


def test_what_passes_is_tried_again() -> None:
    """Refusals are not."""
    assert {Trouble.THROTTLED, Trouble.TIMEOUT, Trouble.UNREACHABLE, Trouble.SERVER} == PASSING


def test_nothing_of_the_request_is_shown() -> None:
    """Only what kind it was, status and code."""
    assert shown(status(503, "SlowDown")) == "throttled 503 SlowDown"
    assert shown(GenericError("https://host/?sig=hunter2 failed")) == "unreachable"


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (FileNotFoundError("404 <Code>NoSuchKey</Code>"), True),
        (status(416, "InvalidRange"), True),
        (FileNotFoundError("404 <Code>NoSuchBucket</Code>"), False),
        (PermissionDeniedError("status code: 403 Forbidden <Code>AccessDenied</Code>"), False),
        (status(503, "SlowDown"), False),
        (TimeoutError(), False),
    ],
    ids=str,
)
def test_an_object_that_is_lost_is_told_from_a_store_that_is_away(error: Exception, is_one: bool) -> None:
    """Only when the store has answered, and of this object."""
    assert is_of_object(error) == is_one
