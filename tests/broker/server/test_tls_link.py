"""TLS under a link: the same frames as without, bounded before and after the handshake."""

import random
import ssl
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from broker.server.slicing import SLICE_BYTES
from broker.server.tls_link import HANDSHAKE_BYTES_MAX, READ_BYTES, TlsLink
from security.tls.contexts import client_set, server_set
from security.tls.sources import TlsSources
from tests.broker.server.test_transport import FakeLoop, FakeTransport, Sink, framed
from tests.support.certificates import Authority

AUTHORITY = Authority()
BROKER = AUTHORITY.issue("broker", hosts=("localhost",))
ALICE = AUTHORITY.issue("alice")
NOW = datetime.now(UTC)


def server_context(client_auth: str = "none") -> ssl.SSLContext:
    pem = BROKER.key_pem() + BROKER.chain_pem()
    return server_set(TlsSources(key_store=pem, trust_store=AUTHORITY.pem(), client_auth=client_auth), NOW).context


def client_context(shown: bool = False, version: str = "TLSv1.3") -> ssl.SSLContext:
    pem = ALICE.key_pem() + ALICE.chain_pem() if shown else None
    sources = TlsSources(key_store=pem, trust_store=AUTHORITY.pem(), protocols=(version,))
    return client_set(sources, NOW, check_hostname=True).context


class TlsSink(Sink):
    def __init__(self) -> None:
        super().__init__()
        self.certificates: list[bytes | None] = []
        self.failures: list[str] = []
        self.handshake_s = 0.0
        self.paused: list[bool] = []
        self.on_frame: Callable[[], None] | None = None

    def secured(self, certificate: bytes | None) -> None:
        self.certificates.append(certificate)

    def not_secured(self, reason: str) -> None:
        self.failures.append(reason)

    def handshake_took(self, seconds: float) -> None:
        self.handshake_s += seconds

    def write_paused(self, paused: bool) -> None:
        self.paused.append(paused)

    def frame_received(self, frame: memoryview) -> None:
        super().frame_received(frame)
        if self.on_frame is not None:
            self.on_frame()


class Wire(FakeTransport):
    """A transport that congests when more than ``room`` bytes were not taken."""

    def __init__(self) -> None:
        super().__init__()
        self.room = 1 << 40
        self.waiting = bytearray()
        self.link: TlsLink | None = None

    def write(self, data: Any) -> None:
        self.waiting += data
        if len(self.waiting) > self.room and self.link is not None:
            self.link.pause_writing()

    def take(self) -> bytes:
        taken = bytes(self.waiting)
        self.waiting.clear()
        return taken

    def get_write_buffer_size(self) -> int:
        return len(self.waiting)

    def abort(self) -> None:
        self.closed = True


