"""Puts the agents of a broker together over whatever keeps its data: the same for a process, a simulated one and a fuzzed one.

Nothing runs yet when this is done. Who called has the agents running, and ends them in order.
"""

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from broker.admin.access_keeper import AccessKeeper
from broker.admin.access_register import AccessRegister
from broker.admin.config_administrator import ConfigAdministrator
from broker.admin.credential_keeper import CredentialKeeper
from broker.admin.initial_admin_maker import make_initial_admin
from broker.admin.login_assembler import STAND_IN_SECRET, FetchKeys, assemble_logins
from broker.admin.login_keeper import LoginKeeper
from broker.admin.password_checker import PasswordChecker
from broker.admin.quota_keeper import QuotaKeeper
from broker.admin.scram_accounts import ScramAccounts, Shapes
from broker.admin.session_keeper import SessionKeeper
from broker.admin.token_keeper import TokenKeeper, find_token_secret
from broker.admin.topic_administrator import TopicAdministrator
from broker.answer_room import AnswerRoom
from broker.client_metrics.collector import ClientMetricsCollector
from broker.cluster.directory import TopicDirectory, TopicState
from broker.cluster.identity import CLUSTER_ID_KEY, ClusterIdentity, new_cluster_id
from broker.config.client_metrics_live import LiveClientMetrics
from broker.config.groups_live import LiveGroupConfigs
from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.coordinators.group_coordinator import GroupCoordinator
from broker.coordinators.shard_taker import ShardTaker
from broker.coordinators.share_partition_keeper import PARTITIONS_MAX, SharePartitionKeeper, Surroundings
from broker.coordinators.transaction_coordinator import TransactionCoordinator
from broker.errors import StorageFailed
from broker.handlers.base import Services
from broker.handlers.shares.share_start_finder import ShareStartFinder, limits_of
from broker.handlers.table import HANDLERS
from broker.log.block_cache import COLD_SHARE
from broker.log.block_reader import BlockSource
from broker.log.cleaner import Cleaner
from broker.log.compactor import Compactor
from broker.log.far_reader import FarReader
from broker.log.far_server import FarLimits
from broker.log.flush_policy import FlushLimits, FlushPolicy
from broker.log.gathering import Gathering
from broker.log.pipelined_writer import PipelinedWriter
from broker.log.producer_id_allocator import ProducerIdAllocator
from broker.log.read_pacer import ReadPacer
from broker.log.reader import Reader
from broker.log.shared_reading import ReadingLimits, shared_reading
from broker.log.tail_cache import TailCache
from broker.log.waiting_room import WaitingRoom
from broker.log.writer import Writer
from broker.model import ZERO_UUID, Published
from broker.storage.catalog.base import Catalog
from broker.storage.catalog.transactions import Ended, Marker
from broker.storage.committing import GroupCommitter
from broker.storage.objects.base import ObjectStore
from broker.storage.objects.footer import PartitionName
from security.audit.event import NoRecorder, Recorder


@dataclass(frozen=True, slots=True, kw_only=True)
class Agents:
    """What handlers are given, and the agents that no handler asks."""

    services: Services
    waiting: WaitingRoom
    on_configs: Sequence[Callable[[Mapping[tuple[int, str], Mapping[str, str]]], None]]
    """To be told what all configurations have become through other brokers."""
    cleaner: Cleaner
    compactor: Compactor
    shard_taker: ShardTaker
    logins: LoginKeeper
    passwords: PasswordChecker


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """What is different for a broker that is not alone. ``blocks`` is the store by ranges; ``on_published`` is told of what becomes visible by this
    broker, and ``on_markers`` of the markers of transactions that it has ended: readers elsewhere wait for both. ``on_compacted`` is told of logs that
    it has compacted, and below which offset. ``hints_flow``: whether every other broker says the same of itself. ``incarnation`` is the catalog's."""

    blocks: BlockSource
    on_published: Callable[[Published], None]
    on_markers: Callable[[Sequence[Marker]], None]
    on_compacted: Callable[[int, int], None]
    hints_flow: Callable[[], bool]
    incarnation: Callable[[], int] = lambda: 0


