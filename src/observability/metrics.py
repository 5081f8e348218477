"""Every metric, declared once: name, kind, labels, help. Operators rely on the names; change none without a note.

Children with labels are bound ahead of the hot path (a lookup by label costs four times a bound increment).
"""

from typing import Final

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from observability.loop_metrics import LoopCounter, LoopHistogram
from observability.series_table import SeriesTable

REGISTRY: Final = CollectorRegistry(auto_describe=True)
ProcessCollector(registry=REGISTRY, namespace="penstock")
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_LATENCY_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS: Final = LoopCounter("penstock_requests", "Requests answered.", ["api"], registry=REGISTRY)
REQUEST_ERRORS: Final = LoopCounter(
    "penstock_request_errors",
    "Errors in answers, by Kafka error: of whole requests and of single topics, partitions and groups in them.",
    ["api", "error"],
    registry=REGISTRY,
)
REQUEST_SECONDS: Final = LoopHistogram(
    "penstock_request_duration_seconds",
    "From the whole request received to its answer handed to the socket, waiting included.",
    ["api"],
    buckets=_LATENCY_BUCKETS,
    registry=REGISTRY,
)
BUGS: Final = LoopCounter("penstock_bugs", "Exceptions nobody expected; each is a defect to report.", ["where"], registry=REGISTRY)
BYTES_IN: Final = LoopCounter("penstock_network_bytes_in", "Bytes of requests received.", registry=REGISTRY)
BYTES_OUT: Final = LoopCounter("penstock_network_bytes_out", "Bytes of answers sent.", registry=REGISTRY)
IN_FLIGHT_BYTES: Final = Gauge("penstock_requests_in_flight_bytes", "Bytes of requests not yet answered, or not yet whole.", registry=REGISTRY)

CONNECTIONS: Final = Gauge("penstock_connections", "Open client connections.", ["listener"], registry=REGISTRY)
CONNECTIONS_OPENED: Final = LoopCounter("penstock_connections_opened", "Connections accepted.", ["listener"], registry=REGISTRY)
UNTAKEN_BYTES: Final = Gauge(
    "penstock_answers_untaken_bytes",
    "Bytes of answers that clients have not taken yet, but for 256 KiB of each connection. Near answers_max_bytes, fetches are given less than they ask for.",
    registry=REGISTRY,
)
CONNECTIONS_CLOSED: Final = LoopCounter(
    "penstock_connections_closed",
    "Connections that ended, by reason. client: it left. Others were closed by the broker: idle, limit (one too many, never accepted), rate (too soon, as well), "
    "refused (for what it sent), tls (its handshake), unauthenticated (it did not log in in time, or too many were at it), login (it failed), "
    "expired (it did not log in again), revoked (what its login rested on is gone), slow (in the middle of a request), unread (answers), memory (it "
    "sat on bytes others needed), stopping.",
    ["reason"],
    registry=REGISTRY,
)

RECORDS_IN: Final = LoopCounter("penstock_records_appended", "Records made durable and visible.", registry=REGISTRY)
RECORD_BYTES_IN: Final = LoopCounter("penstock_record_bytes_appended", "Bytes of record batches appended.", registry=REGISTRY)
RECORD_BYTES_OUT: Final = LoopCounter("penstock_record_bytes_fetched", "Bytes of record batches sent to consumers.", registry=REGISTRY)
COMMIT_SECONDS: Final = LoopHistogram(
    "penstock_commit_duration_seconds",
    "One group commit: data written and synced, catalog committed.",
    buckets=(0.00025, *_LATENCY_BUCKETS),
    registry=REGISTRY,
)
COMMIT_BATCHES: Final = LoopHistogram(
    "penstock_commit_batches", "Batches in one group commit.", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512), registry=REGISTRY
)
COMMIT_FAILURES: Final = LoopCounter("penstock_commit_failures", "Group commits refused by storage.", registry=REGISTRY)

