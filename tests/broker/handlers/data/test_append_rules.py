"""A topic's configuration as rules of appending."""

from dataclasses import replace

import pytest

from broker.handlers.data.append_rules import DECOMPRESSED_BYTES_MAX, append_rules, strict_append_rules
from broker.wire.records.compression import Codec
from tests.broker.log.harness import Log

pytestmark = pytest.mark.anyio


async def test_defaults_are_kafkas() -> None:
    """CreateTime, the producer's codec, an hour into the future, a mebibyte and twelve bytes."""
    rules = append_rules(await Log().topic())
    assert rules.max_message_bytes == 1_048_588
    assert not rules.log_append_time
    assert rules.before_max_ms == 2**63 - 1
    assert rules.after_max_ms == 3_600_000
    assert not rules.compacted
    assert rules.codec is None
    assert rules.level is None
    assert rules.max_decompressed_bytes == DECOMPRESSED_BYTES_MAX


async def test_what_a_topic_sets_counts() -> None:
    """Names are Kafka's."""
    log = Log()
    state = await log.topic(
        max_message_bytes="100",
        message_timestamp_type="LogAppendTime",
        cleanup_policy="compact",
        compression_type="zstd",
        compression_zstd_level="7",
    )
    rules = append_rules(state)
    assert (rules.max_message_bytes, rules.log_append_time, rules.compacted) == (100, True, True)
    assert (rules.codec, rules.level) == (Codec.ZSTD, 7)
    snappy = append_rules(await log.topic("s", compression_type="snappy"))
    assert (snappy.codec, snappy.level) == (Codec.SNAPPY, None)
    plain = append_rules(await log.topic("u", compression_type="uncompressed"))
    assert plain.codec == Codec.NONE


async def test_strict_rules_differ_in_nothing_else() -> None:
    """And are kept with the topic as the others are."""
    state = await Log().topic(max_message_bytes="100")
    strict = state.derived(strict_append_rules, strict_append_rules)
    assert strict == replace(append_rules(state), every_record=True)
    assert state.derived(strict_append_rules, strict_append_rules) is strict
    assert not append_rules(state).every_record
