"""Rule: what brokers tell each other, in which bytes, and who may say it.

Everything said is a fact that the catalog has as well: a broker that hears nothing only waits a little longer. So facts may be dropped, may come
twice, and need not be believed beyond looking again.

    frame      length (4 bytes, of what follows), kind (1 byte), the rest by kind; integers are big-endian
    HELLO      who dials: first and last version it speaks (2 + 2), node id (4), epoch (8), 32 random bytes
    CHALLENGE  who was dialled: version chosen (2), node id (4), epoch (8), 32 random bytes, and its proof (32)
    PROOF      who dialled: its proof (32)
    PUBLISHED  records became visible: for each partition its pid (4), a high watermark (8), how many bytes came (4)
    METADATA   there is this version of topics and configurations (8)
    SEEN       the answer to that: so far I have read (8)
    LOOK       members or shards have changed
    ENDED      transactions were ended: for each of their partitions its pid (4)
    COMPACTED  logs were compacted: for each partition its pid (4), and an offset (8) below which others than before are its records

A proof is an HMAC of both sides' HELLO and CHALLENGE under a secret that every broker reads in the catalog; each side's has a word of its own, so
none can be sent back. Frames of a kind that is not known are passed over: a newer broker may have more to say.
"""

import hmac
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

FIRST_VERSION: Final = 1
LAST_VERSION: Final = 1

HELLO: Final = 1
CHALLENGE: Final = 2
PROOF: Final = 3
PUBLISHED: Final = 16
METADATA: Final = 17
SEEN: Final = 18
LOOK: Final = 19
ENDED: Final = 20
COMPACTED: Final = 21

NONCE_BYTES: Final = 32
PROOF_BYTES: Final = 32
FACTS_A_FRAME: Final = 4096
FRAME_BYTES_MAX: Final = 1 + 16 * FACTS_A_FRAME
"""No frame is longer; whoever announces a longer one is not listened to any more."""

_HEAD: Final = struct.Struct(">IB")
_HELLO: Final = struct.Struct(">HHiq32s")
_CHALLENGE: Final = struct.Struct(">Hiq32s")
_FACT: Final = struct.Struct(">IQI")
_PID: Final = struct.Struct(">I")
_PLACE: Final = struct.Struct(">IQ")
_VERSION: Final = struct.Struct(">Q")
_BYTES_MAX: Final = (1 << 32) - 1


class NotUnderstood(Exception):
    """What came is none of these frames, or comes from nobody who knows the secret."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Who dials."""

    first_version: int
    last_version: int
    node_id: int
    epoch: int
    nonce: bytes

    def encode(self) -> bytes:
        return _HELLO.pack(self.first_version, self.last_version, self.node_id, self.epoch, self.nonce)


@dataclass(frozen=True, slots=True)
class Challenge:
    """Who was dialled."""

    version: int
    node_id: int
    epoch: int
    nonce: bytes

    def encode(self) -> bytes:
        return _CHALLENGE.pack(self.version, self.node_id, self.epoch, self.nonce)


def frame(kind: int, payload: bytes = b"") -> bytes:
    """One frame."""
    return _HEAD.pack(1 + len(payload), kind) + payload


def read_hello(payload: bytes) -> Hello:
    """Raises NotUnderstood. A newer broker may say more than we know; what we know comes first."""
    if len(payload) < _HELLO.size:
        raise NotUnderstood("a greeting that is too short")
    hello = Hello(*_HELLO.unpack_from(payload))
    if not 0 < hello.first_version <= hello.last_version:
        raise NotUnderstood("a greeting without a version")
    return hello


def choose_version(hello: Hello) -> int:
    """The newest version both speak. Raises NotUnderstood."""
    version = min(hello.last_version, LAST_VERSION)
    if version < max(hello.first_version, FIRST_VERSION):
        raise NotUnderstood(f"it speaks versions {hello.first_version} to {hello.last_version}, this broker {FIRST_VERSION} to {LAST_VERSION}")
    return version


def read_challenge(payload: bytes) -> tuple[Challenge, bytes]:
    """The challenge and the proof that came with it. Raises NotUnderstood."""
    if len(payload) < _CHALLENGE.size + PROOF_BYTES:
        raise NotUnderstood("an answer that is too short")
    challenge = Challenge(*_CHALLENGE.unpack_from(payload))
    if not FIRST_VERSION <= challenge.version <= LAST_VERSION:
        raise NotUnderstood(f"it chose version {challenge.version}, which was not offered")
    return challenge, payload[_CHALLENGE.size : _CHALLENGE.size + PROOF_BYTES]


def proof(secret: bytes, word: bytes, hello: Hello, challenge: Challenge) -> bytes:
    """That whoever says ``word`` (b"dial" or b"accept") knows the secret."""
    return hmac.new(secret, word + hello.encode() + challenge.encode(), sha256).digest()


