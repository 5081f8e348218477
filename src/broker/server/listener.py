"""Binds, admits connections within limits, closes idle and half-open ones, and drains.

A connection that is refused or broken gives one log line that says why, at a bounded rate for each kind of reason: nobody fills the disk
by knocking, nor hides what happens to others.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from math import inf
from typing import Final

import anyio
from anyio.abc import TaskGroup

from broker.acceptor import Acceptor
from broker.admin.login_keeper import LoginKeeper
from broker.answer_room import AnswerRoom
from broker.handlers.base import ConnectionInfo
from broker.model import Node
from broker.server.budget import ByteBudget
from broker.server.connecting_time import EXPECTED_S, ConnectingTime, network_of
from broker.server.connection import Connection
from broker.server.connection_events import ConnectionEvents
from broker.server.dispatcher import Dispatcher
from broker.server.slicing import SLICE_BYTES
from broker.server.strangers import Strangers
from broker.server.tls_keeper import TlsDoor
from broker.server.tls_link import TlsLink
from broker.server.transport import Link, listen
from broker.server.waiting_room import WaitingRoom
from observability import logs
from observability.metrics import CONNECTIONS, CONNECTIONS_CLOSED, CONNECTIONS_OPENED, TLS_HANDSHAKES
from observability.quota_metrics import CONNECTIONS_HELD
from security.audit.event import AuditEvent, EventKind, NoRecorder, Recorder
from security.identity import MUTUAL_TLS, Identity
from security.quotas.connection_rate import AT_ONCE, Verdict
from security.sasl.login import Login, State
from security.tls.distinguished_names import NotACertificate
from security.tls.principal_mapping import NoRuleApplies

_log = logs.get("listener")

_NOT_SAID: Final = "unknown"
"""What ConnectionInfo has for a client that never said its name."""

_SWEEP_S: Final = 5.0
SLOWEST_BYTES_PER_S: Final = 1024
"""Who sends a request more slowly than that has request.receive.timeout.ms for it, and no more."""
_SWEEP_MIN_S: Final = 0.01
TURN_S: Final = 5.0
TURN_BYTES_PER_S: Final = 64 * 1024
"""The same for the one frame that goes on while the process's bytes are used up, and others wait for it."""


CRAWLING_S: Final = 8.0
"""For so long answers may be in the way of others' at less than that pace."""

PARKED_MAX: Final = 256
"""How many connections that were turned away are kept open for a while; further ones are closed at once."""


class Limits:
    """What the listeners of one process share: counts and bounds of connections."""

    def __init__(
        self,
        *,
        total: int,
        per_address: int,
        idle_ms: int,
        frame_ms: int,
        authentication_ms: int = 10_000,
        unauthenticated: int = 1_000,
        connecting_share: float = 0.0,
        of_addresses: Mapping[str, int] | None = None,
    ) -> None:
        self.total = total
        self.per_address = per_address
        self.of_addresses = of_addresses or {}
        self.connecting = ConnectingTime(connecting_share)
        self.strangers: Strangers[Connection] = Strangers(unauthenticated, authentication_ms / 1000)
        # A negative value keeps connections however idle they are.
        self.idle_s = idle_ms / 1000 if idle_ms >= 0 else inf
        self.frame_s = frame_ms / 1000
        self.open = 0
        self.by_address: Counter[str] = Counter()
        self.next_id = 1
        self.parked = 0
        self.rate: Callable[[str, str], Verdict] = lambda address, listener: AT_ONCE
        """Whether a connection from an address may come now, to a listener; it is counted when that is asked."""

    def change(self, total: int, per_address: int, of_addresses: Mapping[str, int] | None = None) -> None:
        """Set other bounds; connections that are open stay."""
        self.total, self.per_address, self.of_addresses = total, per_address, of_addresses or {}


