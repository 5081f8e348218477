"""`python -m benchmarks.micro`: the budgets of single requests and of starting, checked on this machine.

CPU is that of this process and thread, in a loop of one kind of request; the least of several repeats counts, because other
work on the machine can only add to it.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import anyio
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks import frames
from benchmarks.brokers import PENSTOCK
from benchmarks.decisions import decision_us
from benchmarks.in_process import InProcessBroker, in_process_broker
from benchmarks.machine import sync_ms
from benchmarks.plan import KIB, MIB
from benchmarks.raw_client import RawClient
from observability import logs

_REPEATS = 7
_IN_FLIGHT = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One measured value and the most it may be."""

    name: str
    unit: str
    value: float
    budget: float | None

    @property
    def passed(self) -> bool | None:
        return None if self.budget is None else self.value <= self.budget


async def produce_us(broker: InProcessBroker, topic_id: bytes, size: int, in_flight: int, rounds: int) -> float:
    """CPU microseconds of one Produce request with one batch of `size` bytes, `in_flight` of them at a time."""
    connection, link = broker.connect()
    frame = frames.produce_frame(topic_id, 0, frames.batch_of(size))

    async def one_round() -> None:
        for _ in range(in_flight):
            # As the transport does: the sink keeps its frame, so each has memory of its own.
            connection.frame_received(memoryview(bytearray(frame)))
        await link.wait_idle(connection)
        link.sent.clear()

    return await _least_cpu_us(one_round, rounds) / in_flight


async def fetch_us(broker: InProcessBroker, topic: str, topic_id: bytes, rounds: int) -> tuple[float, float]:
    """CPU microseconds of a Fetch of 1 MiB from the tail, and the KiB of memory one such answer takes."""
    connection, link = broker.connect()
    frame = frames.produce_frame(topic_id, 1, frames.batch_of(16 * KIB))
    for _ in range(80):
        connection.frame_received(memoryview(bytearray(frame)))
        await link.wait_idle(connection)
    link.sent.clear()
    fetch = frames.fetch_frame(topic_id, 1, 0, MIB)

    async def one() -> None:
        link.sent.clear()
        connection.frame_received(memoryview(bytearray(fetch)))
        await link.wait_idle(connection)

    await one()
    size = sum(map(len, link.sent[0]))
    assert 900 * KIB < size <= MIB + 4 * KIB, f"an answer of {size} bytes from {topic}"
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    await one()
    taken = (tracemalloc.get_traced_memory()[1] - before) / KIB
    tracemalloc.stop()
    return await _least_cpu_us(one, rounds), taken


async def metadata_us(broker: InProcessBroker, topic: str, rounds: int) -> float:
    """CPU microseconds of Metadata for one topic of six partitions."""
    connection, link = broker.connect()
    frame = frames.metadata_frame(topic)

    async def one() -> None:
        connection.frame_received(memoryview(bytearray(frame)))
        await link.wait_idle(connection)
        link.sent.clear()

    return await _least_cpu_us(one, rounds)


async def acknowledgement_ms(folder: Path, rounds: int) -> tuple[float, float, float]:
    """Milliseconds from a Produce frame to its answer, idle, on the embedded store: median and p99; and CPU microseconds."""
    async with in_process_broker(folder / "data") as broker:
        topic = await broker.create_topic("latency", 1)
        connection, link = broker.connect()
        frame = frames.produce_frame(topic.topic_id, 0, frames.batch_of(16 * KIB))
        took: list[float] = []
        cpu = time.process_time()
        for _ in range(rounds):
            received = memoryview(bytearray(frame))
            started = time.perf_counter()
            connection.frame_received(received)
            await link.wait_idle(connection)
            took.append(time.perf_counter() - started)
        cpu = time.process_time() - cpu
    took.sort()
    return statistics.median(took) * 1000, took[int(len(took) * 0.99)] * 1000, cpu / rounds * 1e6


