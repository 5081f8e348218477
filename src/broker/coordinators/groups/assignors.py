"""Server-side assignors: which member is to have which partitions (KIP-848).

- ``uniform``  as evenly as subscriptions allow, and with as few moves as that allows
- ``range``    for each topic runs of neighbours in the order of members, so that topics with as many partitions and the same
  subscribers are divided alike: partition 3 of one is where partition 3 of the other is

All of them give every partition of a topic to exactly one of its subscribers. The same question has the same answer.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heapreplace
from typing import Final

from broker.coordinators.groups.consumer_member import Target


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A member as an assignor sees it: the topics it wants, by id, and what it was to have so far."""

    member_id: str
    topics: frozenset[bytes]
    target: Target = field(default_factory=dict)
    instance_id: str | None = None


Counts = Mapping[bytes, int]
"""Partitions of each topic that anybody subscribes to, by topic id."""

Assignment = dict[str, dict[bytes, frozenset[int]]]
"""What each member is to have, by its id."""

Assignor = Callable[[Sequence[Subscriber], Counts], Assignment]

_Partition = tuple[bytes, int]


def assign_uniform(subscribers: Sequence[Subscriber], counts: Counts) -> Assignment:
    """Numbers of partitions differ by one at most where all subscribe to the same; else as little as can be."""
    held = {each.member_id: _still_wanted(each, counts) for each in subscribers}
    if not subscribers:
        return {}
    if all(each.topics == subscribers[0].topics for each in subscribers):
        _share_equally(held, [(topic, index) for topic in sorted(subscribers[0].topics & counts.keys()) for index in range(counts[topic])])
    else:
        _share_by_subscription(held, subscribers, counts)
    return {member_id: _by_topic(partitions) for member_id, partitions in held.items()}


def assign_range(subscribers: Sequence[Subscriber], counts: Counts) -> Assignment:
    """Runs of neighbouring partitions; the first members get one more where it does not come out even."""
    ordered = sorted(subscribers, key=lambda each: (each.instance_id is None, each.instance_id or "", each.member_id))
    assignment: Assignment = {each.member_id: {} for each in subscribers}
    for topic in sorted(counts):
        members = [each.member_id for each in ordered if topic in each.topics]
        if not members:
            continue
        share, more = divmod(counts[topic], len(members))
        start = 0
        for position, member_id in enumerate(members):
            end = start + share + (position < more)
            if end > start:
                assignment[member_id][topic] = frozenset(range(start, end))
            start = end
    return assignment


ASSIGNORS: Final[Mapping[str, Assignor]] = {"uniform": assign_uniform, "range": assign_range}
"""By the names that members ask for."""


def _still_wanted(subscriber: Subscriber, counts: Counts) -> list[_Partition]:
    return [
        (topic, index)
        for topic, indexes in sorted(subscriber.target.items())
        if topic in subscriber.topics
        for index in sorted(indexes)
        if index < counts.get(topic, 0)
    ]


def _share_equally(held: dict[str, list[_Partition]], partitions: Sequence[_Partition]) -> None:
    """Members keep what they have up to their share; the larger shares are for those that have more already."""
    share, larger = divmod(len(partitions), len(held))
    taken: set[_Partition] = set()
    open_members: list[tuple[str, int]] = []
    for member_id in sorted(held, key=lambda member_id: -len(held[member_id])):
        mine = held[member_id]
        quota = share
        if larger and len(mine) > share:
            quota, larger = share + 1, larger - 1
        del mine[quota:]
        taken.update(mine)
        open_members.append((member_id, quota))
    free = iter([partition for partition in partitions if partition not in taken])
    for member_id, quota in open_members:
        if quota == share and larger:
            quota, larger = share + 1, larger - 1
        mine = held[member_id]
        mine.extend(next(free) for _ in range(quota - len(mine)))


def _share_by_subscription(held: dict[str, list[_Partition]], subscribers: Sequence[Subscriber], counts: Counts) -> None:
    """Members want different topics: what is free goes to who has least, then partitions move while that evens things out."""
    wanting: defaultdict[bytes, list[str]] = defaultdict(list)
    for each in subscribers:
        for topic in each.topics & counts.keys():
            wanting[topic].append(each.member_id)
    owner = {partition: member_id for member_id, partitions in held.items() for partition in partitions}
    load = {member_id: len(partitions) for member_id, partitions in held.items()}
    # Topics that few want go first, while those few have little; the others can still be given to many.
    topics = sorted(wanting, key=lambda topic: (len(wanting[topic]), topic))
    for topic in topics:
        heap = [(load[member_id], member_id) for member_id in wanting[topic]]
        heapify(heap)
        for index in range(counts[topic]):
            if (topic, index) not in owner:
                count, member_id = heap[0]
                owner[topic, index] = member_id
                load[member_id] = count + 1
                heapreplace(heap, (count + 1, member_id))
    while _even_out(topics, wanting, counts, owner, load):
        pass
    for partitions in held.values():
        partitions.clear()
    for partition, member_id in owner.items():
        held[member_id].append(partition)


def _even_out(
    topics: Sequence[bytes],
    wanting: Mapping[bytes, Sequence[str]],
    counts: Counts,
    owner: dict[_Partition, str],
    load: dict[str, int],
) -> bool:
    """Move partitions within each topic from who has most to who has least. Each move makes the sum of squares of the loads
    smaller, so this ends."""
    moved = False
    for topic in topics:
        members = wanting[topic]
        if len(members) < 2:
            continue
        heap = [(load[member_id], member_id) for member_id in members]
        heapify(heap)
        for index in range(counts[topic]):
            giver = owner[topic, index]
            least, taker = heap[0]
            if least != load[taker]:  # it gave something away meanwhile; its place in the heap is out of date
                heapreplace(heap, (load[taker], taker))
                least, taker = heap[0]
            if load[giver] - least > 1:
                owner[topic, index] = taker
                load[giver] -= 1
                load[taker] += 1
                heapreplace(heap, (least + 1, taker))
                moved = True
    return moved


def _by_topic(partitions: Sequence[_Partition]) -> dict[bytes, frozenset[int]]:
    by_topic: defaultdict[bytes, set[int]] = defaultdict(set)
    for topic, index in partitions:
        by_topic[topic].add(index)
    return {topic: frozenset(indexes) for topic, indexes in by_topic.items()}
