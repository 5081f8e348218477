"""`python -m benchmarks.backlog`: what producers notice of a consumer that reads a backlog.

One broker, or a cluster (`--cluster N`), and a producer in a process of its own that sends at a fixed rate, one record at a time. A consumer in another
process reads a backlog, larger than what the broker keeps in memory, over and over, as fast as it can, and is stopped and continued in turns of a few
seconds, so that whatever else the machine does meets both alike; only the ratio counts. Turns come in an order and last for times that are left to chance (the seed is printed): what
the broker does at a rhythm of its own, such as merging, would meet turns of one kind only if they had a rhythm too.

What would have machines of its own elsewhere is to take nothing from producers here: the consumer and the S3 server are only run when nothing else is (SCHED_IDLE), in both
kinds of turns. Linux schedules by sessions first where nobody said otherwise ("autogroup"), and every process of PostgreSQL is a session: priorities would count for nothing
among them. So everything runs in one control group, where that can be had.

Turns begin when the backlog is on disk (what is written is written back half a minute later, and who flushes waits behind it), and, in a cluster, merged.
"""

import argparse
import contextlib
import json
import os
import secrets
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Final

import anyio
import asyncpg
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from rich.console import Console
from rich.table import Table
from tests.support.cluster import Cluster
from tests.support.penstock import Penstock

from benchmarks.machine import sync_ms
from broker.storage.objects.base import INLINE_OBJECTS

TARGET: Final = 1.2
MEASURED: Final = "measured"
BACKLOG: Final = "backlog"
PARTITIONS: Final = 4
RATE: Final = 200
_VALUE_BYTES: Final = 1000
_BACKLOG_VALUE_BYTES: Final = 10_000
_LONGEST_S: Final = 7200
"""Nothing here takes longer."""

