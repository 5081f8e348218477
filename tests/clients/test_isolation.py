"""Readers of every client see of a log with plain, committed, aborted and open data what their isolation level lets them see."""

from concurrent.futures import Future
from typing import Any

import pytest
from confluent_kafka import Message, Producer

from tests.clients.catalog import CLIENTS, ClientSpec
from tests.clients.conftest import DriverOf
from tests.clients.driver import Driver
from tests.clients.test_matrix import DEADLINE_MS, b64, every_client, new_name, new_topic
from tests.support.process import ServerProcess

PATIENCE_S = 60.0
STABLE = ["p0", "a0", "p1", "a1", "p2", "b2", "p3", "p4", "a4"]
"""What is committed before the transaction that is left open, in the order of the log."""
EVERYTHING = ["p0", "a0", "b0", "b1", "p1", "a1", "p2", "b2", "a2", "a3", "p3", "p4", "b3", "a4", "open", "behind"]


class Writer:
    """A producer whose every record is a batch of its own."""

    def __init__(self, broker: ServerProcess, topic: str, *, transactional: bool) -> None:
        settings: dict[str, Any] = {"bootstrap.servers": broker.bootstrap, "log_level": 0, "enable.idempotence": True}
        self._producer = Producer({**settings, "transactional.id": new_name("writer")} if transactional else settings)
        self._topic = topic
        self.offsets: dict[str, int] = {}
        if transactional:
            self._producer.init_transactions(PATIENCE_S)

    def send(self, *values: str) -> None:
        for value in values:
            self._producer.produce(self._topic, value.encode(), partition=0, on_delivery=self._delivered)
            assert self._producer.flush(PATIENCE_S) == 0

    def begin(self, *values: str) -> None:
        self._producer.begin_transaction()
        self.send(*values)

    def commit(self) -> None:
        self._producer.commit_transaction(PATIENCE_S)

    def abort(self) -> None:
        self._producer.abort_transaction(PATIENCE_S)

    def _delivered(self, error: object, message: Message) -> None:
        assert error is None, error
        self.offsets[message.value().decode()] = message.offset()


class Log:
    """A topic with all of it; the last transaction is open until :meth:`abort`."""

    def __init__(self, driver: Driver, broker: ServerProcess) -> None:
        self.topic = new_topic(driver, broker, "isolation", 1)
        plain = self.plain = Writer(broker, self.topic, transactional=False)
        one, other = (Writer(broker, self.topic, transactional=True) for _ in range(2))
        plain.send("p0")
        one.begin("a0")
        other.begin("b0", "b1")
        plain.send("p1")
        one.send("a1")
        other.abort()
        plain.send("p2")
        other.begin("b2")
        one.commit()
        one.begin("a2", "a3")
        plain.send("p3")
        one.abort()
        other.commit()
        plain.send("p4")
        other.begin("b3")
        one.begin("a4")
        one.commit()
        other.abort()
        one.begin("open")
        plain.send("behind")
        self.last_stable_offset = one.offsets["open"]
        self.high_watermark = plain.offsets["behind"] + 1
        self.abort = one.abort


def coded(values: list[str]) -> list[str]:
    return [b64(value) for value in values]


def values_of(answer: Future[dict[str, Any]]) -> list[str]:
    return [record["value"] for record in answer.result(90)["records"]]


@every_client
@pytest.mark.parametrize("fetch_bytes", [1 << 20, 1], ids=["at-once", "batch-by-batch"])
def test_readers_see_what_their_level_lets_them_see(
    spec: ClientSpec, fetch_bytes: int, broker: ServerProcess, driver_of: DriverOf
) -> None:
    """However the log is cut into answers: the aborted transactions of each are those that reach into it."""
    driver = driver_of(spec.name)
    log = Log(driver, broker)
    how = {"bootstrap": broker.bootstrap, "topic": log.topic, "fetch_bytes": fetch_bytes, "deadline_ms": DEADLINE_MS}
    # One more than there is before the open transaction: it comes when that is aborted.
    stable = driver.submit("read", count=len(STABLE) + 1, isolation="read_committed", **how)
    everything = driver.submit("read", count=len(EVERYTHING), isolation="read_uncommitted", **how)

    assert values_of(everything) == coded(EVERYTHING)
    again = driver.submit("read", count=len(STABLE), isolation="read_committed", **how)
    assert values_of(again) == coded(STABLE)
    assert not stable.done()
    log.abort()
    assert values_of(stable) == coded([*STABLE, "behind"])


@pytest.mark.parametrize("spec", [spec for spec in CLIENTS if "end" not in spec.lacks], ids=lambda spec: spec.name)
def test_the_end_depends_on_the_level(spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf) -> None:
    """The last stable offset, or the high watermark; the same when nothing is open any more. (Some libraries ask in one way only.)"""
    driver = driver_of(spec.name)
    log = Log(driver, broker)

    def ends() -> list[int]:
        where = {"bootstrap": broker.bootstrap, "topic": log.topic, "partition": 0}
        return [
            driver.call("end", isolation=level, **where)["offset"] for level in ("read_committed", "read_uncommitted")
        ]

    assert ends() == [log.last_stable_offset, log.high_watermark]
    log.abort()
    assert ends() == [log.high_watermark + 1] * 2
