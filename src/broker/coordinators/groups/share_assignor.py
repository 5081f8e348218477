"""The ``simple`` assignor of share groups (KIP-932): which members are to have which partitions.

A partition may be given to several members. Of what the same members subscribe to

- every partition is given to as many members as any other: as few as it takes for each member to have one,
- members have as many partitions as each other, give or take one,
- and keep what they had as far as that allows.

Where members subscribe to different topics, each topic is shared out by itself. The same question has the same answer.
"""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

from broker.coordinators.groups.assignors import Assignment, Counts, Subscriber

_Partition = tuple[bytes, int]
_Held = dict[str, list[_Partition]]


def assign_simple(subscribers: Sequence[Subscriber], counts: Counts) -> Assignment:
    """What each member is to have, by its id."""
    wanted: Mapping[frozenset[bytes], Sequence[Subscriber]]
    if all(each.topics == subscribers[0].topics for each in subscribers):
        wanted = {subscribers[0].topics: subscribers} if subscribers else {}
    else:
        topics = sorted(frozenset().union(*(each.topics for each in subscribers)))
        wanted = {frozenset((topic,)): [each for each in subscribers if topic in each.topics] for topic in topics}
    assigned: dict[str, defaultdict[bytes, set[int]]] = {each.member_id: defaultdict(set) for each in subscribers}
    for subscribed, members in wanted.items():
        partitions = [(topic, index) for topic in sorted(subscribed & counts.keys()) for index in range(counts[topic])]
        for member_id, mine in _share(members, partitions).items():
            for topic, index in mine:
                assigned[member_id][topic].add(index)
    return {
        member_id: {topic: frozenset(indexes) for topic, indexes in topics.items()}
        for member_id, topics in assigned.items()
    }


def _share(members: Sequence[Subscriber], partitions: Sequence[_Partition]) -> _Held:
    """Among members who may have any of ``partitions``."""
    if not partitions:
        return {}
    sharing = -(-len(members) // len(partitions))
    quota, larger = divmod(sharing * len(partitions), len(members))
    known = set(partitions)
    held: _Held = {
        each.member_id: [
            (topic, index) for topic, indexes in sorted(each.target.items()) for index in sorted(indexes) if (topic, index) in known
        ]
        for each in members
    }
    missing = _give_up(held, partitions, sharing, quota, larger)
    _give_out(held, missing, quota)
    return held


def _give_up(held: _Held, partitions: Sequence[_Partition], sharing: int, quota: int, larger: int) -> dict[_Partition, int]:
    """Members give up what is shared too widely or is above their share, those with most first; how many members each partition is
    short of then."""
    holders = dict.fromkeys(partitions, 0)
    for mine in held.values():
        for partition in mine:
            holders[partition] += 1
    for member_id in sorted(held, key=lambda member_id: -len(held[member_id])):
        kept = []
        for partition in held[member_id]:
            if holders[partition] > sharing:
                holders[partition] -= 1
            else:
                kept.append(partition)
        held[member_id] = kept
    # The larger shares are for those that have more already.
    for member_id in sorted(held, key=lambda member_id: -len(held[member_id])):
        mine = held[member_id]
        most = quota
        if larger and len(mine) > quota:
            most, larger = quota + 1, larger - 1
        for partition in mine[most:]:
            holders[partition] -= 1
        del mine[most:]
    return {partition: sharing - holders[partition] for partition in partitions}


def _give_out(held: _Held, missing: Mapping[_Partition, int], quota: int) -> None:
    """Members below ``quota`` first: with one partition each they have none yet, with more nobody else has what is free, so they may
    have any. What is left then goes to those that do not have it; there are more of these than have it already."""
    free = deque(_in_turns(missing))
    for mine in held.values():
        while len(mine) < quota:
            mine.append(free.popleft())
    at_quota = deque(mine for mine in held.values() if len(mine) == quota)
    for partition in free:
        while partition in at_quota[0]:
            at_quota.rotate(-1)
        at_quota.popleft().append(partition)


def _in_turns(missing: Mapping[_Partition, int]) -> list[_Partition]:
    """Each partition as often as it is missing, neighbours being different ones as far as possible."""
    turns = [(turn, place, partition) for place, (partition, count) in enumerate(missing.items()) for turn in range(count)]
    return [partition for _, _, partition in sorted(turns)]