_FLUSHES: Final = f"SELECT count(*) FROM object WHERE state = 1 AND level = 0 AND object_id < {INLINE_OBJECTS}"
_GROUPS: Final = Path("/sys/fs/cgroup/cpu")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn came to: how long a record took to be acknowledged, and what was read of the backlog meanwhile."""

    with_reader: bool
    median_ms: float
    p99_ms: float
    megabytes_read: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """All turns, and what they say; and the 99th percentiles of all turns of a kind together, alone and beside a reader."""

    turns: Sequence[Turn]
    together_ms: tuple[float, float] = (0.0, 0.0)

    def p99_ms(self, with_reader: bool) -> float:
        """The median of the turns."""
        return statistics.median(turn.p99_ms for turn in self.turns if turn.with_reader is with_reader)

    @property
    def ratio(self) -> float:
        """The 99th percentile with the reader, of that without."""
        return self.p99_ms(True) / self.p99_ms(False)

    @property
    def megabytes_read(self) -> float:
        return sum(turn.megabytes_read for turn in self.turns)


def pair(chance: Random, seconds: float) -> list[tuple[bool, float]]:
    """The two turns of a round: whether there is a reader, and for how long."""
    kinds = [False, True]
    chance.shuffle(kinds)
    return [(with_reader, seconds * chance.uniform(0.75, 1.25)) for with_reader in kinds]


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that is not exceeded by `share` of them."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def produce(bootstrap: str, seconds: float, is_over: Callable[[], bool] = lambda: False) -> list[tuple[float, float]]:
    """Send at a fixed rate for so long, or until it is over; of each record when it was sent, in seconds of the wall clock, and how many milliseconds it took."""
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 0, "log_level": 0})
    value = os.urandom(_VALUE_BYTES)
    took: list[tuple[float, float]] = []
    began = time.perf_counter()
    for number in range(int(seconds * RATE)):
        if is_over():
            break
        due = began + number / RATE
        while (left := due - time.perf_counter()) > 0:
            producer.poll(left)
        sent = time.perf_counter()

        def delivered(error: object, _: object, sent: float = sent, at: float = time.time()) -> None:
            if error is not None:
                raise RuntimeError(error)
            took.append((at, (time.perf_counter() - sent) * 1000))

        producer.produce(MEASURED, value, partition=number % PARTITIONS, on_delivery=delivered)
    producer.flush(60)
    return took


def fill(bootstrap: str, megabytes: int) -> None:
    """Write the backlog."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 50, "batch.size": 900_000, "log_level": 0})
    pool = os.urandom(1 << 20)
    for number in range(megabytes * 1_000_000 // _BACKLOG_VALUE_BYTES):
        at = number * 7919 % (len(pool) - _BACKLOG_VALUE_BYTES)
        while True:
            try:
                producer.produce(BACKLOG, pool[at : at + _BACKLOG_VALUE_BYTES], partition=number % PARTITIONS)
                break
            except BufferError:
                producer.poll(0.05)
        producer.poll(0)
    if producer.flush(900):
        raise RuntimeError("the backlog could not be written")


def consume(bootstrap: str, seconds: float, is_over: Callable[[], bool] = lambda: False, once: Callable[[], None] = lambda: None) -> float:
    """Read the backlog from its start, over and over, for so long, or until it is over; megabytes. ``once`` is called when all of it was read for the
    first time."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "backlog", "enable.auto.commit": False, "enable.partition.eof": True,
         "queued.max.messages.kbytes": 16_384, "log_level": 0}
    )
    size = 0
    unread = set(range(PARTITIONS))
    until = time.monotonic() + seconds
    consumer.assign([TopicPartition(BACKLOG, index, 0) for index in range(PARTITIONS)])
    while time.monotonic() < until and not is_over():
        for message in consumer.consume(500, 0.1):
            if message.error() is None:
                size += len(message.value() or b"")
            else:
                consumer.seek(TopicPartition(BACKLOG, message.partition(), 0))
                if message.partition() in unread:
                    unread.remove(message.partition())
                    if not unread:
                        once()
    consumer.close()
    return size / 1e6


@dataclass(frozen=True, slots=True)
class World:
    """What is measured: where to reach it, and its catalog, in a cluster."""

    bootstrap: str
    catalog: str = ""

    def wait_until_merged(self) -> None:
        """What was flushed lies in larger objects."""
        if self.catalog:
            anyio.run(_no_flushes, self.catalog)


async def _no_flushes(catalog: str) -> None:
    connection = await asyncpg.connect(catalog)
    with anyio.fail_after(_LONGEST_S):
        while await connection.fetchval(_FLUSHES):  # noqa: ASYNC110 - nobody tells
            await anyio.sleep(0.5)
    await connection.close()


@contextmanager
def running(folder: Path, brokers: int) -> Iterator[World]:
    """A broker, or a cluster of so many."""
    if brokers:
        with Cluster(folder, brokers) as cluster:
            run_when_idle(cluster.s3.pid)
            yield World(cluster.bootstrap, cluster.catalog)
    else:
        with Penstock(folder / "data") as broker:
            yield World(broker.bootstrap)


def run_when_idle(pid: int) -> None:
    """Have a process, all its threads and those it will have, run only when nothing else wants to."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setscheduler(int(thread), os.SCHED_IDLE, os.sched_param(0))


@contextmanager
def one_group() -> Iterator[bool]:
    """This process and all that it starts in one control group; whether that could be had."""
    group = _GROUPS / f"penstock-backlog-{os.getpid()}"
    try:
        group.mkdir()
        (group / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        with contextlib.suppress(OSError):
            # The database server lives until this process ends, and nothing but an empty group can be removed.
            for pid in (group / "cgroup.procs").read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    (_GROUPS / "cgroup.procs").write_text(pid)
            group.rmdir()


def measure(
    world: World, rounds: int, seconds: float, megabytes: int, say: Console, *, seed: int = 0, read_all: bool = False
) -> Outcome:
    """Write the backlog and take turns: so many rounds, and with ``read_all`` as many more as it takes until all of the backlog was read."""
    chance = Random(seed)
    bootstrap = world.bootstrap
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    for made in admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in (MEASURED, BACKLOG)]).values():
        made.result(20)
    began = time.monotonic()
    _elsewhere("--fill", bootstrap, megabytes=megabytes).communicate(timeout=_LONGEST_S)
    filled = time.monotonic()
    os.sync()
    world.wait_until_merged()
    os.sync()
    say.print(f"{megabytes:,} MB written in {filled - began:.0f} s, merged and on disk {time.monotonic() - filled:.0f} s later")
    reader = _elsewhere("--consume", bootstrap, seconds=_LONGEST_S)
    run_when_idle(reader.pid)
    producer = _elsewhere("--produce", bootstrap, seconds=_LONGEST_S)
    assert reader.stdout is not None
    time.sleep(seconds)  # both have started, and what is done once is done
    spans: list[tuple[bool, float, float]] = []
    number = 0
    while number < rounds or (read_all and not select.select([reader.stdout], [], [], 0)[0]):
        for with_reader, length in pair(chance, seconds):
            os.kill(reader.pid, signal.SIGCONT if with_reader else signal.SIGSTOP)
            began = time.time()
            time.sleep(length)
            spans.append((with_reader, began + length / 5, time.time()))
        number += 1
    os.kill(reader.pid, signal.SIGCONT)
    for each in (reader, producer):
        each.terminate()
    took: list[tuple[float, float]] = json.loads(producer.communicate(timeout=120)[0])
    said = reader.communicate(timeout=120)[0].split()
    read = float(said[-1]) / (number + 1)
    turns: list[Turn] = []
    together: tuple[list[float], list[float]] = ([], [])
    for with_reader, begin, end in spans:
        within = [each for at, each in took if begin <= at < end]
        together[with_reader].extend(within)
        turns.append(Turn(with_reader, statistics.median(within), percentile(within, 0.99), read if with_reader else 0.0))
        say.print(f"{'beside a reader' if with_reader else 'alone'}: p99 {turns[-1].p99_ms:.2f} ms, median {turns[-1].median_ms:.2f} ms")
    return Outcome(turns, (percentile(together[False], 0.99), percentile(together[True], 0.99)))


