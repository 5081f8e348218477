"""The settings of quotas: windows and rates that are Kafka's, and how many clients are kept apart.

The quotas themselves are no settings: they are changed while the broker runs, for users, client ids and addresses (`penstock quotas`).
"""

from pydantic import BaseModel, ConfigDict

from broker.config.kafka_values import INT_MAX, Kind, Range
from broker.config.setting import kafka, own

_INT = Kind.INT


class QuotaSettings(BaseModel):
    """How use is measured, and how fast connections may come."""

    model_config = ConfigDict(defer_build=True)  # only the whole, Settings, is ever made

    quota_window_num: int = kafka(
        _INT, 11, "Over how many windows the use of bytes and of request time is measured; a burst may use what all of them give.",
        check=Range(1), unit="windows",
    )
    quota_window_size_seconds: int = kafka(_INT, 1, "How long each of these windows is.", check=Range(1), unit="s")
    controller_quota_window_num: int = kafka(
        _INT, 11, "The same for changes of topics (controller_mutation_rate).", check=Range(1), unit="windows"
    )
    controller_quota_window_size_seconds: int = kafka(_INT, 1, "How long each of these windows is.", check=Range(1), unit="s")
    max_connection_creation_rate: int = kafka(
        _INT, INT_MAX, "How many connections a second all listeners together take in; those above it wait for their turn.",
        check=Range(0), unit="connections/s", mode="cluster-wide", per_listener=True,
    )
    quota_clients_max: int = own(
        _INT, 10_000, "Of how many users, client ids and addresses it is remembered what they used, for each kind of quota. Beyond "
        "it those that did nothing for longest are forgotten.",
        check=Range(100), unit="clients",
    )
