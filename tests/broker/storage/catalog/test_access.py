"""The numbers of the kinds are stored."""

from broker.storage.catalog.access import AccessKind


def test_the_numbers_stay() -> None:
    """A catalog written earlier means the same by them."""
    assert {kind.name: int(kind) for kind in AccessKind} == {"ACL": 1, "SCRAM": 2, "TOKEN": 3, "QUOTA": 4, "MADE": 5}
