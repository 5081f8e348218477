"""`python -m benchmarks.compaction`: what producers lose while compaction goes on.

One broker, one compacted topic, a producer in a process of its own that overwrites keys as fast as it can. It takes turns: with compaction turned
off for the topic (a dirty ratio that is never exceeded), and with compaction that never rests. What is compared was measured within
the same minutes on the same machine, so only the ratio counts.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType
from rich.console import Console
from rich.table import Table
from tests.support.penstock import Penstock

from benchmarks.machine import sync_ms

TARGET: Final = 0.8
TOPIC: Final = "overwritten"
PARTITIONS: Final = 2
KEYS: Final = 10_000
PROPERTIES: Final = {"log.cleaner.backoff.ms": "50", "log.retention.check.interval.ms": "2000"}
_RATIO: Final = "min.cleanable.dirty.ratio"
_VALUE_BYTES: Final = 1000
_SLICE: Final = 200


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn came to; `compacted` is how many bytes compaction went over in it."""

    with_compaction: bool
    records_per_s: float
    compacted: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """All turns, and what they say."""

    turns: Sequence[Turn]

    def median(self, with_compaction: bool) -> float:
        return statistics.median(turn.records_per_s for turn in self.turns if turn.with_compaction is with_compaction)

    @property
    def ratio(self) -> float:
        """Throughput with compaction, of that without."""
        return self.median(True) / self.median(False)

    @property
    def compacted(self) -> float:
        return sum(turn.compacted for turn in self.turns if turn.with_compaction)


def order(rounds: int) -> list[bool]:
    """Off and on, on and off: whatever drifts on the machine meets both alike."""
    return [with_compaction for number in range(rounds) for with_compaction in ((False, True), (True, False))[number % 2]]


def counter(metrics: str, name: str) -> float:
    """The value of a counter without labels in what /metrics shows."""
    return sum(float(line.split()[1]) for line in metrics.splitlines() if line.split(" ")[0] == name)


def produce(bootstrap: str, seconds: float) -> float:
    """Overwrite keys for so long; records acknowledged in a second, the first fifth of the time not counted."""
    producer = Producer(
        {"bootstrap.servers": bootstrap, "acks": "all", "enable.idempotence": True, "linger.ms": 5, "batch.size": 65_536, "log_level": 0}
    )
    acknowledged = 0

    def delivered(error: object, _: object) -> None:
        nonlocal acknowledged
        if error is not None:
            raise RuntimeError(error)
        acknowledged += 1

    value = bytes(range(250)) * (_VALUE_BYTES // 250)
    began = time.perf_counter()
    warm_until = began + seconds / 5
    counted_from, counted = 0.0, 0
    number = 0
    while (now := time.perf_counter()) < began + seconds:
        if not counted_from and now >= warm_until:
            counted_from, counted = now, acknowledged
        try:
            for _ in range(_SLICE):
                producer.produce(TOPIC, value, b"key-%d" % (number * 7919 % KEYS), on_delivery=delivered)
                number += 1
        except BufferError:
            producer.poll(0.01)
        producer.poll(0)
    rate = (acknowledged - counted) / (time.perf_counter() - counted_from)
    producer.flush(30)
    return rate


def measure(folder: Path, rounds: int, seconds: float, say: Console) -> Outcome:
    """Start a broker on `folder` and take turns."""
    properties = folder / "server.properties"
    properties.write_text("".join(f"{name}={text}\n" for name, text in PROPERTIES.items()))
    with Penstock(folder / "data", "--properties", str(properties)) as broker:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
        config = {"cleanup.policy": "compact", _RATIO: "1"}
        admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1, config=config)])[TOPIC].result(20)
        _produce_elsewhere(broker.bootstrap, seconds)
        turns: list[Turn] = []
        for with_compaction in order(rounds):
            _set_ratio(admin, "0" if with_compaction else "1")
            before = counter(_metrics(broker), "penstock_compaction_bytes_read_total")
            rate = _produce_elsewhere(broker.bootstrap, seconds)
            compacted = counter(_metrics(broker), "penstock_compaction_bytes_read_total") - before
            turns.append(Turn(with_compaction, rate, compacted))
            say.print(f"{'with' if with_compaction else 'without'} compaction: {rate:,.0f} records/s, {compacted / 1e6:.0f} MB compacted")
    return Outcome(turns)


def _produce_elsewhere(bootstrap: str, seconds: float) -> float:
    command = [sys.executable, "-m", "benchmarks.compaction", "--produce", bootstrap, "--seconds", str(seconds)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=seconds + 120)
    return float(done.stdout)


def _set_ratio(admin: AdminClient, text: str) -> None:
    entry = ConfigEntry(_RATIO, text, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, TOPIC, incremental_configs=[entry])
    admin.incremental_alter_configs([resource])[resource].result(20)


def _metrics(broker: Penstock) -> str:
    with urllib.request.urlopen(f"http://{broker.http}/metrics", timeout=10) as answer:
        text: str = answer.read().decode()
    return text


def table(outcome: Outcome) -> Table:
    """The outcome for people."""
    shown = Table("producers, records/s", "median", "each turn")
    for with_compaction, name in ((False, "without compaction"), (True, "while it goes on")):
        rates = [turn.records_per_s for turn in outcome.turns if turn.with_compaction is with_compaction]
        shown.add_row(name, f"{outcome.median(with_compaction):,.0f}", ", ".join(f"{rate:,.0f}" for rate in rates))
    verdict = "pass" if outcome.ratio >= TARGET else "MISS"
    shown.add_row("ratio", f"{outcome.ratio:.2f}", f"target {TARGET}: {verdict}; {outcome.compacted / 1e6:.0f} MB compacted")
    return shown


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compaction", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="pairs of turns (%(default)s)")
    parser.add_argument("--seconds", type=float, default=10, help="length of a turn (%(default)s)")
    parser.add_argument("--dir", type=Path, help="where the data directory is made")
    parser.add_argument("--output", type=Path, help="write every turn to this file as JSON")
    parser.add_argument("--check", action="store_true", help="a missed target is the exit code")
    parser.add_argument("--produce", metavar="BOOTSTRAP", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.produce:
        print(produce(chosen.produce, chosen.seconds))
        return 0
    console = Console()
    with tempfile.TemporaryDirectory(prefix="penstock-compaction-", dir=chosen.dir) as folder:
        console.print(f"fdatasync takes {sync_ms(Path(folder)):.2f} ms here")
        outcome = measure(Path(folder), chosen.rounds, chosen.seconds, console)
    console.print(table(outcome))
    if chosen.output:
        chosen.output.write_text(json.dumps([[turn.with_compaction, turn.records_per_s, turn.compacted] for turn in outcome.turns]))
    return int(chosen.check and outcome.ratio < TARGET)


if __name__ == "__main__":
    sys.exit(main())
