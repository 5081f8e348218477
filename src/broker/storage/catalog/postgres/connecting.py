"""One connection to the catalog's database: opened with what the catalog relies on, asked with a limit in time, ended."""

import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

import anyio
import asyncpg

from broker.storage.catalog.postgres.address import DatabaseAddress
from broker.storage.catalog.postgres.failures import DRIVER_ERRORS

T = TypeVar("T")

_CLOSE_S: Final = 2.0

PLANS: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
"""Every statement is made to find its rows by an index, one by one. It must be planned that way from its first execution on, when the tables are still
small, because a plan is kept until statistics change."""


class Connection(Protocol):
    """What is used of :class:`asyncpg.Connection`."""

    async def execute(self, query: str, *args: Any) -> str: ...

    async def executemany(self, command: str, args: Any) -> None: ...

    async def fetch(self, query: str, *args: Any) -> Sequence[Any]: ...

    async def fetchrow(self, query: str, *args: Any) -> Any: ...

    async def fetchval(self, query: str, *args: Any) -> Any: ...


OnConnect = Callable[[Connection], Awaitable[str]]
"""Looks at a new connection before it is used; says which server it leads to. What it raises is raised by whoever wanted a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOptions:
    """``patience_s``: how long a caller waits for a connection. ``resolve_s``: how long an unknown outcome is looked up. ``answer_s``: how long a
    statement may be without an answer; the server itself stops it after ``statement_s``."""

    pool_size: int = 8
    connect_s: float = 5.0
    patience_s: float = 8.0
    statement_s: float = 20.0
    lock_s: float = 10.0
    idle_in_transaction_s: float = 20.0
    answer_s: float = 25.0
    resolve_s: float = 30.0
    application: str = "penstock"


DEFAULT_OPTIONS: Final = ConnectionOptions()


async def connect(
    address: DatabaseAddress, options: ConnectionOptions, on_connect: OnConnect | None
) -> tuple[Any, str]:
    """One attempt. Raises what the driver raises, and what ``on_connect`` does."""
    connection = await asyncpg.connect(
        address.url,
        timeout=options.connect_s,
        command_timeout=options.answer_s + options.connect_s,
        target_session_attrs="read-write",
        server_settings={
            "application_name": options.application,
            "statement_timeout": _ms(options.statement_s),
            "lock_timeout": _ms(options.lock_s),
            "idle_in_transaction_session_timeout": _ms(options.idle_in_transaction_s),
            "default_transaction_isolation": "read committed",
            **PLANS,
        },
    )
    try:
        _keep_alive(connection)
        if await connection.fetchval("SHOW synchronous_commit") == "off":
            await connection.execute("SET synchronous_commit = on")
        server = "" if on_connect is None else await on_connect(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection, server


async def answered(connection: Any, seconds: float, call: Callable[[Connection], Awaitable[T]]) -> T:
    """What ``call`` returns; the connection is dropped when it takes too long, which ``call`` fails from, not because it is cancelled."""
    answer: list[T] = []
    failure: list[BaseException] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_drop_after, connection, seconds)
        try:
            answer.append(await call(connection))
        except DRIVER_ERRORS as error:
            failure.append(error)
        tasks.cancel_scope.cancel()
    if failure:
        raise failure[0]
    return answer[0]


async def roll_back(connection: Any) -> None:
    """End a transaction that is not to be, or was only read in; a connection on which that fails is dropped."""
    with anyio.CancelScope(shield=True):
        try:
            with anyio.fail_after(_CLOSE_S):
                await connection.execute("ROLLBACK")
        except DRIVER_ERRORS:
            connection.terminate()


async def close(connection: Any) -> None:
    with anyio.CancelScope(shield=True):
        try:
            await connection.close(timeout=_CLOSE_S)
        except DRIVER_ERRORS:
            connection.terminate()


def _keep_alive(connection: Any) -> None:
    """A peer that is gone without a word is noticed in seconds, not after hours."""
    sock = connection._transport.get_extra_info("socket")
    if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 3), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 15_000)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


async def _drop_after(connection: Any, seconds: float) -> None:
    await anyio.sleep(seconds)
    connection.terminate()


def _ms(seconds: float) -> str:
    return str(int(seconds * 1000))
