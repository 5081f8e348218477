"""A broker where authorization is on, and clients that are somebody."""

from types import SimpleNamespace
from typing import Any, cast

from broker.admin.access_keeper import AccessKeeper
from broker.admin.access_register import AccessRegister
from broker.admin.credential_keeper import CredentialKeeper
from broker.admin.denial_reporter import DenialReporter
from broker.admin.token_keeper import TokenKeeper
from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.handlers.base import ConnectionInfo, Handler, RequestContext, Services
from broker.model import Node
from broker.storage.catalog.memory import MemoryCatalog
from security.acls.acl import Acl
from security.acls.kinds import CLUSTER_NAME, Operation, PatternType, Permission, ResourceType
from security.audit.event import AuditEvent, EventKind
from security.identity import Identity
from tests.support.asking import asked

ROOT, ANN, BOB = Identity("User:root", mechanism="PLAIN"), Identity("User:ann", mechanism="PLAIN"), Identity("User:bob", mechanism="PLAIN")
NOW_MS = 1_700_000_000_000


class KeptEvents:
    """Records every event."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []
        self.most = 10**9
        self.kept = 0

    def room(self, events: int, letters: int) -> int | None:
        if self.kept + letters > self.most:
            return None
        self.kept += letters
        return letters

    def wants(self, kind: EventKind, principal: str) -> bool:
        return True

    def keep_room(self, events: int, letters: int) -> int | None:
        return self.room(events, letters)

    def free_room(self, kept: int) -> None:
        self.kept -= kept

    def record(self, event: AuditEvent) -> None:
        self.events.append(event)

    def changes(self) -> list[tuple[str, Any, Any]]:
        """What was administered."""
        return [
            (event.details["resource"], event.details["before"], event.details["after"])
            for event in self.events
            if event.kind is EventKind.ADMIN
        ]


class AccessWorld:
    """User:root is a super user. ``services`` has what handlers of access ask."""

    def __init__(self, **settings: Any) -> None:
        self.catalog = MemoryCatalog()
        self.now_ms = NOW_MS
        self.settings = Settings(**{"data_dir": "unused", "authorization": "on", "super_users": "User:root", **settings})
        self.register = AccessRegister(self.catalog)
        self.access = AccessKeeper(self.settings, self.register)
        self.credentials = CredentialKeeper(self.register)
        secret = b"secret" if self.settings.delegation_tokens else None
        self.tokens = TokenKeeper(self.register, self.settings, secret, lambda: self.now_ms)
        self.audit = KeptEvents()
        self.services = SimpleNamespace(
            settings=LiveSettings(self.settings, self.catalog),
            catalog=self.catalog,
            access=self.access,
            access_register=self.register,
            credentials=self.credentials,
            tokens=self.tokens,
            audit=self.audit,
            denials=DenialReporter(),
            now_ms=lambda: self.now_ms,
        )

    async def allow(
        self, identity: Identity, operation: Operation, kind: ResourceType = ResourceType.CLUSTER, name: str = CLUSTER_NAME
    ) -> None:
        """From now on."""
        await self.access.change(
            [Acl(kind, PatternType.LITERAL, name, identity.principal, "*", operation, Permission.ALLOW)], []
        )

    def context(self, version: int, identity: Identity = ROOT) -> RequestContext:
        connection = ConnectionInfo(1, "10.0.0.1:4000", "10.0.0.1", "SASL", Node(0, "127.0.0.1", 9092), identity)
        return RequestContext(cast(Services, self.services), connection, version, 1, "test")

    async def ask(self, handler: Handler, request: Any, version: int, identity: Identity = ROOT) -> Any:
        """Send a request through the codec, both ways, as the server does."""
        return await asked(handler, request, self.context(version, identity))
