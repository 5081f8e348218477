"""The agent: instances, series, bounds, and what it refuses."""

from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from broker.client_metrics import collector as module
from broker.client_metrics.collector import Client, ClientMetricsCollector, Pushed, shown_id
from broker.client_metrics.subscriptions import Subscribed
from broker.config.client_metrics_live import LiveClientMetrics
from broker.storage.catalog.memory import MemoryCatalog
from broker.wire.error_codes import ErrorCode
from broker.wire.records.compression import Codec, compress
from observability.metrics import REGISTRY
from observability.series_table import SeriesTable
from tests.broker.client_metrics.pushes import gauge, push_of, total
from tests.broker.coordinators.conversation import settings

pytestmark = pytest.mark.anyio

NONE = ErrorCode.NONE
APP = Client(1, "app", {"client_id": "app", "client_software_name": "x"})
ZERO = bytes(16)


class World:
    """A collector, its subscriptions and its series, on a clock of the test's."""

    def __init__(self, **changed: int) -> None:
        self.clock = 1_000_000
        self.configs = LiveClientMetrics(MemoryCatalog())
        self.series = SeriesTable("some_metric", "Of clients.", registry=CollectorRegistry())
        self.ids: Iterator[int] = iter(range(100, 1_000_000))
        self.collector = ClientMetricsCollector(
            self.configs,
            settings(**changed),
            lambda: self.clock,
            new_id=lambda: next(self.ids).to_bytes(16, "big"),
            series=self.series,
        )

    async def subscribe(self, name: str = "all", **values: str) -> None:
        wanted = {"metrics": "*", "interval.ms": "1000", **{key.replace("_ms", ".ms"): value for key, value in values.items()}}
        await self.configs.replace(name, wanted)

    def ask(self, client: Client = APP, instance: bytes = ZERO) -> tuple[bytes, Subscribed]:
        error, made, subscribed = self.collector.asked(instance, client)
        assert error is NONE
        return made, subscribed

    async def push(self, instance: bytes, subscription: int, *metrics: Any, client: Client = APP, **changed: Any) -> ErrorCode:
        data = changed.pop("data", None)
        fields = {"terminating": False, "compression": Codec.NONE, **changed}
        pushed = Pushed(instance, subscription, data=push_of(metrics) if data is None else data, **fields)
        return await self.collector.pushed(pushed, client)

    def shown(self, instance: bytes) -> dict[tuple[str, ...], float]:
        return {tuple(text for name, text in labels if name != "client_instance_id"): number for labels, number in self.series.of(instance).items()}


async def test_without_a_subscription_nothing_is_asked_for_and_nothing_kept() -> None:
    """However many clients ask."""
    world = World()
    for _ in range(100):
        instance, subscribed = world.ask()
        assert (subscribed.metrics, subscribed.interval_ms) == ((), 300_000)
        assert world.ask(instance=instance)[1].subscription_id == subscribed.subscription_id
    assert len(world.collector) == 0


async def test_what_a_client_pushes_is_shown() -> None:
    """Under its id and instance, until the next push; compressed or not."""
    world = World()
    await world.subscribe()
    instance, subscribed = world.ask()
    assert subscribed.metrics == ("*",)
    assert await world.push(instance, subscribed.subscription_id, gauge("lag", 5.0, topic="t"), gauge("old", 1.0)) is NONE
    assert world.shown(instance) == {("lag", "app", "t"): 5.0, ("old", "app"): 1.0}
    assert next(iter(world.series.of(instance)))[2] == ("client_instance_id", shown_id(instance))
    world.clock += 1000
    data = compress(Codec.LZ4, push_of([gauge("lag", 6.0, topic="t")]))
    assert await world.push(instance, subscribed.subscription_id, data=data, compression=Codec.LZ4) is NONE
    assert world.shown(instance) == {("lag", "app", "t"): 6.0}
    world.clock += 1000
    assert await world.push(instance, subscribed.subscription_id, data=b"", terminating=True) is NONE
    assert world.shown(instance) == {("lag", "app", "t"): 6.0}


async def test_sums_since_the_last_push_are_added_up() -> None:
    """For clients that push them so although they are asked for the whole."""
    world = World()
    await world.subscribe()
    instance, subscribed = world.ask()
    for _ in range(3):
        assert await world.push(instance, subscribed.subscription_id, total("sent", 4, delta=True), total("whole", 9)) is NONE
        world.clock += 1000
    assert world.shown(instance) == {("sent", "app"): 12.0, ("whole", "app"): 9.0}


