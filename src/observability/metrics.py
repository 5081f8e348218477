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
CONNECTIONS_CLOSED: Final = LoopCounter(
    "penstock_connections_closed",
    "Connections that ended, by reason. client: it left. Others were closed by the broker: idle, limit (one too many, never accepted), "
    "refused (for what it sent), slow (in the middle of a request), unread (answers), memory (it sat on bytes others needed), stopping.",
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
TOPICS: Final = Gauge("penstock_topics", "Topics.", registry=REGISTRY)
PARTITIONS: Final = Gauge("penstock_partitions", "Partitions.", registry=REGISTRY)
READY: Final = Gauge("penstock_ready", "1 when the broker serves, 0 before and while it drains.", registry=REGISTRY)
BUILD: Final = Gauge("penstock_build_info", "Always 1; the version is a label.", ["version"], registry=REGISTRY)


def group_committed(seconds: float, batches: int, records: int, size: int) -> None:
    """Count one group commit; ``size`` in bytes of record batches."""
    COMMIT_SECONDS.observe(seconds)
    COMMIT_BATCHES.observe(batches)
    RECORDS_IN.inc(records)
    RECORD_BYTES_IN.inc(size)
