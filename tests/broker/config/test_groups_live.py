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


async def test_what_others_have_set_replaces_what_was_known() -> None:
    """As a whole, and without what this release does not know."""
    catalog = MemoryCatalog()
    groups = LiveGroupConfigs(LiveSettings(Settings(), catalog), catalog)
    groups.reload({(GROUP_RESOURCE, "a"): {"consumer.session.timeout.ms": "50000", "of.another.release": "1"}, (4, ""): {}})
    before = groups.of("a")
    groups.reload({(GROUP_RESOURCE, "b"): {}})

    assert before == {"consumer.session.timeout.ms": "50000"}
    assert groups.names == ["b"]
