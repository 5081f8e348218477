"""How much of the time reads may have beside producers: all of it when that costs nothing, less the more it costs, never nothing."""

import random

import pytest

from broker.log.giving_way import BLOCK, BLOCKS, BY_THEMSELVES, LEAST_SHARE, SLOWED, TRUST_S, GivingWay


def dice() -> random.Random:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    return random.Random(seed)


def grown(chance: random.Random, slow: float, commits: int = 4000) -> GivingWay:
    """After commits of one to two milliseconds; ``slow`` of those beside reads took ten."""
    way = GivingWay()
    for _ in range(BLOCK * BLOCKS):
        way.alone(chance.uniform(0.001, 0.002))
    for _ in range(commits):
        way.beside(0.01 if chance.random() < slow else chance.uniform(0.001, 0.0015))
    return way


def test_the_time_that_is_ordinary_is_found() -> None:
    """One in a hundred takes longer, whatever commits took before: also when they took hundreds of milliseconds, as where very much is written at a time."""
    chance = dice()
    way = GivingWay()
    for scale in (1.0, 300.0, 0.1):
        for _ in range(BLOCK * BLOCKS):
            way.alone(scale * chance.uniform(0.001, 0.002))
        assert way.threshold_s / scale == pytest.approx(0.00199, rel=0.02)


def test_what_makes_commits_slow_for_some_seconds_is_not_ordinary() -> None:
    """Reads are not to add to it; what goes on for long is ordinary."""
    way = GivingWay()
    for _ in range(BLOCK * BLOCKS):
        way.alone(0.002)
    for _ in range(BLOCK * (BLOCKS // 2)):
        way.alone(0.02)
    assert way.threshold_s == 0.002
    for _ in range(BLOCK * (BLOCKS // 2)):
        way.alone(0.02)
    assert way.threshold_s == 0.02


def test_reads_that_disturb_nobody_get_all_of_the_time() -> None:
    """Where fewer commits are slow than may be; they get the least where more are, whatever they do."""
    chance = dice()
    assert grown(chance, 0.0).share == 1.0
    assert grown(chance, 0.2).share < 2 * LEAST_SHARE
    assert grown(chance, 1.0).share == pytest.approx(LEAST_SHARE)


@pytest.mark.parametrize("disturbs", [0.02, 0.05])
def test_of_all_commits_no_more_are_slow_than_may_be(disturbs: float) -> None:
    """Reads that slow so many of the commits that meet them get that part of the time that makes up for it."""
    chance = dice()
    way = grown(chance, 0.0)
    slow, shares, commits = 0, 0.0, 100_000
    for _ in range(commits):
        is_slow = chance.random() < way.share * disturbs
        slow += is_slow
        shares += way.share
        way.beside(0.01 if is_slow else 0.001)
    allowed = SLOWED + BY_THEMSELVES
    assert slow / commits == pytest.approx(allowed, rel=0.25)
    assert shares / commits == pytest.approx(allowed / disturbs, rel=0.3)


def test_some_slow_commits_in_a_row_do_not_take_all() -> None:
    """What was gained before is lost first, and it is gained back within seconds of producers."""
    chance = dice()
    way = grown(chance, 0.0)
    for _ in range(3):
        way.beside(0.5)
    assert way.share == 1.0
    for _ in range(40):
        way.beside(0.5)
    assert way.share == pytest.approx(LEAST_SHARE)
    for _ in range(3000):
        way.beside(0.001)
    assert way.share == 1.0


def test_what_is_not_known_is_feared_and_fear_passes() -> None:
    """Without a commit beside it a reader is soon alone."""
    way = GivingWay()
    first = way.share
    assert LEAST_SHARE <= first < 0.25
    for _ in range(BLOCK - 1):
        way.alone(0.001)
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


@pytest.mark.parametrize(("slowed", "least", "most"), [(0.0, LEAST_SHARE, 2 * LEAST_SHARE), (0.2, 1.0, 1.0), (1.0, 1.0, 1.0)])
def test_how_much_may_be_made_slow_is_for_the_operator_to_say(slowed: float, least: float, most: float) -> None:
    """From as little as there can be to everything: with 1 reads have all of the time from the beginning."""
    chance = dice()
    way = GivingWay(slowed)
    assert (way.share == 1.0) == (slowed == 1.0)
    for _ in range(BLOCK):
        way.alone(0.001)
    for _ in range(4000):
        way.beside(0.01 if chance.random() < 0.1 else 0.001)
    assert least <= way.share <= most
