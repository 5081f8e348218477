"""One connection between two brokers, over any stream of bytes: the handshake, then frames both ways (:mod:`broker.cluster.hints`)."""

import secrets
import struct
from collections.abc import AsyncIterator
from typing import Final

import anyio
from anyio.abc import ByteStream
from anyio.streams.buffered import BufferedByteReceiveStream

from broker.cluster.hints import (
    CHALLENGE,
    FIRST_VERSION,
    FRAME_BYTES_MAX,
    HELLO,
    LAST_VERSION,
    NONCE_BYTES,
    PROOF,
    PROOF_BYTES,
    Challenge,
    Hello,
    NotUnderstood,
    check_proof,
    choose_version,
    frame,
    proof,
    read_challenge,
    read_hello,
)

HANDSHAKE_S: Final = 3.0
SEND_S: Final = 5.0
"""Who takes nothing for so long is not told anything any more."""

_LENGTH: Final = struct.Struct(">I")
_HANDSHAKE_BYTES_MAX: Final = 512


class PeerLink:
    """A link whose other end is known: ``node_id``, under ``epoch``. Made by :func:`dial` and :func:`accept`."""

    def __init__(self, stream: ByteStream, frames: "_Frames", node_id: int, epoch: int, version: int) -> None:
        self._stream = stream
        self._frames = frames
        self._sending = anyio.Lock()
        self.node_id = node_id
        self.epoch = epoch
        self.version = version

    async def send(self, data: bytes) -> None:
        """Whole frames. Raises LinkEnded."""
        async with self._sending:
            await _send(self._stream, data, SEND_S)

    async def received(self) -> AsyncIterator[tuple[int, bytes]]:
        """Kind and payload of each frame that comes, until the other end is gone. Raises NotUnderstood."""
        while True:
            try:
                yield await self._frames.next(FRAME_BYTES_MAX)
            except LinkEnded:
                return


class LinkEnded(Exception):
    """The other broker is gone, or takes nothing."""


class _Frames:
    """Cuts frames out of what comes."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = BufferedByteReceiveStream(stream)

    async def next(self, limit: int) -> tuple[int, bytes]:
        try:
            (length,) = _LENGTH.unpack(await self._stream.receive_exactly(_LENGTH.size))
            if not 1 <= length <= limit:
                raise NotUnderstood(f"a frame of {length} bytes")
            body = await self._stream.receive_exactly(length)
        except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as error:
            raise LinkEnded("the connection has ended") from error
        return body[0], body[1:]

    async def expect(self, kind: int) -> bytes:
        got, payload = await self.next(_HANDSHAKE_BYTES_MAX)
        if got != kind:
            raise NotUnderstood(f"a frame of kind {got} in the handshake")
        return payload


async def dial(stream: ByteStream, secret: bytes, node_id: int, epoch: int) -> PeerLink:
    """The handshake of who dialled. Raises NotUnderstood, LinkEnded."""
    frames = _Frames(stream)
    hello = Hello(FIRST_VERSION, LAST_VERSION, node_id, epoch, secrets.token_bytes(NONCE_BYTES))
    with anyio.move_on_after(HANDSHAKE_S):
        await _send(stream, frame(HELLO, hello.encode()), HANDSHAKE_S)
        challenge, given = read_challenge(await frames.expect(CHALLENGE))
        check_proof(given, secret, b"accept", hello, challenge)
        await _send(stream, frame(PROOF, proof(secret, b"dial", hello, challenge)), HANDSHAKE_S)
        return PeerLink(stream, frames, challenge.node_id, challenge.epoch, challenge.version)
    raise LinkEnded("the other broker does not answer")


async def accept(stream: ByteStream, secret: bytes, node_id: int, epoch: int) -> PeerLink:
    """The handshake of who was dialled. Raises NotUnderstood, LinkEnded."""
    frames = _Frames(stream)
    with anyio.move_on_after(HANDSHAKE_S):
        hello = read_hello(await frames.expect(HELLO))
        challenge = Challenge(choose_version(hello), node_id, epoch, secrets.token_bytes(NONCE_BYTES))
        await _send(stream, frame(CHALLENGE, challenge.encode() + proof(secret, b"accept", hello, challenge)), HANDSHAKE_S)
        given = await frames.expect(PROOF)
        check_proof(given[:PROOF_BYTES], secret, b"dial", hello, challenge)
        return PeerLink(stream, frames, hello.node_id, hello.epoch, challenge.version)
    raise LinkEnded("the other broker says nothing")


async def _send(stream: ByteStream, data: bytes, seconds: float) -> None:
    try:
        with anyio.fail_after(seconds):
            await stream.send(data)
    except TimeoutError:
        raise LinkEnded("the other broker takes nothing") from None
    except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as error:
        raise LinkEnded("the connection has ended") from error