def check_proof(given: bytes, secret: bytes, word: bytes, hello: Hello, challenge: Challenge) -> None:
    """Raises NotUnderstood. Takes the same time for every wrong proof."""
    if not hmac.compare_digest(given, proof(secret, word, hello, challenge)):
        raise NotUnderstood("it does not know the cluster's secret")


@dataclass(frozen=True, slots=True)
class Fact:
    """Records became visible: the partition's high watermark is at least this, by so many bytes more."""

    pid: int
    high_watermark: int
    size: int


def published(facts: Iterable[Fact]) -> bytes:
    """The payload of a PUBLISHED frame; at most FACTS_A_FRAME of them."""
    return b"".join([_FACT.pack(fact.pid, fact.high_watermark, min(fact.size, _BYTES_MAX)) for fact in facts])


def read_published(payload: bytes) -> Sequence[Fact]:
    """Raises NotUnderstood."""
    if len(payload) % _FACT.size:
        raise NotUnderstood("a fact that is cut short")
    return [Fact(*fields) for fields in _FACT.iter_unpack(payload)]


def ended(pids: Iterable[int]) -> bytes:
    """The payload of an ENDED frame; at most FACTS_A_FRAME of them."""
    return b"".join(map(_PID.pack, pids))


def read_ended(payload: bytes) -> Sequence[int]:
    """Raises NotUnderstood."""
    if len(payload) % _PID.size:
        raise NotUnderstood("a partition that is cut short")
    return [pid for (pid,) in _PID.iter_unpack(payload)]


def compacted(places: Iterable[tuple[int, int]]) -> bytes:
    """The payload of a COMPACTED frame: pids and offsets; at most FACTS_A_FRAME of them."""
    return b"".join([_PLACE.pack(pid, below) for pid, below in places])


def read_compacted(payload: bytes) -> Sequence[tuple[int, int]]:
    """Raises NotUnderstood."""
    if len(payload) % _PLACE.size:
        raise NotUnderstood("a place in a log that is cut short")
    return [(pid, below) for pid, below in _PLACE.iter_unpack(payload)]


def version(number: int) -> bytes:
    """The payload of METADATA and SEEN."""
    return _VERSION.pack(number)


def read_version(payload: bytes) -> int:
    """Raises NotUnderstood."""
    if len(payload) != _VERSION.size:
        raise NotUnderstood("a version that is no number")
    return int(_VERSION.unpack(payload)[0])


class PendingFacts:
    """What is to be told to one broker and was not yet. However slow that broker is, this does not grow: of one partition the latest fact is
    kept, and of more partitions than ``limit`` nothing more is taken; likewise of partitions whose transactions were ended, and of compacted ones."""

    def __init__(self, limit: int = 4 * FACTS_A_FRAME) -> None:
        self._limit = limit
        self._facts: dict[int, Fact] = {}
        self._ended: dict[int, None] = {}
        self._compacted: dict[int, int] = {}
        self._metadata = 0
        self._look = False

    def __bool__(self) -> bool:
        return bool(self._facts or self._ended or self._compacted or self._metadata or self._look)

    def add(self, pid: int, high_watermark: int, size: int) -> bool:
        """Whether it was taken."""
        before = self._facts.get(pid)
        if before is None:
            if len(self._facts) >= self._limit:
                return False
            self._facts[pid] = Fact(pid, high_watermark, size)
        else:
            self._facts[pid] = Fact(pid, max(high_watermark, before.high_watermark), size + before.size)
        return True

    def ended(self, pid: int) -> bool:
        """Whether it was taken."""
        if pid not in self._ended and len(self._ended) >= self._limit:
            return False
        self._ended[pid] = None
        return True

    def compacted(self, pid: int, below: int) -> bool:
        """Whether it was taken."""
        if pid not in self._compacted and len(self._compacted) >= self._limit:
            return False
        self._compacted[pid] = max(below, self._compacted.get(pid, 0))
        return True

    def metadata(self, number: int) -> None:
        self._metadata = max(self._metadata, number)

    def look(self) -> None:
        self._look = True

    def take(self) -> tuple[bytes, int]:
        """Frames of some of it, which is not kept any more, and how many facts they tell."""
        taken = list(self._facts.values())[:FACTS_A_FRAME]
        for fact in taken:
            del self._facts[fact.pid]
        taken_ended = list(self._ended)[:FACTS_A_FRAME]
        for pid in taken_ended:
            del self._ended[pid]
        taken_compacted = list(self._compacted.items())[:FACTS_A_FRAME]
        for pid, _ in taken_compacted:
            del self._compacted[pid]
        frames = []
        if self._look:
            frames.append(frame(LOOK))
        if self._metadata:
            frames.append(frame(METADATA, version(self._metadata)))
        if taken:
            frames.append(frame(PUBLISHED, published(taken)))
        if taken_ended:
            frames.append(frame(ENDED, ended(taken_ended)))
        if taken_compacted:
            frames.append(frame(COMPACTED, compacted(taken_compacted)))
        count = len(taken) + len(taken_ended) + len(taken_compacted) + self._look + bool(self._metadata)
        self._metadata = 0
        self._look = False
        return b"".join(frames), count
