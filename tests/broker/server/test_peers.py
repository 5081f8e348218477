"""Brokers connected to each other, over real sockets."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from broker.cluster.hints import COMPACTED, FACTS_A_FRAME, frame
from broker.model import Published
from broker.server import peer_link
from broker.server import peers as peers_module
from broker.server.peers import PeerNetwork
from broker.storage.catalog.cluster import Member
from observability.metrics import REGISTRY

SECRET = b"s" * 32


class Hearer:
    """What a broker hears; tests wait for it."""

    def __init__(self) -> None:
        self.facts: list[tuple[int, int, int]] = []
        self.ended_on: list[int] = []
        self.compacted_below: list[tuple[int, int]] = []
        self.versions: list[int] = []
        self.events: list[tuple[str, int]] = []
        self.looks = 0
        self.reads = anyio.Event()
        self._news = anyio.Event()

    def hinted(self, pid: int, high_watermark: int, size: int) -> None:
        self.facts.append((pid, high_watermark, size))
        self._heard()

    def ended(self, pids: Sequence[int]) -> None:
        self.ended_on += pids
        self._heard()

    def compacted(self, pid: int, below: int) -> None:
        self.compacted_below.append((pid, below))
        self._heard()

    def metadata_there(self, number: int) -> None:
        self.versions.append(number)
        self._heard()

    async def metadata_read(self, number: int) -> int:
        await self.reads.wait()
        return number

    def look(self) -> None:
        self.looks += 1
        self._heard()

    def connected(self, node_id: int) -> None:
        self.events.append(("connected", node_id))
        self._heard()

    def broken(self, node_id: int) -> None:
        self.events.append(("broken", node_id))
        self._heard()

    def _heard(self) -> None:
        self._news.set()

    async def until(self, condition: Callable[["Hearer"], Any]) -> None:
        with anyio.fail_after(10):
            while not condition(self):
                self._news = anyio.Event()
                await self._news.wait()


class Broker:
    def __init__(self, node_id: int, secret: bytes = SECRET) -> None:
        self.node_id = node_id
        self.hearer = Hearer()
        self.network = PeerNetwork(secret, lambda: self.member, self.hearer)
        self.member: Member | None = None
        self.scope = anyio.CancelScope()

    async def start(self, tasks: anyio.abc.TaskGroup) -> None:
        port = await self.network.bind("127.0.0.1", 0)
        self.member = Member(node_id=self.node_id, epoch=1, rack=None, listeners={}, peer=("127.0.0.1", port))
        tasks.start_soon(self._run)

    async def _run(self) -> None:
        with self.scope:
            await self.network.run()


@asynccontextmanager
async def connected(*brokers: Broker) -> AsyncIterator[None]:
    """All of them, knowing each other."""
    async with anyio.create_task_group() as tasks:
        for broker in brokers:
            await broker.start(tasks)
        members = [broker.member for broker in brokers if broker.member is not None]
        for broker in brokers:
            broker.network.follow(members)
        for broker in brokers:
            await broker.hearer.until(lambda hearer: len(hearer.events) >= len(brokers) - 1)
        yield
        tasks.cancel_scope.cancel()


async def test_what_one_commits_all_others_hear_of() -> None:
    """And nobody hears of itself."""
    one, two, three = (Broker(number) for number in (1, 2, 3))
    async with connected(one, two, three):
        assert one.network.hints_flow
        one.network.published(Published(7, 0, 9, 100, 10))
        for other in (two, three):
            await other.hearer.until(lambda hearer: hearer.facts)

        assert two.hearer.facts == three.hearer.facts == [(7, 10, 100)]
        assert one.hearer.facts == []


async def test_all_others_hear_where_transactions_were_ended() -> None:
    """Of each of their partitions."""
    one, two, three = (Broker(number) for number in (1, 2, 3))
    async with connected(one, two, three):
        one.network.ended([7, 9])
        for other in (two, three):
            await other.hearer.until(lambda hearer: hearer.ended_on)

        assert two.hearer.ended_on == three.hearer.ended_on == [7, 9]
        assert one.hearer.ended_on == []


async def test_all_others_hear_which_logs_were_compacted() -> None:
    """And below which offset."""
    one, two, three = (Broker(number) for number in (1, 2, 3))
    async with connected(one, two, three):
        one.network.compacted(7, 20)
        one.network.compacted(9, 1 << 40)
        for other in (two, three):
            await other.hearer.until(lambda hearer: len(hearer.compacted_below) == 2)

        assert two.hearer.compacted_below == three.hearer.compacted_below == [(7, 20), (9, 1 << 40)]
        assert one.hearer.compacted_below == []


async def test_a_frame_that_is_cut_short_ends_no_more_than_its_connection() -> None:
    """Nothing of it is heard, kinds that are not known are passed over, and who dials again is heard."""
    one, two = Broker(1), Broker(2)
    async with connected(one, two):
        (peer,) = two.network._peers.values()
        taken = peer.pending.take
        said = [frame(200, b"of a newer release"), frame(COMPACTED, b"\0" * 13)]
        peer.pending.take = lambda: (said.pop(0), 1) if said else taken()  # type: ignore[method-assign]
        two.network.compacted(7, 20)
        await two.hearer.until(lambda hearer: ("broken", 1) in hearer.events)
        assert one.hearer.compacted_below == []
        await two.hearer.until(lambda hearer: hearer.events[-1] == ("connected", 1))
        two.network.compacted(7, 21)
        await one.hearer.until(lambda hearer: hearer.compacted_below)

        assert one.hearer.compacted_below == [(7, 21)]


async def test_who_spreads_a_version_waits_for_all_to_have_read_it() -> None:
    """Or until the time is over."""
    one, two, three = (Broker(number) for number in (1, 2, 3))
    async with connected(one, two, three):
        two.hearer.reads.set()
        assert not await one.network.spread(5, 0.05)
        three.hearer.reads.set()
        with anyio.fail_after(5):
            while not await one.network.spread(5, 10):  # noqa: ASYNC110 - who was late is not waited for
                await anyio.sleep(0.005)
        assert await one.network.spread(4, 0)  # they have read more than that

        assert 5 in two.hearer.versions
        assert 5 in three.hearer.versions


async def test_who_was_too_late_is_not_waited_for_again() -> None:
    """Until it has answered: one broker that stands still costs the first change its time, and no other."""
    one, two = Broker(1), Broker(2)
    async with connected(one, two):
        assert not await one.network.spread(1, 0.05)
        with anyio.fail_after(5):
            assert not await one.network.spread(2, 60)
        two.hearer.reads.set()
        (peer,) = one.network._peers.values()
        with anyio.fail_after(5):
            while peer.is_late:  # noqa: ASYNC110 - nobody tells
                await anyio.sleep(0.005)
        assert await one.network.spread(3, 60)


async def test_others_look_when_they_are_told() -> None:
    """Members or shards have changed."""
    one, two = Broker(1), Broker(2)
    async with connected(one, two):
        one.network.look()
        await two.hearer.until(lambda hearer: hearer.looks)


async def test_a_broker_that_goes_is_noticed_and_one_that_returns_is_told_again() -> None:
    """At once: nobody waits for a lease to hear of a broken connection."""
    one, two = Broker(1), Broker(2)
    async with connected(one, two), anyio.create_task_group() as tasks:
        two.scope.cancel()
        await one.hearer.until(lambda hearer: ("broken", 2) in hearer.events)
        assert not one.network.hints_flow
        one.network.published(Published(7, 0, 9, 100, 10))
        again = Broker(2)
        await again.start(tasks)
        assert one.member is not None
        assert again.member is not None
        one.network.follow([one.member, again.member])
        await one.hearer.until(lambda hearer: hearer.events[-1] == ("connected", 2))
        one.network.published(Published(7, 10, 19, 100, 20))
        await again.hearer.until(lambda hearer: hearer.facts)

        assert again.hearer.facts == [(7, 20, 100)]
        tasks.cancel_scope.cancel()


async def test_a_broker_that_was_never_reached_is_not_missed() -> None:
    """Its port may be closed to this one: that says nothing of how it is."""
    one = Broker(1)
    async with connected(one):
        assert one.member is not None
        closed = Member(node_id=2, epoch=1, rack=None, listeners={}, peer=("127.0.0.1", 1))
        one.network.follow([one.member, closed])
        await anyio.sleep(0.3)

        assert one.hearer.events == []
        assert not one.network.hints_flow


async def test_strangers_are_refused() -> None:
    """Whoever does not know the secret is told nothing, and heard by nobody."""
    one, stranger = Broker(1), Broker(2, secret=b"x" * 32)
    async with anyio.create_task_group() as tasks:
        await one.start(tasks)
        await stranger.start(tasks)
        assert one.member is not None
        assert stranger.member is not None
        for broker in (one, stranger):
            broker.network.follow([one.member, stranger.member])
        stranger.network.published(Published(7, 0, 9, 100, 10))
        await anyio.sleep(0.3)

        assert one.hearer.events == stranger.hearer.events == []
        assert one.hearer.facts == []
        tasks.cancel_scope.cancel()


async def test_bytes_of_no_broker_harm_nobody() -> None:
    """Those that know each other go on."""
    one, two = Broker(1), Broker(2)
    async with connected(one, two):
        assert one.member is not None
        assert one.member.peer is not None
        for said in (b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, b"", b"\0\0\0\1"):
            async with await anyio.connect_tcp(*one.member.peer) as stream:
                if said:
                    await stream.send(said)
                with anyio.move_on_after(0.2), pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
                    await stream.receive()
        two.network.published(Published(1, 0, 0, 1, 1))
        await one.hearer.until(lambda hearer: hearer.facts)


async def test_the_oldest_stranger_leaves_for_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who knocks without the secret must not take everything."""
    monkeypatch.setattr(peers_module, "STRANGERS_MAX", 2)
    one = Broker(1)
    async with connected(one):
        assert one.member is not None
        assert one.member.peer is not None
        refused = await anyio.connect_tcp(*one.member.peer)
        held = [await anyio.connect_tcp(*one.member.peer) for _ in range(2)]
        with anyio.fail_after(2), pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
            await refused.receive()
        assert len(one.network._strangers) == 2
        for stream in (*held, refused):
            await stream.aclose()


