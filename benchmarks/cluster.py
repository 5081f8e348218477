"""`python -m benchmarks.cluster`: a cluster beside the embedded broker and Apache Kafka, in turns, and what a cluster costs.

PostgreSQL with fsync on, a real S3 server, and brokers as processes, all on this machine, which they share with the clients: absolute numbers are those of
the machine, and ratios of one run are what to look at. A store far away is put in their place by `--put-ms`: every PUT then waits for so long on its way.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
import asyncpg
from confluent_kafka import Producer
from rich.console import Console
from rich.table import Table
from tests.support.cluster import Cluster
from tests.support.s3 import Faults

from benchmarks import machine, perf_tools
from benchmarks.brokers import KAFKA, PENSTOCK, Contestant
from benchmarks.cluster_costs import Load, Month, Prices, Writing, month
from benchmarks.plan import KIB, LATENCY_BYTES_PER_S, MIB, Cell
from benchmarks.raw_client import RawClient
from benchmarks.scraping import Scrape, scraped
from broker.config.settings import Settings

CELL: Final = Cell(KIB, 64 * KIB, 6)
CLUSTERS: Final[Mapping[str, Mapping[str, str]]] = {
    "cluster": {},
    "cluster, PUTs without bound": {"PENSTOCK_WRITE_PUTS_PER_SECOND": "0"},
}
"""As it is out of the box, and as fast as it can whatever that costs."""

QUIET_SENDS: Final = 100
QUIET_PAUSE_S: Final = 0.02
Found = TypeVar("Found", "Turn", "Inside")

_RESULTS: Final = Path(__file__).with_name("results") / "cluster.json"
_GIB: Final = 1024**3
_ROWS: Final = """
SELECT (SELECT count(*) FROM object WHERE state = 1) AS objects, (SELECT count(*) FROM span) AS spans,
       (SELECT count(*) FROM inline_object) AS inline, pg_database_size(current_database()) AS bytes
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one contestant came to in one turn. Milliseconds and MB/s."""

    quiet_p50: float
    quiet_p99: float
    produce: float
    consume: float
    paced_p50: float
    paced_p99: float


@dataclass(frozen=True, slots=True)
class Inside:
    """What a cluster did for the throughput run, per GiB of records that were produced, and how long its steps took (milliseconds)."""

    objects: float
    inline_groups: float
    span_rows: float
    database_bytes: float
    puts: float
    gets: float
    commits: float
    commit_p50: float
    commit_p99: float
    upload_p50: float
    upload_p99: float


def measure(bootstrap: str, produce_bytes: int, seconds: float, look: Callable[[], None] = lambda: None) -> Turn:
    """One turn on running brokers; `look` is called right before and after the throughput run."""
    with RawClient(bootstrap) as client:
        error = client.create_topic(CELL.topic, CELL.partitions)
        assert not error, f"creating a topic failed with {error}"
        while client.topic_error(CELL.topic):
            time.sleep(0.01)
    quiet = quiet_acknowledgements(bootstrap)
    records = produce_bytes // CELL.record_size
    look()
    fast = perf_tools.produce(bootstrap, CELL, records, records // 4)
    look()
    consumed = perf_tools.consume(bootstrap, CELL, records)
    per_s = LATENCY_BYTES_PER_S // CELL.record_size
    paced = perf_tools.produce(bootstrap, CELL, int(per_s * seconds * 1.3), int(per_s * seconds * 0.3), per_s)
    return Turn(
        statistics.median(quiet) * 1000, quiet[int(len(quiet) * 0.99)] * 1000, fast.mb_per_s, consumed, paced.p50_ms, paced.p99_ms
    )


def quiet_acknowledgements(bootstrap: str) -> list[float]:
    """Seconds from a send to its acknowledgement when nothing else is going on, least first."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0, "acks": "all", "log_level": 2})
    took: list[float] = []
    for number in range(QUIET_SENDS + 10):
        began = time.perf_counter()
        producer.produce(CELL.topic, b"x" * 100, partition=number % CELL.partitions)
        producer.flush()
        took.append(time.perf_counter() - began)
        time.sleep(QUIET_PAUSE_S)
    return sorted(took[10:])  # the first ones find their leaders


def alone(contestant: Contestant, folder: Path, produce_bytes: int, seconds: float) -> Turn:
    """A turn of one that keeps everything on its disk."""
    with contestant.prepared(folder) as server:
        return measure(server.bootstrap, produce_bytes, seconds)


