"""Apache Kafka's own performance tools as the client: the same program, options and JVM for both brokers."""

import re
import subprocess
from dataclasses import dataclass
from typing import Final

from tests.toolchain import java_command, kafka_tools_classpath

from benchmarks.plan import Cell

# What Kafka's start scripts give these tools.
_JVM: Final = (
    *("-Xmx512M", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"),
    *("-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent"),
)
_DEADLINE_S: Final = 300

_STEADY: Final = re.compile(
    r"^(?P<records>\d+) steady state records sent, (?P<rate>[\d.]+) records/sec .*?"
    r"(?P<p50>[\d.]+) ms 50th, .*?(?P<p99>[\d.]+) ms 99th",
    re.MULTILINE,
)


class ToolFailed(RuntimeError):
    """A performance tool did not end well, or printed something that is not understood."""


@dataclass(frozen=True, slots=True)
class Produced:
    """The steady state of one ProducerPerformance run."""

    mb_per_s: float
    p50_ms: float
    p99_ms: float


def produce(bootstrap: str, cell: Cell, records: int, warmup: int, records_per_s: int | None = None) -> Produced:
    """Send `records`, of which the first `warmup` are not counted; as fast as possible unless a rate is given."""
    output = _run(
        "org.apache.kafka.tools.ProducerPerformance",
        *("--bootstrap-server", bootstrap, "--topic", cell.topic),
        *("--record-size", str(cell.record_size), "--num-records", str(records), "--warmup-records", str(warmup)),
        *("--throughput", str(records_per_s or -1)),
        *("--command-property", "acks=all", f"batch.size={cell.batch_size}"),
    )
    steady = _STEADY.search(output)
    if steady is None:
        raise ToolFailed(f"ProducerPerformance printed no steady state:\n{output}")
    mb_per_s = float(steady["rate"]) * cell.record_size / 1e6
    return Produced(mb_per_s, float(steady["p50"]), float(steady["p99"]))


def consume(bootstrap: str, cell: Cell, records: int) -> float:
    """Read `records` from the start with a new group. MB/s of fetching: joining the group does not count."""
    output = _run(
        "org.apache.kafka.tools.ConsumerPerformance",
        *("--bootstrap-server", bootstrap, "--topic", cell.topic, "--num-records", str(records)),
        *("--timeout", "30000", "--hide-header"),
    )
    # Start, end, MiB, MiB/s, records, records/s, rebalance ms, fetch ms, MiB/s of fetching, records/s of fetching.
    fields = output.strip().splitlines()[-1].split(", ") if output.strip() else []
    if len(fields) != 10 or int(fields[4]) < records:
        raise ToolFailed(f"ConsumerPerformance did not read {records} records:\n{output}")
    return float(fields[9]) * cell.record_size / 1e6


def _run(main_class: str, *arguments: str) -> str:
    done = subprocess.run(
        [java_command(), *_JVM, "-cp", kafka_tools_classpath(), main_class, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_DEADLINE_S,
        check=False,
    )
    if done.returncode != 0:
        raise ToolFailed(f"{main_class} ended with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout
