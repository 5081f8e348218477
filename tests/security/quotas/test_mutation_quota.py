"""What one request may change of topics."""

import pytest

from security.quotas.mutation_quota import UNLIMITED, MutationQuota, MutationsExceeded
from security.quotas.rate_window import WindowShape
from security.quotas.token_bucket import TokenBucket

SHAPE = WindowShape(2, 1000)


def test_strictly_what_is_too_much_is_refused_and_not_counted() -> None:
    """After the change that went into debt."""
    bucket = TokenBucket(SHAPE)
    quota = MutationQuota(bucket, 1.0, lambda: 0, is_strict=True)
    quota.take(2)
    quota.take(3)

    for _ in range(2):
        with pytest.raises(MutationsExceeded) as caught:
            quota.take(1)
        assert caught.value.throttle_ms == 3000

    assert quota.throttle_ms == 3000


def test_otherwise_all_is_done_and_the_client_waits() -> None:
    """Clients that do not know the error."""
    quota = MutationQuota(TokenBucket(SHAPE), 1.0, lambda: 0, is_strict=False)
    for _ in range(4):
        quota.take(3)

    assert quota.throttle_ms == 10_000


def test_who_stays_within_does_not_wait() -> None:
    """Nor does the one who reaches the bound in exactly this request: the next one does."""
    bucket = TokenBucket(SHAPE)
    quota = MutationQuota(bucket, 1.0, lambda: 0, is_strict=True)
    quota.take(5)

    assert quota.throttle_ms == 0


def test_without_a_quota_nothing_is_counted() -> None:
    """For those who have none."""
    UNLIMITED.take(1_000_000)

    assert UNLIMITED.throttle_ms == 0