class Loop(FakeLoop):
    """Handshake steps wait until they are let go, as in a thread."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Callable[[], None]] = []

    def run_in_executor(self, threads: Any, work: Callable[[bytes], Any], data: bytes) -> Future[Any]:
        future: Future[Any] = Future()
        self.steps.append(lambda: future.set_result(work(data)))
        return future

    def do_steps(self) -> None:
        steps, self.steps = self.steps, []
        for step in steps:
            step()


class Pair:
    """A link and a client at its other end."""

    def __init__(self, context: ssl.SSLContext, client: ssl.SSLContext, limit: int = 1 << 24) -> None:
        self.sink, self.wire, self.loop = TlsSink(), Wire(), Loop()
        self.link = TlsLink(self.sink, limit, self.loop, SimpleNamespace(context=context, threads=None))  # type: ignore[arg-type]
        self.wire.link = self.link
        self.link.connection_made(self.wire)  # type: ignore[arg-type]
        self.into, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client.wrap_bio(self.into, self.out, server_hostname="localhost")

    def shake(self) -> None:
        """Bring the handshake to its end, on both sides."""
        for _ in range(6):
            try:
                self.client.do_handshake()
            except ssl.SSLWantReadError:
                pass
            self.deliver(self.out.read())
            self.loop.do_steps()
            self.into.write(self.wire.take())

    def deliver(self, data: bytes, pieces: random.Random | None = None) -> None:
        """Bytes for the link, as a loop would bring them: not while reading is paused."""
        while data and self.wire.reading and not self.wire.closed:
            buffer = self.link.get_buffer(-1)
            count = min(len(buffer), len(data), pieces.randrange(1, 40_000) if pieces else len(data))
            buffer[:count] = data[:count]
            self.link.buffer_updated(count)
            data = data[count:]
        self.kept = data

    def send(self, data: bytes, pieces: random.Random | None = None) -> None:
        self.client.write(data)
        self.deliver(self.out.read(), pieces)

    def received(self) -> bytes:
        """What the client can decrypt by now."""
        self.into.write(self.wire.take())
        got = b""
        while True:
            try:
                piece = self.client.read(1 << 16)
            except ssl.SSLWantReadError:
                return got
            if not piece:
                return got
            got += piece


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_frames_and_answers_pass(version: str) -> None:
    """Of all sizes, in any pieces, both ways."""
    rng = random.Random(7)
    pair = Pair(server_context(), client_context(version=version))
    pair.shake()
    assert pair.sink.certificates == [None]
    bodies = [rng.randbytes(size) for size in (1, 100, 16_384, 16_385, 70_000, 1_000_000, 5_000_000, 3)]

    pair.send(b"".join(map(framed, bodies)), rng)
    assert pair.sink.frames == bodies

    pair.link.write([b"head", memoryview(bodies[5]), b"", bytearray(b"tail")])
    while pair.loop.soon:
        pair.loop.end_iteration()
    assert pair.received() == b"head" + bodies[5] + b"tail"
    assert pair.client.version() == version


def test_a_client_certificate_is_told() -> None:
    """As it is, for whoever knows what to make of it."""
    pair = Pair(server_context("required"), client_context(shown=True))
    pair.shake()

    assert pair.sink.certificates == [ALICE.der]


def test_a_client_without_the_certificate_it_needs_is_told_so() -> None:
    """By an alert of TLS, before the connection closes."""
    pair = Pair(server_context("required"), client_context())
    pair.shake()

    assert pair.sink.certificates == []
    assert "peer did not return a certificate" in pair.sink.failures[0]
    with pytest.raises(ssl.SSLError, match=r"(?i)certificate.required"):
        pair.client.read(1)
    assert pair.wire.closed


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"GET / HTTP/1.1\r\n", "not TLS"), (b"\x00\x00\x00\x20", "not TLS"), (b"\x16\x03\x01\xff\xff" + bytes(17_000), "longer than TLS allows")],
)
def test_what_is_not_tls_is_refused(data: bytes, why: str) -> None:
    """Without asking OpenSSL."""
    pair = Pair(server_context(), client_context())
    pair.deliver(data)

    assert why in pair.sink.failures[0]
    assert (pair.wire.closed, pair.loop.steps) == (True, [])


def test_nothing_is_kept_for_a_handshake_that_has_hardly_begun() -> None:
    """Until the first message is whole there is neither a context's object nor work for a thread."""
    pair = Pair(server_context(), client_context())
    with pytest.raises(ssl.SSLWantReadError):
        pair.client.do_handshake()
    hello = pair.out.read()

    for at in range(len(hello) - 1):
        pair.deliver(hello[at : at + 1])
    assert (pair.loop.steps, pair.link._ssl) == ([], None)

    pair.deliver(hello[-1:])
    assert len(pair.loop.steps) == 1
    assert not pair.wire.reading, "nothing is read while a thread is at it"


def test_a_handshake_is_bounded() -> None:
    """Records that never lead anywhere end it."""
    pair = Pair(server_context(), client_context())
    rubbish = b"\x16\x03\x03\x00\x01\x01" * 3_000
    with pytest.raises(ssl.SSLWantReadError):
        pair.client.do_handshake()
    pair.deliver(pair.out.read())
    for _ in range(20):
        pair.loop.do_steps()
        pair.deliver(rubbish)
    assert pair.wire.closed
    assert pair.link._handshake_bytes <= HANDSHAKE_BYTES_MAX + READ_BYTES
    assert len(pair.sink.failures) == 1


def test_a_client_that_leaves_in_the_middle_of_a_step_is_forgotten() -> None:
    """The thread's work is dropped."""
    pair = Pair(server_context(), client_context())
    with pytest.raises(ssl.SSLWantReadError):
        pair.client.do_handshake()
    pair.deliver(pair.out.read())
    pair.link.connection_lost(None)
    pair.loop.do_steps()

    assert (pair.sink.certificates, pair.sink.failures, bytes(pair.wire.waiting)) == ([], [], b"")


def test_a_request_that_comes_with_the_end_of_the_handshake_is_served() -> None:
    """TLS 1.3 lets a client send both at once."""
    pair = Pair(server_context(), client_context())
    with pytest.raises(ssl.SSLWantReadError):
        pair.client.do_handshake()
    pair.deliver(pair.out.read())
    pair.loop.do_steps()
    pair.into.write(pair.wire.take())
    pair.client.do_handshake()
    pair.client.write(framed(b"first"))
    pair.deliver(pair.out.read())
    pair.loop.do_steps()

    assert pair.sink.frames == [b"first"]


def test_requests_around_the_end_of_the_handshake_may_be_cut_anywhere() -> None:
    """The first record may be whole, begun or in its header when the handshake is done: where it ends is known, and nothing waits for what comes after it."""
    requests = [framed(b"first"), framed(b"x" * 40_000), framed(b"last")]
    for places in range(1, 120, 7):
        pair = Pair(server_context(), client_context())
        with pytest.raises(ssl.SSLWantReadError):
            pair.client.do_handshake()
        pair.deliver(pair.out.read())
        pair.loop.do_steps()
        pair.into.write(pair.wire.take())
        pair.client.do_handshake()
        finished = pair.out.read()
        for request in requests:
            pair.client.write(request)
        flight = finished + pair.out.read()
        cut = len(finished) + places
        pair.deliver(flight[:cut])
        pair.loop.do_steps()
        pair.deliver(flight[cut:])
        assert [len(frame) for frame in pair.sink.frames] == [5, 40_000, 4], f"cut {places} bytes behind the handshake"
        assert not pair.sink.failures


