"""Saves of what belongs to shards: each is checked against the leases of its shards, in the transaction that saves.

The rows of the shards are locked against a change of hands until the transaction ends. So what a broker saved is there before another one that takes
the shard over reads, and afterwards nothing of it comes any more (I8).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from broker.errors import BrokerError
from broker.storage.catalog.postgres.base import CatalogPart
from broker.storage.catalog.postgres.connecting import Connection
from broker.storage.catalog.postgres.statement import Statement
from broker.storage.catalog.shards import shard_of
from broker.wire.error_codes import ErrorCode

_HOLD: Final = "SELECT hold_shards_v1({}::smallint[], {}::bigint[]) AS held"
_HOLD_ALONE: Final = "SELECT hold_shards_v1($1, $2)"
_NOT_HELD: Final = "PS001"


class GuardedPart(CatalogPart):
    """A part of the catalog whose changes are those of shards' coordinators."""

    async def _save(self, keys: Iterable[str], statement: Statement) -> None:
        """Carry out ``statement`` in a transaction of its own. Raises NOT_COORDINATOR when a shard of ``keys`` is not held by this broker."""
        if not statement.parts:
            return
        guard = self._leases(keys)
        guarded, answer = Statement(), "SELECT 1"
        if guard is not None:
            guarded.add(_HOLD, *guard)
            answer = "SELECT held FROM p0"  # which has it carried out: what nobody reads is not
        guarded.parts += statement.parts
        guarded.arguments += statement.arguments
        async with self._connections.change() as connection:
            with _refused():
                await connection.execute(guarded.text(answer), *guarded.arguments)

    async def _hold(self, connection: Connection, guard: tuple[list[int], list[int]] | None) -> None:
        """The check alone, for a transaction that goes on; ``guard`` is what :meth:`_leases` said when it was asked for."""
        if guard is not None:
            with _refused():
                await connection.execute(_HOLD_ALONE, *guard)

    def _leases(self, keys: Iterable[str]) -> tuple[list[int], list[int]] | None:
        """The shards of ``keys`` and the tokens under which this broker has them; None when nothing is checked. Raises NOT_COORDINATOR."""
        if not self.checks_shards:
            return None
        shards = sorted({shard_of(key) for key in keys})
        tokens = [self.shard_tokens.get(shard) for shard in shards]
        held = [token for token in tokens if token is not None]
        if len(held) < len(shards):
            raise _not_coordinator()
        return shards, held


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except asyncpg.PostgresError as error:
        if error.sqlstate != _NOT_HELD:
            raise
        raise _not_coordinator() from error


def _not_coordinator() -> BrokerError:
    return BrokerError(ErrorCode.NOT_COORDINATOR, "another broker coordinates this now")