GROUPS: Final = Gauge("penstock_groups", "Groups known to this broker, of consumers and share groups.", registry=REGISTRY)
GROUP_MEMBERS: Final = Gauge("penstock_group_members", "Members of all these groups together.", registry=REGISTRY)
SHARE_GROUPS: Final = Gauge("penstock_share_groups", "Share groups among them.", registry=REGISTRY)
SHARE_GROUP_MEMBERS: Final = Gauge("penstock_share_group_members", "Members of share groups among them.", registry=REGISTRY)
GROUP_REBALANCES: Final = LoopCounter(
    "penstock_group_rebalances", "Rebalances: generations of consumer groups that their members have joined.", registry=REGISTRY
)
GROUP_CONVERSIONS: Final = LoopCounter(
    "penstock_group_conversions",
    "Groups that passed from one protocol to the other with members in them. consumer: the first member of the consumer protocol came; "
    "classic: the last one went.",
    ["to"],
    registry=REGISTRY,
)
OFFSET_COMMITS: Final = LoopCounter(
    "penstock_offset_commits", "Commits of a group's offsets made durable, of one partition or many each.", registry=REGISTRY
)
OFFSET_COMMIT_FAILURES: Final = LoopCounter(
    "penstock_offset_commit_failures", "Commits of a group's offsets refused by storage.", registry=REGISTRY
)
TRANSACTIONAL_IDS: Final = Gauge("penstock_transactional_ids", "Transactional ids known to this broker.", registry=REGISTRY)
TRANSACTIONS_OPEN: Final = Gauge("penstock_transactions_open", "Transactions that are neither committed nor aborted.", registry=REGISTRY)
OLDEST_TRANSACTION_SECONDS: Final = Gauge(
    "penstock_oldest_transaction_seconds",
    "Since when the transaction that is open longest is open. While it is, read_committed consumers of its partitions wait.",
    registry=REGISTRY,
)
TRANSACTIONS_OVERDUE: Final = Gauge(
    "penstock_transactions_overdue",
    "Transactions that are open for longer than transaction.max.timeout.ms: they hang, as the broker should have aborted them before.",
    registry=REGISTRY,
)
TRANSACTIONS_ENDED: Final = LoopCounter(
    "penstock_transactions_ended",
    "Transactions that ended. commit and abort: the producer said so; timeout: nobody did in time; fenced: another producer took over.",
    ["outcome"],
    registry=REGISTRY,
)
CLIENT_SERIES: Final = SeriesTable(
    "penstock_client_metric",
    "Metrics that clients push (KIP-714): the metric's own name and the client are labels.",
    registry=REGISTRY,
)
CLIENT_SERIES_LEFT_OUT: Final = LoopCounter(
    "penstock_client_series_left_out", "Values that clients pushed beyond the bound on series, and that are not shown.", registry=REGISTRY
)
CLIENT_PUSHES: Final = LoopCounter(
    "penstock_client_pushes", "Pushes of metrics by clients, accepted or refused.", ["outcome"], registry=REGISTRY
)
CLIENT_INSTANCES: Final = Gauge(
    "penstock_client_instances", "Client instances that have asked what to push, while there is a subscription.", registry=REGISTRY
)


