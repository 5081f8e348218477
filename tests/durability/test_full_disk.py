"""A disk that is really full: storage errors for producers, nothing lost, reading goes on, and writing again without a restart."""

from pathlib import Path

import pytest
from confluent_kafka import KafkaError
from confluent_kafka.admin import AdminClient, NewTopic

from tests.durability.ledger import Ledger
from tests.durability.load import QUICK, LogReader, ProducerLoad
from tests.durability.probe import ProducerProbe, commit_once, committed, read_all
from tests.durability.volume import small_volume
from tests.support.penstock import Penstock
from tests.support.process import ServerFailed

pytestmark = [pytest.mark.durability, pytest.mark.timeout(240)]

MOST_TRIES = 5000
"""More than fit into what was allocated before the disk was full."""


def arguments(full: str, volume: Path) -> list[str]:
    """What is put on the volume that gets full; the rest has room."""
    return {
        "everything": [],
        "record data": ["--objects", f"file://{volume}/segments"],
        "catalog": ["--catalog", f"sqlite://{volume}/catalog.db"],
    }[full]


def create(bootstrap: str, *topics: str) -> None:
    admin = AdminClient({**QUICK, "bootstrap.servers": bootstrap})
    for topic, made in admin.create_topics([NewTopic(topic, 2, 1) for topic in topics]).items():
        assert made.result(20) is None, topic


@pytest.mark.parametrize("full", ["everything", "record data", "catalog"])
def test_a_full_disk_refuses_writing_only_and_only_while_it_is_full(tmp_path: Path, full: str) -> None:
    """Storage errors that clients retry, no acknowledged record lost, reading undisturbed; space makes it whole again."""
    with small_volume(tmp_path / "volume", 24) as volume:
        data = volume.path / "data" if full == "everything" else tmp_path / "data"
        broker = Penstock(data, *arguments(full, volume.path), env={"PENSTOCK_SEGMENT_FILE_BYTES": "1048576"})
        broker.log_path = tmp_path / "broker.log"
        with broker:
            pid = broker.pid
            create(broker.bootstrap, "probed", "loaded")
            probe = ProducerProbe(broker.bootstrap, "probed")
            ledger = Ledger()
            reader = LogReader(broker.bootstrap, "loaded", 2, ledger).start()
            load = ProducerLoad(broker.bootstrap, "loaded", 2, 0, ledger).start()
            ledger.wait_for_more(500, 30)
            assert commit_once(broker.bootstrap, "probed", "g", 1) is None

            volume.fill()
            sent: list[bytes] = []
            refusal = None
            while refusal is None and len(sent) < MOST_TRIES:
                data_sent = b"%d " % len(sent) * 200
                refusal = probe.send(data_sent)
                if refusal is None:
                    sent.append(data_sent)

            assert refusal is not None, "the disk was full and nobody noticed"
            assert refusal.code() == KafkaError.KAFKA_STORAGE_ERROR
            if full != "record data":
                refused_commit = commit_once(broker.bootstrap, "probed", "g", 2)
                # What Kafka answers too, when the log under a group cannot be written.
                assert refused_commit is None or refused_commit.code() == KafkaError.NOT_COORDINATOR
            assert committed(broker.bootstrap, "probed", "g") in (1, 2)
            assert read_all(broker.bootstrap, "probed", len(sent)) == sent
            reader.check()
            load.check()

            volume.free()
            again = b"after the flood"
            while probe.send(again) is not None:
                pass
            assert commit_once(broker.bootstrap, "probed", "g", 3) is None
            ledger.wait_for_more(500, 60)
            load.stop()
            load.join()
            ledger.wait_until_seen(60)
            reader.stop()
            reader.join()
            assert not reader.problems, reader.problems
            assert ledger.settle() == []
            assert broker.running
            assert broker.pid == pid, "without a restart"

            broker.kill()
            broker.start()
            assert committed(broker.bootstrap, "probed", "g") == 3
            assert read_all(broker.bootstrap, "probed", len(sent) + 1) == [*sent, again]
            check_all(broker.bootstrap, ledger)


def check_all(bootstrap: str, ledger: Ledger) -> None:
    """Everything acknowledged is in the log: read it once more from the beginning, into the same ledger's books."""
    fresh = Ledger()
    fresh.adopt(ledger)
    reader = LogReader(bootstrap, "loaded", 2, fresh).start()
    fresh.wait_until_seen(60)
    reader.stop()
    reader.join()
    assert not reader.problems, reader.problems
    assert fresh.settle() == []


def test_a_broker_on_a_full_disk_starts_or_says_why_not(tmp_path: Path) -> None:
    """Killed while the disk is full, it does not come up broken; with space it has everything."""
    with small_volume(tmp_path / "volume", 24) as volume:
        broker = Penstock(volume.path / "data")
        broker.log_path = tmp_path / "broker.log"
        try:
            broker.start()
            create(broker.bootstrap, "probed")
            probe = ProducerProbe(broker.bootstrap, "probed")
            sent = [b"%d" % number for number in range(50)]
            for data in sent:
                assert probe.send(data) is None
            volume.fill()
            broker.kill()
            refusal = start_refused(broker)
            if refusal is None:
                assert read_all(broker.bootstrap, "probed", len(sent)) == sent
                broker.kill()
            else:
                assert "cannot start" in refusal
                assert "full" in refusal or "space" in refusal
                assert "Traceback" not in refusal
            volume.free()
            broker.start()
            assert read_all(broker.bootstrap, "probed", len(sent)) == sent
            assert ProducerProbe(broker.bootstrap, "probed").send(b"more") is None
            broker.terminate()
        finally:
            broker.kill()


def start_refused(broker: Penstock) -> str | None:
    """What the broker said instead of starting."""
    broker.log_path.unlink()
    try:
        broker.start()
    except ServerFailed as error:
        return str(error)
    return None
