"""The settings of the audit log: what is recorded, where it goes, and what happens when it cannot be written."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict

from broker.config.kafka_values import Kind, OneOf, Range, SomeOf, ValueProblem
from broker.config.setting import own

if TYPE_CHECKING:
    from broker.config.settings import Settings

_MIB: Final = 1024 * 1024
_DAY_MS: Final = 86_400_000
_KINDS: Final = ("admin", "authentication", "authorization", "connection")


def _as_path(value: Any) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip() or "\0" in str(value):
        raise ValueProblem("expected a path")
    return Path(value)


class AuditSettings(BaseModel):
    """What is recorded of clients and their requests, for auditors."""

    model_config = ConfigDict(defer_build=True)  # only the whole, Settings, is ever made

    audit: str = own(
        Kind.STRING, "auto",
        "Whether an audit log is written. auto: as soon as a listener encrypts or authenticates (speaks anything but PLAINTEXT).",
        check=OneOf(("auto", "on", "off")),
    )
    audit_sinks: tuple[str, ...] = own(
        Kind.LIST, ("file",),
        "Where the audit log goes: to files in audit_dir, to the topic __penstock_audit, or both, then with the same lines.",
        check=SomeOf(("file", "topic"), least=1),
    )
    audit_events: tuple[str, ...] = own(
        Kind.LIST, _KINDS,
        "What is recorded. admin: changes, with before and after. authentication: logins. authorization: requests that were denied something, "
        "and those that administer, with what came of them. connection: when they open and end.",
        check=SomeOf(_KINDS, least=1),
    )
    audit_sample_allowed: int = own(
        Kind.INT, 0,
        "Of every so many requests that change no settings (producing and fetching, most of all) one is recorded with what it was allowed; 1 records all, "
        "0 none. What is denied is always recorded.",
        check=Range(0), unit="requests",
    )
    audit_excluded_principals: tuple[str, ...] = own(
        Kind.LIST, (),
        "Principals (User:name; a * at the end means a prefix) whose connections, logins and allowed requests are not recorded. Denials, failed logins and "
        "changes are.",
    )
    audit_excluded_topics: tuple[str, ...] = own(
        Kind.LIST, (), "Topics (a * at the end means a prefix) of which it is not recorded who was allowed to use them. Denials and changes are.",
    )
    audit_dir: Path | None = own(
        Kind.STRING, None, "Directory of the audit log's files, in it one for each broker's number. When not set, audit in data_dir.",
        convert=_as_path, shown_by=str,
    )
    audit_file_bytes: int = own(
        Kind.LONG, 64 * _MIB, "When a file of the audit log has so many bytes, the next is begun.", check=Range(64 * 1024), unit="bytes"
    )
    audit_files_kept: int = own(
        Kind.INT, 50, "How many closed files of the audit log are kept; older ones are deleted. 0 keeps all.", check=Range(0), unit="files"
    )
    audit_topic_retention_ms: int = own(
        Kind.LONG, 7 * _DAY_MS, "How long the topic __penstock_audit keeps its records (retention.ms, when it is created). -1 keeps them all.",
        check=Range(-1), unit="ms",
    )
    audit_queue_bytes: int = own(
        Kind.LONG, 16 * _MIB, "Events that are not written yet have this much memory at most, twice as much while they are about changes.",
        check=Range(64 * 1024), unit="bytes",
    )
    audit_when_full: str = own(
        Kind.STRING, "block",
        "What happens when events cannot be written as fast as they come. block: requests that administer are refused until they can be; other "
        "events are dropped. drop: all are dropped. What was dropped is counted, and the audit log says how much it was, and where.",
        check=OneOf(("block", "drop")),
    )
    audit_key_file: Path | None = own(
        Kind.STRING, None,
        "File of the key (16 bytes or more) with which the lines of the audit log are tied to each other (HMAC-SHA-256), so that only who knows it "
        "could write the log anew. When not set, they are tied by SHA-256.",
        convert=_as_path, shown_by=str,
    )


def is_audited(settings: "Settings") -> bool:
    """Whether an audit log is to be written."""
    if settings.audit != "auto":
        return settings.audit == "on"
    protocols = settings.listener_security_protocol_map
    return any(protocols.get(listener.name, "PLAINTEXT") != "PLAINTEXT" for listener in settings.listeners)
