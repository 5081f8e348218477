"""Settings that change while the broker runs."""

from typing import Any

import pytest

from broker.config.live import ALL_BROKERS, LiveSettings
from broker.config.problems import SettingsInvalid
from broker.config.settings import Settings
from broker.storage.catalog.memory import MemoryCatalog


async def live(catalog: MemoryCatalog | None = None, **static: Any) -> LiveSettings:
    made = LiveSettings(Settings(**{"node_id": 7, **static}), catalog or MemoryCatalog())
    await made.load()
    return made


async def test_without_changes_settings_are_what_the_broker_was_started_with() -> None:
    """The very same object."""
    settings = await live()

    assert settings.current is settings.static
    assert settings.names == []


async def test_this_broker_comes_before_all_brokers_before_the_start() -> None:
    """And taking a change back uncovers what lies below."""
    settings = await live(message_max_bytes=3)
    await settings.replace(ALL_BROKERS, {"message.max.bytes": "2"})
    assert settings.current.message_max_bytes == 2
    await settings.replace("7", {"message.max.bytes": "1"})
    assert settings.current.message_max_bytes == 1
    await settings.replace("7", {})
    assert settings.current.message_max_bytes == 2
    await settings.replace(ALL_BROKERS, {})
    assert settings.current.message_max_bytes == 3


async def test_changes_of_another_broker_do_not_count_here() -> None:
    """They are kept for it."""
    settings = await live()
    await settings.replace("8", {"message.max.bytes": "1"})

    assert settings.current is settings.static
    assert settings.dynamic("8") == {"message.max.bytes": "1"}


async def test_changes_are_there_after_a_restart() -> None:
    """The catalog keeps them."""
    catalog = MemoryCatalog()
    await (await live(catalog)).replace(ALL_BROKERS, {"log.retention.ms": "5"})

    again = await live(catalog)

    assert again.current.retention_ms == 5
    assert again.dynamic(ALL_BROKERS) == {"log.retention.ms": "5"}


async def test_subscribers_hear_of_each_change() -> None:
    """After it is in force."""
    settings = await live()
    heard: list[bool] = []
    settings.subscribe(lambda current: heard.append(current is settings.current and current.message_max_bytes == 5))

    await settings.replace(ALL_BROKERS, {"message.max.bytes": "5"})

    assert heard == [True]


@pytest.mark.parametrize("values", [{"message.max.bytes": "-1"}, {"nope": "1"}, {"log.retention.ms": "0"}])
async def test_a_wrong_change_changes_nothing(values: dict[str, str]) -> None:
    """Neither here nor in the catalog."""
    catalog = MemoryCatalog()
    settings = await live(catalog)

    with pytest.raises(SettingsInvalid):
        await settings.replace(ALL_BROKERS, values)

    assert settings.current is settings.static
    assert await catalog.load_configs() == {}


async def test_a_failing_catalog_changes_nothing() -> None:
    """What could not be stored is not in force."""

    class Full(MemoryCatalog):
        async def set_config(self, kind: int, name: str, values: object) -> None:
            raise OSError("no space")

    settings = await live(Full())
    with pytest.raises(OSError, match="no space"):
        await settings.replace(ALL_BROKERS, {"message.max.bytes": "5"})

    assert settings.current is settings.static


async def test_what_cannot_be_any_more_is_left_aside() -> None:
    """Stored by another version, or at odds with what the broker is started with now: it starts all the same."""
    catalog = MemoryCatalog()
    await catalog.set_config(4, "", {"message.max.bytes": "-1", "nope": "1", "log.retention.ms": "5"})
    assert (await live(catalog)).current.retention_ms == 5

    catalog = MemoryCatalog()
    await catalog.set_config(4, "7", {"log.cleaner.min.compaction.lag.ms": "10"})
    settings = await live(catalog, log_cleaner_max_compaction_lag_ms=5)
    assert settings.current.log_cleaner_min_compaction_lag_ms == 0


async def test_what_turns_out_to_be_of_no_use_is_left_aside_too() -> None:
    """By the beginning of its name; it stays stored, for the next start."""
    catalog = MemoryCatalog()
    await catalog.set_config(4, "7", {"ssl.keystore.location": "/gone", "log.retention.ms": "5"})
    await catalog.set_config(4, "", {"ssl.client.auth": "required"})
    settings = await live(catalog)
    assert settings.leave_aside("ssl.") == ["ssl.client.auth", "ssl.keystore.location"]
    assert (settings.current.ssl_keystore_location, settings.current.retention_ms) == (None, 5)
    assert settings.leave_aside("ssl.") == []
    assert (await live(catalog)).current.ssl_keystore_location == "/gone"


async def test_other_resources_are_not_taken_for_brokers() -> None:
    """The catalog keeps configuration of several types."""
    catalog = MemoryCatalog()
    await catalog.set_config(32, "7", {"message.max.bytes": "5"})

    assert (await live(catalog)).names == []


async def test_what_others_have_set_replaces_what_was_known() -> None:
    """As a whole: what is no longer set is no longer in force, and whoever listens hears of it once."""
    settings = await live()
    await settings.replace(ALL_BROKERS, {"log.retention.ms": "1"})
    heard: list[int | None] = []
    settings.subscribe(lambda now: heard.append(now.log_retention_ms))
    settings.reload({(4, ALL_BROKERS): {"log.retention.ms": "2"}, (32, "g"): {"x": "y"}})
    settings.reload({(4, ALL_BROKERS): {"log.retention.ms": "2"}})
    settings.reload({})

    assert heard == [2, settings.static.log_retention_ms]
