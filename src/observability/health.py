"""Named checks behind ``/livez`` (is the process worth keeping?) and ``/readyz`` (may clients be sent here?)."""

from collections.abc import Callable

Check = Callable[[], str | None]
"""None when all is well, else why not, in words for an operator."""


class Health:
    """Holds the checks. Asking is cheap and never waits: a check looks at state that others keep up to date."""

    def __init__(self) -> None:
        self._live: dict[str, Check] = {}
        self._ready: dict[str, Check] = {}

    def add_liveness(self, name: str, check: Check) -> None:
        self._live[name] = check

    def add_readiness(self, name: str, check: Check) -> None:
        self._ready[name] = check

    def liveness(self) -> dict[str, str | None]:
        """Each liveness check's complaint or None."""
        return {name: check() for name, check in self._live.items()}

    def readiness(self) -> dict[str, str | None]:
        """Each readiness check's complaint or None; a broker that is not alive is not ready either."""
        return {name: check() for name, check in (self._live | self._ready).items()}
