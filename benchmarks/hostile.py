"""`python -m benchmarks.hostile`: what honest clients notice of hostile ones, and what those cost the broker in memory.

For each attack a broker of its own, with TLS and logins. A producer that waits for each small batch before it sends the next, and a consumer, both in processes of
their own over SASL_SSL, are there all the time; the attackers in turns of a few seconds, in an order left to chance, so that whatever else the machine does meets both alike.
Of each kind of turns the median counts, and only the ratio.

Attackers have machines of their own elsewhere: here they run only when nothing else wants to (SCHED_IDLE), and how far they came is said. What that alone
costs, because cores share what they have, is the first line: somebody who burns all idle time and never connects.
"""

import argparse
import contextlib
import json
import resource
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from confluent_kafka import Consumer, Producer, TopicPartition
from rich.console import Console
from rich.table import Table
from tests.hostile.attacks import ATTACKS, HALF_OPEN, HONEST_TOPIC
from tests.hostile.raw_client import Target
from tests.hostile.scene import Memory, Scene

from benchmarks.backlog import one_group, pair, run_when_idle

CONTROL: Final = "none, only idle time burnt"
TARGET: Final = 0.8
MEMORY_MIB: Final = 200.0
AT_ONCE: Final = 20
VALUE_BYTES: Final = 1_000
_LONGEST_S: Final = 3_600

Happened = list[tuple[float, int]]
"""When, by the wall clock, and how many records."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Records in a second, written and read."""

    attacked: bool
    written: float
    read: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """All turns of one attack, the broker's memory, and what the attacker got."""

    attack: str
    turns: Sequence[Turn]
    memory_before: float
    memory_peak: float
    got: dict[str, int]

    def ratio(self, of: Callable[[Turn], float]) -> float:
        """What is left beside the attack."""
        with_it, without = ([of(turn) for turn in self.turns if turn.attacked is attacked] for attacked in (True, False))
        return statistics.median(with_it) / statistics.median(without)

    @property
    def written(self) -> float:
        return self.ratio(lambda turn: turn.written)

    @property
    def read(self) -> float:
        return self.ratio(lambda turn: turn.read)

    @property
    def missed(self) -> bool:
        return min(self.written, self.read) < TARGET or self.memory_peak >= MEMORY_MIB


# --- processes of their own -------------------------------------------------------------------------------------------


def produce(settings: dict[str, Any], is_over: Callable[[], bool]) -> Happened:
    """Write a few records, wait until they are acknowledged, write the next."""
    producer = Producer(settings | {"acks": "all", "linger.ms": 1})
    happened: Happened = []
    value = bytes(VALUE_BYTES)
    failed: list[object] = []
    while not is_over():
        for _ in range(AT_ONCE):
            producer.produce(HONEST_TOPIC, value, on_delivery=lambda error, _: failed.append(error) if error else None)
        if producer.flush(30) or failed:
            raise RuntimeError(f"records of an honest client were not taken: {failed}")
        happened.append((time.time(), AT_ONCE))
    return happened


def consume(settings: dict[str, Any], is_over: Callable[[], bool]) -> Happened:
    """Read what comes."""
    consumer = Consumer(settings | {"group.id": "honest", "enable.auto.commit": False})
    consumer.assign([TopicPartition(HONEST_TOPIC, 0, 0)])
    happened: Happened = []
    while not is_over():
        messages = consumer.consume(200, 0.1)
        for message in messages:
            if message.error() is not None:
                raise RuntimeError(message.error())
        happened.append((time.time(), len(messages)))
    consumer.close()
    return happened


def attack(name: str, target: Target) -> None:
    """Attack whenever a line says "on", until one says "off"; at the end of the input, what came of it."""
    chosen, got, is_over = ATTACKS.get(name), Counter[str](), threading.Event()
    if chosen is not None:
        chosen.prepare()
    print("prepared", flush=True)
    for line in sys.stdin:
        if line.strip() != "on":
            continue
        is_over.clear()
        stopper = threading.Thread(target=_wait_for_off, args=(is_over,), daemon=True)
        stopper.start()
        while not is_over.is_set():
            if chosen is None:
                continue
            try:
                chosen.run(target, got, is_over.is_set)
            except (OSError, AssertionError) as problem:
                got[f"gave up: {type(problem).__name__}"] += 1
        stopper.join()
        print("stopped", flush=True)
    print(json.dumps(got))


def _wait_for_off(is_over: threading.Event) -> None:
    sys.stdin.readline()
    is_over.set()


# --- turns ------------------------------------------------------------------------------------------------------------


