"""Everything that uses the cluster while it breaks, and what it knows of what it was promised.

- *records*: idempotent producers at a bounded rate and a pulse on every partition, compared record by record with what two readers see
- *transformers*: transactional consume-transform-produce by four client libraries, watched by read_committed readers (exactly once, nothing torn)
- *groups*: members of three libraries that commit what they read; offsets never go back and the groups go on
"""

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.chaos.producer_ids import names_in_log, stored_batches
from tests.chaos.pulses import Gaps, Pulse, PulseReader
from tests.durability.feeding import Feeder, Noise
from tests.durability.ledger import Ledger
from tests.durability.load import QUICK, CommittedOffsets, Committer, LogReader, Member, ProducerLoad, Worker
from tests.durability.seats import Seat
from tests.durability.watchers import OutputAndAudit, Snapshots
from tests.support.waiting import wait_until

PARTITIONS = 6
TOPIC = "records"
TRANSFORMERS = ("java-4", "confluent-kafka", "aiokafka", "franz-go")
DRAIN_S = 180.0
TIMEOUT_MS = 8000


class PacedLoad(ProducerLoad):
    """About ``per_s`` records a second, so that the machine has room for what is measured."""

    def __init__(self, *args: Any, per_s: float, **config: Any) -> None:
        super().__init__(*args, **config)
        self._pause_s = 50 / per_s

    def step(self) -> None:
        super().step()
        until = time.monotonic() + self._pause_s
        while (left := until - time.monotonic()) > 0 and not self.stopping.is_set():
            self._producer.poll(min(left, 0.05))


class PacedCommitter(Committer):
    """Commits twenty times a second."""

    def step(self) -> None:
        super().step()
        self.stopping.wait(0.05)


class Records:
    """Idempotent producers and a pulse on every partition; a ledger knows every send."""

    def __init__(self, bootstrap: str, producers: int, per_s: float) -> None:
        self._bootstrap = bootstrap
        self.ledger = Ledger()
        self.acknowledged, self.seen = Gaps(PARTITIONS), Gaps(PARTITIONS)
        self.reader = LogReader(bootstrap, TOPIC, PARTITIONS, self.ledger).start()
        codecs = ("none", "lz4", "zstd", "snappy")
        self.producers: list[ProducerLoad | Pulse] = [
            PacedLoad(
                *(bootstrap, TOPIC, PARTITIONS, number, self.ledger),
                per_s=per_s,
                **{"compression.type": codecs[number % len(codecs)]},
            ).start()
            for number in range(producers)
        ]
        self.producers += [
            Pulse(bootstrap, TOPIC, partition, self.ledger, self.acknowledged).start()
            for partition in range(PARTITIONS)
        ]
        self.pulse_reader = PulseReader(bootstrap, TOPIC, PARTITIONS, self.seen).start()

    def begin_measuring(self) -> None:
        self.acknowledged.begin()
        self.seen.begin()

    def longest_pause_s(self) -> tuple[float, float]:
        """Until acknowledged again, until seen again."""
        return self.acknowledged.longest_s(), self.seen.longest_s()

    def check(self) -> None:
        assert not self.ledger.violations, self._violations()
        assert not self.reader.problems, self.reader.problems
        for worker in (*self.producers, self.reader, self.pulse_reader):
            worker.check()

    def finish(self) -> None:
        """What was sent comes to its end; then the whole log is read once more."""
        for worker in self.producers:
            worker.stop()
        for worker in self.producers:
            worker.join()
        ends = log_ends(self._bootstrap, TOPIC, PARTITIONS)
        self.reader.read_up_to(ends, DRAIN_S)
        self.pulse_reader.stop()
        self.check()
        assert not self.ledger.settle(), self._violations()
        again = LogReader(self._bootstrap, TOPIC, PARTITIONS, None).start()
        again.read_up_to(ends, DRAIN_S)
        assert not again.problems, again.problems
        assert again.fingerprint.checksums == self.reader.fingerprint.checksums, "a second reading finds another log"
        self._check_producer_ids(ends)

    def _check_producer_ids(self, ends: dict[int, int]) -> None:
        """Nobody was made to begin anew under another producer id."""
        found = names_in_log(self._reachable(), TOPIC, ends)
        lines = [f"{len(self.producers)} producers, and in the log:", *map(str, found.values()), *self._began_anew()]
        assert len(found) == len(self.producers), "\n".join(lines)

    def _began_anew(self) -> list[str]:
        return [reason for worker in self.producers if isinstance(worker, ProducerLoad) for reason in worker.began_anew.reasons]

    def _violations(self) -> str:
        """What is wrong, and the batches concerned."""
        lines = list(self.ledger.violations) + self._began_anew()
        try:
            for partition, offset in sorted(set(self.ledger.suspects)):
                for batch in stored_batches(self._reachable(), TOPIC, partition, max(offset, 0), offset + 1):
                    if str(batch) not in lines:
                        lines.append(str(batch))
        except (OSError, AssertionError) as error:
            lines.append(f"the log cannot be read now: {error!r}")
        return "\n".join(lines)

    def _reachable(self) -> str:
        """A broker that answers."""
        for bootstrap in self._bootstrap.split(","):
            host, _, port = bootstrap.rpartition(":")
            try:
                socket.create_connection((host, int(port)), timeout=2).close()
            except OSError:
                continue
            return bootstrap
        raise AssertionError("no broker answers")

    def close(self) -> None:
        for worker in (*self.producers, self.reader, self.pulse_reader):
            worker.stop()


