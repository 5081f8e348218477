"""One process of the broker: all of its agents on the doors of a disk, from its start to its death."""

from typing import Any, Final

import anyio
from anyio.abc import TaskGroup

from broker.admin.config_administrator import ConfigAdministrator
from broker.admin.topic_administrator import TopicAdministrator
from broker.client_metrics.collector import ClientMetricsCollector
from broker.cluster.directory import TopicDirectory, TopicState
from broker.cluster.identity import ClusterIdentity
from broker.config.client_metrics_live import LiveClientMetrics
from broker.config.groups_live import LiveGroupConfigs
from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.coordinators.group_coordinator import GroupCoordinator
from broker.coordinators.transaction_coordinator import TransactionCoordinator
from broker.errors import BrokerError, StorageFailed
from broker.handlers.base import ConnectionInfo, Services
from broker.handlers.table import HANDLERS
from broker.log.cleaner import Cleaner
from broker.log.gathering import Gathering
from broker.log.producer_id_allocator import ProducerIdAllocator
from broker.log.reader import Reader
from broker.log.tail_cache import TailCache
from broker.log.waiting_room import WaitingRoom
from broker.log.writer import Writer
from broker.model import ZERO_UUID
from broker.server.budget import ByteBudget
from broker.server.connection import Connection
from broker.server.dispatcher import Dispatcher
from broker.storage.committing import TwoStepCommitter
from tests.simulation.chance import Chance, Violation
from tests.simulation.disk import CatalogDoor, Disk, Killed, Life, RememberingCommitter, StoreDoor
from tests.simulation.network import ServerLink, Wire, info_of
from tests.simulation.scheduling import now_ms

TAIL_BYTES: Final = 4000
"""Small, so that readers come too late for it."""

AGENTS: Final = 4
"""Tasks of the process itself."""

SETTINGS: Final[dict[str, Any]] = {
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
        self._refusals: list[str] = []

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
        chance, tasks = self._chance, self._tasks
        catalog: Any = CatalogDoor(self._disk.catalog, self.life, chance)
        store: Any = StoreDoor(self._disk, self.life, chance)
        live = LiveSettings(Settings(**SETTINGS), catalog)
        await live.load()
        identity = ClusterIdentity("AAAAAAAAAAAAAAAAAAAAAA", 1, None)
        self.advertised = identity.advertise("PLAINTEXT", "broker", 9092)
        directory = TopicDirectory(live)
        directory.load(await catalog.load_topics())
        self.waiting, tail = WaitingRoom(), TailCache(TAIL_BYTES)
        committer = RememberingCommitter(self._disk, TwoStepCommitter(store, catalog))
        self.writer = writer = Writer(
            committer, catalog, tail, self.waiting, now_ms, self._storage_failed, gathering=Gathering()
        )
        reader = Reader(store, catalog, tail, self.waiting)
        topics = TopicAdministrator(catalog, directory, live, now_ms)
        group_configs = LiveGroupConfigs(live, catalog)
        await group_configs.load()
        client_metrics = LiveClientMetrics(catalog)
        await client_metrics.load()
        groups = GroupCoordinator(
            catalog,
            live,
            now_ms,
            topic_exists=lambda name, topic_id: _is_there(directory, name, topic_id),
            topics=directory,
            configs=group_configs,
        )
        await groups.load()
        producer_ids = ProducerIdAllocator(catalog)
        transactions = TransactionCoordinator(
            catalog, groups.transactional, live, now_ms, new_producer_id=producer_ids.next, on_ended=reader.transaction_ended
        )
        transactions.load()
        services = Services(
            settings=live,
            identity=identity,
            directory=directory,
            catalog=catalog,
            writer=writer,
            reader=reader,
            topics=topics,
            configs=ConfigAdministrator(catalog, live, directory, topics, 1, group_configs, client_metrics),
            groups=groups,
            transactions=transactions,
            producer_ids=producer_ids,
            client_metrics=ClientMetricsCollector(client_metrics, live, now_ms),
            now_ms=now_ms,
            served=HANDLERS,
        )
        directory.on_removed(lambda state: _forget(reader, state))
        cleaner = Cleaner(store, catalog, directory, live, now_ms, on_fatal=self._storage_failed)
        self._dispatcher = Dispatcher(HANDLERS, services, self._storage_failed)
        tasks.start_soon(writer.run)
        tasks.start_soon(groups.run)
        tasks.start_soon(transactions.run)
        tasks.start_soon(cleaner.run)
        self._chance.note("broker", f"process {self.number} serves")
        self.ready.set()

    def check_idle(self) -> None:
        """With every client gone nothing may be left of what they asked."""
        left = (self.budget.used, len(self.waiting), self.writer.queued_bytes, len(self._tasks._nursery.child_tasks))  # type: ignore[attr-defined]
        if left[:3] != (0, 0, 0) or left[3] != AGENTS:
            raise Violation(f"clients are gone, but bytes held, waiting fetches, bytes queued and tasks are {left}")

    def _storage_failed(self, error: StorageFailed) -> None:
        raise Violation(f"storage failed, which the simulated one never says: {error}")

    # --- what a connection needs of a listener ------------------------------------------------------------------------

    @property
    def tasks(self) -> TaskGroup:
        return self._tasks

    def accept(self, link: ServerLink) -> Connection:
        connection = Connection(self, self._dispatcher, self.budget, 16, 1 << 20)  # type: ignore[arg-type]
        connection.connected(link)  # type: ignore[arg-type]
        return connection

    def admit(self, connection: Connection, link: Any) -> ConnectionInfo:
        return info_of(self, len(self.wires))

    def departed(self, connection: Connection) -> None:
        """Nothing is kept of it."""

    def log_refusal(self, connection: Connection, reason: str) -> None:
        raise Violation(f"the broker closed the connection of an honest client: {reason}")


def _forget(reader: Reader, state: TopicState) -> None:
    for pid in state.pids:
        reader.partition_removed(pid)


def _is_there(directory: TopicDirectory, name: str, topic_id: bytes) -> bool:
    state = directory.by_name(name)
    return state is not None and topic_id in (state.topic_id, ZERO_UUID)
