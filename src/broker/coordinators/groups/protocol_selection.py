"""Which protocol a generation uses: the one most members like best, of those that all of them support."""

from collections import Counter
from collections.abc import Collection, Iterable

from broker.coordinators.groups.commands import Protocols


def select_protocol(preferences: Iterable[Protocols], candidates: Collection[str]) -> str:
    """Each member votes for its first choice among ``candidates`` (all of which every member supports); ties go to the name
    voted for first. ValueError when there is nobody to vote."""
    votes = Counter(next(name for name, _ in protocols if name in candidates) for protocols in preferences)
    return max(votes, key=votes.__getitem__)
