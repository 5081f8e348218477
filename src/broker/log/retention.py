"""How much of a topic's past its configuration keeps. Pure."""

from dataclasses import dataclass
from typing import Protocol


class RetentionConfig(Protocol):
    """The part of a topic's effective configuration that matters here."""

    @property
    def cleanup_policy(self) -> frozenset[str]: ...

    @property
    def retention_ms(self) -> int: ...

    @property
    def retention_bytes(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Retention:
    """What may go: data last stamped before ``oldest_ms``; the oldest data while ``max_bytes`` stay. None: no such limit."""

    oldest_ms: int | None
    max_bytes: int | None


def retention(config: RetentionConfig, now_ms: int) -> Retention | None:
    """The limits of a topic now, None when it keeps everything: no ``delete`` in cleanup.policy, or no limit set (-1)."""
    if "delete" not in config.cleanup_policy:
        return None
    oldest_ms = now_ms - config.retention_ms if config.retention_ms >= 0 else None
    max_bytes = config.retention_bytes if config.retention_bytes >= 0 else None
    if oldest_ms is None and max_bytes is None:
        return None
    return Retention(oldest_ms, max_bytes)
