"""Which events are kept: by kind, without those that are excluded, and of what was merely allowed only a sample.

Exclusions and sampling concern what went well. A denial, a failed login and a change are kept whoever it was and whatever it was about:
an exclusion must not be a place to hide.
"""

from collections.abc import Iterable
from typing import Any, Final

from security.audit.event import AuditEvent, EventKind

_SUCCESS: Final = "success"


class Names:
    """Names, and prefixes of names where a ``*`` ends them."""

    def __init__(self, patterns: Iterable[str]) -> None:
        given = tuple(patterns)
        self._names = frozenset(pattern for pattern in given if not pattern.endswith("*"))
        self._prefixes = tuple(pattern[:-1] for pattern in given if pattern.endswith("*"))

    def __contains__(self, name: str) -> bool:
        return name in self._names or name.startswith(self._prefixes)


class Selection:
    """``sample_allowed`` is how many requests that change nothing there are to one of which it is kept what it was allowed; 0 keeps none."""

    def __init__(
        self,
        kinds: Iterable[str],
        *,
        sample_allowed: int = 0,
        excluded_principals: Iterable[str] = (),
        excluded_topics: Iterable[str] = (),
    ) -> None:
        self._kinds = frozenset((*(EventKind(kind) for kind in kinds), EventKind.AUDIT))
        self._sample_allowed = sample_allowed if EventKind.AUTHORIZATION in self._kinds else 0
        self._principals = Names(excluded_principals)
        self._topics = Names(excluded_topics)
        self._unsampled = 0

    def wants(self, kind: EventKind, principal: str) -> bool:
        """Whether an event of this kind by this principal may be kept at all."""
        return kind in self._kinds and (kind is not EventKind.CONNECTION or principal not in self._principals)

    def keeps(self, event: AuditEvent) -> bool:
        """Whether this event is kept."""
        if not self.wants(event.kind, event.principal):
            return False
        match event.kind:
            case EventKind.AUTHENTICATION:
                return event.outcome != _SUCCESS or event.principal not in self._principals
            case EventKind.AUTHORIZATION:
                decisions = event.details.get("decisions", ())
                return (
                    event.details.get("changes", False)
                    or any(not decision["allowed"] for decision in decisions)
                    or (event.principal not in self._principals and not all(map(self._is_excluded, decisions)))
                )
            case _:
                return True

    def samples_allowed(self) -> bool:
        """Whether this is one of the sample; counts."""
        if not self._sample_allowed:
            return False
        self._unsampled += 1
        if self._unsampled < self._sample_allowed:
            return False
        self._unsampled = 0
        return True

    def _is_excluded(self, decision: dict[str, Any]) -> bool:
        return decision["resource_type"] == "TOPIC" and decision["resource"] in self._topics