class CompactionMetrics:
    """What compaction has done."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.waiting = Gauge("penstock_compaction_partitions_waiting", "Partitions due for compaction and not yet done.", registry=registry)
        self.uncleanable = Gauge(
            "penstock_compaction_partitions_uncleanable",
            "Partitions left alone because their data is damaged or has too many keys in one batch; the log names them.",
            registry=registry,
        )
        self._read = LoopCounter("penstock_compaction_bytes_read", "Bytes of record batches that compaction has gone over.", registry=registry)
        self._kept = LoopCounter("penstock_compaction_bytes_kept", "Bytes of record batches that stayed of them.", registry=registry)
        self._seconds = LoopCounter("penstock_compaction_seconds", "Time spent compacting, from begin to end of each partition.", registry=registry)
        self._rounds = LoopCounter("penstock_compaction_rounds", "Partitions compacted.", registry=registry)
        self._last = Gauge("penstock_compaction_last_timestamp_seconds", "When a partition was last compacted, in Unix time.", registry=registry)
        self._failures = LoopCounter(
            "penstock_compaction_failures",
            "Partitions not compacted, by reason. storage: a full disk, most often; it is tried again. uncleanable: it is not.",
            ["reason"],
            registry=registry,
        )

    def part(self, read: int, kept: int) -> None:
        """A part of a partition was replaced."""
        self._read.inc(read)
        self._kept.inc(kept)

    def done(self, seconds: float, now_s: float) -> None:
        """A partition was compacted."""
        self._rounds.inc()
        self._seconds.inc(seconds)
        self._last.set(now_s)

    def failed(self, reason: str) -> None:
        """A partition could not be compacted."""
        self._failures.labels(reason).inc()


class JobMetrics:
    """What jobs have done with data that was written before."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._runs = LoopCounter("penstock_job_runs", "Times that a job went over what was due of it here.", ["job"], registry=registry)
        self._seconds = LoopCounter("penstock_job_seconds", "Time spent on a job, waiting included.", ["job"], registry=registry)
        self._failures = LoopCounter(
            "penstock_job_failures", "Times that a job was broken off by storage, most often; it is tried again.", ["job"], registry=registry
        )
        self._bytes = LoopCounter("penstock_job_bytes", "Bytes of record batches that a job has moved.", ["job"], registry=registry)
        self._items = LoopCounter(
            "penstock_job_items",
            "What a job has let go of or moved. merge: spans; retention: logs whose start moved; drain: steps; garbage and orphans: objects; "
            "producers: producers; entries: rows.",
            ["job"],
            registry=registry,
        )
        self._lag = Gauge(
            "penstock_job_lag_seconds", "Age of the oldest thing a job has left to do. merge: the oldest flush not merged.", ["job"], registry=registry
        )

    def ran(self, job: str, seconds: float) -> None:
        """A job did what was due."""
        self._runs.labels(job).inc()
        self._seconds.labels(job).inc(seconds)

    def failed(self, job: str) -> None:
        """A job was broken off."""
        self._failures.labels(job).inc()

    def did(self, job: str, items: int, size: int = 0) -> None:
        """A job changed something."""
        self._items.labels(job).inc(items)
        self._bytes.labels(job).inc(size)

    def lags(self, job: str, seconds: float) -> None:
        """How far behind a job is."""
        self._lag.labels(job).set(seconds)


JOBS: Final = JobMetrics(REGISTRY)
COMPACTION: Final = CompactionMetrics(REGISTRY)


class ClusterWriteMetrics:
    """How a broker of a cluster writes: groups on their way to the store and the catalog."""

    def __init__(self, registry: CollectorRegistry) -> None:
        groups = LoopCounter(
            "penstock_write_groups",
            "Groups that were committed, by where their bytes went. inline: the catalog keeps them for now; store: an object each.",
            ["to"],
            registry=registry,
        )
        size = LoopCounter("penstock_write_bytes", "Bytes of record batches in these groups.", ["to"], registry=registry)
        self._groups = groups.labels("store"), groups.labels("inline")
        self._bytes = size.labels("store"), size.labels("inline")
        self._queue_seconds = LoopHistogram(
            "penstock_write_queue_duration_seconds",
            "For how long the first batch of a group had waited when the group was made.",
            buckets=_LATENCY_BUCKETS,
            registry=registry,
        )
        self._upload_seconds = LoopHistogram(
            "penstock_write_upload_duration_seconds",
            "One group's upload to the store, with what the store tried again.",
            buckets=_LATENCY_BUCKETS,
            registry=registry,
        )
        self._commit_seconds = LoopHistogram(
            "penstock_write_commit_duration_seconds",
            "One transaction of the catalog, however many groups it committed.",
            buckets=_LATENCY_BUCKETS,
            registry=registry,
        )
        self._commit_groups = LoopHistogram(
            "penstock_write_commit_groups", "Groups that one transaction committed.", buckets=(1, 2, 4, 8, 16, 32), registry=registry
        )
        self._refused = LoopCounter(
            "penstock_write_groups_refused", "Groups refused, after they were tried for write_retry_ms or because the broker was fenced.", registry=registry
        )
        self._again = LoopCounter(
            "penstock_write_groups_stored_again", "Groups that could not be stored or committed and were tried again.", registry=registry
        )

    def queued(self, seconds: float) -> None:
        """A group was made; its first batch had waited for so long."""
        self._queue_seconds.observe(seconds)

    def uploaded(self, seconds: float) -> None:
        """A group was uploaded."""
        self._upload_seconds.observe(seconds)

    def commit(self, seconds: float, groups: int) -> None:
        """So many groups were committed in one transaction."""
        self._commit_seconds.observe(seconds)
        self._commit_groups.observe(groups)

    def committed(self, size: int, *, inline: bool) -> None:
        """One of them, of so many bytes."""
        self._groups[inline].inc()
        self._bytes[inline].inc(size)

    def refused(self) -> None:
        """A group was refused."""
        self._refused.inc()

    def stored_again(self) -> None:
        """A group is tried again."""
        self._again.inc()


