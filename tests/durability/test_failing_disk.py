"""A disk that fails: what cannot be made durable is never acknowledged, and a broker that cannot promise it any more stops."""

import sys
from pathlib import Path

import pytest
from confluent_kafka import KafkaError

from broker.app import EXIT_STORAGE_FAILED
from tests.durability.ledger import Ledger
from tests.durability.load import LogReader, ProducerLoad
from tests.durability.probe import ProducerProbe, read_all
from tests.durability.test_full_disk import check_all, create
from tests.support.penstock import Penstock

pytestmark = [pytest.mark.durability, pytest.mark.timeout(180)]

ROOT = Path(__file__).parents[2]
STOP_LIMIT_S = 40.0


class FailingPenstock(Penstock):
    """A broker whose file operations fail by order."""

    def __init__(self, tmp_path: Path, **settings: str) -> None:
        self.orders = tmp_path / "orders"
        super().__init__(tmp_path / "data", env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **settings})

    def _command(self) -> list[str]:
        python, minus_m, _, *rest = super()._command()
        assert (python, minus_m) == (sys.executable, "-m")
        return [python, "-m", "tests.durability.failing_broker", str(self.orders), *rest]

    def fail(self, operation: str, error: str) -> None:
        """From now on."""
        draft = self.orders.with_suffix(".new")
        draft.write_text(f"{operation} {error}")
        draft.rename(self.orders)

    def mend(self) -> None:
        """No longer."""
        self.orders.unlink(missing_ok=True)

    def wait_for_end(self) -> int:
        """The exit code of a broker that stops by itself."""
        assert self._process is not None
        code = self._process.wait(STOP_LIMIT_S)
        self._reap()
        return code


@pytest.mark.parametrize(("operation", "error"), [("sync_data", "EIO"), ("sync_data", "ENOSPC"), ("write", "EIO")])
def test_a_failed_flush_stops_the_broker(tmp_path: Path, operation: str, error: str) -> None:
    """Producers get storage errors or lose the connection, the process ends with its own exit code, the next one has it all."""
    broker = FailingPenstock(tmp_path)
    try:
        broker.start()
        create(broker.bootstrap, "probed", "loaded")
        ledger = Ledger()
        load = ProducerLoad(broker.bootstrap, "loaded", 2, 0, ledger).start()
        reader = LogReader(broker.bootstrap, "loaded", 2, ledger).start()
        probe = ProducerProbe(broker.bootstrap, "probed", **{"message.timeout.ms": 3000})
        assert probe.send(b"before") is None
        ledger.wait_for_more(500, 30)

        broker.fail(operation, error)
        refusal = probe.send(b"meanwhile")
        assert refusal is not None
        assert refusal.code() in (KafkaError.KAFKA_STORAGE_ERROR, KafkaError._TRANSPORT, KafkaError._MSG_TIMED_OUT)
        assert broker.wait_for_end() == EXIT_STORAGE_FAILED
        log = broker.log_tail(200)
        assert "storage failed, the broker stops; what was acknowledged is safe" in log
        assert "Traceback" not in log

        broker.mend()
        broker.start()
        ledger.wait_for_more(500, 60)
        load.stop()
        load.join()
        ledger.wait_until_seen(60)
        reader.stop()
        reader.join()
        assert not reader.problems, reader.problems
        assert ledger.settle() == []
        assert read_all(broker.bootstrap, "probed", 1) == [b"before"]
        broker.kill()
        broker.start()
        check_all(broker.bootstrap, ledger)
    finally:
        broker.kill()


@pytest.mark.parametrize("operation", ["write", "create", "allocate"])
def test_no_space_for_record_data_passes(tmp_path: Path, operation: str) -> None:
    """The same as a full disk, for machines where none can be mounted: refused, read, gone on with, in one process."""
    broker = FailingPenstock(tmp_path, PENSTOCK_SEGMENT_FILE_BYTES="1048576")
    with broker:
        create(broker.bootstrap, "probed")
        probe = ProducerProbe(broker.bootstrap, "probed")
        sent = [b"%d" % number for number in range(20)]
        for data in sent:
            assert probe.send(data) is None
        broker.fail(operation, "ENOSPC")
        # Room that was allocated before is used up first.
        while (refusal := probe.send(data := bytes(500_000))) is None:
            sent.append(data)
        assert refusal.code() == KafkaError.KAFKA_STORAGE_ERROR
        assert read_all(broker.bootstrap, "probed", len(sent)) == sent
        broker.mend()
        sent.append(b"again")
        assert probe.send(sent[-1]) is None
        broker.kill()
        broker.start()
        assert read_all(broker.bootstrap, "probed", len(sent)) == sent


def test_a_failing_read_is_an_error_for_its_reader_only(tmp_path: Path) -> None:
    """Writing goes on, and so does reading when the disk does."""
    broker = FailingPenstock(tmp_path, PENSTOCK_TAIL_CACHE_BYTES="0")
    with broker:
        create(broker.bootstrap, "probed")
        probe = ProducerProbe(broker.bootstrap, "probed")
        sent = [b"%d" % number for number in range(20)]
        for data in sent:
            assert probe.send(data) is None
        # The reader has met the file before it fails.
        assert read_all(broker.bootstrap, "probed", 1) == sent[:1]
        broker.fail("read", "EIO")
        reader = LogReader(broker.bootstrap, "probed", 1, None).start()
        for number in range(20, 40):
            sent.append(b"%d" % number)
            assert probe.send(sent[-1]) is None
        assert not reader.fingerprint.positions, "nothing can be read"
        broker.mend()
        reader.read_up_to({0: len(sent)}, 30)
        assert read_all(broker.bootstrap, "probed", len(sent)) == sent
