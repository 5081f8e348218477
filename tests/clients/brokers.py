"""Which broker the clients are driven against: Penstock alone, a cluster of it, or Apache Kafka to check the tests themselves."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.kafka import ApacheKafka
from tests.support.penstock import Penstock
from tests.support.process import ServerProcess
from tests.support.whole_cluster import BROKERS, WholeCluster

TARGET_VARIABLE = "PENSTOCK_TEST_TARGET"

# Groups form at once instead of waiting for more members: the tests know how many come.
_PROPERTIES: Mapping[str, str | int] = {"group.initial.rebalance.delay.ms": 0}


def target_is_kafka() -> bool:
    """Whether the tests run against Apache Kafka (`PENSTOCK_TEST_TARGET=kafka`)."""
    return _target() == "kafka"


def target_is_cluster() -> bool:
    """Whether the tests run against three brokers that share a catalog and a store (`PENSTOCK_TEST_TARGET=cluster`)."""
    return _target() == "cluster"


def count_of_brokers() -> int:
    """How many brokers the target will have."""
    return BROKERS if target_is_cluster() else 1


def target_broker(
    folder: Path, properties: Mapping[str, str | int] | None = None, advertised: Sequence[str] = ()
) -> ServerProcess:
    """A broker of the chosen kind, not started; `properties` carry Kafka's names for both kinds.

    `advertised` has an address for each broker, where clients are sent instead of to the broker itself.
    """
    settings = {**_PROPERTIES, **(properties or {})}
    listeners = [f"PLAINTEXT://{address}" for address in advertised]
    if listeners and not target_is_cluster():
        settings["advertised.listeners"] = listeners[0]
    if target_is_kafka():
        return ApacheKafka(folder, settings, low_heap=True)
    path = folder / "server.properties"
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    if target_is_cluster():
        return WholeCluster(folder / "cluster", path, own_env=[{"PENSTOCK_ADVERTISED_LISTENERS": each} for each in listeners])
    return Penstock(folder / "data", "--properties", str(path))


def brokers_of(target: ServerProcess) -> Sequence[ServerProcess]:
    """Each broker that stands behind a started target."""
    return target.brokers if isinstance(target, WholeCluster) else (target,)


def _target() -> str:
    target = os.environ.get(TARGET_VARIABLE, "penstock")
    if target not in ("penstock", "cluster", "kafka"):
        raise ValueError(f"{TARGET_VARIABLE}={target!r}: it is one of penstock, cluster, kafka")
    return target