async def assemble(
    settings: Settings,
    store: ObjectStore,
    catalog: Catalog,
    committer: GroupCommitter,
    *,
    now_ms: Callable[[], int],
    monotonic_ms: Callable[[], int],
    on_fatal: Callable[[StorageFailed], None],
    on_group: Callable[[float, int, int, int], None] | None = None,
    sharing: Sharing | None = None,
    far_arguments: Sequence[str] | None = None,
    share_partitions_max: int = PARTITIONS_MAX,
    fetch_keys: FetchKeys | None = None,
    audit: Recorder | None = None,
) -> Agents:
    """Load what the catalog holds and build the agents. ``now_ms`` is the wall clock, ``monotonic_ms`` one that never runs back;
    ``on_fatal`` is told when durability can no longer be promised, ``on_group`` of each commit. With ``sharing`` other brokers use the same
    catalog and store; then nothing is coordinated before ``shard_taker`` is told to. ``far_arguments`` tell another process where the objects
    are. Raises what the catalog raises, and ValueError for files of secrets that cannot be used."""
    live = LiveSettings(settings, catalog)
    await live.load()
    cluster_id = await catalog.meta(CLUSTER_ID_KEY, settings.cluster_id or new_cluster_id())
    directory = TopicDirectory(live)
    identity = ClusterIdentity(cluster_id, settings.node_id, settings.broker_rack, topics=directory)
    directory.load(await catalog.load_topics())
    waiting = WaitingRoom()

    def group_done(seconds: float, batches: int, records: int, size: int) -> None:
        reader.producers_were_served(seconds, size)
        if on_group is not None:
            on_group(seconds, batches, records, size)

    far = _far_reader(settings, far_arguments)
    pacer = ReadPacer(slowed=settings.read_far_slowed_commits / 1000)
    session_slots = settings.max_incremental_fetch_session_cache_slots
    room = AnswerRoom(settings.answers_max_bytes)
    if sharing is None:
        tail = TailCache(settings.tail_cache_bytes)
        writer = Writer(committer, catalog, tail, waiting, now_ms, on_fatal, on_group=group_done, gathering=Gathering())
        reader = Reader(store, catalog, tail, waiting, session_slots=session_slots, far=far, pacer=pacer, room=room)
    else:
        shared = shared_reading(
            sharing.blocks,
            catalog,
            waiting,
            lambda: monotonic_ms() / 1000,
            tail_bytes=settings.tail_cache_bytes,
            limits=_reading_limits(settings, far),
            hints_flow=sharing.hints_flow,
            poll_ms=settings.read_poll_ms,
            poll_ms_with_hints=settings.read_poll_with_hints_ms,
        )
        tail = shared.tail
        writer = PipelinedWriter(
            committer,
            catalog,
            tail,
            waiting,
            now_ms,
            on_fatal,
            flush_policy=FlushPolicy(_flush_limits(settings)),
            on_group=group_done,
            on_published=sharing.on_published,
        )
        reader = Reader(store, catalog, tail, waiting, session_slots=session_slots, shared=shared, far=far, pacer=pacer, room=room)
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
            leads=lambda topic_id, index: _leads(identity, directory, topic_id, index),
        ),
        partitions_max=share_partitions_max,
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
    producer_ids = (
        ProducerIdAllocator(catalog) if sharing is None else ProducerIdAllocator(catalog, incarnation=sharing.incarnation)
    )

    def on_ended(ended: Ended) -> None:
        reader.transaction_ended(ended)
        if sharing is not None and ended.markers:
            sharing.on_markers(ended.markers)

    def on_replaced(pid: int, below: int) -> None:
        reader.compacted(pid, below)
        if sharing is not None:
            sharing.on_compacted(pid, below)

    transactions = TransactionCoordinator(
        catalog, groups.transactional, live, now_ms, new_producer_id=producer_ids.next, on_ended=on_ended
    )
    if not catalog.shared:
        await groups.load()
        transactions.load()
    access_register = AccessRegister(catalog)
    await access_register.load()
    await make_initial_admin(settings, access_register)
    credentials = CredentialKeeper(access_register)
    tokens = TokenKeeper(access_register, settings, await find_token_secret(settings, catalog), now_ms)
    sessions = SessionKeeper()
    credentials.on_revoked(sessions.revoke)
    tokens.on_revoked(sessions.revoke)
    accounts = ScramAccounts(
        credentials.find,
        tokens.find_login,
        bytes.fromhex(await catalog.meta(STAND_IN_SECRET, secrets.token_hex(32))),
        Shapes(credentials, access_register).of,
    )
    logins = await assemble_logins(settings, accounts, sessions, fetch_keys, now_ms=now_ms, monotonic_ms=monotonic_ms)
    client_metrics_configs = LiveClientMetrics(catalog)
    await client_metrics_configs.load()
    directory.on_removed(lambda state: _forget_partitions(reader, state))
    directory.on_removed(lambda state: share_partitions.topic_removed(state.topic_id))
    if catalog.shared:  # the topic may have been deleted through another broker
        directory.on_removed(lambda state: groups.forget_topic(state.name, state.topic_id))
    services = Services(
        settings=live,
        identity=identity,
        directory=directory,
        catalog=catalog,
        writer=writer,
        reader=reader,
        topics=topics,
        configs=ConfigAdministrator(
            catalog, live, directory, topics, identity.node_id, group_configs, client_metrics_configs
        ),
        groups=groups,
        transactions=transactions,
        share_partitions=share_partitions,
        producer_ids=producer_ids,
        client_metrics=ClientMetricsCollector(client_metrics_configs, live, monotonic_ms),
        access_register=access_register,
        access=AccessKeeper(settings, access_register),
        credentials=credentials,
        tokens=tokens,
        audit=audit or NoRecorder(),
        quotas=QuotaKeeper(access_register, live, monotonic_ms),
        now_ms=now_ms,
        served=HANDLERS,
    )
    return Agents(
        services=services,
        logins=logins,
        passwords=PasswordChecker(accounts, secrets.token_bytes(32)),
        waiting=waiting,
        shard_taker=ShardTaker(groups, transactions),
        on_configs=(live.reload, group_configs.reload, client_metrics_configs.reload),
        cleaner=Cleaner(
            store,
            catalog,
            directory,
            live,
            now_ms,
            on_fatal=on_fatal,
            node_id=lambda: identity.node_id,
            node_ids=lambda: identity.node_ids,
            name_of=lambda pid: _name_of(directory, pid),
        ),
        compactor=Compactor(
            store,
            catalog,
            directory,
            tail,
            live,
            now_ms,
            on_round=reader.compaction_begins,
            on_replaced=on_replaced,
            on_fatal=on_fatal,
            node_id=lambda: identity.node_id,
            node_ids=lambda: identity.node_ids,
            name_of=lambda pid: _name_of(directory, pid),
        ),
    )


