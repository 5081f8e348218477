"""What a topic's configuration keeps."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from broker.log.retention import Retention, retention


@dataclass
class Config:
    """The part of a topic's configuration that matters."""

    cleanup_policy: frozenset[str] = frozenset({"delete"})
    retention_ms: int = -1
    retention_bytes: int = -1


def test_without_delete_everything_is_kept() -> None:
    """cleanup.policy=compact does not delete by time or size; both together do."""
    assert retention(Config(frozenset({"compact"}), 1, 1), 1000) is None
    assert retention(Config(frozenset({"compact", "delete"}), 1, -1), 1000) == Retention(999, None)


def test_zero_is_a_limit_and_minus_one_is_none() -> None:
    """retention.ms=0 lets everything go that is older than now."""
    assert retention(Config(retention_ms=0, retention_bytes=0), 1000) == Retention(1000, 0)
    assert retention(Config(), 1000) is None


@given(
    st.sets(st.sampled_from(["delete", "compact"])),
    st.integers(-1, 2**63 - 1),
    st.integers(-1, 2**63 - 1),
    st.lists(st.tuples(st.integers(0, 2**45), st.integers(1, 10**9)), max_size=10),
    st.integers(0, 2**45),
)
def test_agrees_with_a_walk_over_segments(
    policy: set[str], retention_ms: int, retention_bytes: int, segments: list[tuple[int, int]], now_ms: int
) -> None:
    """What the limits let go of (oldest first) is what Kafka's two rules let go of."""
    limits = retention(Config(frozenset(policy), retention_ms, retention_bytes), now_ms)

    def expired_by_kafka(newest_ms: int, size_left: int) -> bool:
        by_time = retention_ms >= 0 and now_ms - newest_ms > retention_ms
        by_size = retention_bytes >= 0 and size_left >= retention_bytes
        return "delete" in policy and (by_time or by_size)

    left = sum(size for _, size in segments)
    for newest_ms, size in segments:
        left -= size
        ours = limits is not None and (
            (limits.oldest_ms is not None and newest_ms < limits.oldest_ms)
            or (limits.max_bytes is not None and left >= limits.max_bytes)
        )
        assert ours == expired_by_kafka(newest_ms, left)
