"""The orderly end under load, and the refusal of a second owner."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.durability.ledger import Ledger
from tests.durability.load import CommittedOffsets, LogReader, Member, ProducerLoad
from tests.durability.test_full_disk import check_all, create
from tests.support.penstock import Penstock

pytestmark = [pytest.mark.durability, pytest.mark.timeout(180)]

DRAIN_LIMIT_S = 15.0


def test_sigterm_under_load_loses_nothing_and_is_quick(tmp_path: Path) -> None:
    """Three stops with exit code 0, with producers, long polls and group members at work; their clients notice a pause only."""
    broker = Penstock(tmp_path / "data")
    try:
        broker.start()
        create(broker.bootstrap, "loaded", "silent")
        ledger = Ledger()
        loads = [ProducerLoad(broker.bootstrap, "loaded", 2, number, ledger).start() for number in range(3)]
        reader = LogReader(broker.bootstrap, "loaded", 2, ledger).start()
        member = Member(broker.bootstrap, "silent", "g", CommittedOffsets()).start()
        for _ in range(3):
            ledger.wait_for_more(3000, 60)
            started = time.monotonic()
            broker.terminate(deadline_s=DRAIN_LIMIT_S)
            print(f"stopped in {time.monotonic() - started:.2f} s")
            broker.start()
        ledger.wait_for_more(1000, 60)
        for worker in (*loads, member):
            worker.stop()
        for worker in (*loads, member):
            worker.join()
        ledger.wait_until_seen(60)
        reader.stop()
        reader.join()
        assert not reader.problems, reader.problems
        assert ledger.settle() == []
        assert ledger.given_up == 0
        broker.restart()
        check_all(broker.bootstrap, ledger)
        assert "Traceback" not in broker.log_tail(1000)
    finally:
        broker.kill()


def test_a_second_broker_on_the_same_data_is_refused(tmp_path: Path) -> None:
    """It names the process that owns the data, and the owner does not notice."""
    with Penstock(tmp_path / "data") as owner:
        create(owner.bootstrap, "loaded")
        ledger = Ledger()
        load = ProducerLoad(owner.bootstrap, "loaded", 2, 0, ledger).start()
        ledger.wait_for_more(100, 30)
        second = Penstock(tmp_path / "data")
        done = subprocess.run(
            second._command(), capture_output=True, text=True, env=dict(second._environment()), timeout=60, check=False
        )
        assert done.returncode == 1
        assert f"process {owner.pid}" in done.stderr
        assert "Traceback" not in done.stderr
        ledger.wait_for_more(100, 30)
        load.stop()
        load.join()
        check_all(owner.bootstrap, ledger)


def test_an_owner_that_was_stopped_is_not_pushed_aside(tmp_path: Path) -> None:
    """A process that only stands still still owns its data; killed, it does not."""
    owner = Penstock(tmp_path / "data").start()
    second = Penstock(tmp_path / "data")
    second.log_path = tmp_path / "second.log"
    try:
        create(owner.bootstrap, "loaded")
        owner._process.send_signal(signal.SIGSTOP)  # type: ignore[union-attr]
        done = subprocess.run(
            second._command(), capture_output=True, text=True, env=dict(second._environment()), timeout=60, check=False
        )
        assert done.returncode == 1
        owner.kill()
        second.start()
        second.terminate()
    finally:
        owner.kill()
        second.kill()
