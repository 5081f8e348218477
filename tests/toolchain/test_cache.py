"""Parts are built once for the same inputs, also by several processes at once, and a failure is not repeated."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.toolchain import cache
from tests.toolchain.cache import REPOSITORY, ToolchainUnavailable, prepared, run


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")


def test_same_inputs_are_built_once() -> None:
    """A second request finds the folder of the first; other inputs replace it."""
    built: list[Path] = []

    first = prepared("part", ["1"], built.append)
    again = prepared("part", ["1"], built.append)
    other = prepared("part", ["2"], built.append)

    assert [first, other] == built
    assert first == again
    assert not first.exists()


def test_failure_is_remembered() -> None:
    """A part that could not be built is not tried again in this process."""
    tries: list[Path] = []

    def fail(folder: Path) -> None:
        tries.append(folder)
        raise ToolchainUnavailable("no network")

    for _ in range(2):
        with pytest.raises(ToolchainUnavailable, match="no network"):
            prepared("part", ["1"], fail)

    assert len(tries) == 1


def test_processes_wait_for_each_other(tmp_path: Path) -> None:
    """Of several processes that ask at once, one builds, and the others wait for what it built."""
    script = (
        "import sys; from pathlib import Path; from tests.toolchain import cache\n"
        "cache.CACHE = Path(sys.argv[1])\n"
        "def build(folder):\n"
        "    with open(sys.argv[2], 'a') as log: print('built', file=log)\n"
        "    (folder / 'result').write_text('complete')\n"
        "print((cache.prepared('part', ['1'], build) / 'result').read_text())\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "shared"), str(tmp_path / "log")]

    workers = [subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    printed = [worker.communicate(timeout=60)[0] for worker in workers]

    assert printed == ["complete\n"] * 3
    assert (tmp_path / "log").read_text() == "built\n"


def test_failed_command_shows_its_output() -> None:
    """The reason for a missing toolchain ends with what the failed command said."""
    with pytest.raises(ToolchainUnavailable, match=r"exited with 3:\nsuch is life"):
        run([sys.executable, "-c", "print('such is life'); raise SystemExit(3)"])
    with pytest.raises(ToolchainUnavailable, match="cannot run"):
        run(["/no/such/program"])