CLUSTER_WRITES: Final = ClusterWriteMetrics(REGISTRY)


class ReadingMetrics:
    """What fetches cost that memory alone could not answer."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.cache_bytes = Gauge(
            "penstock_read_cache_bytes",
            "Bytes in memory for readers. tail: of the newest batches; blocks_hot and blocks_cold: of stored objects; spans: of where data lies.",
            ["cache"],
            registry=registry,
        )
        self._looks = LoopCounter(
            "penstock_read_cache_lookups",
            "What was looked for in memory for readers, found (hit) or not (miss). fetches: whole ones; spans; blocks: of stored objects.",
            ["cache", "outcome"],
            registry=registry,
        )
        self._queries = LoopCounter(
            "penstock_read_catalog_queries",
            "Queries of the catalog on behalf of readers. spans: where data lies; aborted: transactions; bounds: where logs end; "
            "poll: the same, for those who wait, in case that another broker's word of it was lost.",
            ["kind"],
            registry=registry,
        )
        self._cold = LoopCounter(
            "penstock_cold_reads", "Fetches that read from the store. near: the end of a log; far: from it.", ["place"], registry=registry
        )
        self._cold_bytes = LoopCounter("penstock_cold_read_bytes", "Bytes of record batches given from the store.", registry=registry)
        self.far_share = Gauge(
            "penstock_read_far_time_share",
            "The part of the time that reads far from the ends of logs may take beside producers, as commits have shown so far.",
            registry=registry,
        )
        self.cold_waiting = Gauge("penstock_cold_reads_waiting", "Fetches that wait for their turn to read from the store.", registry=registry)
        self._ahead = LoopCounter("penstock_read_ahead_blocks", "Blocks of stored objects brought to memory before they were asked for.", registry=registry)
        self.waiting = Gauge("penstock_fetches_waiting", "Partitions that fetches wait for, each counted once for each fetch.", registry=registry)
        self._woken = LoopCounter(
            "penstock_fetch_wakes",
            "Logs with news for whoever waits for them. hint: another broker said so; query: the catalog did.",
            ["by"],
            registry=registry,
        )
        self._redone = LoopCounter(
            "penstock_reads_repeated",
            "Fetches read a second time. missing: what the catalog named was not in the store, or was damaged; compacted: what was read "
            "was replaced meanwhile.",
            ["reason"],
            registry=registry,
        )
        self._unreadable = LoopCounter(
            "penstock_stored_data_unreadable",
            "Partitions of fetches refused with KAFKA_STORAGE_ERROR because what the catalog names cannot be read. Anything but 0 is an alarm.",
            registry=registry,
        )
        self._redirected = LoopCounter(
            "penstock_fetches_redirected", "Partitions of fetches for which a broker in the client's rack was named (KIP-392).", registry=registry
        )
        self._fetch_hit, self._fetch_miss = self._looks.labels("fetches", "hit"), self._looks.labels("fetches", "miss")
        self._block_hit, self._block_miss = self._looks.labels("blocks", "hit"), self._looks.labels("blocks", "miss")
        self._span_hit, self._span_miss = self._looks.labels("spans", "hit"), self._looks.labels("spans", "miss")

    def fetch(self, is_hit: bool) -> None:
        """Memory could answer a fetch, or could not."""
        (self._fetch_hit if is_hit else self._fetch_miss).inc()

    def spans(self, is_hit: bool) -> None:
        """Where a partition's data lies was in memory, or was not."""
        (self._span_hit if is_hit else self._span_miss).inc()

    def blocks(self, hits: int, misses: int) -> None:
        """So many blocks were in memory, so many were not."""
        self._block_hit.inc(hits)
        self._block_miss.inc(misses)

    def query(self, kind: str) -> None:
        """The catalog is asked."""
        self._queries.labels(kind).inc()

    def cold_read(self, is_near: bool, size: int) -> None:
        """A fetch was given ``size`` bytes from the store."""
        self._cold.labels("near" if is_near else "far").inc()
        self._cold_bytes.inc(size)

    def read_ahead(self, blocks: int) -> None:
        """Blocks were brought before they were asked for."""
        self._ahead.inc(blocks)

    def woken(self, by: str) -> None:
        """A log has news."""
        self._woken.labels(by).inc()

    def repeated(self, reason: str) -> None:
        """A fetch has to be read again."""
        self._redone.labels(reason).inc()

    def unreadable(self) -> None:
        """What the catalog names is not there, or not right."""
        self._unreadable.inc()

    def redirected(self) -> None:
        """A consumer was told of a nearer broker."""
        self._redirected.inc()


