"""The handshake between two brokers, and what comes after it."""

import math
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
import trio.testing
from anyio.abc import ByteStream
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from anyio.streams.stapled import StapledByteStream
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.cluster.hints import (
    CHALLENGE,
    FRAME_BYTES_MAX,
    HELLO,
    PROOF,
    PUBLISHED,
    Challenge,
    Hello,
    NotUnderstood,
    frame,
    proof,
)
from broker.server.peer_link import HANDSHAKE_S, LinkEnded, PeerLink, accept, dial

SECRET = b"s" * 32


class _Bytes(anyio.abc.ByteReceiveStream):
    """Bytes out of a memory object stream."""

    def __init__(self, stream: MemoryObjectReceiveStream[bytes]) -> None:
        self._stream = stream

    async def receive(self, max_bytes: int = 65536) -> bytes:
        return await self._stream.receive()

    async def aclose(self) -> None:
        await self._stream.aclose()


def pair() -> tuple[ByteStream, ByteStream]:
    """Two ends of one connection."""
    to_right: tuple[MemoryObjectSendStream[bytes], Any] = anyio.create_memory_object_stream(math.inf)
    to_left: tuple[MemoryObjectSendStream[bytes], Any] = anyio.create_memory_object_stream(math.inf)
    return StapledByteStream(to_right[0], _Bytes(to_left[1])), StapledByteStream(to_left[0], _Bytes(to_right[1]))


async def met(dialling: bytes = SECRET, accepting: bytes = SECRET) -> tuple[Any, Any]:
    """What the handshake of brokers 1 and 2 came to at each end: a link or an error."""
    left, right = pair()
    outcomes: dict[str, Any] = {}

    async def run(end: str, stream: ByteStream, handshake: Callable[[], Awaitable[PeerLink]]) -> None:
        try:
            outcomes[end] = await handshake()
        except (NotUnderstood, LinkEnded) as error:
            outcomes[end] = error
            await stream.aclose()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run, "left", left, lambda: dial(left, dialling, 1, 11))
        tasks.start_soon(run, "right", right, lambda: accept(right, accepting, 2, 22))
    return outcomes["left"], outcomes["right"]


async def test_brokers_that_know_the_secret_know_each_other() -> None:
    """Node id and epoch of the other, at both ends; then frames go both ways."""
    left, right = await met()

    assert (left.node_id, left.epoch, left.version) == (2, 22, 1)
    assert (right.node_id, right.epoch, right.version) == (1, 11, 1)
    await left.send(frame(PUBLISHED, b"x" * 16) + frame(99, b"unknown"))
    await right.send(frame(PUBLISHED, b"back"))
    received = [await anext(frames) for frames in (right.received(), left.received())]
    assert received == [(PUBLISHED, b"x" * 16), (PUBLISHED, b"back")]


@pytest.mark.parametrize(("dialling", "accepting"), [(SECRET, b"o" * 32), (b"o" * 32, SECRET)])
async def test_who_does_not_know_the_secret_is_refused_by_the_other(dialling: bytes, accepting: bytes) -> None:
    """Whichever end it is; and the one that dialled learns nothing it could use."""
    outcomes = await met(dialling, accepting)

    assert isinstance(outcomes[0], NotUnderstood)
    assert isinstance(outcomes[1], LinkEnded)


async def test_a_proof_that_was_seen_before_is_worth_nothing() -> None:
    """Whoever recorded a handshake cannot play it again."""
    hello, challenge = Hello(1, 1, 1, 11, b"n" * 32), Challenge(1, 2, 22, b"m" * 32)
    old = proof(SECRET, b"dial", hello, challenge)
    left, right = pair()
    await left.send(frame(HELLO, hello.encode()) + frame(PROOF, old))

    with pytest.raises(NotUnderstood, match="secret"):
        await accept(right, SECRET, 2, 22)


@pytest.mark.parametrize(
    "said",
    [
        frame(PROOF, b"p" * 32),
        frame(HELLO, b"short"),
        frame(HELLO, b"\0" * 48),
        (1 << 30).to_bytes(4, "big") + b"\1",
        (0).to_bytes(4, "big"),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_what_is_no_greeting_is_refused(said: bytes) -> None:
    """At its first bytes, without waiting for more or keeping any."""
    left, right = pair()
    await left.send(said)

    with pytest.raises(NotUnderstood):
        await accept(right, SECRET, 2, 22)


async def test_who_hangs_up_in_the_middle_is_let_go() -> None:
    """No exception but the one that says so."""
    left, right = pair()
    await left.send(frame(HELLO, Hello(1, 1, 1, 1, b"n" * 32).encode())[:20])
    await left.aclose()

    with pytest.raises(LinkEnded):
        await accept(right, SECRET, 2, 22)


@pytest.mark.parametrize("anyio_backend", [("trio", {"clock": trio.testing.MockClock(autojump_threshold=0)})])
async def test_who_says_nothing_is_let_go() -> None:
    """It has the time of a handshake."""
    _, right = pair()
    began = anyio.current_time()
    with pytest.raises(LinkEnded):
        await accept(right, SECRET, 2, 22)

    assert anyio.current_time() - began == pytest.approx(HANDSHAKE_S)


async def test_a_frame_that_is_too_long_ends_the_link() -> None:
    """However well its sender is known."""
    left, right = await met()
    await left.send((FRAME_BYTES_MAX + 1).to_bytes(4, "big"))

    with pytest.raises(NotUnderstood):
        async for _ in right.received():
            pass


@settings(max_examples=30)
@given(said=st.binary(max_size=300))
def test_random_bytes_never_get_in(said: bytes) -> None:
    """They end in a refusal, whatever they are."""

    async def hostile() -> None:
        for handshake in (accept, dial):
            left, right = pair()
            await left.send(said or b"\0")
            await left.aclose()
            with pytest.raises((NotUnderstood, LinkEnded)):
                await handshake(right, SECRET, 2, 22)

    anyio.run(hostile)


async def test_a_challenge_without_a_proof_is_not_answered() -> None:
    """Nobody is told anything before it is known who it is."""
    left, right = pair()
    await left.send(frame(CHALLENGE, Challenge(1, 2, 22, b"m" * 32).encode() + b"p" * 32))

    with pytest.raises(NotUnderstood, match="secret"):
        await dial(right, SECRET, 1, 11)
