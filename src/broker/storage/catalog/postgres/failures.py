"""Rule: what an error of PostgreSQL's driver means for the catalog.

The connection is *lost* when nothing more can be asked on it, and then nobody knows whether the last statement was carried out. Any error that the
driver makes itself counts as that: what state it left the connection in is anybody's guess.
"""

from typing import Final

import asyncpg

from broker.errors import StorageUnavailable

DRIVER_ERRORS: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,  # TimeoutError, ConnectionError and ssl.SSLError are some
    EOFError,
)

_LOST_CLASSES: Final = ("08", "57P0")
"""Connection exceptions; the server shuts down, crashed, or a person ended the session."""

_READ_ONLY: Final = "25006"
_TIMED_OUT_IDLE: Final = "25P03"
_PASSING_CLASSES: Final = ("08", "25P", "40", "53", "55", "57", "58")
"""The server refuses what was right: rolled back for another's sake, out of something, in the way of a lock, out of time, failing itself."""


class OutcomeUnknown(Exception):
    """The connection was lost under a statement that changes something. Never leaves this package."""


def is_lost(error: BaseException) -> bool:
    """Whether the connection cannot be used any more. A server that takes reads only is none to be connected to either."""
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return state.startswith(_LOST_CLASSES) or state in (_READ_ONLY, _TIMED_OUT_IDLE)
    return isinstance(error, DRIVER_ERRORS)


def unavailable(error: BaseException) -> StorageUnavailable | None:
    """What to say when the transaction is gone and may be tried again; None when the statement itself is at fault, which is a bug."""
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        if not (state.startswith(_PASSING_CLASSES) or state == _READ_ONLY):
            return None
    elif not isinstance(error, DRIVER_ERRORS):
        return None
    return StorageUnavailable(f"the catalog's database cannot be used now: {in_words(error)}")


def in_words(error: BaseException) -> str:
    """The error in one line; a driver's error without a text is named by its kind."""
    text = " ".join(str(error).split())
    return text or type(error).__name__
