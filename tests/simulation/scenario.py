"""One world from its beginning to its end: who is in it, what goes wrong, and what is looked at when it is over."""

from dataclasses import dataclass, field
from typing import Final

import anyio
from anyio.abc import TaskGroup

from broker.wire.messages.create_topics import CreateTopicsRequest, CreateTopicsRequestCreatableTopic
from tests.simulation.chance import Chance, Violation
from tests.simulation.clients.base import Client
from tests.simulation.clients.producers import IdempotentProducer
from tests.simulation.clients.readers import Consumer, LogReader
from tests.simulation.clients.transformers import Transformers
from tests.simulation.ledger import Entry, Ledger, Partition
from tests.simulation.machine import Machine

CREATE_TOPICS: Final = 19
INPUTS: Final[list[Partition]] = [("in", 0), ("in", 1)]
OUTPUTS: Final[list[Partition]] = [("out", 0), ("out", 1)]
LONGEST_END_S: Final = 600
"""With faults over, everything must be finished within this time."""


@dataclass(slots=True)
class Cast:
    """The clients of a world."""

    producers: list[IdempotentProducer] = field(default_factory=list)
    transformers: list[Transformers] = field(default_factory=list)
    consumers: list[Consumer] = field(default_factory=list)


class World:
    """:meth:`run` plays it; raises Violation."""

    def __init__(self, seed: int) -> None:
        self.chance = Chance(seed)
        self.ledger = Ledger(self.chance)
        self.machine: Machine
        self.cast = Cast()

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            self.machine = Machine(self.chance, tasks)
            tasks.start_soon(self.machine.run)
            await self._set_up()
            self.chance.quiet = False
            self.chance.note("world", f"{self.chance.weather}")
            async with anyio.create_task_group() as consuming:
                await self._play(consuming)
                with anyio.move_on_after(LONGEST_END_S) as patience:
                    await self._judge()
                if patience.cancelled_caught:
                    raise Violation("what was left did not come to an end")
                consuming.cancel_scope.cancel()
            self.chance.note("world", "over")
            tasks.cancel_scope.cancel()

    async def _set_up(self) -> None:
        admin = Client("setup", self.machine, self.ledger)
        topics = [CreateTopicsRequestCreatableTopic(name=name, num_partitions=2, replication_factor=1) for name in ("in", "out")]
        await admin.insist(CREATE_TOPICS, 5, CreateTopicsRequest(topics=topics, timeout_ms=10_000), lambda answer: answer.topics[0].error_code)
        admin.leave()

    async def _play(self, consuming: TaskGroup) -> None:
        chance, machine, ledger, cast = self.chance, self.machine, self.ledger, self.cast
        cast.producers = [
            IdempotentProducer(f"p{number}", machine, ledger, chance.pick(INPUTS), chance.random.randrange(20, 60)) for number in range(3)
        ]
        cast.transformers = [Transformers(machine, ledger, number, source, OUTPUTS) for number, source in enumerate(INPUTS)]
        cast.consumers = [
            Consumer("reader", machine, ledger, INPUTS + OUTPUTS, committed=False),
            Consumer("committed reader", machine, ledger, OUTPUTS, committed=True),
            Consumer("late reader", machine, ledger, INPUTS + OUTPUTS, committed=True),
        ]
        with anyio.CancelScope() as patience:
            async with anyio.create_task_group() as tasks:
                for producer in cast.producers:
                    tasks.start_soon(producer.run)
                for consumer in cast.consumers:
                    consuming.start_soon(consumer.run)
                for transformers in cast.transformers:
                    tasks.start_soon(transformers.run)
                await anyio.sleep(30 + chance.seconds(200))
                chance.quiet = True
                chance.note("world", "nothing goes wrong any more")
                for transformers in cast.transformers:
                    transformers.close()
                patience.deadline = anyio.current_time() + LONGEST_END_S
        if patience.cancelled_caught:
            raise Violation("some client did not come to an end")

    async def _judge(self) -> None:
        machine, ledger, cast = self.machine, self.ledger, self.cast
        positions = {transformers.source: await transformers.finish() for transformers in cast.transformers}
        everything = LogReader("judge", machine, ledger, INPUTS + OUTPUTS, committed=False, sessions=False)
        await everything.read_all()
        final: dict[Partition, dict[int, Entry]] = {
            partition: {offset: entry for offset, entry in ledger.logs[partition].items() if offset >= ledger.start[partition]}
            for partition in everything.positions
        }
        judge = LogReader("judge of what is committed", machine, ledger, INPUTS + OUTPUTS, committed=True, sessions=True)
        committed = await judge.read_all()
        values = {partition: [value for _, value in found] for partition, found in committed.items()}
        for producer in cast.producers:
            ledger.judge_producer(producer.name, producer.partition, final[producer.partition])
        for partition in everything.positions:
            ledger.check(
                judge.positions[partition] == everything.positions[partition], f"{partition}: a transaction is still open"
            )
            ledger.judge_acknowledged(partition, final[partition])
            ledger.judge_committed(partition, values[partition])
        ledger.judge_torn(values)
        for transformers in cast.transformers:
            outputs = [value for partition in OUTPUTS for value in values[partition]]
            ledger.judge_exactly_once(transformers.source, outputs, positions[transformers.source])
        for consumer in cast.consumers:
            if consumer.is_committed:
                for partition, seen in consumer.seen.items():
                    wanted = [one for one in committed[partition] if one[0] < consumer.positions[partition]]
                    ledger.check(seen == wanted, f"{consumer.name} on {partition}: got {seen}, wanted {wanted}")

