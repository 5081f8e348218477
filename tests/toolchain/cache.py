"""The cache directory of prepared toolchains: one folder a part, named by a digest of what it is made from."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = REPOSITORY / ".cache" / "toolchain"

_STAMP = ".stamp"
_memory: dict[Path, "ToolchainUnavailable"] = {}


class ToolchainUnavailable(RuntimeError):
    """A toolchain or a client program cannot be had on this machine; the message says what was tried."""


def progress(message: str) -> None:
    """Say what is being fetched or built: these steps take from seconds to minutes on a new machine."""
    print(f"toolchain: {message}", file=sys.stderr, flush=True)


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock `name` against other processes on this machine (two test workers that ask at once)."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def digest_of(inputs: Iterable[Path | str]) -> str:
    """A short digest of file contents (with their names) and plain strings."""
    digest = hashlib.sha256()
    for item in inputs:
        if isinstance(item, Path):
            digest.update(item.name.encode() + b"\0" + item.read_bytes())
        else:
            digest.update(item.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:12]


def prepared(name: str, inputs: Iterable[Path | str], build: Callable[[Path], None]) -> Path:
    """The folder of part `name`, built by `build(folder)` unless a finished one for the same inputs is there.

    Folders of older inputs are removed. A failure is remembered for the life of the process, so that a hundred
    skipped tests do not each try a download again.
    """
    folder = CACHE / f"{name}-{digest_of(inputs)}"
    if (folder / _STAMP).exists():
        return folder
    if folder in _memory:
        raise _memory[folder]
    with locked(name):
        if (folder / _STAMP).exists():
            return folder
        for stale in CACHE.glob(f"{name}-" + "[0-9a-f]" * 12):
            shutil.rmtree(stale, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            build(folder)
        except ToolchainUnavailable as error:
            _memory[folder] = error
            raise
        (folder / _STAMP).touch()
    return folder


def run(command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run one preparing command to its end and return its output; raises ToolchainUnavailable with the last lines."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise ToolchainUnavailable(f"cannot run {words[0]}: {error}") from error
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-25:])
        raise ToolchainUnavailable(f"{' '.join(words[:6])} ... exited with {done.returncode}:\n{tail}")
    return done.stdout
