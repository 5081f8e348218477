"""The other storage that a world may have: what the brokers of a cluster share. There is one broker, which is another member after each crash.

What was stored and not committed when the process died is nobody's; what was committed without anybody hearing of it is in the log. Besides what goes
wrong behind every door, the catalog at times cannot say what became of a commit, and small groups lie in the catalog itself.
"""

from collections.abc import Sequence
from typing import Any, Final

import anyio

from broker.model import Appended
from broker.storage.catalog.base import CommitGroup
from broker.storage.catalog.cluster import Registration, Unresolved
from broker.storage.catalog.memory_cluster import MemoryCluster, MemoryClusterCatalog
from broker.storage.catalog.shards import SHARDS
from broker.storage.cluster_committing import ClusterCommitter
from broker.storage.objects.base import Extent
from broker.storage.objects.memory import MemoryObjectStore
from broker.storage.objects.with_inline import StoreWithInline
from tests.simulation.chance import Chance
from tests.simulation.disk import Disk, Door, Life
from tests.simulation.scheduling import now_ms

SETTINGS: Final[dict[str, Any]] = {
    "write_flush_bytes": 65536,
    "write_puts_per_second": 20,
    "write_upload_slots": 3,
    "write_inline_bytes": 200,
    "write_inline_bytes_per_second": 2000,
    "write_retry_ms": 3000,
}

_LEASE_MS: Final = 1 << 40
"""The process that dies is fenced by the next one."""


class _Objects(MemoryObjectStore):
    """An object an append; each can be withdrawn."""

    def __init__(self) -> None:
        super().__init__(object_bytes=0)

    async def withdraw(self, extent: Extent) -> None:
        self._objects.pop(extent.object_id, None)

    async def delete(self, object_ids: Sequence[int]) -> None:
        for object_id in object_ids:
            self._objects.pop(object_id, None)

    async def read_up_to(self, object_id: int, position: int, length: int) -> memoryview:
        whole = len(self._objects.get(object_id, b""))
        (view,) = await self.read(object_id, [(position, max(min(length, whole - position), 0))])
        return view


class SharedDisk(Disk):
    """The durable state, of all members."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster = MemoryCluster(now_ms)
        self.catalog = self.cluster.shared
        self.store = _Objects()

    async def recover(self) -> bool:
        """Nobody commits what another has stored."""
        return False


class SharedStorage:
    """What one process has of it: ``catalog``, ``store`` and ``committer``, once it has joined."""

    def __init__(self, disk: SharedDisk, life: Life, chance: Chance, number: int) -> None:
        self._view = disk.cluster.catalog()
        self._number = number
        self.catalog: Any = _CatalogDoor(self._view, life, chance)
        self.store = StoreWithInline(_StoreDoor(disk.store, life, chance), self.catalog, 1000)  # type: ignore[arg-type]
        self.committer = ClusterCommitter(
            self.store, self.catalog, slots=SETTINGS["write_upload_slots"], retry_s=3, clock=anyio.current_time
        )

    async def join(self) -> None:
        """Become the member that this node id means from now on, with all of its shards."""
        await self._view.register(Registration(instance=f"process {self._number}", node_id=0, rack=None, listeners={}), _LEASE_MS)
        await self._view.claim_shards(range(SHARDS))


class _StoreDoor(Door):
    """The store: what it is given is as it was when it was given."""

    async def append(self, parts: Any, toc: Any) -> Extent:
        data = [bytes(part) for part in parts]
        return await self._call("append", lambda: self._inside.append(data, toc))  # type: ignore[no-any-return]


class _CatalogDoor(Door):
    """The catalog, which at times does not know what became of a commit."""

    async def commit_groups(self, groups: Sequence[CommitGroup]) -> list[list[list[Appended]]]:
        if self._inside._recent.find(groups[0]) is not None:
            # It is in: then nothing can say any more that it is not.
            await self._life.spend(0)
            return await self._inside.commit_groups(groups)  # type: ignore[no-any-return]

        async def commit() -> list[list[list[Appended]]]:
            inside: MemoryClusterCatalog = self._inside
            if self._chance.fault(self._chance.weather.refuse):
                self._chance.note("catalog", "a commit is lost, and nobody knows")
                raise Unresolved("the seed does not say")
            answers = await inside.commit_groups(groups)
            if self._chance.fault(self._chance.weather.refuse):
                self._chance.note("catalog", "a commit is in, and nobody knows")
                raise Unresolved("the seed does not say")
            return answers

        return await self._call("commit_groups", commit)  # type: ignore[no-any-return]

