"""Who this broker and its cluster are, and who leads or coordinates what.

An embedded cluster is one broker, which therefore leads every partition and coordinates every group. In a cluster of several the partitions are
placed by :mod:`broker.cluster.placement`, and a group's coordinator is whoever has its shard.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Final, Protocol
from uuid import uuid4

from broker.cluster.directory import TopicState
from broker.cluster.placement import place, zone_of
from broker.model import Node
from broker.storage.catalog.cluster import Member
from broker.storage.catalog.shards import shard_of

CLUSTER_ID_KEY: Final = "cluster.id"
"""Where the catalog keeps the cluster's id: ``await catalog.meta(CLUSTER_ID_KEY, new_cluster_id())``."""

SHARE: Final = 2
"""FindCoordinator's key type of share partitions."""


class Topics(Protocol):
    """What is needed of the topic directory."""

    def by_id(self, topic_id: bytes) -> TopicState | None: ...

    def by_pid(self, pid: int) -> tuple[TopicState, int] | None: ...


def new_cluster_id() -> str:
    """A fresh id in the form Kafka gives its clusters: a random UUID in URL-safe base64, 22 characters.

    As Kafka's ids it never begins with a dash, which command lines would take for an option.
    """
    while True:
        cluster_id = urlsafe_b64encode(uuid4().bytes).rstrip(b"=").decode("ascii")
        if not cluster_id.startswith("-"):
            return cluster_id


