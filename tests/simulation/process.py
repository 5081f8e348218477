"""One process of the broker: all of its agents on the doors of a disk, from its start to its death."""

from collections.abc import Sequence
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup

from broker.assembler import Agents, Sharing, assemble
from broker.config.settings import Settings
from broker.coordinators.producer_connections import WHY_CLOSED
from broker.errors import BrokerError, StorageFailed
from broker.handlers.base import ConnectionInfo
from broker.handlers.table import HANDLERS
from broker.log.waiting_room import WaitingRoom
from broker.log.writer import Writer
from broker.server.budget import ByteBudget
from broker.server.connection import Connection
from broker.server.dispatcher import Dispatcher
from broker.storage.catalog.shards import SHARDS
from broker.storage.committing import TwoStepCommitter
from tests.simulation import shared_storage
from tests.simulation.chance import Chance, Violation
from tests.simulation.disk import CatalogDoor, Disk, Killed, Life, RememberingCommitter, StoreDoor
from tests.simulation.network import ServerLink, Wire, info_of
from tests.simulation.scheduling import now_ms
from tests.simulation.shared_storage import SharedDisk, SharedStorage

AGENTS: Final = 5
"""Tasks of the process itself; where brokers share the storage the reader has one too."""

SETTINGS: Final[dict[str, Any]] = {
    "cluster_id": "AAAAAAAAAAAAAAAAAAAAAA",
    "tail_cache_bytes": 4000,  # small, so that readers come too late for it
    "auto_create_topics_enable": False,
    "group_initial_rebalance_delay_ms": 500,
    "group_min_session_timeout_ms": 1000,
    "log_retention_check_interval_ms": 20_000,
    "transaction_abort_timed_out_transaction_cleanup_interval_ms": 5_000,
    "group_consumer_session_timeout_ms": 6_000,
    "group_consumer_min_session_timeout_ms": 6_000,
    "group_consumer_heartbeat_interval_ms": 1_000,
    "group_consumer_min_heartbeat_interval_ms": 1_000,
}


async def _nothing() -> Sequence[str]:
    return ()


class BrokerProcess:
    """Have :meth:`run` running; it returns when the process is dead. ``ready`` is set once it serves."""

    def __init__(self, disk: Disk, chance: Chance, number: int) -> None:
        self.number = number
        self.ready = anyio.Event()
        self.life = Life(self._died)
        self.wires: list[Wire] = []
        self.writer: Writer
        self.waiting: WaitingRoom
        self.budget = ByteBudget(1 << 24)
        self._disk = disk
        self._chance = chance
        self._scope = anyio.CancelScope()
        self._tasks: TaskGroup
        self._dispatcher: Dispatcher
        self._links: dict[Connection, ServerLink] = {}

    def _died(self) -> None:
        self._chance.note("broker", f"process {self.number} died")
        for wire in self.wires:
            wire.cut("ended with the broker")
        self._scope.cancel()

    async def run(self) -> None:
        try:
            with self._scope:
                async with anyio.create_task_group() as self._tasks:
                    await self._serve()
        except* Killed:
            pass
        except* BrokerError as errors:
            # What cannot start ends, and is started again.
            if self.ready.is_set():
                raise
            self._chance.note("broker", f"process {self.number} could not start: {errors.exceptions[0]!r}")
        finally:
            self.life.end()

    async def _serve(self) -> None:
        tasks = self._tasks
        agents = await (self._shared() if isinstance(self._disk, SharedDisk) else self._embedded())
        services = agents.services
        self.advertised = services.identity.advertise("PLAINTEXT", "broker", 9092)
        self.waiting, self.writer = agents.waiting, services.writer
        self._dispatcher = Dispatcher(HANDLERS, services, services.quotas, self._storage_failed)
        tasks.start_soon(services.writer.run)
        tasks.start_soon(services.groups.run)
        tasks.start_soon(services.transactions.run)
        tasks.start_soon(services.share_partitions.run)
        # Objects are rewritten on threads, for which no virtual clock waits: left out, as the compactor is.
        agents.cleaner.merger.due = _nothing  # type: ignore[method-assign]
        tasks.start_soon(agents.cleaner.run)
        if isinstance(self._disk, SharedDisk):
            tasks.start_soon(services.reader.run)
            await agents.shard_taker.take(range(SHARDS))
        self._chance.note("broker", f"process {self.number} serves")
        self.ready.set()

    async def _embedded(self) -> Agents:
        catalog: Any = CatalogDoor(self._disk.catalog, self.life, self._chance)
        store: Any = StoreDoor(self._disk, self.life, self._chance)
        committer = RememberingCommitter(self._disk, TwoStepCommitter(store, catalog))
        return await assemble(
            Settings(**SETTINGS), store, catalog, committer, now_ms=now_ms, monotonic_ms=now_ms, on_fatal=self._storage_failed
        )

    async def _shared(self) -> Agents:
        assert isinstance(self._disk, SharedDisk)
        storage = SharedStorage(self._disk, self.life, self._chance, self.number)
        await storage.join()
        return await assemble(
            Settings(**SETTINGS, **shared_storage.SETTINGS),
            storage.store,
            storage.catalog,
            storage.committer,
            now_ms=now_ms,
            monotonic_ms=now_ms,
            on_fatal=self._storage_failed,
            sharing=Sharing(
                blocks=storage.store, on_published=lambda fact: None, on_markers=lambda markers: None,
                on_compacted=lambda pid, below: None, hints_flow=lambda: False,
            ),
        )

    def check_idle(self) -> None:
        """With every client gone nothing may be left of what they asked."""
        left = (self.budget.used, len(self.waiting), self.writer.queued_bytes, len(self._tasks._nursery.child_tasks))  # type: ignore[attr-defined]
        if left[:3] != (0, 0, 0) or left[3] != AGENTS + isinstance(self._disk, SharedDisk):
            raise Violation(f"clients are gone, but bytes held, waiting fetches, bytes queued and tasks are {left}")

    def _storage_failed(self, error: StorageFailed) -> None:
        if self.life.is_over:  # what was under way when it died has no outcome
            return
        raise Violation(f"storage failed, which the simulated one never says: {error}")

    # --- what a connection needs of a listener ------------------------------------------------------------------------

    @property
    def tasks(self) -> TaskGroup:
        return self._tasks

    def accept(self, link: ServerLink) -> Connection:
        connection = Connection(self, self._dispatcher, self.budget, 16, 1 << 20)  # type: ignore[arg-type]
        self._links[connection] = link
        connection.connected(link)  # type: ignore[arg-type]
        return connection

    def admit(self, connection: Connection, link: Any) -> ConnectionInfo:
        return info_of(self, link.number)

    def departed(self, connection: Connection) -> None:
        """Whose it was stays known: why it was closed is said afterwards."""

    def connecting_took(self, connection: Connection, seconds: float) -> None:
        """Nobody is short of time here."""

    def log_refusal(self, connection: Connection, reason: str, kind: str = "refused") -> None:
        if reason != WHY_CLOSED or not self._links[connection].is_given_up:
            raise Violation(f"the broker closed the connection of an honest client: {reason}")

