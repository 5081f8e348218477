"""Producers without transactions: idempotent, with several batches in flight, and asking again until each is acknowledged."""

from collections import deque
from dataclasses import dataclass
from typing import Final

import anyio

from broker.wire.error_codes import ErrorCode
from broker.wire.messages.init_producer_id import InitProducerIdRequest
from tests.simulation.clients.base import RETRIABLE, Client, name_of
from tests.simulation.clients.records import PRODUCE, produce_request
from tests.simulation.ledger import Ledger, Partition
from tests.simulation.machine import Machine
from tests.simulation.network import PATIENCE_S, Gone, Question

INIT_PRODUCER_ID: Final = 22
IN_FLIGHT: Final = 5


@dataclass(slots=True)
class Batch:
    sequence: int
    values: list[bytes]
    question: Question | None = None


class IdempotentProducer(Client):
    """Sends ``total`` batches to one partition."""

    def __init__(self, name: str, machine: Machine, ledger: Ledger, partition: Partition, total: int) -> None:
        super().__init__(name, machine, ledger)
        self.partition = partition
        self._total = total
        self._version = self.chance.pick((9, 11, 12))

    async def run(self) -> None:
        """Return when all of it is acknowledged."""
        answer = await self.insist(
            INIT_PRODUCER_ID, 4, InitProducerIdRequest(transactional_id=None), lambda answer: answer.error_code
        )
        producer_id, epoch = answer.producer_id, answer.producer_epoch
        flight: deque[Batch] = deque()
        sequence, made = 0, 0
        while made < self._total or flight:
            while made < self._total and len(flight) < IN_FLIGHT:
                values = [b"%s:%d.%d" % (self.name.encode(), made, at) for at in range(self.chance.random.randrange(1, 4))]
                flight.append(Batch(sequence, values))
                self.ledger.sent[self.name] += values
                sequence += len(values)
                made += 1
            for batch in flight:
                if batch.question is None:
                    request = produce_request(self.partition, batch.values, producer_id, epoch, batch.sequence)
                    batch.question = await self.post(PRODUCE, self._version, request)
            first = flight[0]
            if await self._is_stored(first):
                flight.popleft()
                await anyio.sleep(self.chance.seconds(1))
            else:
                for batch in flight:
                    batch.question = None
                await self.pause()
        self.note("done")

    async def _is_stored(self, batch: Batch) -> bool:
        assert batch.question is not None
        with anyio.move_on_after(PATIENCE_S) as patience:
            try:
                answer = (await batch.question.wait()).responses[0].partition_responses[0]
            except Gone:
                return False
        if patience.cancelled_caught:
            if self.chance.quiet:
                raise self.defect(f"a produce was not answered within {PATIENCE_S} s")
            self.leave()
            return False
        if answer.error_code == 0:
            self.note(f"{batch.sequence} stored at {answer.base_offset}")
            self.ledger.appended(self.partition, answer.base_offset, batch.values)
            return True
        if answer.error_code == ErrorCode.DUPLICATE_SEQUENCE_NUMBER:
            raise self.defect("a duplicate is acknowledged, not refused, while at most five are in flight")
        if answer.error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER:
            # What was sent before it may have been lost on the way, but then it was sent again before it.
            self.note(f"{batch.sequence} out of order")
            return False
        if answer.error_code not in RETRIABLE:
            raise self.defect(f"{batch.sequence}: {name_of(answer.error_code)}")
        return False