@pytest.mark.parametrize("header", [b"\x17\x03\x03\xff\xff", b"\x17\x03\x03\x41\x01"])
def test_a_record_longer_than_records_may_be_ends_the_connection_at_once(header: bytes) -> None:
    """Nothing is gathered for it."""
    pair = Pair(server_context(), client_context())
    pair.shake()
    pair.send(framed(b"before"))
    pair.deliver(header + b"y" * 20)

    assert pair.sink.frames == [b"before"]
    assert pair.wire.closed
    assert "TLS: " in pair.sink.failures[0]


def test_reading_that_is_paused_goes_on_where_it_stopped() -> None:
    """Frames in the middle of what was read wait, and come in order."""
    pair = Pair(server_context(), client_context())
    pair.shake()
    pair.sink.on_frame = pair.link.pause_reading
    bodies = [bytes([number]) * 20_000 for number in range(12)]

    pair.send(b"".join(map(framed, bodies)))
    for _ in range(40):
        assert len(pair.link._unread) <= READ_BYTES
        pair.link.resume_reading()
        pair.loop.end_iteration()
        pair.deliver(pair.kept)

    assert pair.sink.frames == bodies


def test_what_was_read_before_a_pause_comes_before_what_is_read_after_it() -> None:
    """A transport that is let go reads at once, and must not be before what is still here is done with."""
    pair = Pair(server_context(), client_context())
    pair.shake()
    rng = random.Random(11)
    bodies = [rng.randbytes(rng.randrange(1, 30_000)) for _ in range(60)]
    pair.sink.on_frame = lambda: pair.link.pause_reading() if rng.random() < 0.7 else None
    pair.client.write(b"".join(map(framed, bodies)))
    stream = pair.out.read()
    for _ in range(2_000):
        if pair.wire.reading and stream:
            size = min(len(stream), rng.randrange(1, READ_BYTES))
            pair.deliver(stream[:size])
            stream = pair.kept + stream[size:]
        elif rng.random() < 0.5:
            pair.link.resume_reading()
        if rng.random() < 0.5:
            pair.loop.end_iteration()

    assert pair.sink.frames == bodies


def test_what_the_peer_does_not_take_is_not_encrypted() -> None:
    """So it is not held twice; and who closes in between still sends all of it first."""
    pair = Pair(server_context(), client_context())
    pair.shake()
    pair.wire.room = 100_000
    body = random.Random(3).randbytes(1_000_000)

    pair.link.write([body])
    while pair.loop.soon:
        pair.loop.end_iteration()
    assert len(pair.wire.waiting) <= pair.wire.room + SLICE_BYTES + 1_000
    assert pair.link.unsent >= len(body)
    assert pair.sink.paused == [True]
    pair.link.close()
    assert not pair.wire.closed

    got = b""
    for _ in range(100):
        got += pair.received()
        pair.link.resume_writing()
        while pair.loop.soon:
            pair.loop.end_iteration()
    assert got == body
    assert pair.wire.closed
    assert pair.link.unsent == 0


def test_damaged_ciphertext_ends_the_connection() -> None:
    """Nothing that cannot be proved to be the peer's is taken."""
    pair = Pair(server_context(), client_context())
    pair.shake()
    pair.client.write(framed(b"x" * 100))
    data = bytearray(pair.out.read())
    data[-1] ^= 1
    pair.deliver(bytes(data))

    assert pair.sink.frames == []
    assert pair.wire.closed
    assert "TLS: " in pair.sink.failures[0]


def test_the_peers_goodbye_closes() -> None:
    """A close_notify is the end of what is to be read."""
    pair = Pair(server_context(), client_context())
    pair.shake()
    with pytest.raises(ssl.SSLWantReadError):
        pair.client.unwrap()
    pair.deliver(pair.out.read())

    assert pair.wire.closed


@pytest.mark.parametrize("seed", range(20))
def test_any_bytes_at_any_time_are_an_error_or_nothing(seed: int) -> None:
    """Before, within and after the handshake: nothing but a refusal comes of them."""
    rng = random.Random(seed)
    pair = Pair(server_context(), client_context())
    if seed % 3 == 1:
        with pytest.raises(ssl.SSLWantReadError):
            pair.client.do_handshake()
        hello = bytearray(pair.out.read())
        for _ in range(rng.randrange(1, 6)):
            hello[rng.randrange(5, len(hello))] = rng.randrange(256)
        pair.deliver(bytes(hello))
    elif seed % 3 == 2:
        pair.shake()
    pair.deliver(b"\x16\x03\x01" * (seed % 2) + rng.randbytes(rng.randrange(1, 3_000)))
    pair.loop.do_steps()
    pair.deliver(rng.randbytes(3_000))
    pair.loop.do_steps()
    pair.loop.end_iteration()

    assert pair.sink.frames == []
