"""Kafka's broker settings that are the defaults of topics: what a topic that does not set its own value gets.

Which topic setting takes which of these stands in :mod:`broker.config.topic_table`.
"""

from typing import Final

from pydantic import BaseModel, ConfigDict

from broker.config.kafka_values import LONG_MAX, GzipLevel, Kind, OneOf, Range, SomeOf
from broker.config.setting import kafka

BOOLEAN, STRING, INT, LONG, DOUBLE, LIST = Kind.BOOLEAN, Kind.STRING, Kind.INT, Kind.LONG, Kind.DOUBLE, Kind.LIST

_WIDE: Final = "cluster-wide"
_ZERO_UP: Final = Range(0)
_ONE_UP: Final = Range(1)

NO_REPLICAS: Final = "data is kept by the store, not by replicas of brokers"
ALWAYS_FLUSHED: Final = "everything is flushed to disk before it is acknowledged"
OWN_SEGMENTS: Final = "many partitions share a segment here; see segment_file_bytes"
NO_TIERS: Final = "there is no second tier: all data is in one store"


class TopicDefaults(BaseModel):
    """Retention, sizes, compression, timestamps; and those that are taken but have no effect here."""

    model_config = ConfigDict(defer_build=True)  # only the whole, Settings, is ever made

    message_max_bytes: int = kafka(
        INT, 1_048_588, "The largest record batch taken, as it arrives (compressed).", check=_ZERO_UP, unit="bytes", mode=_WIDE
    )
    max_decompressed_message_bytes: int = kafka(
        INT, 2_147_483_639, "The largest record batch once decompressed, where it has to be.", check=Range(1, 2_147_483_639),
        unit="bytes", mode=_WIDE,
    )
    log_cleanup_policy: tuple[str, ...] = kafka(
        LIST, ("delete",), "What happens to old data: delete it by time and size, or compact it to the last value of each key.",
        check=SomeOf(("compact", "delete")), mode=_WIDE,
    )
    log_retention_ms: int | None = kafka(
        LONG, None, "How long data is kept; -1 for ever. When not set, log.retention.minutes counts.", unit="ms", mode=_WIDE
    )
    log_retention_minutes: int | None = kafka(
        INT, None, "How long data is kept, when log.retention.ms is not set; then log.retention.hours counts.", unit="minutes"
    )
    log_retention_hours: int = kafka(
        INT, 168, "How long data is kept, when neither log.retention.ms nor log.retention.minutes is set.", unit="hours"
    )
    log_retention_bytes: int = kafka(
        LONG, -1, "How much data of one partition is kept; -1 without limit.", unit="bytes", mode=_WIDE
    )
    compression_type: str = kafka(
        STRING, "producer", "How batches are kept: as the producer compressed them, or recompressed to one codec.",
        check=OneOf(("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")), mode=_WIDE,
    )
    compression_gzip_level: int = kafka(INT, -1, "Level used when batches are recompressed with gzip.", check=GzipLevel(), mode=_WIDE)
    compression_lz4_level: int = kafka(INT, 9, "Level used when batches are recompressed with lz4.", check=Range(1, 17), mode=_WIDE)
    compression_zstd_level: int = kafka(
        INT, 3, "Level used when batches are recompressed with zstd.", check=Range(-131_072, 22), mode=_WIDE
    )
    log_message_timestamp_type: str = kafka(
        STRING, "CreateTime", "Whose time a record carries: the producer's, or the broker's when it is appended.",
        check=OneOf(("CreateTime", "LogAppendTime")), mode=_WIDE,
    )
    log_message_timestamp_before_max_ms: int = kafka(
        LONG, LONG_MAX, "How far a producer's timestamp may lie in the past.", check=_ZERO_UP, unit="ms", mode=_WIDE
    )
    log_message_timestamp_after_max_ms: int = kafka(
        LONG, 3_600_000, "How far a producer's timestamp may lie in the future.", check=_ZERO_UP, unit="ms", mode=_WIDE
    )
    min_insync_replicas: int = kafka(
        INT, 1, "Replicas that must have a batch before acks=all is answered.", check=_ONE_UP, mode=_WIDE, without_effect=NO_REPLICAS
    )
    unclean_leader_election_enable: bool = kafka(
        BOOLEAN, False, "Whether a replica that lags may become leader.", mode=_WIDE, without_effect=NO_REPLICAS
    )
    log_segment_bytes: int = kafka(
        INT, 1_073_741_824, "Size of one segment file of a partition.", check=Range(1_048_576), unit="bytes", mode=_WIDE,
        without_effect=OWN_SEGMENTS,
    )
    log_roll_ms: int | None = kafka(
        LONG, None, "Age at which a segment is closed. When not set, log.roll.hours counts.", unit="ms", mode=_WIDE,
        without_effect=OWN_SEGMENTS,
    )
    log_roll_hours: int = kafka(
        INT, 168, "Age at which a segment is closed, when log.roll.ms is not set.", check=_ONE_UP, unit="hours",
        without_effect=OWN_SEGMENTS,
    )
    log_roll_jitter_ms: int | None = kafka(
        LONG, None, "Random part taken off that age. When not set, log.roll.jitter.hours counts.", unit="ms", mode=_WIDE,
        without_effect=OWN_SEGMENTS,
    )
    log_roll_jitter_hours: int = kafka(
        INT, 0, "Random part taken off that age, when log.roll.jitter.ms is not set.", check=_ZERO_UP, unit="hours",
        without_effect=OWN_SEGMENTS,
    )
    log_index_size_max_bytes: int = kafka(
        INT, 10_485_760, "Size of a segment's offset index.", check=Range(4), unit="bytes", mode=_WIDE, without_effect=OWN_SEGMENTS
    )
    log_index_interval_bytes: int = kafka(
        INT, 4_096, "Bytes between two entries of a segment's offset index.", check=_ZERO_UP, unit="bytes", mode=_WIDE,
        without_effect=OWN_SEGMENTS,
    )
    log_segment_delete_delay_ms: int = kafka(
        LONG, 60_000, "How long a deleted segment's file stays.", check=_ZERO_UP, unit="ms", mode=_WIDE, without_effect=OWN_SEGMENTS
    )
    log_preallocate: bool = kafka(
        BOOLEAN, False, "Whether a new segment's file is allocated at once.", mode=_WIDE, without_effect=OWN_SEGMENTS
    )
    log_flush_interval_messages: int = kafka(
        LONG, LONG_MAX, "Records after which a partition is flushed to disk.", check=_ONE_UP, unit="records", mode=_WIDE,
        without_effect=ALWAYS_FLUSHED,
    )
    log_flush_interval_ms: int | None = kafka(
        LONG, None, "Time after which a partition is flushed to disk. When not set, log.flush.scheduler.interval.ms counts.",
        unit="ms", mode=_WIDE, without_effect=ALWAYS_FLUSHED,
    )
    log_flush_scheduler_interval_ms: int = kafka(
        LONG, LONG_MAX, "How often it is looked for partitions to flush.", unit="ms", without_effect=ALWAYS_FLUSHED
    )
    log_cleaner_delete_retention_ms: int = kafka(
        LONG, 86_400_000, "How long the mark of a deleted key stays in a compacted topic.", check=_ZERO_UP, unit="ms", mode=_WIDE
    )
    log_cleaner_min_compaction_lag_ms: int = kafka(
        LONG, 0, "How long a record is safe from compaction.", check=_ZERO_UP, unit="ms", mode=_WIDE
    )
    log_cleaner_max_compaction_lag_ms: int = kafka(
        LONG, LONG_MAX, "How long a record may wait for compaction.", check=_ONE_UP, unit="ms", mode=_WIDE
    )
    log_cleaner_min_cleanable_ratio: float = kafka(
        DOUBLE, 0.5, "Share of a log that must be new before it is compacted again.", check=Range(0, 1), mode=_WIDE
    )
    log_local_retention_ms: int = kafka(
        LONG, -2, "How long data stays in the first of two tiers; -2 as long as in both.", check=Range(-2), unit="ms", mode=_WIDE,
        without_effect=NO_TIERS,
    )
    log_local_retention_bytes: int = kafka(
        LONG, -2, "How much data stays in the first of two tiers; -2 as much as in both.", check=Range(-2), unit="bytes", mode=_WIDE,
        without_effect=NO_TIERS,
    )
    log_remote_copy_lag_ms: int = kafka(
        LONG, 0, "How long data waits before it is copied to the second tier.", check=Range(-1), unit="ms", mode=_WIDE,
        without_effect=NO_TIERS,
    )
    log_remote_copy_lag_bytes: int = kafka(
        LONG, -1, "How much data waits before it is copied to the second tier.", check=Range(-1), unit="bytes", mode=_WIDE,
        without_effect=NO_TIERS,
    )

    @property
    def retention_ms(self) -> int:
        """How long data is kept, -1 for ever: the finest of log.retention.ms, .minutes and .hours that is set."""
        if self.log_retention_ms is not None:
            value = self.log_retention_ms
        elif self.log_retention_minutes is not None:
            value = self.log_retention_minutes * 60_000
        else:
            value = self.log_retention_hours * 3_600_000
        return -1 if value < 0 else value

    @property
    def segment_ms(self) -> int:
        return self.log_roll_ms if self.log_roll_ms is not None else self.log_roll_hours * 3_600_000

    @property
    def segment_jitter_ms(self) -> int:
        return self.log_roll_jitter_ms if self.log_roll_jitter_ms is not None else self.log_roll_jitter_hours * 3_600_000

    @property
    def flush_ms(self) -> int:
        return self.log_flush_interval_ms if self.log_flush_interval_ms is not None else self.log_flush_scheduler_interval_ms
