"""``penstock consume TOPIC``: print records, as a group or straight from partitions."""

import sys
import time
from typing import Annotated, Any

import typer

from broker.cli.client import (
    DEFAULT_BOOTSTRAP,
    TIMEOUT_S,
    Bootstrap,
    ClientConfig,
    check_reachable,
    client_properties,
    explain,
    make,
)
from broker.cli.failure import USAGE, CommandFailed
from broker.cli.output import Progress, note
from broker.cli.record_format import printer
from broker.cli.rights import DENIED, on_topic
from broker.cli.start_position import resolve

_BATCH = 1000


def command(
    topic: Annotated[str, typer.Argument(metavar="TOPIC")],
    group: Annotated[str | None, typer.Option("--group", "-g", help="Read as a member of this group and commit offsets.")] = None,
    offset: Annotated[
        str | None, typer.Option("--offset", "-o", help="earliest, latest, N, -N (the last N) or @TIME. Default: latest.")
    ] = None,
    from_beginning: Annotated[bool, typer.Option("--from-beginning", help="The same as --offset earliest.")] = False,
    partition: Annotated[list[int] | None, typer.Option("--partition", "-p", min=0, help="Only these partitions.")] = None,
    max_messages: Annotated[int | None, typer.Option("--max-messages", "-n", min=1, help="Stop after so many records.")] = None,
    exit_at_end: Annotated[bool, typer.Option("--exit-at-end", "-e", help="Stop at the end of the log as of the start.")] = False,
    timeout: Annotated[float | None, typer.Option("--timeout", metavar="SECONDS", help="Stop when nothing came for so long.")] = None,
    format: Annotated[  # noqa: A002 - the option's name
        str, typer.Option("--format", "-f", help="value, json, or a template of %k %v %h %t %p %o %T %K %S.")
    ] = "value",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Print records to standard output, one a line."""
    from confluent_kafka import Consumer

    if from_beginning and offset is not None:
        raise CommandFailed("--from-beginning and --offset exclude each other", USAGE)
    if group is not None and (partition or (offset is not None and offset not in ("earliest", "latest"))):
        raise CommandFailed(
            "a group keeps its own position: --partition and --offset N do not go with --group; "
            "move it with `penstock groups reset-offsets`",
            USAGE,
        )
    start = "earliest" if from_beginning else (offset or "latest")
    show = printer("json" if as_json else format)
    properties = client_properties(
        bootstrap,
        client_config,
        **{
            "group.id": group or "penstock-cli-unused",
            "enable.auto.commit": False,
            "auto.offset.reset": start if start in ("earliest", "latest") else "earliest",
            # The last offset of a log may hold nothing to deliver: only the end itself says that it was reached.
            "enable.partition.eof": exit_at_end,
            "fetch.wait.max.ms": 100,
        },
    )
    consumer = make(Consumer, properties)
    try:
        metadata = check_reachable(consumer, bootstrap)
        known = metadata.topics.get(topic)
        if known is None:
            # Among all topics one that may not be seen is left out; asked for by its name there is an error.
            known = check_reachable(consumer, bootstrap, topic).topics.get(topic)
        if known is not None and known.error is not None and known.error.name().endswith(DENIED):
            raise CommandFailed(f"cannot read topic {topic}: {explain(known.error, on_topic('read', topic))}")
        if known is None or known.error is not None:
            raise CommandFailed(f"topic {topic} does not exist: create it with `penstock topics create {topic}`")
        indexes = partition or sorted(known.partitions)
        missing = [index for index in indexes if index not in known.partitions]
        if missing:
            raise CommandFailed(f"topic {topic} has partitions 0 to {len(known.partitions) - 1}, not {missing}")
        _Run(consumer, topic, indexes, group, start, max_messages, exit_at_end, timeout, show).go()
    finally:
        consumer.close()


class _Run:
    """One reading of a topic, until one of its ends is reached."""

    def __init__(
        self,
        consumer: Any,
        topic: str,
        indexes: list[int],
        group: str | None,
        start: str,
        max_messages: int | None,
        exit_at_end: bool,
        timeout: float | None,
        show: Any,
    ) -> None:
        self.consumer, self.topic, self.indexes, self.group, self.start = consumer, topic, indexes, group, start
        self.max_messages, self.exit_at_end, self.timeout, self.show = max_messages, exit_at_end, timeout, show
        self.ends: dict[int, int] = {}

    def go(self) -> None:
        from confluent_kafka import KafkaException, TopicPartition

        try:
            if self.group is None:
                positions = resolve(self.consumer, self.topic, self.indexes, self.start, TIMEOUT_S)
                self.ends = {index: end for index, (first, end) in positions.items() if first < end}
                if self.exit_at_end and not self.ends:
                    return
                self.consumer.assign([TopicPartition(self.topic, index, first) for index, (first, _) in positions.items()])
            else:
                self.ends = self._group_ends()
                if self.exit_at_end and not self.ends:
                    return
                self.consumer.subscribe([self.topic])
            self._read()
        except KafkaException as error:
            raise CommandFailed(f"reading {self.topic} failed: {explain(error.args[0], on_topic('read', self.topic))}") from error

    def _group_ends(self) -> dict[int, int]:
        from confluent_kafka import TopicPartition

        ends: dict[int, int] = {}
        asked = [TopicPartition(self.topic, index) for index in self.indexes]
        committed = {tp.partition: tp.offset for tp in self.consumer.committed(asked, timeout=TIMEOUT_S)}
        for index in self.indexes:
            low, high = self.consumer.get_watermark_offsets(TopicPartition(self.topic, index), timeout=TIMEOUT_S)
            position = committed[index] if committed[index] >= 0 else (low if self.start == "earliest" else high)
            if position < high:
                ends[index] = high
        return ends

    def _read(self) -> None:
        from confluent_kafka import KafkaError, TopicPartition

        gone = (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT)  # librdkafka tries again by itself
        out = sys.stdout.buffer
        count = 0
        last = time.monotonic()
        total = self.max_messages
        # A bar on the terminal would be torn by records printed to the same terminal.
        with Progress(f"reading {self.topic}", total) if not sys.stdout.isatty() else Progress("", None) as progress:
            while True:
                wanted = _BATCH if total is None else min(_BATCH, total - count)
                messages = self.consumer.consume(wanted, timeout=0.1)
                shown: dict[int, int] = {}
                for message in messages:
                    error = message.error()
                    if error is not None:
                        if error.code() == KafkaError._PARTITION_EOF:
                            self.ends.pop(message.partition(), None)
                        elif not (error.retriable() or error.code() in gone):
                            raise CommandFailed(f"reading {self.topic} failed: {explain(error, on_topic('read', self.topic))}")
                        continue
                    if self.exit_at_end and not self._before_end(message):
                        continue
                    out.write(self.show(message))
                    shown[message.partition()] = message.offset() + 1
                    count += 1
                if shown:
                    last = time.monotonic()
                    out.flush()
                    progress.update(count)
                    if self.group is not None:
                        # What was read past the end and not shown belongs to the next reader.
                        offsets = [TopicPartition(self.topic, index, offset) for index, offset in shown.items()]
                        self.consumer.commit(offsets=offsets, asynchronous=False)
                if total is not None and count >= total:
                    return
                if self.exit_at_end and not self.ends:
                    return
                if self.timeout is not None and time.monotonic() - last > self.timeout:
                    note(f"nothing came for {self.timeout:g} s; {count} records read")
                    return

    def _before_end(self, message: Any) -> bool:
        """Whether the record was there at the start; a partition is done with its last such record."""
        index, offset = message.partition(), message.offset()
        end = self.ends.get(index)
        if end is None or offset >= end:
            self.ends.pop(index, None)
            return False
        if offset == end - 1:
            del self.ends[index]
        return True
