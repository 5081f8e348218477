"""Rule: one client instance, when it may ask and push, and which error it is told.

T1  A client asks at most once in a push interval, counted from its last request of either kind; earlier it is
    THROTTLING_QUOTA_EXCEEDED, unless its last push was refused in a way that tells it to ask.
T2  It may push once right after it has asked, and then once in an interval. Its last push (``terminating``) may come at any time, and
    nothing may come after it.
T3  A push for another subscription than the client's is UNKNOWN_SUBSCRIPTION_ID: it asks again and learns the present one.
T4  When subscriptions change, and when the client comes over another connection, what is known of its requests begins anew, so that it can
    ask at once.
T5  An instance that is not heard of for three intervals, a minute at the least, is forgotten.
"""

from dataclasses import dataclass
from typing import Final

from broker.client_metrics.subscriptions import Subscribed
from broker.wire.error_codes import ErrorCode
from broker.wire.records.compression import Codec

ACCEPTED_COMPRESSION: Final = (Codec.ZSTD, Codec.LZ4, Codec.GZIP, Codec.SNAPPY)
"""In the order of preference that clients are told."""

_KNOWN_COMPRESSION: Final = frozenset({Codec.NONE, *ACCEPTED_COMPRESSION})
_ASK_AGAIN: Final = frozenset({ErrorCode.UNKNOWN_SUBSCRIPTION_ID, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE})
_SILENT_MS: Final = 60_000
_SILENT_INTERVALS: Final = 3


@dataclass(slots=True)
class ClientInstance:
    """What is known of one instance. Times are on any clock that never runs back; -1 for never. ``version`` is of the subscriptions."""

    subscribed: Subscribed
    version: int
    connection_id: int
    client_id: str
    asked_ms: int = -1
    pushed_ms: int = -1
    terminating: bool = False
    last_error: ErrorCode = ErrorCode.NONE
    heard_ms: int = 0

    def may_ask(self, now_ms: int) -> ErrorCode:
        """T1."""
        last_ms = max(self.asked_ms, self.pushed_ms)
        if last_ms < 0 or now_ms - last_ms >= self.subscribed.interval_ms:
            self.asked_ms = now_ms
        elif self.last_error not in _ASK_AGAIN:
            return ErrorCode.THROTTLING_QUOTA_EXCEEDED
        self.last_error = ErrorCode.NONE
        return ErrorCode.NONE

    def may_push(
        self, now_ms: int, subscription_id: int, compression: int, size: int, size_max: int, *, terminating: bool
    ) -> ErrorCode:
        """T2 and T3, and what the push itself is like. The error is remembered."""
        error = self._push_error(now_ms, subscription_id, compression, size, size_max, terminating)
        self.terminating = self.terminating or terminating
        self.last_error = error
        return error

    def _push_error(
        self, now_ms: int, subscription_id: int, compression: int, size: int, size_max: int, terminating: bool
    ) -> ErrorCode:
        if self.terminating:
            return ErrorCode.INVALID_REQUEST
        is_in_time = self.asked_ms > self.pushed_ms or now_ms - self.pushed_ms >= self.subscribed.interval_ms
        if is_in_time or self.pushed_ms < 0:
            self.pushed_ms = now_ms
        elif not terminating:
            return ErrorCode.THROTTLING_QUOTA_EXCEEDED
        if subscription_id != self.subscribed.subscription_id:
            return ErrorCode.UNKNOWN_SUBSCRIPTION_ID
        if compression not in _KNOWN_COMPRESSION:
            return ErrorCode.UNSUPPORTED_COMPRESSION_TYPE
        return ErrorCode.TELEMETRY_TOO_LARGE if size > size_max else ErrorCode.NONE

    def is_silent(self, now_ms: int) -> bool:
        """T5."""
        return now_ms - self.heard_ms > max(_SILENT_MS, _SILENT_INTERVALS * self.subscribed.interval_ms)