READING: Final = ReadingMetrics(REGISTRY)
SHARE_ACQUIRED: Final = LoopCounter(
    "penstock_share_records_acquired", "Records that members of share groups were given, each delivery counted.", registry=REGISTRY
)
SHARE_DELIVERIES: Final = LoopCounter(
    "penstock_share_deliveries",
    "The same by whether a record was delivered for the first time or again.",
    ["attempt"],
    registry=REGISTRY,
)
SHARE_ACKNOWLEDGED: Final = LoopCounter(
    "penstock_share_records_acknowledged",
    "Records that members of share groups have acknowledged, durably. gap: there was none; release: to be delivered again; "
    "renew: to be kept for longer.",
    ["type"],
    registry=REGISTRY,
)
SHARE_LOCKS_ENDED: Final = LoopCounter(
    "penstock_share_records_timed_out", "Records taken from members of share groups that had kept them for too long.", registry=REGISTRY
)
SHARE_ARCHIVED: Final = LoopCounter(
    "penstock_share_records_given_up", "Records that were delivered as often as allowed and that nobody accepted.", registry=REGISTRY
)
SHARE_LOCKS: Final = Gauge("penstock_share_records_locked", "Records that members of share groups have now.", registry=REGISTRY)
SHARE_SESSIONS: Final = Gauge("penstock_share_sessions", "Share sessions: members of share groups that fetch.", registry=REGISTRY)
SHARE_PARTITIONS: Final = Gauge(
    "penstock_share_partitions", "Partitions of share groups whose records in flight are in memory.", registry=REGISTRY
)


