"""Describing and changing configuration, alone and at the same time."""

from collections.abc import Mapping

import anyio
import pytest

from broker.admin.config_administrator import ConfigAdministrator, without_secrets
from broker.admin.config_rules import Operation, OperationType, ResourceType
from broker.config.entry import Source
from broker.config.settings import Settings
from broker.errors import BrokerError, StorageUnavailable
from broker.model import Topic
from broker.storage.catalog.memory import MemoryCatalog
from broker.wire.error_codes import ErrorCode
from tests.support.topic_world import NODE_ID, TopicWorld

TOPIC, BROKER, LOGGER, METRICS, GROUP = ResourceType
OWN = str(NODE_ID)


class ConfigWorld(TopicWorld):
    """A broker whose configuration can be asked for and changed."""

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)
        self.configs = ConfigAdministrator(self.catalog, self.live, self.directory, self.administrator, NODE_ID)

    async def set(self, kind: int, name: str, *, only_validate: bool = False, **values: str) -> None:
        """Set settings; their names have underscores for dots here."""
        operations = [Operation(key.replace("_", "."), 0, value) for key, value in values.items()]
        await self.configs.alter(kind, name, operations, validate_only=only_validate)

    def value(self, kind: int, name: str, setting: str) -> tuple[str | None, Source]:
        (entry,) = [entry for entry in self.configs.describe(kind, name) if entry.name == setting]
        return entry.value, entry.source


async def refused(awaitable: object) -> tuple[int, str | None]:
    with pytest.raises(BrokerError) as caught:
        await awaitable  # type: ignore[misc]
    return caught.value.code, caught.value.message


async def test_a_topics_settings_change_at_once_and_stay() -> None:
    """In the directory, in the catalog, in what is described."""
    world = ConfigWorld()
    await world.topic("orders", retention_ms="5")

    await world.set(TOPIC, "orders", max_message_bytes="77")

    state = world.directory.by_name("orders")
    assert state is not None
    assert (state.config.retention_ms, state.config.max_message_bytes) == (5, 77)
    assert (await world.catalog.load_topics())[0].config == {"retention.ms": "5", "max.message.bytes": "77"}
    assert world.value(TOPIC, "orders", "max.message.bytes") == ("77", Source.DYNAMIC_TOPIC)


async def test_replacing_takes_everything_else_back() -> None:
    """The older request, for topics and brokers."""
    world = ConfigWorld()
    await world.topic("orders", retention_ms="5", preallocate="true")
    await world.configs.replace(TOPIC, "orders", [("max.message.bytes", "7")], validate_only=False)
    state = world.directory.by_name("orders")
    assert state is not None
    assert state.topic.config == {"max.message.bytes": "7"}

    await world.set(BROKER, "", log_retention_ms="5")
    await world.configs.replace(BROKER, "", [("message.max.bytes", "7")], validate_only=False)
    assert world.live.dynamic("") == {"message.max.bytes": "7"}


async def test_validation_changes_nothing_but_refuses_the_same() -> None:
    """Topics and brokers."""
    world = ConfigWorld()
    await world.topic("orders")
    await world.set(TOPIC, "orders", only_validate=True, retention_ms="5")
    await world.set(BROKER, "", only_validate=True, log_retention_ms="5")

    assert world.value(TOPIC, "orders", "retention.ms") == ("604800000", Source.DEFAULT)
    assert world.live.current is world.live.static
    assert (await refused(world.set(TOPIC, "orders", only_validate=True, retention_ms="x")))[0] == ErrorCode.INVALID_CONFIG
    assert (await refused(world.set(BROKER, "", only_validate=True, log_retention_ms="x")))[0] == ErrorCode.INVALID_REQUEST


async def test_of_one_resource_everything_changes_or_nothing() -> None:
    """One wrong value refuses the good ones beside it."""
    world = ConfigWorld()
    await world.topic("orders")

    code, message = await refused(world.set(TOPIC, "orders", retention_ms="5", max_message_bytes="-1"))

    assert (code, message) == (
        ErrorCode.INVALID_CONFIG,
        "Invalid value -1 for configuration max.message.bytes: Value must be at least 0",
    )
    assert world.value(TOPIC, "orders", "retention.ms")[1] == Source.DEFAULT


