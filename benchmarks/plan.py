"""What is measured: the cells of the comparison, how much data each sends, how often, and the targets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * 1024

LATENCY_BYTES_PER_S: Final = 5_000_000
"""The fixed rate at which produce latency is measured."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of traffic: records of one size, the producer's batch size, and how many partitions they go to."""

    record_size: int
    batch_size: int
    partitions: int

    @property
    def label(self) -> str:
        """For people: `1 KiB records, 16 KiB batches, 6 partitions`."""
        plural = "s" if self.partitions > 1 else ""
        return (
            f"{_size(self.record_size)} records, {_size(self.batch_size)} batches, {self.partitions} partition{plural}"
        )

    @property
    def topic(self) -> str:
        """The topic that this cell writes to."""
        return f"bench-{self.record_size}-{self.batch_size}-{self.partitions}"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. A round is one session of each broker; sessions of the two take turns."""

    cells: Sequence[Cell]
    rounds: int
    produce_bytes: dict[int, int]
    """Bytes of records a throughput run sends, by record size. The first quarter warms up and is not counted."""
    warmup_bytes: int
    """Bytes sent and read back before anything is counted, so that both brokers' code is warm."""
    latency_s: float
    latency_warmup_s: float
    idle_s: float
    """How long a broker is left alone before its idle memory is read."""
    budget_s: float
    """No further round starts that would not end within this time."""

    def produce_records(self, cell: Cell) -> int:
        """How many records a throughput run of `cell` sends."""
        return self.produce_bytes[cell.record_size] // cell.record_size


@dataclass(frozen=True, slots=True)
class Metric:
    """Something measured. `target` bounds Penstock's value divided by Kafka's: from below when higher is better."""

    name: str
    unit: str
    higher_is_better: bool
    target: float | None = None

    def passes(self, ratio: float) -> bool | None:
        """Whether `ratio` meets the target; None when there is none."""
        if self.target is None:
            return None
        return ratio >= self.target if self.higher_is_better else ratio <= self.target


PRODUCE: Final = Metric("produce", "MB/s", higher_is_better=True, target=0.7)
CONSUME: Final = Metric("consume", "MB/s", higher_is_better=True, target=0.7)
LATENCY_P50: Final = Metric("produce latency p50 at 5 MB/s", "ms", higher_is_better=False)
LATENCY_P99: Final = Metric("produce latency p99 at 5 MB/s", "ms", higher_is_better=False)
PRODUCE_CPU: Final = Metric("broker CPU while producing", "s/GiB", higher_is_better=False)
CONSUME_CPU: Final = Metric("broker CPU while consuming", "s/GiB", higher_is_better=False)
FIRST_RECORD: Final = Metric("process start to first acknowledged record", "s", higher_is_better=False, target=1 / 3)
IDLE_MEMORY: Final = Metric("resident memory, idle", "MiB", higher_is_better=False, target=1 / 4)
LOADED_MEMORY: Final = Metric("resident memory, highest under load", "MiB", higher_is_better=False)

METRICS: Final = (
    PRODUCE,
    CONSUME,
    LATENCY_P50,
    LATENCY_P99,
    PRODUCE_CPU,
    CONSUME_CPU,
    FIRST_RECORD,
    IDLE_MEMORY,
    LOADED_MEMORY,
)
"""In the order in which they are reported."""

FULL: Final = Plan(
    cells=[
        Cell(record_size, batch_size, partitions)
        for record_size in (100, KIB)
        for batch_size in (16 * KIB, MIB)
        for partitions in (1, 6)
    ],
    rounds=3,
    produce_bytes={100: 100 * MIB, KIB: 240 * MIB},
    warmup_bytes=96 * MIB,
    latency_s=3.0,
    latency_warmup_s=1.0,
    idle_s=2.0,
    budget_s=720.0,
)

SHORT: Final = Plan(
    cells=[Cell(KIB, 16 * KIB, 1)],
    rounds=1,
    produce_bytes={KIB: 12 * MIB},
    warmup_bytes=4 * MIB,
    latency_s=1.0,
    latency_warmup_s=0.5,
    idle_s=1.0,
    budget_s=90.0,
)


def _size(count: int) -> str:
    if count % MIB == 0:
        return f"{count // MIB} MiB"
    if count % KIB == 0:
        return f"{count // KIB} KiB"
    return f"{count} B"
