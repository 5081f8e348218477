"""Rule: which shard a group or a transactional id belongs to. Each shard has one coordinator among the brokers of a cluster."""

from collections.abc import Collection
from typing import Final
from zlib import crc32

SHARDS: Final = 64
"""Into how many parts groups and transactional ids are divided. Never changed: what is stored is divided by it."""


def shard_of(key: str) -> int:
    """The shard of a group id (also for its offsets and share partitions) or of a transactional id."""
    return crc32(key.encode("utf-8", "surrogatepass")) % SHARDS


def belongs(key: str, shards: Collection[int] | None) -> bool:
    """Whether it is of one of ``shards``; None stands for all of them."""
    return shards is None or shard_of(key) in shards
