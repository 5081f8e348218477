"""Kafka's broker settings and ours: which is which, and which of Kafka's have no meaning here, each with the reason.

``num.partitions`` is the field ``num_partitions``, and so for every setting that both have; nothing is renamed. The few names
of Kafka's that stand for a setting of ours, and what a Kafka broker's file says about its controller, are translated here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from broker.config.listener_overrides import FIELD as OVERRIDES
from broker.config.listener_overrides import override_key, plain
from broker.config.problems import Note, Problem
from broker.config.properties import Property
from broker.config.setting import Setting

_THREADS: Final = "one event loop serves all connections; there are no thread pools to size"
_REPLICATION: Final = "data is kept by the store; brokers do not copy from each other"
_CONTROLLER: Final = "there is no controller quorum; topics and groups are kept in the catalog"
_ZOOKEEPER: Final = "there is no ZooKeeper"
_PASSWORDS: Final = "the catalog is protected as a whole; passwords that are set while the broker runs are not encrypted in it"
_ONE_STEP: Final = "a transaction begins and ends in one step of the catalog; brokers do not ask each other about it"
_NEWER_GROUPS: Final = "classic, consumer and share groups are always served; streams groups come later"
_NO_DEAD_LETTERS: Final = "dead-letter queues of share groups are not served; records that are given up stay in their topic"
_SHARE_STATE: Final = "what share groups have acknowledged is kept in the catalog, not in a topic"
_INTERNAL_TOPICS: Final = "offsets and transactions are kept in the catalog, not in topics"
_PURGATORY: Final = "waiting requests leave by themselves when they are answered"
_COMPACTION: Final = "compaction has one process, which takes what memory it needs beside the keys"
_FLUSH: Final = "everything is flushed to disk before it is acknowledged"
_TIERS: Final = "there is no second tier: all data is in one store"
_PLUGINS: Final = "classes for the Java virtual machine cannot be loaded here"
_METRICS: Final = "metrics are always on, on the HTTP surface"
_SOCKETS: Final = "the operating system sizes socket buffers"

WITHOUT_MEANING: Final[Mapping[str, str]] = {
    "add.partitions.to.txn.retry.backoff.max.ms": _ONE_STEP,
    "add.partitions.to.txn.retry.backoff.ms": _ONE_STEP,
    "alter.config.policy.class.name": _PLUGINS,
    "alter.log.dirs.replication.quota.window.num": _REPLICATION,
    "alter.log.dirs.replication.quota.window.size.seconds": _REPLICATION,
    "auto.leader.rebalance.enable": _REPLICATION,
    "auto.include.jmx.reporter": _METRICS,
    "background.threads": _THREADS,
    "broker.heartbeat.interval.ms": _CONTROLLER,
    "broker.id.generation.enable": _ZOOKEEPER,
    "broker.session.timeout.ms": _CONTROLLER,
    "client.quota.callback.class": _PLUGINS,
    "config.providers": _PLUGINS,
    "control.plane.listener.name": _CONTROLLER,
    "controlled.shutdown.enable": "a stopping broker always finishes what it has begun; see drain_timeout_ms",
    "controlled.shutdown.max.retries": "a stopping broker always finishes what it has begun; see drain_timeout_ms",
    "controlled.shutdown.retry.backoff.ms": "a stopping broker always finishes what it has begun; see drain_timeout_ms",
    "controller.listener.names": _CONTROLLER,
    "controller.socket.timeout.ms": _CONTROLLER,
    "cordoned.log.dirs": "there is one data directory",
    "create.topic.policy.class.name": _PLUGINS,
    "delete.records.purgatory.purge.interval.requests": _PURGATORY,
    "early.start.listeners": "all listeners start when the broker is ready to serve",
    "fetch.purgatory.purge.interval.requests": _PURGATORY,
    "follower.replication.throttled.rate": _REPLICATION,
    "follower.fetch.last.tiered.offset.enable": _TIERS,
    "group.consumer.assignor.offload.enable": "assignments are computed where the heartbeat is answered",
    "group.consumer.regex.refresh.interval.ms": "patterns of topic names are looked up again whenever topics have changed",
    "group.coordinator.append.linger.ms": _INTERNAL_TOPICS,
    "group.coordinator.background.threads": _THREADS,
    "group.coordinator.cached.buffer.max.bytes": _INTERNAL_TOPICS,
    "group.coordinator.new.enable": _NEWER_GROUPS,
    "group.coordinator.rebalance.protocols": _NEWER_GROUPS,
    "group.coordinator.threads": _THREADS,
    "group.share.assignor.offload.enable": "assignments are computed where the heartbeat is answered",
    "group.share.dlq.manager.class.name": _NO_DEAD_LETTERS,
    "group.share.initialize.retry.interval.ms": _SHARE_STATE,
    "group.share.persister.class.name": _PLUGINS,
    "initial.broker.registration.timeout.ms": _CONTROLLER,
    "inter.broker.listener.name": _REPLICATION,
    "inter.broker.protocol.version": _REPLICATION,
    "leader.imbalance.check.interval.seconds": _REPLICATION,
    "leader.imbalance.per.broker.percentage": _REPLICATION,
    "leader.replication.throttled.rate": _REPLICATION,
    "log.dir.failure.timeout.ms": "there is one data directory; the broker stops when it fails",
    "log.flush.offset.checkpoint.interval.ms": _FLUSH,
    "log.flush.start.offset.checkpoint.interval.ms": _FLUSH,
    "log.initial.task.delay.ms": "retention starts with the broker",
    "log.message.downconversion.enable": "records are always sent in the format they arrived in",
    "log.message.format.version": "records are always kept in the newest format",
    "log.message.timestamp.difference.max.ms": "replaced by log.message.timestamp.before.max.ms and .after.max.ms",
    "metric.reporters": _METRICS,
    "num.io.threads": _THREADS,
    "num.network.threads": _THREADS,
    "num.recovery.threads.per.data.dir": _THREADS,
    "num.replica.alter.log.dirs.threads": _THREADS,
    "num.replica.fetchers": _REPLICATION,
    "offsets.commit.required.acks": _INTERNAL_TOPICS,
    "offsets.commit.timeout.ms": _INTERNAL_TOPICS,
    "offsets.load.buffer.size": _INTERNAL_TOPICS,
    "password.encoder.secret": _PASSWORDS,
    "principal.builder.class": _PLUGINS,
    "process.roles": _CONTROLLER,
    "producer.id.expiration.check.interval.ms": "producers are forgotten whenever retention is looked at",
    "producer.purgatory.purge.interval.requests": _PURGATORY,
    "queued.max.request.bytes": "see process_max_bytes",
    "request.timeout.ms": _REPLICATION,
    "reserved.broker.max.id": _ZOOKEEPER,
    "security.inter.broker.protocol": _REPLICATION,
    "security.providers": _PLUGINS,
    "share.fetch.purgatory.purge.interval.requests": _PURGATORY,
    "socket.connection.setup.timeout.max.ms": _REPLICATION,
    "socket.connection.setup.timeout.ms": _REPLICATION,
    "socket.receive.buffer.bytes": _SOCKETS,
    "socket.send.buffer.bytes": _SOCKETS,
    "transaction.partition.verification.enable": "a transactional batch is always checked against its transaction",
    "transaction.two.phase.commit.enable": "two-phase commit (KIP-939) is not served",
    "unclean.leader.election.interval.ms": _REPLICATION,
    "unstable.api.versions.enable": "only versions that work are offered",
    "unstable.feature.versions.enable": "only versions that work are offered",
}

PREFIXES_WITHOUT_MEANING: Final[Mapping[str, str]] = {
    "confluent.": "a setting of another product",
    "controller.performance.": _CONTROLLER,
    "controller.quorum.": _CONTROLLER,
    "errors.deadletterqueue.": _NO_DEAD_LETTERS,
    "group.streams.": _NEWER_GROUPS,
    "internal.metadata.": _CONTROLLER,
    "kafka.metrics.": _METRICS,
    "listener.name.": "this is no setting that a listener has for itself",
    "log.cleaner.": _COMPACTION,
    "metadata.": _CONTROLLER,
    "metrics.": _METRICS,
    "offsets.topic.": _INTERNAL_TOPICS,
    "remote.": _TIERS,
    "replica.": _REPLICATION,
    "replication.quota.": _REPLICATION,
    "rlmm.config.": _TIERS,
    "rsm.config.": _TIERS,
    "sasl.": "this is of mechanisms that are not served (Kerberos), of clients, or of classes for the Java virtual machine",
    "server.max.startup.": "starting is not bounded in time",
    "share.coordinator.": _SHARE_STATE,
    "ssl.": "OpenSSL does this part",
    "transaction.state.log.": _INTERNAL_TOPICS,
    "zookeeper.": _ZOOKEEPER,
}

_LONGEST_FIRST: Final = sorted(PREFIXES_WITHOUT_MEANING, key=len, reverse=True)


def field_of(kafka_name: str) -> str:
    """The field's name of a Kafka setting (whether there is one is another question)."""
    return kafka_name.replace(".", "_")


