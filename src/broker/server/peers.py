"""The brokers of a cluster, connected: each dials every other one and tells it what it has committed (:mod:`broker.cluster.hints`).

Whoever is slow or away holds nobody up, and costs no memory: what it was not told in time is dropped, for it finds out by itself.
"""

import ssl
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import anyio
from anyio.abc import ByteStream, SocketAttribute, TaskGroup
from anyio.streams.tls import TLSStream

from broker.cluster.hints import (
    COMPACTED,
    ENDED,
    LOOK,
    METADATA,
    PUBLISHED,
    SEEN,
    NotUnderstood,
    PendingFacts,
    frame,
    read_compacted,
    read_ended,
    read_published,
    read_version,
    version,
)
from broker.model import Published
from broker.server.peer_link import HANDSHAKE_S, LinkEnded, PeerLink, accept, dial
from broker.server.strangers import Strangers
from broker.storage.catalog.cluster import Member
from observability import logs
from observability.metrics import CLUSTER

CONNECT_S: Final = 2.0
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 2.0
LASTED_S: Final = 1.0
"""A connection that ends sooner is not followed by another one at once."""

CONNECTIONS_MAX: Final = 512
"""Of those that have shown that they know the secret."""

STRANGERS_MAX: Final = 64
"""Who knocks without the secret must not take everything, nor keep those out who know it."""

_log = logs.get("peers")


class PeerTls(Protocol):
    """What brokers show each other and trust, where they speak TLS: the contexts that count now."""

    @property
    def context(self) -> ssl.SSLContext: ...

    @property
    def client_context(self) -> ssl.SSLContext: ...


class Hearer(Protocol):
    """What becomes of what others say."""

    def hinted(self, pid: int, high_watermark: int, size: int) -> None:
        """Records became visible in a partition."""
        ...

    def ended(self, pids: Sequence[int]) -> None:
        """Transactions on these partitions were ended."""
        ...

    def compacted(self, pid: int, below: int) -> None:
        """A log was compacted below an offset."""
        ...

    def metadata_there(self, number: int) -> None:
        """There is such a version of topics and configurations."""
        ...

    async def metadata_read(self, number: int) -> int:
        """Return when that version was read: what was."""
        ...

    def look(self) -> None:
        """Members or shards have changed."""
        ...

    def connected(self, node_id: int) -> None:
        """A broker can be told what is said here."""
        ...

    def broken(self, node_id: int) -> None:
        """A broker that could be told cannot any more: the connection has ended, and another one cannot be had."""
        ...


