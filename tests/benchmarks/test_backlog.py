"""The parts of the benchmark beside a reader of a backlog."""

import os
import secrets
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from benchmarks.backlog import (
    BACKLOG,
    MEASURED,
    PARTITIONS,
    RATE,
    TARGET,
    Outcome,
    Turn,
    consume,
    fill,
    one_group,
    pair,
    percentile,
    produce,
    run_when_idle,
    table,
)
from confluent_kafka.admin import AdminClient, NewTopic
from rich.console import Console

from tests.support.penstock import Penstock


def test_turns_have_no_rhythm() -> None:
    """Each round has one of each kind, either may come first, and none is as long as the one before: what the broker does now and then meets both kinds."""
    seed = secrets.randbelow(1 << 31)
    chance = Random(seed)
    rounds = [pair(chance, 4) for _ in range(50)]
    assert all({with_reader for with_reader, _ in each} == {False, True} for each in rounds), seed
    assert {each[0][0] for each in rounds} == {False, True}, seed
    lengths = [length for each in rounds for _, length in each]
    assert len(set(lengths)) == 100, seed
    assert all(3 <= length <= 5 for length in lengths), seed


def test_what_stands_for_another_machine_runs_when_nothing_else_does() -> None:
    """Threads that it starts later too: they have what the one has that starts them."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        run_when_idle(child.pid)
        assert os.sched_getscheduler(child.pid) == os.SCHED_IDLE
    finally:
        child.communicate(b"\n")


def test_a_control_group_is_left_again() -> None:
    """Where none can be had, the measurement goes on without."""
    before = Path("/proc/self/cgroup").read_text()
    with one_group() as had:
        assert (Path("/proc/self/cgroup").read_text() != before) is had
    assert Path("/proc/self/cgroup").read_text() == before


def test_percentiles_are_values_that_were_measured() -> None:
    """Of few values the largest."""
    assert percentile(list(range(1000)), 0.99) == 990
    assert percentile([3.0, 1.0], 0.99) == 3.0


def test_the_ratio_is_that_of_medians_and_a_miss_is_called_one() -> None:
    """One turn that was disturbed decides nothing."""
    turns = [Turn(False, 1, 10, 0), Turn(True, 1, 11, 500), Turn(True, 1, 99, 300), Turn(False, 1, 10, 0), Turn(True, 1, 11, 1)]
    outcome = Outcome(turns, (10, 12))
    assert outcome.ratio == pytest.approx(1.1)
    assert outcome.megabytes_read == 801
    console = Console(width=200, record=True)
    for p99, verdict in ((10 * TARGET - 0.1, "pass"), (10 * TARGET + 0.1, "MISS")):
        console.print(table(Outcome([Turn(False, 1, 10, 0), Turn(True, 1, p99, 1)])))
        assert verdict in console.export_text()
    console.print(table(outcome))
    assert "1.20" in console.export_text(), "of all turns together"


def test_producer_and_reader_do_as_they_are_told(tmp_path: Path) -> None:
    """A fixed rate; the backlog over and over."""
    with Penstock(tmp_path / "data") as broker:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
        for made in admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in (MEASURED, BACKLOG)]).values():
            made.result(20)
        fill(broker.bootstrap, 2)
        once: list[bool] = []
        assert consume(broker.bootstrap, 60, lambda: bool(once), lambda: once.append(True)) > 1.9
        assert once == [True], "it was read once"
        took = produce(broker.bootstrap, 1)
        assert len(took) == RATE
        assert 0.8 < took[-1][0] - took[0][0] < 1.5
        assert all(each > 0 for _, each in took)
        assert produce(broker.bootstrap, 60, lambda: True) == []
