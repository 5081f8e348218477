"""How far an audit log's lines have got elsewhere."""

from pathlib import Path

import pytest

from broker.storage import audit_mark
from broker.storage.audit_file import AuditFile
from broker.storage.audit_mark import AuditMark
from security.audit.chain import Chain, Head


def sealed(count: int, chain: str = "a" * 16, head: Head | None = None) -> list[bytes]:
    made = Chain(head or Head(chain))
    return [made.seal(b'{"v":1,"number":%d}' % number) for number in range(count)]


def written(directory: Path, lines: list[bytes], file_bytes: int = 1 << 30) -> AuditMark:
    file = AuditFile(directory, file_bytes=file_bytes, files_kept=0)
    file.open()
    for line in lines:
        file.write([line])
    file.close()
    return AuditMark(directory)


@pytest.mark.parametrize("file_bytes", [1, 700, 1 << 30])
@pytest.mark.parametrize("block", [7, 1000])
def test_what_is_behind_the_mark_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_bytes: int, block: int) -> None:
    """Over several files, in order, up to the line that is about to go, and without it."""
    monkeypatch.setattr(audit_mark, "_BLOCK", block)
    lines = sealed(20)
    mark = written(tmp_path, lines, file_bytes)
    mark.set(lines[4])

    assert mark.behind(lines[17]) == lines[5:17]
    assert mark.behind(lines[5]) == []
    mark.set(lines[16])
    assert AuditMark(tmp_path).behind(lines[17]) == []


def test_without_a_mark_nothing_was_given_away_before(tmp_path: Path) -> None:
    """Neither where there was never one, nor where it was cleared."""
    lines = sealed(5)
    mark = written(tmp_path, lines)
    assert mark.behind(lines[4]) == []
    mark.set(lines[0])
    mark.clear()
    mark.clear()
    assert mark.behind(lines[4]) == []


def test_from_the_beginning_on_nothing_is_missing(tmp_path: Path) -> None:
    """Also when the very first lines did not get there; what a mark says that is there already counts more."""
    lines = sealed(6)
    mark = written(tmp_path, lines)
    mark.begin(Head("a" * 16))
    assert mark.behind(lines[3]) == lines[:3]
    mark.set(lines[1])
    mark.begin(Head("a" * 16, 4))
    assert mark.behind(lines[5]) == lines[2:5]


def test_a_mark_of_another_chain_says_that_nothing_of_this_one_went(tmp_path: Path) -> None:
    """What is of the other one is left alone."""
    old, new = sealed(5), sealed(4, "b" * 16)
    mark = written(tmp_path, old + new)
    mark.set(old[2])

    assert mark.behind(new[3]) == new[:3]


def test_a_mark_that_cannot_be_read_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then as many lines go again as verification remembers, not more."""
    monkeypatch.setattr(audit_mark, "UNKNOWN_BEHIND", 3)
    lines = sealed(10)
    mark = written(tmp_path, lines)
    for content in (b"", b"\xff\x00", b"a:b:c"):
        (tmp_path / audit_mark.NAME).write_bytes(content)
        assert mark.behind(lines[9]) == lines[6:9]


def test_what_does_not_follow_is_not_given_away(tmp_path: Path) -> None:
    """A gap in the files stays one; and there is a bound to it all."""
    lines = sealed(10)
    mark = written(tmp_path, lines[:5] + lines[6:])
    mark.set(lines[0])

    assert mark.behind(lines[9]) == lines[6:9]
    assert mark.behind(b"no line") == []
