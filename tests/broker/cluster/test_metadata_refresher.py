"""Hearing of topics and configurations that others have changed."""

from typing import Any

import anyio
import pytest
import trio.testing

from broker.admin.access_register import AccessRegister
from broker.cluster.directory import TopicDirectory
from broker.cluster.metadata_refresher import MetadataRefresher
from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.errors import StorageUnavailable
from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.storage.catalog.cluster import MetadataChanges
from broker.storage.catalog.memory_cluster import MemoryCluster, MemoryClusterCatalog


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Waits take no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


class World:
    """A broker that changes things, and one that hears of them."""

    def __init__(self) -> None:
        self.cluster = cluster = MemoryCluster(lambda: 0)
        self.other: MemoryClusterCatalog = cluster.catalog()
        self.catalog: MemoryClusterCatalog = cluster.catalog()
        self.live = LiveSettings(Settings(), self.catalog)
        self.directory = TopicDirectory(self.live)
        self.turn = anyio.Lock()
        self.access = AccessRegister(self.catalog)
        self.refresher = MetadataRefresher(self.catalog, self.directory, (self.turn,), (self.live.reload,), self.access)

    async def create(self, name: str, config: dict[str, str] | None = None) -> bytes:
        topic = await self.other.create_topic(name, name.encode().ljust(16, b"."), 2, 1, config or {}, 0)
        return topic.topic_id

    def names(self) -> list[str]:
        return list(self.directory.names())


async def test_what_others_do_to_topics_is_heard_of() -> None:
    """Made, changed, deleted, made again under the same name: in whatever state it is looked at, the end is right."""
    world = World()
    kept, gone = await world.create("kept"), await world.create("gone")
    await world.refresher.refresh()
    assert world.names() == ["gone", "kept"]
    await world.other.delete_topic(gone)
    await world.other.add_partitions(kept, 5)
    again = await world.other.create_topic("gone", b"again".ljust(16, b"."), 1, 1, {}, 0)
    await world.refresher.refresh()

    assert world.names() == ["gone", "kept"]
    state = world.directory.by_name("kept")
    assert state is not None
    assert len(state.pids) == 5
    assert world.directory.by_id(again.topic_id) is world.directory.by_name("gone")


async def test_what_others_set_is_in_force_here() -> None:
    """For brokers as for topics."""
    world = World()
    topic_id = await world.create("t")
    await world.refresher.refresh()
    await world.other.set_config(4, "", {"log.retention.ms": "12345"})
    await world.other.set_topic_config(topic_id, {"max.message.bytes": "777"})
    await world.refresher.refresh()
    state = world.directory.by_name("t")
    assert state is not None
    assert world.live.current.log_retention_ms == 12345
    assert state.config.max_message_bytes == 777
    await world.other.set_config(4, "", {})
    await world.refresher.refresh()

    assert world.live.current.log_retention_ms != 12345


async def test_news_are_read_as_soon_as_they_are_heard_of() -> None:
    """Who waits for a version is told when it is in memory."""
    world = World()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.refresher.run)
        await world.create("t")
        assert world.names() == []
        with anyio.fail_after(1):
            await world.refresher.heard(1)
        assert world.names() == ["t"]
        assert world.refresher.lag == 0
        tasks.cancel_scope.cancel()


async def test_a_catalog_that_is_away_is_asked_again() -> None:
    """Until then the lag says that there is something to hear."""
    world = World()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.refresher.run)
        await world.create("t")
        world.catalog.reachable = False
        world.refresher.hear(1)
        await anyio.sleep(1)
        assert (world.names(), world.refresher.lag) == ([], 1)
        world.catalog.reachable = True
        with anyio.fail_after(1):
            await world.refresher.heard(1)
        assert world.names() == ["t"]
        tasks.cancel_scope.cancel()


