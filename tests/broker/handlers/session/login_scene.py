"""A connection of a listener where clients log in, and a client that may do anything at it. On a virtual clock."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import anyio
from anyio.abc import TaskGroup

from broker.admin.login_keeper import LoginKeeper, bearer_exchange, exchanges
from broker.admin.scram_accounts import ScramAccounts
from broker.admin.session_keeper import SessionKeeper
from broker.config.settings import Settings
from broker.handlers.base import ConnectionInfo, Handler, RequestContext
from broker.handlers.session import api_versions, sasl_authenticate, sasl_handshake
from broker.model import Node
from broker.server.budget import ByteBudget
from broker.server.connection import Connection
from broker.server.dispatcher import Dispatcher
from broker.server.listener import Limits, Listener
from broker.wire.api import ApiKey
from broker.wire.headers import response_header_is_flexible, start_request
from broker.wire.messages.api_versions import ApiVersionsRequest
from broker.wire.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from broker.wire.messages.sasl_authenticate import SaslAuthenticateRequest
from broker.wire.messages.sasl_handshake import SaslHandshakeRequest
from broker.wire.registry import codec
from security.audit.event import AuditEvent, EventKind
from security.identity import Identity
from security.sasl.oauth_bearer import TokenRefused
from security.sasl.plain_users import PlainUsers
from tests.broker.server.no_quotas import NoQuotas
from tests.security.sasl.scram_client import account_of

HEARTBEAT = 12
DELAY_S = 0.1
USERS = {"alice": "wonder", "bob": "builder"}


class Sink:
    """Keeps what is audited."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    def wants(self, kind: EventKind, principal: str) -> bool:
        return True

    def record(self, event: AuditEvent) -> None:
        self.events.append(event)


