"""Clients that go on while the broker under them is killed: producers, readers, group members, committers.

All are librdkafka, which reconnects by itself. Each runs in a thread of its own until told to stop; what goes wrong there is kept
and raised by :meth:`Worker.join`.
"""

import logging
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import Any, Self

from confluent_kafka import (
    TIMESTAMP_LOG_APPEND_TIME,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from tests.durability.ledger import Fingerprint, Ledger, StreamKey, value

QUICK: dict[str, Any] = {
    "reconnect.backoff.ms": 20,
    "reconnect.backoff.max.ms": 200,
    "socket.connection.setup.timeout.ms": 2000,
    "log_level": 0,
    "topic.metadata.refresh.interval.ms": 5000,
}
FINISH_S = 60.0
_PADDING = random.Random(0).randbytes(1000)


class BeginsAnew(logging.Handler):
    """Hears why librdkafka takes another producer id or epoch; the rest of what it says is dropped."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.reasons: list[str] = []
        self.logger = logging.Logger(name)
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if "drain for" in text or "skipped sequence" in text:
            self.reasons.append(f"{time.strftime('%H:%M:%S')} {self.logger.name}: {text}")


class Worker(ABC):
    """A thread with a loop; ``step`` is called until :meth:`stop`."""

    def __init__(self, name: str) -> None:
        self.stopping = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()

    def join(self) -> None:
        """Wait for the end; raises what the thread died of."""
        self._thread.join(FINISH_S + 30)
        assert not self._thread.is_alive(), f"{self._thread.name} does not end"
        self.check()

    def check(self) -> None:
        """Raise what the thread died of, if it did."""
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while not self.stopping.is_set():
                self.step()
            self.finish()
        except BaseException as error:
            self._error = error

    @abstractmethod
    def step(self) -> None: ...

    def finish(self) -> None:  # noqa: B027 - not everybody has something to do
        """After the last step."""


class ProducerLoad(Worker):
    """One idempotent producer at full speed over all partitions. It never gives up a record unless :meth:`give_up` is called."""

    def __init__(self, bootstrap: str, topic: str, partitions: int, number: int, ledger: Ledger, **config: Any) -> None:
        self.name = f"producer-{number}"
        super().__init__(self.name)
        self.number = number
        self._topic = topic
        self._ledger = ledger
        self._random = random.Random(number)
        self._partitions = partitions
        self._fatal: KafkaError | None = None
        self.began_anew = BeginsAnew(self.name)
        self._producer = Producer(
            {
                **QUICK,
                "debug": "eos",
                "log_level": 7,
                "logger": self.began_anew.logger,
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "message.timeout.ms": 0,
                "linger.ms": 2,
                "batch.num.messages": 500,
                "queue.buffering.max.messages": 3000,
                "retry.backoff.ms": 20,
                "retry.backoff.max.ms": 200,
                "error_cb": self._on_error,
                **config,
            }
        )

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal():
            self._fatal = error

    def step(self) -> None:
        for _ in range(50):
            partition = self._random.randrange(self._partitions)
            key = (self.number, partition)
            number = self._ledger.sending(key)
            data = value(self.number, partition, number, _PADDING[: self._random.choice((0, 20, 100, 100, 1000))])
            while True:
                try:
                    self._producer.produce(
                        self._topic, data, partition=partition, on_delivery=partial(self._delivered, key, number)
                    )
                    break
                except BufferError:
                    self._producer.poll(0.05)
        self._producer.poll(0)
        assert self._fatal is None, f"fatal: {self._fatal}"

    def finish(self) -> None:
        self._producer.flush(FINISH_S)
        assert self._fatal is None, f"fatal: {self._fatal}"

    def give_up(self) -> None:
        """Forget what is queued and in flight, as a producer that is killed does, and end."""
        self.stop()
        self._thread.join(0.001)
        self._producer.purge(in_queue=True, in_flight=True, blocking=True)

    def _delivered(self, key: StreamKey, number: int, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self._ledger.was_acknowledged(key, number, message.offset())
        else:
            self._ledger.was_given_up(key, number)
            if error.code() not in (KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT):
                self._fatal = self._fatal or error


class LogReader(Worker):
    """Reads every partition from its beginning and keeps up; tells the ledger, if there is one."""

    def __init__(
        self, bootstrap: str, topic: str, partitions: int, ledger: Ledger | None, *, log_append_time: bool = False
    ) -> None:
        super().__init__("reader")
        self.fingerprint = Fingerprint()
        self.problems: list[str] = []
        self._ledger = ledger
        self._log_append_time = log_append_time
        self._consumer = Consumer(
            {
                **QUICK,
                "bootstrap.servers": bootstrap,
                "group.id": "not-used",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "fetch.wait.max.ms": 100,
                "queued.max.messages.kbytes": 16384,
                "isolation.level": "read_uncommitted",
            }
        )
        self._consumer.assign([TopicPartition(topic, partition, 0) for partition in range(partitions)])

    def step(self) -> None:
        for message in self._consumer.consume(2000, 0.05):
            error = message.error()
            if error is not None:
                if error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
                    raise AssertionError(f"a reader's place in the log is gone: {error}")
                continue
            partition, offset, data = message.partition(), message.offset(), message.value()
            kind, timestamp = message.timestamp()
            problem = self.fingerprint.add(partition, offset, timestamp, data)
            if problem is None and self._log_append_time and kind != TIMESTAMP_LOG_APPEND_TIME:
                problem = f"partition {partition} offset {offset}: timestamp type {kind}"
            if problem is not None and len(self.problems) < 20:
                self.problems.append(problem)
            if self._ledger is not None:
                self._ledger.was_seen(partition, offset, data)

    def read_up_to(self, ends: dict[int, int], deadline_s: float) -> None:
        """Wait until every partition was read up to its end, then end."""
        limit = time.monotonic() + deadline_s
        while any(self.fingerprint.positions.get(partition, 0) < end for partition, end in ends.items()):
            self.check()
            assert time.monotonic() < limit, f"read up to {self.fingerprint.positions} of {ends} in {deadline_s:.0f} s"
            self.stopping.wait(0.02)
        self.stop()
        self.join()

    def finish(self) -> None:
        self._consumer.close()


class CommittedOffsets:
    """What a group was told is committed, and the most that anybody asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.acknowledged: dict[int, int] = {}
        self.asked: dict[int, int] = {}
        self.commits = 0

    def asking(self, offsets: Sequence[TopicPartition]) -> None:
        with self._lock:
            for at in offsets:
                self.asked[at.partition] = max(at.offset, self.asked.get(at.partition, 0))

    def was_acknowledged(self, offsets: Sequence[TopicPartition]) -> None:
        with self._lock:
            self.commits += 1
            for at in offsets:
                self.acknowledged[at.partition] = max(at.offset, self.acknowledged.get(at.partition, 0))

    def snapshot(self) -> dict[int, int]:
        with self._lock:
            return dict(self.acknowledged)


class GroupClient(Worker):
    """A consumer with a group id that commits synchronously and notes what was acknowledged."""

    def __init__(self, bootstrap: str, group: str, committed: CommittedOffsets) -> None:
        super().__init__(f"{group}-client")
        self.committed = committed
        self.consumer = Consumer(
            {
                **QUICK,
                "bootstrap.servers": bootstrap,
                "group.id": group,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "earliest",
                "session.timeout.ms": 6000,
                "heartbeat.interval.ms": 500,
                "fetch.wait.max.ms": 100,
            }
        )

    def commit(self, offsets: list[TopicPartition]) -> None:
        self.committed.asking(offsets)
        try:
            answers = self.consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException:
            # The broker is away, or the group rebalances: nothing was promised.
            self.stopping.wait(0.02)
            return
        self.committed.was_acknowledged([answer for answer in answers if answer.error is None])

    def finish(self) -> None:
        self.consumer.close()


class Member(GroupClient):
    """A member of a group that subscribes, reads, and commits what it has read after every poll."""

    def __init__(self, bootstrap: str, topic: str, group: str, committed: CommittedOffsets) -> None:
        super().__init__(bootstrap, group, committed)
        self.read = 0
        self._topic = topic
        self.consumer.subscribe([topic])

    def step(self) -> None:
        positions: dict[int, int] = {}
        for message in self.consumer.consume(1000, 0.05):
            if message.error() is None:
                self.read += 1
                positions[message.partition()] = message.offset() + 1
        if positions:
            self.commit([TopicPartition(self._topic, partition, offset) for partition, offset in positions.items()])


class Committer(GroupClient):
    """Commits rising numbers as fast as it can, for a group without members; the metadata repeats the number."""

    def __init__(self, bootstrap: str, topic: str, partitions: int, group: str, committed: CommittedOffsets) -> None:
        super().__init__(bootstrap, group, committed)
        self._topic = topic
        self._partitions = partitions
        self._next = 0

    def step(self) -> None:
        self._next += 1
        self.commit(
            [TopicPartition(self._topic, partition, self._next, str(self._next)) for partition in range(self._partitions)]
        )
