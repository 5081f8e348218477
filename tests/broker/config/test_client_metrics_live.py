"""The client metrics subscriptions there are."""

from broker.config.client_metrics_live import CLIENT_METRICS_RESOURCE, LiveClientMetrics
from broker.storage.catalog.memory import MemoryCatalog


async def test_subscriptions_are_kept_and_come_back() -> None:
    """What another release has set comes as far as it can be used here; without settings a subscription is gone."""
    catalog = MemoryCatalog()
    configs = LiveClientMetrics(catalog)
    await configs.replace("one", {"interval.ms": "1000"})
    await configs.replace("two", {"metrics": "*"})
    assert (configs.names, configs.version) == (["one", "two"], 2)
    await catalog.set_config(CLIENT_METRICS_RESOURCE, "later", {"of.a.later.release": "1", "metrics": "a"})
    await catalog.set_config(CLIENT_METRICS_RESOURCE, "wrong", {"interval.ms": "1"})
    again = LiveClientMetrics(catalog)
    await again.load()
    assert again.all() == {"one": {"interval.ms": "1000"}, "two": {"metrics": "*"}, "later": {"metrics": "a"}, "wrong": {}}
    assert again.of("one") == {"interval.ms": "1000"}
    before = again.version
    await again.replace("one", {})

    assert again.version > before
    assert (again.of("one"), "one" in again.names) == ({}, False)
    assert (CLIENT_METRICS_RESOURCE, "one") not in await catalog.load_configs()


async def test_what_others_have_set_replaces_what_was_known() -> None:
    """The version grows with what changes, and not without."""
    subscriptions = LiveClientMetrics(MemoryCatalog())
    await subscriptions.load()
    first = subscriptions.version
    subscriptions.reload({(CLIENT_METRICS_RESOURCE, "s"): {"interval.ms": "1000"}})
    second = subscriptions.version
    subscriptions.reload({(CLIENT_METRICS_RESOURCE, "s"): {"interval.ms": "1000"}})

    assert subscriptions.names == ["s"]
    assert second > first
    assert subscriptions.version == second
