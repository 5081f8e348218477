"""The contracts of the catalog, split by concern. Every implementation keeps these invariants:

I1  A catalog commit is the only point at which anything becomes visible, acknowledged or deleted.
I2  Data is durable before the commit that names it; the high watermark never moves before data.
I3  The spans of a partition tile [log start's span, high watermark) without gap or overlap.
I4  ``object.live`` equals the number of spans that name the object; an object is deleted only at 0.
I5  The last stable offset is the first offset of the earliest open transaction, else the high watermark; it never falls.
I6  A producer's state always agrees with the prefix of the log.
I7  Every commit is idempotent by (object id, position): an unknown outcome can be resolved to exactly one answer.
I8  An owner that was fenced can never commit again.

Errors: ``StorageUnavailable`` when nothing was changed and a retry may work; ``StorageFailed`` when the catalog can no
longer promise durability; ``BrokerError`` with the proper code for refusals.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from broker.model import Appended, CommittedOffset, LogBounds, Topic, value
from broker.storage.catalog.access import AccessCatalog
from broker.storage.catalog.life_cycle import LifeCycleCatalog
from broker.storage.catalog.share_states import ShareChange, ShareKey, ShareState
from broker.storage.catalog.transactions import (
    AbortedTransaction,
    EndAnswer,
    Ended,
    InitAnswer,
    MarkerWish,
    PendingOffsets,
    TransactionState,
)
from broker.storage.catalog.transactions import OffsetKey as OffsetKey
from broker.storage.objects.base import Buffer
from broker.wire.error_codes import ErrorCode

SPANS_PER_ANSWER = 1024
"""No answer names more spans than this, however many bytes were asked for; whoever wants more asks again."""


@value
class BatchEntry:
    """One batch of a span, as much of it as the catalog must know. Sequences are -1 for a plain producer. ``max_timestamp`` is as that of a span."""

    record_count: int
    length: int
    max_timestamp: int
    producer_id: int = -1
    producer_epoch: int = -1
    first_sequence: int = -1
    last_sequence: int = -1
    transactional: bool = False
    log_append_time: bool = False


@value
class SpanEntry:
    """The batches of one partition in one group, contiguous from ``position`` of the object."""

    pid: int
    position: int
    batches: Sequence[BatchEntry]


@value
class CommitGroup:
    """One flush: what :meth:`ObjectStore.append` made durable, now to become visible. ``now_ms`` stamps producer state. ``inline`` are the bytes
    of an object that no store has: the catalog keeps them until they are moved (ids from INLINE_OBJECTS on; cluster catalogs only)."""

    object_id: int
    position: int
    length: int
    spans: Sequence[SpanEntry]
    now_ms: int
    inline: Buffer | None = None


@value
class Span:
    """A contiguous run of whole batches of one partition in one object, offsets ``base`` to ``last`` inclusive.

    Unless ``flags`` has FLAG_FINAL_OFFSETS the batches' base offsets must be stamped on reading: the first gets ``base``,
    each next one continues by its predecessor's ``last_offset_delta + 1``.
    ``max_timestamp`` is the largest of the span, or says when its records came, if they have none (:mod:`broker.storage.catalog.span_times`);
    ``running_timestamp`` is the largest of the log up to its end (monotone).
    """

    base: int
    last: int
    object_id: int
    position: int
    length: int
    max_timestamp: int
    running_timestamp: int
    batch_count: int
    flags: int = 0


@value
class SpanQuery:
    """Ask for the spans of ``pid`` from the one that holds ``offset`` on, until ``max_bytes`` are covered (at least one, at
    most ``SPANS_PER_ANSWER``)."""

    pid: int
    offset: int
    max_bytes: int


@value
class SpanAnswer:
    """Bounds and spans of one partition read from one snapshot. ``bounds`` is None when the partition does not exist."""

    bounds: LogBounds | None
    spans: Sequence[Span]


@value
class Dirt:
    """What compaction has before it in a log: ``clean_bytes`` were compacted before, ``dirty_bytes`` behind them can be now, up to offset ``end``
    (the end of a span). ``oldest_ms`` is the least timestamp among those, -1 when there is none."""

    clean_bytes: int
    dirty_bytes: int
    end: int
    oldest_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanSwap:
    """Spans of a log in place of others, for the same offsets: what compaction came to.

    ``new`` lie in object ``object_id`` of ``object_end`` bytes, which nothing names yet. ``forgotten`` are the markers of aborted transactions that
    leave the index. ``cleaned_to`` is the offset up to which the log is compacted from now on, None while that is not known.
    """

    pid: int
    old: Sequence[Span]
    new: Sequence[Span]
    object_id: int
    object_end: int
    forgotten: Sequence[int] = ()
    cleaned_to: int | None = None


@value
class ProducerState:
    """An idempotent producer's state on one partition. ``window`` is up to five (first_seq, last_seq, base_offset, timestamp),
    newest first."""

    producer_id: int
    epoch: int
    last_sequence: int
    last_timestamp: int
    window: tuple[tuple[int, int, int, int], ...] = ()
    open_first_offset: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMember:
    """A member of a stored group generation (enough to rejoin after a restart)."""

    member_id: str
    group_instance_id: str | None
    client_id: str
    client_host: str
    session_timeout_ms: int
    rebalance_timeout_ms: int
    protocols: Sequence[tuple[str, bytes]]
    assignment: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredGroup:
    """A classic consumer group after a completed rebalance (or empty). ``version`` grows with each save."""

    group_id: str
    protocol_type: str
    generation: int
    protocol: str | None
    leader: str | None
    members: Sequence[StoredMember] = field(default_factory=tuple)
    state_ms: int = 0


StoredPartitions = Mapping[bytes, Mapping[int, int]]
"""By topic id: partition index, and the epoch in which a member was given it."""


@dataclass(frozen=True, slots=True)
class StoredClassicTerms:
    """What a member of the classic protocol said of itself, in a group of the consumer protocol."""

    session_timeout_ms: int
    protocols: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConsumerMember:
    """A member of a group of the consumer protocol (KIP-848). ``state`` is a number of the coordinator's. ``classic`` is there when
    it speaks the classic protocol."""

    member_id: str
    instance_id: str | None
    rack_id: str | None
    client_id: str
    client_host: str
    rebalance_timeout_ms: int
    topic_names: Sequence[str]
    topic_regex: str
    server_assignor: str | None
    epoch: int
    previous_epoch: int
    state: int
    assigned: StoredPartitions
    pending_revocation: StoredPartitions
    target: Mapping[bytes, Sequence[int]]
    classic: StoredClassicTerms | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConsumerGroup:
    """A group of the consumer protocol. What is saved names the members that have changed only."""

    group_id: str
    group_epoch: int
    assignment_epoch: int
    topics_digest: str
    state_ms: int
    members: Sequence[StoredConsumerMember] = ()


StoredTarget = Mapping[bytes, Sequence[int]]
"""By topic id: partitions that a member has or is to have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredShareMember:
    """A member of a share group (KIP-932)."""

    member_id: str
    rack_id: str | None
    client_id: str
    client_host: str
    topic_names: Sequence[str]
    epoch: int
    previous_epoch: int
    assigned: StoredTarget
    target: StoredTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredShareGroup:
    """A share group. What is saved names the members that have changed only."""

    group_id: str
    group_epoch: int
    assignment_epoch: int
    topics_digest: str
    state_ms: int
    members: Sequence[StoredShareMember] = ()


