"""The settings of what happens to record data after it was written, besides Kafka's own of retention and compaction."""

from typing import Final

from pydantic import BaseModel, ConfigDict

from broker.config.kafka_values import Kind, Range
from broker.config.setting import own

_MIB: Final = 1024 * 1024
_HOUR_MS: Final = 3_600_000


class LifeCycleSettings(BaseModel):
    """Merging, space that comes back, garbage and orphans."""

    model_config = ConfigDict(defer_build=True)  # only the whole, Settings, is ever made

    # --- the life of objects ------------------------------------------------------------------------------------------

    merge_object_bytes: int = own(
        Kind.LONG, 64 * _MIB,
        "Size of the objects that many small ones are merged into, and the memory that takes, twice, while it is done. Objects below a quarter of "
        "it are merged once more.",
        check=Range(_MIB, 1024 * _MIB), unit="bytes",
    )
    merge_age_ms: int = own(
        Kind.LONG, 60_000,
        "How old flushes get before they are merged, in a cluster; before that, when a hundred of them or enough bytes have gathered. What lies "
        "in the catalog moves to the store this way.",
        check=Range(1000), unit="ms",
    )
    reclaim_interval_ms: int = own(
        Kind.LONG, 600_000,
        "How often files and objects are looked for of which less than half is still needed; what is needed is written anew, and the disk space "
        "comes back. Each byte is moved so at most twice.",
        check=Range(1000), unit="ms",
    )
    object_delete_grace_ms: int = own(
        Kind.LONG, 600_000,
        "For how long an object of a cluster stays after nothing names it any more, for readers that are under way on other brokers. No "
        "shorter than the oldest backup of the catalog that is to be restored without its objects being versioned. Alone, a broker deletes at once.",
        check=Range(10_000), unit="ms",
    )
    orphan_sweep_interval_ms: int = own(
        Kind.LONG, 24 * _HOUR_MS,
        "How often the whole store of a cluster is listed for objects that brokers left behind when they were stopped between writing and "
        "committing.",
        check=Range(1000), unit="ms",
    )
    orphan_age_ms: int = own(
        Kind.LONG, _HOUR_MS,
        "How old an object must be for the sweep to look at it, by the store's clock. It says nothing about whether the object is an orphan: that is "
        "known exactly.",
        check=Range(0), unit="ms",
    )
