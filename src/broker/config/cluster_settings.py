"""The settings of a broker that shares its catalog and its store with others. Embedded, they have no effect."""

from typing import Final

from pydantic import BaseModel, ConfigDict

from broker.config.kafka_values import Kind, Range
from broker.config.listeners import Address, as_address
from broker.config.setting import own

_KIB: Final = 1024
_MIB: Final = 1024 * 1024


class ClusterSettings(BaseModel):
    """Membership, what brokers of a cluster tell each other, and how they write."""

    model_config = ConfigDict(defer_build=True)  # only the whole, Settings, is ever made

    # --- membership ---------------------------------------------------------------------------------------------------

    cluster_lease_ms: int = own(
        Kind.INT, 3_000,
        "How long a broker that is not heard of stays a member of the cluster, by the catalog's clock; it is heard of three times as often. "
        "After a broker was killed its partitions and groups are without a broker for as long.",
        check=Range(500, 60_000), unit="ms",
    )

    workers: int = own(
        Kind.INT, 1,
        "So many broker processes on this machine, one for each core that it is to use, as a small cluster of their own or part of a larger one. All "
        "share the ports of the listeners; the ports that follow are each one's own, which clients are told. The HTTP surface of each has a port of "
        "its own, from http on.",
        check=Range(1, 256), unit="processes",
    )
    cluster_peer: Address | None = own(
        Kind.STRING, None,
        "Where the other brokers reach this one, to tell it what they have committed. When not set, the host of the first listener and a free port. "
        "Who does not know the secret that the catalog keeps is not listened to.",
        convert=as_address, shown_by=str, unit="HOST:PORT",
    )

    # --- writing ------------------------------------------------------------------------------------------------------

    write_flush_bytes: int = own(
        Kind.LONG, 4 * _MIB, "Record data is stored, as one object, when there is so much of it. No object is larger, but for a larger batch.",
        check=Range(64 * _KIB, 64 * _MIB), unit="bytes",
    )
    write_flush_age_ms: int = own(
        Kind.INT, 250, "Record data that has waited for so long is stored, however little there is, as soon as an upload may begin.",
        check=Range(1, 60_000), unit="ms",
    )
    write_puts_per_second: int = own(
        Kind.INT, 10,
        "What storing may cost: so many objects a second are begun before size or age ask for one. Fewer make larger objects and a "
        "smaller bill, more make shorter waits; 0 sets no bound.",
        check=Range(0, 10_000), unit="objects/s",
    )
    write_upload_slots: int = own(
        Kind.INT, 8, "Objects on their way to the store or to their commit at once.", check=Range(1, 256), unit="objects"
    )
    write_inline_bytes: int = own(
        Kind.INT, 64 * _KIB,
        "Record data up to this size is kept by the catalog itself, which takes it in milliseconds, until it is moved to the store; 0 keeps none.",
        check=Range(0, _MIB), unit="bytes",
    )
    write_inline_bytes_per_second: int = own(
        Kind.INT, 256 * _KIB, "Bytes a second that this broker gives the catalog to keep; what is beyond goes to the store.",
        check=Range(0), unit="bytes/s",
    )
    write_retry_ms: int = own(
        Kind.INT, 15_000,
        "For how long a broker tries to store and commit record data while the store or the catalog cannot; then the producer is told to send "
        "it again.",
        check=Range(0), unit="ms",
    )

    # --- reading ------------------------------------------------------------------------------------------------------

    read_block_cache_bytes: int = own(
        Kind.LONG, 128 * _MIB,
        "Bytes of stored objects kept in memory for consumers, in blocks of 1 MiB. A quarter is for those that read far from the ends of logs.",
        check=Range(0), unit="bytes",
    )
    read_span_cache_bytes: int = own(
        Kind.LONG, 16 * _MIB, "Bytes of what is remembered of where record data lies.", check=Range(0), unit="bytes"
    )
    read_cold_fetches: int = own(
        Kind.INT, 8,
        "Fetches far from the ends of logs that read from the store at once. Others wait for their turn; who reads at the end of a log does not.",
        check=Range(1, 1024), unit="fetches",
    )
    read_cold_bytes: int = own(
        Kind.LONG, 64 * _MIB, "Bytes that these fetches, and what is read ahead for them, may be reading together.", check=Range(_MIB), unit="bytes"
    )
    read_far_process: bool = own(
        Kind.BOOLEAN, True,
        "Fetches far from the ends of logs are read by a process that runs when the machine has nothing else to do, so that producers notice little of them. "
        "It is there while there are such fetches, has a quarter of read_block_cache_bytes, and needs about 60 MiB besides.",
    )
    read_far_slowed_commits: int = own(
        Kind.INT, 3,
        "Of a thousand commits so many may take noticeably longer than they do anyway, because somebody reads far from the ends of logs. While there are producers such reads rest for as much of the "
        "time as that takes, at the most 19 twentieths of it. 1000: they do not rest for this.",
        check=Range(0, 1000), unit="commits",
    )
    read_poll_ms: int = own(
        Kind.INT, 100,
        "How often the catalog is asked about the logs that fetches wait for, while another broker's word of what it commits does not come through.",
        check=Range(1, 60_000), unit="ms",
    )
    read_poll_with_hints_ms: int = own(
        Kind.INT, 1_000, "The same while it does. Also how long a log start moved by another broker may go unnoticed.", check=Range(1, 60_000), unit="ms"
    )
