"""A catalog that lives in memory only: for tests, and as the plainest statement of what every catalog does."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from broker.errors import BrokerError, StorageUnavailable
from broker.model import Appended, CommittedOffset, LogBounds, Topic
from broker.storage.catalog import log_rules, swap_rules, topic_rules, transaction_changes
from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.storage.catalog.base import (
    CommitGroup,
    Dirt,
    OffsetKey,
    ProducerState,
    Span,
    SpanAnswer,
    SpanQuery,
    SpanSwap,
    StoredConsumerGroup,
    StoredConsumerMember,
    StoredGroup,
    StoredShareGroup,
    StoredShareMember,
)
from broker.storage.catalog.commit_rules import PartitionState, decide
from broker.storage.catalog.life_cycle import FINAL_LEVEL
from broker.storage.catalog.log_state import LogChanges, LogState, Replaced
from broker.storage.catalog.memory_life_cycle import MemoryLifeCycle
from broker.storage.catalog.memory_transactions import MemoryTransactions
from broker.storage.catalog.recent_commits import RecentCommits
from broker.storage.catalog.shards import belongs
from broker.storage.catalog.share_states import (
    ShareChange,
    ShareKey,
    ShareState,
    StateEpochFenced,
    changed,
    check_epochs,
    claimed,
    is_fenced,
)
from broker.wire.error_codes import ErrorCode


class MemoryCatalog(MemoryTransactions, MemoryLifeCycle):
    """Implements :class:`broker.storage.catalog.base.Catalog`. Every method is done before it first waits."""

    def __init__(self) -> None:
        MemoryTransactions.__init__(self, LogState(tail_limit=None))
        MemoryLifeCycle.__init__(self)
        self._topics: dict[bytes, Topic] = {}
        self._next_pid = 1
        self._configs: dict[tuple[int, str], dict[str, str]] = {}
        self._access: dict[tuple[AccessKind, str], AccessEntry] = {}
        self._meta: dict[str, str] = {}
        self._cleaned: dict[int, int] = {}
        self._recent = RecentCommits()
        self._next_producer_id = 0
        self._groups: dict[str, StoredGroup] = {}
        self._consumer_groups: dict[str, StoredConsumerGroup] = {}
        self._consumer_members: dict[str, dict[str, StoredConsumerMember]] = {}
        self._share_groups: dict[str, StoredShareGroup] = {}
        self._share_members: dict[str, dict[str, StoredShareMember]] = {}
        self._share_states: dict[ShareKey, ShareState] = {}

    # Topics

    async def load_topics(self) -> list[Topic]:
        return sorted(self._topics.values(), key=lambda topic: topic.name)

    async def create_topic(
        self,
        name: str,
        topic_id: bytes,
        partition_count: int,
        replication_factor: int,
        config: Mapping[str, str],
        now_ms: int,
    ) -> Topic:
        self._check_open()
        if any(topic.name == name for topic in self._topics.values()):
            raise topic_rules.name_taken(name)
        topic = Topic(
            topic_id=topic_id,
            name=name,
            partitions=self._new_partitions(partition_count),
            replication_factor=replication_factor,
            config=dict(config),
            created_ms=now_ms,
        )
        self._topics[topic_id] = topic
        return topic

    async def delete_topic(self, topic_id: bytes) -> None:
        self._check_open()
        topic = self._topic(topic_id)
        del self._topics[topic_id]
        changes = LogChanges(self._state)
        for pid in topic.partitions:
            self._lower_counts(self._state.runs.get(pid, ()))
            changes.partitions[pid] = None
            self._cleaned.pop(pid, None)
        transaction_changes.forget_partitions(changes, topic.name, topic.partitions)
        self._state.publish(changes)
        for key in [key for key in self._share_states if key[1] == topic_id]:
            del self._share_states[key]

    async def add_partitions(self, topic_id: bytes, total: int) -> Topic:
        self._check_open()
        topic = self._topic(topic_id)
        added = topic_rules.added_partition_indexes(topic, total)
        self._topics[topic_id] = topic = topic_rules.with_partitions(topic, self._new_partitions(len(added)))
        return topic

    async def set_topic_config(self, topic_id: bytes, config: Mapping[str, str]) -> Topic:
        self._check_open()
        self._topics[topic_id] = topic = topic_rules.with_config(self._topic(topic_id), config)
        return topic

    def _topic(self, topic_id: bytes) -> Topic:
        topic = self._topics.get(topic_id)
        if topic is None:
            raise topic_rules.unknown_id()
        return topic

    def _new_partitions(self, count: int) -> tuple[int, ...]:
        pids = tuple(range(self._next_pid, self._next_pid + count))
        self._next_pid += count
        changes = LogChanges(self._state)
        changes.add_partitions(pids)
        self._state.publish(changes)
        return pids

    # Configs

    async def load_configs(self) -> dict[tuple[int, str], dict[str, str]]:
        return {resource: dict(values) for resource, values in self._configs.items()}

    async def set_config(self, kind: int, name: str, values: Mapping[str, str]) -> None:
        self._check_open()
        if values:
            self._configs[kind, name] = dict(values)
        else:
            self._configs.pop((kind, name), None)

    async def load_access(self) -> list[AccessEntry]:
        return list(self._access.values())

    async def change_access(self, entries: Sequence[AccessEntry]) -> None:
        self._check_open()
        for entry in entries:
            if entry.value is None:
                self._access.pop((entry.kind, entry.name), None)
            else:
                self._access[entry.kind, entry.name] = entry

    async def meta(self, key: str, default: str) -> str:
        return self._meta.setdefault(key, default)

    # Logs

    async def commit_spans(self, group: CommitGroup) -> list[list[Appended]]:
        self._check_open()
        known = self._recent.find(group)
        if known is not None:
            return known
        if group.object_id in self._forgotten or group.object_id in self._condemned:
            raise StorageUnavailable(f"object {group.object_id} was given back")
        decision = decide(group, LogChanges(self._state))
        changes = LogChanges(self._state, newest_object=group.object_id)
        changes.absorb(decision)
        self._add_references(group.object_id, len(decision.spans), group.position + group.length)
        self._state.publish(changes)
        self._recent.add({(group.object_id, group.position): decision.answers})
        return decision.answers

    async def commit_groups(self, groups: Sequence[CommitGroup]) -> list[list[list[Appended]]]:
        """As :meth:`broker.storage.catalog.cluster.GroupCommits.commit_groups`; nothing here waits, so nothing comes between."""
        answers = [await self.commit_spans(group) for group in groups]
        self._inline.update({group.object_id: bytes(group.inline) for group in groups if group.inline is not None})
        return answers

    async def read_inline(self, object_id: int) -> bytes:
        """As :meth:`broker.storage.catalog.cluster.GroupCommits.read_inline`."""
        if object_id not in self._inline:
            raise StorageUnavailable(f"the catalog has no object {object_id}")
        return self._inline[object_id]

    async def read_inlines(self, object_ids: Sequence[int]) -> dict[int, bytes]:
        """As :meth:`broker.storage.catalog.cluster.GroupCommits.read_inlines`."""
        return {object_id: await self.read_inline(object_id) for object_id in object_ids}

    def leader_epoch(self, pid: int) -> int:
        bounds = self._state.bounds(pid)
        return 0 if bounds is None else bounds.leader_epoch

    def peek_bounds(self, pid: int) -> LogBounds | None:
        return self._state.bounds(pid)

    async def bounds(self, pids: Sequence[int]) -> dict[int, LogBounds]:
        return {pid: bounds for pid in pids if (bounds := self._state.bounds(pid)) is not None}

    def find_spans_now(self, queries: Sequence[SpanQuery]) -> list[SpanAnswer] | None:
        return self._state.find_spans(queries)

    async def find_spans(self, queries: Sequence[SpanQuery]) -> list[SpanAnswer]:
        answers = self._state.find_spans(queries)
        assert answers is not None, "L3: a run without a limit holds the whole log"
        return answers

    async def spans_from_timestamp(self, pid: int, timestamp: int, limit: int) -> SpanAnswer:
        state, run = self._state.partitions.get(pid), self._state.runs.get(pid)
        if state is None:
            return SpanAnswer(None, ())
        return SpanAnswer(
            state.bounds, () if run is None else run.from_timestamp(timestamp, state.bounds.log_start, limit)
        )

    async def span_of_max_timestamp(self, pid: int) -> SpanAnswer:
        state = self._state.partitions.get(pid)
        if state is None:
            return SpanAnswer(None, ())
        spans = self._spans(pid, state)
        return SpanAnswer(state.bounds, [max(spans, key=lambda span: span.max_timestamp)] if spans else ())

    async def advance_log_start(self, pid: int, offset: int) -> LogBounds:
        self._check_open()
        state = self._partition(pid)
        moved = log_rules.with_log_start(state, offset)
        if moved is not state:
            run = self._state.runs.get(pid)
            dropped = [] if run is None else run.drop_below(offset)
            self._lower_counts(dropped)
            if (aborted := self._state.aborted_runs.get(pid)) is not None:
                aborted.drop_below(offset)
            moved = log_rules.without_bytes(moved, sum(span.length for span in dropped))
            changes = LogChanges(self._state)
            changes.partitions[pid] = moved
            self._state.publish(changes)
        return moved.bounds

    async def retention_offset(self, pid: int, oldest_ms: int | None, max_bytes: int | None) -> int:
        state = self._partition(pid)
        return log_rules.retention_offset(state, self._spans(pid, state), oldest_ms, max_bytes)

    async def cleaned(self) -> dict[int, int]:
        return dict(self._cleaned)

    async def dirt(self, pid: int, first_dirty: int, upper: int, youngest_ms: int) -> Dirt:
        return swap_rules.dirt(self._spans(pid, self._partition(pid)), first_dirty, upper, youngest_ms)

    async def swap_spans(self, swap: SpanSwap) -> bool:
        self._check_open()
        state = self._state.partitions.get(swap.pid)
        if state is None or swap.object_id in self._condemned or not self._may_name(swap.object_id):
            return False
        first, last = swap.old[0].base, swap.old[-1].last
        present = [span for span in self._state.runs.get(swap.pid, ()) if span.last >= first and span.base <= last]
        outcome = swap_rules.swapped(state, present, swap)
        if outcome is None:
            return False
        self._lower_counts(present)
        changes = LogChanges(self._state)
        changes.partitions[swap.pid], new = outcome
        self._add_references(swap.object_id, len(new), swap.object_end, FINAL_LEVEL)
        changes.replaced.append(Replaced(swap.pid, first, last, new, frozenset(swap.forgotten)))
        self._state.publish(changes)
        if swap.cleaned_to is not None:
            self._cleaned[swap.pid] = swap.cleaned_to
        return True

    async def producers(self, pid: int) -> list[ProducerState]:
        return sorted(self._state.producers.get(pid, {}).values(), key=lambda producer: producer.producer_id)

    async def known_producers(self, keys: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
        return {key for key in keys if (state := self._state.producer(*key)) is not None and state.epoch >= 0}

    async def expire_producers(self, before_ms: int) -> int:
        self._check_open()
        changes = LogChanges(self._state)
        for pid, known in self._state.producers.items():
            for producer in known.values():
                if producer.last_timestamp < before_ms and producer.open_first_offset is None:
                    changes.producers[pid, producer.producer_id] = None
        self._state.publish(changes)
        return len(changes.producers)

    async def allocate_producer_ids(self, count: int) -> int:
        self._check_open()
        first, self._next_producer_id = self._next_producer_id, self._next_producer_id + count
        return first

    def _partition(self, pid: int) -> PartitionState:
        state = self._state.partitions.get(pid)
        if state is None:
            raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        return state

    def _spans(self, pid: int, state: PartitionState) -> list[Span]:
        return [span for span in self._state.runs.get(pid, ()) if span.last >= state.bounds.log_start]

    # Groups

    async def load_groups(self, shards: Collection[int] | None = None) -> list[StoredGroup]:
        return [group for group_id, group in sorted(self._groups.items()) if belongs(group_id, shards)]

    async def save_group(self, group: StoredGroup) -> None:
        self._check_open()
        self._forget_group(group.group_id)
        self._groups[group.group_id] = group

    async def load_consumer_groups(self, shards: Collection[int] | None = None) -> list[StoredConsumerGroup]:
        return [
            replace(group, members=[member for _, member in sorted(self._consumer_members[group_id].items())])
            for group_id, group in sorted(self._consumer_groups.items())
            if belongs(group_id, shards)
        ]

    async def save_consumer_group(self, group: StoredConsumerGroup, removed: Iterable[str]) -> None:
        self._check_open()
        members = self._consumer_members.get(group.group_id, {})
        self._forget_group(group.group_id)
        self._consumer_groups[group.group_id] = replace(group, members=())
        self._consumer_members[group.group_id] = members
        for member_id in removed:
            members.pop(member_id, None)
        members.update((member.member_id, member) for member in group.members)

    async def load_share_groups(self, shards: Collection[int] | None = None) -> list[StoredShareGroup]:
        return [
            replace(group, members=[member for _, member in sorted(self._share_members[group_id].items())])
            for group_id, group in sorted(self._share_groups.items())
            if belongs(group_id, shards)
        ]

    async def save_share_group(self, group: StoredShareGroup, removed: Iterable[str]) -> None:
        self._check_open()
        self._share_groups[group.group_id] = replace(group, members=())
        members = self._share_members.setdefault(group.group_id, {})
        for member_id in removed:
            members.pop(member_id, None)
        members.update((member.member_id, member) for member in group.members)

    async def load_offsets(self, shards: Collection[int] | None = None) -> dict[OffsetKey, CommittedOffset]:
        return {key: offset for key, offset in self._offsets.items() if belongs(key[0], shards)}

    async def read_offsets(self, group_id: str) -> dict[OffsetKey, CommittedOffset]:
        return {key: offset for key, offset in self._offsets.items() if key[0] == group_id}

    async def pending_offset_keys(self, group_id: str) -> set[OffsetKey]:
        return self._state.pending_keys_of(group_id)

    async def commit_offsets(self, offsets: Mapping[OffsetKey, CommittedOffset]) -> None:
        self._check_open()
        self._offsets.update(offsets)

    async def delete_offsets(self, keys: Iterable[OffsetKey]) -> None:
        self._check_open()
        for key in keys:
            self._offsets.pop(key, None)

    async def delete_group(self, group_id: str) -> None:
        self._check_open()
        self._forget_group(group_id)
        self._share_groups.pop(group_id, None)
        self._share_members.pop(group_id, None)
        for key in [key for key in self._offsets if key[0] == group_id]:
            del self._offsets[key]

    def _forget_group(self, group_id: str) -> None:
        self._groups.pop(group_id, None)
        self._consumer_groups.pop(group_id, None)
        self._consumer_members.pop(group_id, None)

    # Share groups

    async def load_share_states(self, keys: Sequence[ShareKey]) -> dict[ShareKey, ShareState]:
        return {key: self._share_states[key] for key in keys if key in self._share_states}

    async def claim_share_states(self, keys: Sequence[ShareKey]) -> dict[ShareKey, ShareState]:
        self._check_open()
        found = {key: claimed(self._share_states[key]) for key in keys if key in self._share_states}
        self._share_states.update(found)
        return found

    async def share_states_of(self, group_id: str) -> dict[ShareKey, ShareState]:
        return {key: state for key, state in self._share_states.items() if key[0] == group_id}

    async def save_share_states(self, changes: Sequence[ShareChange]) -> None:
        self._check_open()
        living = [change for change in changes if change.key[1] in self._topics]
        if self.shared:
            fenced = [change.key for change in living if is_fenced(self._share_states.get(change.key), change)]
            if fenced:
                raise StateEpochFenced(fenced)
            living = [change for change in living if not (change.creates and change.key in self._share_states)]
        else:
            stored = self._share_states
            check_epochs(changes, {each.key: stored[each.key].state_epoch for each in changes if each.key in stored})
        for change in living:
            self._share_states[change.key] = changed(self._share_states.get(change.key), change)

    async def delete_share_states(self, group_id: str, topic_ids: Sequence[bytes] | None) -> None:
        self._check_open()
        for key in [key for key in self._share_states if key[0] == group_id and (topic_ids is None or key[1] in topic_ids)]:
            del self._share_states[key]

    async def aclose(self) -> None:
        self._closed = True
