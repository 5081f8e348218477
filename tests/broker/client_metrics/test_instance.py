"""When a client instance may ask and push."""

from typing import Any

import pytest

from broker.client_metrics.instance import ClientInstance
from broker.client_metrics.subscriptions import Subscribed
from broker.wire.error_codes import ErrorCode

NONE, THROTTLED = ErrorCode.NONE, ErrorCode.THROTTLING_QUOTA_EXCEEDED
INTERVAL_MS = 1000


def instance() -> ClientInstance:
    return ClientInstance(Subscribed(7, ("*",), INTERVAL_MS), 1, 1, "app")


def push(known: ClientInstance, now_ms: int, **changed: Any) -> ErrorCode:
    fields: dict[str, Any] = {"subscription_id": 7, "compression": 4, "size": 10, "size_max": 100, "terminating": False, **changed}
    return known.may_push(now_ms, **fields)


def test_a_client_asks_once_in_an_interval() -> None:
    """Counted from its last request of either kind (T1)."""
    known = instance()
    assert [known.may_ask(0), known.may_ask(999), known.may_ask(1000)] == [NONE, THROTTLED, NONE]
    assert push(known, 1500) is NONE
    assert [known.may_ask(2400), known.may_ask(2500)] == [THROTTLED, NONE]


def test_it_pushes_right_after_it_asked_and_then_once_in_an_interval() -> None:
    """T2."""
    known = instance()
    known.may_ask(0)
    assert [push(known, at) for at in (1, 2, 1000, 1001)] == [NONE, THROTTLED, THROTTLED, NONE]
    fresh = instance()
    assert [push(fresh, at) for at in (0, 999, 1000)] == [NONE, THROTTLED, NONE]


def test_the_last_push_may_come_at_any_time_and_nothing_after_it() -> None:
    """T2."""
    known = instance()
    known.may_ask(0)
    assert [push(known, 1), push(known, 2, terminating=True)] == [NONE, NONE]
    assert [push(known, 5000), push(known, 5000, terminating=True)] == [ErrorCode.INVALID_REQUEST] * 2


@pytest.mark.parametrize(
    ("changed", "code", "may_ask"),
    [
        ({"subscription_id": 8}, ErrorCode.UNKNOWN_SUBSCRIPTION_ID, True),
        ({"compression": 9}, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, True),
        ({"compression": -1}, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, True),
        ({"size": 101}, ErrorCode.TELEMETRY_TOO_LARGE, False),
        ({"compression": 0, "size": 100}, NONE, False),
    ],
)
def test_what_is_wrong_with_a_push_is_told(changed: dict[str, int], code: ErrorCode, may_ask: bool) -> None:
    """A client that is told so may ask at once (T1, T3)."""
    known = instance()
    known.may_ask(0)
    assert push(known, 1, **changed) is code
    assert (known.may_ask(2) is NONE) == may_ask


def test_who_falls_silent_is_forgotten() -> None:
    """After a minute, or three intervals if these are longer (T5)."""
    known = instance()
    known.heard_ms = 1000
    assert not known.is_silent(61_000)
    assert known.is_silent(61_001)
    known.subscribed = Subscribed(7, (), 300_000)
    assert not known.is_silent(901_000)
    assert known.is_silent(901_001)
