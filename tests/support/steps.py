"""How much work a call is, counted instead of timed: no other load on the machine changes it."""

import gc
import sys
from collections.abc import Callable


def steps_of(call: Callable[[], object]) -> int:
    """How many lines of Python run in ``call``."""
    steps = 0
    gc.collect()
    gc.disable()  # a collection would count what others have it call back

    def count(frame: object, event: str, argument: object) -> object:
        nonlocal steps
        steps += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)  # type: ignore[arg-type]
    try:
        call()
    finally:
        sys.settrace(before)
        gc.enable()
    return steps