class ClusterMetrics:
    """What a broker of a cluster knows of the others, and does for them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.members = Gauge("penstock_cluster_members", "Brokers in the cluster, as this one sees it; 0 when it is embedded.", registry=registry)
        self.shards = Gauge(
            "penstock_cluster_shards", "Shards of groups and transactions that this broker coordinates.", registry=registry
        )
        self.lease_age = Gauge(
            "penstock_cluster_lease_age_seconds", "Since when this broker was not heard of by the catalog.", registry=registry
        )
        self.metadata_lag = Gauge(
            "penstock_cluster_metadata_lag", "Changes of topics and configurations that this broker knows to exist and has not read.", registry=registry
        )
        self.peers = Gauge("penstock_cluster_peers", "Other brokers that hints can be sent to now.", registry=registry)
        self.takeovers = LoopCounter("penstock_cluster_shards_taken", "Shards that this broker has begun to coordinate.", registry=registry)
        self.shards_lost = LoopCounter(
            "penstock_cluster_shards_lost", "Shards that were taken from this broker before it gave them up.", registry=registry
        )
        self.silences = LoopCounter(
            "penstock_cluster_silences", "Times at which this broker was not heard of by the catalog for nearly a lease.", registry=registry
        )
        self.fencings = LoopCounter(
            "penstock_cluster_fencings", "Times at which this broker was fenced and had to register anew.", registry=registry
        )
        self.metadata_changes = LoopCounter(
            "penstock_cluster_metadata_changes", "Topics that this broker heard of being made, changed or deleted.", registry=registry
        )
        self.hints_sent = LoopCounter("penstock_cluster_hints_sent", "Facts told to other brokers.", registry=registry)
        self.hints_dropped = LoopCounter(
            "penstock_cluster_hints_dropped", "Facts not told, because the other broker did not take them fast enough.", registry=registry
        )
        self.hints_received = LoopCounter("penstock_cluster_hints_received", "Facts told by other brokers.", registry=registry)
        self.peers_refused = LoopCounter(
            "penstock_cluster_peers_refused", "Connections from other brokers that were refused, by reason.", ["reason"], registry=registry
        )


CLUSTER: Final = ClusterMetrics(REGISTRY)


class ObjectRequests:
    """Requests of one kind to the remote store; see :class:`ObjectStoreMetrics`."""

    def __init__(self, metrics: "ObjectStoreMetrics", operation: str) -> None:
        self._operation = operation
        self._errors = metrics.errors
        self._requests = metrics.requests.labels(operation)
        self._bytes = metrics.bytes.labels(operation)
        self._hedges = metrics.hedges.labels(operation)
        self._seconds = metrics.seconds.labels(operation)
        self._slots = metrics.slots.labels(operation)

    def sent(self) -> None:
        """A request goes out."""
        self._requests.inc()

    def hedged(self) -> None:
        """A second one goes out beside one that is slow."""
        self._hedges.inc()

    def done(self, seconds: float, size: int) -> None:
        """A request was answered as it should be."""
        self._seconds.observe(seconds)
        self._bytes.inc(size)

    def failed(self, kind: str) -> None:
        """A request was not."""
        self._errors.labels(self._operation, kind).inc()

    def slots(self, count: int) -> None:
        """How many may be under way from now on."""
        self._slots.set(count)


class ObjectStoreMetrics:
    """What goes to and from the remote object store. Compaction and merging have connections of their own and are not counted here."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = LoopCounter(
            "penstock_object_requests", "Requests sent to the object store, second tries among them.", ["operation"], registry=registry
        )
        self.errors = LoopCounter(
            "penstock_object_errors",
            "Requests to the object store that failed. throttled: it asked for fewer of them; each is tried again.",
            ["operation", "kind"],
            registry=registry,
        )
        self.bytes = LoopCounter(
            "penstock_object_bytes", "Bytes of objects written and read, those of failed requests left out.", ["operation"], registry=registry
        )
        self.hedges = LoopCounter(
            "penstock_object_hedges", "Second requests sent beside one that was slow.", ["operation"], registry=registry
        )
        self.seconds = LoopHistogram(
            "penstock_object_request_duration_seconds",
            "From sending a request to the object store to its whole answer.",
            ["operation"],
            buckets=_LATENCY_BUCKETS,
            registry=registry,
        )
        self.slots = Gauge(
            "penstock_object_request_slots",
            "How many requests to the object store may be under way at once. Fewer than it is configured for: the store asks to slow down.",
            ["operation"],
            registry=registry,
        )

    def of(self, operation: str) -> ObjectRequests:
        """Those of one kind of requests."""
        return ObjectRequests(self, operation)