def _flush_limits(settings: Settings) -> FlushLimits:
    return FlushLimits(
        flush_bytes=settings.write_flush_bytes,
        age_s=settings.write_flush_age_ms / 1000,
        slots=settings.write_upload_slots,
        puts_per_second=settings.write_puts_per_second,
        inline_bytes=settings.write_inline_bytes,
        inline_bytes_per_second=settings.write_inline_bytes_per_second,
    )


def _far_reader(settings: Settings, arguments: Sequence[str] | None) -> FarReader | None:
    """Who reads far from the ends of logs in another process, which has a part of the memory for blocks."""
    if arguments is None or not settings.read_far_process or not hasattr(os, "memfd_create"):
        return None
    limits = FarLimits(
        settings.read_cold_fetches, settings.read_cold_bytes, settings.read_block_cache_bytes // COLD_SHARE
    )
    return FarReader(arguments, limits)


def _reading_limits(settings: Settings, far: FarReader | None) -> ReadingLimits:
    cache_bytes = settings.read_block_cache_bytes
    return ReadingLimits(
        block_cache_bytes=cache_bytes if far is None else cache_bytes - cache_bytes // COLD_SHARE,
        span_cache_bytes=settings.read_span_cache_bytes,
        cold_reads=settings.read_cold_fetches,
        cold_bytes=settings.read_cold_bytes,
    )


def _forget_partitions(reader: Reader, state: TopicState) -> None:
    """Fetches that wait for a deleted topic are told, and its bytes leave the cache."""
    for pid in state.pids:
        reader.partition_removed(pid)


def _name_of(directory: TopicDirectory, pid: int) -> PartitionName | None:
    """What the footers of objects call a partition."""
    found = directory.by_pid(pid)
    return None if found is None else PartitionName(found[0].topic_id, found[0].name, found[1])


def _is_there(directory: TopicDirectory, name: str, topic_id: bytes) -> bool:
    """Whether offsets committed for a topic still mean the topic of that name."""
    state = directory.by_name(name)
    return state is not None and topic_id in (state.topic_id, ZERO_UUID)


def _leads(identity: ClusterIdentity, directory: TopicDirectory, topic_id: bytes, index: int) -> bool:
    """Whether clients are sent here for the partition; of what does not exist nobody else is the leader."""
    state = directory.by_id(topic_id)
    if state is None or not 0 <= index < len(state.pids):
        return True
    return identity.leader_of(state.pids[index]) == identity.node_id
