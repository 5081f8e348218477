"""The settings of groups: bounds, sources, and what is wrong with a value."""

import pytest

from broker.config.entry import Source
from broker.config.group_table import GROUP_SETTINGS, group_entries, problem_of, value_of
from broker.config.settings import Settings

SESSION, HEARTBEAT = "consumer.session.timeout.ms", "consumer.heartbeat.interval.ms"

_INVALID = "Invalid value {} for configuration {}: "
_RESET_WANTED = (
    "Invalid value `none` for configuration share.auto.offset.reset. The value must be either 'earliest', 'latest' or of the format "
    "'by_duration:<PnDTnHnMn.nS>'."
)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({SESSION: "50000", HEARTBEAT: "6000"}, None),
        ({}, None),
        ({"consumer.size": "1"}, "Unknown group config name: consumer.size"),
        ({SESSION: "soon"}, f"Invalid value soon for configuration {SESSION}: Not a number of type INT"),
        ({SESSION: "0"}, f"Invalid value 0 for configuration {SESSION}: Value must be at least 1"),
        ({SESSION: "44999"}, f"{SESSION} must be in the range 45000 to 60000 inclusive."),
        ({SESSION: "60001"}, f"{SESSION} must be in the range 45000 to 60000 inclusive."),
        ({"share.delivery.count.limit": "7", "share.isolation.level": "read_committed"}, None),
        (
            {"share.delivery.count.limit": "1"},
            "Invalid value 1 for configuration share.delivery.count.limit: Value must be at least 2",
        ),
        ({"share.delivery.count.limit": "11"}, "share.delivery.count.limit must be in the range 2 to 10 inclusive."),
        (
            {"share.isolation.level": "READ_COMMITTED"},
            f"{_INVALID.format('READ_COMMITTED', 'share.isolation.level')}String must be one of: read_committed, read_uncommitted",
        ),
        ({"share.auto.offset.reset": "by_duration:PT1H"}, None),
        (
            {"share.auto.offset.reset": "none"},
            f"{_INVALID.format('none', 'share.auto.offset.reset')}{_RESET_WANTED}",
        ),
        ({"share.assignor.offload.enable": "false"}, None),
        ({"errors.deadletterqueue.topic.name": ""}, None),
        (
            {"errors.deadletterqueue.topic.name": "__x"},
            "errors.deadletterqueue.topic.name: DLQ topic name must not start with '__'",
        ),
        (
            {"errors.deadletterqueue.topic.name": "x"},
            "errors.deadletterqueue.topic.name: dead-letter queues are not served, so no topic can be named",
        ),
    ],
)
def test_values_are_checked(values: dict[str, str], problem: str | None) -> None:
    """Against the broker's bounds."""
    assert problem_of(values, Settings()) == problem


def test_a_session_is_longer_than_a_heartbeat() -> None:
    """Whichever of them is set."""
    settings = Settings(group_consumer_min_session_timeout_ms=5_000)

    assert problem_of({SESSION: "5000"}, settings) == f"{SESSION} must be greater than {HEARTBEAT}"
    assert problem_of({"share.session.timeout.ms": "50000"}, settings) is None


def test_what_counts_is_within_bounds() -> None:
    """Also when the broker was started with other bounds since."""
    assert value_of(SESSION, {}, Settings()) == 45_000
    assert value_of(SESSION, {SESSION: "50000"}, Settings()) == 50_000
    assert value_of(SESSION, {SESSION: "50000"}, Settings(group_consumer_max_session_timeout_ms=46_000)) == 46_000


def test_entries_say_where_values_come_from() -> None:
    """The group, the broker's settings, the default."""
    entries = {entry.name: entry for entry in group_entries({SESSION: "50000"}, Settings(group_consumer_heartbeat_interval_ms=6_000))}

    assert list(entries) == [name for name in GROUP_SETTINGS if not name.endswith("assignor.offload.enable")]
    assert [(s.name, s.value, s.source) for s in entries[SESSION].synonyms] == [
        (SESSION, "50000", Source.GROUP),
        (f"group.{SESSION}", "45000", Source.DEFAULT),
    ]
    assert (entries[HEARTBEAT].value, entries[HEARTBEAT].source) == ("6000", Source.STATIC_BROKER)
    assert not entries[SESSION].read_only


def test_internal_settings_are_shown_where_they_are_set() -> None:
    """As Kafka does; the names of settings that only groups have are their own synonyms."""
    entries = {entry.name: entry for entry in group_entries({"share.assignor.offload.enable": "false"}, Settings())}

    assert [(s.name, s.value) for s in entries["share.assignor.offload.enable"].synonyms] == [
        ("share.assignor.offload.enable", "false"),
        ("group.share.assignor.offload.enable", "true"),
    ]
    assert "consumer.assignor.offload.enable" not in entries
    assert [(s.name, s.value) for s in entries["share.auto.offset.reset"].synonyms] == [("share.auto.offset.reset", "latest")]


def test_settings_that_only_groups_have_fall_back_to_their_defaults() -> None:
    """There is no broker setting behind them, and no bounds."""
    assert value_of("share.isolation.level", {}, Settings()) == "read_uncommitted"
    assert value_of("share.renew.acknowledge.enable", {"share.renew.acknowledge.enable": "false"}, Settings()) is False
