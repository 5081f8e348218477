"""Readers that look on all the time: what they see is checked while it comes, and the group's offsets beside it."""

import base64
import threading
from abc import ABC, abstractmethod
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from tests.clients.driver import Driver
from tests.durability.load import QUICK
from tests.durability.observations import Audit, Fault, Kind, Reading

PATIENCE_S = 60.0


class Watcher(ABC):
    """A thread that reads one topic, read_committed, from the beginning on."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._stopped = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "a watcher does not end"

    def check(self) -> None:
        """Raise what went wrong in the thread."""
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                self._look()
        except BaseException as error:
            with self.changed:
                self._error = error
                self.changed.notify_all()

    @abstractmethod
    def _look(self) -> None:
        """See what there is, for a fraction of a second at most."""


class OutputAndAudit(Watcher):
    """librdkafka, which says when it stands at the last stable offset."""

    def __init__(self, bootstrap: str, output: str, partitions: int, audit: str) -> None:
        super().__init__()
        self.readings = [Reading(f"librdkafka, partition {partition}") for partition in range(partitions)]
        self.audit = Audit()
        self._output = output
        self._consumer = Consumer(
            {
                **QUICK,
                "bootstrap.servers": bootstrap,
                "group.id": "watcher",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 100,
            }
        )
        self._consumer.assign(
            [TopicPartition(output, partition, 0) for partition in range(partitions)] + [TopicPartition(audit, 0, 0)]
        )

    @property
    def count(self) -> int:
        return sum(reading.count for reading in self.readings)

    def faults(self) -> list[Fault]:
        return [fault for seen in (*self.readings, self.audit) for fault in seen.faults]

    def _look(self) -> None:
        messages = self._consumer.consume(500, 0.1)
        with self.changed:
            for message in messages:
                error, offset, mine = message.error(), message.offset(), message.topic() == self._output
                if error is None:
                    (self.readings[message.partition()] if mine else self.audit).see(offset, message.value())
                elif error.code() == KafkaError._PARTITION_EOF:
                    if mine:
                        self.readings[message.partition()].rest(offset)
                    else:
                        self.audit.position = max(self.audit.position, offset)
                elif not error.retriable() and error.code() not in _PASSING:
                    raise KafkaException(error)
            self.changed.notify_all()

    def stop(self) -> None:
        super().stop()
        self._consumer.close()


_PASSING = (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE, KafkaError._TIMED_OUT)


class OutputOfDriver(Watcher):
    """A client behind a driver that can watch."""

    def __init__(self, driver: Driver, bootstrap: str, output: str, partitions: int) -> None:
        super().__init__()
        self.readings = [Reading(f"{driver.name}, partition {partition}") for partition in range(partitions)]
        self._driver = driver
        driver.call("watch_open", watch="output", bootstrap=bootstrap, topic=output)

    def faults(self) -> list[Fault]:
        return [fault for seen in self.readings for fault in seen.faults]

    def _look(self) -> None:
        records = self._driver.call("watch_take", watch="output")["records"]
        with self.changed:
            for record in records:
                self.readings[record["partition"]].see(record["offset"], base64.b64decode(record["value"]))
            self.changed.notify_all()


class Snapshots:
    """Compares, while everything goes on, what is visible, what is committed for the groups, and what the audit says."""

    def __init__(
        self, bootstrap: str, watcher: OutputAndAudit, output: str, groups: list[str], inputs: list[str]
    ) -> None:
        self._watcher, self._output = watcher, output
        self._settings: dict[str, Any] = {**QUICK, "bootstrap.servers": bootstrap}
        self._admin = AdminClient(self._settings)
        # Not of stable offsets only: those of a transaction that is open are no reason to wait.
        self._groups = [
            (
                Consumer({**self._settings, "group.id": group, "isolation.level": "read_uncommitted"}),
                TopicPartition(source, 0),
            )
            for group, source in zip(groups, inputs, strict=True)
        ]
        self._partitions = [TopicPartition(output, partition) for partition in range(len(groups))]
        self._stable = [0] * len(groups)
        self.taken = 0
        self.faults: list[Fault] = []

    def take(self) -> bool:
        """One comparison; False when the broker could not be asked."""
        watcher = self._watcher
        with watcher.changed:
            before = [reading.count for reading in watcher.readings]
            audited = len(watcher.audit.transactions)
        offsets = [_committed(consumer, source) for consumer, source in self._groups]
        stable = self.last_stable(self._partitions)
        if None in offsets or stable is None:
            return False
        for partition, (earlier, later) in enumerate(zip(self._stable, stable, strict=True)):
            if later < earlier:
                self.faults.append(
                    Fault(Kind.DISORDER, f"partition {partition}: last stable offset {later} after {earlier}")
                )
        self._stable = stable
        with watcher.changed:
            arrived = watcher.changed.wait_for(lambda: watcher._error or self._is_at(stable), PATIENCE_S)
            watcher.check()
            assert arrived, f"a reader does not come to {stable}: {[reading.position for reading in watcher.readings]}"
            for reading, least, offset in zip(watcher.readings, before, offsets, strict=True):
                reading.agree(least, offset, reading.count)
            self.faults += watcher.audit.ahead(audited, watcher.readings)
        self.taken += 1
        return True

    def last_stable(self, partitions: list[TopicPartition], *, committed: bool = True) -> list[int] | None:
        """Where readers stop; None when the broker could not be asked."""
        level = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
        asked = dict.fromkeys(partitions, OffsetSpec.latest())
        found = self._admin.list_offsets(asked, isolation_level=level, request_timeout=10)
        try:
            ends = [future.result(10).offset for future in found.values()]
        except (KafkaException, TimeoutError):
            return None
        return ends if min(ends) >= 0 else None  # negative where the connection was lost

    def close(self) -> None:
        for consumer, _ in self._groups:
            consumer.close()

    def _is_at(self, stable: list[int]) -> bool:
        return all(reading.position >= end for reading, end in zip(self._watcher.readings, stable, strict=True))


def _committed(consumer: Consumer, source: TopicPartition) -> int | None:
    """A group's offset, 0 when there is none, None when the broker could not be asked."""
    try:
        (found,) = consumer.committed([source], 10)
    except KafkaException:
        return None
    return None if found.error is not None else max(0, found.offset)
