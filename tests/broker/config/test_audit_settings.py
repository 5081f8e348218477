"""The settings of the audit log."""

from typing import Any

import pytest

from broker.config.audit_settings import AuditSettings, is_audited
from broker.config.settings import BY_KAFKA_NAME, SETTINGS, Settings, problems_of


@pytest.mark.parametrize(
    ("given", "audited"),
    [
        ({}, False),
        ({"audit": "on"}, True),
        ({"listeners": "SSL://127.0.0.1:9093"}, True),
        ({"listeners": "SSL://127.0.0.1:9093", "audit": "off"}, False),
        ({"listeners": "PLAINTEXT://127.0.0.1:9092,SASL_SSL://127.0.0.1:9093"}, True),
    ],
)
def test_a_log_is_written_where_somebody_can_be_told_from_others(given: dict[str, Any], audited: bool) -> None:
    """Unless it is said otherwise."""
    settings = Settings.model_construct(
        **{name: SETTINGS[name].read(given[name]) if name in given else field.default for name, field in Settings.model_fields.items()}
    )

    assert is_audited(settings) is audited


def test_none_is_kafkas() -> None:
    """Kafka has no such log."""
    assert not {SETTINGS[name].kafka_name for name in AuditSettings.model_fields} & set(BY_KAFKA_NAME)


@pytest.mark.parametrize(
    "given",
    [
        {"audit": "maybe"},
        {"audit_sinks": ""},
        {"audit_sinks": "printer"},
        {"audit_events": "admin,gossip"},
        {"audit_sample_allowed": -1},
        {"audit_when_full": "shrug"},
        {"audit_file_bytes": 5},
        {"audit_key_file": ""},
        {"audit_dir": "a\0b"},
    ],
)
def test_what_lies_outside_its_bounds_is_refused(given: dict[str, Any]) -> None:
    """With the setting's name."""
    with pytest.raises(ValueError) as refused:
        Settings(**given)

    assert [problem.setting for problem in problems_of(refused.value)] == list(given)  # type: ignore[arg-type]
