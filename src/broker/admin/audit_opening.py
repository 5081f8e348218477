"""Opens the audit log as the settings want it: goes on with the chain that the files end with, or begins one."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final

from broker.admin.audit_file_writer import AuditFileWriter
from broker.admin.audit_recorder import AuditRecorder, Sink
from broker.admin.topic_names import AUDIT_TOPIC
from broker.config.audit_settings import is_audited
from broker.config.settings import Settings
from broker.storage.audit_file import AuditFile
from broker.storage.audit_mark import AuditMark
from security.audit.chain import KEY_BYTES_MIN, Chain, Head, read_line
from security.audit.selection import Selection

_BROKEN: Final = "the last line of the files was changed, or sealed with another key"


def open_audit(settings: Settings, *, broker: int, now_ms: Callable[[], int], new_chain: str) -> AuditRecorder | None:
    """None when there is to be no audit log. ``new_chain`` names a chain, should one begin. Blocks; raises DirectoryInUse, OSError and ValueError."""
    if not is_audited(settings):
        return None
    key = None if settings.audit_key_file is None else read_key(settings.audit_key_file)
    sinks: list[Sink] = []
    head = Head(new_chain)
    found: dict[str, object] = {}
    if "file" in settings.audit_sinks:
        file = AuditFile(directory_of(settings, broker), file_bytes=settings.audit_file_bytes, files_kept=settings.audit_files_kept)
        resumed = file.open()
        if resumed.cut_bytes:
            found["cut_bytes"] = resumed.cut_bytes
        if resumed.last_line is not None:
            last = read_line(resumed.last_line, key)
            if last is not None and last.is_whole:
                head = last.head
            else:
                file.rotate()
                found["broken"] = _BROKEN
        mark = AuditMark(directory_of(settings, broker))
        if "topic" in settings.audit_sinks:
            mark.begin(head)
        else:
            mark.clear()
        sinks.append(AuditFileWriter(file))
    recorder = AuditRecorder(
        Selection(
            settings.audit_events,
            sample_allowed=settings.audit_sample_allowed,
            excluded_principals=settings.audit_excluded_principals,
            # Who reads the log must not make it longer with every read.
            excluded_topics=(*settings.audit_excluded_topics, AUDIT_TOPIC),
        ),
        Chain(head, key),
        sinks,
        now_ms=now_ms,
        broker=broker,
        queue_bytes=settings.audit_queue_bytes,
        blocks=settings.audit_when_full == "block",
    )
    recorder.note("start", software=version("penstock"), **found)
    return recorder


def directory_of(settings: Settings, broker: int) -> Path:
    """Where a broker has the files of its log."""
    return (settings.audit_dir or settings.data_dir / "audit") / f"broker-{broker}"


def mark_of(settings: Settings, broker: int) -> AuditMark | None:
    """How far the topic is behind the files, where there are both."""
    return AuditMark(directory_of(settings, broker)) if {"file", "topic"} <= set(settings.audit_sinks) else None


def read_key(path: Path) -> bytes:
    """The key in a file; a line's end behind it is none of it. Raises OSError, ValueError."""
    key = path.read_bytes().rstrip(b"\r\n")
    if len(key) < KEY_BYTES_MIN:
        raise ValueError(f"{path}: a key of {KEY_BYTES_MIN} bytes or more is needed, there are {len(key)}")
    return key
