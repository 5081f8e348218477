"""Members of the consumer protocol as clients behave, and topics for them, without a broker."""

from collections.abc import Iterable
from dataclasses import dataclass

from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.consumer_member import HeartbeatCommand
from broker.coordinators.groups.epoch_group import GroupTiming, HeartbeatAnswer
from broker.coordinators.groups.limits import GroupPolicy
from broker.errors import BrokerError

TIMING = GroupTiming(session_timeout_ms=10_000, heartbeat_interval_ms=1_000, assignment_interval_ms=0)


@dataclass(frozen=True)
class FakeTopic:
    name: str
    topic_id: bytes
    pids: tuple[int, ...]


class FakeTopics:
    """Topics with ids that tell them apart, also from an earlier topic of the same name."""

    def __init__(self, **counts: int) -> None:
        self._topics: dict[str, FakeTopic] = {}
        self.version = 0
        for name, count in counts.items():
            self.create(name, count)

    def create(self, name: str, count: int) -> bytes:
        self.version += 1
        topic_id = f"{name[:8]:<8}{self.version:08}".encode()
        self._topics[name] = FakeTopic(name, topic_id, tuple(range(count)))
        return topic_id

    def grow(self, name: str, count: int) -> None:
        self.version += 1
        self._topics[name] = FakeTopic(name, self._topics[name].topic_id, tuple(range(count)))

    def delete(self, name: str) -> None:
        self.version += 1
        del self._topics[name]

    def by_name(self, name: str) -> FakeTopic | None:
        return self._topics.get(name)

    def by_id(self, topic_id: bytes) -> FakeTopic | None:
        return next((topic for topic in self._topics.values() if topic.topic_id == topic_id), None)

    def names(self) -> Iterable[str]:
        return list(self._topics)

    def all_partitions(self, *names: str) -> set[tuple[bytes, int]]:
        found = [topic for topic in self._topics.values() if topic.name in names]
        return {(topic.topic_id, index) for topic in found for index in topic.pids}


class SimulatedConsumer:
    """A client: it reads what it ``holds``, gives up at once what it is told to, and starts anew when it is fenced."""

    def __init__(self, member_id: str, topics: Iterable[str] = ("t",), **fields: object) -> None:
        self.member_id = member_id
        self.topics = frozenset(topics)
        self.fields = fields
        self.epoch = 0
        self.holds: set[tuple[bytes, int]] = set()
        self.is_told = True
        self.instance_id: str | None = fields.get("instance_id")  # type: ignore[assignment]

    def command(self, **changed: object) -> HeartbeatCommand:
        values: dict[str, object] = {"member_id": self.member_id, "member_epoch": self.epoch, **self.fields}
        if self.epoch == 0:
            values |= {"rebalance_timeout_ms": 5_000, "topic_names": self.topics, "owned": {}}
        elif not self.is_told:
            values["owned"] = self.owned()
        return HeartbeatCommand(**(values | changed))  # type: ignore[arg-type]

    def owned(self) -> dict[bytes, frozenset[int]]:
        return {topic: frozenset(i for t, i in self.holds if t == topic) for topic, _ in self.holds}

    def beat(self, group: ConsumerGroup, now_ms: int, *, is_lost: bool = False, **changed: object) -> HeartbeatAnswer | None:
        """One heartbeat; ``is_lost``: the answer never comes. None when it was fenced."""
        try:
            answer = group.heartbeat(self.command(**changed), TIMING, now_ms)
        except BrokerError:
            self.epoch, self.is_told = 0, True
            self.holds.clear()
            return None
        if is_lost:
            self.is_told = False
            return answer
        self.epoch = answer.member_epoch
        self.is_told = True
        if answer.assigned is not None:
            self.holds = {(topic, index) for topic, indexes in answer.assigned.items() for index in indexes}
            self.is_told = False  # it says what it holds after each change
        return answer


def group_of(topics: FakeTopics, **policy: int) -> ConsumerGroup:
    return ConsumerGroup("g", GroupPolicy(**policy), topics)


def settle(group: ConsumerGroup, consumers: Iterable[SimulatedConsumer], now_ms: int = 0, rounds: int = 8) -> None:
    """Everybody is heard of until nothing changes any more."""
    for _ in range(rounds):
        for consumer in consumers:
            consumer.beat(group, now_ms)
