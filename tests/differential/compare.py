"""Two brokers' answers side by side. Values that two brokers cannot share (ids, addresses, clocks) are replaced by what they are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from broker.wire.messages.base import Message
from tests.differential.script import Stage

OPAQUE = {
    "topic_id": "id",
    "producer_id": "number",
    "cluster_id": "text",
    "host": "text",
    "port": "number",
    "session_id": "number",
    "log_dir": "text",
    "total_bytes": "number",
    "usable_bytes": "number",
    "size": "number",
    "partition_size": "number",
    "error_message": "text",
    "acknowledge_error_message": "text",
    "documentation": "text",
    "batch_index_error_message": "text",
}
"""Fields that are compared only by whether they are there (a zero, an empty text and null stay what they are)."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Difference:
    """One field whose values differ; ``path`` is step and field, array positions left out."""

    path: str
    kafka: str
    penstock: str


def flatten(value: Any, path: str, prefix: str) -> Iterator[tuple[str, Any]]:
    """Every leaf of an answer with its path, array positions included."""
    if isinstance(value, Message):
        for name in value.__slots__:
            yield from flatten(getattr(value, name), f"{path}.{name}", prefix)
    elif isinstance(value, list):
        yield f"{path}.length", len(value)
        for index, item in enumerate(value):
            yield from flatten(item, f"{path}[{index}]", prefix)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from flatten(item, f"{path}/{key}", prefix)
    else:
        yield path, plain(path.rsplit(".", 1)[-1].split("[")[0], value, prefix)


def plain(field: str, value: Any, prefix: str) -> Any:
    """A leaf without what is particular to one broker or one run."""
    if isinstance(value, memoryview):
        value = bytes(value)
    if field in OPAQUE and value not in (None, -1, "", bytes(16)) and (value != 0 or field == "producer_id"):
        return f"<{OPAQUE[field]}>"
    if isinstance(value, str):
        return _UUID.sub("<uuid>", value.replace(prefix, "<run>"))
    return value


def compare(kafka: Stage, penstock: Stage) -> list[Difference]:
    """Every difference, in order."""
    found: list[Difference] = []
    for (step, theirs), (own_step, ours) in zip(kafka.steps, penstock.steps, strict=False):
        if step != own_step:
            found.append(Difference("steps", step, f"{own_step} ({ours})"))
            return found
        left, right = dict(flatten(theirs, step, kafka.prefix)), dict(flatten(ours, step, penstock.prefix))
        for path in [*left, *[path for path in right if path not in left]]:
            if left.get(path, "<absent>") != right.get(path, "<absent>"):
                found.append(
                    Difference(
                        re.sub(r"\[\d+\]", "[]", path),
                        repr(left.get(path, "<absent>")),
                        repr(right.get(path, "<absent>")),
                    )
                )
    if len(kafka.steps) != len(penstock.steps):
        found.append(Difference("steps", str([s for s, _ in kafka.steps]), str([s for s, _ in penstock.steps])))
    return found