def clustered(
    folder: Path, brokers: int, put_ms: float, produce_bytes: int, seconds: float, settings: Mapping[str, str]
) -> tuple[Turn, Inside]:
    """A turn of a cluster with these settings, and what went on inside."""
    with Cluster(folder, brokers, own_postgres=True, faults=put_ms > 0, env=settings) as cluster:
        if cluster.proxy is not None:
            cluster.proxy.set(Faults(delay_rate=1.0, delay_s=put_ms / 1000, methods=("PUT",)))
        seen: list[tuple[Scrape, Mapping[str, int]]] = []

        def look() -> None:
            seen.append((scraped([broker.http for broker in cluster]), anyio.run(_rows, cluster.catalog)))

        turn = measure(cluster.bootstrap, produce_bytes, seconds, look)
    (before, rows_before), (after, rows) = seen
    did = after.since(before)
    gib = did.total("penstock_write_bytes_total") / _GIB
    commit, upload = "penstock_write_commit_duration_seconds", "penstock_write_upload_duration_seconds"
    return turn, Inside(
        objects=did.total("penstock_write_groups_total", to="store") / gib,
        inline_groups=did.total("penstock_write_groups_total", to="inline") / gib,
        span_rows=(rows["spans"] - rows_before["spans"]) / gib,
        database_bytes=(rows["bytes"] - rows_before["bytes"]) / gib,
        puts=did.total("penstock_object_requests_total", operation="put") / gib,
        gets=did.total("penstock_object_requests_total", operation="get") / gib,
        commits=did.total(f"{commit}_count") / gib,
        commit_p50=did.quantile(commit, 0.5) * 1000,
        commit_p99=did.quantile(commit, 0.99) * 1000,
        upload_p50=did.quantile(upload, 0.5) * 1000,
        upload_p99=did.quantile(upload, 0.99) * 1000,
    )


async def _rows(catalog: str) -> Mapping[str, int]:
    connection = await asyncpg.connect(catalog)
    try:
        return dict(await connection.fetchrow(_ROWS))
    finally:
        await connection.close()


def middle(turns: Sequence[Found]) -> Found:
    """The median of each field."""
    return type(turns[0])(**{name: statistics.median(asdict(turn)[name] for turn in turns) for name in asdict(turns[0])})


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="turns of each (default 3)")
    parser.add_argument("--brokers", type=int, default=2, help="of the cluster (default 2)")
    parser.add_argument("--put-ms", type=float, default=0, help="what every PUT waits besides")
    parser.add_argument("--megabytes", type=int, default=256, help="of records in a throughput run (default 256)")
    parser.add_argument("--seconds", type=float, default=10, help="at 5 MB/s (default 10)")
    parser.add_argument("--short", action="store_true", help="one small round without Apache Kafka, to see that everything works")
    parser.add_argument("--output", type=Path, help=f"JSON results (default {_RESULTS})")
    parser.add_argument("--costs", action="store_true", help="the cost model only")
    parser.add_argument("--database-month", type=float, default=Prices().database_month, help="dollars")
    parser.add_argument("--broker-month", type=float, default=Prices().broker_month, help="dollars")
    arguments = parser.parse_args()
    prices = Prices(database_month=arguments.database_month, broker_month=arguments.broker_month)
    console = Console(width=None if sys.stdout.isatty() else 120)
    if not arguments.costs:
        if arguments.short:
            arguments.rounds, arguments.megabytes, arguments.seconds = 1, 24, 2
        _measured(arguments, console)
    _print_costs(prices, console)
    return 0


def _measured(arguments: argparse.Namespace, console: Console) -> None:
    size, seconds = arguments.megabytes * MIB, arguments.seconds
    turns: dict[str, list[Turn]] = {}
    inside: dict[str, list[Inside]] = {}
    facts: dict[str, Any]
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as name:
        folder = Path(name)
        facts = machine.facts(folder)

        def cluster(who: str, settings: Mapping[str, str], at: Path) -> Turn:
            turn, found = clustered(at, arguments.brokers, arguments.put_ms, size, seconds, settings)
            inside.setdefault(who, []).append(found)
            return turn

        contestants: list[tuple[str, Callable[[Path], Turn]]] = [
            ("embedded", lambda at: alone(PENSTOCK, at, size, seconds)),
            *((who, partial(cluster, who, settings)) for who, settings in CLUSTERS.items()),
        ]
        if not arguments.short:
            contestants.append(("Apache Kafka", lambda at: alone(KAFKA, at, size, seconds)))
        for number in range(arguments.rounds):
            for who, turn in contestants if number % 2 == 0 else reversed(contestants):
                at = folder / f"turn-{number}-{len(turns)}-{len(who)}"
                at.mkdir()
                turns.setdefault(who, []).append(turn(at))
                print(f"round {number + 1}, {who}: {turns[who][-1]}", file=sys.stderr, flush=True)
    medians = {who: middle(found) for who, found in turns.items()}
    _print_turns(medians, arguments, console)
    _print_inside({who: middle(found) for who, found in inside.items()}, console)
    console.print(", ".join(f"{key} {value}" for key, value in facts.items()), soft_wrap=True, highlight=False)
    if arguments.output is not None or not arguments.short:
        output = arguments.output or _RESULTS
        output.parent.mkdir(parents=True, exist_ok=True)
        document = {
            "machine": facts,
            "brokers": arguments.brokers,
            "put_ms": arguments.put_ms,
            "turns": {who: [asdict(turn) for turn in found] for who, found in turns.items()},
            "inside": {who: [asdict(each) for each in found] for who, found in inside.items()},
        }
        output.write_text(json.dumps(document, indent=2) + "\n")


