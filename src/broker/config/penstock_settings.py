"""The settings that only Penstock has. Their names never collide with one of Kafka's."""

from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from broker.config.kafka_values import Kind, OneOf, Range, ValueProblem
from broker.config.listeners import Address, as_address
from broker.config.setting import own

_MIB: Final = 1024 * 1024
_ZERO_UP: Final = Range(0)


def _as_path(value: Any) -> Path:
    if isinstance(value, str) and not value.strip():
        raise ValueProblem("must name a directory")
    if not isinstance(value, str | Path) or "\0" in str(value):
        raise ValueProblem("expected a path")
    return Path(value)


class PenstockSettings(BaseModel):
    """Where data is kept, the HTTP surface, safety, budgets, logs."""

    model_config = ConfigDict(defer_build=True)  # only the whole, Settings, is ever made

    # --- where data is kept -------------------------------------------------------------------------------------------

    data_dir: Path = own(
        Kind.STRING, Path("penstock-data"),
        "Directory of everything the broker keeps: record data and the catalog. One process owns it at a time. "
        "Kafka's log.dirs and log.dir are taken for it.",
        convert=_as_path, shown_by=str,
    )
    catalog: str | None = own(
        Kind.STRING, None, "Where topics, offsets and groups are kept: sqlite:///PATH, or postgresql://... for a cluster of brokers. "
        "When not set, in data_dir.", unit="URL", sensitive=True,
    )
    objects: str | None = own(
        Kind.STRING, None,
        "Where record data is kept: file:///PATH, or s3://BUCKET/PREFIX (also gs://, az://) for a cluster. When not set, in data_dir.",
        unit="URL", sensitive=True,
    )
    segment_file_bytes: int = own(
        Kind.LONG, 64 * _MIB, "Size of one file of record data, allocated at once; all partitions share it.",
        check=Range(_MIB, 4096 * _MIB), unit="bytes",
    )
    cluster_id: str | None = own(
        Kind.STRING, None, "The cluster's id for a new data directory; one is made when not set, and an existing one stays."
    )

    # --- outside ------------------------------------------------------------------------------------------------------

    http: Address = own(
        Kind.STRING, Address("127.0.0.1", 9644), "Address of the HTTP surface: health, metrics.", convert=as_address, shown_by=str,
        unit="HOST:PORT",
    )
    allow_insecure: bool = own(
        Kind.BOOLEAN, False,
        "Allows listening beyond this machine without encryption and authentication: whoever reaches the port can read, write "
        "and delete everything.",
    )
    log_level: str = own(
        Kind.STRING, "info", "How much is logged.", check=OneOf(("debug", "info", "warning", "error"))
    )
    log_format: str = own(Kind.STRING, "text", "Logs for people (text) or for machines (json).", check=OneOf(("text", "json")))

    check_records: bool = own(
        Kind.BOOLEAN, False,
        "Decodes every record that is produced, as Kafka does, and refuses batches that are damaged inside although their checksum is "
        "right: the fault of a producer, on which consumers stand still. Producing then takes two to three times the CPU.",
    )

    # --- budgets ------------------------------------------------------------------------------------------------------

    connection_max_requests: int = own(
        Kind.INT, 16, "Requests of one connection in flight at once; then reading from it pauses.", check=Range(1, 10_000),
        unit="requests",
    )
    connection_max_bytes: int = own(
        Kind.LONG, 32 * _MIB, "Bytes of requests of one connection in flight at once; then reading from it pauses.",
        check=Range(65_536), unit="bytes",
    )
    process_max_bytes: int = own(
        Kind.LONG, 256 * _MIB,
        "Bytes of requests in flight at once, all connections together, with what has arrived of large ones that are not yet whole. "
        "Above half of it each connection reads only while it holds less than its share, a quarter divided by the connections.",
        check=Range(_MIB), unit="bytes",
    )
    answers_max_bytes: int = own(
        Kind.LONG, 32 * _MIB,
        "Bytes of answers that clients have not taken yet, all connections together. One fetch is given at most half of what is free, at least one batch. "
        "More helps where very many consumers read much over slow lines.",
        check=Range(_MIB), unit="bytes",
    )
    tail_cache_bytes: int = own(
        Kind.LONG, 32 * _MIB, "Bytes of the newest record data kept in memory for consumers that keep up.", check=_ZERO_UP,
        unit="bytes",
    )
    telemetry_max_series: int = own(
        Kind.INT, 10_000,
        "Series of metrics that clients push (KIP-714), all clients together; of these one client has a tenth at most. What is beyond is "
        "left out of /metrics and counted. Each takes about 1 KiB.",
        check=_ZERO_UP, unit="series",
    )
    request_receive_timeout_ms: int = own(
        Kind.INT, 30_000,
        "How long a request that has begun may take to arrive, and may stop in the middle; then its connection is closed. A request that "
        "keeps coming gets one second more for each KiB received; time in which the broker itself stopped reading does not count.",
        check=Range(1), unit="ms",
    )
    drain_timeout_ms: int = own(
        Kind.INT, 30_000, "How long requests in flight may take to finish when the broker is told to stop.", check=_ZERO_UP, unit="ms"
    )