class TopicCatalog(Protocol):
    """Topics and their partitions."""

    async def load_topics(self) -> list[Topic]: ...

    async def create_topic(
        self,
        name: str,
        topic_id: bytes,
        partition_count: int,
        replication_factor: int,
        config: Mapping[str, str],
        now_ms: int,
    ) -> Topic:
        """Raises BrokerError(TOPIC_ALREADY_EXISTS)."""
        ...

    async def delete_topic(self, topic_id: bytes) -> None:
        """The name is free and the partitions unknown once this returns; data goes in the background (``expired_objects``).
        Committed offsets of the topic stay with their groups' owners to delete. Raises UNKNOWN_TOPIC_ID."""
        ...

    async def add_partitions(self, topic_id: bytes, total: int) -> Topic:
        """Raises UNKNOWN_TOPIC_ID, INVALID_PARTITIONS when ``total`` does not exceed what there is."""
        ...

    async def set_topic_config(self, topic_id: bytes, config: Mapping[str, str]) -> Topic:
        """Replace everything that is set on the topic itself. Raises UNKNOWN_TOPIC_ID."""
        ...


class ConfigCatalog(Protocol):
    """Dynamic settings other than topics': ``kind`` is Kafka's resource type (4 broker, 8 broker logger, 16 client metrics,
    32 group), ``name`` the resource's name ("" is the cluster-wide default of brokers). Plus small named values."""

    async def load_configs(self) -> dict[tuple[int, str], dict[str, str]]: ...

    async def set_config(self, kind: int, name: str, values: Mapping[str, str]) -> None: ...

    async def meta(self, key: str, default: str) -> str:
        """The value of ``key``, stored as ``default`` when it was not there yet (cluster id, data directory id)."""
        ...