class Groups:
    """Two members that share the records, and a committer of rising numbers."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self.committed = {"members": CommittedOffsets(), "committer": CommittedOffsets()}
        self.members = [Member(bootstrap, TOPIC, "members", self.committed["members"]).start() for _ in range(2)]
        self.committer = PacedCommitter(bootstrap, TOPIC, PARTITIONS, "committer", self.committed["committer"]).start()

    def check(self) -> None:
        for worker in (*self.members, self.committer):
            worker.check()

    def check_offsets(self) -> bool:
        """Offsets never go back behind what was acknowledged, and nobody made one up. False when nobody could be asked."""
        for group, committed in self.committed.items():
            promised = committed.snapshot()
            found = committed_offsets(self._bootstrap, group)
            if found is None:
                return False
            for partition, offset in found.items():
                least, most = promised.get(partition, -1001), committed.asked.get(partition, -1001)
                assert least <= offset <= most or (offset < 0 and least < 0), (
                    f"{group} {partition}: {offset}, promised {least}"
                )
        return True

    def finish(self) -> None:
        """The members come to the end of the log."""
        ends = log_ends(self._bootstrap, TOPIC, PARTITIONS)

        def at_the_end() -> bool:
            self.check()
            return committed_offsets(self._bootstrap, "members") == ends

        wait_until(bool, at_the_end, DRAIN_S)
        for worker in (*self.members, self.committer):
            worker.stop()
        for worker in (*self.members, self.committer):
            worker.join()
        wait_until(bool, self.check_offsets)

    def close(self) -> None:
        for worker in (*self.members, self.committer):
            worker.stop()


class Comparing(Worker):
    """Compares what is visible, committed and audited, over and over; a broker that cannot be asked holds up nobody else."""

    def __init__(self, snapshots: Snapshots) -> None:
        super().__init__("comparing")
        self._snapshots = snapshots

    def step(self) -> None:
        self._snapshots.take()
        self.stopping.wait(0.25)


class Transformers:
    """Four partitions of input, each transformed by lives of libraries that take over from each other."""

    def __init__(self, bootstrap: str, folder: Path, seed: int, clients: Sequence[str] = TRANSFORMERS) -> None:
        chance = random.Random(seed)
        count = len(clients)
        self.clients = clients
        self.inputs = [f"input-{number}" for number in range(count)]
        groups = [f"transform-{number}" for number in range(count)]
        self.watcher = OutputAndAudit(bootstrap, "output", count, "audit")
        self.snapshots = Snapshots(bootstrap, self.watcher, "output", groups, self.inputs)
        self.watcher.start()
        self.comparing = Comparing(self.snapshots).start()
        self.feeder = Feeder(bootstrap, self.inputs, 300, self._counts)
        self.noise = Noise(bootstrap, self.inputs, TIMEOUT_MS)
        self.seats = [
            Seat(
                number,
                clients,
                {
                    "bootstrap": bootstrap,
                    "transactional_id": f"transformer-{number}",
                    "group": groups[number],
                    "input": self.inputs[number],
                    "output": "output",
                    "partition": number,
                    "audit": "audit",
                    "timeout_ms": TIMEOUT_MS,
                    "most": 60,
                    "crash": 0.001,
                    "doom": 0.05,
                },
                random.Random(chance.getrandbits(32)),
                folder,
            )
            for number in range(count)
        ]

    def check(self) -> None:
        self.watcher.check()
        self.comparing.check()
        faults = [*self.watcher.faults(), *self.snapshots.faults]
        assert not faults, f"{len(faults)} faults, the first: " + "\n".join(str(fault) for fault in faults[:5])

    def watch(self) -> None:
        """Kill who hangs."""
        for seat, reading, fed in zip(self.seats, self.watcher.readings, self.feeder.fed, strict=True):
            seat.watch(reading.count, reading.count < fed, time.monotonic())

    def finish(self) -> None:
        """Every input comes to its result, once."""
        self.noise.stop()
        self.feeder.stop()
        end = time.monotonic() + DRAIN_S
        with self.watcher.changed:
            while not self.watcher.changed.wait_for(lambda: self._counts() == self.feeder.fed, 0.5):
                assert time.monotonic() < end, f"not all inputs have results: {self._counts()} of {self.feeder.fed}"
                self.check()
                self.watch()
        for seat in self.seats:
            seat.close()
        self.comparing.stop()
        self.comparing.join()
        wait_until(bool, self.snapshots.take)
        with self.watcher.changed:
            self.watcher.changed.wait_for(lambda: not self.watcher.audit.behind(self.watcher.readings), 30)
        self.check()
        assert self.watcher.audit.behind(self.watcher.readings) == []
        assert self.watcher.audit.ahead(len(self.watcher.audit.transactions), self.watcher.readings) == []

    def close(self) -> None:
        self.comparing.stop()
        for seat in self.seats:
            seat.close()

    def figures(self) -> str:
        clients = sum((reading.clients for reading in self.watcher.readings), Counter[str]())
        ends = sum((seat.ends for seat in self.seats), Counter[str]())
        lines = [
            f"transactions {clients.total()}: {dict(clients)}; inputs {sum(self.feeder.fed)}, results {self.watcher.count}"
        ]
        return "\n".join([*lines, *(f"  {count} x {reason}" for reason, count in ends.most_common(8))])

    def _counts(self) -> list[int]:
        return [reading.count for reading in self.watcher.readings]


class Workload:
    """All of it, or the parts that are asked for."""

    def __init__(
        self, bootstrap: str, folder: Path, seed: int, *, producers: int, per_s: float, transformers: Sequence[str]
    ) -> None:
        create_topics(bootstrap, len(transformers))
        self._never = threading.Event()
        self.records = Records(bootstrap, producers, per_s)
        self.groups = Groups(bootstrap)
        self.transformers = Transformers(bootstrap, folder, seed, transformers) if transformers else None

    def check(self) -> None:
        """Nothing that was seen so far is wrong."""
        self.records.check()
        self.groups.check()
        if self.transformers is not None:
            self.transformers.check()
            self.transformers.watch()

    def wait(self, seconds: float) -> None:
        """Let the clients work."""
        self._never.wait(seconds)

    def finish(self) -> None:
        """Nothing breaks any more: everything comes to its end."""
        if self.transformers is not None:
            self.transformers.finish()
        self.records.finish()
        self.groups.finish()

    def close(self) -> None:
        self.records.close()
        self.groups.close()
        if self.transformers is not None:
            self.transformers.close()

    def figures(self) -> str:
        ledger = self.records.ledger
        commits = sum(offsets.commits for offsets in self.groups.committed.values())
        text = f"{ledger.acknowledged} records acknowledged, {ledger.given_up} given up, {ledger.seen} seen; {commits} offset commits"
        return text if self.transformers is None else f"{text}\n{self.transformers.figures()}"


def create_topics(bootstrap: str, transformers: int) -> None:
    """What the workload reads and writes."""
    admin = AdminClient({**QUICK, "bootstrap.servers": bootstrap})
    topics = [NewTopic(TOPIC, PARTITIONS, 1)]
    if transformers:
        topics += [NewTopic(f"input-{number}", 1, 1) for number in range(transformers)]
        topics += [NewTopic("audit", 1, 1), NewTopic("output", transformers, 1)]
    for made in admin.create_topics(topics).values():
        made.result(30)


def log_ends(bootstrap: str, topic: str, partitions: int) -> dict[int, int]:
    """The high watermark of every partition."""
    consumer = Consumer({**QUICK, "bootstrap.servers": bootstrap, "group.id": "none"})
    try:
        return {
            partition: consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)[1]
            for partition in range(partitions)
        }
    finally:
        consumer.close()


def committed_offsets(bootstrap: str, group: str) -> dict[int, int] | None:
    """A group's offsets, None when it could not be asked."""
    consumer = Consumer({**QUICK, "bootstrap.servers": bootstrap, "group.id": group})
    try:
        found = consumer.committed([TopicPartition(TOPIC, partition) for partition in range(PARTITIONS)], timeout=10)
    except KafkaException:
        return None
    finally:
        consumer.close()
    return None if any(at.error for at in found) else {at.partition: at.offset for at in found}
