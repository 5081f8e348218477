"""A proxy in front of a server of which it knows nothing: connections are cut, answers get lost, everything hangs."""

import contextlib
from collections.abc import AsyncIterator
from typing import Self

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.stapled import MultiListener

_CHUNK = 65_536
_GONE = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, OSError)


class _Link:
    """One client's connection and ours to the server."""

    def __init__(self, client: SocketStream, server: SocketStream) -> None:
        self.client = client
        self.server = server
        self.loses_answers = False

    async def cut(self) -> None:
        """Both sides lose it, at once."""
        with anyio.CancelScope(shield=True):
            for side in (self.client, self.server):
                with contextlib.suppress(*_GONE):
                    await anyio.aclose_forcefully(side)


class TcpProxy:
    """Use :meth:`serving`; clients connect to ``port`` on loopback."""

    def __init__(self, target: tuple[str, int], listener: MultiListener[SocketStream]) -> None:
        self._target = target
        self._links: set[_Link] = set()
        self._open = anyio.Event()
        self._open.set()
        self.port = int(listener.listeners[0].extra(SocketAttribute.local_port))
        self.lost = 0
        """How many connections have lost an answer."""

    @classmethod
    @contextlib.asynccontextmanager
    async def serving(cls, host: str, port: int) -> AsyncIterator[Self]:
        """Stand before ``host``:``port`` while the block runs."""
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        async with listener, anyio.create_task_group() as tasks:
            proxy = cls((host, port), listener)
            tasks.start_soon(listener.serve, proxy._serve)
            yield proxy
            tasks.cancel_scope.cancel()

    @property
    def links(self) -> int:
        """How many connections there are."""
        return len(self._links)

    async def cut_all(self) -> None:
        """Cut every connection."""
        for link in list(self._links):
            await link.cut()

    async def cut(self, index: int) -> None:
        """Cut one connection, the ``index``-th modulo how many there are."""
        links = list(self._links)
        if links:
            await links[index % len(links)].cut()

    def lose_answers(self) -> None:
        """From now on whatever the server says to clients that are connected is lost: at its first word the connection is cut."""
        for link in self._links:
            link.loses_answers = True

    def lose_answers_of(self, index: int) -> None:
        """The same for one connection, the ``index``-th modulo how many there are."""
        links = list(self._links)
        if links:
            links[index % len(links)].loses_answers = True

    def hang(self) -> None:
        """Nothing moves any more, and nothing is closed."""
        self._open = anyio.Event()

    def go_on(self) -> None:
        """Everything moves again."""
        self._open.set()

    async def _serve(self, client: SocketStream) -> None:
        try:
            server = await anyio.connect_tcp(*self._target)
        except OSError:
            await client.aclose()
            return
        link = _Link(client, server)
        self._links.add(link)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._pump, link, client, server)
                tasks.start_soon(self._pump, link, server, client)
        finally:
            await link.cut()
            self._links.discard(link)

    async def _pump(self, link: _Link, source: SocketStream, target: SocketStream) -> None:
        try:
            while True:
                data = await source.receive(_CHUNK)
                await self._open.wait()
                if link.loses_answers and source is link.server:
                    self.lost += 1
                    break
                await target.send(data)
        except _GONE:
            pass
        await link.cut()
