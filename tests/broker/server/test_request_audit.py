"""What is recorded of requests: what was decided, and what came of them."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from broker.admin.denial_reporter import DenialReporter
from broker.handlers.base import ConnectionInfo, Handler, Pending, RequestContext, Services
from broker.handlers.table import HANDLERS
from broker.model import Node
from broker.server.connection import Connection
from broker.server.dispatcher import Dispatcher
from broker.server.request_audit import CHANGES
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.create_topics import CreateTopicsResponse, CreateTopicsResponseCreatableTopicResult
from broker.wire.messages.heartbeat import HeartbeatResponse
from security.acls.decision import Decision
from security.acls.kinds import Operation, ResourceType
from security.audit.event import AuditEvent, EventKind
from security.identity import Identity
from tests.broker.server.no_quotas import NoQuotas
from tests.broker.server.test_connection_events import Recorded

CREATE_TOPICS = bytes.fromhex("0013 0002 00000007 0001 63 00000000 0000ffff 00".replace(" ", ""))
HEARTBEAT = bytes.fromhex("000c 0000 00000007 0001 63 0001 67 00000001 0001 6d".replace(" ", ""))
CONNECTION = ConnectionInfo(
    connection_id=5, peer="10.0.0.1:99", peer_host="10.0.0.1", listener="L", advertised=Node(1, "h", 1), identity=Identity("User:a")
)


class Access:
    """Denies what is called secret, and counts how often it has to say why."""

    is_enabled = True

    def __init__(self) -> None:
        self.explained = 0

    def allows(self, identity: Identity, host: str, operation: Operation, resource_type: ResourceType, name: str) -> bool:
        return "secret" not in name

    def explain(self, identity: Identity, host: str, operation: Operation, resource_type: ResourceType, name: str) -> Decision:
        self.explained += 1
        return Decision("secret" not in name, "because")


class World:
    """A dispatcher with a recorder, and a handler that asks for the names in ``asks``."""

    def __init__(self, *kinds: EventKind) -> None:
        self.recorded = Recorded(*kinds)
        self.access = Access()
        self.asks: list[str] = []
        self.answer: Any = None
        services = cast(Services, SimpleNamespace(audit=self.recorded, access=self.access, denials=DenialReporter()))

        def handle(request: Any, context: RequestContext) -> Any:
            for name in self.asks:
                context.allows(Operation.READ, ResourceType.TOPIC, name)
            return self.answer

        def refuse(request: Any, context: RequestContext, code: int, message: str | None) -> Any:
            return HeartbeatResponse(error_code=code)

        self.dispatcher = Dispatcher(
            [
                Handler(key=19, name="create_topics", versions=range(2, 8), handle=handle, refuse=refuse),
                Handler(key=12, name="heartbeat", versions=range(5), handle=handle, refuse=refuse),
            ],
            services,
            NoQuotas(),
        )

    def served(self, frame: bytes, answer: Any) -> list[AuditEvent]:
        """Have a request served; what was recorded."""
        self.answer = answer
        route, request, context = self.dispatcher.open(memoryview(bytearray(frame)), CONNECTION)
        response = self.dispatcher.call(route, request, context)
        if context.decisions is not None:
            self.dispatcher.audit(route, context, response)
        return self.recorded.events


def test_a_request_that_was_allowed_everything_leaves_no_trace() -> None:
    """Producing and fetching cost nothing."""
    world = World(EventKind.AUTHORIZATION)
    world.asks = ["a", "b"]

    assert not world.served(HEARTBEAT, HeartbeatResponse())
    assert not world.access.explained


def test_a_denial_is_recorded_with_its_reason_and_with_what_came_of_the_request() -> None:
    """Decision and outcome in one event."""
    world = World(EventKind.AUTHORIZATION)
    world.asks = ["a", "secret", "b"]
    (event,) = world.served(HEARTBEAT, HeartbeatResponse(error_code=30))

    assert (event.kind, event.action, event.outcome) == (EventKind.AUTHORIZATION, "heartbeat", "GROUP_AUTHORIZATION_FAILED")
    assert (event.principal, event.peer, event.connection_id, event.correlation_id, event.client_id) == ("User:a", "10.0.0.1:99", 5, 7, "c")
    assert event.details["decisions"][0] == {
        "allowed": False, "operation": "READ", "resource_type": "TOPIC", "resource": "secret", "reason": "because",
    }  # fmt: skip
    assert event.details["errors"] == {"GROUP_AUTHORIZATION_FAILED": 1}


def test_a_request_that_administers_is_recorded_whatever_comes_of_it() -> None:
    """Allowed or not, and although nothing asked."""
    world = World(EventKind.AUTHORIZATION)
    exists = CreateTopicsResponseCreatableTopicResult(name="t", error_code=ErrorCode.TOPIC_ALREADY_EXISTS)
    world.served(CREATE_TOPICS, CreateTopicsResponse(topics=[exists]))
    world.asks = ["a"]
    world.served(CREATE_TOPICS, CreateTopicsResponse())

    assert [(event.outcome, len(event.details["decisions"]), event.details["changes"]) for event in world.recorded.events] == [
        ("TOPIC_ALREADY_EXISTS", 0, True),
        ("success", 1, True),
    ]


def test_a_sample_of_what_was_allowed_is_recorded_when_asked_for() -> None:
    """Each request of the sample with what it asked."""
    world = World(EventKind.AUTHORIZATION)
    world.dispatcher.samples_allowed = True
    world.recorded.samples_allowed = lambda: True  # type: ignore[method-assign]
    world.asks = ["a"]
    (event,) = world.served(HEARTBEAT, HeartbeatResponse())

    assert (event.outcome, event.details["decisions"][0]["allowed"], "changes" in event.details) == ("success", True, False)


def test_thousands_of_denials_in_one_request_cost_a_bounded_number_of_explanations() -> None:
    """And one event."""
    world = World(EventKind.AUTHORIZATION)
    world.asks = [f"secret-{number}" for number in range(5000)]
    (event,) = world.served(HEARTBEAT, HeartbeatResponse(error_code=29))

    assert world.access.explained < 100
    assert event.details["decisions_left_out"] > 4900


def test_nothing_is_recorded_where_nobody_wants_it() -> None:
    """A denial is no more than a denial then."""
    world = World(EventKind.ADMIN)
    world.asks = ["secret"]

    assert not world.served(HEARTBEAT, HeartbeatResponse(error_code=29))
    assert not world.served(CREATE_TOPICS, CreateTopicsResponse())


def test_nothing_is_changed_that_could_not_be_recorded() -> None:
    """The handler is not even asked; other requests go on."""
    world = World(EventKind.AUTHORIZATION)
    world.recorded.refuses_changes = True
    (event,) = world.served(CREATE_TOPICS, None)
    assert event.outcome == "KAFKA_STORAGE_ERROR"
    route, request, context = world.dispatcher.open(memoryview(bytearray(HEARTBEAT)), CONNECTION)
    world.answer = HeartbeatResponse()

    assert world.dispatcher.call(route, request, context).error_code == 0


@pytest.mark.parametrize("stays", [True, False])
def test_what_was_decided_is_recorded_although_the_client_is_gone(stays: bool) -> None:
    """What took effect did so without it."""
    world = World(EventKind.AUTHORIZATION)
    world.asks = ["secret"]
    world.answer = pending = Pending()
    listener = SimpleNamespace(admit=lambda connection, link: CONNECTION, departed=lambda connection: None, tasks=None)
    budget = SimpleNamespace(
        join=lambda: None, take=lambda size: None, scarce=False, is_crowded=False, give_back=lambda size: None, leave=lambda connection, size: None
    )
    link = SimpleNamespace(write=lambda chunks: None, reading_paused=False, resume_reading=lambda: None, pause_reading=lambda: None)
    connection = Connection(listener, world.dispatcher, budget, 16, 1 << 20)  # type: ignore[arg-type]
    connection.connected(link)  # type: ignore[arg-type]
    connection.frame_received(memoryview(bytearray(HEARTBEAT)))
    assert not world.recorded.events
    if not stays:
        connection.disconnected(None)
    pending.resolve(HeartbeatResponse(error_code=29))

    assert [event.outcome for event in world.recorded.events] == ["TOPIC_AUTHORIZATION_FAILED"]


def test_the_apis_that_administer_are_those_that_say_so_in_their_names() -> None:
    """A new handler whose name sounds like a change belongs to them."""
    sounding = {
        handler.key
        for handler in HANDLERS
        if handler.name.startswith(("create_", "delete_", "alter_", "incremental_alter", "renew_", "expire_", "update_", "elect_"))
        or handler.name in ("write_txn_markers", "offset_delete")
    }

    assert sounding <= CHANGES