async def test_when_subscriptions_change_clients_learn_it_with_their_next_push() -> None:
    """They are told that theirs is unknown, ask at once, and push what is asked for now."""
    world = World()
    await world.subscribe(match="client_id=app")
    instance, before = world.ask()
    await world.subscribe("more", interval_ms="500", match="client_software_name=x,client_instance_id=.*")
    assert await world.push(instance, before.subscription_id, gauge("a", 1.0)) is ErrorCode.UNKNOWN_SUBSCRIPTION_ID
    _, after = world.ask(instance=instance)
    assert after.interval_ms == 500
    world.clock += 500
    assert await world.push(instance, after.subscription_id, gauge("a", 1.0)) is NONE
    assert len(world.series) == 1
    for name in ("all", "more"):
        await world.configs.replace(name, {})
    assert await world.push(instance, after.subscription_id, gauge("a", 1.0)) is ErrorCode.UNKNOWN_SUBSCRIPTION_ID
    assert (len(world.series), len(world.collector)) == (0, 0)


async def test_a_client_that_connects_anew_may_ask_at_once() -> None:
    """It has lost what it knew, or who told it; what it has pushed stays."""
    world = World()
    await world.subscribe()
    instance, subscribed = world.ask()
    assert await world.push(instance, subscribed.subscription_id, gauge("a", 1.0)) is NONE
    anew = Client(2, "app", APP.attributes)
    assert world.ask(anew, instance) == (instance, subscribed)
    assert await world.push(instance, subscribed.subscription_id, gauge("a", 2.0), client=anew) is NONE
    assert world.shown(instance) == {("a", "app"): 2.0}
    assert len(world.collector) == 1


async def test_who_asks_too_often_is_throttled() -> None:
    """A client of its own, or one that says to be another's instance."""
    world = World()
    await world.subscribe()
    instance, _ = world.ask()
    assert world.collector.asked(instance, APP)[0] is ErrorCode.THROTTLING_QUOTA_EXCEEDED


async def test_garbage_is_refused_and_shows_nothing() -> None:
    """Damaged compression, what is no protobuf, bombs, ids that are none; all counted."""
    world = World(telemetry_max_bytes=1000)
    await world.subscribe(interval_ms="100")
    instance, subscribed = world.ask()
    refused = REGISTRY.get_sample_value("penstock_client_pushes_total", {"outcome": "refused"}) or 0.0
    bomb = compress(Codec.ZSTD, bytes(100_000))
    for data, codec, code in (
        (b"\xff\xff\xff", Codec.NONE, ErrorCode.INVALID_RECORD),
        (b"no gzip", Codec.GZIP, ErrorCode.INVALID_RECORD),
        (bytes(bomb), Codec.ZSTD, ErrorCode.TELEMETRY_TOO_LARGE),
        (bytes(1001), Codec.NONE, ErrorCode.TELEMETRY_TOO_LARGE),
    ):
        assert await world.push(instance, subscribed.subscription_id, data=data, compression=codec) is code
        world.clock += 100
    for reserved in (ZERO, bytes(15) + b"\1"):
        assert await world.push(reserved, subscribed.subscription_id, data=b"") is ErrorCode.INVALID_REQUEST
    assert len(world.series) == 0
    assert REGISTRY.get_sample_value("penstock_client_pushes_total", {"outcome": "refused"}) == refused + 6


async def test_series_are_bounded_for_one_client_and_for_all() -> None:
    """What is left out is counted."""
    world = World(telemetry_max_series=20)
    await world.subscribe()
    left_out = REGISTRY.get_sample_value("penstock_client_series_left_out_total") or 0.0
    for _ in range(15):
        instance, subscribed = world.ask()
        assert await world.push(instance, subscribed.subscription_id, *(gauge(f"m{n}", 1.0) for n in range(5))) is NONE
        assert len(world.series.of(instance)) <= 2
    assert len(world.series) == 20
    assert REGISTRY.get_sample_value("penstock_client_series_left_out_total") == left_out + 15 * 5 - 20


async def test_instances_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one not heard of for longest makes room, with its series."""
    monkeypatch.setattr(module, "INSTANCES_MAX", 3)
    world = World()
    await world.subscribe()
    made = []
    for _ in range(4):
        instance, subscribed = world.ask()
        await world.push(instance, subscribed.subscription_id, gauge("m", 1.0))
        made.append(instance)
    assert len(world.collector) == 3
    assert [len(world.series.of(each)) for each in made] == [0, 1, 1, 1]


async def test_who_falls_silent_is_shown_no_more() -> None:
    """Three intervals without a word, a minute at the least."""
    world = World()
    await world.subscribe()
    instance, subscribed = world.ask(Client(1, "x" * 30_000, {}))
    await world.push(instance, subscribed.subscription_id, gauge("m", 1.0), client=Client(1, "x" * 30_000, {}))
    assert list(world.shown(instance)) == [("m", "x" * 200)]
    world.clock += 60_000
    world.collector.sweep()
    assert len(world.series) == 1
    world.clock += 1
    world.collector.sweep()
    assert (len(world.series), len(world.collector)) == (0, 0)


def test_made_ids_are_no_options() -> None:
    """A tool would take one that begins with a dash for an option."""
    assert not any(shown_id(module._random_id()).startswith("-") for _ in range(500))
