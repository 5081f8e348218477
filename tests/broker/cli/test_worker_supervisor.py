"""Several brokers on one machine, looked after by one process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from broker.cli.worker_supervisor import find_ports
from broker.config.settings import Settings
from tests.support.cluster import Cluster
from tests.support.penstock import Penstock
from tests.support.s3 import CLIENT_ENVIRONMENT
from tests.support.waiting import wait_until

SCRIPT = """
import signal, sys, time
index = sys.argv[2].split(":")[0]
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
{0}
print("2026 [info] starting " + index, flush=True)
print("penstock: ready kafka=h:1,h:1" + index + " http=h:2" + index, flush=True)
signal.sigwait([signal.SIGTERM])
sys.exit({1})
"""


class Workers(Penstock):
    """Two brokers behind one port."""

    def __init__(self, cluster: Cluster) -> None:
        arguments = ("--workers", "2", "--catalog", cluster.catalog, "--objects", cluster.objects)
        super().__init__(cluster.directory / "workers", *arguments, env=CLIENT_ENVIRONMENT)

    def processes(self) -> list[psutil.Process]:
        """The workers, in the order in which they were started."""
        return psutil.Process(self.pid).children()


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """They run as long as the tests of this file."""
    with Cluster(tmp_path_factory.mktemp("workers") / "cluster", 0) as cluster, Workers(cluster) as running:
        yield running


def brokers_of(address: str) -> dict[int, str]:
    """Who clients are told there is."""
    return {node: f"{at.host}:{at.port}" for node, at in AdminClient({"bootstrap.servers": address}).list_topics(timeout=20).brokers.items()}


def test_clients_begin_at_one_address_and_are_told_of_all(workers: Workers) -> None:
    """The first is shared, each has one of its own, and one line says all of them."""
    shared, *own = workers.bootstrap.split(",")
    failures: list[object] = []
    producer = Producer({"bootstrap.servers": shared})
    for number in range(20):
        producer.produce("t", b"%d" % number, on_delivery=lambda error, _: failures.append(error) if error else None)
    assert producer.flush(30) == 0
    assert not failures
    assert set(brokers_of(shared).values()) == set(own)
    assert len(workers.http.split(",")) == 2


def test_a_worker_that_dies_is_started_again_in_its_place(workers: Workers) -> None:
    """Under the same node id and at the same address, while the other one serves."""
    shared = workers.bootstrap.split(",")[0]
    before = brokers_of(shared)
    victim = workers.processes()[0]
    victim.kill()
    wait_until(lambda pids: len(pids) == 2 and victim.pid not in pids, lambda: [process.pid for process in workers.processes()])

    assert all(brokers_of(address) == before for address in before.values())


def test_everybody_ends_in_order(workers: Workers) -> None:
    """With one signal to the one process that was started."""
    processes = workers.processes()
    workers.terminate()

    assert not any(process.is_running() for process in processes)
    workers.start()


def test_workers_do_not_outlive_who_looks_after_them(workers: Workers) -> None:
    """A supervisor that is killed takes them along, so that another one finds the ports free."""
    processes = workers.processes()
    workers.kill()
    _, alive = psutil.wait_procs(processes, timeout=20)

    assert not alive
    workers.start()


@pytest.mark.parametrize(("at_start", "at_end", "code"), [("", "0", 0), ("", "3", 3), ("sys.exit(1 if index == '1' else 0)", "0", 1)])
def test_the_exit_code_is_that_of_whoever_did_not_end_well(tmp_path: Path, at_start: str, at_end: str, code: int) -> None:
    """0 when all did; and one that cannot start ends them all."""
    worker = tmp_path / "worker.py"
    worker.write_text(SCRIPT.format(at_start, at_end))
    program = (
        "import anyio, sys; from broker.cli.worker_supervisor import Supervisor\n"
        f"supervisor = Supervisor([sys.executable, {str(worker)!r}], 2, [1], lambda line: print(line, flush=True))\n"
        "sys.exit(anyio.run(supervisor.run))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip())
            if line.startswith("penstock: ready"):
                process.send_signal(signal.SIGTERM)
        assert process.wait(20) == code
    if not at_start:
        assert "penstock: ready kafka=h:1,h:10,h:11 http=h:20,h:21" in lines
        assert "2026 [info] starting 0" in lines


def test_shared_ports_are_found_once() -> None:
    """Where none is set, a free one is held for the workers."""
    ports, held = find_ports(Settings(listeners="PLAINTEXT://127.0.0.1:0"))
    again, held_too = find_ports(Settings(listeners=f"PLAINTEXT://127.0.0.1:{ports[0]}"))
    for sock in held + held_too:
        sock.close()

    assert ports == again
    assert ports[0] > 0


def test_an_embedded_broker_is_one_process(tmp_path: Path) -> None:
    """It is refused with the reason, before anything is started."""
    command = [sys.executable, "-m", "broker", "serve", "--workers", "2", "--data-dir", str(tmp_path / "data")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONSAFEPATH": "1"})

    assert done.returncode == 2
    assert "workers" in done.stderr
    assert "one process at a time" in done.stderr
    assert not (tmp_path / "data").exists()