def measure(name: str, folder: Path, rounds: int, seconds: float, seed: int, settings: dict[str, Any]) -> Outcome:
    """One attack, on a broker of its own."""
    with ExitStack() as stack:
        scene = stack.enter_context(Scene(folder, **settings))
        honest = json.dumps(scene.client_settings())
        attacker = stack.enter_context(_elsewhere("--attack", name, scene.target.as_text()))
        producer, consumer = (stack.enter_context(_elsewhere(role, honest)) for role in ("--produce", "--consume"))
        run_when_idle(attacker.pid)
        assert attacker.stdin is not None and attacker.stdout is not None  # noqa: PT018 - both are pipes
        attacker.stdout.readline()
        time.sleep(seconds)  # all have started, and what is done once is done
        memory = Memory(scene.broker.pid)
        memory.begin()
        spans: list[tuple[bool, float, float]] = []
        before: list[float] = []
        chance = Random(seed)
        for _ in range(rounds):
            for attacked, length in pair(chance, seconds):
                if attacked:
                    before.append(memory.now())
                    _tell(attacker, "on")
                began = time.time()
                time.sleep(length)
                spans.append((attacked, began + length / 5, time.time()))
                if attacked:
                    _tell(attacker, "off")
                    attacker.stdout.readline()
                    time.sleep(seconds / 5)
        peak = memory.peak()
        got = json.loads(attacker.communicate(timeout=60)[0].splitlines()[-1])
        for each in (producer, consumer):
            each.send_signal(signal.SIGTERM)
        wrote, read = (json.loads(each.communicate(timeout=60)[0]) for each in (producer, consumer))
    turns = [Turn(attacked, _rate(wrote, begin, end), _rate(read, begin, end)) for attacked, begin, end in spans]
    return Outcome(name, turns, before[0], peak, got)


def _tell(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


def _rate(happened: Happened, begin: float, end: float) -> float:
    return sum(count for at, count in happened if begin <= at < end) / (end - begin)


@contextmanager
def _elsewhere(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.hostile", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


# --- for people -------------------------------------------------------------------------------------------------------


def table(outcomes: Sequence[Outcome]) -> Table:
    """All attacks."""
    shown = Table("attack", "written", "read", "memory before", "peak", "verdict")
    for each in outcomes:
        verdict = "MISS" if each.missed else "pass"
        shown.add_row(each.attack, f"{each.written:.2f}", f"{each.read:.2f}", f"{each.memory_before:.0f} MiB", f"{each.memory_peak:.0f} MiB", verdict)
    shown.caption = f"what is left of honest throughput: at least {TARGET}; memory: less than {MEMORY_MIB:.0f} MiB"
    return shown


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description=__doc__)
    parser.add_argument("--only", action="append", choices=[CONTROL, *ATTACKS], help="this attack; repeatable")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of turns (%(default)s)")
    parser.add_argument("--seconds", type=float, default=3, help="length of a turn (%(default)s)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 31), help="of the order of turns (chance)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the broker; repeatable")
    parser.add_argument("--output", type=Path, help="write everything to this file as JSON")
    parser.add_argument("--check", action="store_true", help="a missed target is the exit code")
    parser.add_argument("--produce", help=argparse.SUPPRESS)
    parser.add_argument("--consume", help=argparse.SUPPRESS)
    parser.add_argument("--attack", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    wanted = HALF_OPEN + 2_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    if chosen.attack:
        attack(chosen.attack[0], Target.of_text(chosen.attack[1]))
        return 0
    if chosen.produce or chosen.consume:
        told = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: told.set())
        settings = json.loads(chosen.produce or chosen.consume)
        print(json.dumps((produce if chosen.produce else consume)(settings, told.is_set)))
        return 0
    console = Console(width=None if sys.stdout.isatty() else 140)
    outcomes: list[Outcome] = []
    more = dict(setting.split("=", 1) for setting in chosen.set)
    with ExitStack() as stack:
        if not stack.enter_context(one_group()):
            console.print("no control group could be had: priorities count only within a session here, if autogroup is on")
        console.print(f"seed {chosen.seed}")
        for name in chosen.only or (CONTROL, *ATTACKS):
            with tempfile.TemporaryDirectory(prefix="penstock-hostile-") as folder:
                outcomes.append(measure(name, Path(folder), chosen.rounds, chosen.seconds, chosen.seed, more))
            last = outcomes[-1]
            console.print(f"{name}: written {last.written:.2f}, read {last.read:.2f}, memory {last.memory_before:.0f} to {last.memory_peak:.0f} MiB; the attackers got:")
            for what, count in last.got.items():
                console.print(f"    {count:,} x {what}", markup=False, highlight=False)
    console.print(table(outcomes))
    if chosen.output:
        chosen.output.write_text(json.dumps([asdict(each) for each in outcomes], indent=1))
    return int(chosen.check and any(each.missed for each in outcomes))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
