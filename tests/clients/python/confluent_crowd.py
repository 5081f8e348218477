"""Members of groups that poll and commit all the time, on librdkafka; what the Java driver's Crowd is. See tests/clients/group_ledger.py."""

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

_POLL_S = 0.1
_BATCH = 200


class Runner:
    """One member, in a thread of its own."""

    def __init__(self, settings: dict[str, Any], topic: str, ledger: str) -> None:
        self.size = 0
        self.failure: Exception | None = None
        self._consumer = Consumer({"log_level": 2, "enable.auto.commit": False, "auto.offset.reset": "earliest", **settings})
        self._topic = topic
        self._ledger = Path(ledger)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            self._consumer.subscribe(
                [self._topic],
                on_assign=lambda _, partitions: self._moved("assigned", partitions),
                on_revoke=lambda _, partitions: self._moved("revoked", partitions),
                on_lost=lambda _, partitions: self._moved("lost", partitions),
            )
            while not self._stopping.is_set():
                messages = self._consumer.consume(_BATCH, _POLL_S)
                self.size = len(self._consumer.assignment())
                self._take([message for message in messages if message.error() is None])
        except Exception as error:
            self.failure = error
        finally:
            self._consumer.close()

    def _take(self, messages: list[Message]) -> None:
        if not messages:
            return
        spans: dict[int, tuple[int, int]] = {}
        for message in messages:
            partition, offset = message.partition(), message.offset()
            first, end = spans.get(partition, (offset, offset))
            spans[partition] = (min(first, offset), max(end, offset + 1))
        self._read("read", spans)
        offsets = [TopicPartition(self._topic, partition, end) for partition, (_, end) in spans.items()]
        try:
            answered = self._consumer.commit(offsets=offsets, asynchronous=False)
            refused = [each for each in answered or [] if each.error is not None]
        except KafkaException:
            refused = offsets
        self._read("uncommitted" if refused else "committed", spans)
        for each in refused:
            try:
                self._consumer.seek(TopicPartition(self._topic, each.partition, spans[each.partition][0]))
            except KafkaException:
                pass  # it is somebody else's by now

    def _read(self, what: str, spans: dict[int, tuple[int, int]]) -> None:
        for partition, (first, end) in spans.items():
            self._write(f"{what} {partition} {first} {end}")

    def _moved(self, what: str, partitions: Iterable[TopicPartition]) -> None:
        numbers = " ".join(str(each.partition) for each in partitions)
        if numbers:
            self._write(f"{what} {numbers}")

    def _write(self, line: str) -> None:
        with self._ledger.open("a") as ledger:
            ledger.write(f"{time.time_ns() // 1_000_000} {line}\n")
