"""Rule: which broker leads which partition, and has which shard. Every broker comes to the same, for it depends on who there is and on nothing else.

Rendezvous hashing: each broker has a weight for each key, the greatest one wins, so a broker that comes or goes moves only what it gets or had.
Within one topic (and among the shards) nobody gets more than its share, rounded up: what would be too much goes to the next in line.
"""

import re
from collections.abc import Collection, Sequence
from typing import Final

_MASK: Final = (1 << 64) - 1
_ZONE: Final = re.compile(r"(?:^|[,;\s])(?:zone|zone_id|diskless_az|ws_az)=([^,;\s]+)")
"""How clients say where they are in their client ids, in the spellings that other brokers on object stores have made known."""


def zone_of(client_id: str | None) -> str | None:
    """The zone that a client says it is in, by its client id."""
    if client_id is None or "=" not in client_id:
        return None
    found = _ZONE.search(client_id)
    return None if found is None else found.group(1)


def place(keys: Sequence[int], nodes: Collection[int]) -> list[int]:
    """A node for each key, in their order; none gets more than its share of them, rounded up. -1 when there are no nodes."""
    if not nodes:
        return [-1] * len(keys)
    if len(nodes) == 1:
        return [next(iter(nodes))] * len(keys)
    seeds = {node: mix(node + 1) for node in nodes}
    room = dict.fromkeys(nodes, -(-len(keys) // len(nodes)))
    placed = []
    for key in keys:
        hashed = mix(key)
        best, greatest = -1, -1
        for node, left in room.items():
            if left:
                weight = ((hashed ^ seeds[node]) * 0x9FB21C651E98DF25 & _MASK) >> 20
                if weight > greatest or (weight == greatest and node < best):
                    best, greatest = node, weight
        room[best] -= 1
        placed.append(best)
    return placed


def mix(number: int) -> int:
    """64 bits in which each bit of ``number`` has a say (the finalizer of splitmix64)."""
    number = (number + 0x9E3779B97F4A7C15) & _MASK
    number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    number = (number ^ (number >> 27)) * 0x94D049BB133111EB & _MASK
    return number ^ (number >> 31)
