"""Offsets as the catalog has them."""

import pytest

from broker.coordinators.group_registry import GroupRegistry
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.offsets import OffsetTable
from broker.coordinators.offset_reader import OffsetReader
from broker.coordinators.transactional_offset_keeper import TransactionalOffsetKeeper
from broker.coordinators.wake_ups import WakeUps
from broker.errors import StorageUnavailable
from broker.model import CommittedOffset
from broker.storage.catalog.base import OffsetKey
from broker.storage.catalog.memory import MemoryCatalog
from broker.wire.error_codes import ErrorCode

pytestmark = pytest.mark.anyio

KEY: OffsetKey = ("g", "t", 0)


class Catalog(MemoryCatalog):
    """``pending`` is what transactions carry; ``meanwhile`` is done while the offsets are read."""

    def __init__(self) -> None:
        super().__init__()
        self.pending: set[OffsetKey] = set()
        self.asked: list[str] = []
        self.failing = False

    async def pending_offset_keys(self, group_id: str) -> set[OffsetKey]:
        self.asked.append("pending")
        return set(self.pending)

    async def read_offsets(self, group_id: str) -> dict[OffsetKey, CommittedOffset]:
        self.asked.append("offsets")
        if self.failing:
            raise StorageUnavailable("gone")
        return await super().read_offsets(group_id)


class Stage:
    """A reader, and a group in memory."""

    def __init__(self) -> None:
        self.catalog = Catalog()
        self.offsets = OffsetTable()
        self.groups = GroupRegistry(GroupPolicy(), self.offsets, WakeUps())
        self.transactional = TransactionalOffsetKeeper(
            self.groups, self.offsets, None, lambda owned: None, lambda group_id: ErrorCode.NONE, shared=True
        )
        self.reader = OffsetReader(self.catalog, self.groups, self.offsets, self.transactional)
        self.owned = self.groups.create("g")


async def test_what_is_pending_is_asked_first() -> None:
    """So that whatever ends in between is among the offsets; what is on its way into a transaction counts too."""
    stage = Stage()
    await stage.catalog.commit_offsets({KEY: CommittedOffset(offset=5)})
    with stage.transactional.arrival("g", [("g", "t", 1)]):
        now = await stage.reader.read("g")

    assert stage.catalog.asked == ["pending", "offsets"]
    assert now.offsets == {"t": {0: CommittedOffset(offset=5)}}
    assert [now.is_pending("g", "t", index) for index in (0, 1)] == [False, True]
    stage.catalog.pending = {KEY}
    assert (await stage.reader.read("g")).is_pending(*KEY)


async def test_memory_becomes_what_the_catalog_has() -> None:
    """Old offsets go from it."""
    stage = Stage()
    stage.offsets.put(("g", "old", 0), CommittedOffset(offset=1))
    await stage.catalog.commit_offsets({KEY: CommittedOffset(offset=5)})

    assert await stage.reader.refresh(stage.owned)
    assert stage.offsets.of_group("g") == {"t": {0: CommittedOffset(offset=5)}}


async def test_what_is_changing_cannot_be_judged() -> None:
    """A commit or a transaction is on its way, the catalog does not answer, or the group is somebody else's by now."""
    stage = Stage()
    stage.catalog.pending = {KEY}
    assert not await stage.reader.refresh(stage.owned)
    stage.catalog.pending = set()
    stage.owned.changes = 1
    assert not await stage.reader.refresh(stage.owned)
    stage.owned.changes = 0
    with stage.transactional.arrival("g", [KEY]):
        assert not await stage.reader.refresh(stage.owned)
    stage.catalog.failing = True
    assert not await stage.reader.refresh(stage.owned)
    stage.catalog.failing = False
    stage.groups.forget(stage.owned)
    assert not await stage.reader.refresh(stage.owned)