async def test_nothing_that_is_changed_here_is_taken_back() -> None:
    """News wait for changes that are under way here, and are read after them (N1)."""
    world = World()
    topic_id = await world.create("t")
    await world.refresher.refresh()
    async with anyio.create_task_group() as tasks, world.turn:
        changed = await world.catalog.add_partitions(topic_id, 9)
        tasks.start_soon(world.refresher.refresh)
        await anyio.sleep(1)
        world.directory.put(changed)
    state = world.directory.by_name("t")

    assert state is not None
    assert len(state.pids) == 9


async def test_starting_over_forgets_what_is_not_there() -> None:
    """After a long absence the catalog need not know any more what was deleted when."""
    world = World()
    topic_id = await world.create("t")
    await world.create("u")
    await world.refresher.refresh()
    await world.other.delete_topic(topic_id)
    world.refresher.version = world.other._cluster.metadata_version  # as if nobody had said so
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.refresher.run)
        world.refresher.start_over()
        await anyio.sleep(0.1)
        tasks.cancel_scope.cancel()

    assert world.names() == ["u"]


async def test_access_entries_of_others_are_heard_of() -> None:
    """Also those that are gone when everything is read anew."""
    world = World()
    await world.other.change_access([AccessEntry(AccessKind.ACL, "a", "1"), AccessEntry(AccessKind.QUOTA, "q", "2")])
    await world.refresher.refresh()
    assert world.access.names(AccessKind.ACL) == ["a"]
    await world.other.change_access([AccessEntry(AccessKind.ACL, "a", None)])
    await world.refresher.refresh()
    assert world.access.names(AccessKind.ACL) == []

    world.access.hear([AccessEntry(AccessKind.ACL, "never stored", "1")])
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.refresher.run)
        world.refresher.start_over()
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert world.access.names(AccessKind.ACL) == []
    assert world.access.find(AccessKind.QUOTA, "q") == "2"


async def test_versions_that_the_catalog_lost_hide_none_that_come_after() -> None:
    """It gives their numbers again, after a failover to a server that had not heard of everything."""
    world = World()
    for name in "tuv":
        await world.create(name)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.refresher.run)
        await world.refresher.heard(3)
        world.cluster.metadata_version = 1
        world.refresher.start_over()
        await anyio.wait_all_tasks_blocked()
        assert (world.refresher.version, world.refresher.lag) == (1, 0)
        await world.create("w")
        with anyio.fail_after(1):
            await world.refresher.heard(2)
        assert "w" in world.names()

        world.refresher.hear(9)  # from a broker that does not know yet that it is lost
        await world.create("x")
        world.refresher.hear(3)
        await anyio.wait_all_tasks_blocked()
        assert "x" in world.names()
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("fails", [False, True])
async def test_news_that_come_while_everything_is_read_are_read_after_it(monkeypatch: pytest.MonkeyPatch, fails: bool) -> None:
    """What is being read may be older than they are. When it cannot be read, that there is something to hear is not forgotten."""
    world = World()
    await world.create("t")
    read, going_on = anyio.Event(), anyio.Event()
    changes_since = MemoryClusterCatalog.changes_since

    async def held(catalog: MemoryClusterCatalog, version: int) -> MetadataChanges:
        changes = await changes_since(catalog, version)
        monkeypatch.undo()
        read.set()
        await going_on.wait()
        if fails:
            raise StorageUnavailable("connection lost")
        return changes

    monkeypatch.setattr(MemoryClusterCatalog, "changes_since", held)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.refresher.run)
        world.refresher.hear(1)
        world.refresher.start_over()
        await read.wait()
        await world.create("u")
        world.refresher.hear(2)
        world.catalog.reachable = not fails
        going_on.set()
        await anyio.wait_all_tasks_blocked()
        if fails:
            assert world.refresher.lag == 2
            world.catalog.reachable = True
            await anyio.sleep(1)
        assert (world.names(), world.refresher.lag) == (["t", "u"], 0)
        tasks.cancel_scope.cancel()