class LogCatalog(Protocol):
    """The sequencer and index of every partition."""

    async def commit_spans(self, group: CommitGroup) -> list[list[Appended]]:
        """Check producers, assign offsets, make the group visible: one transaction. One answer a batch, in the given shape.

        A refused or duplicate batch leaves dead bytes; its span is split around them.
        Unknown ``pid``: UNKNOWN_TOPIC_OR_PARTITION for its batches.
        """
        ...

    def leader_epoch(self, pid: int) -> int:
        """The leader epoch that batches committed now are stamped with."""
        ...

    def peek_bounds(self, pid: int) -> LogBounds | None:
        """Bounds that are as fresh as a query begun now, without waiting; None when that cannot be had here."""
        ...

    async def bounds(self, pids: Sequence[int]) -> dict[int, LogBounds]:
        """Fresh bounds; partitions that do not exist are left out."""
        ...

    async def find_spans(self, queries: Sequence[SpanQuery]) -> list[SpanAnswer]:
        """One answer a query, all from one snapshot. Offsets outside the log give no spans."""
        ...

    def find_spans_now(self, queries: Sequence[SpanQuery]) -> list[SpanAnswer] | None:
        """What :meth:`find_spans` would answer, when that is known without waiting (readers at the tail); else None."""
        ...

    async def spans_from_timestamp(self, pid: int, timestamp: int, limit: int) -> SpanAnswer:
        """Up to ``limit`` spans in offset order, starting with the first whose ``running_timestamp`` >= ``timestamp``."""
        ...

    async def span_of_max_timestamp(self, pid: int) -> SpanAnswer:
        """The (first) span that holds the largest ``max_timestamp`` of the log; no spans when it is empty."""
        ...

    async def advance_log_start(self, pid: int, offset: int) -> LogBounds:
        """Move the log start forward (never back) to ``offset``; whole spans below it are dropped, a straddling one stays.

        Raises OFFSET_OUT_OF_RANGE above the high watermark, UNKNOWN_TOPIC_OR_PARTITION."""
        ...

    async def retention_offset(self, pid: int, oldest_ms: int | None, max_bytes: int | None) -> int:
        """The log start that retention asks for: every whole span before it is from before ``oldest_ms``, or can go while
        at least ``max_bytes`` remain. The current log start when nothing expired."""
        ...

    async def cleaned(self) -> dict[int, int]:
        """Up to where each log is compacted, by pid; logs that never were are left out."""
        ...

    async def dirt(self, pid: int, first_dirty: int, upper: int, youngest_ms: int) -> Dirt:
        """What can be compacted of a log that is compacted up to ``first_dirty``: whole spans below offset ``upper``, up to the first with a
        timestamp above ``youngest_ms``. Raises UNKNOWN_TOPIC_OR_PARTITION."""
        ...

    async def swap_spans(self, swap: SpanSwap) -> bool:
        """Put spans in place of others, all in one transaction (I1). False, and nothing is changed, when the old ones are not all there as they
        were: retention, DeleteRecords, the deletion of the topic, or another swap came first."""
        ...

    async def take_dead_objects(self, limit: int, grace_ms: int = 0) -> list[int]:
        """Objects that no span names any more, ready to be deleted from the store. Where brokers share the catalog, those that nothing has named
        for ``grace_ms`` by its clock: a reader elsewhere may have read the spans before. Where all readers are here, open files keep them safe."""
        ...

    async def forget_objects(self, object_ids: Sequence[int]) -> None:
        """Drop the rows of objects that the store has confirmed to be gone."""
        ...

    async def producers(self, pid: int) -> list[ProducerState]: ...

    async def known_producers(self, keys: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
        """Those (pid, producer id) of which the partition remembers a sequence. Costs what is asked, not what there is."""
        ...

    async def expire_producers(self, before_ms: int) -> int:
        """Forget idle producers (``producer.id.expiration.ms``); how many went."""
        ...

    async def allocate_producer_ids(self, count: int) -> int:
        """The first of ``count`` fresh producer ids; never given again."""
        ...


class GroupCatalog(Protocol):
    """Consumer groups and their committed offsets. With ``shards`` only what belongs to those is loaded (:mod:`broker.storage.catalog.shards`).

    In a catalog that brokers share, every change is checked against the shard's lease: a broker that does not hold it is refused with
    NOT_COORDINATOR, and nothing is changed. The lease that counts is the one it had when it asked: one that it lost and has again since is
    another."""

    @property
    def shared(self) -> bool:
        """Whether other brokers change what is in the catalog, too. If not, what was loaded and what was changed since is all there is."""
        ...

    async def load_groups(self, shards: Collection[int] | None = None) -> list[StoredGroup]: ...

    async def save_group(self, group: StoredGroup) -> None:
        """In place of whatever was stored of the group, its offsets excepted."""
        ...

    async def load_consumer_groups(self, shards: Collection[int] | None = None) -> list[StoredConsumerGroup]: ...

    async def save_consumer_group(self, group: StoredConsumerGroup, removed: Iterable[str]) -> None:
        """The group, and those of its members that are given; ``removed`` members are gone, others stay as they are. In place of
        a classic group of that name. One transaction."""
        ...

    async def load_share_groups(self, shards: Collection[int] | None = None) -> list[StoredShareGroup]: ...

    async def save_share_group(self, group: StoredShareGroup, removed: Iterable[str]) -> None:
        """The group, and those of its members that are given; ``removed`` members are gone, others stay as they are. One transaction."""
        ...

    async def load_offsets(self, shards: Collection[int] | None = None) -> dict[OffsetKey, CommittedOffset]: ...

    async def read_offsets(self, group_id: str) -> dict[OffsetKey, CommittedOffset]:
        """The group's offsets as they are now, also those that a transaction committed through another broker."""
        ...

    async def pending_offset_keys(self, group_id: str) -> set[OffsetKey]:
        """What open transactions carry offsets of the group for, through whichever broker. To be asked before the offsets themselves: what ends
        in between is then among those."""
        ...

    async def commit_offsets(self, offsets: Mapping[OffsetKey, CommittedOffset]) -> None: ...

    async def delete_offsets(self, keys: Iterable[OffsetKey]) -> None: ...

    async def delete_group(self, group_id: str) -> None:
        """The group and all its offsets, at once."""
        ...


class TransactionCatalog(Protocol):
    """Transactional ids and their transactions. Those that were loaded are in memory, so looking at them needs no waiting, and is as fresh as the
    last :meth:`look_up_transaction` where brokers share the catalog (always fresh elsewhere); every change is durable
    before it is answered, and everything that ends a transaction is one commit (I1): markers, last stable offsets, the index of aborted
    transactions, group offsets, epochs. Refusals are answered as Kafka's coordinator answers them, never raised.

    The rules are those of :mod:`broker.storage.catalog.transaction_rules`.
    """

    @property
    def shared(self) -> bool:
        """As :attr:`GroupCatalog.shared`."""
        ...

    async def init_transaction(
        self, transactional_id: str, timeout_ms: int, producer_id: int, epoch: int, now_ms: int, new_producer_id: int
    ) -> InitAnswer:
        """InitProducerId. ``producer_id`` and ``epoch`` are what the client believes to have, -1 and -1 when it does not say.
        What is open is aborted. ``new_producer_id`` is fresh; it is taken for a new id and for an exhausted epoch."""
        ...

    async def add_to_transaction(
        self,
        transactional_id: str,
        producer_id: int,
        epoch: int,
        pids: Sequence[int],
        group_id: str | None,
        now_ms: int,
    ) -> ErrorCode:
        """Add partitions, a group or both, all or none; opens a transaction when there is none."""
        ...

    async def add_transaction_offsets(
        self,
        transactional_id: str,
        producer_id: int,
        epoch: int,
        offsets: PendingOffsets,
        implicit_group: str | None,
        now_ms: int,
    ) -> ErrorCode:
        """Keep group offsets that take effect with the commit. With ``implicit_group`` the group is added as well (KIP-890); without it
        the groups named must have been added.

        It is asked by the groups' coordinator, which need not be the transaction's. In a catalog that brokers share it is refused with
        NOT_COORDINATOR by who does not hold the groups' shards: only their coordinator knows which members may commit."""
        ...

    async def end_transaction(
        self,
        transactional_id: str,
        producer_id: int,
        epoch: int,
        commit: bool,
        bump: bool,
        new_producer_id: int,
        now_ms: int,
    ) -> EndAnswer:
        """EndTxn. ``bump``: the client follows KIP-890 and takes a new epoch (or ``new_producer_id``) from the answer."""
        ...

    async def abort_transaction(self, transactional_id: str, producer_id: int, epoch: int, now_ms: int) -> EndAnswer:
        """Abort what is open on behalf of nobody (it timed out, an operator wants it) and fence the producer, if it still is the
        transaction of that producer id and epoch."""
        ...

    async def write_markers(self, wishes: Sequence[MarkerWish], now_ms: int) -> tuple[list[ErrorCode], Ended]:
        """End what producers have open on single partitions, without a word to the transactional ids they belong to: an error for each
        wish, and the markers that were written. All in one commit; later wishes see what earlier ones came to."""
        ...

    async def delete_transactional_ids(self, before_ms: int) -> int:
        """Forget ids that were last used before that time and have nothing open; how many went. Where brokers share the catalog, of the shards that
        are loaded."""
        ...

    async def load_transactions(self, shards: Collection[int]) -> None:
        """Have those of these shards in memory, fresh. Catalogs of one broker have them all, always."""
        ...

    def forget_transactions(self, shards: Collection[int]) -> None:
        """Let go of what memory holds of these shards: others coordinate them now."""
        ...

    async def look_up_transaction(self, transactional_id: str) -> TransactionState | None:
        """What it is now; :meth:`peek_transaction` and :meth:`pending_offsets` know it from then on."""
        ...

    async def overdue_transactions(self, shards: Collection[int] | None, now_ms: int) -> list[TransactionState]:
        """Open ones that have outlived their timeouts. Where brokers share the catalog, by its clock and not by ``now_ms``."""
        ...

    def peek_transaction(self, transactional_id: str) -> TransactionState | None: ...

    def peek_transactions(self) -> Sequence[TransactionState]: ...

    async def find_transaction_of_producer(self, producer_id: int) -> TransactionState | None:
        """The transactional id that has this producer id now."""
        ...

    def pending_offsets(self, transactional_id: str) -> PendingOffsets: ...

    async def aborted(self, pid: int, first_offset: int, upper_offset: int) -> list[AbortedTransaction]:
        """Aborted transactions that reach into [first_offset, upper_offset), in order of ``last_offset``."""
        ...

    def peek_aborted(self, pid: int, first_offset: int, upper_offset: int) -> list[AbortedTransaction] | None:
        """The same without waiting; None when memory does not reach back that far."""
        ...


class ShareStateCatalog(Protocol):
    """What became of the records that share groups were given. It goes with its topic; a group's goes when it is deleted here.

    In a catalog that brokers share it is saved by whoever has claimed it last: of what is stored, a change that has not its state epoch is
    refused with FENCED_STATE_EPOCH, and with it all that were to be saved with it; so is a change of what is not stored, unless it
    creates it."""

    @property
    def shared(self) -> bool:
        """As :attr:`GroupCatalog.shared`."""
        ...

    async def load_share_states(self, keys: Sequence[ShareKey]) -> dict[ShareKey, ShareState]:
        """What is stored of each; those of which nothing is are left out."""
        ...

    async def claim_share_states(self, keys: Sequence[ShareKey]) -> dict[ShareKey, ShareState]:
        """What is stored of each, under a state epoch that is higher by one from now on: who had claimed it before can save nothing more.
        Those of which nothing is are left out."""
        ...

    async def share_states_of(self, group_id: str) -> dict[ShareKey, ShareState]:
        """Everything that is stored of a group."""
        ...

    async def save_share_states(self, changes: Sequence[ShareChange]) -> None:
        """All of them in one transaction, which costs what the changes are, not what there is. Of a topic that is gone nothing is saved.

        Raises StateEpochFenced, and nothing is saved, when a change has a lower ``state_epoch`` than what is stored: its sender's state was replaced.
        In a catalog that brokers share also NOT_COORDINATOR, as :class:`GroupCatalog` does."""
        ...

    async def delete_share_states(self, group_id: str, topic_ids: Sequence[bytes] | None) -> None:
        """Everything of a group, or of these topics of it."""
        ...


class Catalog(
    TopicCatalog, ConfigCatalog, AccessCatalog, LogCatalog, LifeCycleCatalog, GroupCatalog, TransactionCatalog, ShareStateCatalog, Protocol
):
    """All of them, as one store offers them."""

    async def aclose(self) -> None: ...
