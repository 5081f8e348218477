"""The form of an audit log: one JSON object a line, version 1.

``v`` the version of the form · ``time`` in UTC · ``broker`` whose log it is · ``kind``, ``action``, ``outcome`` · ``principal``, ``peer``, ``listener`` ·
``connection``, ``request``, ``client`` when there are any · ``details``. What ties lines to each other stands behind (:mod:`security.audit.chain`).
"""

import json
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from security.audit.decisions import clipped
from security.audit.event import AuditEvent

VERSION: Final = 1
LINE_BYTES_MAX: Final = 256 * 1024
"""Details of what is longer are left out; the rest of the event is kept."""


def encode_event(event: AuditEvent, *, time_ms: int, broker: int) -> bytes:
    """The event as a JSON object without a line's end."""
    fields: dict[str, Any] = {
        "v": VERSION,
        "time": time_text(time_ms),
        "broker": broker,
        "kind": event.kind.value,
        "action": event.action,
        "outcome": clipped(event.outcome),
        "principal": clipped(event.principal),
        "peer": event.peer,
        "listener": event.listener,
    }
    if event.connection_id:
        fields["connection"] = event.connection_id
    if event.correlation_id is not None:
        fields["request"] = event.correlation_id
    if event.client_id is not None:
        fields["client"] = clipped(event.client_id)
    fields["details"] = dict(event.details)
    encoded = _json(fields)
    if len(encoded) > LINE_BYTES_MAX:
        resource = event.details.get("resource")
        fields["details"] = {"left_out_bytes": len(encoded), **({"resource": clipped(resource)} if isinstance(resource, str) else {})}
        encoded = _json(fields)
    return encoded


def time_text(time_ms: int) -> str:
    """Unix time as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03}Z"


def _json(fields: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(fields, default=str, option=orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError):  # half of a surrogate pair, a number of more than 64 bits
        return json.dumps(fields, default=str, separators=(",", ":")).encode()
