"""``penstock produce TOPIC``: records from lines, JSON lines, or a whole file, into a topic."""

import base64
import json
import sys
import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import typer

from broker.cli.client import (
    DEFAULT_BOOTSTRAP,
    AsJson,
    Bootstrap,
    ClientConfig,
    check_reachable,
    client_properties,
    explain,
    make,
    parse_assignments,
)
from broker.cli.failure import FAILED, INTERRUPTED, USAGE, CommandFailed
from broker.cli.output import Progress, note, print_json
from broker.cli.rights import on_topic

Record = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]], int, int]
"""Key, value, headers, partition (-1: by key), timestamp in ms (0: now)."""

CREATION_S: Final = 0.5
"""How long a broker that is creating the topic is given before it is asked again."""
INTERRUPTED_FLUSH_S: Final = 5.0
"""How long Ctrl-C waits for the answers to what is in flight."""

_HINTS: Final = {
    "_UNKNOWN_PARTITION": "The topic has fewer partitions than the records or --partition name: see `penstock topics describe`.",
    "INVALID_RECORD": "A compacted topic takes only records with a key (--key, --key-separator).",
    "MSG_SIZE_TOO_LARGE": "The topic's max.message.bytes bounds a batch: see `penstock topics alter --config`.",
}


class Format(StrEnum):
    lines = "lines"
    json = "json"
    file = "file"


class Compression(StrEnum):
    none = "none"
    gzip = "gzip"
    snappy = "snappy"
    lz4 = "lz4"
    zstd = "zstd"


