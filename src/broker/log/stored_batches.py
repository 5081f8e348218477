"""Batches as they come back from the store: checked against what was written, given their offsets, cut at whole batches. Pure.

Invariants

1. No byte of a batch is handed out before its length and its CRC were found right.
2. Nothing is passed over: what is not right ends the answer there, and is an error when nothing came before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from broker.storage.objects.base import Buffer
from broker.wire.records.batch import (
    ATTRIBUTES_AT,
    CONTROL_BIT,
    HEADER_SIZE,
    LENGTH_AT,
    LENGTH_OVERHEAD,
    MAGIC,
    TRANSACTIONAL_BIT,
    BatchHeader,
    compute_crc,
    parse_header,
    stamp,
)

_ATTRIBUTES: Final = ATTRIBUTES_AT + 1
_KINDS: Final = TRANSACTIONAL_BIT | CONTROL_BIT


class StoredDataError(Exception):
    """Stored bytes are not what was written there."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of one span from a batch boundary on. ``base`` is that batch's offset, ``last`` the span's last one.

    ``is_final``: the offsets in the bytes are the log's own (a rewritten span). ``is_whole``: the bytes reach the span's end.
    """

    data: memoryview
    base: int
    last: int
    is_final: bool
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """``data`` is whole batches. ``next_offset`` and ``next_at`` (from the piece's start) are where the next batch begins;
    ``needed`` is that batch's size when it did not fit into the limit or the piece, else 0."""

    data: memoryview
    next_offset: int
    next_at: int
    needed: int = 0


def cut(piece: Piece, offset: int, upper: int, limit: int, leader_epoch: int, at_least_one: bool) -> Cut:
    """The batches of ``piece`` from the one that holds ``offset`` on, below offset ``upper``, up to ``limit`` bytes.

    They are stamped in place. With ``at_least_one`` the first comes whatever its size, if the piece holds all of it.
    Raises StoredDataError when the first batch due is not right.
    """
    data = piece.data
    size_left = len(data)
    at = 0
    start = -1
    base = piece.base
    needed = 0
    while base <= piece.last:
        if size_left < HEADER_SIZE:
            if piece.is_final and piece.is_whole and not size_left:
                base = piece.last + 1  # compaction removed the last records of the span
                break
            if piece.is_whole:
                return _stop_at_damage(data, start, at, base, "ends within a batch")
            needed = HEADER_SIZE
            break
        header = parse_header(data, at)
        size = header.batch_length + LENGTH_OVERHEAD
        problem = _problem(header, base, piece)
        if problem is not None:
            return _stop_at_damage(data, start, at, base, problem)
        if piece.is_final:
            base = header.base_offset
        next_offset = base + header.last_offset_delta + 1
        if next_offset > offset:
            if base >= upper:
                break
            if size > size_left:
                if piece.is_whole:
                    return _stop_at_damage(data, start, at, base, "ends within a batch")
                needed = size
                break
            if start < 0:
                if size > limit and not at_least_one:
                    needed = size
                    break
                start = at
            elif at + size - start > limit:
                needed = size
                break
            if compute_crc(data, at, size) != header.crc:
                return _stop_at_damage(data, start if start < at else -1, at, base, "CRC does not match")
            if not piece.is_final:
                stamp(data, at, base, leader_epoch)
        elif size > size_left:
            if piece.is_whole:
                return _stop_at_damage(data, start, at, base, "ends within a batch")
            needed = size
            break
        at += size
        size_left -= size
        base = next_offset
    return Cut(data[start:at] if start >= 0 else data[:0], base, at, needed)


class Step(NamedTuple):
    """Where a walk over headers came to: the batch with first offset ``base`` begins ``at`` bytes into the piece, maybe beyond
    its end. ``is_found``: it is the batch that was looked for."""

    base: int
    at: int
    is_found: bool


def skip(piece: Piece, offset: int) -> Step:
    """Walk the headers of ``piece`` to the batch that holds ``offset``, or as far as they go. Raises StoredDataError."""
    data = piece.data
    base, at = piece.base, 0
    while base <= piece.last and len(data) - at >= HEADER_SIZE:
        header = parse_header(data, at)
        problem = _problem(header, base, piece)
        if problem is not None:
            raise StoredDataError(f"offset {base}: {problem}")
        first = header.base_offset if piece.is_final else base
        next_offset = first + header.last_offset_delta + 1
        if next_offset > offset:
            return Step(first, at, True)
        base, at = next_offset, at + header.size
    if piece.is_whole:
        raise StoredDataError(f"offset {offset} is not in the span that should hold it")
    return Step(base, at, False)


def walk(piece: Piece) -> list[tuple[int, int, BatchHeader]]:
    """Every batch of a whole piece as (position, base offset, header), lengths checked, CRCs not. Raises StoredDataError."""
    batches: list[tuple[int, int, BatchHeader]] = []
    data = piece.data
    at = 0
    base = piece.base
    while base <= piece.last and not (piece.is_final and at == len(data)):
        if len(data) - at < HEADER_SIZE:
            raise StoredDataError(f"offset {base}: ends within a batch")
        header = parse_header(data, at)
        problem = _problem(header, base, piece)
        if problem is not None:
            raise StoredDataError(f"offset {base}: {problem}")
        if header.size > len(data) - at:
            raise StoredDataError(f"offset {base}: ends within a batch")
        if piece.is_final:
            base = header.base_offset
        batches.append((at, base, header))
        at += header.size
        base += header.last_offset_delta + 1
    return batches


def check_crc(data: memoryview, at: int, header: BatchHeader) -> None:
    """Raises StoredDataError when the batch at ``at`` is not what was written."""
    if compute_crc(data, at, header.size) != header.crc:
        raise StoredDataError(f"batch at {at}: CRC does not match")


def holds_transactions(buffers: Sequence[Buffer]) -> bool:
    """Whether whole batches that were found to be right have records of transactions among them. Markers are none."""
    for buffer in buffers:
        at = 0
        while at < len(buffer):
            if buffer[at + _ATTRIBUTES] & _KINDS == TRANSACTIONAL_BIT:
                return True
            at += LENGTH_OVERHEAD + int.from_bytes(buffer[at + LENGTH_AT : at + LENGTH_AT + 4])
    return False


def _problem(header: BatchHeader, base: int, piece: Piece) -> str | None:
    if header.magic != MAGIC:
        return f"magic {header.magic}"
    if header.batch_length < HEADER_SIZE - LENGTH_OVERHEAD:
        return f"batch length {header.batch_length}"
    first = header.base_offset if piece.is_final else base
    if header.last_offset_delta < 0 or first < base or first + header.last_offset_delta > piece.last:
        return f"offsets {first} to {first + header.last_offset_delta} of a span that ends at {piece.last}"
    return None


def _stop_at_damage(data: memoryview, start: int, at: int, base: int, problem: str) -> Cut:
    if start < 0:
        raise StoredDataError(f"offset {base}: {problem}")
    return Cut(data[start:at], base, at)
