"""Consume, transform, produce in transactions, while the broker is killed and the transformers crash at every step.

What each transformer writes and how far it has read are one transaction (KIP-447): at any moment as many results are visible to
read_committed readers as the group's offset says, and in the end each input came to exactly one result, in order.
"""

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.durability.load import QUICK
from tests.durability.transformer import GROUP, PATIENCE_S
from tests.support.penstock import Penstock

ROUNDS = int(os.environ.get("PENSTOCK_KILL_ROUNDS", "4"))
SEED = int(os.environ.get("PENSTOCK_KILL_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
PARTITIONS = 3
INPUTS = 1500 * min(ROUNDS, 30)
PROGRESS_S = 120.0
ROOT = Path(__file__).parents[2]


class Transformers:
    """One process for each partition, started again whenever it dies, until :meth:`kill`."""

    def __init__(self, bootstrap: str, chance: random.Random) -> None:
        self._bootstrap = bootstrap
        self._chance = random.Random(chance.getrandbits(32))
        self._changed = threading.Condition()
        self._killed = False
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.commits = 0
        self.deaths = 0
        self.done: set[int] = set()
        self._threads = [threading.Thread(target=self._watch, args=(partition,), daemon=True) for partition in range(PARTITIONS)]
        for thread in self._threads:
            thread.start()

    def wait(self, reached: Callable[["Transformers"], bool]) -> None:
        """Until ``reached``, which is asked after every line of theirs."""
        with self._changed:
            assert self._changed.wait_for(lambda: reached(self), PROGRESS_S), f"no progress: {self.commits} commits, done {self.done}"

    def kill(self) -> None:
        """All of them, and none comes back."""
        with self._changed:
            self._killed = True
            for process in self._processes.values():
                process.kill()
        for thread in self._threads:
            thread.join(30)

    def _watch(self, partition: int) -> None:
        while partition not in self.done:
            with self._changed:
                if self._killed:
                    return
                seed = str(self._chance.getrandbits(32))
                command = [sys.executable, "-m", "tests.durability.transformer", self._bootstrap, str(partition), str(INPUTS), seed]
                process = self._processes[partition] = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
            assert process.stdout is not None
            for line in process.stdout:
                with self._changed:
                    if line == b"done\n":
                        self.done.add(partition)
                    else:
                        self.commits += 1
                    self._changed.notify_all()
            process.wait()
            process.stdout.close()
            with self._changed:
                self.deaths += partition not in self.done


def committed_offsets(bootstrap: str) -> list[int]:
    """The group's offsets, 0 where there is none. Also while a dead transformer's transaction is open: a reader of stable offsets
    would be sent away until that ends."""
    consumer = Consumer({**QUICK, "bootstrap.servers": bootstrap, "group.id": GROUP, "isolation.level": "read_uncommitted"})
    try:
        asked = [TopicPartition("input", partition) for partition in range(PARTITIONS)]
        return [max(found.offset, 0) for found in consumer.committed(asked, timeout=PATIENCE_S)]
    finally:
        consumer.close()


def visible_results(bootstrap: str) -> list[list[int]]:
    """What a read_committed reader sees of each partition of the output now, from its beginning to its end."""
    consumer = Consumer(
        {
            **QUICK,
            "bootstrap.servers": bootstrap,
            "group.id": "checker",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    try:
        consumer.assign([TopicPartition("output", partition, 0) for partition in range(PARTITIONS)])
        results: list[list[int]] = [[] for _ in range(PARTITIONS)]
        ended: set[int] = set()
        while len(ended) < PARTITIONS:
            for message in consumer.consume(1000, 0.2):
                error = message.error()
                if error is None:
                    results[message.partition()].append(int(message.value()))
                elif error.code() == KafkaError._PARTITION_EOF:
                    ended.add(message.partition())
        return results
    finally:
        consumer.close()


def check(bootstrap: str) -> list[int]:
    """Nothing of an open transaction is seen: results and offsets agree; how far each partition is."""
    results = visible_results(bootstrap)
    offsets = committed_offsets(bootstrap)
    for partition, (numbers, offset) in enumerate(zip(results, offsets, strict=True)):
        assert numbers == list(range(len(numbers))), f"partition {partition}: lost, doubled or reordered"
        assert len(numbers) == offset, f"partition {partition}: {len(numbers)} results and offset {offset}: a torn transaction"
    return offsets


def fill(bootstrap: str) -> None:
    """Numbers from 0 to INPUTS - 1 in every partition of the input."""
    producer = Producer({**QUICK, "bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 5})
    for number in range(INPUTS):
        for partition in range(PARTITIONS):
            producer.produce("input", str(number).encode(), partition=partition)
        if number % 10_000 == 0:  # the client's queue holds a hundred thousand
            assert producer.flush(60) == 0
    assert producer.flush(60) == 0


@pytest.mark.durability
@pytest.mark.timeout(180 + 60 * ROUNDS)
def test_every_input_comes_to_one_result(tmp_path: Path) -> None:
    """Whatever dies, when, and however often."""
    chance = random.Random(SEED)
    print(f"PENSTOCK_KILL_SEED={SEED}")
    broker = Penstock(tmp_path / "data", env={"PENSTOCK_SEGMENT_FILE_BYTES": "1048576"})
    crowds: list[Transformers] = []
    try:
        broker.start()
        admin = AdminClient({**QUICK, "bootstrap.servers": broker.bootstrap})
        for future in admin.create_topics([NewTopic("input", PARTITIONS, 1), NewTopic("output", PARTITIONS, 1)]).values():
            future.result(20)
        fill(broker.bootstrap)
        for number in range(ROUNDS):
            crowd = Transformers(broker.bootstrap, chance)
            crowds.append(crowd)
            wanted = chance.randint(1, 25)
            crowd.wait(lambda those: those.commits >= wanted or len(those.done) == PARTITIONS)  # noqa: B023 - asked within this turn
            # Now one dies first, now the other: what was under way is there or not, and never half.
            for victim in (broker.kill, crowd.kill) if number % 2 else (crowd.kill, broker.kill):
                victim()
            broker.start()
            check(broker.bootstrap)
        last = Transformers(broker.bootstrap, chance)
        crowds.append(last)
        last.wait(lambda those: len(those.done) == PARTITIONS)
        last.kill()
        assert check(broker.bootstrap) == [INPUTS] * PARTITIONS
        broker.terminate()
    except BaseException:
        print(broker.log_tail())
        raise
    finally:
        for crowd in crowds:
            crowd.kill()
        broker.kill()
        print(
            f"seed {SEED}: {ROUNDS} kills of the broker, {sum(crowd.deaths for crowd in crowds)} deaths of transformers, "
            f"{sum(crowd.commits for crowd in crowds)} transactions committed, {INPUTS * PARTITIONS} inputs"
        )
