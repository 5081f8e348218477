"""``kill -9`` at random moments while a compacted topic is overwritten at full speed and compacted all the time."""

import os
import random
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.durability.load import QUICK, Worker
from tests.support.penstock import Penstock

ROUNDS = int(os.environ.get("PENSTOCK_KILL_ROUNDS", "4"))
SEED = int(os.environ.get("PENSTOCK_KILL_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)

TOPIC = "table"
PARTITIONS = 2
KEYS = 40
PRODUCERS = 2
PROPERTIES = {
    "log.cleaner.backoff.ms": "30",
    "log.cleaner.dedupe.buffer.size": str(192 * 60),
    "log.retention.check.interval.ms": "500",
}


class Owner(Worker):
    """An idempotent producer that alone writes its keys: each record carries a number that only grows. Knows what was acknowledged."""

    def __init__(self, bootstrap: str, number: int) -> None:
        super().__init__(f"owner-{number}")
        self.random = random.Random(SEED + number)
        self.keys = [b"%d-%d" % (number, key) for key in range(KEYS)]
        self.sent = dict.fromkeys(self.keys, 0)
        self.acknowledged: dict[bytes, tuple[int, int]] = {}
        self.count = 0
        self.problems: list[str] = []
        self._producer = Producer(
            {
                **QUICK,
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "linger.ms": 2,
                "message.timeout.ms": 0,
                "compression.type": ("lz4", "none")[number % 2],
            }
        )

    def partition(self, key: bytes) -> int:
        return sum(key) % PARTITIONS

    def step(self) -> None:
        for _ in range(100):
            key = self.random.choice(self.keys)
            number = self.sent[key] + 1
            value = None if self.random.random() < 0.1 else self.random.randbytes(self.random.randrange(400))
            try:
                self._producer.produce(
                    TOPIC, value, key, self.partition(key), headers={"n": b"%d" % number},
                    on_delivery=self._delivered(key, number),
                )  # fmt: skip
            except BufferError:
                break
            self.sent[key] = number
        self._producer.poll(0.01)

    def _delivered(self, key: bytes, number: int) -> Callable[[KafkaError | None, Message], None]:
        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self.problems.append(f"{key!r} {number}: {error}")
                return
            self.count += 1
            offset = message.offset()
            self.acknowledged[key] = (number, -1 if offset is None else offset)

        return delivered

    def finish(self) -> None:
        assert self._producer.flush(60) == 0, "everything is answered in the end"


def read(bootstrap: str) -> dict[bytes, list[tuple[int, int]]]:
    """(number, offset) of every record from offset 0 on, by key."""
    consumer = Consumer(
        {**QUICK, "bootstrap.servers": bootstrap, "group.id": "none", "enable.auto.commit": False, "enable.partition.eof": True}
    )
    found: dict[bytes, list[tuple[int, int]]] = {}
    try:
        consumer.assign([TopicPartition(TOPIC, partition, 0) for partition in range(PARTITIONS)])
        ended: set[int] = set()
        while len(ended) < PARTITIONS:
            message = consumer.poll(60)
            assert message is not None, "the ends of the log are reached"
            if message.error() is None:
                (_, number), *_ = message.headers()
                found.setdefault(message.key(), []).append((int(number), message.offset()))
            else:
                assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                ended.add(message.partition())
    finally:
        consumer.close()
    return found


def rounds_of(broker: Penstock) -> float:
    with urllib.request.urlopen(f"http://{broker.http}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith("penstock_compaction_rounds_total"))


def check(found: dict[bytes, list[tuple[int, int]]], owners: list[Owner], promised: dict[bytes, tuple[int, int]]) -> None:
    """The newest record of every key is there, where it was acknowledged, and none twice."""
    sent = {key: number for owner in owners for key, number in owner.sent.items()}
    for key, records in found.items():
        numbers = [number for number, _ in records]
        assert numbers == sorted(set(numbers)), f"{key!r}: {numbers}"
        assert numbers[-1] <= sent[key]
    for key, (number, offset) in promised.items():
        assert key in found, f"{key!r}: nothing is left, {number} was acknowledged at {offset}"
        assert found[key][-1][0] >= number, f"{key!r}: {found[key][-1]}, {number} was acknowledged at {offset}"
        places = dict(found[key])
        assert places.get(number, offset) == offset or offset < 0, f"{key!r}: {number} lies at {places[number]}, not {offset}"


def wait_for(condition: Callable[[], bool], owners: list[Owner], what: str) -> None:
    """Nobody is told of what the compactor does."""
    deadline = time.monotonic() + 60
    pause = threading.Event()
    while not condition():
        for owner in owners:
            owner.check()
        assert time.monotonic() < deadline, what
        pause.wait(0.05)


@pytest.mark.durability
@pytest.mark.timeout(180 + 60 * ROUNDS)
def test_the_newest_value_of_every_key_survives(tmp_path: Path) -> None:
    """Killed in the middle of compactions, over and over: every key has its newest acknowledged value, at its offset."""
    print(f"PENSTOCK_KILL_SEED={SEED}")
    chance = random.Random(SEED)
    properties = tmp_path / "server.properties"
    properties.write_text("".join(f"{name}={text}\n" for name, text in PROPERTIES.items()))
    broker = Penstock(
        tmp_path / "data", "--properties", str(properties), env={"PENSTOCK_SEGMENT_FILE_BYTES": "1048576"}
    )
    broker.start()
    config = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01", "delete.retention.ms": "3600000"}
    admin = AdminClient({**QUICK, "bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1, config=config)])[TOPIC].result(20)
    owners = [Owner(broker.bootstrap, number).start() for number in range(PRODUCERS)]
    rounds = 0.0
    try:
        for number in range(ROUNDS):
            more = sum(owner.count for owner in owners) + chance.randrange(500, 8000)
            wait_for(lambda more=more: sum(owner.count for owner in owners) >= more, owners, "records are acknowledged")
            if number % 2 == 0:
                # However loaded the machine: some kills come after a compaction, into the next one.
                wait_for(lambda: rounds_of(broker) > 0, owners, "the log is compacted while it is written")
            rounds += rounds_of(broker)
            threading.Event().wait(chance.uniform(0, 0.2))
            broker.kill()
            promised = {key: at for owner in owners for key, at in dict(owner.acknowledged).items()}
            broker.start()
            check(read(broker.bootstrap), owners, promised)
        for owner in owners:
            owner.stop()
        for owner in owners:
            owner.join()
            assert not owner.problems
        promised = {key: at for owner in owners for key, at in owner.acknowledged.items()}
        wait_for(
            lambda: all(len(records) == 1 for records in read(broker.bootstrap).values()), [], "one record of each key is left"
        )
        broker.kill()
        broker.start()
        found = read(broker.bootstrap)
        assert {key: records[-1] for key, records in found.items()} == promised
        files = list((tmp_path / "data" / "segments").iterdir())
        assert len(files) < 60, "files of what was replaced do not pile up"
        broker.terminate()
    except BaseException:
        print(broker.log_tail())
        raise
    finally:
        for owner in owners:
            owner.stop()
        broker.kill()
    print(f"seed {SEED}: {ROUNDS} kills, {sum(owner.count for owner in owners)} records, {rounds:.0f} compactions")
