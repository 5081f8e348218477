"""What a cluster costs a month, from what it does and what that costs: a model to put one's own prices into.

Requests follow the settings, not the load: a broker begins at most `write_puts_per_second` objects a second as long as they hold the traffic, and after that one for
each `write_flush_bytes`. Merging reads every object once and writes its bytes once more, in large ones. Consumers that keep up read from memory.
"""

from dataclasses import dataclass
from typing import Final

MONTH_S: Final = 30 * 24 * 3600
_MB: Final = 1e6
_GIB: Final = 1024**3


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars. The defaults are list prices of S3 Standard in us-east-1 and of small machines there; `of` says when they were looked up."""

    of: str = "2025"
    put_per_1000: float = 0.005
    get_per_1000: float = 0.0004
    storage_per_gib_month: float = 0.023
    database_month: float = 260.0
    """Two vCPUs with a synchronous standby and 100 GiB."""
    broker_month: float = 60.0
    """Two vCPUs, 4 GiB."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of the cluster. `cold_share`: how much of what is consumed is not in any memory any more."""

    mb_per_s: float
    brokers: int
    retention_days: float = 7.0
    consumers: int = 2
    cold_share: float = 0.05


@dataclass(frozen=True, slots=True)
class Writing:
    """How it is set to write; as :mod:`broker.config.cluster_settings`. `merged_bytes`: the size of what merging makes. `block_bytes`: of what a GET brings."""

    flush_bytes: int
    puts_per_second: float
    merged_bytes: int = 64 << 20
    block_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Month:
    """What a month comes to, in dollars, and the requests behind it, a second."""

    puts_per_s: float
    gets_per_s: float
    stored_gib: float
    puts: float
    gets: float
    storage: float
    machines: float

    @property
    def total(self) -> float:
        return self.puts + self.gets + self.storage + self.machines


def month(load: Load, writing: Writing, prices: Prices) -> Month:
    """The bill of a month of this."""
    rate = load.mb_per_s * _MB
    by_size = rate / writing.flush_bytes
    flushes = max(by_size, writing.puts_per_second * load.brokers) if writing.puts_per_second else by_size
    merged = rate / writing.merged_bytes
    puts = flushes + merged
    gets = flushes + rate * load.consumers * load.cold_share / writing.block_bytes
    stored = rate * load.retention_days * 24 * 3600 / _GIB
    return Month(
        puts_per_s=puts,
        gets_per_s=gets,
        stored_gib=stored,
        puts=puts * MONTH_S / 1000 * prices.put_per_1000,
        gets=gets * MONTH_S / 1000 * prices.get_per_1000,
        storage=stored * prices.storage_per_gib_month,
        machines=prices.database_month + load.brokers * prices.broker_month,
    )
