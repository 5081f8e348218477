"""`python -m benchmarks.tls`: what encryption costs. One broker, a plaintext and a TLS listener, the same records written and read over each in turn."""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from tests.support.certificates import Files
from tests.support.penstock import Penstock
from tests.support.process import free_port

RECORD = 1_000
TARGET = 0.6


class TwoListeners(Penstock):
    """A broker that speaks both."""

    def __init__(self, folder: Path, files: Files) -> None:
        super().__init__(folder / "data", env={f"PENSTOCK_{name.upper()}": str(value) for name, value in files.settings().items()})
        self.addresses = {"PLAINTEXT": f"127.0.0.1:{free_port()}", "SSL": f"127.0.0.1:{free_port()}"}

    def _command(self) -> list[str]:
        listeners = [part for name, address in self.addresses.items() for part in ("--listener", f"{name}://{address}")]
        return [sys.executable, "-m", "broker", "serve", "--data-dir", str(self.data_dir), "--http", "127.0.0.1:0", *listeners]


def write(settings: dict[str, Any], topic: str, count: int) -> float:
    """Records a second, acknowledged."""
    producer = Producer({**settings, "linger.ms": 5, "batch.size": 1_000_000, "queue.buffering.max.kbytes": 256_000, "acks": "all"})
    producer.list_topics(topic, timeout=10)
    value = os.urandom(RECORD)
    began = time.perf_counter()
    for number in range(count):
        while True:
            try:
                producer.produce(topic, value)
                break
            except BufferError:
                producer.poll(0.01)
        if number % 1_000 == 0:
            producer.poll(0)
    assert producer.flush(60) == 0
    return count / (time.perf_counter() - began)


def read(settings: dict[str, Any], topic: str, count: int) -> float:
    """Records a second, from the start of the log."""
    consumer = Consumer({**settings, "group.id": "bench", "fetch.max.bytes": 50_000_000, "max.partition.fetch.bytes": 8_000_000, "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    got, began = 0, 0.0
    while got < count:
        messages = consumer.consume(10_000, 5.0)
        assert messages, "nothing came"
        began = began or time.perf_counter()
        got += len(messages)
    took = time.perf_counter() - began
    consumer.close()
    return count / took


def main() -> int:
    """Measure and print; with --check the exit code is 1 when the target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tls", description=__doc__)
    parser.add_argument("--records", type=int, default=400_000, metavar="N", help="of 1,000 bytes, each round")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--check", action="store_true", help="fail when the target is missed")
    arguments = parser.parse_args()
    found: dict[str, dict[str, list[float]]] = {kind: {"write": [], "read": []} for kind in ("PLAINTEXT", "SSL")}
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        files = Files.make(Path(folder))
        with TwoListeners(Path(folder), files) as broker:
            for turn in range(arguments.rounds):
                for kind in ("PLAINTEXT", "SSL") if turn % 2 == 0 else ("SSL", "PLAINTEXT"):
                    settings = {"bootstrap.servers": broker.addresses[kind], "security.protocol": kind, "ssl.ca.location": str(files.authorities),
                                "enable.metrics.push": False}  # fmt: skip
                    topic = f"{kind.lower()}-{turn}"
                    admin = AdminClient(settings)
                    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(10)
                    found[kind]["write"].append(write(settings, topic, arguments.records))
                    found[kind]["read"].append(read(settings, topic, arguments.records))
    missed = False
    for what in ("write", "read"):
        plain, tls = (statistics.median(found[kind][what]) for kind in ("PLAINTEXT", "SSL"))
        missed |= tls / plain < TARGET
        print(f"{what:5}  plaintext {plain * RECORD / 1e6:7.1f} MB/s   TLS {tls * RECORD / 1e6:7.1f} MB/s   {tls / plain:.2f} of it (target {TARGET})")
    return int(arguments.check and missed)


if __name__ == "__main__":
    sys.exit(main())
