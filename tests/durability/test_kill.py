"""``kill -9`` at random moments, over and over, under idempotent producers at full speed and groups that commit."""

import contextlib
import math
import os
import random
import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from tests.durability.ledger import Ledger
from tests.durability.load import QUICK, CommittedOffsets, Committer, LogReader, Member, ProducerLoad
from tests.support.penstock import Penstock
from tests.support.process import ServerFailed

ROUNDS = int(os.environ.get("PENSTOCK_KILL_ROUNDS", "4"))
SEED = int(os.environ.get("PENSTOCK_KILL_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)

TOPIC = "orders"
PARTITIONS = 4
MOST_RECORDS_A_ROUND = 30_000
RESTART_LIMIT_S = 20.0
"""From the start of the process to ready. About one second on an idle machine; tests share theirs."""
PROGRESS_S = 60.0


class World:
    """One broker and everything that uses it while it is killed."""

    def __init__(self, tmp_path: Path) -> None:
        properties = tmp_path / "server.properties"
        properties.write_text("group.initial.rebalance.delay.ms=0\n")
        self.random = random.Random(SEED)
        # Small segments, so that kills meet the change from one to the next.
        small = {"PENSTOCK_SEGMENT_FILE_BYTES": "1048576"}
        self.broker = Penstock(tmp_path / "data", "--properties", str(properties), env=small)
        self.ledger = Ledger()
        self.groups = {"members": CommittedOffsets(), "committer": CommittedOffsets()}
        self.producers: list[ProducerLoad] = []
        self.restarts: list[float] = []
        self.killed_while_starting = 0
        self.next_producer = 0
        self.config_changes = 0
        self.facts: object = None

    # --- clients ------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self.broker.start()
        address = self.broker.bootstrap
        self.admin = AdminClient({**QUICK, "bootstrap.servers": address})
        new = NewTopic(TOPIC, PARTITIONS, 1, config={"message.timestamp.type": "LogAppendTime"})
        self.admin.create_topics([new])[TOPIC].result(20)
        self.facts = self.describe()
        self.reader = LogReader(address, TOPIC, PARTITIONS, self.ledger, log_append_time=True).start()
        for codec in ("none", "lz4", "zstd"):
            self.add_producer(codec)
        self.mortal = self.add_producer("none")
        self.clients = [
            Member(address, TOPIC, "members", self.groups["members"]).start(),
            Member(address, TOPIC, "members", self.groups["members"]).start(),
            Committer(address, TOPIC, PARTITIONS, "committer", self.groups["committer"]).start(),
        ]

    def add_producer(self, codec: str) -> ProducerLoad:
        producer = ProducerLoad(
            self.broker.bootstrap, TOPIC, PARTITIONS, self.next_producer, self.ledger, **{"compression.type": codec}
        )
        self.next_producer += 1
        self.producers.append(producer.start())
        return producer

    # --- one round ----------------------------------------------------------------------------------------------------

    def round(self, number: int) -> None:
        if self.random.random() < 0.3:
            self.change_config()
        # As often soon after the start as later.
        after = int(math.exp(self.random.uniform(0, math.log(MOST_RECORDS_A_ROUND))))
        self.ledger.wait_for_more(after, PROGRESS_S)
        self.broker.kill()
        promised = {group: offsets.snapshot() for group, offsets in self.groups.items()}
        if number % 3 == 0:
            # A producer that dies with the broker: what it had under way is in the log once, or never.
            self.mortal.give_up()
        while self.random.random() < 0.25:
            with contextlib.suppress(ServerFailed):
                self.broker.start(deadline_s=self.random.uniform(0.02, 1.2))
            self.broker.kill()
            self.killed_while_starting += 1
        started = time.monotonic()
        self.broker.start()
        self.restarts.append(time.monotonic() - started)
        assert self.restarts[-1] < RESTART_LIMIT_S
        if number % 3 == 0:
            self.mortal = self.add_producer(self.random.choice(("none", "gzip", "snappy")))
        assert self.describe() == self.facts
        for group, offsets in promised.items():
            self.check_group(group, offsets)
        self.check_clients()

    def change_config(self) -> None:
        self.config_changes += 1
        entry = ConfigEntry("max.message.bytes", str(1_100_000 + self.config_changes), incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, TOPIC, incremental_configs=[entry])
        self.admin.incremental_alter_configs([resource])[resource].result(20)
        self.facts = self.describe()

    def describe(self) -> object:
        """What must not change unless somebody changes it."""
        resource = ConfigResource(ResourceType.TOPIC, TOPIC)
        configs = self.admin.describe_configs([resource], request_timeout=20)[resource].result(20)
        topic = self.admin.describe_topics(TopicCollection([TOPIC]), request_timeout=20)[TOPIC].result(20)
        cluster = self.admin.list_topics(timeout=20)
        return (
            sorted((entry.name, entry.value, str(entry.source)) for entry in configs.values()),
            str(topic.topic_id),
            [(partition.id, partition.leader.id) for partition in topic.partitions],
            cluster.cluster_id,
            sorted(cluster.topics),
        )

    def check_group(self, group: str, promised: dict[int, int]) -> None:
        """Offsets never go back behind what was acknowledged, and nobody made one up."""
        consumer = Consumer({**QUICK, "bootstrap.servers": self.broker.bootstrap, "group.id": group})
        try:
            found = consumer.committed([TopicPartition(TOPIC, partition) for partition in range(PARTITIONS)], timeout=20)
        finally:
            consumer.close()
        for at in found:
            least, most = promised.get(at.partition, -1001), self.groups[group].asked.get(at.partition, -1001)
            assert least <= at.offset <= most or (at.offset < 0 and least < 0), f"{group}: {at}, promised {least}"
            assert group != "committer" or at.offset < 0 or at.metadata == str(at.offset)

    def check_clients(self) -> None:
        assert not self.ledger.violations, self.ledger.violations
        assert not self.reader.problems, self.reader.problems
        for worker in (*self.producers, *self.clients, self.reader):
            worker.check()

    # --- the end ------------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Everything sent comes to its end; then the whole log is read once more, from a broker that was killed again."""
        for worker in (*self.producers, *self.clients):
            worker.stop()
        for worker in (*self.producers, *self.clients):
            worker.join()
        ends = self.ends()
        self.reader.read_up_to(ends, 120)
        self.check_clients()
        violations = self.ledger.settle()
        assert not violations, violations
        self.broker.kill()
        self.broker.start()
        assert self.ends() == ends
        again = LogReader(self.broker.bootstrap, TOPIC, PARTITIONS, None, log_append_time=True).start()
        again.read_up_to(ends, 300)
        assert not again.problems, again.problems
        assert again.fingerprint.checksums == self.reader.fingerprint.checksums, "a second reading finds another log"
        for group, offsets in self.groups.items():
            self.check_group(group, offsets.snapshot())

    def ends(self) -> dict[int, int]:
        consumer = Consumer({**QUICK, "bootstrap.servers": self.broker.bootstrap, "group.id": "none"})
        try:
            return {
                partition: consumer.get_watermark_offsets(TopicPartition(TOPIC, partition), timeout=20)[1]
                for partition in range(PARTITIONS)
            }
        finally:
            consumer.close()

    def summary(self, seconds: float) -> str:
        ledger = self.ledger
        commits = sum(offsets.commits for offsets in self.groups.values())
        slowest = max(self.restarts, default=0.0)
        return (
            f"seed {SEED}: {len(self.restarts)} rounds in {seconds:.0f} s, {self.killed_while_starting} more kills while starting; "
            f"{ledger.acknowledged} records acknowledged by {self.next_producer} producers, {ledger.given_up} given up, "
            f"{ledger.seen} in the log; {commits} offset commits; restart to ready at most {slowest:.2f} s"
        )


@pytest.mark.durability
@pytest.mark.timeout(180 + 60 * ROUNDS)
def test_nothing_acknowledged_is_lost_repeated_or_reordered(tmp_path: Path) -> None:
    """Every acknowledged record is there once, in order, where it was acknowledged; offsets of groups never go back."""
    print(f"PENSTOCK_KILL_SEED={SEED}")
    world = World(tmp_path)
    began = time.monotonic()
    try:
        world.begin()
        for number in range(ROUNDS):
            world.round(number)
        world.finish()
        world.broker.terminate()
    except BaseException:
        print(world.broker.log_tail())
        raise
    finally:
        for worker in world.producers:
            worker.stop()
        world.broker.kill()
        print(world.summary(time.monotonic() - began))
