"""``penstock perf``: measure what a broker does, with librdkafka as the client."""

import time
from typing import Annotated, Any

import typer

from broker.cli.client import (
    DEFAULT_BOOTSTRAP,
    TIMEOUT_S,
    AsJson,
    Bootstrap,
    ClientConfig,
    check_reachable,
    client_properties,
    explain,
    make,
)
from broker.cli.failure import CommandFailed
from broker.cli.output import Progress, print_json, print_table
from broker.cli.produce import Compression

app = typer.Typer(no_args_is_help=True, help="Measure throughput and latency.")

Topic = Annotated[str, typer.Argument(metavar="TOPIC")]
_MIB = 1024 * 1024


class _Latencies:
    """Microseconds from handing a record over to its acknowledgement; percentiles at the end."""

    def __init__(self) -> None:
        self.values: list[int] = []

    def percentile(self, share: float) -> float | None:
        """In milliseconds; None when nothing was measured."""
        if not self.values:
            return None
        self.values.sort()
        return self.values[min(len(self.values) - 1, int(len(self.values) * share))] / 1000


@app.command("produce")
def produce(
    topic: Topic,
    records: Annotated[int, typer.Option("--records", "-n", min=1)] = 1_000_000,
    size: Annotated[int, typer.Option("--size", "-s", min=0, metavar="BYTES", help="Of each record's value.")] = 100,
    rate: Annotated[float | None, typer.Option("--rate", metavar="MB/S", help="Hold this rate instead of going as fast as possible.")] = None,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, metavar="BYTES")] = 1_000_000,
    linger_ms: Annotated[float, typer.Option("--linger-ms", min=0)] = 5,
    compression: Annotated[Compression, typer.Option("--compression", "-z")] = Compression.none,
    acks: Annotated[str, typer.Option("--acks")] = "all",
    as_json: AsJson = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Send records of one size and print throughput and acknowledgement latency."""
    import os

    from confluent_kafka import Producer

    properties = client_properties(
        bootstrap,
        client_config,
        **{
            "acks": acks,
            "batch.size": batch_size,
            "linger.ms": linger_ms,
            "compression.type": compression.value,
            "enable.idempotence": acks in ("all", "-1"),
            "queue.buffering.max.messages": 1_000_000,
            "queue.buffering.max.kbytes": 262_144,
        },
    )
    producer = make(Producer, properties)
    check_reachable(producer, bootstrap)
    value = os.urandom(size // 2 + 1).hex()[:size].encode()
    latencies, failures, done = _Latencies(), [], 0

    def delivered(error: Any, message: Any) -> None:
        nonlocal done
        done += 1
        if error is not None:
            failures.append(explain(error))
        elif done % 16 == 0:
            latencies.values.append(int(message.latency() * 1_000_000))

    started = time.monotonic()
    per_second = rate * 1e6 / max(1, size) if rate else None
    with Progress(f"sending to {topic}", records) as progress:
        for index in range(records):
            if per_second is not None and index % 64 == 0:
                # Waiting for the clock is the measurement itself: the rate is what was asked for.
                while (ahead := index / per_second - (time.monotonic() - started)) > 0:
                    producer.poll(min(ahead, 0.05))
            while True:
                try:
                    producer.produce(topic, value, on_delivery=delivered)
                    break
                except BufferError:
                    producer.poll(0.05)
            if index % 512 == 0:
                producer.poll(0)
                progress.update(done)
        while producer.flush(1.0):
            progress.update(done)
    seconds = time.monotonic() - started
    _report(
        {
            "records": done - len(failures),
            "failed": len(failures),
            "seconds": round(seconds, 3),
            "records_per_second": round((done - len(failures)) / seconds),
            "mib_per_second": round((done - len(failures)) * size / seconds / _MIB, 2),
            "latency_p50_ms": latencies.percentile(0.5),
            "latency_p99_ms": latencies.percentile(0.99),
        },
        as_json,
    )
    if failures:
        raise CommandFailed(f"{len(failures)} records were refused; the first: {failures[0]}")


@app.command("consume")
def consume(
    topic: Topic,
    records: Annotated[int, typer.Option("--records", "-n", min=1)] = 1_000_000,
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", help="Give up when nothing came for so long.")] = 10.0,
    as_json: AsJson = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Read records from the beginning and print throughput."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = make(
        Consumer,
        client_properties(
            bootstrap, client_config, **{"group.id": "penstock-perf-unused", "enable.auto.commit": False, "fetch.wait.max.ms": 100}
        ),
    )
    metadata = check_reachable(consumer, bootstrap)
    if topic not in metadata.topics or metadata.topics[topic].error is not None:
        raise CommandFailed(f"topic {topic} does not exist")
    consumer.assign([TopicPartition(topic, index, -2) for index in metadata.topics[topic].partitions])
    count = size = 0
    started = time.monotonic()
    first: float | None = None
    last = started
    with Progress(f"reading {topic}", records) as progress:
        while count < records and time.monotonic() - last < timeout:
            messages = consumer.consume(min(10_000, records - count), timeout=0.1)
            for message in messages:
                if message.error() is not None:
                    raise CommandFailed(f"reading {topic} failed: {explain(message.error())}")
                size += len(message.value() or b"")
            if messages:
                last = time.monotonic()
                first = first or last
                count += len(messages)
                progress.update(count)
    consumer.close()
    seconds = max(1e-9, last - started)
    _report(
        {
            "records": count,
            "seconds": round(seconds, 3),
            "first_records_after_ms": round(((first or last) - started) * 1000, 1),
            "records_per_second": round(count / seconds),
            "mib_per_second": round(size / seconds / _MIB, 2),
        },
        as_json,
    )
    if count < records:
        raise CommandFailed(f"only {count} of {records} records came within {timeout:g} s")


@app.command("latency")
def latency(
    topic: Topic,
    records: Annotated[int, typer.Option("--records", "-n", min=1)] = 2000,
    size: Annotated[int, typer.Option("--size", "-s", min=8, metavar="BYTES")] = 100,
    as_json: AsJson = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Send records one at a time and measure acknowledgement, and arrival at a consumer."""
    from confluent_kafka import Consumer, Producer, TopicPartition

    producer = make(Producer, client_properties(bootstrap, client_config, **{"acks": "all", "linger.ms": 0}))
    consumer = make(
        Consumer,
        client_properties(bootstrap, client_config, **{"group.id": "penstock-perf-unused", "enable.auto.commit": False}),
    )
    check_reachable(producer, bootstrap)
    acknowledged, arrived = _Latencies(), _Latencies()
    failures: list[str] = []
    ends: list[int] = []

    def delivered(error: Any, message: Any) -> None:
        if error is not None:
            failures.append(explain(error))
        else:
            ends.append(message.offset())

    # The first record makes the topic where that is allowed, and tells where to begin.
    producer.produce(topic, b"\0" * size, partition=0, on_delivery=delivered)
    producer.flush(TIMEOUT_S)
    if failures or not ends:
        raise CommandFailed(f"the first record was not accepted: {failures[0] if failures else 'no answer'}")
    consumer.assign([TopicPartition(topic, 0, ends[0] + 1)])
    with Progress("measuring", records) as progress:
        for _ in range(records):
            sent = time.perf_counter_ns()
            producer.produce(topic, sent.to_bytes(8, "big") + b"\0" * (size - 8), partition=0, on_delivery=delivered)
            count = len(ends) + len(failures)
            while len(ends) + len(failures) == count:
                producer.poll(0.5)
            acknowledged.values.append((time.perf_counter_ns() - sent) // 1000)
            message = consumer.poll(TIMEOUT_S)
            if message is None or message.error() is not None or failures:
                raise CommandFailed(f"the record did not come back: {failures[0] if failures else 'no answer'}")
            arrived.values.append((time.perf_counter_ns() - sent) // 1000)
            progress.advance()
    consumer.close()
    _report(
        {
            "records": records,
            "acknowledged_p50_ms": acknowledged.percentile(0.5),
            "acknowledged_p99_ms": acknowledged.percentile(0.99),
            "end_to_end_p50_ms": arrived.percentile(0.5),
            "end_to_end_p99_ms": arrived.percentile(0.99),
        },
        as_json,
    )


def _report(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(figures)
    else:
        print_table(["WHAT", "VALUE"], [[name.replace("_", " "), "-" if value is None else value] for name, value in figures.items()])
