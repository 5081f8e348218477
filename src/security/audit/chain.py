"""Lines tied to each other: each carries the hash of the one before and one of its own, so that none can be changed, left out or moved
without all that follow having to be written anew.

Whoever can write the whole file can do that, unless a key is used (HMAC), which lies elsewhere, or the last hash is known from elsewhere: the broker's
own log says it now and then.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

GENESIS: Final = "0" * 64
"""What the first line of a chain names as the hash of the one before."""
KEY_BYTES_MIN: Final = 16

_PLAIN: Final = "sha256"
_KEYED: Final = "hmac-sha256"
_SEALED: Final = re.compile(
    rb'(?P<sealed>\{.*,"chain":"(?P<chain>[0-9a-f]{16})","seq":(?P<seq>[0-9]{1,19}),"prev":"(?P<prev>[0-9a-f]{64})",'
    rb'"seal":"(?P<seal>sha256|hmac-sha256)"),"hash":"(?P<hash>[0-9a-f]{64})"\}',
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Head:
    """The last line of a chain: which chain, the line's number from 1 on, its hash."""

    chain: str
    seq: int = 0
    digest: str = GENESIS

    def __str__(self) -> str:
        return f"{self.chain}:{self.seq}:{self.digest}"


@dataclass(frozen=True, slots=True)
class SealedLine:
    """A line as it was read. ``is_whole``: its own hash fits."""

    head: Head
    prev: str
    is_keyed: bool
    is_whole: bool


class Chain:
    """Goes on from ``head``."""

    def __init__(self, head: Head, key: bytes | None = None) -> None:
        self.head = head
        self._key = key

    def seal(self, body: bytes) -> bytes:
        """The event's object with its place in the chain, as a line without its end."""
        head = self.head
        seq = head.seq + 1
        seal = _PLAIN if self._key is None else _KEYED
        sealed = body[:-1] + f',"chain":"{head.chain}","seq":{seq},"prev":"{head.digest}","seal":"{seal}"'.encode()
        digest = _digest(sealed, self._key)
        self.head = Head(head.chain, seq, digest)
        return sealed + f',"hash":"{digest}"}}'.encode()


def read_line(line: bytes, key: bytes | None = None) -> SealedLine | None:
    """What a line says of its place, None when it is none. Without the key a line sealed with one is never whole."""
    match = _SEALED.fullmatch(line)
    if match is None:
        return None
    is_keyed = match["seal"].decode() == _KEYED
    digest = match["hash"].decode()
    is_whole = is_keyed == (key is not None) and hmac.compare_digest(_digest(match["sealed"], key), digest)
    return SealedLine(Head(match["chain"].decode(), int(match["seq"]), digest), match["prev"].decode(), is_keyed, is_whole)


def parse_head(text: str) -> Head:
    """``CHAIN:SEQ:HASH``, as the broker's log says it. Raises ValueError."""
    match = re.fullmatch(r"([0-9a-f]{16}):([0-9]{1,19}):([0-9a-f]{64})", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not CHAIN:NUMBER:HASH")
    return Head(match[1], int(match[2]), match[3])


def _digest(sealed: bytes, key: bytes | None) -> str:
    if key is None:
        return hashlib.sha256(sealed).hexdigest()
    return hmac.new(key, sealed, hashlib.sha256).hexdigest()
