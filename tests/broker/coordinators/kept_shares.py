"""What share groups have read, kept in memory: stands for the agent that keeps it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import anyio

from broker.coordinators.share_group_coordinator import SharePartition, StartOffset
from broker.errors import StorageUnavailable
from broker.wire.error_codes import ErrorCode


@dataclass
class Kept:
    start_offset: int = -1
    leader_epoch: int = -1
    lag: int = -1


class KeptShares:
    """``failing``: every change is refused. ``gate``: every change waits for it. ``calls`` tells what was asked."""

    def __init__(self) -> None:
        self.groups: dict[str, dict[SharePartition, Kept]] = {}
        self.failing = False
        self.gate: anyio.Event | None = None
        self.calls: list[str] = []

    def __len__(self) -> int:
        """Groups that anything is kept of: as empty at first as the real one."""
        return len(self.groups)

    async def _pass(self, call: str) -> None:
        self.calls.append(call)
        await (self.gate.wait() if self.gate is not None else anyio.lowlevel.checkpoint())
        if self.failing:
            raise StorageUnavailable("the disk is full")

    async def initialize(self, group_id: str, partitions: Iterable[SharePartition]) -> None:
        wanted = list(partitions)
        await self._pass(f"initialize {group_id} {len(wanted)}")
        kept = self.groups.setdefault(group_id, {})
        for partition in wanted:
            kept.setdefault(partition, Kept())

    async def start_offsets(
        self, group_id: str, partitions: Iterable[SharePartition] | None
    ) -> Mapping[SharePartition, StartOffset]:
        kept = self.groups.get(group_id, {})
        return kept if partitions is None else {each: kept.get(each, Kept()) for each in partitions}

    async def alter_start_offsets(
        self, group_id: str, offsets: Mapping[SharePartition, int]
    ) -> Mapping[SharePartition, ErrorCode]:
        await self._pass(f"alter {group_id} {len(offsets)}")
        self.groups.setdefault(group_id, {}).update({each: Kept(offset, 0, 5) for each, offset in offsets.items()})
        return dict.fromkeys(offsets, ErrorCode.NONE)

    async def delete_offsets(self, group_id: str, topic_ids: Iterable[bytes]) -> Mapping[bytes, ErrorCode]:
        topics = list(topic_ids)
        await self._pass(f"delete {group_id} {len(topics)}")
        kept = self.groups.get(group_id, {})
        for partition in [each for each in kept if each[0] in topics]:
            del kept[partition]
        return dict.fromkeys(topics, ErrorCode.NONE)

    async def delete_group(self, group_id: str) -> None:
        await self._pass(f"delete group {group_id}")
        self.groups.pop(group_id, None)
