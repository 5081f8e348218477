"""The same workload into Apache Kafka and Penstock, both made to compact: a consumer from offset 0 is shown the same records.

What Kafka never compacts, its active segment, is kept out by a last record that makes it begin a new one.
"""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.support.kafka import ApacheKafka
from tests.support.penstock import Penstock
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.differential, pytest.mark.timeout(300), pytest.mark.xdist_group("differential")]

SEED = random.SystemRandom().randrange(2**32)
ROLL_MS = 200
START_MS = int(time.time() * 1000)
ROLLS_MS = START_MS + 3_000_000
"""Segments end by the timestamps of their records, and those of markers are the broker's own."""
KEYS = [b"key-%d" % number for number in range(8)]
QUIET = {"log_level": 0}
CONFIG = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0", "segment.ms": str(ROLL_MS)}
Shown = tuple[int, bytes | None, bytes | None, int, int]
"""(offset, key, value, timestamp, number of headers)."""


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Addresses of both, with cleaners that hardly rest."""
    folder = tmp_path_factory.mktemp("compaction")
    properties = {"log.cleaner.backoff.ms": "100"}
    file = folder / "penstock.properties"
    file.write_text("".join(f"{name}={text}\n" for name, text in properties.items()))
    with ExitStack() as stack:
        kafka = stack.enter_context(ApacheKafka(folder / "kafka", properties, low_heap=True))
        penstock = stack.enter_context(Penstock(folder / "data", "--properties", str(file)))
        yield kafka.bootstrap, penstock.bootstrap


class Workload:
    """Seeded: the same records in the same order to whichever broker, at timestamps of its own."""

    def __init__(self, bootstrap: str, topic: str, **config: str) -> None:
        self.topic = topic
        self.bootstrap = bootstrap
        self.random = random.Random(SEED)
        self.now_ms = START_MS
        self.written: dict[int, tuple[bytes, bytes | None]] = {}
        self.aborted: set[int] = set()
        admin = AdminClient({**QUIET, "bootstrap.servers": bootstrap})
        admin.create_topics([NewTopic(topic, 1, 1, config={**CONFIG, **config})])[topic].result(30)
        base = {**QUIET, "bootstrap.servers": bootstrap}
        self.plain = [
            Producer({**base, "linger.ms": 50, "compression.type": codec, "enable.idempotence": codec != "gzip"})
            for codec in ("none", "lz4", "zstd", "snappy", "gzip")
        ]
        self.transactional = [Producer({**base, "transactional.id": f"{topic}-{number}"}) for number in range(2)]
        for producer in self.transactional:
            producer.init_transactions(30)
        self.watcher = Consumer({**base, "group.id": "none"})

    def send(self, producer: Producer, count: int) -> list[int]:
        """A batch or a few, acknowledged; their offsets."""
        offsets: list[int] = []
        for _ in range(count):
            self.now_ms += 1
            key = self.random.choice(KEYS)
            value = None if self.random.random() < 0.2 else self.random.randbytes(self.random.randrange(60))
            headers = [("h", b"1")] * self.random.randrange(3)

            def delivered(error: Any, message: Any, key: bytes = key, value: bytes | None = value) -> None:
                assert error is None, error
                offsets.append(message.offset())
                self.written[message.offset()] = (key, value)

            producer.produce(
                self.topic, value, key, partition=0, timestamp=self.now_ms, headers=headers, on_delivery=delivered
            )
        assert producer.flush(30) == 0
        return offsets

    def run(self) -> None:
        """Overwrites, tombstones, committed and aborted transactions, two of them at the same time."""
        for _ in range(12):
            self.send(self.random.choice(self.plain), self.random.randrange(1, 9))
            one, two = self.transactional
            one.begin_transaction()
            first = self.send(one, self.random.randrange(1, 5))
            both = self.random.random() < 0.5
            second: list[int] = []
            if both:
                two.begin_transaction()
                second = self.send(two, self.random.randrange(1, 5))
            self.send(self.random.choice(self.plain), 1)
            for producer, offsets in ((one, first), (two, second)) if both else ((one, first),):
                self.end(producer, self.random.random() < 0.5, offsets)

    def end(self, producer: Producer, commit: bool, offsets: list[int]) -> None:
        """End a transaction, and wait for its marker: Apache Kafka answers before it is in the log."""
        before = self.high_watermark()
        if commit:
            producer.commit_transaction(30)
        else:
            producer.abort_transaction(30)
            self.aborted.update(offsets)
        wait_until(bool, lambda: self.high_watermark() > before, 60)  # the marker is in the log

    def high_watermark(self) -> int:
        high: int = self.watcher.get_watermark_offsets(TopicPartition(self.topic, 0), timeout=30)[1]
        return high

    def roll(self) -> int:
        """Write a record that Kafka begins a new segment with; its offset."""
        self.now_ms = max(self.now_ms, ROLLS_MS) + 10 * ROLL_MS
        offsets: list[int] = []
        self.plain[0].produce(
            self.topic, b"x", b"roll", partition=0, timestamp=self.now_ms,
            on_delivery=lambda _, message: offsets.append(message.offset()),
        )  # fmt: skip
        assert self.plain[0].flush(30) == 0
        return offsets[0]

    def expected(self) -> list[tuple[int, bytes, bytes | None]]:
        """The newest record of each key that is not of an aborted transaction."""
        last = {key: offset for offset, (key, _) in sorted(self.written.items()) if offset not in self.aborted}
        return sorted((offset, key, self.written[offset][1]) for key, offset in last.items())

    def shown(self, isolation: str, start: int = 0) -> list[Shown]:
        """What a consumer from ``start`` to the end is shown."""
        consumer = Consumer(
            {
                **QUIET,
                "bootstrap.servers": self.bootstrap,
                "group.id": "none",
                "isolation.level": isolation,
                "enable.partition.eof": True,
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
            }
        )
        found: list[Shown] = []
        try:
            consumer.assign([TopicPartition(self.topic, 0, start)])
            while True:
                message = consumer.poll(30)
                assert message is not None, "the end of the log is reached"
                if message.error():
                    return found
                found.append(
                    (
                        message.offset(), message.key(), message.value(), message.timestamp()[1],
                        len(message.headers() or ()),
                    )
                )  # fmt: skip
        finally:
            consumer.close()


def below(shown: list[Shown], end: int) -> list[Shown]:
    return [each for each in shown if each[0] < end]


def test_a_consumer_from_the_start_is_shown_the_same(brokers: tuple[str, str]) -> None:
    """Keys, values, offsets, timestamps and headers, read_committed and read_uncommitted, from the start and from every gap."""
    print(f"seed {SEED}")
    seen = []
    for bootstrap in brokers:
        work = Workload(bootstrap, "same")
        work.run()
        end = work.roll()
        plain = work.expected()

        def compacted(work: Workload = work, end: int = end, plain: list[Any] = plain) -> bool:
            return [each[:3] for each in below(work.shown("read_uncommitted"), end)] == plain

        wait_until(bool, compacted, 60)
        committed = below(work.shown("read_committed"), end)
        middles = [below(work.shown("read_committed", start), end) for start in range(1, end, max(1, end // 5))]
        seen.append((end, below(work.shown("read_uncommitted"), end), committed, middles))
    kafka, penstock = seen
    assert penstock == kafka
    assert kafka[1] == kafka[2], "nothing of an aborted transaction is left"


def test_tombstones_go_alike(brokers: tuple[str, str]) -> None:
    """With delete.retention.ms=0 they go with the second round, and what they hid does not come back."""
    seen = []
    for bootstrap in brokers:
        work = Workload(bootstrap, "tombstones", **{"delete.retention.ms": "0"})
        work.run()
        end = work.roll()
        values = [(offset, key, value) for offset, key, value in work.expected() if value is not None]

        def compacted(work: Workload = work, end: int = end, values: list[Any] = values) -> bool:
            work.roll()
            return [each[:3] for each in below(work.shown("read_committed"), end)] == values

        wait_until(bool, compacted, 60)
        seen.append((end, below(work.shown("read_committed"), end), below(work.shown("read_uncommitted"), end)))
    kafka, penstock = seen
    assert penstock == kafka
