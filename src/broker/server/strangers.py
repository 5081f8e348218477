"""Connections of which it is not known yet who they are: in a TLS handshake, or logging in. How many there may be, and who leaves for whom.

A flood of them must neither take memory nor keep others out: when the room is full, the one that has been in it longest leaves, for an honest client
is through within moments. An address that has a quarter of the room makes room for itself.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, Generic, TypeVar

Guest = TypeVar("Guest")

SHARE: Final = 4


class Strangers(Generic[Guest]):
    """``limit`` and ``patience_s`` may be changed while it is in use."""

    def __init__(self, limit: int, patience_s: float) -> None:
        self.limit = limit
        self.patience_s = patience_s
        self._all: OrderedDict[Guest, tuple[str, float]] = OrderedDict()
        self._by_address: dict[str, OrderedDict[Guest, None]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, guest: Guest) -> bool:
        return guest in self._all

    def is_crowded_by(self, address: str) -> bool:
        """Whether an address has as much of the room as it can."""
        return len(self._by_address.get(address, ())) * SHARE >= self.limit

    def enter(self, guest: Guest, address: str, now: float) -> Guest | None:
        """Come in; who must leave for it, already out of the room."""
        leaving: Guest | None = None
        if len(self._all) >= self.limit:
            own = self._by_address.get(address, ())
            leaving = next(iter(own)) if self.is_crowded_by(address) else next(iter(self._all), None)
            if leaving is not None:
                self.leave(leaving)
        self._all[guest] = (address, now)
        self._by_address.setdefault(address, OrderedDict())[guest] = None
        return leaving

    def leave(self, guest: Guest) -> bool:
        """It is known now, or gone; whether it was in the room."""
        found = self._all.pop(guest, None)
        if found is None:
            return False
        others = self._by_address[found[0]]
        del others[guest]
        if not others:
            del self._by_address[found[0]]
        return True

    def overdue(self, now: float) -> Iterator[Guest]:
        """Those that took too long, out of the room already."""
        while self._all:
            guest, (_, since) = next(iter(self._all.items()))
            if now - since <= self.patience_s:
                return
            self.leave(guest)
            yield guest
