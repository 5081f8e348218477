"""The form of a line."""

import json

import pytest

from security.audit.event import EventKind
from security.audit.line import LINE_BYTES_MAX, encode_event, time_text
from tests.security.audit.events import event

TIME_MS = 1_764_180_000_007


def test_an_event_is_one_json_object() -> None:
    """With the names that the page about security tells."""
    assert json.loads(encode_event(event(), time_ms=TIME_MS, broker=3)) == {
        "v": 1,
        "time": "2025-11-26T18:00:00.007Z",
        "broker": 3,
        "kind": "admin",
        "action": "change",
        "outcome": "success",
        "principal": "User:alice",
        "peer": "10.0.0.1:4711",
        "listener": "CLIENTS",
        "connection": 7,
        "request": 12,
        "client": "tool",
        "details": {"resource": "topic:orders", "before": None, "after": {"partitions": 3}},
    }


def test_what_is_not_known_is_not_said() -> None:
    """An event of a connection has no request."""
    fields = json.loads(
        encode_event(event(EventKind.CONNECTION, connection_id=0, correlation_id=None, client_id=None), time_ms=TIME_MS, broker=1)
    )

    assert not {"connection", "request", "client"} & set(fields)


@pytest.mark.parametrize("hostile", ['a"},"hash":"', "a\nb", "\u2028", "\ud800", "x" * 10_000, "\0"])
def test_what_a_client_sent_stays_within_its_line(hostile: str) -> None:
    """Quotes, line ends, halves of characters, great length."""
    line = encode_event(event(client_id=hostile, principal=f"User:{hostile}"), time_ms=TIME_MS, broker=1)

    assert b"\n" not in line
    assert len(line) < 4096
    assert json.loads(line)["client"].startswith(hostile[:100])


def test_what_is_too_long_loses_its_details() -> None:
    """Not itself: who did what to which resource is kept."""
    line = encode_event(
        event(details={"resource": "topic:t:config", "before": {}, "after": {"x": "y" * LINE_BYTES_MAX}}), time_ms=TIME_MS, broker=1
    )

    assert len(line) < 1024
    assert json.loads(line)["details"]["resource"] == "topic:t:config"
    assert json.loads(line)["details"]["left_out_bytes"] > LINE_BYTES_MAX


@pytest.mark.parametrize(("ms", "text"), [(0, "1970-01-01T00:00:00.000Z"), (999, "1970-01-01T00:00:00.999Z")])
def test_times_are_utc_to_the_millisecond(ms: int, text: str) -> None:
    """Never rounded up."""
    assert time_text(ms) == text


def test_numbers_beyond_64_bits_are_kept() -> None:
    """Whatever an agent puts into the details, the event is written."""
    assert json.loads(encode_event(event(details={"after": 2**70}), time_ms=0, broker=1))["details"] == {"after": 2**70}
