"""The settings of share groups that are Kafka's (KIP-932): names, meanings, defaults, ranges and update modes of Apache Kafka 4.

What a single group may set of its own, and how these bound it, stands in :mod:`broker.config.group_table`.
"""

from pydantic import BaseModel, ConfigDict

from broker.config.kafka_values import Kind, Range, SomeOf
from broker.config.setting import kafka

_INT, _LIST = Kind.INT, Kind.LIST

_ONE_UP = Range(1)
_ZERO_UP = Range(0)


class ShareSettings(BaseModel):
    """Members, assignments, locks and deliveries of share groups."""

    model_config = ConfigDict(defer_build=True)  # only the whole, Settings, is ever made

    # --- members ------------------------------------------------------------------------------------------------------

    group_share_session_timeout_ms: int = kafka(
        _INT, 45_000, "A member of a share group that is not heard of for so long is taken out of it.", check=_ONE_UP, unit="ms"
    )
    group_share_min_session_timeout_ms: int = kafka(
        _INT, 45_000, "The shortest such time that may be set for a group (share.session.timeout.ms).", check=_ONE_UP, unit="ms"
    )
    group_share_max_session_timeout_ms: int = kafka(
        _INT, 60_000, "The longest such time that may be set for a group.", check=_ONE_UP, unit="ms"
    )
    group_share_heartbeat_interval_ms: int = kafka(
        _INT, 5_000, "How often members of share groups are told to be heard of.", check=_ONE_UP, unit="ms"
    )
    group_share_min_heartbeat_interval_ms: int = kafka(
        _INT, 5_000, "The shortest interval that may be set for a group (share.heartbeat.interval.ms).", check=_ONE_UP, unit="ms"
    )
    group_share_max_heartbeat_interval_ms: int = kafka(
        _INT, 15_000, "The longest interval that may be set for a group.", check=_ONE_UP, unit="ms"
    )
    group_share_max_size: int = kafka(_INT, 200, "The most members one share group holds.", check=Range(1, 1_000), unit="members")
    group_share_assignors: tuple[str, ...] = kafka(
        _LIST, ("simple",), "The assignor of share groups; there is one.", check=SomeOf(("simple",), least=1)
    )
    group_share_assignment_interval_ms: int = kafka(
        _INT, 1_000, "The least time between two assignments of a share group: changes in between are one.",
        check=_ZERO_UP, unit="ms", mode="cluster-wide",
    )
    group_share_min_assignment_interval_ms: int = kafka(
        _INT, 0, "The shortest interval that may be set for a group (share.assignment.interval.ms).", check=_ZERO_UP, unit="ms"
    )
    group_share_max_assignment_interval_ms: int = kafka(
        _INT, 15_000, "The longest interval that may be set for a group.", check=_ZERO_UP, unit="ms"
    )
    group_share_max_share_sessions: int = kafka(
        _INT, 2_000, "How many share sessions are kept, one for each consumer that fetches.", check=_ONE_UP, unit="sessions"
    )

    # --- records ------------------------------------------------------------------------------------------------------

    group_share_record_lock_duration_ms: int = kafka(
        _INT, 30_000, "How long a record is kept for the consumer that it was delivered to; then it is delivered again.",
        check=Range(1_000, 3_600_000), unit="ms",
    )
    group_share_min_record_lock_duration_ms: int = kafka(
        _INT, 15_000, "The shortest such time that may be set for a group (share.record.lock.duration.ms).",
        check=Range(1_000, 30_000), unit="ms",
    )
    group_share_max_record_lock_duration_ms: int = kafka(
        _INT, 60_000, "The longest such time that may be set for a group.", check=Range(30_000, 3_600_000), unit="ms"
    )
    group_share_delivery_count_limit: int = kafka(
        _INT, 5, "How often a record is delivered at most; one that nobody accepts by then is given up.",
        check=Range(2, 10), unit="deliveries",
    )
    group_share_min_delivery_count_limit: int = kafka(
        _INT, 2, "The lowest such limit that may be set for a group (share.delivery.count.limit).", check=Range(2, 5), unit="deliveries"
    )
    group_share_max_delivery_count_limit: int = kafka(
        _INT, 10, "The highest such limit that may be set for a group.", check=Range(5, 25), unit="deliveries"
    )
    group_share_partition_max_record_locks: int = kafka(
        _INT, 2_000, "How many records of one partition may be in delivery at a time, for each group.",
        check=Range(100, 10_000), unit="records",
    )
    group_share_min_partition_max_record_locks: int = kafka(
        _INT, 100, "The lowest such number that may be set for a group (share.partition.max.record.locks).",
        check=Range(100, 2_000), unit="records",
    )
    group_share_max_partition_max_record_locks: int = kafka(
        _INT, 4_000, "The highest such number that may be set for a group.", check=Range(2_000, 10_000), unit="records"
    )
