"""The rebuilder: makes a lost catalog anew from what objects say of themselves, and says what they do not.

B1  The catalog it writes to was empty, and is written in one transaction.
B2  Objects are only read.
B3  What could not be restored is in the report; nothing is made up but names of topics that no object knows (``restored-PID``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from broker.errors import StorageUnavailable
from broker.storage.checking.found_objects import FoundObjects
from broker.storage.checking.object_contents import CheckedObjects, ObjectDamaged, ObjectMissing
from broker.storage.checking.object_rules import object_name
from broker.storage.checking.rebuild_rules import counting, gaps
from broker.storage.checking.restore import RestoredCatalog, RestoredTopic
from broker.storage.checking.restored_logs import RestoredLogs, Step
from broker.storage.objects.footer import PartitionName
from broker.storage.one_failure import one_failure

_READERS: Final = 16
_PRODUCER_IDS_BEYOND: Final = 1_000_000
"""Producer ids given away that left no trace are not given again."""
_OBJECT_IDS_BEYOND: Final = 1 << 20

NOT_IN_OBJECTS: Final = (
    "consumer groups, their members and committed offsets; share groups and what they have done",
    "topics without any records, partitions without any, and all topics' and brokers' configurations",
    "transactional ids and transactions that had written nothing; offsets committed in transactions",
    "records that only the catalog kept (small flushes that were not moved to the store yet)",
    "where logs were cut off by DeleteRecords or retention: what the store still has is back",
    "whether a flush was committed: what brokers wrote and never acknowledged is back, too",
    "topics that were deleted a short time ago: what the store still has of them is back, too",
)
"""What no object tells."""


@dataclass(slots=True, kw_only=True)
class RebuildReport:
    """What was restored, and what was not."""

    objects: int = 0
    topics: int = 0
    partitions: int = 0
    spans: int = 0
    batches: int = 0
    records: int = 0
    producers: int = 0
    damaged_objects: list[str] = field(default_factory=list)
    damaged_batches: int = 0
    gaps: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    repeated: int = 0
    out_of_order: int = 0
    refused: int = 0
    undecided: int = 0
    unmerged_records: int = 0
    untold_objects: int = 0
    doubled: list[str] = field(default_factory=list)


class Rebuilder:
    """Owns one rebuild. ``commit_undecided``: transactions whose end no object tells count as committed, not as aborted. ``is_appended``: objects
    have many flushes each, one behind the other (segment files)."""

    def __init__(
        self,
        objects: CheckedObjects,
        *,
        commit_undecided: bool,
        is_appended: bool,
        now_ms: Callable[[], int],
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._objects = objects
        self._is_appended = is_appended
        self._now_ms = now_ms
        self._tell = tell
        self._logs = RestoredLogs(commit_undecided)
        self.report = RebuildReport()

    async def run(self, target: RestoredCatalog | None) -> RebuildReport:
        """Restore into ``target``, or only say what would be (None). Raises StorageUnavailable."""
        found = FoundObjects()
        try:
            await self._gather(found)
            self._tell(f"{found.objects} objects found")
            await self._restore(found, target)
        finally:
            found.close()
        counts, report = self._logs.counts, self.report
        report.batches, report.records = counts.batches, counts.records
        report.damaged_batches, report.repeated = counts.damaged, counts.repeated
        report.out_of_order, report.undecided, report.refused = counts.out_of_order, counts.undecided, counts.refused
        return report

    # What there is

    async def _gather(self, found: FoundObjects) -> None:
        send, receive = anyio.create_memory_object_stream[int](_READERS)
        with one_failure():
            async with anyio.create_task_group() as tasks:
                for _ in range(_READERS):
                    tasks.start_soon(self._read_footers, receive.clone(), found)
                receive.close()
                async with send:
                    async for object_id, _, _ in self._objects.stored_objects():
                        await send.send(object_id)
        found.sort()
        self.report.objects = found.objects

    async def _read_footers(self, object_ids: MemoryObjectReceiveStream[int], found: FoundObjects) -> None:
        async with object_ids:
            async for object_id in object_ids:
                try:
                    contents = await self._objects.contents(object_id)
                except ObjectMissing:
                    continue
                except ObjectDamaged as error:
                    self.report.damaged_objects.append(f"{object_name(object_id)}: {error}")
                    continue
                self.report.untold_objects += not contents.is_told
                found.add(contents)

    # What it was

    async def _restore(self, found: FoundObjects, target: RestoredCatalog | None) -> None:
        for topic in self._topics(found):
            self.report.topics += 1
            self.report.partitions += len(topic.partitions)
            if target is not None:
                await target.add_topic(topic)
            for pid in topic.partitions:
                await self._restore_parts(pid, found, target, f"{topic.name}-{topic.partitions.index(pid)}")
        await self._restore_flushes(found, target)
        await self._write(self._logs.end_transactions(self._now_ms()), target)
        self.report.producers = sum(1 for _ in self._logs.producers())
        if target is not None:
            await target.add_logs(self._logs.partitions())
            await target.add_producers(self._logs.producers())
            await target.finish(
                cluster_id=found.cluster_id() or None,
                next_producer_id=self._logs.last_producer_id + 1 + _PRODUCER_IDS_BEYOND,
                next_object_id=found.newest_id + 1 + _OBJECT_IDS_BEYOND,
            )

    def _topics(self, found: FoundObjects) -> list[RestoredTopic]:
        """Partitions keep their pids; indexes without any record get fresh ones."""
        by_id: dict[bytes, dict[int, int]] = {}
        names: dict[bytes, str] = {}
        ages: dict[bytes, tuple[int, int]] = {}
        for pid, (name, first, last) in found.names().items():
            by_id.setdefault(name.topic_id, {})[name.index] = pid
            names[name.topic_id] = name.topic
            known = ages.get(name.topic_id, (first, last))
            ages[name.topic_id] = (min(first, known[0]), max(last, known[1]))
        for pid in found.nameless():
            name = PartitionName(b"restored" + pid.to_bytes(8, "big"), f"restored-{pid}", 0)
            by_id[name.topic_id], names[name.topic_id], ages[name.topic_id] = {0: pid}, name.topic, (0, 0)
            self.report.renamed.append(f"log {pid}: no object knows the topic's name, it is {name.topic} now")
        self._tell_apart(names, ages)
        next_pid = max((pid for partitions in by_id.values() for pid in partitions.values()), default=0) + 1
        topics = []
        for topic_id, partitions in sorted(by_id.items(), key=lambda each: names[each[0]]):
            pids = []
            for index in range(max(partitions) + 1):
                if index not in partitions:
                    partitions[index] = next_pid
                    next_pid += 1
                pids.append(partitions[index])
                self._logs.begin(partitions[index])
            topics.append(RestoredTopic(topic_id, names[topic_id], pids, ages[topic_id][0]))
        return topics

    def _tell_apart(self, names: dict[bytes, str], ages: Mapping[bytes, tuple[int, int]]) -> None:
        """A topic that was deleted and made again was two topics: the newer one has the name."""
        taken: set[str] = set()
        for topic_id in sorted(names, key=lambda each: ages[each], reverse=True):
            name = names[topic_id]
            if name in taken:
                names[topic_id] = f"{name}.{topic_id.hex()[:8]}"
                self.report.renamed.append(
                    f"{name}: there were two topics of this name, the older one is {names[topic_id]} now"
                )
            taken.add(names[topic_id])

    async def _restore_parts(self, pid: int, found: FoundObjects, target: RestoredCatalog | None, name: str) -> None:
        parts = counting(found.whole_parts(pid))
        if not parts:
            return
        self._logs.begin(pid, parts[0].base)
        self.report.gaps += [f"{name}: offsets {first} to {last}" for first, last in gaps(parts)]
        for part in parts:
            entry = found.entry(part.place)
            found.consume(pid, part.place)
            try:
                data = await self._objects.read(part.object_id, entry.position, entry.length)
            except StorageUnavailable as error:
                raise StorageUnavailable(f"{name}, offsets {part.base} to {part.last}: {error}") from error
            await self._write(self._logs.place(pid, entry, part.object_id, data), target)
        found.consume_older(pid)
        if self._is_appended and found.keep_newest(pid):
            self.report.doubled.append(name)

    async def _restore_flushes(self, found: FoundObjects, target: RestoredCatalog | None) -> None:
        for object_id, parts in found.flushes():
            start = min(position for _, position, _ in parts)
            end = max(position + length for _, position, length in parts)
            data = await self._objects.read(object_id, start, end - start)
            read = [
                (pid, position, data[position - start : position - start + length]) for pid, position, length in parts
            ]
            before = self._logs.counts.records
            await self._write(self._logs.append(object_id, read, self._now_ms()), target)
            self.report.unmerged_records += self._logs.counts.records - before

    async def _write(self, step: Step, target: RestoredCatalog | None) -> None:
        self.report.spans += len(step.spans)
        if target is not None:
            await target.add_spans(step.spans)
            await target.add_aborted(step.aborted)
