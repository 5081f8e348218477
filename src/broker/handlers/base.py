"""What a handler is, and what it is given.

A handler's ``handle(request, context)`` is a plain function. It returns one of

- the response: answered at once;
- a :class:`Pending`: the request has *taken effect in order* (a produce has its place in the queue) and the answer comes later.
  The connection goes on to its next request; answers still leave in order;
- an awaitable of the response: the connection runs it and starts its next request only when it is done.

So a handler that must wait is written ``async def`` and one that need not is ``def``; both are called the same way.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from broker.admin.denial_reporter import DenialReporter
from broker.errors import BrokerError
from broker.model import Node
from broker.wire.error_codes import ErrorCode
from security.acls.decision import Decision
from security.acls.kinds import WILDCARD, Operation, ResourceType
from security.audit.decisions import Decisions
from security.audit.event import AuditEvent, EventKind, Recorder
from security.identity import NOBODY, Identity
from security.sasl.login import Login

if TYPE_CHECKING:
    from broker.admin.access_keeper import AccessKeeper
    from broker.admin.access_register import AccessRegister
    from broker.admin.config_administrator import ConfigAdministrator
    from broker.admin.credential_keeper import CredentialKeeper
    from broker.admin.quota_keeper import Mutations, QuotaKeeper
    from broker.admin.token_keeper import TokenKeeper
    from broker.admin.topic_administrator import TopicAdministrator
    from broker.client_metrics.collector import ClientMetricsCollector
    from broker.cluster.directory import TopicDirectory
    from broker.cluster.identity import ClusterIdentity
    from broker.config.live import LiveSettings
    from broker.coordinators.group_coordinator import GroupCoordinator
    from broker.coordinators.share_partition_keeper import SharePartitionKeeper
    from broker.coordinators.transaction_coordinator import TransactionCoordinator
    from broker.log.producer_id_allocator import ProducerIdAllocator
    from broker.log.reader import Reader
    from broker.log.writer import Writer
    from broker.storage.catalog.base import Catalog


class Pending:
    """An answer that comes later, given exactly once by :meth:`resolve`. No event loop is involved: callbacks run in place."""

    __slots__ = ("_callback", "_done", "response")

    def __init__(self) -> None:
        self.response: Any = None
        self._done = False
        self._callback: Callable[[Any], None] | None = None

    def resolve(self, response: Any) -> None:
        """Give the answer. ``None`` means that none is sent (acks=0)."""
        assert not self._done, "an answer is given once"
        self._done = True
        self.response = response
        if self._callback is not None:
            self._callback(response)

    @property
    def done(self) -> bool:
        """The answer was given."""
        return self._done

    def when_done(self, callback: Callable[[Any], None]) -> None:
        """Call ``callback(response)`` when the answer is there, at once if it already is."""
        if self._done:
            callback(self.response)
        else:
            self._callback = callback


class CloseConnection(Exception):
    """Raised by a handler that must not answer but close the connection (a refused acks=0 produce); the text says why."""

    kind = "refused"
    """The reason in the metric of closed connections."""


class LastAnswer(CloseConnection):
    """Raised by a handler whose answer is the last of the connection (a failed login)."""

    kind = "login"

    def __init__(self, why: str, response: Any) -> None:
        super().__init__(why)
        self.response = response


@dataclass(slots=True)
class ConnectionInfo:
    """What is known of the client at the other end; handlers may read all of it, ApiVersions fills in the software."""

    connection_id: int
    peer: str
    peer_host: str
    listener: str
    advertised: Node
    identity: Identity = NOBODY
    login: Login | None = None
    """How far the client is with logging in; None where nobody does."""
    software_name: str = "unknown"
    software_version: str = "unknown"
    fetch_sessions: dict[int, Any] = field(default_factory=dict)
    at_end: dict[object, Callable[[], None]] = field(default_factory=dict)
    """What is to be done when the connection has ended, by whatever it is about."""

    @property
    def principal(self) -> str:
        """Who the connection acts as, in Kafka's ``Type:name`` form."""
        return self.identity.principal

    def ended(self) -> None:
        """The client is gone, or was let go."""
        callbacks, self.at_end = list(self.at_end.values()), {}
        for callback in callbacks:
            callback()


@dataclass(slots=True)
class Services:
    """The agents and facts that handlers may ask. Built once, by :mod:`broker.app`."""

    settings: "LiveSettings"
    identity: "ClusterIdentity"
    directory: "TopicDirectory"
    catalog: "Catalog"
    writer: "Writer"
    reader: "Reader"
    topics: "TopicAdministrator"
    configs: "ConfigAdministrator"
    groups: "GroupCoordinator"
    transactions: "TransactionCoordinator"
    share_partitions: "SharePartitionKeeper"
    producer_ids: "ProducerIdAllocator"
    client_metrics: "ClientMetricsCollector"
    access_register: "AccessRegister"
    access: "AccessKeeper"
    credentials: "CredentialKeeper"
    tokens: "TokenKeeper"
    audit: Recorder
    quotas: "QuotaKeeper"
    now_ms: Callable[[], int]
    served: Sequence["Handler"] = ()
    """Every handler there is: what ApiVersions lists."""
    denials: DenialReporter = field(default_factory=DenialReporter)


_ON_NO_RESOURCE: Final = Decision(False, "no rule allows it on any resource of the type")