def reason_without_meaning(kafka_name: str) -> str | None:
    """Why a Kafka setting that we do not have has no meaning here; None when Kafka has no such setting as far as we know."""
    reason = WITHOUT_MEANING.get(kafka_name)
    if reason is None:
        prefix = next((prefix for prefix in _LONGEST_FIRST if kafka_name.startswith(prefix)), None)
        reason = PREFIXES_WITHOUT_MEANING[prefix] if prefix is not None else None
    return reason


@dataclass(slots=True)
class Translation:
    """A Kafka broker's file in our terms: values by field, what has no meaning here, what cannot be."""

    values: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def translate(properties: Mapping[str, Property], known: Mapping[str, Setting]) -> Translation:
    """Take what both brokers know; list the rest, each name once and with the reason."""
    result = Translation()
    controllers = {name.strip().upper() for name in _text(properties, "controller.listener.names").split(",") if name.strip()}
    _take_data_dir(properties, result)
    for name, item in properties.items():
        setting = known.get(field_of(name))
        if name in ("log.dir", "log.dirs"):
            continue
        if name in ("listeners", "advertised.listeners"):
            _take_listeners(item, controllers, result)
        elif setting is not None and setting.kafka and "_" not in name:
            result.values[setting.name] = item.value
        elif name in known:
            # Our own settings may stand in the same file, by the names they have everywhere.
            result.values[name] = item.value
        elif (key := override_key(name, known)) is not None:
            # The controller's listeners are left out, and what they have for themselves as well.
            if key.partition(".")[0] not in {plain(controller) for controller in controllers}:
                result.values.setdefault(OVERRIDES, {})[key] = item.value
        else:
            result.notes.append(Note(name, _why_left_out(name, known)))
    return result


