"""What every message class shares: comparison, a readable form, and the types of its buffers."""

from typing import Any, ClassVar, Final

Buffer = bytes | bytearray | memoryview
"""Record bytes as they travel: never copied by the codec."""

BufferList = list[bytes] | list[memoryview] | list[bytes | memoryview] | list[bytes | bytearray | memoryview]

Records = Buffer | BufferList | None
"""A records field of a response: one buffer, or the list of buffers it is put together from."""

EMPTY: Final[list[Any]] = []
"""Default of every list argument. A constructor replaces it by a fresh list; it is never stored nor changed."""

NIL_UUID: Final = bytes(16)
"""Kafka's "no id": sixteen zero bytes."""


class Message:
    """Base of the generated classes; a subclass is its `__slots__` and its constructor."""

    __slots__: ClassVar[tuple[str, ...]] = ()

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={_shortened(getattr(self, name))}" for name in self.__slots__)
        return f"{type(self).__name__}({fields})"


def _shortened(value: object) -> str:
    if isinstance(value, bytes | bytearray | memoryview) and len(value) > 32:
        return f"<{len(value)} bytes>"
    return repr(bytes(value)) if isinstance(value, memoryview) else repr(value)
