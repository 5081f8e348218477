"""What verification finds."""

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.audit.chain import Chain, Head
from security.audit.line import encode_event
from security.audit.verification import FINDINGS_MAX, Verifier
from tests.security.audit.events import event

KEY = b"0123456789abcdef"


def written(count: int, chain: str = "a" * 16, key: bytes | None = None) -> list[bytes]:
    """Lines of a log."""
    sealing = Chain(Head(chain), key)
    return [sealing.seal(encode_event(event(correlation_id=number), time_ms=number, broker=1)) for number in range(count)]


def verified(lines: Iterable[bytes], key: bytes | None = None, expected: Iterable[Head] = ()) -> Verifier:
    verifier = Verifier(key, expected)
    for number, line in enumerate(lines, 1):
        verifier.take(line, f"line {number}")
    verifier.finish()
    return verifier


@pytest.mark.parametrize("key", [None, KEY])
def test_a_log_as_it_was_written_is_right(key: bytes | None) -> None:
    """Also one whose beginning was deleted with an old file, and one that is mixed with another broker's."""
    mine, others = written(5, key=key), written(3, "b" * 16, key)
    mixed = [mine[2], others[0], mine[3], others[1], others[2], mine[4]]
    verifier = verified(mixed, key)

    assert not verifier.findings
    assert {name: (chain.begins, chain.head.seq, chain.lines) for name, chain in verifier.chains.items()} == {
        "a" * 16: (3, 5, 3),
        "b" * 16: (1, 3, 3),
    }


def test_lines_that_come_twice_are_right() -> None:
    """A topic has some of them again when nothing was heard of the first time."""
    lines = written(6)

    assert not verified([*lines[:4], *lines[2:4], *lines[4:]]).findings


@pytest.mark.parametrize(
    ("tampered", "words"),
    [
        (lambda lines: [*lines[:2], *lines[3:]], "lines 3 to 3 are missing"),
        (lambda lines: [*lines[:2], lines[3], lines[2], lines[4]], "comes after line 4"),
        (lambda lines: [*lines[:2], lines[2].replace(b"alice", b"mallory"), *lines[3:]], "was changed"),
        (lambda lines: [*lines[:2], b"{}", *lines[2:]], "is no line"),
        (lambda lines: [*lines[:2], b"", *lines[2:]], "is no line"),
        (lambda lines: [*lines[:2], lines[2][:-5], *lines[3:]], "is no line"),
        (lambda lines: [written(1, "c" * 16)[0].replace(b"0" * 64, b"1" * 64), *lines], "names one before"),
    ],
)
def test_what_was_done_to_a_log_shows(tampered: Callable[[list[bytes]], list[bytes]], words: str) -> None:
    """Left out, moved, changed, put in, cut."""
    findings = verified(tampered(written(5))).findings

    assert any(words in finding.problem for finding in findings), findings


def test_a_line_that_was_replaced_by_a_right_one_shows() -> None:
    """Whoever can compute hashes replaces a line: the next one still names the old one."""
    lines = written(5)
    chain = Chain(Head("a" * 16))
    for _ in range(2):
        chain.seal(encode_event(event(), time_ms=0, broker=1))
    forging = Chain(Head("a" * 16, 2, verified(lines[:2]).chains["a" * 16].head.digest))
    forged = forging.seal(encode_event(event(principal="User:mallory"), time_ms=2, broker=1))

    findings = verified([*lines[:2], forged, *lines[3:]]).findings

    assert [finding.problem for finding in findings] == ["line 4 does not follow the one before it: that was replaced"]


@given(data=st.data())
def test_nothing_can_be_taken_out_or_moved_unseen(data: st.DataObject) -> None:
    """Any other order of some of the lines shows, unless it is a whole stretch of them."""
    lines = written(8)
    kept = data.draw(st.permutations(range(8)).map(lambda order: order[: data.draw(st.integers(1, 8))]))
    is_stretch = list(kept) == list(range(kept[0], kept[0] + len(kept)))

    assert bool(verified(lines[number] for number in kept).findings) != is_stretch


def test_a_log_without_its_end_shows_when_the_end_is_known() -> None:
    """And only then: that is what the broker's own log is for."""
    lines = written(5)
    end = verified(lines).chains["a" * 16].head

    assert not verified(lines[:3]).findings
    assert "line 5 is not there" in verified(lines[:3], expected=[end]).findings[0].problem
    assert not verified(lines, expected=[end]).findings


def test_a_log_written_anew_shows_when_a_line_of_it_is_known() -> None:
    """Every hash fits, but it is another one."""
    end = verified(written(5)).chains["a" * 16].head
    anew = Chain(Head("a" * 16))
    lines = [anew.seal(encode_event(event(principal="User:mallory"), time_ms=number, broker=1)) for number in range(5)]

    assert not verified(lines).findings
    assert "is not the one that was expected" in verified(lines, expected=[end]).findings[0].problem


def test_a_log_with_a_key_needs_it() -> None:
    """Without, nothing can be said; and who lacks it cannot write a log that passes."""
    assert "key, which was not given" in verified(written(2, key=KEY)).findings[0].problem
    assert "not sealed with the key" in verified(written(2), KEY).findings[0].problem


def test_findings_are_bounded() -> None:
    """All are counted, the first are kept."""
    verifier = verified([b"x"] * (FINDINGS_MAX + 50))

    assert (len(verifier.findings), verifier.finding_count) == (FINDINGS_MAX, FINDINGS_MAX + 50)
