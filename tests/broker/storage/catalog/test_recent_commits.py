"""Answers kept for those who ask again."""

from broker.model import Appended
from broker.storage.catalog.recent_commits import RecentCommits
from tests.broker.storage.catalog.groups_of_batches import group


def test_a_group_is_known_by_where_it_lies() -> None:
    """Another place is another group."""
    recent = RecentCommits()
    recent.add({(1, 5): [[Appended(0, 7, -1, 0)]]})

    assert recent.find(group({}, object_id=1, position=5)) == [[Appended(0, 7, -1, 0)]]
    assert recent.find(group({}, object_id=1, position=6)) is None
    assert recent.find(group({}, object_id=2, position=5)) is None


def test_only_the_latest_are_kept() -> None:
    """Memory is bounded."""
    recent = RecentCommits()
    for position in range(1000):
        recent.add({(1, position): []})

    assert recent.find(group({}, position=0)) is None
    assert recent.find(group({}, position=999)) == []
