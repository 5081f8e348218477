"""A meter for each who shares a quota, made when it is first used. There are never more than a number that was set: names come from clients."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from security.quotas.quota_table import Bucket


class Meter(Protocol):
    """What it is that there are many of."""

    last_ms: int


AMeter = TypeVar("AMeter", bound=Meter)


class Meters(Generic[AMeter]):
    """The one that was not used for longest goes when there are too many. It forgets what was used; clients that take new names all the time have
    nothing to be remembered by anyway."""

    def __init__(self, make: Callable[[], AMeter], most: int) -> None:
        self._make = make
        self._most = most
        self._meters: OrderedDict[Bucket, AMeter] = OrderedDict()

    def __len__(self) -> int:
        return len(self._meters)

    def of(self, bucket: Bucket) -> AMeter:
        """The meter of those who share ``bucket``."""
        meters = self._meters
        found = meters.get(bucket)
        if found is None:
            if len(meters) >= self._most:
                meters.popitem(last=False)
            found = meters[bucket] = self._make()
        else:
            meters.move_to_end(bucket)
        return found

    def clear(self) -> None:
        """Forget everybody: there is no such quota any more."""
        self._meters.clear()
