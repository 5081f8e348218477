"""Transformers that share a topic among them as members of a group: what they commit is fenced by the group's generation (KIP-447), for each
has transactional ids of its own, and whoever takes over a partition knows nothing of its predecessor's."""

from broker.wire.error_codes import ErrorCode
from tests.simulation.clients.base import Fenced
from tests.simulation.clients.classic_members import ClassicMember, JoinAgain
from tests.simulation.clients.transformers import Transformer
from tests.simulation.group_ledger import GroupLedger
from tests.simulation.ledger import Ledger, Partition
from tests.simulation.machine import Machine


class TransformingMember(ClassicMember):
    """One member; works on all partitions that are its own in the present generation."""

    def __init__(
        self,
        name: str,
        machine: Machine,
        ledger: Ledger,
        groups: GroupLedger,
        group: str,
        sources: list[Partition],
        sinks: list[Partition],
    ) -> None:
        super().__init__(name, machine, ledger, groups, group, sources[0][0], len(sources))
        self._sinks = sinks
        self._works = 0

    async def belong(self, generation: int, mine: list[int]) -> None:
        """Heartbeats and transactions in turns."""
        workers = [self._worker(index, generation) for index in mine]
        try:
            for worker in workers:
                await worker.begin()
            while True:
                if self.chance.happens(0.02):
                    await self.end()
                    return
                for worker in workers:
                    await self.beat(generation)
                    await worker.work(200)
                if not workers:
                    await self.pause()
                    await self.beat(generation)
        except Fenced as fenced:
            self.note(f"ends: {fenced}")
            raise JoinAgain(ErrorCode.REBALANCE_IN_PROGRESS) from fenced
        finally:
            for worker in workers:
                worker.leave()

    def _worker(self, index: int, generation: int) -> Transformer:
        self._works += 1
        return Transformer(
            f"{self.name}.{self._works}",
            self.machine,
            self.ledger,
            transactional_id=f"{self.name}-{index}",
            group=self.group,
            source=(self.topic, index),
            sinks=self._sinks,
            second=self.chance.happens(0.5),
            member=(self.member_id, generation),
        )