def _take_data_dir(properties: Mapping[str, Property], result: Translation) -> None:
    directories = [part.strip() for part in (_text(properties, "log.dirs") or _text(properties, "log.dir")).split(",") if part.strip()]
    if not directories:
        return
    if len(directories) > 1:
        result.problems.append(
            Problem(
                setting="log.dirs",
                value=",".join(directories),
                why="there is one data directory here",
                fix="name one of them",
            )
        )
        return
    result.values["data_dir"] = directories[0]


def _take_listeners(item: Property, controllers: set[str], result: Translation) -> None:
    """The controller's listeners are left out: nobody would answer there."""
    parts = [part.strip() for part in item.value.split(",") if part.strip()]
    kept = [part for part in parts if part.partition("://")[0].upper() not in controllers]
    if len(kept) != len(parts):
        left_out = ", ".join(part for part in parts if part not in kept)
        result.notes.append(Note(item.name, f"{left_out} left out: {_CONTROLLER}"))
    if kept or not parts:
        result.values[field_of(item.name)] = ",".join(kept)


def _why_left_out(name: str, known: Mapping[str, Setting]) -> str:
    reason = reason_without_meaning(name)
    if reason is not None:
        return f"has no meaning here: {reason}"
    from difflib import get_close_matches  # rarely needed, and starting is to be quick

    close = get_close_matches(name, [setting.kafka_name for setting in known.values() if setting.kafka], n=1, cutoff=0.8)
    return "unknown, ignored" + (f"; did you mean {close[0]}?" if close else "")


def _text(properties: Mapping[str, Property], name: str) -> str:
    item = properties.get(name)
    return item.value if item is not None else ""