def _elsewhere(role: str, bootstrap: str, *, seconds: float = 0, megabytes: int = 0) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.backlog", role, bootstrap, "--seconds", str(seconds), "--megabytes", str(megabytes)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def table(outcome: Outcome) -> Table:
    """The outcome for people."""
    shown = Table("producers, p99 of the acknowledgement", "median of turns", "each turn")
    for with_reader, name in ((False, "alone"), (True, "beside a reader of a backlog")):
        each = [turn.p99_ms for turn in outcome.turns if turn.with_reader is with_reader]
        shown.add_row(name, f"{outcome.p99_ms(with_reader):.2f} ms", ", ".join(f"{p99:.2f}" for p99 in each))
    alone, beside = outcome.together_ms
    if alone:
        shown.add_row("all turns together", f"{alone:.2f}, {beside:.2f} ms", f"{beside / alone:.2f}")
    verdict = "pass" if outcome.ratio <= TARGET else "MISS"
    shown.add_row("ratio", f"{outcome.ratio:.2f}", f"target {TARGET}: {verdict}; {outcome.megabytes_read:,.0f} MB read")
    return shown


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backlog", description=__doc__)
    parser.add_argument("--cluster", type=int, default=0, metavar="N", help="N brokers over PostgreSQL and an S3 server instead of one alone")
    parser.add_argument("--rounds", type=int, default=8, help="pairs of turns (%(default)s)")
    parser.add_argument("--seconds", type=float, default=4, help="length of a turn (%(default)s)")
    parser.add_argument("--megabytes", type=int, default=600, help="the backlog (%(default)s)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 31), help="of the order of turns (chance)")
    parser.add_argument("--read-all", action="store_true", help="take turns until all of the backlog was read, at least the rounds")
    parser.add_argument("--dir", type=Path, help="where data is kept")
    parser.add_argument("--output", type=Path, help="write every turn to this file as JSON")
    parser.add_argument("--check", action="store_true", help="a missed target is the exit code")
    for role in ("--produce", "--consume", "--fill"):
        parser.add_argument(role, metavar="BOOTSTRAP", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    told_to_end = threading.Event()
    if chosen.produce or chosen.consume:
        signal.signal(signal.SIGTERM, lambda *_: told_to_end.set())
    if chosen.produce:
        print(json.dumps(produce(chosen.produce, chosen.seconds, told_to_end.is_set)))
        return 0
    if chosen.consume:
        print(consume(chosen.consume, chosen.seconds, told_to_end.is_set, lambda: print("all of it", flush=True)))
        return 0
    if chosen.fill:
        fill(chosen.fill, chosen.megabytes)
        return 0
    console = Console()
    with ExitStack() as stack:
        if not stack.enter_context(one_group()):
            console.print("no control group could be had: priorities count only within a session here, if autogroup is on")
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="penstock-backlog-", dir=chosen.dir)))
        console.print(f"seed {chosen.seed}")
        console.print(f"fdatasync takes {sync_ms(folder):.2f} ms here")
        world = stack.enter_context(running(folder, chosen.cluster))
        outcome = measure(world, chosen.rounds, chosen.seconds, chosen.megabytes, console, seed=chosen.seed, read_all=chosen.read_all)
    console.print(table(outcome))
    if chosen.output:
        chosen.output.write_text(json.dumps([asdict(turn) for turn in outcome.turns]))
    return int(chosen.check and outcome.ratio > TARGET)


if __name__ == "__main__":
    sys.exit(main())
