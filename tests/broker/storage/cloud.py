"""A store and a catalog as a cluster has them, in memory, that take their time and fail as they are told."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import anyio
import anyio.lowlevel

from broker.errors import StorageUnavailable
from broker.model import Appended
from broker.storage.catalog.base import CommitGroup
from broker.storage.catalog.cluster import Fenced
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.objects.base import INLINE_OBJECTS, Buffer, Extent, TocEntry
from broker.storage.objects.memory import MemoryObjectStore

Step = Callable[[], Awaitable[None]]
"""What happens at one call: it may wait, and raise."""


def takes(seconds: float, error: Exception | None = None) -> Step:
    """So long; then it fails, if there is an error."""

    async def step() -> None:
        await anyio.sleep(seconds)
        if error is not None:
            raise error

    return step


def held(gate: anyio.Event) -> Step:
    """Until the gate is opened."""
    return gate.wait


class CloudStore(MemoryObjectStore):
    """An object an append. ``steps`` are what happens at the next appends; behind them an append takes ``seconds``."""

    def __init__(self, seconds: float = 0) -> None:
        super().__init__(object_bytes=0)
        self.seconds = seconds
        self.steps: deque[Step] = deque()
        self.begun = 0
        self.at_once = 0
        self.most_at_once = 0
        self.withdrawn: list[int] = []
        self.withdraw_error: Exception | None = None

    async def append(self, parts: Sequence[Buffer], toc: Sequence[TocEntry]) -> Extent:
        self.begun += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        data = [bytes(part) for part in parts]
        try:
            await (self.steps.popleft() if self.steps else takes(self.seconds))()
            return await super().append(data, toc)
        finally:
            self.at_once -= 1

    async def withdraw(self, extent: Extent) -> None:
        if self.withdraw_error is not None:
            raise self.withdraw_error
        self.withdrawn.append(extent.object_id)
        del self._objects[extent.object_id]

    @property
    def object_ids(self) -> list[int]:
        return sorted(self._objects)


class SharedCatalog(MemoryCatalog):
    """``before`` is what happens at the next calls of commit_groups before anything is committed, ``after`` what happens then.

    Holds whoever commits to the contract: one call at a time, no object id again after it was refused."""

    def __init__(self, seconds: float = 0) -> None:
        super().__init__()
        self.seconds = seconds
        self.before: deque[Step] = deque()
        self.after: deque[Step] = deque()
        self.commits: list[list[CommitGroup]] = []
        self.is_busy = False
        self.never: set[int] = set()
        self.epoch = 1
        self.incarnation = 0
        self.leases: list[int] = []
        self.lease_error: Exception | None = None
        self._next_id = 0

    async def commit_groups(self, groups: Sequence[CommitGroup]) -> list[list[list[Appended]]]:
        assert not self.is_busy, "two commits at once"
        ids = {group.object_id for group in groups}
        assert len(ids) == len(groups)
        assert not ids & self.never, "an id again that was never to be committed"
        assert all((group.inline is None) == (group.object_id < INLINE_OBJECTS) for group in groups)
        self.is_busy = True
        try:
            await (self.before.popleft() if self.before else takes(self.seconds))()
            self.commits.append(list(groups))
            answers = await super().commit_groups(groups)
            if self.after:
                await self.after.popleft()()
            return answers
        except StorageUnavailable:
            self.never |= ids
            raise
        finally:
            self.is_busy = False

    async def lease_object_ids(self, count: int) -> int:
        await anyio.lowlevel.checkpoint()
        if self.lease_error is not None:
            raise self.lease_error
        self.leases.append(self._next_id)
        self._next_id += count
        return self._next_id - count


def fenced() -> Fenced:
    return Fenced("somebody else has this node id now")
