"""How `consume` prints a record: its value, JSON, or a template with placeholders."""

import base64
import json
from collections.abc import Callable
from typing import Any, Final

from broker.cli.failure import USAGE, CommandFailed

Printer = Callable[[Any], bytes]

_FIELDS: Final[dict[str, Callable[[Any], bytes]]] = {
    "k": lambda m: m.key() or b"",
    "s": lambda m: m.value() or b"",
    "v": lambda m: m.value() or b"",
    "K": lambda m: str(len(m.key()) if m.key() is not None else -1).encode(),
    "S": lambda m: str(len(m.value()) if m.value() is not None else -1).encode(),
    "t": lambda m: m.topic().encode(),
    "p": lambda m: str(m.partition()).encode(),
    "o": lambda m: str(m.offset()).encode(),
    "T": lambda m: str(m.timestamp()[1]).encode(),
    "h": lambda m: ",".join(f"{name}={_text(value)}" for name, value in m.headers() or []).encode(),
    "%": lambda m: b"%",
}
_ESCAPES: Final = {"n": b"\n", "t": b"\t", "r": b"\r", "0": b"\0", "\\": b"\\"}


def printer(text: str) -> Printer:
    """``value``, ``json``, or a template: %k %v %t %p %o %T %h %K %S, \\n and \\t."""
    if text == "value":
        return lambda message: (message.value() or b"") + b"\n"
    if text == "json":
        return _json
    return _template(text)


def _template(text: str) -> Printer:
    parts: list[bytes | Callable[[Any], bytes]] = []
    position = 0
    while position < len(text):
        mark, after = text[position], text[position + 1 : position + 2]
        if mark == "%" and after in _FIELDS:
            parts.append(_FIELDS[after])
            position += 2
        elif mark == "%":
            raise CommandFailed(f"--format: %{after} is unknown; there are {' '.join('%' + f for f in _FIELDS)}", USAGE)
        elif mark == "\\" and after in _ESCAPES:
            parts.append(_ESCAPES[after])
            position += 2
        else:
            parts.append(mark.encode())
            position += 1
    return lambda message: b"".join(part if isinstance(part, bytes) else part(message) for part in parts)


def _json(message: Any) -> bytes:
    kind, timestamp = message.timestamp()
    fields: dict[str, Any] = {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": timestamp,
        "timestamp_type": {1: "CreateTime", 2: "LogAppendTime"}.get(kind, "none"),
    }
    fields |= _field("key", message.key())
    fields |= _field("value", message.value())
    fields["headers"] = [{"name": name, **_field("value", value)} for name, value in message.headers() or []]
    return json.dumps(fields, ensure_ascii=False).encode() + b"\n"


def _field(name: str, value: bytes | None) -> dict[str, str | None]:
    if value is None:
        return {name: None}
    try:
        return {name: value.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(value).decode()}


def _text(value: bytes | None) -> str:
    return "null" if value is None else value.decode("utf-8", "backslashreplace")
