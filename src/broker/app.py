"""The composition root: settings -> agents -> one task group, and an ordered stop. Only this module picks implementations."""

import gc
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup

from broker.admin.config_administrator import ConfigAdministrator
from broker.admin.topic_administrator import TopicAdministrator
from broker.client_metrics.collector import ClientMetricsCollector
from broker.cluster.directory import TopicDirectory, TopicState
from broker.cluster.identity import CLUSTER_ID_KEY, ClusterIdentity, new_cluster_id
from broker.config.client_metrics_live import LiveClientMetrics
from broker.config.groups_live import LiveGroupConfigs
from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.coordinators.group_coordinator import GroupCoordinator
from broker.coordinators.share_partition_keeper import SharePartitionKeeper, Surroundings
from broker.coordinators.transaction_coordinator import TransactionCoordinator
from broker.errors import StorageFailed
from broker.handlers.base import Services
from broker.handlers.shares.share_start_finder import ShareStartFinder, limits_of
from broker.handlers.table import HANDLERS
from broker.http.server import HttpServer
from broker.http.surface import surface
from broker.log.cleaner import Cleaner
from broker.log.compactor import Compactor
from broker.log.gathering import Gathering
from broker.log.producer_id_allocator import ProducerIdAllocator
from broker.log.reader import Reader
from broker.log.tail_cache import TailCache
from broker.log.waiting_room import WaitingRoom
from broker.log.writer import Writer
from broker.model import ZERO_UUID
from broker.server.budget import ByteBudget
from broker.server.dispatcher import Dispatcher
from broker.server.listener import Limits, Listener
from broker.storage.catalog.sqlite.schema import CatalogUnusable
from broker.storage.embedded import DataMissing, open_embedded
from broker.storage.ownership import DirectoryInUse
from observability import logs
from observability.health import Health
from observability.metrics import (
    BUILD,
    CLIENT_INSTANCES,
    GROUPS,
    IN_FLIGHT_BYTES,
    OLDEST_TRANSACTION_SECONDS,
    PARTITIONS,
    READY,
    SHARE_GROUP_MEMBERS,
    SHARE_GROUPS,
    SHARE_LOCKS,
    SHARE_PARTITIONS,
    SHARE_SESSIONS,
    TOPICS,
    TRANSACTIONAL_IDS,
    TRANSACTIONS_OPEN,
    TRANSACTIONS_OVERDUE,
    group_committed,
)

EXIT_STORAGE_FAILED: Final = 3
_log = logs.get("broker")


def now_ms() -> int:
    """The wall clock, in the unit of Kafka's timestamps."""
    return time.time_ns() // 1_000_000


def monotonic_ms() -> int:
    """A clock that never runs back."""
    return time.monotonic_ns() // 1_000_000


class CannotStart(Exception):
    """The broker could not start; the message says why in words for an operator."""


