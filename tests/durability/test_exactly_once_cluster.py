"""Consume, transform, produce on a cluster, while the brokers that coordinate it are killed and stopped one after the other.

Three partitions have a transformer each, of Java, librdkafka and franz-go by turns; each coordinates a group and a transactional id. Again and again the
broker that coordinates one of them is killed, or stops in good order, and comes back. Two readers look on all the time. What must
be true is what must be true of one broker (:mod:`tests.durability.test_exactly_once_clients`): no loss, no duplicate, nothing torn.

`PENSTOCK_CLUSTER_SECONDS` says for how long, `PENSTOCK_CHECKER_SEED` which chances are drawn.
"""

import contextlib
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.clients.catalog import BY_NAME
from tests.clients.driver import Driver
from tests.durability.feeding import Feeder
from tests.durability.load import QUICK
from tests.durability.seats import Seat
from tests.durability.watchers import OutputAndAudit, OutputOfDriver, Snapshots
from tests.support.cluster import Cluster, ClusterBroker
from tests.support.waiting import wait_until
from tests.toolchain import required

SECONDS = float(os.environ.get("PENSTOCK_CLUSTER_SECONDS", "10"))
SEED = int(os.environ.get("PENSTOCK_CHECKER_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
CLIENTS = ("java-4", "confluent-kafka", "franz-go")
PARTITIONS = 3
INPUTS = [f"input-{partition}" for partition in range(PARTITIONS)]
GROUPS = [f"transform-{partition}" for partition in range(PARTITIONS)]
TIMEOUT_MS = 10_000
AHEAD = 500
LEASE_MS = 3_000
DRAIN_S = 120.0


class Run:
    """Everything that takes part, and what is done to it."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self.chance = random.Random(SEED)
        self.folder, self.cluster = folder, cluster
        self.bootstrap = cluster.bootstrap
        self.events: Counter[str] = Counter()
        self.pauses: list[float] = []
        self.seats: list[Seat] = []
        self.admin = AdminClient({**QUICK, "bootstrap.servers": self.bootstrap})

    def start(self) -> None:
        topics = [NewTopic(name, 1, 1) for name in (*INPUTS, "audit")] + [NewTopic("output", PARTITIONS, 1)]
        for made in self.admin.create_topics(topics).values():
            made.result(20)
        self.watcher = OutputAndAudit(self.bootstrap, "output", PARTITIONS, "audit")
        self.other_driver = Driver("java-4", required(BY_NAME["java-4"].runner), self.folder / "watcher.log")
        self.other = OutputOfDriver(self.other_driver, self.bootstrap, "output", PARTITIONS)
        self.snapshots = Snapshots(self.bootstrap, self.watcher, "output", GROUPS, INPUTS)
        self.watcher.start()
        self.other.start()
        self.feeder = Feeder(self.bootstrap, INPUTS, AHEAD, self._counts)
        for partition in range(PARTITIONS):
            seed = random.Random(self.chance.getrandbits(32))
            self.seats.append(Seat(partition, CLIENTS, self._job(partition), seed, self.folder))

    def break_things(self, until: float) -> None:
        """The coordinator of somebody's group goes; when there are results again everywhere, the next one's."""
        deck: list[bool] = []
        while time.monotonic() < until or len(self.events) < 2:
            self._see_results()
            deck = deck or self.chance.sample([True, False], 2)
            broker = self._coordinator(self.chance.choice(GROUPS))
            if deck.pop():
                self.events["coordinator killed"] += 1
                broker.kill()
            else:
                self.events["coordinator stopped"] += 1
                broker.stop()
            self.pauses.append(self._see_results())
            broker.start()

    def finish(self) -> None:
        """Nothing breaks any more: every input comes to its result."""
        self.feeder.stop()
        self._await_everything(self.watcher)
        self._await_everything(self.other)
        for seat in self.seats:
            seat.close()
        wait_until(bool, self.snapshots.take)
        with self.watcher.changed:
            self.watcher.changed.wait_for(lambda: not self.watcher.audit.behind(self.watcher.readings), 30)
        self.check()
        assert self.watcher.audit.behind(self.watcher.readings) == []
        everywhere = [TopicPartition("output", partition) for partition in range(PARTITIONS)]
        assert self.snapshots.last_stable(everywhere) == self.snapshots.last_stable(everywhere, committed=False)

    def _await_everything(self, watcher: OutputAndAudit | OutputOfDriver) -> None:
        end = time.monotonic() + DRAIN_S
        with watcher.changed:
            while not watcher.changed.wait_for(lambda: self._wrong() or self._counts(watcher) == self.feeder.fed, 0.5):
                assert time.monotonic() < end, f"not all inputs have results: {self._counts(watcher)} of {self.feeder.fed}"
                self._watch_seats()

    def check(self) -> None:
        """Nothing that was seen so far is wrong."""
        self.watcher.check()
        self.other.check()
        faults = [*self.watcher.faults(), *self.other.faults(), *self.snapshots.faults]
        assert not faults, f"{len(faults)} faults, the first: " + "\n".join(str(fault) for fault in faults[:5])

    def close(self) -> None:
        for seat in self.seats:
            seat.close()
        self.other_driver.kill()

    def figures(self) -> str:
        ends = sum((seat.ends for seat in self.seats), Counter[str]())
        clients = sum((reading.clients for reading in self.watcher.readings), Counter[str]())
        return "\n".join(
            [
                f"PENSTOCK_CHECKER_SEED={SEED}: {SECONDS:g} s",
                f"  inputs {sum(self.feeder.fed)}, results {self.watcher.count}, transactions {clients.total()}: {dict(clients)}",
                f"  done to brokers {dict(self.events)}, comparisons {self.snapshots.taken}",
                f"  seconds until every partition had results again: {[round(pause, 1) for pause in self.pauses]}",
                *(f"  {count} x {reason}" for reason, count in ends.most_common()),
            ]
        )

    def _see_results(self) -> float:
        """Each partition comes to some more; how long that took."""
        began = time.monotonic()
        wanted = [count + 20 for count in self._counts()]
        end = time.monotonic() + DRAIN_S
        while any(count < want for count, want in zip(self._counts(), wanted, strict=True)):
            assert time.monotonic() < end, f"no results: {self._counts()}, wanted {wanted}"
            with contextlib.suppress(TimeoutError):  # the client still waits for a broker that is gone
                self.snapshots.take()
            self.check()
            self._watch_seats()
            with self.watcher.changed:
                self.watcher.changed.wait_for(self._wrong, 0.3)
        return time.monotonic() - began

    def _coordinator(self, group: str) -> ClusterBroker:
        """The broker that coordinates the group now."""

        def address() -> str:
            try:
                found = self.admin.describe_consumer_groups([group])[group].result(20)
            except KafkaException:  # the broker that was asked is gone
                return ""
            return f"{found.coordinator.host}:{found.coordinator.port}"

        at = wait_until(lambda found: any(found == broker.bootstrap for broker in self.cluster if broker.running), address)
        return next(broker for broker in self.cluster if broker.running and broker.bootstrap == at)

    def _watch_seats(self) -> None:
        for seat, reading, fed in zip(self.seats, self.watcher.readings, self.feeder.fed, strict=True):
            seat.watch(reading.count, reading.count < fed, time.monotonic())

    def _counts(self, watcher: OutputAndAudit | OutputOfDriver | None = None) -> list[int]:
        return [reading.count for reading in (watcher or self.watcher).readings]

    def _wrong(self) -> bool:
        return any(bool(watcher._error or watcher.faults()) for watcher in (self.watcher, self.other))

    def _job(self, partition: int) -> dict[str, Any]:
        return {
            "bootstrap": self.bootstrap,
            "transactional_id": f"transformer-{partition}",
            "group": GROUPS[partition],
            "input": INPUTS[partition],
            "output": "output",
            "partition": partition,
            "audit": "audit",
            "timeout_ms": TIMEOUT_MS,
            "most": 60,
            "crash": 0.0005,
            "doom": 0.02,
        }


@pytest.mark.durability
@pytest.mark.timeout(SECONDS + 4 * DRAIN_S)
def test_every_input_comes_to_one_result_whoever_coordinates_it(tmp_path: Path) -> None:
    """No loss, no duplicate, nothing aborted, nothing torn, at any moment; offsets and output always agree."""
    print(f"PENSTOCK_CHECKER_SEED={SEED}")
    with Cluster(tmp_path, 3, lease_ms=LEASE_MS, env={"PENSTOCK_GROUP_INITIAL_REBALANCE_DELAY_MS": "0"}) as cluster:
        run = Run(tmp_path, cluster)
        run.start()
        try:
            run.break_things(time.monotonic() + SECONDS)
            run.finish()
        finally:
            print(run.figures())
            run.close()
    assert set(run.events) == {"coordinator killed", "coordinator stopped"}
