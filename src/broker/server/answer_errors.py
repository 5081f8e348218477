"""Which errors an answer carries, for the metrics: of the whole request and of single topics, partitions and groups in it."""
from typing import Final

from broker.wire.messages.base import Message

NODES_MAX: Final = 1000
"""Parts of an answer that are looked at; what a larger one holds beyond is not counted. It bounds the cost for hot paths."""


_SHAPES: Final[dict[type, tuple[bool, tuple[str, ...]]]] = {}
"""By class: whether it has an error code of its own, and which fields are lists that may hold more."""


def _shape(kind: type[Message]) -> tuple[bool, tuple[str, ...]]:
    empty = kind()
    lists = tuple(name for name in kind.__slots__ if isinstance(getattr(empty, name), list))
    shape = _SHAPES[kind] = ("error_code" in kind.__slots__, lists)
    return shape


def errors_in(answer: Message) -> list[int]:
    """The error codes of an answer other than 0, as often as they occur."""
    found: list[int] = []
    nodes = [answer]
    room = NODES_MAX
    for node in nodes:
        kind = type(node)
        has_code, lists = _SHAPES.get(kind) or _shape(kind)
        if has_code and node.error_code:  # type: ignore[attr-defined]  # asked of its class
            found.append(node.error_code)  # type: ignore[attr-defined]
        for name in lists:
            parts = getattr(node, name)
            if parts and room > 0 and isinstance(parts[0], Message):
                nodes += parts[:room]
                room -= len(parts)
    return found
