"""The command protocol of the client drivers, for the ones in Python: JSON lines in, JSON lines out.

A driver is one process that drives one client library. It prints `{"ready": {"client": NAME, "version": VERSION}}`,
then answers each `{"id": N, "op": NAME, "args": {...}}` with `{"id": N, "result": {...}}` or
`{"id": N, "error": {"type": NAME, "message": TEXT}}`, in any order, and ends when its input ends. Keys and values
travel as base64 or null, headers as pairs of name and base64 or null, timestamps as milliseconds.

Operations (each but those of an open stream or member takes `bootstrap`):

produce        topic, records, compression, acks, idempotent -> placed: [partition, offset] of each record
read           topic, count, deadline_ms, isolation ("read_uncommitted" if left out), fetch_bytes (a partition's share of one fetch; the
               library's own if left out), rack (where the consumer is; Java, librdkafka, franz-go) -> records from the start of every partition, without a group
end            topic, partition, isolation -> offset: where readers of that kind find the end
stream_open    stream, topic, partitions, idempotent; stream_send: stream, first, count (queues numbers as values,
               number % partitions decides); stream_flush: stream -> acknowledged; stream_close: stream
member_open    member, group, topic (a pattern when it begins with ^), protocol ("consumer"; classic when left out);
               member_assigned: member, count, deadline_ms -> partitions;
               member_take: member, count, deadline_ms -> records, whose offsets are committed; member_close: member
share_open     member, group, topics, explicit (acknowledgement by hand; only java-4), max_poll;
               share_take: member, count, deadline_ms -> records (with deliveries), each accepted (java: and unsure, those of which it does not know);
               share_close: member;
               only java-4: share_run: member (takes and accepts until it is closed); share_poll: member, deadline_ms -> records; share_acknowledge: member, type, values (all that was polled
               when empty); share_commit: member, waits -> errors
txn_open       producer, transactional_id, timeout_ms (a minute when left out); txn_begin: producer; txn_send: producer, topic, partition,
               values (texts; acknowledged when answered); txn_queue: the same without waiting for anything;
               txn_offsets: producer, group, topic, partition, offset; txn_commit, txn_abort, txn_close: producer
session_open   producer, transactional_id, timeout_ms, group, topic: a producer that is a member of the group as well, and commits what
               it took with its transactions (franz-go); session_take: producer, count -> records; the rest as txn_
transform      what tests/clients/python/transforming.py says: consume, transform, produce until the end of the driver, or an error
watch_open     watch, topic; watch_take: watch -> records of every partition, read_committed, as they become visible (Java)
topic_create   topic, partitions, configs; topic_delete: topic; topics -> topics; partitions_grow: topic, partitions;
               topic_describe: topic -> partitions
config_get     topic, name -> value; config_set: topic, name, value; config_unset: topic, name
records_delete topic, partition, before -> low_watermark
offset         topic, partition, at ("earliest", "latest", "max_timestamp" or milliseconds) -> offset (-1: none)
groups         -> groups; group_describe: group -> state, members; group_offsets: group, topic -> offsets;
               group_delete: group
"""

import base64
import faulthandler
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

Json = dict[str, Any]


class Driver:
    """One client library behind the protocol: each public method of a subclass named like an operation serves it."""

    client = ""
    version = ""

    def __init__(self) -> None:
        self._output = threading.Lock()

    def serve(self) -> None:
        """Answer commands until standard input ends, each in a thread of its own; SIGQUIT shows where they are, as in a JVM."""
        faulthandler.register(signal.SIGQUIT)
        self._write({"ready": {"client": self.client, "version": self.version}})
        for line in sys.stdin:
            threading.Thread(target=self._answer, args=(json.loads(line),), daemon=True).start()

    def perform(self, op: str, args: Json) -> Json:
        """Run one operation; what it raises becomes the error of the answer."""
        operation: Callable[..., Json] = getattr(self, op)
        return operation(**args)

    def _answer(self, command: Json) -> None:
        try:
            self._write({"id": command["id"], "result": self.perform(command["op"], command["args"])})
        except Exception as error:  # the top of a thread: whatever the client raises goes to the test
            self._write({"id": command["id"], "error": {"type": type(error).__name__, "message": repr(error)}})

    def _write(self, answer: Json) -> None:
        with self._output:
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


def decoded(text: str | None) -> bytes | None:
    """Bytes of a key, value or header as the protocol carries them."""
    return None if text is None else base64.b64decode(text)


def encoded(data: bytes | None) -> str | None:
    """The protocol's form of a key, value or header."""
    return None if data is None else base64.b64encode(data).decode()


def decoded_headers(record: Json) -> list[tuple[str, bytes | None]]:
    """Headers of a record to be produced."""
    return [(name, decoded(value)) for name, value in record.get("headers", [])]


def record_of(
    *,
    partition: int,
    offset: int,
    timestamp: int,
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[tuple[str, bytes | None]] | None,
) -> Json:
    """A consumed record in the protocol's form."""
    return {
        "partition": partition,
        "offset": offset,
        "timestamp": timestamp,
        "key": encoded(key),
        "value": encoded(value),
        "headers": [[name, encoded(data)] for name, data in headers or ()],
    }


def deadline(milliseconds: int) -> Callable[[], float]:
    """A function that tells the seconds left, never below zero."""
    end = time.monotonic() + milliseconds / 1000
    return lambda: max(0.0, end - time.monotonic())
