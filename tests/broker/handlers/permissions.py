"""A whole broker in memory whose clients may do exactly what a test says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

import anyio

from broker.admin.access_keeper import AccessKeeper
from broker.admin.topic_administrator import NewTopic
from broker.assembler import assemble
from broker.cluster.directory import TopicState
from broker.config.settings import Settings
from broker.errors import BrokerError
from broker.handlers.base import ConnectionInfo, Handler, Pending, RequestContext, Services
from broker.handlers.table import HANDLERS
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.committing import TwoStepCommitter
from broker.storage.objects.memory import MemoryObjectStore
from broker.wire.registry import codec
from broker.wire.writer import Writer
from security.acls.kinds import Operation, ResourceType
from security.identity import Identity

NOW_MS = 1_700_000_000_000
NamedRight = tuple[Operation, ResourceType, str]
ANY = "(any)"
BY_KEY = {handler.key: handler for handler in HANDLERS}


@dataclass(frozen=True, slots=True)
class Names:
    """What a request is about. ``topic_id`` is that of the topic, or of none."""

    topic: str
    group: str
    transaction: str
    topic_id: bytes


class Permissions(AccessKeeper):
    """Allows everything but what is ``denied``, or (:meth:`grant_only`) nothing but what is granted; literally: nothing is implied. ``asked`` is what it
    was asked for. Of "any resource" the name is ``ANY``."""

    def __init__(self) -> None:
        super().__init__()
        self.granted: set[NamedRight] = set()
        self.denied: set[NamedRight] = set()
        self.asked: set[NamedRight] = set()
        self.is_strict = False

    @property
    def is_enabled(self) -> bool:
        return True

    def allows(self, identity: Identity, host: str, operation: Operation, resource_type: ResourceType, name: str) -> bool:
        right = (operation, resource_type, name)
        self.asked.add(right)
        return right not in self.denied and (not self.is_strict or right in self.granted)

    def allows_any(self, identity: Identity, host: str, operation: Operation, resource_type: ResourceType) -> bool:
        return self.allows(identity, host, operation, resource_type, ANY)

    def grant_only(self, *rights: NamedRight) -> None:
        """From now on nothing else is allowed."""
        self.is_strict = True
        self.granted = set(rights)


class PermissionWorld:
    """Topics ``known`` (2 partitions) and ``other`` (1). Until told otherwise everything is allowed."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.permissions = services.access = Permissions()
        advertised = services.identity.advertise("PLAINTEXT", "127.0.0.1", 9092)
        self.connection = ConnectionInfo(1, "127.0.0.1:1", "127.0.0.1", "PLAINTEXT", advertised, Identity("User:ann"))

    async def topic(self, name: str, partitions: int = 1) -> TopicState:
        new = NewTopic(name=name, partition_count=partitions, replication_factor=1)
        await self.services.topics.create(self.services.topics.plan(new, self.services.identity.node_ids))
        state = self.services.directory.by_name(name)
        assert state is not None
        return state

    @property
    def names(self) -> Names:
        """Of what is there, or can be made."""
        state = self.services.directory.by_name("known")
        assert state is not None
        return Names("known", "gknow", "xknow", state.topic_id)

    async def ask(self, handler: Handler | int, request: Any, version: int | None = None) -> Any:
        """The answer to a request that comes over the wire, by default in the newest version."""
        handler = BY_KEY[handler] if isinstance(handler, int) else handler
        version = handler.versions[-1] if version is None else version
        return codec(handler.key).decode_response(version, await self.bytes_of(handler, request, version))

    async def bytes_of(self, handler: Handler, request: Any, version: int) -> bytes:
        """The same as it leaves."""
        wire = codec(handler.key)
        arrived = wire.decode_request(version, _bytes(lambda writer: wire.encode_request(version, request, writer)))
        context = RequestContext(self.services, self.connection, version, 1, "test")
        try:
            answer = handler.handle(arrived, context)
            if isawaitable(answer):
                answer = await answer
        except BrokerError as error:
            answer = handler.refuse(arrived, context, error.code, error.message)
        if isinstance(answer, Pending):
            there = anyio.Event()
            answer.when_done(lambda _: there.set())
            with anyio.fail_after(10):
                await there.wait()
            answer = answer.response
        return _bytes(lambda writer: wire.encode_response(version, answer, writer))


@asynccontextmanager
async def permission_world() -> AsyncIterator[PermissionWorld]:
    """A world whose agents run."""
    catalog, store = MemoryCatalog(), MemoryObjectStore()
    agents = await assemble(
        Settings(group_initial_rebalance_delay_ms=0, data_dir="unused", auto_create_topics_enable=True),
        store,
        catalog,
        TwoStepCommitter(store, catalog),
        now_ms=lambda: NOW_MS,
        monotonic_ms=lambda: NOW_MS,
        on_fatal=lambda error: None,
    )
    services = agents.services
    async with anyio.create_task_group() as tasks:
        for agent in (services.writer, services.reader, services.groups, services.share_partitions):
            tasks.start_soon(agent.run)
        await anyio.wait_all_tasks_blocked()
        world = PermissionWorld(services)
        await world.topic("known", 2)
        await world.topic("other")
        yield world
        tasks.cancel_scope.cancel()


def _bytes(encode: Any) -> bytes:
    writer = Writer()
    encode(writer)
    return b"".join(bytes(part) for part in writer.chunks())
