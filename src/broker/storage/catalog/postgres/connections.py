"""Connections: how the catalog reaches its database.

One connection is the commit path's alone, so that nothing waits in front of it; a few more serve everything else. They are opened when they are needed
and replaced when they are lost. Whoever asks for one while the database is away waits a little, then is told.

C1  What was sent to be committed is never cancelled from here: a cancelled wait for a synchronous standby would commit without it. Too late, the
    connection is dropped and the outcome looked up.
C2  A transaction that was lost before COMMIT was sent did not happen: StorageUnavailable. One that was lost under COMMIT is looked up by its
    transaction id on another connection; only when that cannot be had for long its outcome stays open (:class:`Unresolved`).
C3  An outcome that was looked up counts once it is as durable as an answered one: the look-up itself commits something, which waits for the standby
    behind it.
C4  Every connection was checked when it was opened: isolation as needed, commits not asynchronous, and who the server is (``on_connect``).
C5  A connection is used again only when it is known what state it is in. Whoever is cancelled does not know: what was sent may yet be carried out.
"""

import math
import random
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any, Final, NoReturn, TypeVar
from weakref import WeakKeyDictionary

import anyio
import asyncpg
import structlog

from broker.errors import StorageUnavailable
from broker.storage.catalog.cluster import Unresolved
from broker.storage.catalog.postgres.address import DatabaseAddress
from broker.storage.catalog.postgres.connecting import (
    DEFAULT_OPTIONS,
    Connection,
    ConnectionOptions,
    OnConnect,
    answered,
    close,
    connect,
    roll_back,
)
from broker.storage.catalog.postgres.failures import (
    DRIVER_ERRORS,
    OutcomeUnknown,
    in_words,
    is_lost,
    unavailable,
)

_log = structlog.get_logger(__name__)

T = TypeVar("T")

_SHORTEST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0
_STATUS: Final = "SELECT pg_xact_status($1::text::xid8)"
_DURABLE_BEHIND: Final = "SELECT pg_logical_emit_message(true, 'penstock', '')"
"""Writes a few bytes that say nothing, so that the commit of this statement waits for everything before it to be as durable as commits are."""


