"""The agent that keeps this broker a member of its cluster: it registers, is heard of, takes notice of being fenced, comes back, and leaves.

M1  Leases run by the catalog's clock. This broker's own clock, which never runs back, only tells when to be heard of again, and when to stop acting
    for shards because it was not heard of for half a lease. No safety rests on it: what a fenced broker commits is refused by the catalog (I8).
M2  Between being fenced and registering anew everything that was under way under the old epoch is ended (``on_fenced``), so nothing of it
    comes to be committed under the new one.
M3  What others are told of the cluster is the newest view, and views come in order.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

import anyio

from broker.errors import StorageUnavailable
from broker.storage.catalog.cluster import (
    ClusterView,
    Fenced,
    Member,
    MembershipCatalog,
    NodeIdTaken,
    Registration,
)
from observability import logs
from observability.metrics import CLUSTER

RENEWALS_A_LEASE: Final = 3
"""How often a broker is heard of within one lease."""

RETRIES_A_LEASE: Final = 15
"""How often it tries while that fails, or while it has reason to think that another broker is gone."""

HURRIED_S: Final = 0.02
"""However often somebody asks for a look at the cluster, they are so far apart."""

_log = logs.get("membership")


class MembershipKeeper:
    """:meth:`join` first, then :meth:`run`; :meth:`announce` when clients can come. ``on_lost`` is told that this broker has no place in the cluster
    any more."""

    def __init__(
        self,
        catalog: MembershipCatalog,
        registration: Registration,
        lease_ms: int,
        on_lost: Callable[[NodeIdTaken], None],
    ) -> None:
        self._catalog = catalog
        self._registration = registration
        self._lease_ms = lease_ms
        self._lease_s = lease_ms / 1000
        self._on_lost = on_lost
        self._view_callbacks: list[Callable[[ClusterView], None]] = []
        self._fenced_callbacks: list[Callable[[], Awaitable[None]]] = []
        self._registered_callbacks: list[Callable[[Member], None]] = []
        self._unheard_callbacks: list[Callable[[], None]] = []
        self._heard_at = -1.0
        self._closely_until = -1.0
        self._wanted = anyio.Event()
        self._heard = anyio.Event()
        self._is_unheard = False
        self._is_leaving = False
        self.member: Member | None = None
        self.view: ClusterView | None = None

    # --- who listens --------------------------------------------------------------------------------------------------

    def on_view(self, callback: Callable[[ClusterView], None]) -> None:
        """Call it with each view of the cluster from now on."""
        self._view_callbacks.append(callback)

    def on_fenced(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Await it before registering anew (M2)."""
        self._fenced_callbacks.append(callback)

    def on_registered(self, callback: Callable[[Member], None]) -> None:
        """Call it when this broker was registered anew."""
        self._registered_callbacks.append(callback)

    def on_unheard(self, callback: Callable[[], None]) -> None:
        """Call it when this broker was not heard of for half a lease."""
        self._unheard_callbacks.append(callback)

    # --- what is known ------------------------------------------------------------------------------------------------

    @property
    def heard_at(self) -> float:
        """When this broker was heard of last, by the clock of the event loop."""
        return self._heard_at

    @property
    def lease_age_s(self) -> float:
        """How long ago this broker was heard of last."""
        return anyio.current_time() - self._heard_at

    @property
    def is_heard(self) -> bool:
        """Whether others still count on this broker, as far as it can know (M1)."""
        return self.member is not None and self.lease_age_s < self._lease_s / 2

    def complaint(self) -> str | None:
        """Why clients should not be sent here now."""
        if self.member is None:
            return "not in the cluster"
        if self._is_unheard:
            return f"the catalog cannot be reached since {self.lease_age_s:.1f} s"
        return None

    # --- joining and leaving ------------------------------------------------------------------------------------------

    async def join(self) -> Member:
        """Register for the first time. Raises StorageUnavailable."""
        began = anyio.current_time()
        self.member = await self._catalog.register(self._registration, self._lease_ms)
        self._heard_at = began
        self._registration = replace(self._registration, node_id=self.member.node_id, again=True)
        _log.info("joined the cluster", node=self.member.node_id, epoch=self.member.epoch, rack=self.member.rack)
        return self.member

    async def announce(self, listeners: Mapping[str, tuple[str, int]], peer: tuple[str, int] | None) -> None:
        """Clients can come from now on: return when this broker's own view has it. Raises StorageUnavailable."""
        self._registration = replace(self._registration, listeners=dict(listeners), peer=peer)
        while True:
            try:
                await self._catalog.announce(listeners, peer)
                await self._renew()
            except Fenced:
                await self._come_back()
            else:
                return

    async def begin_leaving(self) -> None:
        """Have the others take over; this broker stays a member until :meth:`leave`. A catalog that is away is no reason not to leave."""
        self._is_leaving = True
        try:
            await self._catalog.begin_leaving()
            await self._renew()
        except (StorageUnavailable, Fenced) as error:
            _log.warning("leaving without a word, others take over when the lease ends", reason=error.message)

    async def leave(self) -> None:
        """Give up membership and everything held. Call it when :meth:`run` has ended."""
        try:
            await self._catalog.leave()
            _log.info("left the cluster")
        except (StorageUnavailable, Fenced) as error:
            _log.warning("left without a word, others take over when the lease ends", reason=error.message)

    # --- being heard of -----------------------------------------------------------------------------------------------

    def hurry(self) -> None:
        """Look at the cluster at once: something has changed, or the catalog said that this broker is fenced."""
        self._wanted.set()

    def watch_closely(self) -> None:
        """A broker may be gone: look often, for as long as its lease can last, so that its end is noticed soon. Only the lease decides."""
        self._closely_until = anyio.current_time() + self._lease_s * (1 + 2 / RENEWALS_A_LEASE)
        self._wanted.set()

    async def run(self) -> None:
        """Be heard of until cancelled, or until there is no place for this broker any more."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._notice_silence)
            while True:
                pause_s = self._lease_s / RETRIES_A_LEASE
                try:
                    await self._renew()
                    if anyio.current_time() > self._closely_until:
                        pause_s = self._lease_s / RENEWALS_A_LEASE
                except Fenced as fenced:
                    _log.warning("fenced: this broker was not heard of in time", reason=fenced.message)
                    try:
                        await self._come_back()
                    except NodeIdTaken as taken:
                        self._on_lost(taken)
                        break
                    continue
                except StorageUnavailable as error:
                    _log.debug("not heard of", reason=error.message)
                with anyio.move_on_after(pause_s):
                    await self._wanted.wait()
                    await anyio.sleep(HURRIED_S)
            tasks.cancel_scope.cancel()

    async def _renew(self) -> None:
        """Raises Fenced, StorageUnavailable."""
        self._wanted = anyio.Event()
        began = anyio.current_time()
        view = None
        with anyio.move_on_after(self._lease_s / 2):
            view = await self._catalog.renew(self._lease_ms)
        if view is None:
            raise StorageUnavailable("the catalog does not answer")
        if began < self._heard_at:
            return  # another call was faster (M3)
        self._heard_now(began)
        self.view = view
        for callback in self._view_callbacks:
            callback(view)

    def _heard_now(self, began: float) -> None:
        """The lease runs from some moment after ``began``, so ``began`` is what can be counted from."""
        self._heard_at = began
        if self._is_unheard:
            self._is_unheard = False
            _log.info("heard of again")
        self._heard.set()

    async def _notice_silence(self) -> None:
        while True:
            await anyio.sleep_until(self._heard_at + self._lease_s / 2)
            if self.is_heard:
                continue
            self._is_unheard = True
            CLUSTER.silences.inc()
            _log.error("not heard of for half a lease: no group is coordinated here until the catalog can be reached")
            for callback in self._unheard_callbacks:
                callback()
            self._heard = anyio.Event()
            await self._heard.wait()

    async def _come_back(self) -> None:
        """Raises NodeIdTaken."""
        CLUSTER.fencings.inc()
        for end in self._fenced_callbacks:
            await end()
        while True:
            began = anyio.current_time()
            try:
                member = await self._catalog.register(self._registration, self._lease_ms)
                if self._is_leaving:
                    await self._catalog.begin_leaving()
            except StorageUnavailable:
                await anyio.sleep(self._lease_s / RETRIES_A_LEASE)
            except Fenced:
                continue
            else:
                break
        self.member = member
        self._heard_now(began)
        _log.info("in the cluster again", node=member.node_id, epoch=member.epoch)
        for callback in self._registered_callbacks:
            callback(member)
