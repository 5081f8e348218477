"""One session: a broker on an empty directory, from its start through every cell to its end."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.support.process import ServerProcess

from benchmarks import perf_tools
from benchmarks.brokers import Contestant
from benchmarks.plan import (
    CONSUME,
    CONSUME_CPU,
    FIRST_RECORD,
    IDLE_MEMORY,
    KIB,
    LATENCY_BYTES_PER_S,
    LATENCY_P50,
    LATENCY_P99,
    LOADED_MEMORY,
    PRODUCE,
    PRODUCE_CPU,
    Cell,
    Metric,
    Plan,
)
from benchmarks.process_meter import ProcessMeter
from benchmarks.raw_client import RawClient

Key = tuple[Metric, Cell | None]
Measured = dict[Key, float]
"""What one session found; the cell is None for what does not depend on traffic."""

Say = Callable[[str], None]

_GIB: Final = 1024**3
_FIRST_RECORD_DEADLINE_S: Final = 60.0
_ALREADY_EXISTS: Final = 36


def run_session(contestant: Contestant, plan: Plan, folder: Path, say: Say) -> Measured:
    """Measure everything once. The directory is removed afterwards and its writes are flushed, so that one broker's
    dirty pages do not slow down the other's."""
    try:
        server = contestant.prepared(folder)
        measured: Measured = {}
        started = time.perf_counter()
        with server:
            _first_record(server.bootstrap)
            measured[FIRST_RECORD, None] = time.perf_counter() - started
            with ProcessMeter(server.pid) as meter:
                time.sleep(plan.idle_s)
                measured[IDLE_MEMORY, None] = meter.memory_mib()
                say(
                    f"{contestant.name}: first record after {measured[FIRST_RECORD, None]:.2f} s, "
                    f"{measured[IDLE_MEMORY, None]:.0f} MiB idle"
                )
                _warm_up(server, plan)
                for cell in plan.cells:
                    found = _run_cell(server, cell, plan, meter)
                    measured.update({(metric, cell): value for metric, value in found.items()})
                    say(
                        f"{contestant.name}: {cell.label}: produce {found[PRODUCE]:.1f} MB/s, "
                        f"consume {found[CONSUME]:.1f} MB/s, p99 {found[LATENCY_P99]:.0f} ms"
                    )
                measured[LOADED_MEMORY, None] = meter.highest_mib
        return measured
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.sync()


def _first_record(bootstrap: str) -> None:
    """Produce one record to a topic that comes into being for it."""
    deadline = time.perf_counter() + _FIRST_RECORD_DEADLINE_S
    error: object = None
    while time.perf_counter() < deadline:
        try:
            with RawClient(bootstrap) as client:
                while time.perf_counter() < deadline:
                    error = client.topic_error("bench-first") or client.produce_one("bench-first")
                    if not error:
                        return
                    time.sleep(0.002)
        except OSError as failure:
            error = failure
            time.sleep(0.002)
    raise TimeoutError(f"no first record within {_FIRST_RECORD_DEADLINE_S:.0f} s, last answer: {error}")


def _create_topic(server: ServerProcess, cell: Cell) -> None:
    with RawClient(server.bootstrap) as client:
        error = client.create_topic(cell.topic, cell.partitions)
        if error not in (0, _ALREADY_EXISTS):
            raise RuntimeError(f"creating {cell.topic} failed with error code {error}")
        while client.topic_error(cell.topic):
            time.sleep(0.01)


def _warm_up(server: ServerProcess, plan: Plan) -> None:
    """Code is compiled or imported, the topic of group offsets exists; nothing is counted."""
    cell = Cell(KIB, 16 * KIB, 2)
    _create_topic(server, cell)
    records = plan.warmup_bytes // cell.record_size
    perf_tools.produce(server.bootstrap, cell, records, records // 2)
    perf_tools.consume(server.bootstrap, cell, records)


def _run_cell(server: ServerProcess, cell: Cell, plan: Plan, meter: ProcessMeter) -> dict[Metric, float]:
    _create_topic(server, cell)
    records = plan.produce_records(cell)
    gib = records * cell.record_size / _GIB

    cpu_s = meter.cpu_s()
    produced = perf_tools.produce(server.bootstrap, cell, records, records // 4)
    produce_cpu_s = meter.cpu_s() - cpu_s

    cpu_s = meter.cpu_s()
    consumed = perf_tools.consume(server.bootstrap, cell, records)
    consume_cpu_s = meter.cpu_s() - cpu_s

    per_s = LATENCY_BYTES_PER_S // cell.record_size
    warmup = int(per_s * plan.latency_warmup_s)
    paced = perf_tools.produce(server.bootstrap, cell, warmup + int(per_s * plan.latency_s), warmup, per_s)
    return {
        PRODUCE: produced.mb_per_s,
        PRODUCE_CPU: produce_cpu_s / gib,
        CONSUME: consumed,
        CONSUME_CPU: consume_cpu_s / gib,
        LATENCY_P50: paced.p50_ms,
        LATENCY_P99: paced.p99_ms,
    }
