"""``penstock audit verify``."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from broker.cli import audit
from broker.cli.failure import FAILED, USAGE, CommandFailed
from broker.storage.audit_file import AuditFile
from security.audit.chain import Chain, Head
from security.audit.line import encode_event
from tests.security.audit.events import event

KEY = b"0123456789abcdef"


def written(directory: Path, count: int = 5, chain: str = "a" * 16, key: bytes | None = None) -> Chain:
    """A log of two files."""
    sealing = Chain(Head(chain), key)
    log = AuditFile(directory, file_bytes=1, files_kept=0)
    log.open()
    for half in (count // 2, count - count // 2):
        log.write([sealing.seal(encode_event(event(), time_ms=0, broker=1)) for _ in range(half)])
    log.close()
    return sealing


def verify(*paths: Path | str, **options: object) -> None:
    audit.verify([str(path) for path in paths], **{"key_file": None, "expect": None, "as_json": False, **options})  # type: ignore[arg-type]


def test_a_directory_of_several_brokers_is_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Chains, their lines and how far they go are told."""
    ends = [written(tmp_path / "audit" / f"broker-{number}", chain=f"{number}" * 16).head for number in (1, 2)]
    verify(tmp_path / "audit", as_json=True, expect=[str(end) for end in ends])
    told = json.loads(capsys.readouterr().out)

    assert told["ok"]
    assert [(chain["first"], chain["last"], chain["head"]) for chain in told["chains"]] == [(1, 5, str(end)) for end in ends]


def test_a_line_that_was_changed_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it is, and the exit code says so."""
    written(tmp_path)
    path = tmp_path / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b"alice", b"mallory", 1))
    with pytest.raises(CommandFailed, match="not as it was written: 1 finding") as failed:
        verify(tmp_path)

    assert failed.value.exit_code == FAILED
    assert f"{path}:1: line 3 was changed" in capsys.readouterr().err


def test_a_file_that_is_gone_is_found(tmp_path: Path) -> None:
    """By the lines that are missing, or by the line that was expected."""
    end = written(tmp_path, 6).head
    (tmp_path / "audit.jsonl").unlink()
    verify(tmp_path)
    with pytest.raises(CommandFailed, match="1 finding"):
        verify(tmp_path, expect=[str(end)])


def test_a_log_with_a_key(tmp_path: Path) -> None:
    """The key comes from a file."""
    written(tmp_path / "log", key=KEY)
    (tmp_path / "key").write_bytes(KEY + b"\n")
    verify(tmp_path / "log", key_file=tmp_path / "key")
    with pytest.raises(CommandFailed, match="5 findings"):
        verify(tmp_path / "log")


def test_lines_of_a_topic_come_by_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a consumer prints them."""
    written(tmp_path)
    lines = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("*.jsonl")))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(lines)))
    verify("-")


@pytest.mark.parametrize(
    ("paths", "options", "words", "code"),
    [
        (["nowhere"], {}, "nowhere: No such file", USAGE),
        (["."], {"expect": ["x"]}, "CHAIN:NUMBER:HASH", USAGE),
        (["."], {}, "no line", FAILED),
    ],
)
def test_what_cannot_be_verified_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: list[str], options: dict[str, object], words: str, code: int
) -> None:
    """An empty log is not a right one."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandFailed, match=words) as failed:
        verify(*paths, **options)

    assert failed.value.exit_code == code
