"""A small file system of its own, to be filled up."""

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

_CHUNK = bytes(64 * 1024)


class Volume:
    """A mounted tmpfs. ``fill`` leaves not one page free, ``free`` gives all of that back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Take what is left, down to the last byte."""
        fd = os.open(self._ballast, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        try:
            for chunk in (_CHUNK, _CHUNK[:4096], b"x"):
                with contextlib.suppress(OSError):
                    while True:
                        os.write(fd, chunk)
        finally:
            os.close(fd)

    def free(self) -> None:
        """Give it back."""
        self._ballast.unlink()


@contextlib.contextmanager
def small_volume(path: Path, megabytes: int) -> Iterator[Volume]:
    """Mount one. Without the right to mount the test is skipped and says so; a broken `mount` is an error, not a reason to skip."""
    path.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "penstock-test", str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        if os.geteuid() == 0 and not _denied(done.stderr):
            raise OSError(errno.EIO, f"mount failed: {done.stderr}")
        reason = f"A FULL DISK WAS NOT TESTED: this machine does not let us mount one: {done.stderr.strip()}"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    try:
        yield Volume(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def _denied(message: str) -> bool:
    return any(word in message.lower() for word in ("denied", "permitted", "superuser"))
