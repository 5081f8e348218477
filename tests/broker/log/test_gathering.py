"""When the next group waits for more batches, for how many, and for how long."""

import pytest

from broker.log.gathering import (
    BACK_WITHIN_S,
    ENOUGH_BATCHES,
    ENOUGH_BYTES,
    PATIENCE_MAX_S,
    PATIENCE_MIN_S,
    SKIP_MAX,
    WORTHWHILE_COMMIT_S,
    Gathering,
)

COMMIT_S = 0.002


def after_commit(batches: int = 4, seconds: float = COMMIT_S) -> Gathering:
    gathering = Gathering()
    gathering.committed(batches, seconds)
    return gathering


def test_those_who_were_answered_are_waited_for() -> None:
    """One batch came in during a commit of four: the next group wants all five."""
    assert after_commit(4).wanted(1, 16_000) == 5


def test_an_idle_writer_commits_at_once() -> None:
    """Before the first commit, after an idle moment, and with nothing in the queue there is no wait (G1)."""
    assert Gathering().wanted(1, 100) == 0
    assert after_commit().wanted(0, 0) == 0
    idle = after_commit()
    idle.rested(BACK_WITHIN_S * 1.1)
    assert idle.wanted(1, 100) == 0


def test_the_first_who_is_back_waits_for_the_others() -> None:
    """When all in flight were in one group, the queue is empty for a moment; that is not idleness (G1)."""
    gathering = after_commit(5)
    gathering.rested(BACK_WITHIN_S * 0.9)
    assert gathering.wanted(1, 100) == 5
    assert gathering.wanted(4, 100) == 5
    assert gathering.wanted(5, 100) == 0, "everybody is here"
    assert gathering.wanted(6, 100) == 0


def test_a_sender_who_is_alone_never_waits() -> None:
    """One request in flight: whoever came back is everybody."""
    gathering = after_commit(1)
    gathering.rested(BACK_WITHIN_S * 0.1)
    assert gathering.wanted(1, 100) == 0


def test_a_rest_is_forgotten_with_the_next_commit() -> None:
    """What comes in during it is from others again."""
    gathering = after_commit(4)
    gathering.rested(BACK_WITHIN_S * 0.1)
    gathering.committed(4, COMMIT_S)
    assert gathering.wanted(1, 100) == 5


@pytest.mark.parametrize(("queued", "queued_bytes"), [(ENOUGH_BATCHES, 1), (1, ENOUGH_BYTES)])
def test_a_large_group_does_not_wait(queued: int, queued_bytes: int) -> None:
    """What would be gained is small beside the commit itself."""
    assert after_commit().wanted(queued, queued_bytes) == 0
    assert after_commit(1000).wanted(2, 100) == ENOUGH_BATCHES


def test_a_fast_commit_is_not_waited_for() -> None:
    """Where a commit costs less than the wait, as on memory, there is none."""
    assert after_commit(seconds=WORTHWHILE_COMMIT_S / 2).wanted(1, 100) == 0


@pytest.mark.parametrize(
    ("seconds", "patience"), [(0.0005, PATIENCE_MIN_S), (0.004, 0.002), (0.006, 0.003), (1.0, PATIENCE_MAX_S)]
)
def test_patience_is_half_a_commit_within_bounds(seconds: float, patience: float) -> None:
    """A slow disk makes waiting worthwhile for longer, but never for long (G3)."""
    assert after_commit(seconds=seconds).patience_s == pytest.approx(patience)


def test_waits_in_vain_become_rare() -> None:
    """Clients that do not come back are soon hardly waited for; one success restores patience (G4)."""
    gathering = after_commit()

    def commits_until_next_wait() -> int:
        count = 1
        while not gathering.wanted(1, 100):
            count += 1
        return count

    gaps = []
    for _ in range(9):
        gaps.append(commits_until_next_wait())
        gathering.waited(in_vain=True)
    assert gaps == [1, 2, 3, 5, 9, 17, 33, SKIP_MAX + 1, SKIP_MAX + 1]

    commits_until_next_wait()
    gathering.waited(in_vain=False)
    assert commits_until_next_wait() == 1
    gathering.waited(in_vain=True)
    assert commits_until_next_wait() == 2
