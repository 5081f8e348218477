"""The settings that are Kafka's: names, meanings, defaults, ranges and update modes are those of Apache Kafka 4.

One field for each; ``num_partitions`` is ``num.partitions``. The defaults of topics, which are broker settings too, stand in
:mod:`broker.config.topic_defaults`.
"""

from pydantic import BaseModel, ConfigDict

from broker.config.kafka_values import DOUBLE_MAX, INT_MAX, Kind, OneOf, Range, SomeOf
from broker.config.listeners import Listener, as_listeners, as_protocol_map
from broker.config.setting import kafka

BOOLEAN, STRING, INT, LONG, DOUBLE, LIST = Kind.BOOLEAN, Kind.STRING, Kind.INT, Kind.LONG, Kind.DOUBLE, Kind.LIST

_ONE_UP = Range(1)
_ZERO_UP = Range(0)


def _join(values: tuple[object, ...]) -> str:
    return ",".join(map(str, values))


class KafkaSettings(BaseModel):
    """Identity, listeners, limits, topics, groups, producers and transactions, by Kafka's names."""

    model_config = ConfigDict(defer_build=True)  # only the whole, Settings, is ever made

    # --- identity -----------------------------------------------------------------------------------------------------

    node_id: int = kafka(
        INT, 1,
        "The number of this broker, by which clients tell brokers apart. Taken from broker.id when only that is set. In a cluster a broker "
        "without one is given a free one; one that is set is taken from whoever has it.",
        check=_ZERO_UP,
    )
    broker_id: int = kafka(INT, -1, "The older name of node.id; -1 leaves it to that one.", check=Range(-1))
    broker_rack: str | None = kafka(
        STRING, None, "The zone or rack this broker stands in, shown to clients so that they can prefer what is near."
    )

    # --- listeners ----------------------------------------------------------------------------------------------------

    listeners: tuple[Listener, ...] = kafka(
        LIST, (Listener("127.0.0.1", 9092),),
        "The addresses Kafka clients connect to. An empty host, 0.0.0.0 or :: means every interface; port 0 picks a free one.",
        convert=as_listeners, shown_by=_join, unit="NAME://HOST:PORT",
    )
    advertised_listeners: tuple[Listener, ...] = kafka(
        LIST, (),
        "The addresses clients are told to come back to, by the listener's name; where they differ from listeners (containers, "
        "load balancers).",
        convert=as_listeners, shown_by=lambda value: _join(value) or None, unit="NAME://HOST:PORT",
    )
    listener_security_protocol_map: dict[str, str] = kafka(
        STRING, {"PLAINTEXT": "PLAINTEXT", "SSL": "SSL", "SASL_PLAINTEXT": "SASL_PLAINTEXT", "SASL_SSL": "SASL_SSL"},
        "What each listener name speaks: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.",
        convert=as_protocol_map, shown_by=lambda value: ",".join(f"{name}:{protocol}" for name, protocol in value.items()),
        unit="NAME:PROTOCOL",
    )
    socket_listen_backlog_size: int = kafka(
        INT, 50, "How many connections may wait to be accepted on one listener.", check=_ONE_UP, unit="connections"
    )
    socket_request_max_bytes: int = kafka(
        INT, 104_857_600, "The largest request taken; a longer one closes its connection.", check=_ONE_UP, unit="bytes"
    )
    connections_max_idle_ms: int = kafka(
        LONG, 600_000, "A connection without requests for so long is closed; a negative value keeps it.", unit="ms"
    )
    max_connections: int = kafka(
        INT, INT_MAX, "How many connections all listeners together hold; further ones are refused.",
        check=_ZERO_UP, unit="connections", mode="cluster-wide", per_listener=True,
    )
    max_connections_per_ip: int = kafka(
        INT, INT_MAX, "How many connections one address may hold.", check=_ZERO_UP, unit="connections", mode="cluster-wide"
    )
    queued_max_requests: int = kafka(
        INT, 500, "Requests taken at once, all connections together.", check=_ONE_UP, unit="requests",
        without_effect="what waits is bounded in bytes here: see process_max_bytes, connection_max_requests, connection_max_bytes",
    )
    max_request_partition_size_limit: int = kafka(
        INT, 2_000, "The most partitions one answer to DescribeTopicPartitions holds.", check=_ONE_UP, unit="partitions"
    )

    # --- topics -------------------------------------------------------------------------------------------------------

    num_partitions: int = kafka(
        INT, 1, "Partitions of a new topic that does not say how many.", check=_ONE_UP, unit="partitions"
    )
    default_replication_factor: int = kafka(
        INT, 1, "Replication factor reported for a new topic that does not say one. Durability is the store's part, so this "
        "number changes nothing about how data is kept.", check=Range(1, 32_767),
    )
    auto_create_topics_enable: bool = kafka(BOOLEAN, True, "Whether asking for a topic that does not exist may create it.")
    delete_topic_enable: bool = kafka(BOOLEAN, True, "Whether topics can be deleted at all.")
    log_retention_check_interval_ms: int = kafka(
        LONG, 300_000, "How often it is looked for data that has outlived its retention.", check=_ONE_UP, unit="ms"
    )

    # --- reading ------------------------------------------------------------------------------------------------------

    fetch_max_bytes: int = kafka(
        INT, 57_671_680, "The most bytes one answer to a fetch holds, whatever the client asks for.", check=Range(1024), unit="bytes"
    )
    max_incremental_fetch_session_cache_slots: int = kafka(
        INT, 1_000, "How many incremental fetch sessions (KIP-227) are kept.", check=_ZERO_UP, unit="sessions"
    )

    # --- consumer groups ----------------------------------------------------------------------------------------------

    group_min_session_timeout_ms: int = kafka(INT, 6_000, "The shortest session timeout a member may ask for.", unit="ms")
    group_max_session_timeout_ms: int = kafka(INT, 1_800_000, "The longest session timeout a member may ask for.", unit="ms")
    group_initial_rebalance_delay_ms: int = kafka(
        INT, 3_000, "How long the first rebalance of an empty group waits for more members.", unit="ms"
    )
    group_max_size: int = kafka(INT, INT_MAX, "The most members one group holds.", check=_ONE_UP, unit="members")
    group_consumer_session_timeout_ms: int = kafka(
        INT, 45_000, "A member of the consumer protocol that is not heard of for so long is taken out of its group.",
        check=_ONE_UP, unit="ms",
    )
    group_consumer_min_session_timeout_ms: int = kafka(
        INT, 45_000, "The shortest such time that may be set for a group (consumer.session.timeout.ms).", check=_ONE_UP, unit="ms"
    )
    group_consumer_max_session_timeout_ms: int = kafka(
        INT, 60_000, "The longest such time that may be set for a group.", check=_ONE_UP, unit="ms"
    )
    group_consumer_heartbeat_interval_ms: int = kafka(
        INT, 5_000, "How often members of the consumer protocol are told to be heard of.", check=_ONE_UP, unit="ms"
    )
    group_consumer_min_heartbeat_interval_ms: int = kafka(
        INT, 5_000, "The shortest interval that may be set for a group (consumer.heartbeat.interval.ms).", check=_ONE_UP, unit="ms"
    )
    group_consumer_max_heartbeat_interval_ms: int = kafka(
        INT, 15_000, "The longest interval that may be set for a group.", check=_ONE_UP, unit="ms"
    )
    group_consumer_max_size: int = kafka(
        INT, INT_MAX, "The most members one group of the consumer protocol holds.", check=_ONE_UP, unit="members"
    )
    group_consumer_assignors: tuple[str, ...] = kafka(
        LIST, ("uniform", "range"), "The assignors members may ask for; the first is used when none is asked for.",
        check=SomeOf(("uniform", "range"), least=1),
    )
    group_consumer_migration_policy: str = kafka(
        STRING, "bidirectional", "Whether a group with members may pass from one protocol to the other.",
        check=OneOf(("bidirectional", "upgrade", "downgrade", "disabled")),
    )
    group_consumer_assignment_interval_ms: int = kafka(
        INT, 1_000, "The least time between two assignments of a group: changes in between are one rebalance.",
        check=_ZERO_UP, unit="ms", mode="cluster-wide",
    )
    group_consumer_min_assignment_interval_ms: int = kafka(
        INT, 0, "The shortest interval that may be set for a group (consumer.assignment.interval.ms).", check=_ZERO_UP, unit="ms"
    )
    group_consumer_max_assignment_interval_ms: int = kafka(
        INT, 15_000, "The longest interval that may be set for a group.", check=_ZERO_UP, unit="ms"
    )
    offset_metadata_max_bytes: int = kafka(
        INT, 4_096, "The longest text a client may keep with a committed offset.", unit="bytes"
    )
    offsets_retention_minutes: int = kafka(
        INT, 10_080, "Committed offsets of a group without members are forgotten after so long.", check=_ONE_UP, unit="minutes"
    )
    offsets_retention_check_interval_ms: int = kafka(
        LONG, 600_000, "How often it is looked for offsets to forget.", check=_ONE_UP, unit="ms"
    )

    # --- compaction ---------------------------------------------------------------------------------------------------

    log_cleaner_enable: bool = kafka(
        BOOLEAN, True, "Whether topics with cleanup.policy=compact are compacted.",
    )
    log_cleaner_backoff_ms: int = kafka(
        LONG, 15_000, "How long compaction rests before it looks for more to do.", check=_ZERO_UP, unit="ms", mode="cluster-wide"
    )
    log_cleaner_dedupe_buffer_size: int = kafka(
        LONG, 134_217_728, "Memory for the keys of one round of compaction; a log with more keys takes several rounds.",
        unit="bytes", mode="cluster-wide",
    )
    log_cleaner_io_max_bytes_per_second: float = kafka(
        DOUBLE, DOUBLE_MAX, "How much compaction reads and writes in a second, together.", unit="bytes/s", mode="cluster-wide"
    )
    log_cleaner_threads: int = kafka(
        INT, 1, "How many partitions are compacted at the same time.", check=_ZERO_UP, mode="cluster-wide",
        without_effect="one after another is compacted, in a process of its own",
    )

    # --- producers ----------------------------------------------------------------------------------------------------

    producer_id_expiration_ms: int = kafka(
        INT, 86_400_000, "What is known of an idempotent producer is forgotten after so long without a batch from it.",
        check=_ONE_UP, unit="ms", mode="cluster-wide",
    )

    # --- transactions -------------------------------------------------------------------------------------------------

    transaction_max_timeout_ms: int = kafka(
        INT, 900_000, "The longest transaction timeout a producer may ask for.", check=_ONE_UP, unit="ms"
    )
    transactional_id_expiration_ms: int = kafka(
        INT, 604_800_000, "A transactional id that nobody has used for so long, and that has no transaction open, is forgotten.",
        check=_ONE_UP, unit="ms",
    )
    transaction_abort_timed_out_transaction_cleanup_interval_ms: int = kafka(
        INT, 10_000, "How often it is looked for transactions that have outlived their timeout, at the least; one whose time comes "
        "earlier is aborted then.", check=_ONE_UP, unit="ms",
    )
    transaction_remove_expired_transaction_cleanup_interval_ms: int = kafka(
        INT, 3_600_000, "How often it is looked for transactional ids to forget.", check=_ONE_UP, unit="ms"
    )

    # --- metrics of clients -------------------------------------------------------------------------------------------

    telemetry_max_bytes: int = kafka(
        INT, 1_048_576, "The largest push of a client's metrics (KIP-714), compressed. Unpacked it may have twice as much.",
        check=_ONE_UP, unit="bytes",
    )