class App:
    """One broker process. :meth:`run` returns its exit code."""

    def __init__(self, settings: Settings, announce: Callable[[str], None]) -> None:
        self._settings = settings
        self._announce = announce
        self._stopping = anyio.Event()
        self._exit_code = 0
        self._health = Health()
        self._listeners: list[Listener] = []
        self.serving = False

    # --- start --------------------------------------------------------------------------------------------------------

    async def run(self) -> int:
        """Serve until told to stop."""
        settings = self._settings
        BUILD.labels(version("penstock")).set(1)
        async with AsyncExitStack() as stack:
            storage = open_embedded(
                settings.data_dir,
                segment_bytes=settings.segment_file_bytes,
                objects_directory=_local_path(settings.objects, "file"),
                catalog_file=_local_path(settings.catalog, "sqlite"),
            )
            stack.push_async_callback(storage.aclose)
            if storage.recovered:
                _log.info("committed again what the catalog had lost when it was stopped", groups=storage.recovered)
            store, catalog = storage.store, storage.catalog
            live = LiveSettings(settings, catalog)
            await live.load()
            identity = ClusterIdentity(
                await catalog.meta(CLUSTER_ID_KEY, settings.cluster_id or new_cluster_id()), settings.node_id, settings.broker_rack
            )
            directory = TopicDirectory(live)
            directory.load(await catalog.load_topics())
            waiting = WaitingRoom()
            tail = TailCache(settings.tail_cache_bytes)
            writer = Writer(
                storage.committer, catalog, tail, waiting, now_ms, self._storage_failed, on_group=group_committed, gathering=Gathering()
            )
            reader = Reader(
                store, catalog, tail, waiting, session_slots=settings.max_incremental_fetch_session_cache_slots
            )
            topics = TopicAdministrator(catalog, directory, live, now_ms)
            group_configs = LiveGroupConfigs(live, catalog)
            await group_configs.load()
            share_starts = ShareStartFinder(catalog, reader, directory, group_configs, now_ms)
            share_partitions = SharePartitionKeeper(
                catalog,
                Surroundings(
                    limits=lambda group_id: limits_of(group_configs, group_id),
                    sessions_max=lambda: live.current.group_share_max_share_sessions,
                    first_offset=share_starts.first_offset,
                    bounds=share_starts.bounds,
                ),
            )
            groups = GroupCoordinator(
                catalog,
                live,
                now_ms,
                topic_exists=lambda name, topic_id: _is_there(directory, name, topic_id),
                topics=directory,
                configs=group_configs,
                share_partitions=share_partitions,
            )
            await groups.load()
            producer_ids = ProducerIdAllocator(catalog)
            transactions = TransactionCoordinator(
                catalog, groups.transactional, live, now_ms, new_producer_id=producer_ids.next, on_ended=reader.transaction_ended
            )
            transactions.load()
            client_metrics_configs = LiveClientMetrics(catalog)
            await client_metrics_configs.load()
            client_metrics = ClientMetricsCollector(client_metrics_configs, live, monotonic_ms)
            services = Services(
                settings=live,
                identity=identity,
                directory=directory,
                catalog=catalog,
                writer=writer,
                reader=reader,
                topics=topics,
                configs=ConfigAdministrator(catalog, live, directory, topics, identity.node_id, group_configs, client_metrics_configs),
                groups=groups,
                transactions=transactions,
                share_partitions=share_partitions,
                producer_ids=producer_ids,
                client_metrics=client_metrics,
                now_ms=now_ms,
                served=HANDLERS,
            )
            directory.on_removed(lambda state: _forget_partitions(reader, state))
            directory.on_removed(lambda state: share_partitions.topic_removed(state.topic_id))
            cleaner = Cleaner(store, catalog, directory, live, now_ms, on_fatal=self._storage_failed)
            compactor = Compactor(
                store, catalog, directory, tail, live, now_ms, on_round=reader.compaction_begins, on_fatal=self._storage_failed
            )
            self._watch(directory, groups, transactions)
            CLIENT_INSTANCES.set_function(lambda: len(client_metrics))
            self._watch_shares(share_partitions)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._stop_on_signal, tasks)
                tasks.start_soon(writer.run)
                tasks.start_soon(self._keep, groups.run)
                tasks.start_soon(self._keep, transactions.run)
                tasks.start_soon(self._keep, share_partitions.run)
                tasks.start_soon(cleaner.run)
                tasks.start_soon(client_metrics.run)
                tasks.start_soon(compactor.run)
                http = await self._listen(tasks, services)
                await self._stopping.wait()
                await self._drain(writer, groups, share_partitions, waiting, http)
                tasks.cancel_scope.cancel()
        return self._exit_code

    async def _listen(self, tasks: TaskGroup, services: Services) -> HttpServer:
        settings = self._settings
        budget = ByteBudget(settings.process_max_bytes)
        IN_FLIGHT_BYTES.set_function(lambda: budget.used)
        limits = Limits(
            total=settings.max_connections,
            per_address=settings.max_connections_per_ip,
            idle_ms=settings.connections_max_idle_ms,
            frame_ms=settings.request_receive_timeout_ms,
        )
        services.settings.subscribe(lambda now: limits.change(now.max_connections, now.max_connections_per_ip))
        dispatcher = Dispatcher(HANDLERS, services, self._storage_failed)
        http = HttpServer(surface(self._health), settings.http.host, settings.http.port)
        try:
            http_host, http_port = http.bind()
        except OSError as error:
            raise CannotStart(f"{settings.http} cannot be listened on (HTTP): {_plain(error)}") from error
        bound: list[str] = []
        for listener_setting in settings.listeners:
            listener = Listener(
                listener_setting.name,
                dispatcher,
                budget,
                limits,
                tasks,
                frame_limit=settings.socket_request_max_bytes,
                max_requests=settings.connection_max_requests,
                max_bytes=settings.connection_max_bytes,
                backlog=settings.socket_listen_backlog_size,
            )
            try:
                host, port = await listener.bind(listener_setting.host, listener_setting.port)
            except OSError as error:
                raise CannotStart(f"{listener_setting} cannot be listened on: {_plain(error)}") from error
            shown = settings.advertised(listener_setting.name)
            listener.advertised = services.identity.advertise(
                listener_setting.name, shown.host if shown else _reachable(listener_setting.host), shown.port if shown else port
            )
            self._listeners.append(listener)
            tasks.start_soon(listener.run)
            bound.append(_address(host, port))
        tasks.start_soon(http.run)
        self.serving = True
        # What there is now stays. Left to the collector, it would be walked for tens of milliseconds at a time while serving.
        gc.freeze()
        gc.enable()
        READY.set(1)
        self._announce(f"penstock: ready kafka={','.join(bound)} http={_address(http_host, http_port)}")
        _log.info("serving", kafka=bound, http=_address(http_host, http_port), data=str(settings.data_dir), pid=os.getpid())
        return http

    def _watch(self, directory: TopicDirectory, groups: GroupCoordinator, transactions: TransactionCoordinator) -> None:
        self._health.add_liveness("storage", lambda: "storage failed, stopping" if self._exit_code else None)
        self._health.add_readiness("serving", lambda: "draining" if self._stopping.is_set() else None)
        TOPICS.set_function(lambda: len(directory))
        PARTITIONS.set_function(lambda: directory.partition_count)
        GROUPS.set_function(lambda: len(groups))
        SHARE_GROUPS.set_function(lambda: groups.shares.group_count)
        SHARE_GROUP_MEMBERS.set_function(lambda: groups.shares.member_count)
        TRANSACTIONAL_IDS.set_function(lambda: len(transactions))
        TRANSACTIONS_OPEN.set_function(lambda: transactions.open_count)
        OLDEST_TRANSACTION_SECONDS.set_function(lambda: transactions.oldest_age_ms / 1000)
        TRANSACTIONS_OVERDUE.set_function(lambda: transactions.overdue_count)

    def _watch_shares(self, share_partitions: SharePartitionKeeper) -> None:
        SHARE_PARTITIONS.set_function(lambda: len(share_partitions))
        SHARE_SESSIONS.set_function(lambda: len(share_partitions.sessions))
        SHARE_LOCKS.set_function(lambda: share_partitions.locks_held)

    # --- stop ---------------------------------------------------------------------------------------------------------

    async def _stop_on_signal(self, tasks: TaskGroup) -> None:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for number in signals:
                if self._stopping.is_set():
                    _log.warning("stopping at once", signal=signal.Signals(number).name)
                    os._exit(self._exit_code or 1)
                _log.info("draining; a second signal stops at once", signal=signal.Signals(number).name)
                self._stopping.set()

    async def _keep(self, run: Callable[[], Awaitable[None]]) -> None:
        """Have a coordinator running; the broker stops when storage fails under it."""
        try:
            await run()
        except* StorageFailed as failures:
            self._storage_failed(_first(failures))

    def _storage_failed(self, error: BaseException) -> None:
        """Durability can no longer be promised: stop, and let whoever restarts the process recover from what is on disk."""
        _log.critical("storage failed, the broker stops; what was acknowledged is safe", error=str(error))
        self._exit_code = EXIT_STORAGE_FAILED
        self._stopping.set()

    async def _drain(
        self,
        writer: Writer,
        groups: GroupCoordinator,
        share_partitions: SharePartitionKeeper,
        waiting: WaitingRoom,
        http: HttpServer,
    ) -> None:
        """Take nothing new, answer what is under way, make it durable, close. Bounded by ``drain_timeout_ms``."""
        READY.set(0)
        with anyio.move_on_after(self._settings.drain_timeout_ms / 1000) as scope:
            async with anyio.create_task_group() as drains:
                for listener in self._listeners:
                    drains.start_soon(listener.drain)
                await anyio.lowlevel.checkpoint()
                # Who waits for others would hold up the stop: for records (fetch) or for members (join).
                waiting.close()
                groups.close()
                share_partitions.close()
            if not self._exit_code:
                await writer.drain()
                await groups.drain()
                await share_partitions.drain()
        if scope.cancelled_caught:
            _log.warning("drain took too long, closing what is left", timeout_ms=self._settings.drain_timeout_ms)
        for listener in self._listeners:
            listener.abort()
        http.stop()
        _log.info("stopped")


