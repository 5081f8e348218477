"""One world from its beginning to its end: who is in it, what goes wrong, and what is looked at when it is over."""

from dataclasses import dataclass, field
from typing import Final

import anyio
from anyio.abc import TaskGroup

from tests.simulation.chance import Chance, Violation
from tests.simulation.clients.administrators import (
    CREATE_TOPICS,
    Committer,
    PartitionsAdmin,
    RecordsAdmin,
    TopicAdmin,
    TransactionAdmin,
    new_topic,
)
from tests.simulation.clients.base import Client
from tests.simulation.clients.classic_members import REBALANCE_MS, ClassicMember
from tests.simulation.clients.consumer_members import ConsumerMember
from tests.simulation.clients.producers import IdempotentProducer
from tests.simulation.clients.readers import LATEST, Consumer, LogReader
from tests.simulation.clients.transformers import Transformer, Transformers
from tests.simulation.clients.transforming_members import TransformingMember
from tests.simulation.disk import Disk
from tests.simulation.group_ledger import GroupLedger
from tests.simulation.ledger import Entry, Ledger, Partition
from tests.simulation.machine import Machine
from tests.simulation.shared_storage import SharedDisk

INPUTS: Final[list[Partition]] = [("in", 0), ("in", 1)]
OUTPUTS: Final[list[Partition]] = [("out", 0), ("out", 1)]
JOBS: Final[list[Partition]] = [("jobs", 0), ("jobs", 1)]
"""Transformed by members of a group."""
JOB_GROUP: Final = "transforming"
LOGS: Final[list[Partition]] = [("log", 0)]
"""Without transactions, and deleted from."""
WORK: Final = "work"
"""What groups share among them."""
WORK_PARTITIONS: Final = 3
TOPICS: Final[tuple[tuple[str, int, dict[str, str]], ...]] = (
    ("in", 2, {}),
    ("out", 2, {}),
    ("jobs", 2, {}),
    ("log", 1, {"retention_bytes": "2000"}),
    (WORK, WORK_PARTITIONS, {}),
)
EVERYTHING: Final = INPUTS + JOBS + OUTPUTS + LOGS
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

    def __init__(self, seed: int, busy_s: float | None = None, *, shared: bool = False) -> None:
        """``busy_s``: for how long things go wrong, for the seed to decide if it is not given. ``shared``: the storage is that of a cluster."""
        self.chance = Chance(seed)
        self._busy_s = busy_s
        self._shared = shared
        self.ledger = Ledger(self.chance)
        self.groups = GroupLedger()
        self.machine: Machine
        self.cast = Cast()

    @property
    def summary(self) -> str:
        """What was played."""
        checks = self.ledger.facts + self.groups.facts + self.machine.inspected
        return f"{self.chance.events} events, {self.machine.starts} starts, {checks} checks, trace {self.chance.digest[:12]}"

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            self.machine = Machine(self.chance, tasks, SharedDisk() if self._shared else Disk())
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
            await self._clients_go()
            self.chance.note("world", "over")
            tasks.cancel_scope.cancel()

    async def _set_up(self) -> None:
        admin = Client("setup", self.machine, self.ledger)
        for name, partitions, config in TOPICS:
            await admin.insist(CREATE_TOPICS, 5, new_topic(name, partitions, **config), lambda answer: answer.topics[0].error_code)
        admin.leave()

    async def _play(self, consuming: TaskGroup) -> None:
        chance, machine, ledger, cast = self.chance, self.machine, self.ledger, self.cast
        cast.producers = [
            IdempotentProducer(f"p{number}", machine, ledger, chance.pick(INPUTS + JOBS + LOGS), chance.random.randrange(20, 60)) for number in range(4)
        ]
        cast.transformers = [Transformers(machine, ledger, number, source, OUTPUTS) for number, source in enumerate(INPUTS)]
        cast.consumers = [
            Consumer("reader", machine, ledger, EVERYTHING, committed=False),
            Consumer("committed reader", machine, ledger, OUTPUTS, committed=True),
            Consumer("late reader", machine, ledger, EVERYTHING, committed=True),
        ]
        others = [
            TopicAdmin("topics", machine, ledger),
            TransactionAdmin("transactions", machine, ledger),
            RecordsAdmin("records", machine, ledger, OUTPUTS + LOGS),
            PartitionsAdmin("partitions", machine, ledger, WORK, WORK_PARTITIONS, 6),
            Committer("committer", machine, ledger, self.groups, (WORK, 0)),
            *(TransformingMember(f"j{number}", machine, ledger, self.groups, JOB_GROUP, JOBS, OUTPUTS) for number in range(2)),
            *(ConsumerMember(f"m{number}", machine, ledger, self.groups, "modern", WORK) for number in range(3)),
            *(ClassicMember(f"c{number}", machine, ledger, self.groups, "classic", WORK, WORK_PARTITIONS) for number in range(3)),
        ]
        with anyio.CancelScope() as patience:
            async with anyio.create_task_group() as tasks:
                for producer in cast.producers:
                    tasks.start_soon(producer.run)
                for other in [*cast.consumers, *others]:
                    consuming.start_soon(other.run)
                for transformers in cast.transformers:
                    tasks.start_soon(transformers.run)
                await anyio.sleep(self._busy_s or 30 + chance.seconds(200))
                chance.quiet = True
                chance.note("world", "nothing goes wrong any more")
                for transformers in cast.transformers:
                    transformers.close()
                patience.deadline = anyio.current_time() + LONGEST_END_S
        if patience.cancelled_caught:
            raise Violation("some client did not come to an end")

    async def _worked_off(self, source: Partition) -> int:
        """Wait for the group to come to the end of what is in ``source``; where it is then."""
        name = f"watcher of {source}"
        watcher = Transformer(
            name, self.machine, self.ledger, transactional_id=name, group=JOB_GROUP, source=source, sinks=[], second=False
        )
        while True:
            end, position = await watcher.offset(source, LATEST), await watcher.committed()
            if position >= end:
                return position
            await watcher.pause()

    async def _clients_go(self) -> None:
        process = self.machine.process
        assert process is not None
        for wire in process.wires:
            wire.cut("left")
        await anyio.sleep(REBALANCE_MS / 1000 + 1)
        process.check_idle()

    async def _judge(self) -> None:
        machine, ledger, cast = self.machine, self.ledger, self.cast
        positions: dict[Partition, int] = {transformers.source: await transformers.finish() for transformers in cast.transformers}
        for source in JOBS:
            positions[source] = await self._worked_off(source)
        everything = LogReader("judge", machine, ledger, EVERYTHING, committed=False, sessions=False)
        judge = LogReader("judge of what is committed", machine, ledger, EVERYTHING, committed=True, sessions=True)
        for partition in EVERYTHING:
            # What a member hangs on to that hangs itself is aborted when its time is over.
            while await everything.offset(partition, LATEST) != await judge.offset(partition, LATEST):
                await everything.pause()
        await everything.read_all()
        final: dict[Partition, dict[int, Entry]] = {
            partition: {offset: entry for offset, entry in ledger.logs[partition].items() if offset >= ledger.start[partition]}
            for partition in everything.positions
        }
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
        outputs = [value for partition in OUTPUTS for value in values[partition]]
        for source, position in positions.items():
            ledger.judge_exactly_once(source, outputs, position)
        for consumer in cast.consumers:
            if consumer.is_committed:
                for partition, seen in consumer.seen.items():
                    start = ledger.start[partition]
                    wanted = [one for one in committed[partition] if start <= one[0] < consumer.positions[partition]]
                    seen = [one for one in seen if one[0] >= start]
                    ledger.check(seen == wanted, f"{consumer.name} on {partition}: got {seen}, wanted {wanted}")

