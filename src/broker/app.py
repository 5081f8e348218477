"""The composition root: settings -> agents -> one task group, and an ordered stop. Only this module picks implementations."""

import gc
import os
import secrets
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup

from broker.admin.audit_opening import mark_of, open_audit
from broker.admin.audit_recorder import AuditRecorder
from broker.admin.audit_topic_writer import AuditTopicWriter
from broker.admin.login_assembler import TokenProvider
from broker.assembler import Agents, Sharing, assemble
from broker.cluster.identity import CLUSTER_ID_KEY, new_cluster_id
from broker.cluster.membership_keeper import MembershipKeeper
from broker.cluster_assembler import NEWEST, PEERS_SECRET, Cluster
from broker.config import listeners as config_listeners
from broker.config.cross_checks import HTTP, PEER, TLS_PROTOCOLS
from broker.config.listener_overrides import value_for
from broker.config.listeners import Address
from broker.config.settings import Settings
from broker.errors import StorageFailed, StorageUnavailable
from broker.handlers.base import Services
from broker.handlers.table import HANDLERS
from broker.http.admin import admin_routes
from broker.http.doors import Gate, TokenReader
from broker.http.server import HttpServer
from broker.http.surface import surface
from broker.model import Node
from broker.server.budget import ByteBudget
from broker.server.dispatcher import Dispatcher
from broker.server.listener import Limits, Listener
from broker.server.tls_keeper import TlsKeeper, TlsUnusable
from broker.storage.catalog.base import Catalog
from broker.storage.catalog.cluster import NodeIdTaken, Registration
from broker.storage.catalog.postgres.migrating import SchemaUnusable
from broker.storage.catalog.sqlite.schema import CatalogUnusable
from broker.storage.clustered import open_catalog, open_store
from broker.storage.committing import GroupCommitter
from broker.storage.embedded import DataMissing, open_embedded
from broker.storage.objects.base import ObjectStore
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
    UNAUTHENTICATED,
    UNTAKEN_BYTES,
    group_committed,
)
from observability.quota_metrics import QUOTAS

