"""Rule: what an error of a remote store means, and how it may be shown.

What the client library says of an error can hold whole URLs, signatures among their parameters: none of it is passed on but status and code.
"""

import re
from enum import StrEnum
from typing import Final

from obstore.exceptions import (
    AlreadyExistsError,
    NotFoundError,
    NotSupportedError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)


class Trouble(StrEnum):
    """Kinds of errors, as metrics name them."""

    THROTTLED = "throttled"
    """The store asks for fewer requests."""
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    """No connection, or one that was cut: whether the request was carried out is not known."""
    SERVER = "server"
    """An error on its side."""
    MISSING = "missing"
    SHORT = "short"
    """The object ends before what was asked for."""
    EXISTS = "exists"
    REFUSED = "refused"
    """It will not, and trying again does not help: credentials, the bucket's name, a request it does not know."""
    UNSUPPORTED = "unsupported"


PASSING: Final = frozenset({Trouble.THROTTLED, Trouble.TIMEOUT, Trouble.UNREACHABLE, Trouble.SERVER})
"""Worth trying again."""

_NO_BUCKET: Final = frozenset({"NoSuchBucket", "ContainerNotFound"})
_STATUS: Final = re.compile(r"status code: (\d{3})|\bstatus: (\d{3})\b")
_CODE: Final = re.compile(r"<Code>([A-Za-z0-9.]{1,64})</Code>")
_RANGE: Final = re.compile(r"Invalid range|StartTooLarge")
_THROTTLING_CODES: Final = frozenset(
    {
        "SlowDown",
        "ServiceUnavailable",
        "ServerBusy",
        "TooManyRequests",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "OperationTimedOut",
    }
)


def trouble_of(error: BaseException) -> Trouble:
    """What kind of error the store's client raised."""
    if isinstance(error, TimeoutError):
        return Trouble.TIMEOUT
    if isinstance(error, FileNotFoundError | NotFoundError):
        return Trouble.MISSING
    if isinstance(error, AlreadyExistsError | PreconditionError):
        return Trouble.EXISTS
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        # Clocks that differ too much pass, unlike other refusals.
        return Trouble.SERVER if "RequestTimeTooSkewed" in str(error) else Trouble.REFUSED
    if isinstance(error, NotSupportedError | NotImplementedError):
        return Trouble.UNSUPPORTED
    text = str(error)
    status, code = _status_and_code(text)
    if status == 416 or (not status and _RANGE.search(text)):
        return Trouble.SHORT
    if status in (429, 503) or code in _THROTTLING_CODES:
        return Trouble.THROTTLED
    if status == 501:
        return Trouble.UNSUPPORTED
    if status == 409:
        return Trouble.SERVER  # two conditional writes of one key at once; the next try tells
    if status in (408,) or (not status and re.search(r"timed? ?out", text, re.I)):
        return Trouble.TIMEOUT
    if status >= 500:
        return Trouble.SERVER
    if status >= 400:
        return Trouble.REFUSED
    return Trouble.UNREACHABLE


def is_of_object(error: BaseException) -> bool:
    """Whether it is about one object and not about the store, which has answered: the object is not there, or ends too early. A refusal is not: some stores
    refuse what is not there, and all of them refuse everything to whose credentials have run out."""
    return trouble_of(error) in (Trouble.MISSING, Trouble.SHORT) and _status_and_code(str(error))[1] not in _NO_BUCKET


def shown(error: BaseException) -> str:
    """The error in words that hold no secret."""
    status, code = _status_and_code(str(error))
    words = [str(trouble_of(error)), *([str(status)] if status else []), *([code] if code else [])]
    return " ".join(words)


def _status_and_code(text: str) -> tuple[int, str]:
    found = _STATUS.search(text)
    code = _CODE.search(text)
    return (int(found.group(1) or found.group(2)) if found else 0), (code.group(1) if code else "")
