"""Brokers of one cluster in one process, as far as membership goes, on virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio.abc import TaskGroup

from broker.cluster.membership_keeper import MembershipKeeper
from broker.storage.catalog.cluster import ClusterView, Member, NodeIdTaken, Registration
from broker.storage.catalog.memory_cluster import MemoryCluster, MemoryClusterCatalog

LEASE_MS = 3_000
START_MS = 1_700_000_000_000


class VirtualCluster:
    """The shared catalog; its clock can be set apart from the brokers'."""

    def __init__(self) -> None:
        self.clock_offset_ms = START_MS
        self.shared = MemoryCluster(lambda: self.clock_offset_ms + int(anyio.current_time() * 1000))


class VirtualBroker:
    """One broker's keeper of its membership, and what it said."""

    def __init__(self, cluster: VirtualCluster, instance: str, node_id: int | None = None, **said: Any) -> None:
        self.catalog: MemoryClusterCatalog = cluster.shared.catalog()
        registration = Registration(instance=instance, node_id=node_id, rack=None, listeners={}, **said)
        self.keeper = MembershipKeeper(self.catalog, registration, LEASE_MS, self.lost)
        self.views: list[ClusterView] = []
        self.events: list[str] = []
        self.keeper.on_view(self.views.append)
        self.keeper.on_unheard(lambda: self.events.append("unheard"))
        self.keeper.on_fenced(self._fenced)
        self.keeper.on_registered(lambda member: self.events.append(f"registered {member.epoch}"))
        self._tasks: TaskGroup | None = None

    async def start(self, tasks: TaskGroup) -> Member:
        """Join and be heard of from now on."""
        member = await self.keeper.join()
        self._scope = anyio.CancelScope()
        tasks.start_soon(self._run)
        await self.keeper.announce({"A": (f"h{member.node_id}", 9092)}, None)
        return member

    async def _run(self) -> None:
        with self._scope:
            await self.keeper.run()

    def kill(self) -> None:
        """It is not heard of any more."""
        self._scope.cancel()

    async def _fenced(self) -> None:
        self.events.append("fenced")

    def lost(self, reason: NodeIdTaken) -> None:
        self.events.append("lost")

    async def seen_without(self, node_id: int) -> float:
        """How long it takes from now until this broker no longer sees that one."""
        began, gone = anyio.current_time(), anyio.Event()
        self.keeper.on_view(lambda view: gone.set() if node_id not in self.sees else None)
        await gone.wait()
        return anyio.current_time() - began

    @property
    def sees(self) -> list[int]:
        """The node ids in its newest view."""
        return [member.node_id for member in self.views[-1].members]


@asynccontextmanager
async def running(cluster: VirtualCluster, count: int) -> AsyncIterator[list[VirtualBroker]]:
    """So many brokers that know each other."""
    async with anyio.create_task_group() as tasks:
        brokers = [VirtualBroker(cluster, f"i{number}") for number in range(count)]
        for broker in brokers:
            await broker.start(tasks)
        await anyio.sleep(LEASE_MS / 1000)
        yield brokers
        tasks.cancel_scope.cancel()