def _print_turns(medians: Mapping[str, Turn], arguments: argparse.Namespace, console: Console) -> None:
    table = Table(
        title=f"A cluster of {arguments.brokers} beside others, medians of {arguments.rounds}; {CELL.label}; a PUT waits {arguments.put_ms:g} ms",
        title_justify="left",
    )
    table.add_column("what")
    for who in medians:
        table.add_column(who, justify="right")
    others = [who for who in medians if who not in CLUSTERS]
    for who in others:
        table.add_column(f"cluster / {who}", justify="right")
    for name, what in (
        ("quiet_p50", "acknowledgement, quiet, p50, ms"),
        ("quiet_p99", "acknowledgement, quiet, p99, ms"),
        ("produce", "produce, MB/s"),
        ("consume", "consume, MB/s"),
        ("paced_p50", "produce at 5 MB/s, p50, ms"),
        ("paced_p99", "produce at 5 MB/s, p99, ms"),
    ):
        values = {who: getattr(turn, name) for who, turn in medians.items()}
        ratios = [f"{values['cluster'] / values[who]:.2f}" if values[who] else "" for who in others]
        table.add_row(what, *(f"{value:.3g}" for value in values.values()), *ratios)
    console.print(table)


def _print_inside(inside: Mapping[str, Inside], console: Console) -> None:
    table = Table(title="Inside, for each GiB produced at full speed", title_justify="left")
    table.add_column("what")
    for who in inside:
        table.add_column(who, justify="right")
    for name, what in (
        ("objects", "groups stored as objects"),
        ("inline_groups", "groups kept by the catalog"),
        ("span_rows", "rows of the index, before merging"),
        ("database_bytes", "bytes the database grew by"),
        ("puts", "PUT requests"),
        ("gets", "GET requests while producing"),
        ("commits", "transactions"),
        ("commit_p50", "a transaction, p50, at most ms"),
        ("commit_p99", "a transaction, p99, at most ms"),
        ("upload_p50", "an upload, p50, at most ms"),
        ("upload_p99", "an upload, p99, at most ms"),
    ):
        table.add_row(what, *(f"{getattr(found, name):,.4g}" for found in inside.values()))
    console.print(table)


def _print_costs(prices: Prices, console: Console) -> None:
    settings = Settings()
    writing = Writing(settings.write_flush_bytes, settings.write_puts_per_second)
    table = Table(
        title=f"Dollars a month, list prices of {prices.of}: {prices.put_per_1000} for 1000 PUT, {prices.get_per_1000} for 1000 GET, "
        f"{prices.storage_per_gib_month} a GiB; database {prices.database_month:g}, a broker {prices.broker_month:g}; 7 days kept, 2 consumers",
        title_justify="left",
    )
    for heading in ("load", "PUT/s", "GET/s", "PUT", "GET", "storage", "machines", "all"):
        table.add_column(heading, justify="right")
    for what, load, way in (
        ("10 MB/s, 3 brokers", Load(10, 3), writing),
        ("the same, write_puts_per_second 2", Load(10, 3), replace(writing, puts_per_second=2)),
        ("1 GiB/s, 12 brokers", Load(_GIB / 1e6, 12), writing),
    ):
        bill: Month = month(load, way, prices)
        table.add_row(
            what,
            *(f"{value:,.3g}" for value in (bill.puts_per_s, bill.gets_per_s)),
            *(f"{value:,.0f}" for value in (bill.puts, bill.gets, bill.storage, bill.machines, bill.total)),
        )
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