async def test_client_metrics_subscriptions_come_and_go() -> None:
    """They need not be made before; what is set stays, what is wrong changes nothing, and one without settings is gone."""
    world = ConfigWorld()
    await world.set(METRICS, "lag", interval_ms="1000", metrics="a,b")
    assert world.value(METRICS, "lag", "interval.ms") == ("1000", Source.CLIENT_METRICS)
    assert world.value(METRICS, "lag", "match") == ("", Source.DEFAULT)
    assert (METRICS, "lag") in world.configs.resources([METRICS])
    await world.set(METRICS, "lag", only_validate=True, interval_ms="2000")
    assert (await refused(world.set(METRICS, "lag", match="x=y", interval_ms="2000")))[0] == ErrorCode.INVALID_CONFIG
    assert (await refused(world.set(METRICS, "lag", interval_ms="1")))[0] == ErrorCode.INVALID_REQUEST
    assert world.value(METRICS, "lag", "interval.ms") == ("1000", Source.CLIENT_METRICS)
    append = [Operation("metrics", OperationType.APPEND, "c")]
    assert (await refused(world.configs.alter(METRICS, "lag", append, validate_only=False)))[0] == ErrorCode.INVALID_CONFIG
    await world.configs.replace(METRICS, "lag", [("metrics", "*")], validate_only=False)
    assert (await world.catalog.load_configs())[METRICS, "lag"] == {"metrics": "*"}
    await world.configs.replace(METRICS, "lag", [], validate_only=False)

    assert world.configs.resources([METRICS]) == []
    assert (METRICS, "lag") not in await world.catalog.load_configs()


async def test_topics_that_do_not_exist() -> None:
    """Names first, then values, then whether there is such a topic: Kafka's order."""
    world = ConfigWorld()

    assert await refused(world.set(TOPIC, "", retention_ms="5")) == (
        ErrorCode.INVALID_REQUEST,
        "Default topic resources are not allowed.",
    )
    assert (await refused(world.set(TOPIC, "a b", retention_ms="5")))[0] == ErrorCode.INVALID_TOPIC_EXCEPTION
    assert (await refused(world.set(TOPIC, "nope", retention_ms="x")))[0] == ErrorCode.INVALID_CONFIG
    assert await refused(world.set(TOPIC, "nope", retention_ms="5")) == (
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        "The topic 'nope' does not exist.",
    )
    with pytest.raises(BrokerError) as caught:
        world.configs.describe(TOPIC, "nope")
    assert (caught.value.code, caught.value.message) == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, None)


async def test_a_brokers_settings_reach_the_topics_that_do_not_set_them() -> None:
    """At once, and visible as the source."""
    world = ConfigWorld()
    await world.topic("a")
    await world.topic("b", retention_ms="9")

    await world.set(BROKER, "", log_retention_ms="3000")
    assert world.value(TOPIC, "a", "retention.ms") == ("3000", Source.DYNAMIC_DEFAULT_BROKER)
    await world.set(BROKER, OWN, log_retention_ms="4000")
    assert world.value(TOPIC, "a", "retention.ms") == ("4000", Source.DYNAMIC_BROKER)
    assert world.value(TOPIC, "b", "retention.ms") == ("9", Source.DYNAMIC_TOPIC)
    state = world.directory.by_name("a")
    assert state is not None
    assert state.config.retention_ms == 4000


async def test_lists_of_a_broker_are_added_to_from_what_is_in_force() -> None:
    """The default, when nothing is set."""
    world = ConfigWorld()

    await world.configs.alter(BROKER, "", [Operation("log.cleanup.policy", 2, "compact")], validate_only=False)

    assert world.live.dynamic("") == {"log.cleanup.policy": "delete,compact"}


async def test_deleting_what_is_not_set_is_no_error() -> None:
    """Tools that clean up behind themselves rely on it, for unknown names too."""
    world = ConfigWorld()
    await world.topic("orders")
    for kind, name in ((TOPIC, "orders"), (BROKER, ""), (BROKER, OWN)):
        gone = [Operation("retention.ms", 1, None), Operation("leader.replication.throttled.rate", 1, None)]
        await world.configs.alter(kind, name, gone, validate_only=False)


