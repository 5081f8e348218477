"""The transport cuts frames out of whatever pieces the network delivers, within bounds."""

import mmap
import random
import resource
import socket
import sys
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from broker.server.slicing import SLICE_BYTES, Turns
from broker.server.transport import (
    BODY_READ_BYTES,
    GROWING_BYTES,
    GROWTH,
    PLAIN_BYTES,
    SEND_AT_ONCE_BYTES,
    START_BYTES,
    Link,
    listen,
)

MIB = 1 << 20


class Sink:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.arriving: list[int] = []
        self.bad: list[str] = []
        self.link: Link | None = None
        self.gone = anyio.Event()
        self.came = anyio.Event()
        self.expected = 0
        self.paused: list[bool] = []

    def connected(self, link: Link) -> None:
        self.link = link

    def frame_received(self, frame: memoryview) -> None:
        assert not frame.readonly
        self.frames.append(bytes(frame))
        if len(self.frames) >= self.expected:
            self.came.set()

    def frame_arriving(self, count: int) -> None:
        self.arriving.append(count)

    def bad_frame(self, reason: str) -> None:
        self.bad.append(reason)

    def write_paused(self, paused: bool) -> None:
        self.paused.append(paused)

    def disconnected(self, error: BaseException | None) -> None:
        self.gone.set()


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


def feed(link: Link, data: bytes, pieces: list[int]) -> None:
    """Deliver ``data`` in pieces of at most the given sizes, as an event loop would."""
    position = 0
    for size in [*pieces, len(data)]:
        end = min(len(data), position + size)
        while position < end:
            buffer = link.get_buffer(-1)
            count = min(len(buffer), end - position)
            buffer[:count] = data[position : position + count]
            link.buffer_updated(count)
            position += count


class FakeTransport:
    """Just enough of a transport for a link to live."""

    def __init__(self) -> None:
        self.closed = False
        self.reading = True
        self.sent: list[list[Any]] = []
        self.on_write: Callable[[], None] | None = None

    @property
    def bytes_sent(self) -> bytes:
        return b"".join(chunk for chunks in self.sent for chunk in chunks)

    @property
    def size(self) -> int:
        return len(self.bytes_sent)

    def write(self, data: Any) -> None:
        self.writelines([data])

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closed

    def writelines(self, chunks: list[Any]) -> None:
        self.sent.append(chunks)
        if self.on_write is not None:
            self.on_write()

    def get_extra_info(self, name: str) -> Any:
        return None

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def close(self) -> None:
        self.closed = True


class FakeLoop:
    def __init__(self) -> None:
        self.now = 0.0
        self.soon: list[Callable[[], None]] = []

    def time(self) -> float:
        return self.now

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.soon.append(callback)

    def end_iteration(self) -> None:
        """Call what was to be called soon."""
        soon, self.soon = self.soon, []
        for callback in soon:
            callback()


def make_link(limit: int = 1 << 20) -> tuple[Link, Sink, FakeTransport]:
    sink, transport = Sink(), FakeTransport()
    link = Link(sink, limit, FakeLoop())  # type: ignore[arg-type]
    link.connection_made(transport)  # type: ignore[arg-type]
    return link, sink, transport


@pytest.mark.parametrize("seed", range(30))
def test_frames_arrive_whole_however_the_bytes_are_cut(seed: int) -> None:
    """At once, byte by byte, or in any pieces: the same frames, of any size around the thresholds."""
    rng = random.Random(seed)
    sizes = [1, 2, 3, 4, 5, 100, 4096, PLAIN_BYTES - 1, PLAIN_BYTES, PLAIN_BYTES + 1, 300_000, 1_000_000]
    bodies = [rng.randbytes(rng.choice(sizes)) for _ in range(12)]
    stream = b"".join(map(framed, bodies))
    pieces = [1] * 50 if seed % 3 == 0 else [rng.randrange(1, 70_000) for _ in range(60)]
    link, sink, _ = make_link()

    feed(link, stream, pieces if seed % 3 else [*pieces, *([65_536] * 100)])

    assert sink.frames == bodies
    assert not link.mid_frame


