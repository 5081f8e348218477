"""Frames out of a stream of bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.wire.errors import DecodeError
from broker.wire.frames import FrameReader, frame


@given(st.lists(st.binary(max_size=20), max_size=5), st.lists(st.integers(1, 9), min_size=1, max_size=40))
def test_frames_come_out_however_the_bytes_come_in(payloads: list[bytes], sizes: list[int]) -> None:
    """Cut anywhere, the stream gives the same frames in the same order."""
    stream = b"".join(frame(payload) for payload in payloads)
    reader = FrameReader()
    found: list[bytes] = []
    for size in sizes * len(stream):
        reader.receive_data(stream[:size])
        stream = stream[size:]
        while (one := reader.next_frame()) is not None:
            found.append(bytes(one))
        if not stream:
            break

    assert found == payloads
    assert reader.buffered == 0


@pytest.mark.parametrize(("prefix", "reason"), [(b"\xff\xff\xff\xff", "negative"), (b"\x00\x00\x00\x0b", "exceeds 10")])
def test_impossible_lengths_are_refused_for_good(prefix: bytes, reason: str) -> None:
    """A negative or oversized length ends the stream: what follows cannot be told apart."""
    reader = FrameReader(max_frame_bytes=10)
    reader.receive_data(frame(b"fine") + prefix + b"more")
    assert reader.next_frame() == b"fine"
    for _ in range(2):
        with pytest.raises(DecodeError, match=reason):
            reader.next_frame()
    assert reader.buffered == 0


def test_a_frame_of_exactly_the_limit_is_accepted() -> None:
    """The limit is the largest size allowed."""
    reader = FrameReader(max_frame_bytes=4)
    reader.receive_data(frame(b"ab", b"cd"))

    assert reader.next_frame() == b"abcd"
    assert reader.next_frame() is None
