"""Kafka's embedded consumer protocol: what consumers say to each other inside JoinGroup and SyncGroup.

A classic group passes it on unread. A consumer group with classic members must read and write it, as the coordinator leads there.

| message      | versions | fields                                                                                                  |
|--------------|----------|---------------------------------------------------------------------------------------------------------|
| subscription | 0        | topics, user data                                                                                       |
|              | 1        | owned partitions: what the member still holds. Members that give everything up before they join name none |
|              | 2        | the generation they are of                                                                              |
|              | 3        | rack                                                                                                    |
| assignment   | 0-3      | partitions, user data; all alike                                                                        |

A version above these is read as the last one. What follows after the last field is left alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from broker.coordinators.groups.commands import Protocols

SUBSCRIPTION_VERSION_MAX: Final = 3
ASSIGNMENT_VERSION_MAX: Final = 3

NamedPartitions = Mapping[str, frozenset[int]]
"""By the name of the topic."""


class Malformed(Exception):
    """These bytes are no message of the embedded consumer protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a member subscribes to, and what it holds while it says so."""

    version: int
    topics: frozenset[str]
    owned: NamedPartitions = field(default_factory=dict)
    rack_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    partitions: NamedPartitions
    user_data: bytes = b""


def read_subscription(message: bytes) -> Subscription:
    """Raises :class:`Malformed`."""
    reader = _Reader(message)
    version = min(reader.version(), SUBSCRIPTION_VERSION_MAX)
    topics = frozenset(reader.text() for _ in reader.items(2))
    reader.user_data()
    owned = reader.partitions() if version >= 1 else {}
    if version >= 2:
        reader.number(4)
    rack_id = reader.nullable_text() if version >= 3 else None
    return Subscription(version=version, topics=topics, owned=owned, rack_id=rack_id or None)


def subscription_of(protocols: Protocols) -> Subscription:
    """What a member says in JoinGroup. It says the same for each of its protocols, so the first is read. Raises
    :class:`Malformed`."""
    if not protocols:
        raise Malformed("no protocol")
    return read_subscription(protocols[0][1])


def read_assignment(message: bytes) -> Assignment:
    """Raises :class:`Malformed`. No bytes at all are an assignment of nothing: the member was never given one."""
    if not message:
        return Assignment(partitions={})
    reader = _Reader(message)
    reader.version()
    partitions = reader.partitions()
    return Assignment(partitions=partitions, user_data=reader.user_data())


def assignment_version(metadata: bytes) -> int:
    """Which version of an assignment the member understands that said this."""
    return max(int.from_bytes(metadata[:2], "big", signed=True), 0)


def write_assignment(version: int, partitions: NamedPartitions) -> bytes:
    """An assignment in the form of ``version``."""
    parts = [min(version, ASSIGNMENT_VERSION_MAX).to_bytes(2, "big"), len(partitions).to_bytes(4, "big")]
    for topic in sorted(partitions):
        name, indexes = topic.encode(), sorted(partitions[topic])
        parts += [len(name).to_bytes(2, "big"), name, len(indexes).to_bytes(4, "big")]
        parts += [index.to_bytes(4, "big") for index in indexes]
    parts.append(b"\xff\xff\xff\xff")  # no user data
    return b"".join(parts)


class _Reader:
    def __init__(self, message: bytes) -> None:
        self._message = message
        self._position = 0

    def take(self, size: int) -> bytes:
        end = self._position + size
        if size < 0 or end > len(self._message):
            raise Malformed("cut off")
        taken = self._message[self._position : end]
        self._position = end
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big", signed=True)

    def version(self) -> int:
        version = self.number(2)
        if version < 0:
            raise Malformed("negative version")
        return version

    def text(self) -> str:
        text = self.nullable_text()
        if text is None:
            raise Malformed("a text is missing")
        return text

    def nullable_text(self) -> str | None:
        size = self.number(2)
        if size == -1:
            return None
        try:
            return self.take(size).decode()
        except UnicodeDecodeError as error:
            raise Malformed("not UTF-8") from error

    def items(self, least_bytes: int) -> range:
        """The elements of an array, each of which takes so many bytes at least: a count alone must not cost anything."""
        count = self.number(4)
        if count < 0 or count * least_bytes > len(self._message) - self._position:
            raise Malformed("an array that is not there")
        return range(count)

    def partitions(self) -> dict[str, frozenset[int]]:
        found: dict[str, frozenset[int]] = {}
        for _ in self.items(6):
            topic = self.text()
            found[topic] = found.get(topic, frozenset()) | frozenset(self.number(4) for _ in self.items(4))
        return found

    def user_data(self) -> bytes:
        size = self.number(4)
        return b"" if size == -1 else self.take(size)