class _Peer:
    """Another broker: where it is, what it is still to be told, and up to where it has read."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.pending = PendingFacts()
        self.news = anyio.Event()
        self.is_connected = False
        self.was_connected = False
        self.is_late = False
        self.seen = 0
        self.scope = anyio.CancelScope()

    def wake(self) -> None:
        self.news.set()


class PeerNetwork:
    """:meth:`bind`, then :meth:`run`; :meth:`follow` says who there is."""

    def __init__(self, secret: bytes, member: Callable[[], Member | None], hearer: Hearer) -> None:
        self._secret = secret
        self._member = member
        self._hearer = hearer
        self._peers: dict[int, _Peer] = {}
        self._tasks: TaskGroup | None = None
        self._strangers: Strangers[anyio.CancelScope] = Strangers(STRANGERS_MAX, CONNECT_S + HANDSHAKE_S)
        self._known = 0
        self._progress = anyio.Event()
        self._listener: anyio.abc.Listener[anyio.abc.SocketStream] | None = None
        self._complaints = logs.LineLimiter()
        self.tls: PeerTls | None = None
        """Set before it runs: then every connection is encrypted, and both ends show certificates, besides knowing the secret."""

    async def bind(self, host: str, port: int) -> int:
        """Listen; the port that was bound. Raises OSError."""
        listener = await anyio.create_tcp_listener(local_host=host or None, local_port=port)
        self._listener = listener
        return int(listener.extra(SocketAttribute.local_port))  # noqa: S610 - not a query

    async def run(self) -> None:
        """Until cancelled."""
        assert self._listener is not None, "bind comes first"
        async with self._listener, anyio.create_task_group() as tasks:
            self._tasks = tasks
            for peer in self._peers.values():
                tasks.start_soon(self._keep, peer)
            await self._listener.serve(self._serve, tasks)

    @property
    def hints_flow(self) -> bool:
        """Whether every other broker can be told now. That each of them tells this one follows from that, most often."""
        return all(peer.is_connected for peer in self._peers.values())

    # --- saying -------------------------------------------------------------------------------------------------------

    def follow(self, members: Sequence[Member]) -> None:
        """These are the brokers of the cluster now."""
        own = self._member()
        others = {
            member.node_id: member
            for member in members
            if member.peer is not None and (own is None or member.node_id != own.node_id)
        }
        for node_id, peer in list(self._peers.items()):
            member = others.get(node_id)
            if member is None or (member.epoch, member.peer) != (peer.member.epoch, peer.member.peer):
                peer.scope.cancel()
                del self._peers[node_id]
        for node_id, member in others.items():
            if node_id not in self._peers:
                peer = self._peers[node_id] = _Peer(member)
                if self._tasks is not None:
                    self._tasks.start_soon(self._keep, peer)
        self._progress.set()

    def published(self, fact: Published) -> None:
        """Tell everyone of records that became visible."""
        for peer in self._peers.values():
            if not peer.is_connected or not peer.pending.add(fact.pid, fact.high_watermark, fact.bytes):
                CLUSTER.hints_dropped.inc()
                continue
            peer.wake()

    def ended(self, pids: Sequence[int]) -> None:
        """Tell everyone of partitions on which transactions were ended: where they are stable depends on it, and readers may wait for that."""
        for peer in self._peers.values():
            dropped = len(pids) if not peer.is_connected else sum(not peer.pending.ended(pid) for pid in pids)
            if dropped:
                CLUSTER.hints_dropped.inc(dropped)
            peer.wake()

    def compacted(self, pid: int, below: int) -> None:
        """Tell everyone that a log was compacted below an offset: what they remember of its records is not all there is any more."""
        for peer in self._peers.values():
            if not peer.is_connected or not peer.pending.compacted(pid, below):
                CLUSTER.hints_dropped.inc()
                continue
            peer.wake()

    def look(self) -> None:
        """Tell everyone that members or shards have changed."""
        for peer in self._peers.values():
            peer.pending.look()
            peer.wake()

    async def spread(self, number: int, seconds: float) -> bool:
        """Tell everyone of a version of topics and configurations, and return when all have read it or the time is over; whether they have. Who
        let the time pass before is not waited for again until it has answered: one broker that stands still does not delay everything."""
        for peer in self._peers.values():
            peer.pending.metadata(number)
            peer.wake()
        with anyio.move_on_after(seconds):
            while any(peer.seen < number and not peer.is_late for peer in self._peers.values()):
                self._progress = anyio.Event()
                await self._progress.wait()
        late = [peer for peer in self._peers.values() if peer.seen < number]
        for peer in late:
            peer.is_late = True
        return not late

    # --- dialling -----------------------------------------------------------------------------------------------------

    async def _keep(self, peer: _Peer) -> None:
        """Be connected to it for as long as it is there."""
        pause_s = FIRST_PAUSE_S
        with peer.scope:
            while True:
                began = anyio.current_time()
                try:
                    await self._tell(peer)
                    if anyio.current_time() - began > LASTED_S:
                        pause_s = FIRST_PAUSE_S
                        continue  # perhaps another one can be had at once
                except (OSError, NotUnderstood) as error:
                    if self._complaints.take(anyio.current_time()) is not None:
                        _log.warning("another broker cannot be told anything", node=peer.member.node_id, reason=str(error) or type(error).__name__)
                finally:
                    if peer.is_connected:
                        peer.is_connected = False
                        CLUSTER.peers.dec()
                if peer.was_connected:
                    self._hearer.broken(peer.member.node_id)
                await anyio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _tell(self, peer: _Peer) -> None:
        own = self._member()
        assert peer.member.peer is not None
        if own is None:
            return
        with anyio.fail_after(CONNECT_S):
            stream: ByteStream = await anyio.connect_tcp(*peer.member.peer)
            if self.tls is not None:
                stream = await _encrypted(stream, self.tls.client_context, server_side=False)
        async with stream:
            try:
                link = await dial(stream, self._secret, own.node_id, own.epoch)
            except LinkEnded as error:
                raise NotUnderstood(str(error)) from error
            if link.node_id != peer.member.node_id:
                raise NotUnderstood(f"it is broker {link.node_id}")
            peer.is_connected = peer.was_connected = True
            CLUSTER.peers.inc()
            self._hearer.connected(link.node_id)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._read_answers, link, peer, tasks)
                await self._send_facts(link, peer)
                tasks.cancel_scope.cancel()

    async def _send_facts(self, link: PeerLink, peer: _Peer) -> None:
        while True:
            while peer.pending:
                frames, count = peer.pending.take()
                try:
                    await link.send(frames)
                except LinkEnded:
                    CLUSTER.hints_dropped.inc(count)
                    return
                CLUSTER.hints_sent.inc(count)
            peer.news = anyio.Event()
            await peer.news.wait()

    async def _read_answers(self, link: PeerLink, peer: _Peer, tasks: TaskGroup) -> None:
        async for kind, payload in link.received():
            if kind == SEEN:
                peer.seen = max(peer.seen, read_version(payload))
                peer.is_late = False
                self._progress.set()
        tasks.cancel_scope.cancel()

    # --- being dialled ------------------------------------------------------------------------------------------------

    async def _serve(self, stream: ByteStream) -> None:
        own = self._member()
        if own is None:
            await self._turn_away(stream)
            return
        scope = anyio.CancelScope()
        address = stream.extra(SocketAttribute.remote_address, None)  # noqa: S610 - not a query
        leaving = self._strangers.enter(scope, address[0] if isinstance(address, tuple) else "", anyio.current_time())
        if leaving is not None:
            leaving.cancel()
        try:
            with scope:
                if self.tls is not None:
                    with anyio.fail_after(CONNECT_S):
                        stream = await _encrypted(stream, self.tls.context, server_side=True)
                async with stream:
                    link = await accept(stream, self._secret, own.node_id, own.epoch)
                    self._strangers.leave(scope)
                    await self._listen(link, stream)
        except* (NotUnderstood, LinkEnded, OSError) as errors:
            CLUSTER.peers_refused.labels("refused").inc()
            if self._complaints.take(anyio.current_time()) is not None:
                _log.warning("a connection to the brokers' own port was refused", reason=str(errors.exceptions[0]) or "it took too long")
        finally:
            self._strangers.leave(scope)
        if scope.cancelled_caught:
            await self._turn_away(stream)

    async def _turn_away(self, stream: ByteStream) -> None:
        CLUSTER.peers_refused.labels("limit").inc()
        await anyio.aclose_forcefully(stream)

    async def _listen(self, link: PeerLink, stream: ByteStream) -> None:
        """To a broker, until it is gone."""
        if self._known >= CONNECTIONS_MAX:
            await self._turn_away(stream)
            return
        self._known += 1
        try:
            answers = _Answers(link, self._hearer)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(answers.run)
                async for kind, payload in link.received():
                    self._hear(answers, kind, payload)
                tasks.cancel_scope.cancel()
        finally:
            self._known -= 1

    def _hear(self, answers: "_Answers", kind: int, payload: bytes) -> None:
        if kind == PUBLISHED:
            facts = read_published(payload)
            CLUSTER.hints_received.inc(len(facts))
            for fact in facts:
                self._hearer.hinted(fact.pid, fact.high_watermark, fact.size)
        elif kind == ENDED:
            pids = read_ended(payload)
            CLUSTER.hints_received.inc(len(pids))
            self._hearer.ended(pids)
        elif kind == COMPACTED:
            places = read_compacted(payload)
            CLUSTER.hints_received.inc(len(places))
            for pid, below in places:
                self._hearer.compacted(pid, below)
        elif kind == METADATA:
            number = read_version(payload)
            self._hearer.metadata_there(number)
            answers.owe(number)
        elif kind == LOOK:
            self._hearer.look()


async def _encrypted(stream: ByteStream, context: ssl.SSLContext, *, server_side: bool) -> ByteStream:
    """TLS over a connection. Raises NotUnderstood, and closes it then: whatever the other end does must not end more than this connection."""
    try:
        return await TLSStream.wrap(stream, server_side=server_side, ssl_context=context, standard_compatible=False)
    except (ssl.SSLError, OSError, ValueError, anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
        await anyio.aclose_forcefully(stream)
        why = getattr(error, "verify_message", None) or getattr(error, "reason", None) or type(error).__name__
        raise NotUnderstood(f"TLS: {why}") from error
    except BaseException:
        with anyio.CancelScope(shield=True):
            await anyio.aclose_forcefully(stream)
        raise


class _Answers:
    """Tells a broker up to where what it told was read: the latest only, however often it tells."""

    def __init__(self, link: PeerLink, hearer: Hearer) -> None:
        self._link = link
        self._hearer = hearer
        self._owed = 0
        self._given = 0
        self._news = anyio.Event()

    def owe(self, number: int) -> None:
        self._owed = max(self._owed, number)
        self._news.set()

    async def run(self) -> None:
        while True:
            await self._news.wait()
            self._news = anyio.Event()
            while self._owed > self._given:
                self._given = await self._hearer.metadata_read(self._owed)
                try:
                    await self._link.send(frame(SEEN, version(self._given)))
                except LinkEnded:
                    return
