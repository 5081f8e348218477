"""Plans and changes of topics, alone and at the same time."""

from collections.abc import Mapping

import anyio
import pytest

from broker.admin.topic_administrator import NewTopic, new_topic_id
from broker.errors import BrokerError, StorageUnavailable
from broker.model import Topic
from broker.storage.catalog.memory import MemoryCatalog
from broker.wire.error_codes import ErrorCode
from tests.support.topic_world import NODE_ID, NOW_MS, TopicWorld


class SlowCatalog(MemoryCatalog):
    """Lets others run before and after each creation, as a catalog on disk does."""

    def __init__(self) -> None:
        super().__init__()
        self.created = 0
        self.asked = anyio.Event()
        self.go_on = anyio.Event()

    async def create_topic(
        self, name: str, topic_id: bytes, partition_count: int, replication_factor: int, config: Mapping[str, str], now_ms: int
    ) -> Topic:
        self.asked.set()
        await self.go_on.wait()
        self.created += 1
        return await super().create_topic(name, topic_id, partition_count, replication_factor, config, now_ms)


def slow_world(**settings: object) -> tuple[TopicWorld, SlowCatalog]:
    world, catalog = TopicWorld(**settings), SlowCatalog()
    world.administrator._catalog = catalog
    return world, catalog


async def test_a_created_topic_is_in_catalog_and_directory() -> None:
    """What was planned is what there is."""
    world = TopicWorld()

    state = await world.topic("orders", 3, 2, retention_ms="5")

    assert world.directory.by_name("orders") is state
    assert await world.catalog.load_topics() == [state.topic]
    assert (len(state.pids), state.topic.replication_factor, state.topic.created_ms) == (3, 2, NOW_MS)
    assert state.topic.config == {"retention.ms": "5"}


async def test_defaults_come_from_the_settings_of_the_moment() -> None:
    """A dynamic change counts for the next topic."""
    world = TopicWorld(num_partitions=2, default_replication_factor=3)

    plan = world.administrator.plan(NewTopic(name="a"), {NODE_ID})

    assert (plan.partition_count, plan.replication_factor) == (2, 3)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"retention.ms": None, "max.message.bytes": None}, "Null value not supported for topic configs: retention.ms,max.message.bytes"),
        ({"no.such": "1"}, "Unknown topic config name: no.such"),
        ({"retention.ms": "soon"}, "Invalid value soon for configuration retention.ms"),
    ],
)
async def test_wrong_configurations_are_refused(config: dict[str, str | None], message: str) -> None:
    """The refusal names the setting and what is wrong with it."""
    world = TopicWorld()

    with pytest.raises(BrokerError) as refusal:
        world.administrator.plan(NewTopic(name="a", config=config), {NODE_ID})

    assert refusal.value.code is ErrorCode.INVALID_CONFIG
    assert str(refusal.value).startswith(message)


async def test_an_existing_name_wins_over_other_problems() -> None:
    """TOPIC_ALREADY_EXISTS is what clients rely on when they create to make sure."""
    world = TopicWorld()
    await world.topic("a.b")

    with pytest.raises(BrokerError, match=r"Topic 'a\.b' already exists\.") as existing:
        world.administrator.plan(NewTopic(name="a.b", partition_count=0), {NODE_ID})
    with pytest.raises(BrokerError, match=r"Topic 'a_b' collides with existing topic: a\.b"):
        world.administrator.plan(NewTopic(name="a_b"), {NODE_ID})

    assert existing.value.code is ErrorCode.TOPIC_ALREADY_EXISTS


async def test_two_plans_for_one_name_make_one_topic() -> None:
    """The slower request is refused although its plan was good."""
    world = TopicWorld()
    plans = [world.administrator.plan(NewTopic(name="a"), {NODE_ID}) for _ in range(2)]
    await world.administrator.create(plans[0])

    with pytest.raises(BrokerError) as refusal:
        await world.administrator.create(plans[1])

    assert refusal.value.code is ErrorCode.TOPIC_ALREADY_EXISTS


async def test_automatic_creation_at_the_same_time_makes_one_topic() -> None:
    """Everyone who asks gets the same topic, and the catalog is asked once."""
    world, catalog = slow_world()
    found = []

    async def ask() -> None:
        found.append(await world.administrator.auto_create("a", {NODE_ID}))

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(ask)
        await catalog.asked.wait()
        catalog.go_on.set()

    assert catalog.created == 1
    assert found == [world.directory.by_name("a")] * 20


