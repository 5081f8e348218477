"""The broker's settings as DescribeConfigs shows them."""

from broker.config.broker_entries import broker_entries, cluster_entries, described, synonyms_of
from broker.config.entry import Entry, Origin, Source
from broker.config.settings import BY_KAFKA_NAME, Settings


def changed(static: Settings, own: dict[str, str], everywhere: dict[str, str]) -> Settings:
    values = {BY_KAFKA_NAME[name].name: BY_KAFKA_NAME[name].read(text) for name, text in {**everywhere, **own}.items()}
    given = {name: getattr(static, name) for name in static.model_fields_set}
    return Settings(**given | values).changed_from(Origin(static, own, everywhere))


def by_name(entries: list[Entry]) -> dict[str, Entry]:
    return {entry.name: entry for entry in entries}


def test_all_of_kafkas_settings_that_we_have_are_shown() -> None:
    """With log.dirs, which is our data directory, and without those of a plugin; in order of names."""
    entries = broker_entries(Settings(data_dir="/d"))
    known = {name for name, setting in BY_KAFKA_NAME.items() if not setting.of_plugin}

    assert {entry.name for entry in entries} == {*known, "log.dirs"}
    assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
    assert by_name(entries)["log.dirs"].value == "/d"
    assert by_name(entries)["log.dirs"].source is Source.STATIC_BROKER
    assert by_name(broker_entries(Settings()))["log.dirs"].source is Source.DEFAULT


def test_levels_come_in_their_order() -> None:
    """This broker, all brokers, what it was started with, the default (KIP-226)."""
    settings = changed(
        Settings(message_max_bytes=3), {"message.max.bytes": "1"}, {"message.max.bytes": "2", "log.retention.ms": "9"}
    )

    assert [(s.value, int(s.source)) for s in synonyms_of("message.max.bytes", settings)] == [
        ("1", 2),
        ("2", 3),
        ("3", 4),
        ("1048588", 5),
    ]
    entry = by_name(broker_entries(settings))["message.max.bytes"]
    assert (entry.value, entry.source, entry.read_only) == ("1", Source.DYNAMIC_BROKER, False)
    assert [(s.name, s.value, int(s.source)) for s in synonyms_of("log.retention.ms", settings)] == [
        ("log.retention.ms", "9", 3),
        ("log.retention.hours", "168", 5),
    ]


def test_settings_in_several_units_show_kafkas_synonyms() -> None:
    """Nothing before the setting itself is set; the coarser unit shows only itself."""
    assert synonyms_of("log.retention.ms", Settings()) == ()
    assert synonyms_of("log.retention.ms", Settings(log_retention_hours=2)) == ()
    assert [s.name for s in synonyms_of("log.retention.hours", Settings())] == ["log.retention.hours"]
    assert [(s.name, int(s.source)) for s in synonyms_of("log.roll.ms", Settings(log_roll_ms=5))] == [
        ("log.roll.ms", 4),
        ("log.roll.hours", 5),
    ]


def test_what_is_fixed_at_start_is_read_only() -> None:
    """Kafka says the same of the same settings."""
    entries = by_name(broker_entries(Settings()))

    assert entries["num.partitions"].read_only
    assert not entries["log.cleanup.policy"].read_only
    assert (entries["advertised.listeners"].value, entries["advertised.listeners"].synonyms) == (None, ())
    assert (entries["broker.rack"].value, entries["broker.rack"].source) == (None, Source.DEFAULT)


def test_the_cluster_shows_only_what_was_set_for_all() -> None:
    """The empty broker name."""
    assert cluster_entries(Settings()) == []
    entries = cluster_entries(changed(Settings(), {"log.retention.ms": "5"}, {"log.cleanup.policy": "delete, compact"}))

    assert [(entry.name, entry.value, entry.source) for entry in entries] == [
        ("log.cleanup.policy", "delete,compact", Source.DYNAMIC_DEFAULT_BROKER)
    ]


def test_what_has_no_effect_is_said_in_the_description() -> None:
    """Where people look for it."""
    assert described("A.", "") == "A."
    assert described("A.", "there is no b") == "A. Without effect here: there is no b."