def command(
    topic: Annotated[str, typer.Argument(metavar="TOPIC")],
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Standard input if left out.")] = None,
    format: Annotated[  # noqa: A002 - the option's name
        Format, typer.Option("--format", "-f", help="lines: a record a line. json: as `consume --format json` prints. file: one record.")
    ] = Format.lines,
    key: Annotated[str | None, typer.Option("--key", "-k", help="The key of every record.")] = None,
    key_separator: Annotated[
        str | None, typer.Option("--key-separator", "-K", metavar="SEP", help="Each line is KEY SEP VALUE.")
    ] = None,
    header: Annotated[list[str] | None, typer.Option("--header", "-H", metavar="NAME=VALUE", help="A header of every record.")] = None,
    partition: Annotated[int, typer.Option("--partition", "-p", min=-1, help="-1: chosen by key.")] = -1,
    timestamp: Annotated[int, typer.Option("--timestamp", min=0, metavar="MS", help="Milliseconds since 1970; 0: now.")] = 0,
    empty_is_null: Annotated[bool, typer.Option("--empty-is-null", help="An empty value deletes its key (a tombstone).")] = False,
    compression: Annotated[Compression, typer.Option("--compression", "-z")] = Compression.none,
    acks: Annotated[str, typer.Option("--acks", help="all, 1 or 0.")] = "all",
    as_json: AsJson = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Send records; returns when every one of them is acknowledged. Ctrl-C sends what was read so far, and says what arrived."""
    from confluent_kafka import Producer

    if acks not in ("all", "-1", "0", "1"):
        raise CommandFailed(f"--acks is all, 1 or 0, not {acks!r}", USAGE)
    properties = client_properties(
        bootstrap,
        client_config,
        **{
            "acks": acks,
            "compression.type": compression.value,
            "linger.ms": 5,
            "queue.buffering.max.messages": 200_000,
            "enable.idempotence": acks in ("all", "-1"),
        },
    )
    producer = make(Producer, properties)
    _find_topic(producer, bootstrap, topic)
    delivery = _Delivery()
    common = [(name, value.encode()) for name, value in parse_assignments(header or [], "--header").items()]
    started = time.monotonic()
    source = _open(file)
    wrong_input: CommandFailed | None = None
    interrupted = False
    with Progress(f"sending to {topic}", None) as progress:
        try:
            try:
                for record in _records(source, format, key, key_separator, empty_is_null):
                    value_key, value, headers, own_partition, own_timestamp = record
                    arguments: dict[str, Any] = {"on_delivery": delivery}
                    chosen = partition if own_partition < 0 else own_partition
                    if chosen >= 0:
                        arguments["partition"] = chosen
                    if own_timestamp or timestamp:
                        arguments["timestamp"] = own_timestamp or timestamp
                    if headers or common:
                        arguments["headers"] = [*headers, *common]
                    _enqueue(producer, delivery, topic, value=value, key=value_key, **arguments)
                    if delivery.sent % 256 == 0:
                        producer.poll(0)
                        progress.update(delivery.acknowledged)
                    if delivery.failed:
                        break
            except CommandFailed as failure:
                # What came before the wrong line is on its way: finished and counted, not dropped.
                wrong_input = failure
            # The client gives each record its own deadline; when the queue is empty every record has had its answer.
            while producer.flush(0.2):
                progress.update(delivery.acknowledged)
        except KeyboardInterrupt:
            interrupted = True
            _flush_briefly(producer)
    seconds = time.monotonic() - started
    if as_json:
        print_json(
            {
                "topic": topic,
                "sent": delivery.sent,
                "acknowledged": delivery.acknowledged,
                "failed": delivery.failed,
                "seconds": round(seconds, 3),
            }
        )
    elif not interrupted:
        note(f"{delivery.acknowledged} records {'sent, not acknowledged,' if acks == '0' else 'acknowledged'} in {seconds:.2f} s")
    if interrupted:
        raise CommandFailed(_interrupted(delivery, acks), INTERRUPTED)
    if wrong_input is not None:
        raise CommandFailed(f"{wrong_input}; {delivery.acknowledged} records before it were acknowledged") from wrong_input
    if delivery.failed:
        raise CommandFailed(f"{delivery.failed} of {delivery.sent} records were refused; the first: {delivery.why()}", FAILED)


def _find_topic(producer: Any, bootstrap: str, topic: str) -> None:
    """Say at once that a topic is missing: the client itself would wait half a minute for somebody to create it."""
    error = check_reachable(producer, bootstrap, topic).topics[topic].error
    if error is not None and error.name() == "UNKNOWN_TOPIC_OR_PART":
        # Brokers that create a topic only after they have answered (Apache Kafka does) get a moment to do so.
        producer.poll(CREATION_S)
        error = check_reachable(producer, bootstrap, topic).topics[topic].error
    if error is None or error.name() == "LEADER_NOT_AVAILABLE":
        return
    if error.name() == "UNKNOWN_TOPIC_OR_PART":
        raise CommandFailed(
            f"topic {topic} does not exist, and this broker does not create topics by itself: "
            f"make it with `penstock topics create {topic}` (or set auto.create.topics.enable=true)"
        )
    raise CommandFailed(f"cannot send to topic {topic!r}: {explain(error, on_topic('write', topic))}")


def _enqueue(producer: Any, delivery: "_Delivery", topic: str, **arguments: Any) -> None:
    """Hand a record to the client, waiting for room in its queue; counted as sent, and at once as failed if it is not taken."""
    from confluent_kafka import KafkaException

    delivery.sent += 1
    while True:
        try:
            producer.produce(topic, **arguments)
        except BufferError:
            producer.poll(0.1)
            continue
        except KafkaException as error:
            delivery(error.args[0], None)
        return


def _flush_briefly(producer: Any) -> None:
    """Give what is in flight a moment to be answered. In short steps: Ctrl-C once more ends it."""
    deadline = time.monotonic() + INTERRUPTED_FLUSH_S
    while producer.flush(0.1) and time.monotonic() < deadline:
        continue


def _interrupted(delivery: "_Delivery", acks: str) -> str:
    counts = f"{delivery.acknowledged} of {delivery.sent} records were {'sent' if acks == '0' else 'acknowledged'}"
    unknown = delivery.sent - delivery.acknowledged - delivery.failed
    return f"interrupted: {counts}" + (f"; of {unknown} it is not known whether they arrived" if unknown else "")


class _Delivery:
    """Counts what became of the records."""

    def __init__(self) -> None:
        self.sent = self.acknowledged = self.failed = 0
        self.first_error = ""

    def __call__(self, error: Any, message: Any) -> None:
        if error is None:
            self.acknowledged += 1
            return
        self.failed += 1
        if not self.first_error:
            self.first_error = explain(error)

    def why(self) -> str:
        """The first refusal, and what to do about those whose words do not tell."""
        for name, hint in _HINTS.items():
            if name in self.first_error:
                return f"{self.first_error}. {hint}"
        return self.first_error


def _open(file: Path | None) -> BinaryIO:
    if file is None or str(file) == "-":
        if sys.stdin.isatty():
            note("reading records from the terminal, one a line; end with Ctrl-D")
        return sys.stdin.buffer
    try:
        return file.open("rb")
    except OSError as error:
        raise CommandFailed(f"cannot read {file}: {error.strerror}", USAGE) from error


def _records(
    source: BinaryIO, format: Format, key: str | None, separator: str | None, empty_is_null: bool  # noqa: A002
) -> Iterator[Record]:
    fixed = key.encode() if key is not None else None
    if format is Format.file:
        yield fixed, source.read(), [], -1, 0
        return
    cut = separator.encode().decode("unicode_escape").encode("latin-1") if separator else None
    for number, line in enumerate(source, 1):
        text = line[:-1] if line.endswith(b"\n") else line
        if format is Format.json:
            yield _from_json(text, number, fixed)
            continue
        own = fixed
        if cut is not None:
            own, found, text = text.partition(cut)
            if not found:
                raise CommandFailed(f"line {number} has no key: {separator!r} does not occur in it", FAILED)
        yield own, (None if empty_is_null and not text else text), [], -1, 0


def _from_json(line: bytes, number: int, key: bytes | None) -> Record:
    """One object: value, key, headers, partition, timestamp; ``*_base64`` in place of text for bytes that are not UTF-8."""
    try:
        fields = json.loads(line)
        headers = [(h["name"], _bytes(h, "value")) for h in fields.get("headers", [])]
        own = _bytes(fields, "key") if "key" in fields or "key_base64" in fields else key
        return own, _bytes(fields, "value"), headers, int(fields.get("partition", -1)), int(fields.get("timestamp", 0))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandFailed(f"line {number} is not a record in JSON: {error}") from error


def _bytes(fields: dict[str, Any], name: str) -> bytes | None:
    if f"{name}_base64" in fields:
        return base64.b64decode(fields[f"{name}_base64"], validate=True)
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a string")
    return value.encode()
