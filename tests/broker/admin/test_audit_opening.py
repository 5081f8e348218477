"""How the audit log is opened."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from broker.admin.audit_opening import mark_of, open_audit, read_key
from broker.admin.audit_recorder import AuditRecorder
from broker.config.settings import Settings
from broker.storage.audit_file import CURRENT, files_of
from broker.storage.audit_mark import NAME
from security.audit.verification import Verifier
from tests.security.audit.events import event


def opened(tmp_path: Path, chain: str = "a" * 16, **settings: Any) -> AuditRecorder:
    audit = open_audit(Settings(audit="on", data_dir=tmp_path, **settings), broker=2, now_ms=lambda: 0, new_chain=chain)
    assert audit is not None
    return audit


async def lived(audit: AuditRecorder) -> None:
    """Record something and end."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(audit.run)
        audit.record(event())
        with anyio.fail_after(10):
            await audit.flush()
        tasks.cancel_scope.cancel()
    await audit.aclose()


def verified(directory: Path, key: bytes | None = None) -> Verifier:
    verifier = Verifier(key)
    for path in files_of(directory):
        for line in path.read_bytes().splitlines():
            verifier.take(line, path.name)
    return verifier


def test_there_is_none_unless_it_is_asked_for(tmp_path: Path) -> None:
    """A broker that lets everybody in has none."""
    assert open_audit(Settings(data_dir=tmp_path), broker=1, now_ms=lambda: 0, new_chain="a" * 16) is None
    assert not list(tmp_path.iterdir())


async def test_a_chain_goes_on_after_a_restart(tmp_path: Path) -> None:
    """Each start is told."""
    for chain in ("a" * 16, "b" * 16):
        await lived(opened(tmp_path, chain))
    log = tmp_path / "audit" / "broker-2"
    verifier = verified(log)
    actions = [json.loads(line)["action"] for line in (log / CURRENT).read_bytes().splitlines()]

    assert not verifier.findings
    assert {name: chain.head.seq for name, chain in verifier.chains.items()} == {"a" * 16: 4}
    assert actions == ["start", "change", "start", "change"]


async def test_a_broken_end_is_set_aside_and_told(tmp_path: Path) -> None:
    """A new chain begins in a file of its own; the finding stays where it is."""
    await lived(opened(tmp_path))
    log = tmp_path / "audit" / "broker-2"
    data = (log / CURRENT).read_bytes()
    (log / CURRENT).write_bytes(data.replace(b"alice", b"mallory"))
    await lived(opened(tmp_path, "b" * 16))
    start = json.loads((log / CURRENT).read_bytes().splitlines()[0])

    assert [path.name for path in files_of(log)] == ["audit-00000001.jsonl", CURRENT]
    assert "was changed" in start["details"]["broken"]
    assert [finding.where for finding in verified(log).findings] == ["audit-00000001.jsonl"]


async def test_lines_are_sealed_with_the_key_of_a_file(tmp_path: Path) -> None:
    """Its line end is not part of it."""
    key_file = tmp_path / "key"
    key_file.write_bytes(b"0123456789abcdef\n")
    await lived(opened(tmp_path, audit_key_file=key_file, audit_dir=tmp_path / "elsewhere"))

    assert read_key(key_file) == b"0123456789abcdef"
    assert not verified(tmp_path / "elsewhere" / "broker-2", b"0123456789abcdef").findings
    assert verified(tmp_path / "elsewhere" / "broker-2").findings


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    """It could be guessed. The message does not say it."""
    key_file = tmp_path / "key"
    key_file.write_bytes(b"hunter2")
    with pytest.raises(ValueError, match="16 bytes or more") as refused:
        opened(tmp_path, audit_key_file=key_file)

    assert "hunter2" not in str(refused.value)


def test_a_topic_alone_needs_no_directory(tmp_path: Path) -> None:
    """The sink is added when there is something to write to."""
    opened(tmp_path, audit_sinks="topic")

    assert not list(tmp_path.iterdir())


async def test_a_topic_is_known_to_be_behind_only_where_there_are_files_too(tmp_path: Path) -> None:
    """And forgotten where it is given nothing."""
    assert mark_of(Settings(data_dir=tmp_path, audit_sinks="topic"), 2) is None
    both = Settings(data_dir=tmp_path, audit_sinks="file,topic")
    assert mark_of(both, 2) is not None
    noted = tmp_path / "audit" / "broker-2" / NAME
    await lived(opened(tmp_path, audit_sinks="file"))
    assert not noted.exists()
    await lived(opened(tmp_path, audit_sinks="file,topic"))
    assert noted.read_text().startswith("a" * 16 + ":2:"), "what was there before is not for the topic"
    await lived(opened(tmp_path, audit_sinks="file,topic"))
    assert noted.read_text().startswith("a" * 16 + ":2:")
    await lived(opened(tmp_path, audit_sinks="file"))

    assert not noted.exists()
