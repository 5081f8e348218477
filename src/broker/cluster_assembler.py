"""Puts together what makes a broker one of a cluster: who keeps its membership, its shards, and what it knows of topics, and its connections to others.

Everything else is put together by :mod:`broker.assembler`, for a broker in a cluster and for one alone.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from anyio.abc import TaskGroup

from broker.assembler import Agents
from broker.cluster.membership_keeper import MembershipKeeper
from broker.cluster.metadata_refresher import MetadataRefresher
from broker.cluster.shard_keeper import ShardKeeper
from broker.errors import BrokerError
from broker.model import Published
from broker.server.peers import PeerNetwork
from broker.storage.catalog.cluster import ClusterCatalog, ClusterView, Member
from broker.storage.catalog.transactions import Marker
from broker.storage.objects.footer import PartitionName
from observability import logs
from observability.metrics import CLUSTER

PEERS_SECRET: Final = "peers.secret"  # noqa: S105 - a name, not a secret
"""Where the catalog keeps what brokers know each other by."""

NEWEST: Final = 1 << 62
"""A version of topics and configurations that is never reached."""

SPREAD_S: Final = 0.5
"""How long who changed a topic, or who may do what, waits for other brokers to have heard of it."""

_log = logs.get("cluster")


class Fencing(Protocol):
    """What must stop when this broker is fenced, and may go on when it is registered anew."""

    async def fence(self) -> None: ...

    def resume(self) -> None: ...


class Cluster:
    """The agents of this broker that the others know. ``version`` is that of the topics that were loaded."""

    def __init__(
        self,
        catalog: ClusterCatalog,
        keeper: MembershipKeeper,
        agents: Agents,
        commits: Fencing,
        secret: bytes,
        version: int,
    ) -> None:
        self._catalog = catalog
        self._agents = agents
        self._commits = commits
        self._incarnation: int | None = None
        self._epochs_of = catalog.incarnation
        self._suspects: set[int] = set()
        services = agents.services
        self.keeper = keeper
        self.shards = ShardKeeper(catalog, agents.shard_taker, lambda: keeper.member, lambda shards: self.peers.look())
        self.metadata = MetadataRefresher(
            catalog,
            services.directory,
            (services.topics.changing, services.configs.changing, services.access_register.turn),
            agents.on_configs,
            services.access_register,
        )
        self.metadata.version = version
        self.peers = PeerNetwork(secret, lambda: keeper.member, self)
        agents.shard_taker.on_lost = self._shard_lost
        services.topics.refresh = self.metadata.refresh
        services.topics.tell_others = self._tell_others
        services.access_register.tell_others = self._tell_others
        keeper.on_view(self._follow)
        keeper.on_unheard(self.shards.lose)
        keeper.on_fenced(self._fenced)
        keeper.on_registered(self._registered)
        CLUSTER.shards.set_function(lambda: len(self.shards.held))
        # Asked for by a thread that has no event loop; the clock of this one's is the same.
        CLUSTER.lease_age.set_function(lambda: time.monotonic() - keeper.heard_at)
        CLUSTER.metadata_lag.set_function(lambda: self.metadata.lag)

    def start(self, tasks: TaskGroup) -> None:
        """Have everything running but the keeper of the membership, which runs already."""
        tasks.start_soon(self.shards.run)
        tasks.start_soon(self.metadata.run)
        tasks.start_soon(self.peers.run)

    async def hand_over(self) -> None:
        """The others take over, and learn of it at once. What is under way here is finished by whoever called."""
        await self.keeper.begin_leaving()
        self.peers.look()
        await self.shards.hand_over()

    def describe(self, pid: int) -> PartitionName | None:
        """What a partition is called, for those who read the store without a catalog."""
        found = self._agents.services.directory.by_pid(pid)
        return None if found is None else PartitionName(found[0].topic_id, found[0].name, found[1])

    # --- what the catalog says ----------------------------------------------------------------------------------------

    def _follow(self, view: ClusterView) -> None:
        services = self._agents.services
        self._suspects &= {member.node_id for member in view.members}
        self._lead(view)
        CLUSTER.members.set(len(view.members))
        self.peers.follow(view.members)
        self.shards.follow(view)
        if self._incarnation not in (None, view.incarnation):
            _log.error("another server has the catalog; what is in memory is read anew", incarnation=view.incarnation)
            services.reader.forget_everything()
            self.metadata.start_over()
        self._incarnation = view.incarnation
        if self._epochs_of != self._catalog.incarnation:
            self._epochs_of = self._catalog.incarnation
            services.identity.leader_epochs_grew()
        self.metadata.hear(view.metadata_version)

    def _lead(self, view: ClusterView) -> None:
        """Any broker can serve any partition, so no lease has to end before others lead what a broker led that seems to be gone."""
        members = [
            replace(member, leaving=True) if member.node_id in self._suspects else member for member in view.members
        ]
        self._agents.services.identity.follow(members, {shard: lease.node_id for shard, lease in view.shards.items()})
        self._agents.services.share_partitions.leaders_changed()

    def _suspect(self, node_id: int, suspected: bool) -> None:
        if (node_id in self._suspects) == suspected:
            return
        (self._suspects.add if suspected else self._suspects.discard)(node_id)
        if self.keeper.view is not None:
            self._lead(self.keeper.view)

    async def _fenced(self) -> None:
        await self._commits.fence()
        await self.shards.lose_now()

    def _registered(self, member: Member) -> None:
        self._commits.resume()
        self.metadata.start_over()
        self.peers.look()
        self.keeper.hurry()

    def _shard_lost(self, shard: int) -> None:
        self.shards.lost(shard)
        self.keeper.hurry()

    async def _tell_others(self) -> None:
        try:
            version = await self.metadata.refresh()
        except BrokerError as error:
            _log.warning("others will hear of a change a little later", reason=error.message)
            return
        await self.peers.spread(version, SPREAD_S)

    # --- what other brokers say ---------------------------------------------------------------------------------------

    def published(self, fact: Published) -> None:
        """Records became visible here."""
        self.peers.published(fact)

    def markers_written(self, markers: Sequence[Marker]) -> None:
        """Transactions were ended here."""
        self.peers.ended([marker.pid for marker in markers])

    def log_compacted(self, pid: int, below: int) -> None:
        """A part of a log was replaced by this broker."""
        self.peers.compacted(pid, below)

    def hinted(self, pid: int, high_watermark: int, size: int) -> None:
        self._agents.services.reader.hinted(pid, high_watermark, size)

    def ended(self, pids: Sequence[int]) -> None:
        self._agents.services.reader.markers_hinted(pids)

    def compacted(self, pid: int, below: int) -> None:
        self._agents.services.reader.compacted(pid, below)

    def metadata_there(self, number: int) -> None:
        self.metadata.hear(number)

    async def metadata_read(self, number: int) -> int:
        await self.metadata.heard(number)
        return self.metadata.version

    def look(self) -> None:
        self.keeper.hurry()

    def connected(self, node_id: int) -> None:
        self._suspect(node_id, False)
        self.peers.look()  # it may not have heard of this broker yet

    def broken(self, node_id: int) -> None:
        self._suspect(node_id, True)
        self.keeper.watch_closely()
