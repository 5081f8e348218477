"""How much of the time reads may have beside producers: all of it when that costs nothing, less the more it costs, never nothing."""

import random

import pytest

from broker.log.giving_way import BY_THEMSELVES, LEAST_SHARE, ORDINARY, SLOWED, TRUST_S, GivingWay


def dice() -> random.Random:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    return random.Random(seed)


def grown(chance: random.Random, slow: float, commits: int = 4000) -> GivingWay:
    """After commits of one to two milliseconds; ``slow`` of those beside reads took ten."""
    way = GivingWay()
    for _ in range(commits):
        way.alone(chance.uniform(0.001, 0.002))
    for _ in range(commits):
        way.beside(0.01 if chance.random() < slow else chance.uniform(0.001, 0.0015))
    return way


def test_the_time_that_is_ordinary_is_found() -> None:
    """One in a hundred takes longer, whatever commits took before."""
    chance = dice()
    way = GivingWay()
    for scale in (1.0, 30.0, 0.1):
        for _ in range(40_000):
            way.alone(scale * chance.uniform(0.001, 0.002))
        assert way.threshold_s / scale == pytest.approx(0.001 + ORDINARY * 0.001, rel=0.1)


def test_reads_that_disturb_nobody_get_all_of_the_time() -> None:
    """And the more they disturb the less they get, but always some."""
    chance = dice()
    assert grown(chance, 0.0).share == 1.0
    some, more = grown(chance, 0.03), grown(chance, 0.3)
    assert LEAST_SHARE < some.share < 1
    assert some.share == pytest.approx(SLOWED / (some.slow - BY_THEMSELVES))
    assert more.share <= some.share
    assert grown(chance, 1.0).share == LEAST_SHARE


def test_what_is_not_known_is_feared_and_fear_passes() -> None:
    """Without a commit beside it a reader is soon alone."""
    way = GivingWay()
    first = way.share
    assert LEAST_SHARE <= first < 0.25
    way.beside(1.0)
    assert way.share == first, "nothing to compare it with"
    shares = []
    for _ in range(int(4 * TRUST_S)):
        way.read_for(1.0)
        shares.append(way.share)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    way.read_for(1e9)
    assert way.share == 1.0


def test_evidence_outweighs_the_passing_of_fear() -> None:
    """Ten commits for a second of reading are enough."""
    chance = dice()
    way = grown(chance, 0.1)
    for number in range(20_000):
        way.beside(0.01 if chance.random() < 0.1 else 0.001)
        if number % 10 == 0:
            way.read_for(1.0)
    assert way.share < 0.25


def test_how_much_may_be_made_slow_is_for_the_operator_to_say() -> None:
    """From as little as there can be to everything."""
    for slowed, expected in ((0.0, LEAST_SHARE), (0.025, 0.25), (1.0, 1.0)):
        way = GivingWay(slowed)
        way.slow = 0.1 + BY_THEMSELVES
        assert way.share == pytest.approx(expected)