EXIT_STORAGE_FAILED: Final = 3
EXIT_PLACE_LOST: Final = 4
LEAVING_S: Final = 0.5
"""How long a broker that leaves its cluster goes on telling clients to go to others."""
AUDIT_FLUSH_S: Final = 2.0
"""How long the end of a broker waits for the last events to be written to the audit log."""
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

    def __init__(
        self, settings: Settings, announce: Callable[[str], None], shared: Sequence[config_listeners.Listener] = (), instance: str = ""
    ) -> None:
        """``shared`` are addresses that other brokers of this machine listen on as well. ``instance`` is the process's name in a cluster; one that
        comes in the place of another, which is known to be gone, has the same."""
        self._settings = settings
        self._announce = announce
        self._shared = shared
        self._stopping = anyio.Event()
        self._exit_code = 0
        self._health = Health()
        self._instance = instance or secrets.token_hex(8)
        self._listeners: list[Listener] = []
        self._tls: TlsKeeper | None = None
        self._audit: AuditRecorder | None = None
        self.serving = False

    # --- start --------------------------------------------------------------------------------------------------------

    async def run(self) -> int:
        """Serve until told to stop."""
        BUILD.labels(version("penstock")).set(1)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._close_audit)
            if self._settings.clustered:
                await self._run_clustered(stack)
            else:
                await self._run_embedded(stack)
        return self._exit_code

    async def _run_embedded(self, stack: AsyncExitStack) -> None:
        settings = self._settings
        storage = open_embedded(
            settings.data_dir,
            segment_bytes=settings.segment_file_bytes,
            objects_directory=_local_path(settings.objects, "file"),
            catalog_file=_local_path(settings.catalog, "sqlite"),
        )
        stack.push_async_callback(storage.aclose)
        if storage.recovered:
            _log.info("committed again what the catalog had lost when it was stopped", groups=storage.recovered)
        agents = await self._assembled(
            settings, storage.store, storage.catalog, storage.committer, storage.store.raw_elsewhere()
        )
        async with anyio.create_task_group() as tasks:
            await self._serve(tasks, agents)

    async def _run_clustered(self, stack: AsyncExitStack) -> None:
        settings = self._settings
        assert settings.catalog is not None and settings.objects is not None  # noqa: PT018 - checked with the settings
        catalog = await open_catalog(settings.catalog, self._instance)
        stack.push_async_callback(catalog.aclose)
        node_id = settings.node_id if settings.names_its_node else None
        registration = Registration(
            instance=self._instance, node_id=node_id, rack=settings.broker_rack, listeners={}, software=version("penstock")
        )
        keeper = MembershipKeeper(catalog, registration, settings.cluster_lease_ms, self._place_lost)
        member = await keeper.join()
        stack.push_async_callback(keeper.leave)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(keeper.run)
            known = await catalog.changes_since(NEWEST)
            cluster_id = await catalog.meta(CLUSTER_ID_KEY, settings.cluster_id or new_cluster_id())
            secret = await catalog.meta(PEERS_SECRET, secrets.token_hex(32))
            storage = open_store(
                catalog,
                settings.objects,
                cluster_id,
                lambda pid: cluster.describe(pid),
                slots=settings.write_upload_slots,
                retry_s=settings.write_retry_ms / 1000,
                on_fenced=keeper.hurry,
            )
            stack.push_async_callback(storage.store.aclose)
            agents = await self._assembled(
                settings.as_node(member.node_id),
                storage.store,
                catalog,
                storage.committer,
                storage.store.stored_elsewhere(),
                Sharing(
                    blocks=storage.store,
                    on_published=lambda fact: cluster.published(fact),
                    on_markers=lambda markers: cluster.markers_written(markers),
                    on_compacted=lambda pid, below: cluster.log_compacted(pid, below),
                    hints_flow=lambda: cluster.peers.hints_flow,
                    incarnation=lambda: catalog.incarnation,
                ),
            )
            cluster = Cluster(catalog, keeper, agents, storage.committer, bytes.fromhex(secret), known.version)
            await self._serve(tasks, agents, cluster)

    async def _assembled(
        self,
        settings: Settings,
        store: ObjectStore,
        catalog: Catalog,
        committer: GroupCommitter,
        far_arguments: Sequence[str] | None,
        sharing: Sharing | None = None,
    ) -> Agents:
        audit = self._audit = open_audit(settings, broker=settings.node_id, now_ms=now_ms, new_chain=secrets.token_hex(8))
        agents = await assemble(
            settings,
            store,
            catalog,
            committer,
            now_ms=now_ms,
            monotonic_ms=monotonic_ms,
            on_fatal=self._storage_failed,
            on_group=group_committed,
            sharing=sharing,
            far_arguments=far_arguments,
            fetch_keys=_fetch_keys,
            audit=audit,
        )
        if audit is not None and "topic" in settings.audit_sinks:
            audit.add_sink(_audit_topic(agents.services, settings))
        return agents

    async def _serve(self, tasks: TaskGroup, agents: Agents, cluster: Cluster | None = None) -> None:
        """Everything runs from here on, until the broker is told to stop."""
        services = agents.services
        self._watch(services)
        tasks.start_soon(self._stop_on_signal, tasks)
        tasks.start_soon(services.writer.run)
        tasks.start_soon(services.reader.run)
        tasks.start_soon(self._keep, services.groups.run)
        tasks.start_soon(self._keep, services.transactions.run)
        tasks.start_soon(self._keep, services.share_partitions.run)
        tasks.start_soon(services.client_metrics.run)
        tasks.start_soon(agents.logins.run)
        if services.tokens.is_enabled:
            tasks.start_soon(services.tokens.run)
        tasks.start_soon(agents.cleaner.run)
        tasks.start_soon(agents.compactor.run)
        if self._audit is not None:
            tasks.start_soon(self._keep, self._audit.run)
        http = await self._listen(tasks, agents, cluster)
        await self._stopping.wait()
        await self._drain(agents, http, cluster)
        tasks.cancel_scope.cancel()

    async def _listen(self, tasks: TaskGroup, agents: Agents, cluster: Cluster | None) -> HttpServer:
        settings, services = self._settings, agents.services
        budget = ByteBudget(settings.process_max_bytes)
        IN_FLIGHT_BYTES.set_function(lambda: budget.used)
        room = services.reader.room
        UNTAKEN_BYTES.set_function(lambda: room.used)
        limits = Limits(
            total=settings.max_connections,
            per_address=settings.max_connections_per_ip,
            idle_ms=settings.connections_max_idle_ms,
            frame_ms=settings.request_receive_timeout_ms,
            authentication_ms=settings.authentication_timeout_ms,
            unauthenticated=settings.connections_max_unauthenticated,
            connecting_share=settings.connecting_time_per_ip_percent / 100,
            of_addresses=settings.max_connections_per_ip_overrides,
        )
        UNAUTHENTICATED.set_function(lambda: len(limits.strangers))
        tls = await self._keep_tls(tasks, services)
        services.transactions.newest_connection = lambda: limits.next_id - 1
        limits.rate = services.quotas.connecting
        services.settings.subscribe(lambda now: limits.change(now.max_connections, now.max_connections_per_ip, now.max_connections_per_ip_overrides))
        dispatcher = Dispatcher(HANDLERS, services, services.quotas, self._storage_failed)
        dispatcher.samples_allowed = settings.audit_sample_allowed > 0
        gate = Gate(
            surface(self._health, admin_routes(services.access)),
            settings.http_authentication,
            services.audit,
            tokens=TokenReader(settings.http_token_file) if settings.http_token_file is not None else None,
            check_certificate=tls.door(HTTP).known if settings.http_tls else None,
        )
        gate.check_password = agents.passwords.check
        http = HttpServer(gate, settings.http.host, settings.http.port, tls.door(HTTP).lasting_context() if settings.http_tls else None)
        try:
            http_host, http_port = http.bind()
        except OSError as error:
            raise CannotStart(f"{settings.http} cannot be listened on (HTTP): {_plain(error)}") from error
        bound: list[str] = []
        advertised: dict[str, Node] = {}
        for listener_setting, is_shared in [*((each, True) for each in self._shared), *((each, False) for each in settings.listeners)]:
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
                logins=agents.logins,
                protocol=settings.protocol_of(listener_setting.name),
                door=tls.door(listener_setting.name) if settings.protocol_of(listener_setting.name) in TLS_PROTOCOLS else None,
                most=value_for(settings.listener_overrides, listener_setting.name, "max_connections")[1],
                audit=services.audit,
                room=room,
            )
            try:
                host, port = await listener.bind(listener_setting.host, listener_setting.port, shared=is_shared)
            except OSError as error:
                raise CannotStart(f"{listener_setting} cannot be listened on: {_plain(error)}") from error
            self._listeners.append(listener)
            bound.append(_address(host, port))
            if not is_shared:
                shown = settings.advertised(listener_setting.name)
                advertised[listener_setting.name] = services.identity.advertise(
                    listener_setting.name, shown.host if shown else _reachable(listener_setting.host), shown.port if shown else port
                )
        if cluster is not None:
            cluster.peers.tls = tls.door(PEER) if settings.cluster_peer_tls else None
            await self._join(tasks, cluster, {name: (node.host, node.port) for name, node in advertised.items()})
        for listener in self._listeners:
            listener.advertised = advertised[listener.name]
            tasks.start_soon(listener.run)
        tasks.start_soon(http.run)
        self.serving = True
        # What there is now stays. Left to the collector, it would be walked for tens of milliseconds at a time while serving.
        gc.freeze()
        gc.enable()
        READY.set(1)
        self._announce(f"penstock: ready kafka={','.join(bound)} http={_address(http_host, http_port)}")
        _log.info("serving", kafka=bound, http=_address(http_host, http_port), data=str(settings.data_dir), pid=os.getpid())
        return http

    async def _keep_tls(self, tasks: TaskGroup, services: Services) -> TlsKeeper:
        """What listeners show and trust, kept up to date from now on."""
        settings = self._settings
        names = [each.name for each in settings.listeners if settings.protocol_of(each.name) in TLS_PROTOCOLS]
        names += [HTTP] * settings.http_tls + [PEER] * (settings.cluster_peer_tls and settings.clustered)
        tls = TlsKeeper(lambda: services.settings.current, names, dialling=[PEER])
        try:
            await self._load_tls(tls, services)
        except TlsUnusable as problem:
            raise CannotStart(str(problem)) from problem
        services.configs.try_settings = tls.try_settings
        services.settings.subscribe(lambda _: tls.settings_changed())
        tasks.start_soon(tls.run)
        self._tls = tls
        return tls

    async def _load_tls(self, tls: TlsKeeper, services: Services) -> None:
        """Raises TlsUnusable. What was set while running, and files that went since, must not keep the broker from starting."""
        try:
            await tls.load()
        except TlsUnusable as problem:
            left = services.settings.leave_aside("ssl.")
            if not left:
                raise
            _log.error("what was set for TLS while running cannot be used; the settings of the start are", settings=left, reason=str(problem))
            await tls.load()

    async def _join(self, tasks: TaskGroup, cluster: Cluster, listeners: Mapping[str, tuple[str, int]]) -> None:
        """Tell the cluster where this broker is, and wait until it has its share of groups."""
        settings = self._settings
        place = settings.cluster_peer or Address(settings.listeners[0].host, 0)
        try:
            port = await cluster.peers.bind(place.host, place.port)
        except OSError as error:
            raise CannotStart(f"{place} cannot be listened on (other brokers): {_plain(error)}") from error
        self._health.add_readiness("cluster", cluster.keeper.complaint)
        cluster.start(tasks)
        await cluster.keeper.announce(listeners, (_reachable(place.host), port))
        with anyio.move_on_after(settings.cluster_lease_ms / 1000):
            await cluster.shards.settled()

    def _place_lost(self, reason: NodeIdTaken) -> None:
        """Another broker goes by this one's node id: there must be one only."""
        _log.critical("another broker took this one's place in the cluster, this one stops", reason=str(reason))
        self._exit_code = EXIT_PLACE_LOST
        self._stopping.set()

    def _watch(self, services: Services) -> None:
        directory, groups, transactions = services.directory, services.groups, services.transactions
        shares, client_metrics = services.share_partitions, services.client_metrics
        self._health.add_liveness("storage", lambda: "storage failed, stopping" if self._exit_code else None)
        self._health.add_readiness("serving", lambda: "draining" if self._stopping.is_set() else None)
        TOPICS.set_function(lambda: len(directory))
        PARTITIONS.set_function(lambda: directory.partition_count)
        GROUPS.set_function(lambda: len(groups))
        SHARE_GROUPS.set_function(lambda: groups.shares.group_count)
        SHARE_GROUP_MEMBERS.set_function(lambda: groups.shares.member_count)
        SHARE_PARTITIONS.set_function(lambda: len(shares))
        SHARE_SESSIONS.set_function(lambda: len(shares.sessions))
        SHARE_LOCKS.set_function(lambda: shares.locks_held)
        TRANSACTIONAL_IDS.set_function(lambda: len(transactions))
        TRANSACTIONS_OPEN.set_function(lambda: transactions.open_count)
        OLDEST_TRANSACTION_SECONDS.set_function(lambda: transactions.oldest_age_ms / 1000)
        TRANSACTIONS_OVERDUE.set_function(lambda: transactions.overdue_count)
        CLIENT_INSTANCES.set_function(lambda: len(client_metrics))
        QUOTAS.set_function(lambda: services.quotas.count)

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

    async def _drain(self, agents: Agents, http: HttpServer, cluster: Cluster | None) -> None:
        """Take nothing new, answer what is under way, make it durable, close. Bounded by ``drain_timeout_ms``."""
        READY.set(0)
        writer, groups, share_partitions = agents.services.writer, agents.services.groups, agents.services.share_partitions
        with anyio.move_on_after(self._settings.drain_timeout_ms / 1000) as scope:
            if cluster is not None and not self._exit_code:
                await self._end_audit_topic()
                await self._hand_over(agents, cluster)
            async with anyio.create_task_group() as drains:
                for listener in self._listeners:
                    drains.start_soon(listener.drain)
                await anyio.lowlevel.checkpoint()
                # Who waits for others would hold up the stop: for records (fetch) or for members (join).
                agents.waiting.close()
                groups.close()
                share_partitions.close()
            if not self._exit_code:
                await self._end_audit_topic()
                await writer.drain()
                await groups.drain()
                await share_partitions.drain()
        if scope.cancelled_caught:
            _log.warning("drain took too long, closing what is left", timeout_ms=self._settings.drain_timeout_ms)
        for listener in self._listeners:
            listener.abort()
        if self._tls is not None:
            self._tls.close()
        http.stop()
        if self._audit is not None:
            self._audit.drop_sink("topic")
            self._audit.note("stop")
            await self._flush_audit()
        _log.info("stopped")

    async def _end_audit_topic(self) -> None:
        """The writer is about to take no more. What is recorded from then on goes to files only."""
        if self._audit is not None:
            await self._flush_audit()
            self._audit.drop_sink("topic")

    async def _flush_audit(self) -> None:
        assert self._audit is not None
        with anyio.move_on_after(AUDIT_FLUSH_S):
            await self._audit.flush()

    async def _close_audit(self) -> None:
        if self._audit is not None:
            await self._audit.aclose()

    async def _hand_over(self, agents: Agents, cluster: Cluster) -> None:
        """Other brokers take over at once. Clients are told to go there, for a moment in which all of them come by."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(cluster.hand_over)
            tasks.start_soon(agents.services.writer.drain)
        agents.waiting.close()
        await anyio.sleep(LEAVING_S)


def _fetch_keys(provider: TokenProvider) -> Callable[[], Awaitable[bytes]]:
    from broker.http.key_fetcher import KeyFetcher  # only few brokers need it

    assert provider.jwks_endpoint_url is not None, "checked with the settings"
    return KeyFetcher(provider.jwks_endpoint_url, provider.jwks_ca_file, allow_http=provider.jwks_allow_http).fetch


def _audit_topic(services: Services, settings: Settings) -> AuditTopicWriter:
    return AuditTopicWriter(
        services.topics,
        services.directory,
        services.writer,
        broker=settings.node_id,
        node_ids=lambda: services.identity.node_ids,
        now_ms=now_ms,
        retention_ms=settings.audit_topic_retention_ms,
        mark=mark_of(settings, settings.node_id),
    )


def _plain(error: OSError) -> str:
    """The system's words for an error. Event loops put a text of their own, with the address once more, in their place."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)


def _first(error: BaseException) -> BaseException:
    """The first error of a group of groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


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


def run(
    settings: Settings, announce: Callable[[str], None], shared: Sequence[config_listeners.Listener] = (), instance: str = ""
) -> int:
    """Run a broker until it is told to stop; its exit code. Raises CannotStart."""
    logs.configure(settings.log_level, settings.log_format)
    backend: dict[str, Any] = {"use_uvloop": True}
    app = App(settings, announce, shared, instance)
    try:
        return anyio.run(app.run, backend="asyncio", backend_options=backend)
    except* CannotStart as group:
        refusal = _first(group)
    except* (DirectoryInUse, CatalogUnusable, SchemaUnusable, DataMissing, StorageUnavailable, ValueError, OSError) as group:
        if app.serving:
            raise
        error = _first(group)
        named = isinstance(error, OSError) and error.filename is not None
        refusal = CannotStart(f"{error.filename}: {error.strerror}" if named else str(error))  # type: ignore[attr-defined]
        refusal.__cause__ = error
    raise refusal
