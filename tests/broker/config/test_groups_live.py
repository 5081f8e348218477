"""What is set on groups while running."""

from broker.config.groups_live import GROUP_RESOURCE, LiveGroupConfigs
from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.storage.catalog.memory import MemoryCatalog

SESSION = "consumer.session.timeout.ms"


async def test_what_is_set_counts_and_comes_back() -> None:
    """Also what another release has set, as far as it is known here."""
    catalog = MemoryCatalog()
    settings = LiveSettings(Settings(), catalog)
    configs = LiveGroupConfigs(settings, catalog)
    await configs.replace("g", {SESSION: "50000"})
    assert (configs.value("g", SESSION), configs.value("h", SESSION), configs.names) == (50_000, 45_000, ["g"])
    await catalog.set_config(GROUP_RESOURCE, "h", {"share.of.a.later.release": "1"})
    again = LiveGroupConfigs(settings, catalog)
    await again.load()
    assert again.value("g", SESSION) == 50_000
    assert again.of("h") == {}
    await again.replace("g", {})

    assert "g" not in again.names
    assert (GROUP_RESOURCE, "g") not in await catalog.load_configs()
