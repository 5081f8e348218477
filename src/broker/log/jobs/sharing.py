"""Rule: which broker sees to which part of a job first. Pure; not what safety rests on (J1)."""

from collections.abc import Sequence
from hashlib import blake2b


def is_first_choice(part: str, node_id: int, node_ids: Sequence[int]) -> bool:
    """Whether of all brokers this one should do the part, unless it is away: the highest hash of both wins (rendezvous), so that a broker that
    comes or goes moves no other parts than its own."""
    return not any(_weight(part, other) > _weight(part, node_id) for other in node_ids if other != node_id)


def _weight(part: str, node_id: int) -> bytes:
    return blake2b(f"{part}/{node_id}".encode(), digest_size=8).digest()