class ClientLink:
    """The transport's end that a connection writes to."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.closed = False
        self.frame_limit = 1 << 30
        self.missing = self.unsent = 0
        self.reading_paused = self.peer_left = self.mid_frame = False
        self.peer = ("127.0.0.1", 1)
        self.last_read = self.frame_began = 0.0
        self.received_lately = 0

    def write(self, chunks: list[Any]) -> None:
        data = b"".join(bytes(chunk) for chunk in chunks)
        while data:
            size = int.from_bytes(data[:4], "big")
            self.frames.append(data[4 : 4 + size])
            data = data[4 + size :]

    def pause_reading(self) -> None:
        self.reading_paused = True

    def resume_reading(self) -> None:
        self.reading_paused = False

    def close(self) -> None:
        self.closed = True

    abort = close


class Scene:
    """``now_ms`` runs with the loop's clock."""

    def __init__(self, tasks: TaskGroup, **changed: Any) -> None:
        self.settings = Settings(
            **{
                "listeners": "SASL_PLAINTEXT://127.0.0.1:9092",
                "sasl_enabled_mechanisms": "PLAIN,SCRAM-SHA-256,OAUTHBEARER",
                "sasl_plain_users_file": "unused",
                "sasl_oauthbearer_jwks_endpoint_url": "https://login.example/keys",
                "sasl_oauthbearer_expected_issuer": "i",
                "sasl_oauthbearer_expected_audience": "a",
                "sasl_oauthbearer_algorithms": "RS256",
                **changed,
            }
        )
        self.accounts = {("SCRAM-SHA-256", user): account_of("SCRAM-SHA-256", user, password) for user, password in USERS.items()}
        self.tokens: dict[str, Identity] = {}
        self.sessions = SessionKeeper()
        self.audit = Sink()
        nonces: Iterator[int] = iter(range(1000))
        keeper = LoginKeeper(
            self.settings,
            bearer_exchange(self._read_token)
            | exchanges(
                plain_check=PlainUsers(USERS, b"key").check,
                scram_find=ScramAccounts(lambda mechanism, user: self.accounts.get((mechanism, user)), lambda m, i: None, b"s").of,
                new_nonce=lambda: f"nonce{next(nonces)}",
            ),
            self.sessions,
            monotonic_s=anyio.current_time,
            now_ms=lambda: int(anyio.current_time() * 1000),
        )
        heartbeat = Handler(
            key=HEARTBEAT,
            name="heartbeat",
            versions=range(1),
            handle=self._beat,
            refuse=lambda request, context, code, message: HeartbeatResponse(error_code=code),
        )
        handlers = (api_versions.HANDLER, sasl_authenticate.HANDLER, sasl_handshake.HANDLER, heartbeat)
        services: Any = SimpleNamespace(settings=SimpleNamespace(current=self.settings), audit=self.audit, served=handlers)
        self.budget = ByteBudget(1 << 20)
        self.dispatcher = Dispatcher(handlers, services, NoQuotas())
        self.listener = Listener(
            self.settings.listeners[0].name,
            self.dispatcher,
            self.budget,
            Limits(total=100, per_address=100, idle_ms=-1, frame_ms=600_000),
            tasks,
            frame_limit=1 << 20,
            max_requests=16,
            max_bytes=1 << 20,
            backlog=10,
            logins=keeper,
            protocol="SASL_PLAINTEXT",
        )
        self.listener.advertised = Node(1, "h", 1)
        self.beats: list[str] = []
        self.correlation = 0
        self.connect()

    def connect(self) -> None:
        """A new connection; the one before it is left to itself."""
        self.link = ClientLink()
        self.connection = Connection(self.listener, self.dispatcher, self.budget, 16, 1 << 20)
        self.connection.connected(self.link)  # type: ignore[arg-type]

    @property
    def info(self) -> ConnectionInfo:
        assert self.connection.info is not None
        return self.connection.info

    def _beat(self, request: Any, context: RequestContext) -> HeartbeatResponse:
        self.beats.append(context.connection.principal)
        return HeartbeatResponse()

    def _read_token(self, token: str) -> Identity:
        if token not in self.tokens:
            raise TokenRefused("unknown")
        return self.tokens[token]

    # --- what a client sends ------------------------------------------------------------------------------------------

    def send(self, key: int, version: int, message: Any) -> None:
        """One request."""
        self.correlation += 1
        writer = start_request(key, version, self.correlation, "test")
        codec(key).encode_request(version, message, writer)
        frame = b"".join(bytes(chunk) for chunk in writer.frame())[4:]
        self.connection.frame_received(memoryview(bytearray(frame)))

    async def ask(self, key: int, version: int, message: Any) -> Any:
        """One request and its answer; None when there is none."""
        before = len(self.link.frames)
        self.send(key, version, message)
        await self.settle()
        if len(self.link.frames) == before:
            return None
        frame = self.link.frames[-1]
        return codec(key).decode_response(version, frame, 5 if response_header_is_flexible(key, version) else 4)

    async def settle(self) -> None:
        """Until nothing goes on any more, failed logins included."""
        await anyio.sleep(DELAY_S * 1.5)

    async def versions(self, version: int = 3) -> Any:
        message = ApiVersionsRequest(client_software_name="test", client_software_version="1")
        return await self.ask(ApiKey.API_VERSIONS, version, message)

    async def handshake(self, mechanism: str = "PLAIN", version: int = 1) -> Any:
        return await self.ask(ApiKey.SASL_HANDSHAKE, version, SaslHandshakeRequest(mechanism=mechanism))

    async def token(self, data: bytes, version: int = 2) -> Any:
        return await self.ask(ApiKey.SASL_AUTHENTICATE, version, SaslAuthenticateRequest(auth_bytes=data))

    async def raw(self, data: bytes) -> bytes | None:
        """A token without a header."""
        before = len(self.link.frames)
        self.connection.frame_received(memoryview(bytearray(data)))
        await self.settle()
        return self.link.frames[-1] if len(self.link.frames) > before else None

    async def beat(self) -> Any:
        return await self.ask(HEARTBEAT, 0, HeartbeatRequest(group_id="g", generation_id=1, member_id="m"))

    async def log_in(self, user: str = "alice", password: str = "wonder") -> Any:
        """By PLAIN; the last answer."""
        assert (await self.handshake()).error_code == 0
        return await self.token(f"\0{user}\0{password}".encode())
