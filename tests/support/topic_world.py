"""Everything that handlers of topics and of the cluster ask, on an in-memory catalog; and requests sent through the codec."""

from inspect import isawaitable
from types import SimpleNamespace
from typing import Any, cast

from broker.admin.access_keeper import AccessKeeper
from broker.admin.access_register import AccessRegister
from broker.admin.denial_reporter import DenialReporter
from broker.admin.quota_keeper import QuotaKeeper
from broker.admin.topic_administrator import NewTopic, TopicAdministrator
from broker.cluster.directory import TopicDirectory, TopicState
from broker.cluster.identity import ClusterIdentity
from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.errors import BrokerError
from broker.handlers.base import ConnectionInfo, Handler, RequestContext, Services
from broker.model import Node
from broker.storage.catalog.memory import MemoryCatalog
from broker.wire.registry import codec
from broker.wire.writer import Writer
from security.audit.event import AuditEvent, EventKind, NoRecorder

NODE_ID = 7
CLUSTER_ID = "AAAAAAAAAAAAAAAAAAAAAA"
NOW_MS = 1_700_000_000_000


class ForgetfulGroups:
    """Stands in for the group coordinator: remembers which topics it was told to forget."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    def forget_topic(self, name: str, topic_id: bytes) -> None:
        self.forgotten.append(name)


class Changes(NoRecorder):
    """Keeps what was administered: what it was, before and after."""

    def __init__(self) -> None:
        self.made: list[tuple[str, Any, Any]] = []

    def wants(self, kind: EventKind, principal: str) -> bool:
        return kind is EventKind.ADMIN

    def record(self, event: AuditEvent) -> None:
        self.made.append((event.details["resource"], event.details["before"], event.details["after"]))


class TopicWorld:
    """One broker, node 7, rack "here", listener INSIDE as broker.test:9092 and OUTSIDE as example.test:443."""

    def __init__(self, **settings: Any) -> None:
        self.catalog = MemoryCatalog()
        self.live = LiveSettings(Settings(**{"node_id": NODE_ID, **settings}), self.catalog)
        self.directory = TopicDirectory(self.live)
        self.identity = ClusterIdentity(CLUSTER_ID, NODE_ID, "here")
        self.identity.advertise("INSIDE", "broker.test", 9092)
        self.identity.advertise("OUTSIDE", "example.test", 443)
        self.administrator = TopicAdministrator(self.catalog, self.directory, self.live, lambda: NOW_MS)
        self.groups = ForgetfulGroups()
        self.monotonic_ms = 0
        self.register = AccessRegister(self.catalog)
        self.quotas = QuotaKeeper(self.register, self.live, lambda: self.monotonic_ms)
        self.client_id = "test"
        self.audit = Changes()
        self.services = cast(
            Services,
            SimpleNamespace(
                settings=self.live,
                identity=self.identity,
                directory=self.directory,
                catalog=self.catalog,
                topics=self.administrator,
                groups=self.groups,
                audit=self.audit,
                now_ms=lambda: NOW_MS,
                quotas=self.quotas,
                access=AccessKeeper(),
                denials=DenialReporter(),
            ),
        )

    async def topic(self, name: str, partitions: int = 1, replication_factor: int = 1, **config: str) -> TopicState:
        """An existing topic; its settings have underscores for dots here."""
        new = NewTopic(
            name=name,
            partition_count=partitions,
            replication_factor=replication_factor,
            config={key.replace("_", "."): value for key, value in config.items()},
        )
        await self.administrator.create(self.administrator.plan(new, self.identity.node_ids))
        state = self.directory.by_name(name)
        assert state is not None
        return state

    def context(self, version: int, listener: str = "INSIDE") -> RequestContext:
        advertised = self.identity.nodes(listener)[0] if listener in ("INSIDE", "OUTSIDE") else Node(NODE_ID, "?", 0)
        connection = ConnectionInfo(1, "127.0.0.1:40000", "127.0.0.1", listener, advertised)
        return RequestContext(self.services, connection, version, 1, self.client_id)

    async def ask(self, handler: Handler, request: Any, version: int, listener: str = "INSIDE") -> Any:
        """Send ``request`` as version ``version`` through the codec, both ways, as the server does."""
        assert version in handler.versions
        context = self.context(version, listener)
        request = through_the_wire(handler.key, version, request, "request")
        try:
            response = handler.handle(request, context)
            if isawaitable(response):
                response = await response
        except BrokerError as error:
            response = handler.refuse(request, context, error.code, error.message)
        return through_the_wire(handler.key, version, response, "response")


def through_the_wire(key: int, version: int, message: Any, direction: str) -> Any:
    """What the other side reads when ``message`` is written."""
    writer = Writer()
    getattr(codec(key), f"encode_{direction}")(version, message, writer)
    return getattr(codec(key), f"decode_{direction}")(version, b"".join(writer.chunks()))
