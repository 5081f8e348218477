"""The settings of a broker that shares its catalog and its store with others. Embedded, they have no effect."""

from pydantic import BaseModel, ConfigDict

from broker.config.kafka_values import Kind, Range
from broker.config.setting import own


class ClusterSettings(BaseModel):
    """Membership, and what brokers of a cluster tell each other."""

    model_config = ConfigDict(defer_build=True)  # only the whole, Settings, is ever made

    # --- membership ---------------------------------------------------------------------------------------------------

    cluster_lease_ms: int = own(
        Kind.INT, 3_000,
        "How long a broker that is not heard of stays a member of the cluster, by the catalog's clock; it is heard of three times as often. "
        "After a broker was killed its partitions and groups are without a broker for as long.",
        check=Range(500, 60_000), unit="ms",
    )
