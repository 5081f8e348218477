"""Who sees to which part first."""

from broker.log.jobs.sharing import is_first_choice


def test_every_part_is_exactly_one_brokers() -> None:
    """Whoever is asked."""
    nodes = [3, 1, 7]
    for part in map(str, range(200)):
        assert sum(is_first_choice(part, node, nodes) for node in nodes) == 1


def test_parts_are_spread() -> None:
    """About evenly."""
    counts = [sum(is_first_choice(str(part), node, [1, 2, 3, 4]) for part in range(1000)) for node in (1, 2, 3, 4)]
    assert min(counts) > 150


def test_a_broker_that_goes_moves_its_own_parts_only() -> None:
    """And one alone, or one that nobody knows of yet, does everything."""
    before = {part for part in range(300) if is_first_choice(str(part), 1, [1, 2, 3])}
    after = {part for part in range(300) if is_first_choice(str(part), 1, [1, 2])}
    assert before < after
    assert all(is_first_choice(str(part), 9, []) for part in range(20))