class ClusterIdentity:
    """``advertised`` says, by listener name, under which address clients that came in there reach this broker.

    In a cluster it follows what the catalog says of the members (:meth:`follow`); ``epoch`` grows with everything that changes for clients by
    that, so what was derived from it is good for as long as the epoch is the same.
    """

    def __init__(
        self,
        cluster_id: str,
        node_id: int,
        rack: str | None = None,
        advertised: Mapping[str, Node] | None = None,
        *,
        epoch: int = 0,
        topics: Topics | None = None,
    ) -> None:
        """``topics`` are needed where there may be other brokers: a topic's partitions are placed together."""
        self.cluster_id = cluster_id
        self.node_id = node_id
        self.rack = rack
        self.epoch = epoch
        self._topics = topics
        self._nodes: dict[str, list[Node]] = {}
        self._members: tuple[Member, ...] | None = None
        self._in_zone: dict[str, tuple[int, ...]] = {}
        self._placed: tuple[int, ...] = (node_id,)
        self._known: frozenset[int] = frozenset((node_id,))
        self._shards: dict[int, int] = {}
        self.is_leaving = False
        """Others lead what this broker led; clients are to be told so."""
        for listener, node in (advertised or {}).items():
            self.advertise(listener, node.host, node.port)

    def advertise(self, listener: str, host: str, port: int) -> Node:
        """Set the address for ``listener``, known at the latest when its socket is bound (port 0 picks a free one)."""
        node = Node(self.node_id, host, port, self.rack)
        self._nodes[listener] = [node, *(other for other in self._nodes.get(listener, ()) if other.node_id != self.node_id)]
        return node

    def follow(self, members: Sequence[Member], shards: Mapping[int, int]) -> None:
        """These are the brokers of the cluster from now on, and by shard the node ids of those who coordinate. Brokers that do not say where
        clients reach them do not serve yet and are left out."""
        serving = tuple(member for member in members if member.listeners)
        if serving != self._members:
            self._members = serving
            staying = [member for member in serving if not member.leaving] or list(serving)
            self._placed = tuple(member.node_id for member in staying)
            self._known = frozenset(member.node_id for member in serving)
            self._in_zone = {
                zone: tuple(member.node_id for member in staying if member.rack == zone)
                for zone in {member.rack for member in staying if member.rack is not None}
            }
            names = {name for member in serving for name in member.listeners} | set(self._nodes)
            self._nodes = {
                name: [
                    Node(member.node_id, *member.listeners[name], member.rack) for member in serving if name in member.listeners
                ]
                for name in names
            }
            self.is_leaving = self.node_id in self._known and self.node_id not in self._placed
            self.epoch += 1
        self._shards = dict(shards)

    def leader_epochs_grew(self) -> None:
        """What was derived from this says older ones."""
        self.epoch += 1

    def nodes(self, listener: str) -> list[Node]:
        """The live brokers as clients of ``listener`` reach them; not to be changed. KeyError: no such listener."""
        return self._nodes[listener]

    @property
    def controller_id(self) -> int:
        """The broker that admin requests are best sent to."""
        return min(self._placed, default=-1)

    def zone_of(self, client_id: str | None) -> str | None:
        """The zone a client says it is in, if brokers of the cluster stand in it."""
        zone = zone_of(client_id) if self._in_zone else None
        return zone if zone in self._in_zone else None

    def leader_of(self, pid: int, rack: str | None = None) -> int:
        """The node id of the broker to send the partition's requests to, -1 when there is none: of those in ``rack``, if there are any."""
        if self._members is None:
            return self.node_id
        assert self._topics is not None, "a broker of a cluster places partitions by topic"
        found = self._topics.by_pid(pid)
        if found is None:
            return place((pid,), self._placed)[0]
        state, index = found
        return self.leaders_of(state, rack)[index]

    def leaders_of(self, state: TopicState, rack: str | None = None) -> Sequence[int]:
        """The leaders of a topic's partitions; not to be changed. Made once for each topic and epoch."""
        if self._members is None:
            return [self.node_id] * len(state.pids)
        placed = self._in_zone.get(rack, self._placed) if rack is not None else self._placed
        return state.derived_as_of((ClusterIdentity, rack), self.epoch, lambda state: place(state.pids, placed))

    def replicas_of(self, state: TopicState, rack: str | None = None) -> Sequence[list[int]]:
        """The brokers that are named as replicas of a topic's partitions, as many as its replication factor: first the leader that clients in
        ``rack`` are told of, then the nearest in each other rack, and for what is left of the factor the leader again. Any broker serves any
        partition; consumers go to those only that are named. Not to be changed."""
        return state.derived_as_of(
            (ClusterIdentity.replicas_of, rack), self.epoch, lambda state: self._replicas_of(state, rack)
        )

    def _replicas_of(self, state: TopicState, rack: str | None) -> Sequence[list[int]]:
        factor = state.topic.replication_factor
        elsewhere = [(zone, self.leaders_of(state, zone)) for zone in sorted(self._in_zone)] if factor > 1 else []
        made: dict[tuple[int, ...], list[int]] = {}
        replicas: list[list[int]] = []
        for index, leader in enumerate(self.leaders_of(state, rack)):
            others = tuple(leaders[index] for zone, leaders in elsewhere if leader not in self._in_zone[zone])[: factor - 1]
            if (leader, *others) not in made:
                made[leader, *others] = [leader, *others] + [leader] * (factor - 1 - len(others))
            replicas.append(made[leader, *others])
        return replicas

    def replica_near(self, pid: int, rack: str, client_rack: str | None = None) -> int | None:
        """The node id of the broker in ``rack`` that a consumer there is best served by (KIP-392); None when this one is as near, or none is
        there that is named as a replica to a client in ``client_rack``."""
        if rack == self.rack or rack not in self._in_zone or self._topics is None:
            return None
        found = self._topics.by_pid(pid)
        if found is None:
            return None
        state, index = found
        node_id = self.leaders_of(state, rack)[index]
        return node_id if node_id in self.replicas_of(state, client_rack)[index] and node_id != self.node_id else None

    def coordinator_of(self, kind: int, key: str) -> int:
        """The node id of the coordinator of ``key``, -1 while there is none; ``kind`` is FindCoordinator's key type (0 group, 1 transaction,
        2 share: GROUP:TOPIC_ID:PARTITION, whose state the partition's leader keeps)."""
        if self._members is None:
            return self.node_id
        if kind == SHARE:
            return self._leader_of_share_partition(key)
        node_id = self._shards.get(shard_of(key), -1)
        return node_id if node_id in self._known else -1

    def _leader_of_share_partition(self, key: str) -> int:
        assert self._topics is not None
        rest, _, index = key.rpartition(":")
        try:
            state = self._topics.by_id(urlsafe_b64decode(rest.rpartition(":")[2].removesuffix("==") + "=="))
            return -1 if state is None or int(index) < 0 else self.leaders_of(state)[int(index)]
        except (ValueError, IndexError):
            return -1

    def is_coordinator(self, kind: int, key: str) -> bool:
        return self.coordinator_of(kind, key) == self.node_id

    @property
    def node_ids(self) -> frozenset[int]:
        """Every broker of this cluster."""
        return self._known
