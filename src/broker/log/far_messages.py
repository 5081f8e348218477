"""What a broker and the process that reads for it far from the ends of logs tell each other. Pure.

Each message is its length in four bytes and a JSON text. Record bytes are in none, but in memory, those of the parts of an answer back to back: in the region that the
request named, when they fit into it, else in memory of which a descriptor comes with the answer.

    process  {"ready": true}                                   once, before everything else
    broker   {"regions": [size, ...]}                          then, with a descriptor for each, if there are any
    broker   {"id", "region", "shares": [...]}                 any number at once; the region is null where none was free
    process  {"id", "region", "parts": [...], "size", "did"}   one for each, in any order; the region is null when it was not used
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson

from broker.log.fetch_plan import ColdShare, PartitionAnswer, Wanted
from broker.model import LogBounds
from broker.storage.catalog.base import Span

HEAD_BYTES: Final = 4
MESSAGE_BYTES_MAX: Final = 16 << 20
_FAR_AWAY: Final = 1 << 62
"""A high watermark that no span reaches: what is read there is far from the end of its log."""


class MalformedMessage(Exception):
    """The other side is not what it should be."""


class FarMark(NamedTuple):
    """The batch ``base`` begins ``at`` bytes into the ``number``-th span of a share."""

    number: int
    base: int
    at: int


@dataclass(frozen=True, slots=True)
class FarPart:
    """What one share came to: ``size`` bytes, up to before ``next_offset``. ``mark`` is where the reader will go on, when that is known. With an ``error``
    nothing was read."""

    size: int
    next_offset: int
    mark: FarMark | None = None
    error: str | None = None


class FarRead(NamedTuple):
    """A part and its bytes, in memory that nobody changes."""

    part: FarPart
    records: memoryview


@dataclass(frozen=True, slots=True)
class Did:
    """What was done for an answer besides, to be counted: ``gets`` are (seconds, bytes) of requests to the store."""

    gets: Sequence[tuple[float, int]] = ()
    block_hits: int = 0
    block_misses: int = 0
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class FarAnswer:
    """Of request ``number``; of ``size`` bytes."""

    number: int
    parts: Sequence[FarPart]
    size: int
    did: Did
    region: int | None = None


def framed(message: Mapping[str, Any]) -> bytes:
    """A message as it goes over the line."""
    text = orjson.dumps(message)
    return len(text).to_bytes(HEAD_BYTES, "big") + text


class Unframer:
    """Cuts messages out of what came."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """The messages that are whole now. Raises MalformedMessage."""
        self._held += data
        while len(self._held) >= HEAD_BYTES:
            size = int.from_bytes(self._held[:HEAD_BYTES], "big")
            if size > MESSAGE_BYTES_MAX:
                raise MalformedMessage(f"a message of {size} bytes")
            if len(self._held) < HEAD_BYTES + size:
                return
            text = bytes(self._held[HEAD_BYTES : HEAD_BYTES + size])
            del self._held[: HEAD_BYTES + size]
            try:
                message = orjson.loads(text)
            except orjson.JSONDecodeError as error:
                raise MalformedMessage(f"a message that is none: {error}") from None
            if not isinstance(message, dict):
                raise MalformedMessage("a message that is none")
            yield message


def row_of(span: Span) -> tuple[int, ...]:
    """A span as it is told."""
    return (
        span.base,
        span.last,
        span.object_id,
        span.position,
        span.length,
        span.max_timestamp,
        span.running_timestamp,
        span.batch_count,
        span.flags,
    )


def request_of(number: int, shares: Sequence[ColdShare], region: int | None = None) -> dict[str, Any]:
    """A request for ``shares``, whose bytes may be put into ``region``."""
    rows = [
        [
            *(share.wanted.pid, share.wanted.offset, share.bounds.leader_epoch, share.limit, share.upper, share.at_least_one),
            [row_of(span) for span in share.spans],
        ]
        for share in shares
    ]
    return {"id": number, "region": region, "shares": rows}


def shares_of(request: Mapping[str, Any]) -> list[ColdShare]:
    """The other end of :func:`request_of`."""
    shares: list[ColdShare] = []
    for pid, offset, epoch, limit, upper, at_least_one, spans in request["shares"]:
        bounds = LogBounds(0, _FAR_AWAY, _FAR_AWAY, epoch, 0)
        shares.append(
            ColdShare(
                Wanted(pid, offset, limit),
                PartitionAnswer(0),
                bounds,
                [Span(*row) for row in spans],
                limit,
                upper,
                at_least_one,
            )
        )
    return shares


def answer_message(answer: FarAnswer) -> dict[str, Any]:
    """An answer as it is told."""
    did = answer.did
    return {
        "id": answer.number,
        "parts": [[part.size, part.next_offset, part.mark and [*part.mark], part.error] for part in answer.parts],
        "size": answer.size,
        "region": answer.region,
        "did": [did.gets, did.block_hits, did.block_misses, did.ahead],
    }


def answer_of(message: Mapping[str, Any]) -> FarAnswer:
    """The other end of :func:`answer_message`. Raises MalformedMessage."""
    try:
        parts = [
            FarPart(size, next_offset, None if mark is None else FarMark(*mark), error)
            for size, next_offset, mark, error in message["parts"]
        ]
        gets, hits, misses, ahead = message["did"]
        answer = FarAnswer(
            message["id"],
            parts,
            message["size"],
            Did([(seconds, size) for seconds, size in gets], hits, misses, ahead),
            message["region"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedMessage(f"an answer that is none: {error!r}") from None
    if sum(part.size for part in parts) != answer.size or any(part.size < 0 for part in parts):
        raise MalformedMessage(f"parts that are not the {answer.size} bytes of their answer")
    return answer

