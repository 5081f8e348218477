"""A broker's wall clock that can be moved while it runs (libfaketime); its monotonic clock goes on as ever, as when somebody sets the time."""

from collections.abc import Mapping
from pathlib import Path

from tests.toolchain import debian
from tests.toolchain.cache import ToolchainUnavailable

_PLACES = ("/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib/faketime")


def library() -> Path:
    """The library to load before all others; raises ToolchainUnavailable where it cannot be had."""
    found = _find()
    if found is None:
        debian.install(["libfaketime"])
        found = _find()
    if found is None:
        raise ToolchainUnavailable("libfaketime is installed and not where Debian puts it")
    return found


class Clock:
    """The offset lies in a file that the library looks at every second."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    def set(self, seconds: int) -> None:
        """Put the clock so far before or behind the true time."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}")
        fresh.replace(self._file)

    def environment(self) -> Mapping[str, str]:
        return {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def _find() -> Path | None:
    named = [Path(place) / "libfaketime.so.1" for place in _PLACES]
    return next((path for path in named if path.exists()), None)
