"""What the sweep deletes; the coordinator's own tests show that it is deleted well."""

import pytest

from broker.coordinators.group_registry import GroupRegistry, OwnedGroup
from broker.coordinators.group_sweeper import GroupSweeper
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.offsets import OffsetTable
from broker.coordinators.groups.share_group import ShareGroup
from broker.coordinators.wake_ups import WakeUps
from broker.model import CommittedOffset
from broker.storage.catalog.base import OffsetKey
from tests.broker.coordinators.conversation import DAY_MS, WALL_MS, settings
from tests.broker.coordinators.groups.consumer_crowd import FakeTopics

pytestmark = pytest.mark.anyio


async def test_what_expired_goes_and_share_groups_stay() -> None:
    """Old offsets with their group, old ones beside young ones alone; nothing that is in use."""
    offsets = OffsetTable()
    registry = GroupRegistry(GroupPolicy(), offsets, WakeUps())
    for name in ("old", "half", "young", "busy"):
        registry.create(name)
    registry.add(OwnedGroup(ShareGroup("share", GroupPolicy(), FakeTopics()), is_stored=True, empty_since_ms=0))
    now_ms = WALL_MS + 8 * DAY_MS
    for group_id, partition, commit_ms in (("old", 0, WALL_MS), ("half", 0, WALL_MS), ("half", 1, now_ms), ("young", 0, now_ms), ("busy", 0, WALL_MS)):
        offsets.put((group_id, "t", partition), CommittedOffset(offset=1, commit_ms=commit_ms))
    busy = registry.get("busy")
    assert busy is not None
    busy.changes += 1
    deleted: list[str] = []
    removed: list[OffsetKey] = []
    sweeper = GroupSweeper(
        registry,
        offsets,
        settings(),
        lambda: now_ms,
        delete_group=lambda owned: deleted.append(owned.group.group_id),
        delete_offsets=lambda owned, keys: removed.extend(keys),
    )
    await sweeper.sweep()

    assert (deleted, removed) == (["old"], [("half", "t", 0)])