def _plain(error: OSError) -> str:
    """The system's words for an error. Event loops put a text of their own, with the address once more, in their place."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)


def _first(error: BaseException) -> BaseException:
    """The first error of a group of groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _forget_partitions(reader: Reader, state: TopicState) -> None:
    """Fetches that wait for a deleted topic are told, and its bytes leave the cache."""
    for pid in state.pids:
        reader.partition_removed(pid)


def _is_there(directory: TopicDirectory, name: str, topic_id: bytes) -> bool:
    """Whether offsets committed for a topic still mean the topic of that name."""
    state = directory.by_name(name)
    return state is not None and topic_id in (state.topic_id, ZERO_UUID)


def _local_path(url: str | None, scheme: str) -> Path | None:
    """The path of ``scheme:///path``. Raises OSError for engines that this release does not have."""
    if url is None:
        return None
    if not url.startswith(f"{scheme}:///"):
        raise OSError(f"{url.split('://')[0]}: this release keeps its data in {scheme}:///PATH only")
    return Path(url.removeprefix(f"{scheme}://"))


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _reachable(host: str) -> str:
    """What to tell clients when nothing is advertised: a wildcard is no address to connect to."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not bound
        import socket

        return socket.getfqdn()
    return host


def run(settings: Settings, announce: Callable[[str], None]) -> int:
    """Run a broker until it is told to stop; its exit code. Raises CannotStart."""
    logs.configure(settings.log_level, settings.log_format)
    backend: dict[str, Any] = {"use_uvloop": True}
    app = App(settings, announce)
    try:
        return anyio.run(app.run, backend="asyncio", backend_options=backend)
    except (DirectoryInUse, CatalogUnusable, DataMissing, OSError) as error:
        if app.serving:
            raise
        if isinstance(error, OSError) and error.filename is not None:
            raise CannotStart(f"{error.filename}: {error.strerror}") from error
        raise CannotStart(str(error)) from error
    except ExceptionGroup as group:
        refused, rest = group.split(CannotStart)
        if refused is None or rest is not None:
            raise
        raise refused.exceptions[0] from None
