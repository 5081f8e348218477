"""What is to be looked at when (groups, transactional ids): a heap of wake-up times, checked only when they come.

Heartbeats move deadlines later without a word to anybody; a group that is woken early says when to wake it next. So a
heartbeat costs nothing here, and a group is woken about once a session timeout. Transactions that end in time leave theirs behind.
"""

from heapq import heapify, heappop, heappush


class WakeUps:
    """At most one wake-up a name counts: the earliest asked for."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, str]] = []
        self._wake_ms: dict[str, int] = {}

    def __len__(self) -> int:
        """Names that have a wake-up."""
        return len(self._wake_ms)

    @property
    def next_ms(self) -> int | None:
        """When to look again; never later than the earliest wake-up."""
        return self._heap[0][0] if self._heap else None

    def wake_at(self, name: str, at_ms: int) -> bool:
        """Wake ``name`` at ``at_ms`` unless it is woken earlier. True when this has become the first wake-up of all."""
        known = self._wake_ms.get(name)
        if known is not None and known <= at_ms:
            return False
        self._wake_ms[name] = at_ms
        if len(self._heap) > 2 * len(self._wake_ms) + 64:
            # Wake-ups that count no more (of groups gone since) have piled up.
            self._heap = [(wake_ms, each) for each, wake_ms in self._wake_ms.items()]
            heapify(self._heap)
        else:
            heappush(self._heap, (at_ms, name))
        return self._heap[0] == (at_ms, name)

    def forget(self, name: str) -> None:
        self._wake_ms.pop(name, None)

    def due(self, now_ms: int) -> list[str]:
        """Those whose time has come; they have no wake-up any more."""
        names = []
        while self._heap and self._heap[0][0] <= now_ms:
            at_ms, name = heappop(self._heap)
            if self._wake_ms.get(name) == at_ms:
                del self._wake_ms[name]
                names.append(name)
        return names
