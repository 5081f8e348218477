"""What the broker and the process that reads for it tell each other comes out as it went in."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.log.far_messages import (
    MESSAGE_BYTES_MAX,
    Did,
    FarAnswer,
    FarMark,
    FarPart,
    MalformedMessage,
    Unframer,
    answer_message,
    answer_of,
    framed,
    request_of,
    shares_of,
)
from broker.log.fetch_plan import ColdShare, PartitionAnswer, Wanted
from broker.model import LogBounds
from broker.storage.catalog.base import Span

NUMBERS = st.integers(0, 1 << 60)
SPANS = st.builds(Span, *[st.integers(-5, 1 << 60)] * 9)
SHARES = st.builds(
    lambda pid, offset, epoch, limit, upper, one, spans: ColdShare(
        Wanted(pid, offset, limit), PartitionAnswer(0), LogBounds(0, 9, 9, epoch, 1), spans, limit, upper, one
    ),
    *[NUMBERS] * 5,
    st.booleans(),
    st.lists(SPANS, min_size=1, max_size=3),
)


@given(st.lists(SHARES, max_size=4), st.integers(0, 1 << 30))
def test_requests_are_told_whole(shares: list[ColdShare], seed: int) -> None:
    """All that reading needs, in whatever pieces the bytes come; none of it is near the end of its log."""
    dice = random.Random(seed)
    line = framed(request_of(7, shares, 2)) + framed({"ready": True})
    unframer = Unframer()
    messages = []
    at = 0
    while at < len(line):
        step = dice.randint(1, 60)
        messages += list(unframer.feed(line[at : at + step]))
        at += step
    request, ready = messages
    assert (request["id"], request["region"], ready) == (7, 2, {"ready": True})
    for told, share in zip(shares_of(request), shares, strict=True):
        for name in ("limit", "upper", "at_least_one", "spans"):
            assert getattr(told, name) == getattr(share, name)
        assert (told.wanted.pid, told.wanted.offset) == (share.wanted.pid, share.wanted.offset)
        assert told.bounds.leader_epoch == share.bounds.leader_epoch
        assert not told.has_the_end


PARTS = st.builds(
    FarPart, NUMBERS, NUMBERS, st.none() | st.builds(FarMark, NUMBERS, NUMBERS, NUMBERS), st.none() | st.text(max_size=5)
)


@given(st.lists(PARTS, max_size=4))
def test_answers_are_told_whole(parts: list[FarPart]) -> None:
    """With what was done for them."""
    size = sum(part.size for part in parts)
    if size >= 1 << 63:
        return
    answer = FarAnswer(3, parts, size, Did([(0.5, 10)]), len(parts) or None)
    (message,) = Unframer().feed(framed(answer_message(answer)))
    assert answer_of(message) == answer


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"id": 1, "parts": 5, "size": 0, "did": [[], 0, 0, 0], "region": None},
        {"id": 1, "parts": [[1, 2, None]], "size": 1, "did": [[], 0, 0, 0], "region": None},
        {"id": 1, "parts": [[5, 2, None, None]], "size": 4, "did": [[], 0, 0, 0], "region": None},
        {"id": 1, "parts": [[-5, 2, None, None], [5, 2, None, None]], "size": 0, "did": [[], 0, 0, 0], "region": None},
        {"id": 1, "parts": [[5, 2, [1], None]], "size": 5, "did": [[], 0, 0, 0], "region": None},
        {"id": 1, "parts": [], "size": 0, "did": [], "region": None},
        {"id": 1, "parts": [[0, 2, None, None]], "size": 0, "did": [[[1]], 0, 0, 0], "region": None},
    ],
)
def test_an_answer_that_is_none_is_refused(message: dict[str, object]) -> None:
    """Whoever said it is not to be trusted with the rest."""
    with pytest.raises(MalformedMessage):
        answer_of(message)


@pytest.mark.parametrize("line", [(MESSAGE_BYTES_MAX + 1).to_bytes(4, "big"), b"\0\0\0\2[]", b"\0\0\0\2{]"])
def test_a_line_of_nonsense_is_refused(line: bytes) -> None:
    """Before memory is had for it."""
    with pytest.raises(MalformedMessage):
        list(Unframer().feed(line))
