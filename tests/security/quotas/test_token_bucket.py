"""Tokens that come with time."""

import random

from security.quotas.rate_window import THROTTLE_MAX_MS, WindowShape
from security.quotas.token_bucket import TokenBucket

SHAPE = WindowShape(11, 1000)


def test_the_burst_is_what_all_windows_give() -> None:
    """Then there is debt, and it takes its time to come out of it."""
    bucket = TokenBucket(SHAPE)
    bucket.take(22, 2, 1000)
    assert bucket.missing_ms(2, 1000) == 0

    bucket.take(10, 2, 1000)

    assert bucket.missing_ms(2, 1000) == 5000
    assert bucket.missing_ms(2, 5999) == 1
    assert bucket.missing_ms(2, 6000) == 0


def test_the_last_token_buys_anything() -> None:
    """Who finds none missing may take more than there are: a topic of a thousand partitions can be made in the end."""
    bucket = TokenBucket(SHAPE)
    bucket.take(11, 1, 0)
    assert bucket.missing_ms(1, 0) == 0

    bucket.take(1000, 1, 0)

    assert bucket.missing_ms(1, 0) == 1_000_000


def test_a_rate_of_nothing_never_gives() -> None:
    """As long as can be told."""
    bucket = TokenBucket(SHAPE)
    bucket.take(1, 0, 0)

    assert bucket.missing_ms(0, 1 << 40) == THROTTLE_MAX_MS


def test_it_never_holds_more_than_the_burst() -> None:
    """However long nobody took any, and however the clock jumps."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    bucket, now_ms, taken = TokenBucket(SHAPE), 0, 0.0
    for _ in range(1000):
        now_ms += chance.choice([0, 1, 50, 1000, 60_000])
        while bucket.has(1, 3, now_ms):
            bucket.take(1, 3, now_ms)
            taken += 1
        assert taken <= 33 + 3 * now_ms / 1000
        assert not bucket.has(1, 3, now_ms - 500)
