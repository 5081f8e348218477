"""The agent that sees to it that this broker coordinates the shards that are its own, and no others.

K1  A shard is acted for only between ``take`` and ``give_up``, and only while the catalog's lease on it is this broker's as far as is known. What is
    saved is checked against the lease's token by the catalog, so a broker that does not know yet saves nothing.
K2  A shard is given back to the catalog only after whoever acts for it has stopped and written what was decided, so the next one finds it all.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import anyio

from broker.cluster.placement import place
from broker.errors import BrokerError, StorageUnavailable
from broker.storage.catalog.cluster import ClusterView, Fenced, Member, ShardCatalog
from broker.storage.catalog.shards import SHARDS
from observability import logs
from observability.metrics import CLUSTER

RETRY_S: Final = 0.2

_log = logs.get("shards")


class ShardUser(Protocol):
    """Who coordinates what belongs to a shard."""

    async def take(self, shards: Sequence[int]) -> None:
        """Load what belongs to them, then serve it. Raises StorageUnavailable: then nothing of them is served."""
        ...

    async def give_up(self, shards: Sequence[int], *, lost: bool) -> None:
        """Stop serving them: tell who waits that it is NOT_COORDINATOR, write what is decided unless they are ``lost``, and forget the rest."""
        ...


def own_shards(members: Sequence[Member], node_id: int) -> frozenset[int]:
    """Rule: the shards that a broker is to have, of those there are."""
    placed = sorted(member.node_id for member in members if member.listeners and not member.leaving)
    return frozenset(shard for shard, node in enumerate(place(range(SHARDS), placed)) if node == node_id)


class ShardKeeper:
    """Told of each view of the cluster; :meth:`run` does what follows from it. ``on_released`` is told of shards that others can take now."""

    def __init__(
        self,
        catalog: ShardCatalog,
        user: ShardUser,
        member: Callable[[], Member | None],
        on_released: Callable[[Sequence[int]], None] = lambda shards: None,
    ) -> None:
        self._catalog = catalog
        self._user = user
        self._member = member
        self._on_released = on_released
        self._view: ClusterView | None = None
        self._tokens: dict[int, int] = {}
        self._served: frozenset[int] = frozenset()
        self._is_lost = False
        self._closed = False
        self._turn = anyio.Lock()
        self._news = anyio.Event()
        self._is_settled = anyio.Event()

    @property
    def held(self) -> frozenset[int]:
        """The shards that this broker acts for."""
        return self._served

    async def settled(self) -> None:
        """Return when this broker has had all the shards that it is to have."""
        await self._is_settled.wait()

    def follow(self, view: ClusterView) -> None:
        """This is the cluster now."""
        self._view = view
        self._is_lost = False
        self._news.set()

    def lose(self) -> None:
        """This broker can no longer count on having any shard: it was not heard of, or was fenced. The next view says what comes then."""
        self._is_lost = True
        self._news.set()

    def lost(self, shard: int) -> None:
        """Whoever acts for the shard was told by the catalog that it is another broker's, and has stopped."""
        if shard in self._served:
            self._served -= {shard}
            self._tokens.pop(shard, None)
            CLUSTER.shards_lost.inc()
            self._news.set()

    async def lose_now(self) -> None:
        """The same, and return when nothing is acted for any more."""
        self.lose()
        await self._settle()

    async def hand_over(self) -> None:
        """Give up everything in good order and take nothing again: this broker leaves."""
        self._closed = True
        await self._settle()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._news.wait()
            self._news = anyio.Event()
            if await self._settle():
                self._is_settled.set()
            else:
                with anyio.move_on_after(RETRY_S):
                    await self._news.wait()
                self._news.set()

    async def _settle(self) -> bool:
        """Do what follows from what is known now. Whether it is done."""
        async with self._turn:
            try:
                await self._give_up_what_is_lost()
                await self._give_up_what_is_others()
                await self._take_what_is_own()
            except Fenced:
                return True  # the keeper of the membership comes with the rest
            except StorageUnavailable as error:
                _log.warning("shards could not be taken or given up; trying again", reason=error.message)
                return False
            return not self._waits_for_others()

    async def _give_up_what_is_lost(self) -> None:
        view, member = self._view, self._member()
        if self._is_lost or view is None or member is None:
            lost = self._served
            self._tokens.clear()
        else:
            mine = {shard: lease.token for shard, lease in view.shards.items() if lease.node_id == member.node_id}
            lost = frozenset(shard for shard in self._served if self._is_gone(shard, view, mine))
        if lost:
            _log.warning("lost shards", shards=len(lost))
            CLUSTER.shards_lost.inc(len(lost))
            await self._stop(lost, lost=True)

    def _is_gone(self, shard: int, view: ClusterView, mine: dict[int, int]) -> bool:
        """A view may be older than a claim: only a higher token says that somebody else has it."""
        token = self._tokens.get(shard)
        lease = view.shards.get(shard)
        return token is None or (lease is not None and lease.token > token and mine.get(shard) != token)

    async def _give_up_what_is_others(self) -> None:
        surplus = sorted(self._served - self._wanted())
        if surplus:
            await self._stop(surplus, lost=False)
            await self._catalog.release_shards(surplus)
            _log.info("gave shards up", shards=len(surplus))
            self._on_released(surplus)

    async def _take_what_is_own(self) -> None:
        wanting = sorted(self._wanted() - self._served)
        if not wanting:
            return
        claimed = await self._catalog.claim_shards(wanting)
        if not claimed:
            return
        shards = sorted(claimed)
        self._tokens.update(claimed)
        try:
            await self._user.take(shards)
        except BrokerError:
            await self._user.give_up(shards, lost=True)
            raise
        self._served |= frozenset(claimed)
        CLUSTER.takeovers.inc(len(shards))
        _log.info("took shards over", shards=len(shards), waiting=len(wanting) - len(shards))

    async def _stop(self, shards: Sequence[int] | frozenset[int], *, lost: bool) -> None:
        self._served -= frozenset(shards)
        for shard in shards:
            self._tokens.pop(shard, None)
        await self._user.give_up(sorted(shards), lost=lost)

    def _wanted(self) -> frozenset[int]:
        view, member = self._view, self._member()
        if view is None or member is None or self._closed or self._is_lost:
            return frozenset()
        return own_shards(view.members, member.node_id)

    def _waits_for_others(self) -> bool:
        return bool(self._wanted() - self._served)