@pytest.mark.parametrize("size", [PLAIN_BYTES * GROWTH, GROWING_BYTES - 1, GROWING_BYTES, GROWING_BYTES + 1])
@pytest.mark.parametrize("piece", [PLAIN_BYTES, 100_003, 3_000_000])
def test_memory_for_a_frame_grows_with_it(size: int, piece: int) -> None:
    """Frames around the bounds of growing arrive whole, whether pieces end where the memory does or not."""
    body = random.Random(size).randbytes(size)
    link, sink, _ = make_link(limit=8 << 20)
    feed(link, framed(body), [piece] * 100)
    assert sink.frames == [body]


def test_a_frame_in_part_holds_little_more_than_what_has_arrived() -> None:
    """Announcing a large frame takes no memory; only sending it does."""
    link, _, _ = make_link(limit=8 << 20)
    stream = framed(bytes(GROWING_BYTES))
    sent = 0
    for count in [10, *([100_000] * 30)]:
        feed(link, stream[sent : sent + count], [])
        sent += count
        held = link.received + len(link.get_buffer(-1))
        assert held <= max(START_BYTES, GROWTH * sent)


def test_two_links_share_a_buffer_and_not_their_frames() -> None:
    """An unfinished frame of one connection survives reads of another in between."""
    one, sink_one, _ = make_link()
    two, sink_two, _ = make_link()

    feed(one, framed(b"a" * 10)[:3], [])
    feed(two, framed(b"b" * 10)[:7], [])
    feed(one, framed(b"a" * 10)[3:], [])
    feed(two, framed(b"b" * 10)[7:], [])

    assert (sink_one.frames, sink_two.frames) == ([b"a" * 10], [b"b" * 10])


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"\xff\xff\xff\xff", "-1 bytes"),
        (b"\x00\x00\x00\x00", "0 bytes"),
        (b"\x7f\xff\xff\xff", "2147483647 bytes announced, 1048576 are allowed"),
        (b"\x16\x03\x01\x02\x00\x01", "TLS"),
        (b"GET / HTTP/1.1\r\n", "HTTP"),
    ],
)
def test_a_frame_that_is_not_allowed_ends_reading_and_says_why(start: bytes, words: str) -> None:
    """The reason names the usual mistakes of configuration. Nothing is read after it; when the link closes is up to the sink."""
    link, sink, transport = make_link()

    feed(link, framed(b"good") + start, [])
    link.resume_reading()

    assert (transport.reading, transport.closed, sink.frames) == (False, False, [b"good"])
    assert words in sink.bad[0]


def test_what_arrives_of_a_large_frame_is_told_and_nothing_of_others() -> None:
    """So that it can be counted before it is whole, at no cost for the usual frame."""
    link, sink, _ = make_link()
    feed(link, framed(bytes(PLAIN_BYTES)), [10_000] * 5)
    assert sink.arriving == []
    stream = framed(bytes(300_000))
    told = 0
    for position in range(0, 300_000, 50_000):
        feed(link, stream[position : position + 50_000], [])
        told += 50_000
        assert sum(sink.arriving) == told - 4 == link.received
    feed(link, stream[300_000:], [])
    assert (sum(sink.arriving), len(sink.frames), link.missing) == (300_000 - 4, 2, 0), "the last piece makes it whole"

    feed(link, framed(bytes(300_000))[:50_000], [])
    assert (link.missing, link.received) == (250_004, 49_996)


def test_one_read_of_a_large_frame_is_bounded() -> None:
    """However much the system's socket buffer holds."""
    link, _, _ = make_link(limit=100 << 20)
    feed(link, (100 << 20).to_bytes(4, "big") + b"x", [])

    assert len(link.get_buffer(-1)) == BODY_READ_BYTES


def test_time_in_which_nothing_was_read_does_not_count() -> None:
    """A frame that was paused begins anew, with the bytes that come from then on."""
    loop = FakeLoop()
    link = Link(Sink(), 1 << 20, loop)  # type: ignore[arg-type]
    link.connection_made(FakeTransport())  # type: ignore[arg-type]
    stream = framed(bytes(500_000))
    feed(link, stream[:100_000], [])
    link.pause_reading()
    loop.now = 1000.0
    link.resume_reading()
    assert (link.frame_began, link.last_read, link.received_lately) == (1000.0, 1000.0, 0)
    feed(link, stream[100_000:200_000], [])

    assert (link.received, link.received_lately) == (199_996, 100_000)


