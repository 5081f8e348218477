"""The agent that looks for what has expired (KIP-211): committed offsets, and empty groups that have none (left)."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import anyio
import anyio.lowlevel

from broker.coordinators.group_registry import GroupRegistry, OwnedGroup
from broker.coordinators.groups.offsets import OffsetTable, expired_keys
from broker.coordinators.groups.rebalancing import GroupState
from broker.coordinators.groups.share_group import ShareGroup
from broker.storage.catalog.base import OffsetKey

if TYPE_CHECKING:
    from broker.config.live import LiveSettings

GROUPS_A_SLICE: Final = 200
"""How many groups are looked at before other work gets its turn."""


class GroupSweeper:
    """Decides what is to go; ``delete_group`` and ``delete_offsets`` see to it. ``now_ms`` is the wall clock. ``refresh`` is there where
    memory may be out of date: it is called before anything goes, and says whether that can be judged now."""

    def __init__(
        self,
        groups: GroupRegistry,
        offsets: OffsetTable,
        settings: "LiveSettings",
        now_ms: Callable[[], int],
        *,
        delete_group: Callable[[OwnedGroup], None],
        delete_offsets: Callable[[OwnedGroup, list[OffsetKey]], None],
        refresh: Callable[[OwnedGroup], Awaitable[bool]] | None = None,
    ) -> None:
        self._groups = groups
        self._offsets = offsets
        self._settings = settings
        self._now_ms = now_ms
        self._delete_group = delete_group
        self._delete_offsets = delete_offsets
        self._refresh = refresh

    async def run(self) -> None:
        """Look regularly, until cancelled."""
        while True:
            await anyio.sleep(self._settings.current.offsets_retention_check_interval_ms / 1000)
            await self.sweep()

    async def sweep(self) -> None:
        """Look once."""
        retention_ms = self._settings.current.offsets_retention_minutes * 60_000
        for count, owned in enumerate(self._groups.all(), 1):
            goes, expired = self._look(owned, retention_ms)
            if (goes or expired) and self._refresh is not None:
                goes, expired = self._look(owned, retention_ms) if await self._refresh(owned) else (False, [])
            if goes:
                self._delete_group(owned)
            elif expired:
                self._delete_offsets(owned, expired)
            if count % GROUPS_A_SLICE == 0:
                await anyio.lowlevel.checkpoint()

    def _look(self, owned: OwnedGroup, retention_ms: int) -> tuple[bool, list[OffsetKey]]:
        """Whether the group goes, and which of its offsets do."""
        group = owned.group
        if isinstance(group, ShareGroup):
            return False, []  # what it has read is no committed offset; it stays until somebody deletes it
        if owned.changes or group.state is GroupState.DEAD:
            return False, []  # it is in use: a commit on its way must not be swept with what is older
        offsets = self._offsets.of_group(group.group_id)
        expired = expired_keys(group, owned.empty_since_ms, offsets, retention_ms, self._now_ms())
        everything = sum(len(partitions) for partitions in offsets.values()) == len(expired)
        return everything and group.state is GroupState.EMPTY and not group.pending_count, expired