OBJECTS: Final = ObjectStoreMetrics(REGISTRY)


TLS_HANDSHAKES: Final = LoopCounter(
    "penstock_tls_handshakes", "TLS handshakes that came to an end: success, failure.", ["listener", "outcome"], registry=REGISTRY
)
TLS_NOT_AFTER: Final = Gauge(
    "penstock_tls_certificate_not_after_timestamp_seconds",
    "Until when (Unix time) what a listener shows and trusts holds. certificate: the first of its chain to expire; authority: the last of those that "
    "certificates of clients may come from.",
    ["listener", "role"],
    registry=REGISTRY,
)
TLS_RELOADS: Final = LoopCounter(
    "penstock_tls_reloads",
    "Files of keys and certificates that had changed. failure: they cannot be used, and those before stay.",
    ["listener", "outcome"],
    registry=REGISTRY,
)
TLS_UNUSABLE: Final = Gauge(
    "penstock_tls_files_unusable",
    "1 while the files of keys and certificates cannot be used, and the listener shows what they held before.",
    ["listener"],
    registry=REGISTRY,
)
HTTP_REFUSED: Final = LoopCounter(
    "penstock_http_unauthenticated", "Requests to the HTTP surface that were refused for want of credentials.", registry=REGISTRY
)
UNAUTHENTICATED: Final = Gauge(
    "penstock_connections_unauthenticated", "Connections in a TLS handshake, or that have not logged in yet.", registry=REGISTRY
)
TOPICS: Final = Gauge("penstock_topics", "Topics.", registry=REGISTRY)
PARTITIONS: Final = Gauge("penstock_partitions", "Partitions.", registry=REGISTRY)
READY: Final = Gauge("penstock_ready", "1 when the broker serves, 0 before and while it drains.", registry=REGISTRY)
BUILD: Final = Gauge("penstock_build_info", "Always 1; the version is a label.", ["version"], registry=REGISTRY)

LOGINS: Final = LoopCounter("penstock_logins", "Logins by SASL, and how they ended.", ["mechanism", "outcome"], registry=REGISTRY)
SESSIONS: Final = Gauge("penstock_sessions", "Connections whose clients have logged in.", registry=REGISTRY)
LOGIN_SOURCE_READS: Final = LoopCounter(
    "penstock_login_source_reads",
    "Readings of what logins are checked against, and how they ended: keys (of the identity provider), users (the file of PLAIN). After a failure "
    "what was read before still holds.",
    ["source", "outcome"],
    registry=REGISTRY,
)
LOGIN_SOURCE_READ_AT: Final = Gauge(
    "penstock_login_source_read_timestamp_seconds", "When it was last read without failure (Unix time).", ["source"], registry=REGISTRY
)


def group_committed(seconds: float, batches: int, records: int, size: int) -> None:
    """Count one group commit; ``size`` in bytes of record batches."""
    COMMIT_SECONDS.observe(seconds)
    COMMIT_BATCHES.observe(batches)
    RECORDS_IN.inc(records)
    RECORD_BYTES_IN.inc(size)


class AuthorizationMetrics:
    """What was decided about what clients may do. What lists leave out is not counted."""

    def __init__(self, registry: CollectorRegistry) -> None:
        decisions = LoopCounter(
            "penstock_authorization_decisions",
            "Decisions on what clients asked to do, while authorization is on. What lists leave out is not counted.",
            ["outcome"],
            registry=registry,
        )
        self.allowed = decisions.labels("allowed").inc
        self.denied = decisions.labels("denied").inc
        self.rules = Gauge("penstock_access_rules", "Access rules (ACLs) in force.", registry=registry)


AUTHORIZATION: Final = AuthorizationMetrics(REGISTRY)