class Connections:
    """Use :meth:`open`, and :meth:`aclose` at the end."""

    def __init__(self, address: DatabaseAddress, options: ConnectionOptions, on_connect: OnConnect | None) -> None:
        self.address = address
        self.options = options
        self._on_connect = on_connect
        self._idle: deque[Any] = deque()
        self._places = anyio.Semaphore(options.pool_size)
        self._commit_turn = anyio.Lock()
        self._commit_connection: Any = None
        self._connect_turn = anyio.Lock()
        self._servers: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
        self._failures = 0
        self._next_attempt = -math.inf
        self._closed = False

    @classmethod
    async def open(
        cls, address: DatabaseAddress, options: ConnectionOptions = DEFAULT_OPTIONS, on_connect: OnConnect | None = None
    ) -> "Connections":
        """Connect once, so that what is wrong with the address is said at once. Raises StorageUnavailable, and what ``on_connect`` raises."""
        connections = cls(address, options, on_connect)
        connections._commit_connection = await connections._connected()
        return connections

    async def aclose(self) -> None:
        """Close all that are not in use; those in use are closed when they are given back."""
        self._closed = True
        waiting, self._idle = list(self._idle), deque()
        with anyio.move_on_after(self.options.answer_s):
            async with self._commit_turn:
                if self._commit_connection is not None:
                    waiting.append(self._commit_connection)
                    self._commit_connection = None
        for connection in waiting:
            await close(connection)

    # --- reading ------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def read(self, *, snapshot: bool = False) -> AsyncIterator[Connection]:
        """A connection to ask on. With ``snapshot`` all questions see the same state. Raises StorageUnavailable."""
        async with self._borrowed() as connection:
            with _refused():
                if not snapshot:
                    yield connection
                    return
                try:
                    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    yield connection
                finally:
                    await roll_back(connection)

    async def fetch(self, query: str, *args: Any) -> Sequence[Any]:
        """The rows of one question; asked a second time when the connection turns out to be gone."""
        return await self._asked(lambda connection: connection.fetch(query, *args))

    async def fetchrow(self, query: str, *args: Any) -> Any:
        """The first row of one question, or None."""
        return await self._asked(lambda connection: connection.fetchrow(query, *args))

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first column of the first row of one question, or None."""
        return await self._asked(lambda connection: connection.fetchval(query, *args))

    async def _asked(self, question: Callable[[Connection], Awaitable[T]]) -> T:
        for is_last in (False, True):
            try:
                async with self._borrowed() as connection:
                    return await answered(connection, self.options.answer_s, question)
            except DRIVER_ERRORS as error:
                if is_last or not is_lost(error):
                    _raise(error)
        raise AssertionError("the second try returns or raises")

    # --- changing -----------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def change(self) -> AsyncIterator[Connection]:
        """A transaction on one of the common connections, committed at the end of the block. Raises StorageUnavailable, Unresolved."""
        async with self._borrowed() as connection, self._transaction(connection):
            yield connection

    @asynccontextmanager
    async def commit(self, *, resolve: bool = True) -> AsyncIterator[Connection]:
        """The same on the commit path's own connection. Without ``resolve`` OutcomeUnknown is raised, and the caller finds out."""
        async with self._committing() as connection, self._transaction(connection, resolve=resolve):
            yield connection

    async def change_once(self, query: str, *args: Any) -> Sequence[Any]:
        """One statement, which is its own transaction, on one of the common connections. It must come to the same when it is carried out twice: when
        its outcome is not known it is sent again, once. Raises StorageUnavailable, Unresolved."""
        for is_last in (False, True):
            try:
                async with self._borrowed() as connection:
                    return await answered(connection, self.options.answer_s, lambda own: own.fetch(query, *args))
            except DRIVER_ERRORS as error:
                if not is_lost(error):
                    _raise(error)
                if is_last:
                    raise Unresolved(f"the catalog's database was lost under a change: {in_words(error)}") from error
            except StorageUnavailable as error:
                if is_last:
                    raise Unresolved(f"the catalog's database was lost under a change: {in_words(error)}") from error
                raise
        raise AssertionError("the second try returns or raises")

    async def commit_once(self, query: str, *args: Any) -> Sequence[Any]:
        """One statement, which is its own transaction, on the commit path's own connection: one round trip.

        Raises StorageUnavailable when nothing happened; OutcomeUnknown when the caller has to find out."""
        rows: Sequence[Any] = ()
        async with self._committing() as connection:
            with anyio.CancelScope(shield=True):
                try:
                    rows = await answered(connection, self.options.answer_s, lambda own: own.fetch(query, *args))
                except DRIVER_ERRORS as error:
                    if is_lost(error):
                        raise OutcomeUnknown(in_words(error)) from error
                    _raise(error)
        return rows

    @asynccontextmanager
    async def apart(self) -> AsyncIterator[Connection]:
        """A fresh connection of its own, to find out what became of another. Raises StorageUnavailable."""
        with _refused():
            connection = await self._connected()
            try:
                yield connection
            finally:
                await close(connection)

    @asynccontextmanager
    async def _transaction(self, connection: Any, *, resolve: bool = True) -> AsyncIterator[None]:
        server = self._servers.get(connection, "")
        with _refused():
            try:
                await connection.execute("BEGIN")
                transaction_id = await connection.fetchval("SELECT pg_current_xact_id()::text")
                yield
            except BaseException:
                await roll_back(connection)
                raise
        with anyio.CancelScope(shield=True):
            try:
                await answered(connection, self.options.answer_s, lambda own: own.execute("COMMIT"))
                return
            except DRIVER_ERRORS as error:
                connection.terminate()
                if not is_lost(error):
                    _raise(error)
                if not resolve:
                    raise OutcomeUnknown(in_words(error)) from error
                _log.warning(
                    "the database was lost under a change; looking up what became of it", error=in_words(error)
                )
            await self._look_up(transaction_id, server)

    async def _look_up(self, transaction_id: str, server: str) -> None:
        """Return when the transaction is in. Raises StorageUnavailable when it is not and never will be, Unresolved when that cannot be told: also
        when another server has taken over, to which the number may mean another transaction."""
        status = None
        with anyio.move_on_after(self.options.resolve_s):
            pause = _SHORTEST_PAUSE_S
            while status not in ("committed", "aborted"):
                try:
                    async with self.apart() as connection:
                        if self._servers.get(connection, "") != server:
                            break
                        status = await connection.fetchval(_STATUS, transaction_id)
                        if status == "committed":
                            await connection.execute(_DURABLE_BEHIND)  # C3
                except StorageUnavailable:
                    status = None
                if status not in ("committed", "aborted"):
                    await anyio.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE_S)
        if status == "aborted":
            raise StorageUnavailable("the connection to the catalog's database was lost; nothing was changed")
        if status != "committed":
            raise Unresolved("the connection to the catalog's database was lost while a change was being committed")

    # --- connections --------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[Any]:
        async with AsyncExitStack() as stack:
            with anyio.move_on_after(self.options.patience_s) as waiting:
                await stack.enter_async_context(self._places)
            if waiting.cancelled_caught:
                raise StorageUnavailable("every connection to the catalog's database is in use")
            connection = self._take_idle() or await self._connected()
            try:
                yield connection
            except BaseException as error:
                if _is_in_doubt(error) or (error.__cause__ is not None and is_lost(error.__cause__)):
                    connection.terminate()
                raise
            finally:
                await self._give_back(connection)

    def _take_idle(self) -> Any:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None

    async def _give_back(self, connection: Any) -> None:
        if connection.is_closed():
            return
        if connection.is_in_transaction():
            connection.terminate()
        elif self._closed:
            await close(connection)
        else:
            self._idle.append(connection)

    @asynccontextmanager
    async def _committing(self) -> AsyncIterator[Any]:
        async with self._commit_turn:
            connection = self._commit_connection
            if connection is None or connection.is_closed() or connection.is_in_transaction():
                self._drop_commit_connection()
                connection = self._commit_connection = await self._connected()
            try:
                yield connection
            except BaseException as error:
                if _is_in_doubt(error) or isinstance(error, OutcomeUnknown):
                    self._drop_commit_connection()
                raise
            finally:
                if self._closed:
                    self._drop_commit_connection()

    def _drop_commit_connection(self) -> None:
        if self._commit_connection is not None:
            self._commit_connection.terminate()
            self._commit_connection = None

    async def _connected(self) -> Any:
        """A new connection, as soon as there is one within the caller's patience. Attempts follow each other, ever more slowly."""
        if self._closed:
            raise StorageUnavailable("the catalog is closed")
        last: BaseException | None = None
        with anyio.move_on_after(self.options.patience_s):
            while True:
                async with self._connect_turn:
                    await anyio.sleep(max(0.0, self._next_attempt - anyio.current_time()))
                    try:
                        connection, server = await connect(self.address, self.options, self._on_connect)
                    except DRIVER_ERRORS as error:
                        last = error
                        self._failures += 1
                        # Not to tell anybody anything by it: only so that brokers do not come back all at once.
                        pause = _pause(self._failures) * random.uniform(0.5, 1.0)  # noqa: S311
                        self._next_attempt = anyio.current_time() + pause
                        if not _may_pass(error):
                            break
                    else:
                        self._failures = 0
                        self._servers[connection] = server
                        return connection
        reason = "no answer" if last is None else in_words(last)
        raise StorageUnavailable(
            f"the catalog's database at {self.address.shown} cannot be reached: {reason}"
        ) from last


@contextmanager
def _refused() -> Iterator[None]:
    """What the driver raises, as what the catalog's users understand."""
    try:
        yield
    except DRIVER_ERRORS as error:
        _raise(error)


def _is_in_doubt(error: BaseException) -> bool:
    """Whether the connection on which it was raised must not be used any more (C5)."""
    return not isinstance(error, Exception) or is_lost(error)


def _raise(error: BaseException) -> NoReturn:
    meaning = unavailable(error)
    if meaning is None:
        raise error
    raise meaning from error


def _may_pass(error: BaseException) -> bool:
    """Whether trying again to connect can help."""
    if isinstance(error, asyncpg.PostgresError):
        return unavailable(error) is not None
    return not isinstance(error, (asyncpg.ClientConfigurationError, ssl.SSLCertVerificationError))


def _pause(failures: int) -> float:
    return min(_SHORTEST_PAUSE_S * float(1 << min(failures - 1, 10)), _LONGEST_PAUSE_S)