@pytest.mark.parametrize(
    ("kind", "name", "code", "words"),
    [
        (BROKER, "8", ErrorCode.INVALID_REQUEST, "Unexpected broker id, expected 7, but received 8"),
        (BROKER, "x", ErrorCode.INVALID_REQUEST, "Node id must be an integer, but it is: x"),
        (LOGGER, "8", ErrorCode.INVALID_REQUEST, "Unexpected node id. Expected 7, but received 8"),
        (LOGGER, "", ErrorCode.INVALID_REQUEST, "Node id must be an integer, but it is: "),
        (LOGGER, OWN, ErrorCode.INVALID_CONFIG, "Cannot set the log level"),
        (METRICS, "", ErrorCode.INVALID_REQUEST, "Subscription name can't be empty"),
        (METRICS, "x", ErrorCode.INVALID_REQUEST, "Unknown client metrics configuration: root"),
        (GROUP, "", ErrorCode.INVALID_REQUEST, "Default group resources are not allowed."),
        (GROUP, "g", ErrorCode.INVALID_CONFIG, "Unknown group config name: root"),
        (9, "x", ErrorCode.INVALID_REQUEST, "Unknown resource type 9"),
    ],
)
async def test_what_cannot_be_changed_is_refused(kind: int, name: str, code: ErrorCode, words: str) -> None:
    """Other brokers, other types."""
    found = await refused(ConfigWorld().set(kind, name, root="x"))

    assert found[0] == code
    assert words in (found[1] or "")


async def test_the_older_request_knows_no_loggers() -> None:
    """As in Kafka."""
    configs = ConfigWorld().configs

    assert await refused(configs.replace(LOGGER, OWN, [("root", "INFO")], validate_only=False)) == (
        ErrorCode.INVALID_REQUEST,
        "Unknown resource type 8",
    )
    assert (await refused(configs.replace(TOPIC, "a", [("a", None)], validate_only=False)))[1] == "Null value not supported for : a"
    assert (await refused(configs.replace(GROUP, "g", [("a", "b")], validate_only=False)))[0] == ErrorCode.INVALID_CONFIG


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        (BROKER, "8", "Unexpected broker id, expected 7 or empty string, but received 8"),
        (BROKER, "x", "Broker id must be an integer, but it is: x"),
        (LOGGER, "", "Broker id must not be empty"),
        (LOGGER, "8", "Unexpected broker id, expected 7 but received 8"),
        (METRICS, "", "Client metrics subscription name must not be empty"),
        (GROUP, "", "Group name must not be empty"),
        (9, "x", "Unknown resource type 9"),
    ],
)
def test_what_cannot_be_described_is_refused(kind: int, name: str, words: str) -> None:
    """With Kafka's words."""
    with pytest.raises(BrokerError, match=words) as caught:
        ConfigWorld().configs.describe(kind, name)
    assert caught.value.code == ErrorCode.INVALID_REQUEST


async def test_everything_that_has_configuration_is_listed() -> None:
    """Of the types asked for; of all when none is."""
    world = ConfigWorld()
    await world.topic("b")
    await world.topic("a")

    topics = [(TOPIC, "a"), (TOPIC, "b")]
    assert world.configs.resources([]) == [(BROKER, OWN), (LOGGER, OWN), *topics]
    assert world.configs.resources([TOPIC, TOPIC]) == topics
    assert world.configs.resources([METRICS, GROUP]) == []
    with pytest.raises(BrokerError) as caught:
        world.configs.resources([TOPIC, 9])
    assert caught.value.code == ErrorCode.UNSUPPORTED_VERSION


class SlowCatalog(MemoryCatalog):
    """Lets others run before each change is stored, as a catalog on disk does."""

    async def set_config(self, kind: int, name: str, values: Mapping[str, str]) -> None:
        await anyio.sleep(0.001)
        await super().set_config(kind, name, values)

    async def set_topic_config(self, topic_id: bytes, config: Mapping[str, str]) -> Topic:
        await anyio.sleep(0.001)
        return await super().set_topic_config(topic_id, config)