class RequestContext:
    """One request's surroundings."""

    __slots__ = ("api_version", "client_id", "connection", "correlation_id", "decisions", "services")

    def __init__(
        self, services: Services, connection: ConnectionInfo, api_version: int, correlation_id: int, client_id: str | None
    ) -> None:
        self.services = services
        self.connection = connection
        self.api_version = api_version
        self.correlation_id = correlation_id
        self.client_id = client_id
        self.decisions: Decisions | None = None
        """What is to be recorded of what it asked, None when it was only allowed things, and that is not recorded."""

    def allows(self, operation: Operation, resource_type: ResourceType, name: str) -> bool:
        """Whether the client may do what it asks for. A denial is logged, counted and audited."""
        access, connection = self.services.access, self.connection
        if not access.is_enabled:
            return True
        question = (connection.identity, connection.peer_host, operation, resource_type, name)
        if access.allows(*question):
            self.services.denials.allowed()
            if self.decisions is not None:
                self._remember(lambda: access.explain(*question), operation, resource_type, name, allowed=True)
            return True
        self._denied(lambda: access.explain(*question), operation, resource_type, name)
        return False

    def sees(self, operation: Operation, resource_type: ResourceType, name: str) -> bool:
        """The same where a denial only means that something is left out (lists, bits of what is allowed): nobody is told of it."""
        connection = self.connection
        return self.services.access.allows(connection.identity, connection.peer_host, operation, resource_type, name)

    def allows_any(self, operation: Operation, resource_type: ResourceType) -> bool:
        """Whether the client may do it on at least one resource of a type. A denial is logged, counted and audited."""
        access, connection = self.services.access, self.connection
        if not access.is_enabled:
            return True
        if access.allows_any(connection.identity, connection.peer_host, operation, resource_type):
            self.services.denials.allowed()
            return True
        self._denied(lambda: _ON_NO_RESOURCE, operation, resource_type, None)
        return False

    def _denied(
        self, explain: Callable[[], Decision], operation: Operation, resource_type: ResourceType, name: str | None
    ) -> None:
        connection = self.connection
        self.services.denials.denied(
            explain,
            connection.principal,
            peer=connection.peer,
            listener=connection.listener,
            client_id=self.client_id,
            correlation_id=self.correlation_id,
            operation=operation.name,
            resource=resource_type.name,
            name=name,
        )
        self._remember(explain, operation, resource_type, name or WILDCARD, allowed=False)

    def _remember(
        self, explain: Callable[[], Decision], operation: Operation, resource_type: ResourceType, name: str, *, allowed: bool
    ) -> None:
        """For the event that tells auditors what came of the request."""
        if self.decisions is None:
            if not self.services.audit.wants(EventKind.AUTHORIZATION, self.connection.principal):
                return
            self.decisions = Decisions()
        if self.decisions.has_room(allowed):
            self.decisions.add(operation, resource_type, name, explain())
        else:
            self.decisions.count(allowed)

    def mutations(self, strict_from: int) -> "Mutations":
        """What the request may change of topics, by its quota. From version ``strict_from`` on clients know what it means to be refused."""
        return self.services.quotas.mutations(
            self.connection.identity, self.client_id, is_strict=self.api_version >= strict_from
        )

    @contextmanager
    def room_to_record(self, texts: Iterable[Sequence[str]]) -> Iterator[None]:
        """Around very many changes at once, each with these texts; they are recorded (:meth:`changed`) right behind it. Raises BrokerError when not all of them could
        be, and must be."""
        sizes = [sum(map(letters_of, each)) for each in texts]
        who = letters_of(self.connection.principal) + letters_of(self.client_id or "")
        audit = self.services.audit
        kept = audit.keep_room(len(sizes), sum(sizes) + len(sizes) * who)
        if kept is None:
            raise BrokerError(ErrorCode.KAFKA_STORAGE_ERROR, "The audit log has no room for so many changes at once; nothing was changed. Send fewer.")
        try:
            yield
        finally:
            audit.free_room(kept)

    def changed(self, what: str, before: Any, after: Any) -> None:
        """Something was administered: ``what`` names it, the others are JSON values without secrets, None for what is not there."""
        services, connection = self.services, self.connection
        if services.audit.wants(EventKind.ADMIN, connection.principal):
            services.audit.record(
                AuditEvent(
                    kind=EventKind.ADMIN,
                    action="change",
                    outcome="success",
                    principal=connection.principal,
                    peer=connection.peer,
                    listener=connection.listener,
                    connection_id=connection.connection_id,
                    correlation_id=self.correlation_id,
                    client_id=self.client_id,
                    details={"resource": what, "before": before, "after": after},
                )
            )


def letters_of(text: str) -> int:
    """As how many plain letters a text counts in a line of the audit log, where none of these takes more than two bytes and others up to six (``\\u0001``)."""
    return len(text) if text.isascii() and text.isprintable() else 3 * len(text)


Outcome = Any | Pending | Awaitable[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """One API key: what it is, which versions work, and the function that answers it.

    ``versions`` are what is served; ``advertised`` (when given) is what ApiVersions says instead. ``refuse`` builds the answer to
    a request that could not be served as a whole: ``refuse(request, context, error_code, message)``.
    """

    key: int
    name: str
    versions: range
    handle: Callable[[Any, RequestContext], Outcome]
    refuse: Callable[[Any, RequestContext, int, str | None], Any]
    advertised: range | None = None
    waits_for_others: bool = False
    """A ``Pending`` answer may take as long as other clients like (joining a group), and nothing of the request is needed for it: its
    memory is given back at once. ``refuse`` must then do without the request."""
    stop_on_disconnect: bool = False
    """Waiting may be given up when the client is gone (a long poll). Never set where stopping half-way could leave two owners of
    state apart."""
