"""DenialReporter: says in the log who was denied what and by which rule, as the client is told no more than that it was; and counts decisions.

A client that is denied again and again gets few lines, and does not keep those of others from the log.
"""

import time
from collections.abc import Callable
from typing import Final

from observability import logs
from observability.metrics import AUTHORIZATION
from security.acls.decision import Decision

_LINES_PER_SECOND: Final = 0.2
_LINES_AT_ONCE: Final = 5
_PRINCIPALS_KEPT: Final = 256
_ALL_PER_SECOND: Final = 10.0
_ALL_AT_ONCE: Final = 100
_TEXT_SHOWN: Final = 200
_log = logs.get("access")


class DenialReporter:
    """Owns how many lines were written lately, and for whom."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._all = logs.LineLimiter(_ALL_PER_SECOND, _ALL_AT_ONCE)
        self._of_principal: dict[str, logs.LineLimiter] = {}

    def allowed(self) -> None:
        """Something was allowed by what is in force."""
        AUTHORIZATION.allowed()

    def denied(self, explain: Callable[[], Decision], principal: str, **facts: object) -> None:
        """Something was denied. ``explain`` is called only when there will be a line."""
        AUTHORIZATION.denied()
        now = self._clock()
        held_back = self._limiter(principal).take(now)
        if held_back is None or (held_back_of_all := self._all.take(now)) is None:
            return
        decision = explain()
        shown: dict[str, object] = {name: _cut(value) for name, value in facts.items() if value is not None}
        shown["rule"] = _cut(str(decision.rule)) if decision.rule is not None else decision.reason
        if held_back + held_back_of_all:
            shown["similar_lines_held_back"] = held_back + held_back_of_all
        _log.warning("denied", principal=_cut(principal), **shown)

    def _limiter(self, principal: str) -> logs.LineLimiter:
        found = self._of_principal.get(principal)
        if found is None:
            if len(self._of_principal) >= _PRINCIPALS_KEPT:
                del self._of_principal[next(iter(self._of_principal))]
            found = self._of_principal[principal] = logs.LineLimiter(_LINES_PER_SECOND, _LINES_AT_ONCE)
        return found


def _cut(value: object) -> object:
    if isinstance(value, str) and len(value) > _TEXT_SHOWN:
        return value[:_TEXT_SHOWN] + "..."
    return value
