"""`python -m benchmarks.cluster_partitions`: what a record costs in a cluster with ten partitions and with ten thousand.

The same producer, the same topic, the same brokers; between the two measurements ten thousand partitions are made. Work for a commit must follow what it
names. Judge by the ratio; targets: 1.25 for acknowledgements and for the broker's CPU.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import psutil
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from rich.console import Console
from tests.support.cluster import Cluster

TARGET = 1.25
SENDS = 300
PARTITIONS_A_TOPIC = 500


def acknowledgements(cluster: Cluster, sends: int) -> tuple[float, float, float]:
    """Milliseconds from sending one record to its acknowledgement: median and p99; and the brokers' CPU for each, in milliseconds."""
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "linger.ms": 0, "enable.idempotence": True, "log_level": 0})
    taken: list[float] = []

    def send() -> None:
        began = time.perf_counter()
        producer.produce("measured", b"x" * 100, partition=0)
        producer.flush(30)
        taken.append((time.perf_counter() - began) * 1000)

    for _ in range(50):
        send()
    taken.clear()
    processes = [psutil.Process(broker.pid) for broker in cluster.brokers]
    before = sum(sum(process.cpu_times()[:2]) for process in processes)
    for _ in range(sends):
        send()
    cpu = (sum(sum(process.cpu_times()[:2]) for process in processes) - before) * 1000 / sends
    return statistics.median(taken), statistics.quantiles(taken, n=100)[98], cpu


def main() -> int:
    """Measure and print; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--partitions", type=int, default=10_000)
    parser.add_argument("--brokers", type=int, default=1)
    parser.add_argument("--sends", type=int, default=SENDS)
    options = parser.parse_args()
    console = Console(width=160)
    with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder), options.brokers) as cluster:
        admin = AdminClient({"bootstrap.servers": cluster.bootstrap, "log_level": 0})
        admin.create_topics([NewTopic("measured", 1, 1)])["measured"].result(30)
        few = acknowledgements(cluster, options.sends)
        began = time.monotonic()
        for number in range(options.partitions // PARTITIONS_A_TOPIC):
            name = f"many-{number}"
            admin.create_topics([NewTopic(name, PARTITIONS_A_TOPIC, 1)], request_timeout=60)[name].result(60)
        made = time.monotonic() - began
        many = acknowledgements(cluster, options.sends)
    ratios = many[0] / few[0], many[2] / few[2]
    console.print(f"{options.partitions} partitions made in {made:.1f} s")
    for name, (p50, p99, cpu) in (("with 1 partition", few), (f"with {options.partitions + 1}", many)):
        console.print(f"{name:22} acknowledged after {p50:.2f} ms (p99 {p99:.2f}), {cpu:.2f} ms of the brokers' CPU a record")
    missed = max(ratios) > TARGET
    console.print(f"ratios {ratios[0]:.2f} and {ratios[1]:.2f} (target {TARGET}): {'missed' if missed else 'met'}")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
