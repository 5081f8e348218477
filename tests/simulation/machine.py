"""The machine that the broker runs on: it starts a process, and another when that is dead. Clients connect to whichever lives."""

import anyio
from anyio.abc import TaskGroup

from tests.simulation import invariants
from tests.simulation.chance import Chance
from tests.simulation.disk import Disk
from tests.simulation.network import Gone, Wire
from tests.simulation.process import BrokerProcess
from tests.simulation.shared_storage import SharedDisk


class Machine:
    """Owns the disk and the present process."""

    def __init__(self, chance: Chance, tasks: TaskGroup, disk: Disk) -> None:
        self.chance = chance
        self.disk = disk
        self.process: BrokerProcess | None = None
        self.starts = 0
        self.inspected = 0
        self._tasks = tasks
        self._wires = 0

    @property
    def is_shared(self) -> bool:
        """Whether the storage is that of a cluster."""
        return isinstance(self.disk, SharedDisk)

    async def run(self) -> None:
        """Keep a process running until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._lightning)
            tasks.start_soon(self._inspect_regularly)
            while True:
                self.starts += 1
                if self.chance.happens(0.7) and await self.disk.recover():
                    self.chance.note("disk", "committed what the dead process had stored")
                self.disk.forget()
                self.process = BrokerProcess(self.disk, self.chance, self.starts)
                await self.process.run()
                self.inspect()
                await anyio.sleep(0.1 + self.chance.seconds(5))

    def inspect(self) -> None:
        """Look at the disk as it is now: it must be right at any moment."""
        self.inspected += invariants.check(self.disk)

    async def _inspect_regularly(self) -> None:
        while True:
            await anyio.sleep(10)
            self.inspect()

    async def _lightning(self) -> None:
        """Kill the process now and then, between any two steps of any task."""
        while True:
            await anyio.sleep(0.2)
            for _ in range(self.chance.random.randrange(20)):
                await anyio.lowlevel.checkpoint()
            if self.chance.fault(self.chance.weather.crash_each_s / 5) and self.process is not None:
                self.process.life.end()

    async def connect(self, client: str, lingers: bool) -> Wire:
        """A new connection. Raises Gone when nobody answers."""
        process = self.process
        if process is None or process.life.is_over or not process.ready.is_set():
            await anyio.sleep(0.1 + self.chance.seconds(0.5))
            raise Gone
        self._wires += 1
        wire = Wire(client, process, self.chance, self._wires, lingers)
        process.wires = [open_wire for open_wire in process.wires if not open_wire.is_cut]
        process.wires.append(wire)
        self._tasks.start_soon(wire.run)
        return wire