async def test_strangers_keep_no_broker_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many say nothing, and however long. Who is known is not among them."""
    monkeypatch.setattr(peer_link, "HANDSHAKE_S", 60.0)
    monkeypatch.setattr(peers_module, "CONNECTIONS_MAX", 2)
    monkeypatch.setattr(peers_module, "STRANGERS_MAX", 2, raising=False)
    one, two = Broker(1), Broker(2)
    async with anyio.create_task_group() as tasks:
        for broker in (one, two):
            await broker.start(tasks)
        assert one.member is not None
        assert two.member is not None
        assert one.member.peer is not None
        silent = [await anyio.connect_tcp(*one.member.peer) for _ in range(8)]
        two.network.follow([one.member, two.member])
        await two.hearer.until(lambda hearer: ("connected", 1) in hearer.events)
        silent += [await anyio.connect_tcp(*one.member.peer) for _ in range(8)]
        two.network.published(Published(7, 0, 9, 100, 10))
        await one.hearer.until(lambda hearer: hearer.facts)
        assert two.network.hints_flow
        for stream in silent:
            await stream.aclose()
        tasks.cancel_scope.cancel()


async def test_known_connections_are_bounded_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes when there are as many as may be is not heard."""
    monkeypatch.setattr(peers_module, "CONNECTIONS_MAX", 1)
    one, two, three = (Broker(number) for number in (1, 2, 3))
    async with connected(one, two), anyio.create_task_group() as tasks:
        await three.start(tasks)
        assert one.member is not None
        assert three.member is not None
        before = REGISTRY.get_sample_value("penstock_cluster_peers_refused_total", {"reason": "limit"}) or 0.0
        three.network.follow([one.member, three.member])
        await three.hearer.until(lambda hearer: ("broken", 1) in hearer.events)
        assert (REGISTRY.get_sample_value("penstock_cluster_peers_refused_total", {"reason": "limit"}) or 0.0) > before
        two.network.published(Published(7, 0, 9, 100, 10))
        await one.hearer.until(lambda hearer: hearer.facts)
        tasks.cancel_scope.cancel()


async def test_a_broker_that_takes_nothing_costs_nothing() -> None:
    """What it is not told in time is dropped, and whoever tells goes on at once."""
    one, two = Broker(1), Broker(2)
    async with connected(one, two):
        (peer,) = one.network._peers.values()
        peer.is_connected = True
        for number in range(10 * FACTS_A_FRAME):
            one.network.published(Published(number, 0, 0, 1, 1))
            one.network.compacted(number, 1)

        assert len(peer.pending._facts) <= 4 * FACTS_A_FRAME
        assert len(peer.pending._compacted) <= 4 * FACTS_A_FRAME
