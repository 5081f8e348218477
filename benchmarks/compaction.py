"""`python -m benchmarks.compaction`: what producers lose while compaction goes on.

One broker, and a producer in a process of its own that writes as fast as it can, in turns: with nothing else going on, and while a backlog of overwritten
keys in another topic is compacted. Each of those turns has a backlog of its own, written beforehand and held back by a dirty ratio that is
never exceeded. What is compared was measured within the same minutes on the same machine, so only the ratio counts.
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
TOPIC: Final = "measured"
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


def produce(bootstrap: str, topic: str, seconds: float, records: int = 0) -> float:
    """Overwrite keys for so long, or so many `records`; records acknowledged in a second, the first fifth of the time not counted."""
    producer = Producer(
        {"bootstrap.servers": bootstrap, "acks": "all", "enable.idempotence": True, "linger.ms": 5, "batch.size": 65_536,
         "queue.buffering.max.messages": 10_000, "log_level": 0}
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
    while (now := time.perf_counter()) < began + seconds and not 0 < records <= number:
        if not counted_from and now >= warm_until:
            counted_from, counted = now, acknowledged
        try:
            for _ in range(_SLICE):
                producer.produce(topic, value, b"key-%d" % (number * 7919 % KEYS), on_delivery=delivered)
                number += 1
        except BufferError:
            producer.poll(0.01)
        producer.poll(0)
    if records:
        producer.flush(60)
    rate = (acknowledged - counted) / (time.perf_counter() - (counted_from or began))
    producer.flush(30)
    return rate


def measure(folder: Path, rounds: int, seconds: float, megabytes: int, say: Console) -> Outcome:
    """Start a broker on `folder`, write a backlog of so many `megabytes` for each round, and take turns."""
    properties = folder / "server.properties"
    properties.write_text("".join(f"{name}={text}\n" for name, text in PROPERTIES.items()))
    with Penstock(folder / "data", "--properties", str(properties)) as broker:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
        held_back = {"cleanup.policy": "compact", _RATIO: "1"}
        backlogs = [f"backlog-{number}" for number in range(rounds)]
        new = [NewTopic(name, PARTITIONS, 1, config=held_back) for name in backlogs]
        for made in admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1), *new]).values():
            made.result(20)
        for name in backlogs:
            _produce_elsewhere(broker.bootstrap, name, 600, megabytes * 1_000_000 // _VALUE_BYTES)
        _produce_elsewhere(broker.bootstrap, TOPIC, seconds)
        turns: list[Turn] = []
        for with_compaction in order(rounds):
            before = counter(_metrics(broker), "penstock_compaction_bytes_read_total")
            if with_compaction:
                _set_ratio(admin, backlogs.pop(), "0")
            rate = _produce_elsewhere(broker.bootstrap, TOPIC, seconds)
            compacted = counter(_metrics(broker), "penstock_compaction_bytes_read_total") - before
            turns.append(Turn(with_compaction, rate, compacted))
            _wait_until_done(broker)
            say.print(f"{'with' if with_compaction else 'without'} compaction: {rate:,.0f} records/s, {compacted / 1e6:.0f} MB compacted")
    return Outcome(turns)


def _wait_until_done(broker: Penstock) -> None:
    """What is left of a backlog is not to reach into the next turn."""
    seen = -1.0
    while (read := counter(_metrics(broker), "penstock_compaction_bytes_read_total")) != seen or _is_waiting(broker):
        seen = read
        time.sleep(0.5)


def _is_waiting(broker: Penstock) -> bool:
    return counter(_metrics(broker), "penstock_compaction_partitions_waiting") > 0


def _produce_elsewhere(bootstrap: str, topic: str, seconds: float, records: int = 0) -> float:
    command = [
        *(sys.executable, "-m", "benchmarks.compaction", "--produce", bootstrap, "--topic", topic),
        *("--seconds", str(seconds), "--records", str(records)),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=seconds + 120)
    return float(done.stdout)


def _set_ratio(admin: AdminClient, topic: str, text: str) -> None:
    entry = ConfigEntry(_RATIO, text, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
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
    parser.add_argument("--megabytes", type=int, default=400, help="backlog of each turn with compaction (%(default)s)")
    parser.add_argument("--produce", metavar="BOOTSTRAP", help=argparse.SUPPRESS)
    parser.add_argument("--topic", help=argparse.SUPPRESS)
    parser.add_argument("--records", type=int, default=0, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.produce:
        print(produce(chosen.produce, chosen.topic, chosen.seconds, chosen.records))
        return 0
    console = Console()
    with tempfile.TemporaryDirectory(prefix="penstock-compaction-", dir=chosen.dir) as folder:
        console.print(f"fdatasync takes {sync_ms(Path(folder)):.2f} ms here")
        outcome = measure(Path(folder), chosen.rounds, chosen.seconds, chosen.megabytes, console)
    console.print(table(outcome))
    if chosen.output:
        chosen.output.write_text(json.dumps([[turn.with_compaction, turn.records_per_s, turn.compacted] for turn in outcome.turns]))
    return int(chosen.check and outcome.ratio < TARGET)


if __name__ == "__main__":
    sys.exit(main())
