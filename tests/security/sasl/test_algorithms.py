"""Which algorithms there are."""

from security.sasl.algorithms import ALGORITHMS


def test_none_of_them_works_with_a_shared_secret() -> None:
    """Nor without any key."""
    assert not [name for name in ALGORITHMS if name.startswith("HS") or name.lower() == "none"]
    assert len(set(ALGORITHMS)) == len(ALGORITHMS)
