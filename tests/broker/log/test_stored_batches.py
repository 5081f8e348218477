"""Batches from the store: stamped, cut at whole batches, and never handed out when they are not what was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.log.stored_batches import Piece, StoredDataError, check_crc, cut, holds_transactions, skip, walk
from broker.wire.records.batch import iter_batches, parse_header
from broker.wire.records.control import COMMIT, encode_marker
from tests.broker.log.harness import batch

ANYTHING = 1 << 40
SIZE = len(batch(2, value=b"12345"))


def stored(*counts: int, base: int = 100, value: bytes = b"12345") -> Piece:
    """A span of batches with these numbers of records, as the store gives it back."""
    data = b"".join(batch(count, value=value) for count in counts)
    return Piece(memoryview(bytearray(data)), base, base + sum(counts) - 1, False, True)


def bases(data: memoryview) -> list[tuple[int, int]]:
    return [(header.base_offset, header.partition_leader_epoch) for _, header in iter_batches(data)]


def test_batches_get_their_offsets_and_epoch() -> None:
    """The first gets the span's base, each next one continues."""
    result = cut(stored(2, 3, 1), 100, ANYTHING, ANYTHING, 7, True)
    assert bases(result.data) == [(100, 7), (102, 7), (105, 7)]
    assert result.next_offset == 106
    assert result.needed == 0


def test_begins_with_the_batch_that_holds_the_offset() -> None:
    """From the middle of a batch, that batch; earlier ones are passed over."""
    assert bases(cut(stored(2, 3, 1), 103, ANYTHING, ANYTHING, 0, True).data) == [(102, 0), (105, 0)]


def test_stops_below_the_upper_bound() -> None:
    """A batch at the upper bound is not given."""
    result = cut(stored(2, 2, 2), 100, 104, ANYTHING, 0, True)
    assert bases(result.data) == [(100, 0), (102, 0)]
    assert (result.next_offset, result.next_at) == (104, 2 * SIZE)


@given(
    limit=st.integers(0, 8 * SIZE),
    held=st.integers(0, 6 * SIZE),
    offset=st.integers(100, 111),
    at_least_one=st.booleans(),
)
def test_never_cuts_a_batch(limit: int, held: int, offset: int, at_least_one: bool) -> None:
    """Whatever the limit and however much of the span was read: whole batches, within the limit but for the first."""
    whole = stored(2, 2, 2, 2, 2, 2)
    piece = Piece(whole.data[:held], whole.base, whole.last, False, held == 6 * SIZE)
    result = cut(piece, offset, ANYTHING, limit, 0, at_least_one)
    first = (offset - 100) // 2
    fitting = max(min(limit // SIZE, held // SIZE - first), 0)
    if at_least_one and held // SIZE > first:
        fitting = max(fitting, 1)
    assert bases(result.data) == [(100 + 2 * (first + index), 0) for index in range(fitting)]
    assert len(result.data) == fitting * SIZE
    assert result.next_at % SIZE == 0
    assert result.next_offset == 100 + 2 * (result.next_at // SIZE)
    if first + fitting < 6:
        assert result.needed in ((61, SIZE) if result.next_at + SIZE > held else (SIZE,))
    else:
        assert result.needed == 0


@pytest.mark.parametrize("at", [0, 8, 16, 17, 21, 23, 60, 64, SIZE - 1])
def test_a_damaged_first_batch_is_an_error(at: int) -> None:
    """Any changed byte that matters is noticed: length, magic, CRC, offsets, contents (base offset and epoch are ours to write)."""
    piece = stored(2, 2)
    piece.data[at] ^= 0x55
    if at == 0:
        assert bases(cut(piece, 100, ANYTHING, ANYTHING, 0, True).data) == [(100, 0), (102, 0)]
    else:
        with pytest.raises(StoredDataError):
            cut(piece, 100, ANYTHING, ANYTHING, 0, True)


def test_what_lies_before_damage_is_given_and_nothing_after_it() -> None:
    """The answer ends there; the next fetch begins with the damage and gets the error."""
    piece = stored(2, 2, 2)
    piece.data[2 * SIZE - 1] ^= 1
    result = cut(piece, 100, ANYTHING, ANYTHING, 0, True)
    assert bases(result.data) == [(100, 0)]
    with pytest.raises(StoredDataError, match="CRC"):
        cut(piece, result.next_offset, ANYTHING, ANYTHING, 0, True)


def test_a_span_that_is_shorter_than_its_batches_is_an_error() -> None:
    """A whole piece must end with a batch."""
    piece = stored(2, 2)
    short = Piece(piece.data[: SIZE + 70], piece.base, piece.last, False, True)
    with pytest.raises(StoredDataError, match="ends within"):
        cut(short, 102, ANYTHING, ANYTHING, 0, True)
    with pytest.raises(StoredDataError, match="ends within"):
        walk(short)
    shorter = Piece(piece.data[: SIZE + 5], piece.base, piece.last, False, True)
    with pytest.raises(StoredDataError, match="ends within"):
        cut(shorter, 102, ANYTHING, ANYTHING, 0, True)
    with pytest.raises(StoredDataError, match="ends within"):
        walk(shorter)


def test_final_spans_keep_their_own_offsets() -> None:
    """A rewritten span has gaps where records went, also at its end; its bytes are not touched."""
    data = memoryview(bytearray(batch_at(101, 2) + batch_at(107, 1)))
    before = bytes(data)
    piece = Piece(data, 100, 112, True, True)
    result = cut(piece, 104, ANYTHING, ANYTHING, 5, True)
    assert bases(result.data) == [(107, -1)]
    assert result.next_offset == 113
    assert [base for _, base, _ in walk(piece)] == [101, 107]
    assert bytes(data) == before


def batch_at(base: int, count: int) -> bytearray:
    from broker.wire.records.record import Record, encode_batch

    return encode_batch([Record(base + index, 1) for index in range(count)], base_offset=base)


def test_skipping_walks_headers_only() -> None:
    """It finds the batch that holds an offset, or says how far it came; the contents need not be there."""
    piece = stored(2, 2, 2)
    assert skip(piece, 103) == (102, SIZE, True)
    part = Piece(piece.data[: SIZE + 61], piece.base, piece.last, False, False)
    assert skip(part, 103) == (102, SIZE, True)
    assert skip(part, 105) == (104, 2 * SIZE, False)
    with pytest.raises(StoredDataError):
        skip(piece, 106)
    piece.data[16] = 1
    with pytest.raises(StoredDataError):
        skip(piece, 103)


def test_crc_of_one_batch() -> None:
    """The check used where only one batch of a span is decoded."""
    piece = stored(2, 2)
    check_crc(piece.data, SIZE, parse_header(piece.data, SIZE))
    piece.data[-1] ^= 1
    with pytest.raises(StoredDataError):
        check_crc(piece.data, SIZE, parse_header(piece.data, SIZE))


def test_tells_records_of_transactions_from_markers_and_from_others() -> None:
    """Wherever they are among the batches of a buffer."""
    plain, transactional = bytes(batch(2)), bytes(batch(1, transactional=True))
    marker = bytes(encode_marker(COMMIT, base_offset=0, producer_id=1, producer_epoch=0, timestamp=0, leader_epoch=0))
    assert not holds_transactions([])
    assert not holds_transactions([plain, marker + plain, memoryview(plain + marker)])
    for buffers in ([transactional], [plain, plain + transactional], [memoryview(marker + transactional + plain)]):
        assert holds_transactions(buffers)
