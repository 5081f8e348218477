"""The settings of groups: bounds, sources, and what is wrong with a value."""

import pytest

from broker.config.entry import Source
from broker.config.group_table import GROUP_SETTINGS, group_entries, problem_of, value_of
from broker.config.settings import Settings

SESSION, HEARTBEAT = "consumer.session.timeout.ms", "consumer.heartbeat.interval.ms"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({SESSION: "50000", HEARTBEAT: "6000"}, None),
        ({}, None),
        ({"consumer.size": "1"}, "Unknown group config name: consumer.size"),
        ({SESSION: "soon"}, f"Invalid value soon for configuration {SESSION}: Not a number of type INT"),
        ({SESSION: "0"}, f"Invalid value 0 for configuration {SESSION}: Value must be at least 1"),
        ({SESSION: "44999"}, f"{SESSION} must be greater than or equal to group.consumer.min.session.timeout.ms"),
        ({SESSION: "60001"}, f"{SESSION} must be less than or equal to group.consumer.max.session.timeout.ms"),
    ],
)
def test_values_are_checked(values: dict[str, str], problem: str | None) -> None:
    """Against the broker's bounds."""
    assert problem_of(values, Settings()) == problem


def test_a_session_is_longer_than_a_heartbeat() -> None:
    """Whichever of them is set."""
    settings = Settings(group_consumer_min_session_timeout_ms=5_000)

    assert problem_of({SESSION: "5000"}, settings) == f"{SESSION} must be greater than {HEARTBEAT}"


def test_what_counts_is_within_bounds() -> None:
    """Also when the broker was started with other bounds since."""
    assert value_of(SESSION, {}, Settings()) == 45_000
    assert value_of(SESSION, {SESSION: "50000"}, Settings()) == 50_000
    assert value_of(SESSION, {SESSION: "50000"}, Settings(group_consumer_max_session_timeout_ms=46_000)) == 46_000


def test_entries_say_where_values_come_from() -> None:
    """The group, the broker's settings, the default."""
    entries = {entry.name: entry for entry in group_entries({SESSION: "50000"}, Settings(group_consumer_heartbeat_interval_ms=6_000))}

    assert list(entries) == list(GROUP_SETTINGS)
    assert [(s.name, s.value, s.source) for s in entries[SESSION].synonyms] == [
        (SESSION, "50000", Source.GROUP),
        (f"group.{SESSION}", "45000", Source.DEFAULT),
    ]
    assert (entries[HEARTBEAT].value, entries[HEARTBEAT].source) == ("6000", Source.STATIC_BROKER)
    assert not entries[SESSION].read_only
