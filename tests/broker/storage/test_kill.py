"""A process killed at random moments, over and over, on one data directory."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from broker.storage.embedded import open_embedded
from tests.broker.storage.log_on_disk import check, check_counts

ROUNDS = int(os.environ.get("PENSTOCK_KILL_ROUNDS", "3"))
ROOT = Path(__file__).parents[3]


def run_and_kill(directory: Path, random: Random) -> int | None:
    """The last number that the child acknowledged before it was killed, some commits on and anywhere within the next."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.broker.storage.killed_workload", str(directory)], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n", "the child checks the log before it goes on"
    heard = b"".join(child.stdout.readline() for _ in range(random.randint(0, 120)))
    with pytest.raises(subprocess.TimeoutExpired):  # it does not end by itself
        child.wait(random.uniform(0.0, 0.02))
    child.kill()
    heard += child.stdout.read()
    child.wait()
    child.stdout.close()
    whole = heard[: heard.rfind(b"\n")].split() if b"\n" in heard else []
    return int(whole[-1]) if whole else None


@pytest.mark.durability
@pytest.mark.timeout(60 + 10 * ROUNDS)
async def test_nothing_acknowledged_is_lost_to_kill(tmp_path: Path) -> None:
    """The log has every acknowledged batch, at most the one in flight besides, and the producer's state agrees."""
    random = Random()
    acknowledged = 0
    for _ in range(ROUNDS):
        last = run_and_kill(tmp_path / "data", random)
        acknowledged = max(acknowledged, 0 if last is None else last + 1)
        storage = open_embedded(tmp_path / "data")
        (topic,) = await storage.catalog.load_topics()
        acknowledged = await check(storage, topic.partitions[0], acknowledged, acknowledged + 1)
        await storage.aclose()
        check_counts(tmp_path / "data")
        segments = list((tmp_path / "data" / "segments").iterdir())
        assert len(segments) < 60, "segments of deleted records do not pile up"

    assert acknowledged > 0
