"""Saves of one group follow each other, and whoever waits for one hears how it went."""

from typing import Any

import anyio
import pytest
from trio.testing import MockClock

from broker.coordinators.group_registry import OwnedGroup
from broker.coordinators.group_saver import GroupSaver
from broker.coordinators.group_writer import GroupWriter, ShareGroupSave
from broker.coordinators.groups.share_group import ShareGroup
from broker.coordinators.groups.stored_share import to_store_share
from broker.storage.catalog.base import StoredShareGroup
from broker.wire.error_codes import ErrorCode
from tests.broker.coordinators.conversation import TroubledCatalog
from tests.broker.coordinators.groups.consumer_crowd import FakeTopics
from tests.broker.coordinators.groups.test_share_group import Sharer, group_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Virtual time."""
    return "trio", {"clock": MockClock(autojump_threshold=0)}


class Saving:
    """One group and who saves it. ``told`` is what was said to whom, in order."""

    def __init__(self) -> None:
        self.catalog = TroubledCatalog()
        self.writer = GroupWriter(self.catalog)
        self.told: list[tuple[Any, ...]] = []
        self.saver: GroupSaver[ShareGroup, StoredShareGroup] = GroupSaver(
            self.writer,
            ShareGroupSave,
            to_store_share,
            lambda owned: self.told.append(("settled", owned.changes)),
            lambda: 77,
            lambda owned, group, epoch, upgrades: self.told.append(("refused", epoch, group.group_epoch, upgrades)),
        )
        self.group = group_of(FakeTopics(t=1))
        self.owned = OwnedGroup(self.group)

    def join(self, name: str, *, upgrades: bool = False) -> None:
        Sharer(name).beat(self.group)
        self.store(name, joining=name, upgrades=upgrades)

    def store(self, name: str, **said: Any) -> None:
        self.saver.store(self.owned, self.group, lambda error: self.told.append((name, error)), **said)

    async def write(self) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.writer.run)
            await self.writer.drain()
            tasks.cancel_scope.cancel()


async def test_what_gathers_is_saved_together() -> None:
    """V1: everybody hears of it afterwards; who needs nothing stored, at once."""
    saving = Saving()
    saving.join("one")
    saving.join("two")
    assert saving.told == [("settled", 1), ("settled", 1)]
    await saving.write()
    assert saving.told[2:] == [("settled", 0), ("one", ErrorCode.NONE), ("two", ErrorCode.NONE)]
    assert saving.owned.is_stored
    assert len(saving.catalog.calls) == 1
    [stored] = await saving.catalog.load_share_groups()
    assert ([member.member_id for member in stored.members], stored.state_ms) == (["one", "two"], 77)
    saving.store("three")

    assert saving.told[5:] == [("settled", 0), ("three", ErrorCode.NONE)]
    assert len(saving.catalog.calls) == 1


async def test_what_changes_while_a_save_is_on_its_way_goes_with_the_next() -> None:
    """V1: who only needs what is on its way waits for that alone."""
    saving = Saving()
    saving.catalog.gate = anyio.Event()
    saving.join("one")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(saving.writer.run)
        await anyio.wait_all_tasks_blocked()
        saving.store("looks")
        saving.group.leave("one", -1)
        saving.store("leaves")
        saving.saver.store(saving.owned, saving.group, None)
        assert saving.owned.changes == 2
        saving.catalog.gate.set()
        await saving.writer.drain()
        tasks.cancel_scope.cancel()

    assert [what for what in saving.told if what[0] != "settled"] == [
        ("one", ErrorCode.NONE),
        ("looks", ErrorCode.NONE),
        ("leaves", ErrorCode.NONE),
    ]
    assert len(saving.catalog.calls) == 2
    assert (await saving.catalog.load_share_groups())[0].members == []
    assert saving.owned.empty_since_ms == 77


@pytest.mark.parametrize("upgrades", [False, True])
async def test_who_joined_is_out_when_nothing_could_be_stored(*, upgrades: bool) -> None:
    """V2: before anybody is told. Who was in it before stays, and what was refused is saved with the next change."""
    saving = Saving()
    saving.join("one")
    await saving.write()
    saving.told.clear()
    saving.catalog.failing = True
    saving.join("two", upgrades=upgrades)
    saving.store("one")
    epoch = saving.group.group_epoch
    await saving.write()
    error = saving.told[-1][1]
    assert error
    assert saving.told[2:] == [("refused", epoch, epoch + 1, upgrades), ("settled", 0), ("two", error), ("one", error)]
    assert (set(saving.group.members), saving.group.is_unsaved) == ({"one"}, True)
    saving.catalog.failing = False
    saving.store("one")
    await saving.write()

    [stored] = await saving.catalog.load_share_groups()
    assert (stored.group_epoch, [member.member_id for member in stored.members]) == (epoch + 1, ["one"])
