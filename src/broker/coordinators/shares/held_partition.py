"""A share partition in memory, with what its keeper, its writer and those who wait for its records know of it. Pure."""

from collections.abc import Callable

from broker.coordinators.shares.share_partition import PendingChange, SharePartition
from broker.storage.catalog.share_states import ShareKey, ShareState
from broker.wire.error_codes import ErrorCode


class Held:
    """A share partition in memory. ``watchers`` are called whenever there may be something to acquire that was not there before."""

    __slots__ = ("bytes_per_record", "counted_runs", "fenced_as", "is_reading", "is_writing", "key", "leader_epoch", "name", "partition", "state_epoch", "waiting", "watchers")

    def __init__(self, key: ShareKey, name: str, partition: SharePartition, state: ShareState) -> None:
        self.key = key
        self.name = name
        self.partition = partition
        self.state_epoch = state.state_epoch
        self.leader_epoch = state.leader_epoch
        self.waiting: list[tuple[PendingChange, Callable[[ErrorCode], None]]] = []
        self.watchers: dict[Callable[[], None], None] = {}
        self.fenced_as = ErrorCode.NONE
        self.is_reading = False
        self.is_writing = False
        self.bytes_per_record = 0.0
        self.counted_runs = 0

    @property
    def is_fenced(self) -> bool:
        """Its state is somebody else's now, or gone: nothing that is done to it counts. ``fenced_as`` is what is answered."""
        return self.fenced_as is not ErrorCode.NONE

    @property
    def may_go(self) -> bool:
        """Nobody needs it in memory."""
        return self.partition.is_idle and not (self.watchers or self.is_reading or self.is_writing or self.waiting)

    def wake(self, but: Callable[[], None] | None = None) -> None:
        """Call everybody who watches, except ``but``, who knows."""
        for watcher in list(self.watchers):
            if watcher != but:
                watcher()
