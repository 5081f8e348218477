"""Members of groups of the consumer protocol (KIP-848): heartbeats, taking and giving up partitions, commits; they leave, crash, stay away."""

from typing import Any, Final

import anyio

from broker.wire.error_codes import ErrorCode
from broker.wire.messages.consumer_group_heartbeat import (
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatRequestTopicPartitions,
)
from tests.simulation.clients.base import RETRIABLE, name_of
from tests.simulation.clients.offsets import OffsetKeeper
from tests.simulation.group_ledger import GroupLedger, Owner
from tests.simulation.ledger import Ledger
from tests.simulation.machine import Machine
from tests.simulation.network import Gone

HEARTBEAT: Final = 68
LEAVE_EPOCH: Final = -1
SESSION_S: Final = 6.0
REBALANCE_TIMEOUT_MS: Final = 20_000

_STARTS_ANEW = frozenset({ErrorCode.FENCED_MEMBER_EPOCH, ErrorCode.UNKNOWN_MEMBER_ID})
_NOT_ANY_MORE = frozenset({ErrorCode.STALE_MEMBER_EPOCH, *_STARTS_ANEW})


class ConsumerMember(OffsetKeeper):
    """One member; :meth:`run` never ends by itself. It commits what it owns, forwards from what it read."""

    def __init__(self, name: str, machine: Machine, ledger: Ledger, groups: GroupLedger, group: str, topic: str) -> None:
        super().__init__(name, machine, ledger)
        self.group, self.groups, self.topic = group, groups, topic
        self._lives = 0
        self._positions: dict[tuple[bytes, int], int] = {}

    async def run(self) -> None:
        while True:
            self._lives += 1
            await self._live(f"{self.name}-{self._lives}")
            await anyio.sleep(self.chance.seconds(20))

    async def _live(self, member_id: str) -> None:
        """From joining to leaving, a crash, or being fenced."""
        self._owner = owner = self.groups.owner(self.group, member_id, SESSION_S)
        self._positions.clear()
        epoch, says_all = 0, True
        while True:
            if epoch > 0 and self.chance.happens(0.02):
                await self._end(member_id, owner)
                return
            if epoch > 0 and self.chance.fault(0.03):
                await anyio.sleep(self.chance.seconds(15))  # it hangs, and may have been thrown out meanwhile
            request = self._request(member_id, epoch, owner, says_all)
            wire = await self.connected()
            sent = anyio.current_time()
            try:
                answer = await self._within_session(wire.ask(HEARTBEAT, 1, request))
            except Gone:
                says_all = True
                continue
            if answer.error_code in _STARTS_ANEW:
                self.note(f"{member_id} fenced")
                owner.holds.clear()
                return
            if answer.error_code:
                if answer.error_code not in RETRIABLE:
                    raise self.defect(f"heartbeat: {name_of(answer.error_code)} {answer.error_message}")
                says_all = True
                await self.pause()
                continue
            owner.heard = sent
            epoch, says_all = answer.member_epoch, False
            if answer.assignment is not None:
                says_all = await self._follow(owner, answer.assignment)
            else:
                await anyio.sleep(self.chance.seconds(1))
            await self._commit_some(member_id, epoch, owner)

    async def _within_session(self, asking: Any) -> Any:
        """Whoever has no answer for so long asks again through another connection."""
        with anyio.move_on_after(SESSION_S / 2):
            return await asking
        self.leave()
        raise Gone

    def _request(self, member_id: str, epoch: int, owner: Owner, says_all: bool) -> ConsumerGroupHeartbeatRequest:
        request = ConsumerGroupHeartbeatRequest(group_id=self.group, member_id=member_id, member_epoch=epoch)
        if says_all:
            request.rebalance_timeout_ms = REBALANCE_TIMEOUT_MS
            request.subscribed_topic_names = [self.topic]
            request.topic_partitions = [
                ConsumerGroupHeartbeatRequestTopicPartitions(
                    topic_id=topic, partitions=sorted(index for of, index in owner.holds if of == topic)
                )
                for topic in sorted({topic for topic, _ in owner.holds})
            ]
        return request

    async def _follow(self, owner: Owner, assignment: Any) -> bool:
        """Take what is new and give up what is not there any more; True when there is something to report."""
        told = {(topic.topic_id, index) for topic in assignment.topic_partitions for index in topic.partitions}
        taken, given_up = told - owner.holds, owner.holds - told
        self.groups.takes(self.group, owner, taken)
        if taken or given_up:
            self.note(f"{owner.name} takes {_short(taken)} and gives up {_short(given_up)}")
        if given_up:
            await anyio.sleep(self.chance.seconds(2))
            owner.holds -= given_up
            for partition in given_up:
                self._positions.pop(partition, None)
        return bool(taken or given_up)

    async def _commit_some(self, member_id: str, epoch: int, owner: Owner) -> None:
        for partition in sorted(owner.holds):
            if not self.chance.happens(0.3):
                continue
            key = (self.topic, partition[1])
            if partition not in self._positions:
                self._positions[partition] = max(0, await self.committed(key))
            self._positions[partition] += 1
            error = await self.commit(key, self._positions[partition], member_id, epoch)
            if error is None or error in _NOT_ANY_MORE:
                return
            if error and error not in RETRIABLE:
                raise self.defect(f"commit: {name_of(error)}")

    async def _end(self, member_id: str, owner: Owner) -> None:
        owner.holds.clear()
        if self.chance.happens(0.5):
            self.note(f"{member_id} crashes")
        else:
            self.note(f"{member_id} leaves")
            request = ConsumerGroupHeartbeatRequest(group_id=self.group, member_id=member_id, member_epoch=LEAVE_EPOCH)
            try:
                await self._within_session((await self.connected()).ask(HEARTBEAT, 1, request))
            except Gone:
                pass
        self.leave()


def _short(partitions: set[tuple[bytes, int]]) -> list[int]:
    return sorted(index for _, index in partitions)