async def test_changes_at_the_same_time_are_all_kept() -> None:
    """Each reads what the one before it has stored."""
    world = ConfigWorld()
    slow = SlowCatalog()
    world.administrator._catalog = world.live._catalog = world.catalog = slow
    await world.topic("orders")
    names = ("retention_ms", "retention_bytes", "max_message_bytes", "segment_ms")
    brokers = ("log_retention_ms", "log_retention_bytes", "message_max_bytes", "log_roll_ms")

    async def change(kind: int, name: str, setting: str) -> None:
        await world.configs.alter(kind, name, [Operation(setting.replace("_", "."), 0, "5")], validate_only=False)

    async with anyio.create_task_group() as tasks:
        for topic_setting, broker_setting in zip(names, brokers, strict=True):
            tasks.start_soon(change, TOPIC, "orders", topic_setting)
            tasks.start_soon(change, BROKER, "", broker_setting)

    assert set((await slow.load_topics())[0].config) == {name.replace("_", ".") for name in names}
    assert set((await slow.load_configs())[4, ""]) == {name.replace("_", ".") for name in brokers}


async def test_a_client_that_leaves_does_not_part_catalog_and_broker() -> None:
    """Once the catalog was asked, the change is carried through."""
    world = ConfigWorld()
    slow = SlowCatalog()
    world.live._catalog = slow
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: world.set(BROKER, "", log_retention_ms="5"))
            await anyio.lowlevel.checkpoint()
            scope.cancel()

    assert world.live.current.retention_ms == 5
    assert (await slow.load_configs())[4, ""] == {"log.retention.ms": "5"}


async def test_a_catalog_that_cannot_store_is_told() -> None:
    """And nothing has changed."""

    class Full(MemoryCatalog):
        async def set_config(self, kind: int, name: str, values: Mapping[str, str]) -> None:
            raise StorageUnavailable("no space left")

    world = ConfigWorld()
    world.live._catalog = Full()

    assert await refused(world.set(BROKER, "", log_retention_ms="5")) == (ErrorCode.KAFKA_STORAGE_ERROR, "no space left")
    assert world.live.current is world.live.static


async def test_a_group_s_settings_change_at_once_and_stay() -> None:
    """Whether there is such a group or not; checked against the broker's bounds."""
    world = ConfigWorld()
    setting = "consumer.session.timeout.ms"
    await world.set(GROUP, "g", consumer_session_timeout_ms="50000", only_validate=True)
    assert world.value(GROUP, "g", setting) == ("45000", Source.DEFAULT)
    await world.set(GROUP, "g", consumer_session_timeout_ms="50000")
    assert world.value(GROUP, "g", setting) == ("50000", Source.GROUP)
    assert world.configs.resources([GROUP]) == [(GROUP, "g")]
    assert (await refused(world.set(GROUP, "g", consumer_session_timeout_ms="1")))[0] == ErrorCode.INVALID_CONFIG
    append = Operation(setting, 2, "1")
    assert (await refused(world.configs.alter(GROUP, "g", [append], validate_only=False)))[0] == ErrorCode.INVALID_CONFIG
    await world.configs.replace(GROUP, "g", [], validate_only=False)

    assert world.configs.resources([GROUP]) == []
    assert await world.catalog.load_configs() == {}


async def test_what_was_changed_is_told_without_secrets() -> None:
    """Before and after; a value whose name is not known could be one."""
    world = ConfigWorld()
    operations = [Operation("max.connections", 0, "5")]

    assert await world.configs.alter(BROKER, OWN, operations, validate_only=True) is None
    assert await world.configs.alter(BROKER, OWN, operations, validate_only=False) == ({}, {"max.connections": "5"})
    assert await world.configs.alter(BROKER, OWN, operations, validate_only=False) is None
    before, after = without_secrets({"a.password": "hunter2", "b": "x"}, {"a.password": "hunter3", "b": "x"})
    assert "hunter" not in f"{before}{after}"
    assert (after["a.password"] != before["a.password"], after["b"] == before["b"]) == (True, True)


async def test_settings_are_tried_before_they_are_stored() -> None:
    """By whoever needs more than the values; also when they are only to be validated."""
    world = ConfigWorld()
    tried: list[int] = []

    async def refuse(settings: Settings) -> None:
        tried.append(settings.retention_ms)
        raise BrokerError(ErrorCode.INVALID_REQUEST, "no such file")

    world.configs.try_settings = refuse
    for only_validate in (True, False):
        assert await refused(world.set(BROKER, OWN, only_validate=only_validate, log_retention_ms="5")) == (ErrorCode.INVALID_REQUEST, "no such file")
    assert tried == [5, 5]
    assert world.live.dynamic(OWN) == {}
    assert await world.catalog.load_configs() == {}
