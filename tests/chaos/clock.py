"""A broker whose wall clock is moved from outside while it runs: ``python -m tests.chaos.clock FILE serve ...``

FILE holds the seconds that its clock is ahead of the true time (or behind); it is looked at once a tenth of a second. The monotonic clock goes on as
ever, as when somebody sets the time. The product knows nothing of this.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_LOOK_S: Final = 0.1


def shifted(file: Path, true_ns: Callable[[], int], monotonic: Callable[[], float]) -> Callable[[], int]:
    """A clock in nanoseconds that is off by what ``file`` says."""
    offset_ns, looked = 0, float("-inf")

    def now() -> int:
        nonlocal offset_ns, looked
        if monotonic() - looked > _LOOK_S:
            looked = monotonic()
            try:
                offset_ns = int(float(file.read_text()) * 1e9)
            except (OSError, ValueError):
                pass  # it is being written
        return true_ns() + offset_ns

    return now


if __name__ == "__main__":
    clock = shifted(Path(sys.argv.pop(1)), time.time_ns, time.monotonic)
    time.time_ns = clock
    time.time = lambda: clock() / 1e9

    from broker.cli import main  # only now, so that nobody has the true clock

    main()
