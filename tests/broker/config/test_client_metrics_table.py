"""What a client metrics subscription may be set to."""

import pytest

from broker.config.client_metrics_table import CLIENT_METRICS_SETTINGS, client_metrics_entries, patterns, refusal_of
from broker.config.entry import Source
from broker.wire.error_codes import ErrorCode

INVALID_REQUEST, INVALID_CONFIG = ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_CONFIG


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, None),
        ({"interval.ms": "100", "metrics": "*", "match": "client_id=a.*,client_source_port=[0-9]+"}, None),
        ({"interval.ms": "3600000", "metrics": "", "match": ""}, None),
        ({"interval.ms": "99"}, INVALID_REQUEST),
        ({"interval.ms": "3600001"}, INVALID_REQUEST),
        ({"interval.ms": "soon"}, INVALID_CONFIG),
        ({"interval.s": "1"}, INVALID_REQUEST),
        ({"metrics": "a,,b"}, INVALID_CONFIG),
        ({"match": "client_id"}, INVALID_CONFIG),
        ({"match": "client_id="}, INVALID_CONFIG),
        ({"match": "client_id=a=b"}, INVALID_CONFIG),
        ({"match": "client_name=a"}, INVALID_CONFIG),
        ({"match": "client_id=("}, INVALID_CONFIG),
        ({"match": "client_id=(a)\\1"}, INVALID_CONFIG),
    ],
)
def test_values_are_checked_as_kafka_checks_them(values: dict[str, str], code: ErrorCode | None) -> None:
    """With its codes."""
    refusal = refusal_of(values)

    assert (None if refusal is None else refusal.code) == code


def test_patterns_are_read_by_what_they_match() -> None:
    """Spaces around them do not count."""
    found = patterns(("client_id = a.* ", "client_software_name=x"))

    assert set(found) == {"client_id", "client_software_name"}
    assert found["client_id"].matches("abc")


def test_what_is_said_of_a_subscription() -> None:
    """Each setting with where it comes from; without any, the defaults."""
    said = {entry.name: (entry.value, entry.source) for entry in client_metrics_entries({"metrics": "b, a"})}

    assert said == {
        "interval.ms": ("300000", Source.DEFAULT),
        "match": ("", Source.DEFAULT),
        "metrics": ("b,a", Source.CLIENT_METRICS),
    }
    assert list(said) == sorted(CLIENT_METRICS_SETTINGS)
