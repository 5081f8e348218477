"""What one request may change of topics: partitions created, added or deleted, counted against a bucket (KIP-599)."""

from collections.abc import Callable

from security.quotas.token_bucket import TokenBucket


class MutationsExceeded(Exception):
    """Nothing may be changed before ``throttle_ms`` are over."""

    def __init__(self, throttle_ms: int) -> None:
        super().__init__(f"too many changes of topics: try again in {throttle_ms} ms")
        self.throttle_ms = throttle_ms


class MutationQuota:
    """One request's. Strict: what comes when the bucket is empty is refused. Otherwise (clients that know no such error) all is done, and the
    client is told to wait afterwards."""

    __slots__ = ("_bucket", "_is_strict", "_now_ms", "_rate", "throttle_ms")

    def __init__(self, bucket: TokenBucket | None, rate: float, now_ms: Callable[[], int], *, is_strict: bool) -> None:
        """Without a bucket there is no quota."""
        self._bucket = bucket
        self._rate = rate
        self._now_ms = now_ms
        self._is_strict = is_strict
        self.throttle_ms = 0
        """For how long the client is to be told to wait."""

    def take(self, partitions: int) -> None:
        """Count a change before it is made. Raises MutationsExceeded; then it must not be made, and nothing was counted."""
        bucket = self._bucket
        if bucket is None:
            return
        now_ms = self._now_ms()
        if self._is_strict:
            missing_ms = bucket.missing_ms(self._rate, now_ms)
            if missing_ms:
                self.throttle_ms = missing_ms
                raise MutationsExceeded(missing_ms)
            bucket.take(partitions, self._rate, now_ms)
        else:
            bucket.take(partitions, self._rate, now_ms)
            self.throttle_ms = bucket.missing_ms(self._rate, now_ms)


UNLIMITED = MutationQuota(None, 0.0, lambda: 0, is_strict=True)
"""Of those who have no quota."""