def test_announced_bytes_cost_no_memory() -> None:
    """A hundred announcements of 100 MiB with ten bytes each stay far below one of them in resident memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    links = []
    for _ in range(100):
        link, _, _ = make_link(100 << 20)
        feed(link, (100 << 20).to_bytes(4, "big") + b"0123456789", [])
        assert link.mid_frame
        links.append(link)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    assert grown < 20 * 1024
    assert mmap.PAGESIZE <= 65536


async def test_a_real_socket_delivers_frames_and_takes_lists_of_buffers() -> None:
    """The same over TCP, with an answer made of several buffers."""
    sink = Sink()
    sink.expected = 2
    bound = await listen("127.0.0.1", 0, lambda: sink, 1 << 20, 10)
    client = await anyio.connect_tcp("127.0.0.1", bound.port)
    await client.send(framed(b"one") + framed(b"x" * 200_000))
    with anyio.fail_after(10):
        await sink.came.wait()
    assert sink.link is not None
    sink.link.write([b"he", memoryview(b"ll"), bytearray(b"o")])
    assert await client.receive() == b"hello"
    await client.aclose()
    with anyio.fail_after(10):
        await sink.gone.wait()
    bound.stop_accepting()

    assert [len(frame) for frame in sink.frames] == [3, 200_000]
    assert sink.link.peer == ("unknown", 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
async def test_a_link_that_is_not_read_knows_that_its_peer_left() -> None:
    """And asks nothing of a socket that is closed, or of one that is none."""
    sink = Sink()
    sink.expected = 1
    bound = await listen("127.0.0.1", 0, lambda: sink, 1 << 20, 10)
    client = await anyio.connect_tcp("127.0.0.1", bound.port)
    await client.send(framed(b"one"))
    with anyio.fail_after(10):
        await sink.came.wait()
        link = sink.link
        assert link is not None
        link.pause_reading()
        assert not link.peer_left
        await client.aclose()
        while not link.peer_left:
            await anyio.lowlevel.checkpoint()
        link.close()
        assert not link.peer_left
        await sink.gone.wait()
    assert not link.peer_left
    bound.stop_accepting()

    assert not make_link()[0].peer_left


def test_small_answers_of_one_iteration_leave_together() -> None:
    """Answers to requests that one commit made durable take one system call, in order."""
    loop, transport = FakeLoop(), FakeTransport()
    link = Link(Sink(), 1 << 20, loop)  # type: ignore[arg-type]
    link.connection_made(transport)  # type: ignore[arg-type]

    link.write([b"a"])
    link.write([b"b", b"c"])
    assert (transport.sent, link.unsent) == ([], 3)
    loop.end_iteration()
    link.write([b"d"])
    loop.end_iteration()

    assert transport.sent == [[b"a", b"b", b"c"], [b"d"]]


def test_large_answers_leave_at_once() -> None:
    """So that a peer that does not read is noticed before the next answer is made; what was held back goes first."""
    loop, transport = FakeLoop(), FakeTransport()
    link = Link(Sink(), 1 << 20, loop)  # type: ignore[arg-type]
    link.connection_made(transport)  # type: ignore[arg-type]
    large = bytes(SEND_AT_ONCE_BYTES)

    link.write([b"a"])
    link.write([large])
    assert transport.sent == [[b"a", large]]
    loop.end_iteration()

    assert transport.sent == [[b"a", large]]


def test_larger_answers_leave_in_slices_with_other_links_between() -> None:
    """In the order of the answers; the sink is told that much is unsent, and when it no longer is."""
    loop = FakeLoop()
    turns = Turns(loop.call_soon)
    sinks, transports = [Sink(), Sink()], [FakeTransport(), FakeTransport()]
    links = [Link(sink, 1 << 20, loop, turns) for sink in sinks]  # type: ignore[arg-type]
    for link, transport in zip(links, transports, strict=True):
        link.connection_made(transport)  # type: ignore[arg-type]
    answers = [random.Random(number).randbytes(2 * MIB) for number in range(2)]
    links[0].write([b"a"])
    links[0].write([answers[0][:MIB], answers[0][MIB:]])
    links[0].write([b"z"])
    links[1].write([answers[1]])
    assert [link.unsent for link in links] == [2 * MIB + 1, 2 * MIB]
    assert [sink.paused for sink in sinks] == [[True], [True]]
    iterations = 0
    while loop.soon:
        before = sum(transport.size for transport in transports)
        loop.end_iteration()
        assert sum(transport.size for transport in transports) - before <= SLICE_BYTES + 1
        iterations += 1
    assert iterations >= 4 * MIB // SLICE_BYTES
    assert [transport.bytes_sent for transport in transports] == [b"a" + answers[0] + b"z", answers[1]]
    assert [sink.paused for sink in sinks] == [[True, False], [True, False]]


def test_no_slice_is_sent_to_a_peer_that_does_not_read() -> None:
    """Until it does; what is written meanwhile comes behind."""
    loop, transport, sink = FakeLoop(), FakeTransport(), Sink()
    link = Link(sink, 1 << 20, loop)  # type: ignore[arg-type]
    link.connection_made(transport)  # type: ignore[arg-type]
    transport.on_write = link.pause_writing
    link.write([bytes(MIB)])
    while loop.soon:
        loop.end_iteration()
    assert transport.size == SLICE_BYTES
    link.write([b"end"])
    assert (loop.soon, link.unsent, sink.paused) == ([], MIB - SLICE_BYTES + 3, [True])
    transport.on_write = None
    link.resume_writing()
    while loop.soon:
        loop.end_iteration()
    assert transport.bytes_sent == bytes(MIB) + b"end"
    assert (link.unsent, sink.paused) == (0, [True, False])


def test_closing_sends_the_slices_that_are_left() -> None:
    """Nothing of an answer is lost; a link that was lost holds nothing."""
    loop, transport = FakeLoop(), FakeTransport()
    link = Link(Sink(), 1 << 20, loop)  # type: ignore[arg-type]
    link.connection_made(transport)  # type: ignore[arg-type]
    link.write([bytes(MIB)])
    loop.end_iteration()
    link.close()
    assert (transport.size, transport.closed) == (SLICE_BYTES, False), "not all at once: the transport would hold what nobody counts"
    while loop.soon:
        loop.end_iteration()
    assert (transport.size, transport.closed) == (MIB, True)
    lost = Link(Sink(), 1 << 20, loop)  # type: ignore[arg-type]
    lost.connection_made(FakeTransport())  # type: ignore[arg-type]
    lost.write([bytes(MIB)])
    lost.connection_lost(None)
    loop.end_iteration()
    assert (lost.unsent, loop.soon) == (0, [])


def test_closing_sends_what_was_held_back() -> None:
    """An answer that was given is not lost because the connection ends in the same iteration."""
    link, _, transport = make_link()
    link.write([b"a"])
    link.close()
    assert transport.sent == [[b"a"]]
    assert transport.closed


async def test_nothing_is_read_while_reading_is_paused() -> None:
    """Back-pressure reaches the peer through its socket."""
    sink = Sink()
    sink.expected = 1
    bound = await listen("127.0.0.1", 0, lambda: sink, 1 << 20, 10)
    client = await anyio.connect_tcp("127.0.0.1", bound.port)
    await client.send(framed(b"one"))
    with anyio.fail_after(10):
        await sink.came.wait()
    assert sink.link is not None
    sink.link.pause_reading()
    sink.came, sink.expected = anyio.Event(), 2
    await client.send(framed(b"two"))
    for _ in range(20):
        await anyio.lowlevel.checkpoint()
    assert len(sink.frames) == 1
    sink.link.resume_reading()
    with anyio.fail_after(10):
        await sink.came.wait()
    raw: socket.socket = client.extra(anyio.abc.SocketAttribute.raw_socket)
    assert raw.fileno() > 0
    await client.aclose()
    bound.stop_accepting()
