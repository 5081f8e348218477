"""Where records end, however the stream of them is cut."""

import itertools

from hypothesis import example, given
from hypothesis import strategies as st

from broker.server.tls_records import CONTENT_BYTES_MAX, HEADER_BYTES, RecordEnds

SIZES = st.lists(st.integers(0, 400) | st.sampled_from((CONTENT_BYTES_MAX - 1, CONTENT_BYTES_MAX)), min_size=1, max_size=8)


def stream(sizes: list[int]) -> bytes:
    return b"".join(b"\x17\x03\x03" + size.to_bytes(2, "big") + bytes(size) for size in sizes)


def ends_of(pieces: list[bytes]) -> list[int]:
    """Where records end in all of it."""
    ends, found, position = RecordEnds(), [], 0
    for piece in pieces:
        rest = memoryview(piece)
        while rest:
            count, is_end = ends.next(rest)
            assert 0 < count <= len(rest)
            position += count
            if is_end:
                found.append(position)
            else:
                assert count == len(rest), "all of what is not the end of a record is of it"
            rest = rest[count:]
    return found


@given(SIZES, st.lists(st.integers(0, 70_000)))
@example([0, 0, 1], list(range(20)))
def test_each_record_ends_where_its_header_says(sizes: list[int], cuts: list[int]) -> None:
    """Also where a cut goes through the header."""
    data = stream(sizes)
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    pieces = [data[begin:end] for begin, end in itertools.pairwise(places)]
    assert ends_of(pieces) == list(itertools.accumulate(HEADER_BYTES + size for size in sizes))


def test_one_byte_at_a_time() -> None:
    """As who drips sends it."""
    data = stream([3, 0, 300])
    assert ends_of([data[at : at + 1] for at in range(len(data))]) == [8, 13, 318]


@given(SIZES, st.integers(0, 100_000), SIZES)
def test_what_was_skipped_counts(before: list[int], cut: int, after: list[int]) -> None:
    """The handshake is not looked at, but for where its records end."""
    data = stream([*before, *after])
    cut %= len(data) + 1
    ends = RecordEnds()
    ends.skip(data[:cut])
    rest, position, found = memoryview(data)[cut:], cut, []
    while rest:
        count, is_end = ends.next(rest)
        position += count
        if is_end:
            found.append(position)
        rest = rest[count:]
    assert found == [end for end in itertools.accumulate(HEADER_BYTES + size for size in (*before, *after)) if end > cut]


def test_a_record_longer_than_records_may_be_is_shown_at_once() -> None:
    """OpenSSL refuses it by its header; nothing is gathered for it."""
    data = b"\x17\x03\x03" + (CONTENT_BYTES_MAX + 1).to_bytes(2, "big") + b"abc"
    assert RecordEnds().next(data) == (len(data), True)
    ends = RecordEnds()
    assert ends.next(data[:4]) == (4, False)
    assert ends.next(data[4:]) == (4, True)


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=20))
def test_rubbish_is_passed_on(pieces: list[bytes]) -> None:
    """Every byte once, in its order."""
    ends_of(pieces)