async def test_automatic_creation_checks_the_name() -> None:
    """A topic that could not be created by hand is not created by itself either."""
    world = TopicWorld()

    with pytest.raises(BrokerError) as refusal:
        await world.administrator.auto_create("a b", {NODE_ID})

    assert refusal.value.code is ErrorCode.INVALID_TOPIC_EXCEPTION


async def test_a_client_that_goes_away_leaves_catalog_and_directory_alike() -> None:
    """Once the catalog was asked, cancellation waits until the directory knows the answer."""
    world, catalog = slow_world()

    async def release() -> None:
        await catalog.asked.wait()
        tasks.cancel_scope.cancel()
        catalog.go_on.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.administrator.auto_create, "a", {NODE_ID})
        tasks.start_soon(release)

    assert catalog.created == 1
    assert world.directory.by_name("a") is not None


async def test_a_refusing_catalog_changes_nothing() -> None:
    """The refusal travels to the client, and the next attempt works."""

    class FullCatalog(MemoryCatalog):
        async def create_topic(self, *_: object) -> Topic:
            raise StorageUnavailable("disk full")

    world = TopicWorld()
    plan = world.administrator.plan(NewTopic(name="a"), {NODE_ID})
    world.administrator._catalog = FullCatalog()
    with pytest.raises(StorageUnavailable):
        await world.administrator.create(plan)
    assert world.directory.by_name("a") is None

    world.administrator._catalog = world.catalog
    await world.administrator.create(plan)

    assert world.directory.by_name("a") is not None


async def test_deleting() -> None:
    """The topic is gone from both places, and gone is gone."""
    world = TopicWorld()
    state = await world.topic("a")

    assert await world.administrator.delete(state.topic_id) is state
    with pytest.raises(BrokerError) as refusal:
        await world.administrator.delete(state.topic_id)

    assert refusal.value.code is ErrorCode.UNKNOWN_TOPIC_ID
    assert world.directory.by_name("a") is None
    assert await world.catalog.load_topics() == []


async def test_adding_partitions() -> None:
    """Existing partitions stay what they are; a number that another request reached first is refused."""
    world = TopicWorld()
    before = await world.topic("a", 2)
    assert world.administrator.plan_partitions("a", 5, None, {NODE_ID}) == (before, 3)

    after = await world.administrator.add_partitions(before.topic_id, 5)

    assert after is world.directory.by_name("a")
    assert after.pids[:2] == before.pids
    assert len(set(after.pids)) == 5
    with pytest.raises(BrokerError) as refusal:
        await world.administrator.add_partitions(before.topic_id, 5)
    assert refusal.value.code is ErrorCode.INVALID_PARTITIONS
    with pytest.raises(BrokerError) as unknown:
        world.administrator.plan_partitions("b", 5, None, {NODE_ID})
    assert unknown.value.code is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


async def test_setting_configuration() -> None:
    """All that is set on the topic is replaced, and counts at once."""
    world = TopicWorld()
    state = await world.topic("a", retention_ms="5", max_message_bytes="1000")

    after = await world.administrator.set_config(state, {"retention.ms": "9"})

    assert after.topic.config == {"retention.ms": "9"}
    assert (after.config.retention_ms, after.config.max_message_bytes) == (9, 1_048_588)


async def test_changes_of_configuration_build_on_each_other() -> None:
    """Two requests that each change one setting at the same time both count."""
    world = TopicWorld()
    state = await world.topic("a")

    async with anyio.create_task_group() as tasks:
        for name in ("retention.ms", "retention.bytes"):
            tasks.start_soon(
                world.administrator.change_config, state.topic_id, lambda config, name=name: {**config, name: "7"}
            )

    assert (await world.catalog.load_topics())[0].config == {"retention.ms": "7", "retention.bytes": "7"}


def test_topic_ids_are_random_and_do_not_look_like_options() -> None:
    """In base64 no id begins with a dash."""
    made = {new_topic_id() for _ in range(500)}

    assert len(made) == 500
    assert all(topic_id[0] >> 2 != 62 for topic_id in made)