class Listener:
    """One listening address. Owns its connections; ends when :meth:`drain` is over."""

    def __init__(
        self,
        name: str,
        dispatcher: Dispatcher,
        budget: ByteBudget,
        limits: Limits,
        tasks: TaskGroup,
        *,
        frame_limit: int,
        max_requests: int,
        max_bytes: int,
        backlog: int,
        logins: LoginKeeper | None = None,
        protocol: str = "PLAINTEXT",
        door: TlsDoor | None = None,
        most: int | None = None,
        audit: Recorder | None = None,
        room: AnswerRoom | None = None,
    ) -> None:
        """``protocol`` is what it speaks, ``door`` what it shows and trusts when that is TLS; ``most`` bounds the connections of this listener alone.
        Answers that are not taken yet are in the ``room``."""
        self.name = name
        self._events = ConnectionEvents(name, audit)
        self.protocol = protocol
        self.most = most
        self._door = door
        self._audit = audit or NoRecorder()
        self.tasks = tasks
        self._dispatcher = dispatcher
        self._budget = budget
        self._room = room or AnswerRoom()
        self._limits = limits
        self._frame_limit = frame_limit
        self._max_requests = max_requests
        self._max_bytes = max_bytes
        self._backlog = backlog
        self._logins = logins
        self._connections: set[Connection] = set()
        self._all_gone = anyio.Event()
        self._draining = False
        self._lines: defaultdict[str, logs.LineLimiter] = defaultdict(logs.LineLimiter)
        self._gauge = CONNECTIONS.labels(name)
        self._opened = CONNECTIONS_OPENED.labels(name)
        self._bound: Acceptor | None = None
        # Where nobody has to show who they are, only connections that come to nothing are counted.
        cost_s = 0.0 if protocol == "PLAINTEXT" else EXPECTED_S
        self._waiting = WaitingRoom(limits.connecting, tasks, cost_s=cost_s, most=lambda: limits.strangers.limit, refused=self._refused)
        self.advertised: Node | None = None

    async def bind(self, host: str, port: int, *, shared: bool = False) -> tuple[str, int]:
        """Listen; the address that was really bound. ``shared``: other processes may listen on it, too."""
        door = self._door
        self._bound = await listen(
            host,
            port,
            self._make_connection,
            self._frame_limit,
            self._backlog,
            shared=shared,
            gate=self._waiting,
            room=self._room,
            make_link=Link if door is None else lambda sink, limit, loop, turns: TlsLink(sink, limit, loop, door, turns),
        )
        return self._bound.host, self._bound.port

    def _make_connection(self) -> Connection:
        return Connection(self, self._dispatcher, self._budget, self._max_requests, self._max_bytes)

    # --- connections --------------------------------------------------------------------------------------------------

    def admit(self, connection: Connection, link: Link) -> ConnectionInfo | None:
        """Take a new connection in, or close it when a limit is reached."""
        host, port = link.peer
        limits = self._limits
        reason = None
        if self._draining or self.advertised is None:
            reason = "the broker is not serving"
        elif limits.open >= limits.total:
            reason = f"max.connections ({limits.total}) is reached"
        elif self.most is not None and len(self._connections) >= self.most:
            reason = f"max.connections ({self.most}) of this listener is reached"
        elif limits.by_address[host] >= (most := limits.of_addresses.get(host, limits.per_address)):
            reason = f"max.connections.per.ip ({most}) is reached"
        if reason is not None:
            self._refused(host, port, reason)
            link.abort()
            return None
        verdict = limits.rate(host, self.name)
        if verdict.refused:
            self._turn_away(link, verdict)
            return None
        assert self.advertised is not None
        limits.open += 1
        limits.by_address[host] += 1
        info = ConnectionInfo(
            connection_id=limits.next_id, peer=f"{host}:{port}", peer_host=host, listener=self.name, advertised=self.advertised
        )
        if self._logins is not None:
            info.login = self._logins.begin(self.name)
        limits.next_id += 1
        self._connections.add(connection)
        self._opened.inc()
        self._gauge.inc()
        self._events.opened(info)
        wait_ms = verdict.wait_ms
        if wait_ms:
            CONNECTIONS_HELD.labels("delayed").inc()
        if self.protocol != "PLAINTEXT":
            leaving = limits.strangers.enter(connection, network_of(host), anyio.current_time())
            if leaving is not None:
                leaving.turn_away("too many connections are in handshakes and logins, and it was at it longest")
        if wait_ms:
            self.tasks.start_soon(self._hold, connection, wait_ms)
        return info

    def _refused(self, host: str, port: int, reason: str) -> None:
        CONNECTIONS_CLOSED.labels("limit").inc()
        self._log_line("connection refused", "limit", peer=f"{host}:{port}", reason=reason)
        self._events.refused(f"{host}:{port}", reason)

    async def _hold(self, connection: Connection, wait_ms: int) -> None:
        # In a task of its own: reading begins only after a connection was made known, and could not be stopped before.
        connection.mute(wait_ms)

    def _turn_away(self, link: Link, verdict: Verdict) -> None:
        """Close a connection that came too soon: not at once, so that a client that tries again and again does so less often."""
        CONNECTIONS_CLOSED.labels("rate").inc()
        CONNECTIONS_HELD.labels("refused").inc()
        host, port = link.peer
        self._log_line("connection refused", "rate", peer=f"{host}:{port}", reason=f"connections come too fast (quota: {verdict.rule})")
        if self._limits.parked >= PARKED_MAX:
            link.abort()
            return
        self._limits.parked += 1
        self.tasks.start_soon(self._close_later, link, verdict.wait_ms)

    async def _close_later(self, link: Link, wait_ms: int) -> None:
        try:
            link.pause_reading()
            await anyio.sleep(wait_ms / 1000)
        finally:
            self._limits.parked -= 1
            link.abort()

    def frame_limit_for(self, login: Login) -> int:
        """How large a request may be, by how far a client's login is."""
        assert self._logins is not None
        return self._frame_limit if login.state is State.DONE else min(self._frame_limit, self._logins.request_bytes_before(self.name))

    def logged_in(self, connection: Connection, info: ConnectionInfo) -> None:
        """A client has logged in, perhaps not for the first time. Its session ends when what that rests on does."""
        assert self._logins is not None
        sessions, connection_id = self._logins.sessions, info.connection_id
        sessions.enter(connection_id, info.identity.credential, lambda reason: connection.end_session(reason, "revoked"))
        info.at_end[sessions] = lambda: sessions.leave(connection_id)
        self.authenticated(connection, info.identity)

    def connecting_took(self, connection: Connection, seconds: float) -> None:
        """A handshake, a login or what a connection is closed for has cost so much of a core: that is its address's."""
        if connection.info is not None:
            self._limits.connecting.spend(connection.info.peer_host, seconds)

    def secured(self, connection: Connection, certificate: bytes | None) -> None:
        """A TLS handshake is done. Where clients do not log in besides, it has shown who they are."""
        if self.protocol != "SSL" or connection.info is None or self._door is None:
            TLS_HANDSHAKES.labels(self.name, "success").inc()
            return
        try:
            identity = self._door.identify(certificate)
        except NoRuleApplies:
            self.not_secured(connection, "no rule of ssl.principal.mapping.rules is for the name in its certificate")
            connection.abort()
            return
        except NotACertificate as problem:
            self.not_secured(connection, f"its certificate: {problem}")
            connection.abort()
            return
        TLS_HANDSHAKES.labels(self.name, "success").inc()
        self.authenticated(connection, identity)

    def authenticated(self, connection: Connection, identity: Identity) -> None:
        """It is known now who the client is."""
        assert connection.info is not None
        connection.info.identity = identity
        self._limits.strangers.leave(connection)
        if identity.mechanism == MUTUAL_TLS:
            self._record_login(connection, "success", {"mechanism": MUTUAL_TLS, "credential": identity.credential})

    def not_secured(self, connection: Connection, reason: str) -> None:
        """A TLS handshake failed, or TLS broke after it."""
        TLS_HANDSHAKES.labels(self.name, "failure").inc()
        self.log_refusal(connection, reason, "tls")
        if connection in self._limits.strangers:  # what breaks later is no login
            self._record_login(connection, "failure", {"mechanism": MUTUAL_TLS, "reason": reason})

    def _record_login(self, connection: Connection, outcome: str, details: dict[str, str]) -> None:
        info = connection.info
        if info is not None and self._audit.wants(EventKind.AUTHENTICATION, info.principal):
            self._audit.record(
                AuditEvent(
                    kind=EventKind.AUTHENTICATION,
                    action="login",
                    outcome=outcome,
                    principal=info.principal,
                    peer=info.peer,
                    listener=self.name,
                    connection_id=info.connection_id,
                    details=details,
                )
            )

    def departed(self, connection: Connection) -> None:
        """A connection that was admitted is gone."""
        if not connection.end_counted:
            self._count_end(connection, "stopping" if self._draining else "client")
        self._connections.discard(connection)
        self._gauge.dec()
        limits = self._limits
        limits.strangers.leave(connection)
        limits.open -= 1
        assert connection.info is not None
        host = connection.info.peer_host
        limits.by_address[host] -= 1
        if limits.by_address[host] <= 0:
            del limits.by_address[host]
        if self._draining and not self._connections:
            self._all_gone.set()

    def log_refusal(self, connection: Connection, reason: str, kind: str = "refused") -> None:
        """One line for a connection that the broker closes: by default because of what its client sent. ``kind`` is the metric's
        reason; floods of one kind do not hold back lines of another."""
        self._count_end(connection, kind)
        if self.protocol == "PLAINTEXT" and kind == "refused":
            self.connecting_took(connection, EXPECTED_S)
        facts: dict[str, object] = {"peer": "unknown", "reason": reason}
        if (info := connection.info) is not None:
            facts["peer"] = info.peer
            if info.software_name != _NOT_SAID:
                facts["software"] = f"{info.software_name} {info.software_version}"
        self._log_line("connection closed", kind, **facts)

    def _count_end(self, connection: Connection, reason: str) -> None:
        if not connection.end_counted and connection.info is not None:
            self._events.ended(connection.info, reason)
        connection.end_counted = True
        CONNECTIONS_CLOSED.labels(reason).inc()

    def _log_line(self, event: str, kind: str, **facts: object) -> None:
        held_back = self._lines[kind].take(anyio.current_time())
        if held_back is not None:
            if held_back:
                facts["similar_lines_held_back"] = held_back
            _log.warning(event, listener=self.name, **facts)

    # --- housekeeping -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Close connections that are idle for too long, stopped in the middle of a frame, do not read their answers, or sit on
        memory that others need. Runs until cancelled."""
        while True:
            limits = self._limits
            await anyio.sleep(max(_SWEEP_MIN_S, min(_SWEEP_S, limits.frame_s / 2, limits.idle_s / 2, limits.strangers.patience_s / 4)))
            self._close_stale(anyio.current_time())

    def _close_stale(self, now: float) -> None:
        strangers = self._limits.strangers
        for stranger in strangers.overdue(now):
            stranger.turn_away(f"it has not shown who it is within {strangers.patience_s:.0f} s")
        for connection in list(self._connections):
            link = connection.link
            if link is None:
                continue
            if not connection.draining and connection not in strangers and (overdue := self._overdue(connection)) is not None:
                connection.end_session(overdue, "expired")
                continue
            unsent = link.unsent
            if unsent != connection.unsent_before:
                connection.unsent_before, connection.unsent_since = unsent, now
            elif unsent and not connection.draining and now - connection.unsent_since > self._limits.idle_s:
                # Not sooner: a consumer reads nothing while its application works on what it got before.
                self.log_refusal(connection, f"answers were not read for {now - connection.unsent_since:.0f} s", "unread")
                link.abort()
                continue
            if self._crawls(connection, link, now):
                self.log_refusal(connection, f"{link.held} bytes of answers are not taken, and there is no room for those of others", "unread")
                link.abort()
                continue
            if connection.draining:
                self._end_in_time(connection, link, now)
            elif self._budget.exhausted and connection.sits_on_bytes:
                self.log_refusal(connection, "requests wait behind its fetch or its unread answers, and memory is used up", "memory")
                connection.drain()
            elif link.reading_paused:
                if not unsent and link.peer_left:
                    # Behind a fetch that waits for days it would count as a connection for as long.
                    link.close()
            elif not unsent or self._budget.holds_up(connection):
                self._close_silent(connection, link, now)

    def _overdue(self, connection: Connection) -> str | None:
        """Why the time of a client that has logged in is over, None when it is not: it did not do so again."""
        info = connection.info
        return info.login.overdue() if info is not None and info.login is not None else None

    def _crawls(self, connection: Connection, link: Link, now: float) -> bool:
        """Whether it has taken next to nothing of large answers for a while in which there was no room for those of others."""
        room = self._room
        if not room.is_scarce or link.held < max(SLICE_BYTES, room.limit // 4 // max(1, self._limits.open)):
            connection.crawling_since = None
            return False
        if connection.crawling_since is None or link.given - connection.given_before > (now - connection.crawling_since) * TURN_BYTES_PER_S:
            connection.crawling_since, connection.given_before = now, link.given
        return now - connection.crawling_since > CRAWLING_S

    def _end_in_time(self, connection: Connection, link: Link, now: float) -> None:
        """A connection that is to close after its last answer has as long for that as a request has to arrive, as long as its client
        takes nothing. (When all are drained, whoever does that bounds the time.)"""
        if self._draining:
            return
        if connection.ending_since is None:
            connection.ending_since = now
        elif now - max(connection.ending_since, connection.unsent_since) > self._limits.frame_s:
            link.abort()

    def _close_silent(self, connection: Connection, link: Link, now: float) -> None:
        """For a connection that we read from, and that owes us something."""
        silent = now - link.last_read
        taken = now - link.frame_began
        frame_s, pace = self._limits.frame_s, SLOWEST_BYTES_PER_S
        if self._budget.holds_up(connection):
            frame_s, pace = min(frame_s, TURN_S), TURN_BYTES_PER_S
        # A large frame over a slow line takes its time, but a byte now and then is no progress.
        patience = frame_s + link.received_lately / pace
        if link.mid_frame and (silent > frame_s or taken > patience):
            self.log_refusal(connection, f"a frame was begun and {link.received_lately} bytes of it came in {taken:.0f} s", "slow")
            link.abort()
        elif connection.idle and silent > self._limits.idle_s:
            self._count_end(connection, "idle")
            link.close()

    async def drain(self) -> None:
        """Accept nobody, let requests under way be answered, close. Waits for the last connection; cancel to give up."""
        self._draining = True
        if self._bound is not None:
            self._bound.stop_accepting()
            self._waiting.close()
        for connection in list(self._connections):
            connection.drain()
        if self._connections:
            await self._all_gone.wait()

    def abort(self) -> None:
        """Close what is left, now."""
        for connection in list(self._connections):
            connection.abort()
