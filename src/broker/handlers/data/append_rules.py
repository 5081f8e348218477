"""The rules of appending to a topic, worked out once for each state of its configuration."""

from dataclasses import replace
from typing import Final

from broker.cluster.directory import TopicState
from broker.log.validation import AppendRules
from broker.wire.records.compression import Codec, codec_named

DECOMPRESSED_BYTES_MAX: Final = 32 * 1024 * 1024
"""Above this and ``max.message.bytes``, which bounds a batch as it comes. Kafka's default for ``max.decompressed.message.bytes`` is 2 GiB; a few clients sending that much would be the end of a broker."""


def append_rules(state: TopicState) -> AppendRules:
    """What the topic's effective configuration says about batches; shared, for :meth:`TopicState.derived`."""
    config = state.config
    codec = codec_named(config.compression_type)
    levels = {
        Codec.GZIP: config.compression_gzip_level,
        Codec.LZ4: config.compression_lz4_level,
        Codec.ZSTD: config.compression_zstd_level,
    }
    return AppendRules(
        max_decompressed_bytes=min(config.max_decompressed_message_bytes, DECOMPRESSED_BYTES_MAX),
        max_message_bytes=config.max_message_bytes,
        log_append_time=config.message_timestamp_type == "LogAppendTime",
        before_max_ms=config.message_timestamp_before_max_ms,
        after_max_ms=config.message_timestamp_after_max_ms,
        compacted="compact" in config.cleanup_policy,
        codec=codec,
        level=None if codec is None else levels.get(codec),
    )


def strict_append_rules(state: TopicState) -> AppendRules:
    """The same with every record decoded, for the setting ``check_records``."""
    return replace(state.derived(append_rules, append_rules), every_record=True)
