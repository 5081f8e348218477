"""Members of the classic protocol as clients behave, in groups of either kind, without a broker."""

from collections.abc import Iterable, Mapping

from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.commands import (
    Effect,
    JoinAnswer,
    JoinCommand,
    Protocols,
    Reply,
    Save,
    SyncAnswer,
    SyncCommand,
)
from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.embedded_protocol import read_assignment
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode
from tests.broker.coordinators.groups.consumer_crowd import TIMING, FakeTopics

Held = set[tuple[bytes, int]]


def subscription(topics: Iterable[str], owned: Mapping[str, Iterable[int]], version: int = 1, rack: str = "") -> bytes:
    """What a consumer says in JoinGroup."""
    names = sorted(topics)
    parts = [version.to_bytes(2, "big"), len(names).to_bytes(4, "big"), *map(_text, names), b"\xff\xff\xff\xff"]
    if version >= 1:
        parts.append(partitions(owned))
    if version >= 2:
        parts.append((7).to_bytes(4, "big"))
    if version >= 3:
        parts.append(_text(rack) if rack else b"\xff\xff")
    return b"".join(parts)


def partitions(held: Mapping[str, Iterable[int]]) -> bytes:
    parts = [len(held).to_bytes(4, "big")]
    for topic, indexes in held.items():
        numbers = sorted(indexes)
        parts += [_text(topic), len(numbers).to_bytes(4, "big"), *(index.to_bytes(4, "big") for index in numbers)]
    return b"".join(parts)


def _text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2, "big") + text.encode()


class SimulatedClassic:
    """A client. Eager: it gives everything up before it joins. ``keeps``: cooperative, it gives up what it is not assigned again."""

    def __init__(
        self, member_id: str, topics: Iterable[str] = ("t",), *, keeps: bool = False, instance_id: str | None = None
    ) -> None:
        self.member_id = member_id
        self.topics = frozenset(topics)
        self.keeps = keeps
        self.instance_id = instance_id
        self.generation = -1
        self.holds: Held = set()
        self.must_join = True

    def protocols(self, known: FakeTopics) -> Protocols:
        owned = named(self.holds, known) if self.keeps else {}
        return (("range", subscription(self.topics, owned)),)

    def command(self, known: FakeTopics, **changed: object) -> JoinCommand:
        values: dict[str, object] = {
            "member_id": self.member_id,
            "fresh_member_id": self.member_id,
            "group_instance_id": self.instance_id,
            "client_id": "c",
            "client_host": "/h",
            "session_timeout_ms": 10_000,
            "rebalance_timeout_ms": 5_000,
            "protocol_type": "consumer",
            "protocols": self.protocols(known),
        }
        return JoinCommand(**(values | changed))  # type: ignore[arg-type]

    def forget(self) -> None:
        """It was told that it is no member any more, or crashed."""
        self.generation, self.must_join = -1, True
        self.holds.clear()

    def step(self, group: ConsumerGroup, known: FakeTopics, now_ms: int, *, is_lost: bool = False) -> None:
        """Be heard of in a consumer group; join again and ask for the assignment when told to. ``is_lost``: it never hears of what it
        joined."""
        if not self.must_join:
            try:
                error = group.classic_heartbeat(self.member_id, self.instance_id, self.generation, TIMING, now_ms)
            except BrokerError:
                self.forget()
                return
            if error is ErrorCode.NONE:
                return
            self.must_join = True
        if not self.keeps:
            self.holds.clear()
        try:
            new = {"member_id": ""} if self.instance_id is not None and self.generation < 0 else {}
            joined = group.classic_join(self.command(known, **new), TIMING, now_ms)
            if is_lost:
                return
            self.generation = joined.generation
            self.take(self.sync(group, now_ms), known)
        except BrokerError as refusal:
            if refusal.code != ErrorCode.REBALANCE_IN_PROGRESS:
                self.forget()

    def sync(self, group: ConsumerGroup, now_ms: int, **changed: object) -> SyncAnswer:
        return group.classic_sync(self.sync_command(**changed), now_ms)

    def sync_command(self, **changed: object) -> SyncCommand:
        values: dict[str, object] = {
            "member_id": self.member_id,
            "group_instance_id": self.instance_id,
            "generation": self.generation,
            "protocol_type": "consumer",
            "protocol": "range",
        }
        return SyncCommand(**(values | changed))  # type: ignore[arg-type]

    def take(self, answer: SyncAnswer, known: FakeTopics) -> None:
        """Begin to read what it was assigned; a cooperative one gives up the rest and joins once more."""
        given = identified(read_assignment(answer.assignment).partitions, known)
        self.must_join = self.keeps and bool(self.holds - given)
        self.holds = given


def rebalance(group: ClassicGroup, members: Iterable[SimulatedClassic], known: FakeTopics, now_ms: int) -> int:
    """All of them join a classic group (giving everything up before), the leader shares out evenly, what it brings is stored. When
    that is done."""
    members = list(members)
    joined: dict[str, JoinAnswer] = {}

    def hear(effects: Iterable[Effect]) -> None:
        joined.update((effect.ticket, effect.answer) for effect in effects if isinstance(effect, Reply))  # type: ignore[misc]

    for member in members:
        member.holds.clear()
        new = {} if member.member_id in group.roster.members else {"member_id": "", "requires_known_member_id": False}
        hear(group.join(member.command(known, **new), member.member_id, now_ms))
    while len(joined) < len(members):
        now_ms = max(now_ms, group.wake_ms)
        hear(group.expire(now_ms))  # nobody else is waited for any more
    topic = known.by_name("t")
    assert topic is not None
    brought = {
        member.member_id: b"\0\1" + partitions({"t": topic.pids[number :: len(members)]}) + b"\xff\xff\xff\xff"
        for number, member in enumerate(members)
    }
    for member in members:
        assert not joined[member.member_id].error, joined[member.member_id]
        member.generation = joined[member.member_id].generation
        for effect in group.sync(member.sync_command(assignments=brought), member, now_ms):
            effects = group.saved(effect, ErrorCode.NONE, now_ms) if isinstance(effect, Save) else [effect]
            for reply in effects:
                assert isinstance(reply, Reply)
                reply.ticket.take(reply.answer, known)
    return now_ms


def named(held: Held, known: FakeTopics) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for topic_id, index in held:
        topic = known.by_id(topic_id)
        if topic is not None:
            found.setdefault(topic.name, set()).add(index)
    return found


def identified(held: Mapping[str, Iterable[int]], known: FakeTopics) -> Held:
    found = ((known.by_name(name), indexes) for name, indexes in held.items())
    return {(topic.topic_id, index) for topic, indexes in found if topic is not None for index in indexes}
