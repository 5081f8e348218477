"""Committing offsets and reading them back, for members of either protocol and for whoever is in no group."""

from typing import Final

import anyio

from broker.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from broker.wire.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics
from tests.simulation.clients.base import RETRIABLE, Client, name_of
from tests.simulation.group_ledger import GroupLedger
from tests.simulation.ledger import Partition
from tests.simulation.network import Gone

OFFSET_COMMIT: Final = 8
OFFSET_FETCH: Final = 9


class OffsetKeeper(Client):
    """A client with a group. ``group`` and ``groups`` are set by whoever is one."""

    group: str
    groups: GroupLedger
    _commits = 0

    async def commit(self, partition: Partition, offset: int, member_id: str, epoch: int) -> int | None:
        """Commit once; the error, None when there is no answer. Told to the ledger as what may be read from now on."""
        self._commits += 1
        tag = f"{self.name}#{self._commits}"
        part = OffsetCommitRequestPartition(partition_index=partition[1], committed_offset=offset, committed_metadata=tag)
        request = OffsetCommitRequest(
            group_id=self.group,
            generation_id_or_member_epoch=epoch,
            member_id=member_id,
            topics=[OffsetCommitRequestTopic(name=partition[0], partitions=[part])],
        )
        wire = await self.connected()
        write = self.groups.commits((self.group, *partition), tag, offset)
        try:
            answer = await wire.ask(OFFSET_COMMIT, 9, request)
        except Gone:
            return None
        error = int(answer.topics[0].partitions[0].error_code)
        self.groups.answered(write, not error)
        return error

    async def committed(self, partition: Partition) -> int:
        """What is committed, asked for until it is answered; -1 for nothing."""
        topics = [OffsetFetchRequestTopics(name=partition[0], partition_indexes=[partition[1]])]
        request = OffsetFetchRequest(groups=[OffsetFetchRequestGroup(group_id=self.group, topics=topics)])
        while True:
            wire = await self.connected()
            asked = anyio.current_time()
            try:
                answer = (await wire.ask(OFFSET_FETCH, 8, request)).groups[0]
            except Gone:
                await self.pause()
                continue
            error = answer.error_code or answer.topics[0].partitions[0].error_code
            if error:
                if error not in RETRIABLE:
                    raise self.defect(f"offset fetch: {name_of(error)}")
                await self.pause()
                continue
            part = answer.topics[0].partitions[0]
            self.groups.read((self.group, *partition), asked, part.committed_offset, part.metadata)
            return int(part.committed_offset)
