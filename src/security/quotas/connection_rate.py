"""Whether a new connection is taken in: at once, after a while, or not at all (KIP-612).

An address that is above its own rate is turned away, and costs nobody else anything. Above the rate of all together connections wait for their turn, as they
would before a door; when that would take longer than a whole measure, they are turned away as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from security.quotas.meters import Meters
from security.quotas.quota_table import Limit
from security.quotas.rate_window import WindowShape
from security.quotas.token_bucket import TokenBucket


@dataclass(frozen=True, slots=True)
class Verdict:
    """``wait_ms``: before anything is read; or, when ``refused``, before the connection is closed. ``rule`` is why, for people and metrics."""

    wait_ms: int
    refused: bool
    rule: str


AT_ONCE: Final = Verdict(0, False, "")


class ConnectionRate:
    """``most`` addresses are kept apart. Times are of one clock that never runs back."""

    def __init__(self, shape: WindowShape, most: int) -> None:
        self._longest_ms: Final = round(shape.whole_s * 1000)
        self._addresses: Meters[TokenBucket] = Meters(lambda: TokenBucket(shape), most)
        self._shared: Meters[TokenBucket] = Meters(lambda: TokenBucket(shape), most)

    def judge(self, of_address: Limit | None, of_all: Sequence[Limit], now_ms: int) -> Verdict:
        """Count a connection. ``of_all`` are what it shares with connections from everywhere: the broker's rate, the listener's."""
        own: TokenBucket | None = None
        if of_address is not None:
            own = self._addresses.of(of_address.bucket)
            if not own.has(1, of_address.rate, now_ms):
                return Verdict(self._longest_ms, True, of_address.rule)
        wait_ms, rule = 0, ""
        shared = [(self._shared.of(limit.bucket), limit) for limit in of_all]
        for bucket, limit in shared:
            bucket.take(1, limit.rate, now_ms)
            missing_ms = bucket.missing_ms(limit.rate, now_ms)
            if missing_ms > wait_ms:
                wait_ms, rule = missing_ms, limit.rule
        if wait_ms > self._longest_ms:
            for bucket, limit in shared:
                bucket.take(-1, limit.rate, now_ms)
            return Verdict(self._longest_ms, True, rule)
        if own is not None and of_address is not None:
            own.take(1, of_address.rate, now_ms)
        return Verdict(wait_ms, False, rule) if wait_ms else AT_ONCE
