"""One owner per data directory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from broker.storage.ownership import DirectoryInUse, Ownership

HOLD = """
import sys
from pathlib import Path
from broker.storage.ownership import Ownership
owner = Ownership.take(Path(sys.argv[1]))
print('mine', flush=True)
sys.stdin.read()
"""


def test_a_second_owner_is_refused_by_name(tmp_path: Path) -> None:
    """The message says which process it is and what to do."""
    with Ownership.take(tmp_path), pytest.raises(DirectoryInUse, match=rf"process {os.getpid()}; stop it first"):
        Ownership.take(tmp_path)


def test_releasing_twice_is_no_error(tmp_path: Path) -> None:
    """And makes room for the next."""
    owner = Ownership.take(tmp_path)
    owner.release()
    owner.release()

    Ownership.take(tmp_path).release()


@pytest.mark.durability
def test_a_killed_owner_leaves_nothing_to_clean_up(tmp_path: Path) -> None:
    """Its lock dies with it."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "mine\n"
    with pytest.raises(DirectoryInUse, match=f"process {child.pid}"):
        Ownership.take(tmp_path)
    child.kill()
    child.wait()

    Ownership.take(tmp_path).release()


def test_what_lies_elsewhere_is_owned_too(tmp_path: Path) -> None:
    """Two directories that share a part are not owned at once, and a refused owner holds nothing."""
    shared = tmp_path / "shared.lock"
    with Ownership.take(tmp_path / "one", [shared]):
        with pytest.raises(DirectoryInUse, match=f"process {os.getpid()}"):
            Ownership.take(tmp_path / "two", [shared])
        Ownership.take(tmp_path / "two").release()

    Ownership.take(tmp_path / "two", [shared]).release()