def start_with_partitions(folder: Path, partitions: int) -> tuple[float, float]:
    """Seconds from process start to ready with so many partitions, and resident MiB a second later."""
    server = PENSTOCK.prepared(folder / "many")
    with server, RawClient(server.bootstrap) as client:
        for number in range(partitions // 100):
            error = client.create_topic(f"topic-{number}", 100)
            assert not error, f"creating a topic failed with {error}"
    took: list[float] = []
    memory = 0.0
    for _ in range(3):
        started = time.perf_counter()
        with server:
            took.append(time.perf_counter() - started)
            time.sleep(1)
            memory = psutil.Process(server.pid).memory_info().rss / MIB
    return min(took), memory


def reference_ms() -> float:
    """CPU milliseconds of a fixed piece of plain Python: tells a slow or crowded machine from a slow broker."""
    least = float("inf")
    for _ in range(_REPEATS):
        started = time.process_time()
        total = 0
        for number in range(100_000):
            total += number * number % 7
        least = min(least, time.process_time() - started)
    return least * 1000


async def _least_cpu_us(work: Callable[[], Awaitable[None]], rounds: int) -> float:
    """CPU microseconds of one call, the least of several repeats."""
    for _ in range(rounds // 4):
        await work()
    least = float("inf")
    for _ in range(_REPEATS):
        started = time.process_time()
        for _ in range(rounds):
            await work()
        least = min(least, (time.process_time() - started) / rounds)
    return least * 1e6


async def _in_memory(rounds: int) -> list[Check]:
    async with in_process_broker(None) as broker:
        topic = await broker.create_topic("small", 6)
        pipelined = await produce_us(broker, topic.topic_id, 16 * KIB, _IN_FLIGHT, rounds)
        single = await produce_us(broker, topic.topic_id, 16 * KIB, 1, rounds)
        fetch, fetch_memory = await fetch_us(broker, "small", topic.topic_id, rounds // 2)
        metadata = await metadata_us(broker, "small", rounds)
        for number in range(99):
            await broker.create_topic(f"other-{number}", 101)
        crowded = await produce_us(broker, topic.topic_id, 16 * KIB, _IN_FLIGHT, rounds)
    return [
        Check("Reference: a plain Python loop of 100,000 turns, CPU", "ms", reference_ms(), None),
        Check("Produce of 16 KiB, 5 in flight, CPU", "us", pipelined, 60),
        Check("Produce of 16 KiB, 1 in flight, CPU", "us", single, None),
        Check("Fetch of 1 MiB from the tail, CPU", "us", fetch, None),
        Check("Fetch of 1 MiB from the tail, memory taken", "KiB", fetch_memory, 64),
        Check("Metadata of one topic, CPU", "us", metadata, None),
        Check("Produce with 10,000 partitions, times that with 6", "", crowded / pipelined, 1.25),
        Check("A decision by one of 10,000 access rules, CPU", "us", decision_us(10_000, rounds * 10), 5),
    ]


def main() -> int:
    """Measure and print; the exit code is 1 when a budget is exceeded and --check is given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.micro", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000, help="requests in one repeat (default 1000)")
    parser.add_argument("--only-memory", action="store_true", help="leave out what needs a disk or a process")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--check", action="store_true", help="fail when a budget is exceeded")
    arguments = parser.parse_args()
    logs.configure("warning")
    checks = anyio.run(_in_memory, arguments.rounds, backend="asyncio", backend_options={"use_uvloop": True})
    if not arguments.only_memory:
        with tempfile.TemporaryDirectory(prefix="penstock-micro-") as name:
            folder = Path(name)
            sync = sync_ms(folder)
            median, p99, cpu = anyio.run(
                acknowledgement_ms, folder, 500, backend="asyncio", backend_options={"use_uvloop": True}
            )
            ready, memory = start_with_partitions(folder, 1000)
            checks += [
                Check("fdatasync of 4 KiB here, median", "ms", sync, None),
                # The budget is 1 ms where a sync takes 0.3 ms; so the rest is 0.7 ms.
                Check("Durable acknowledgement, idle, median", "ms", median, 0.7 + max(sync, 0.3)),
                Check("Durable acknowledgement, idle, p99", "ms", p99, None),
                Check("Durable acknowledgement, idle, CPU of all threads", "us", cpu, None),
                Check("Start to ready with 1,000 partitions", "s", ready, 1.0),
                Check("Resident memory, idle, 1,000 partitions", "MiB", memory, 100),
            ]
    if arguments.json:
        print(json.dumps([asdict(check) | {"passed": check.passed} for check in checks], indent=2))
    else:
        _print_table(checks)
    return int(arguments.check and any(check.passed is False for check in checks))


def _print_table(checks: list[Check]) -> None:
    table = Table(title="Penstock against its budgets", title_justify="left")
    table.add_column("what")
    for heading in ("measured", "budget"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for check in checks:
        budget = "" if check.budget is None else f"{check.budget:.3g} {check.unit}"
        verdict = {None: "", True: "[green]pass[/]", False: "[red]miss[/]"}[check.passed]
        table.add_row(check.name, f"{check.value:.3g} {check.unit}", budget, verdict)
    Console(width=None if sys.stdout.isatty() else 110).print(table)


if __name__ == "__main__":
    sys.exit(main())
