"""Who this broker and its cluster are, and who leads or coordinates what.

An embedded cluster is one broker, which therefore leads every partition and coordinates every group.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Final
from uuid import uuid4

from broker.model import Node

CLUSTER_ID_KEY: Final = "cluster.id"
"""Where the catalog keeps the cluster's id: ``await catalog.meta(CLUSTER_ID_KEY, new_cluster_id())``."""


def new_cluster_id() -> str:
    """A fresh id in the form Kafka gives its clusters: a random UUID in URL-safe base64, 22 characters.

    As Kafka's ids it never begins with a dash, which command lines would take for an option.
    """
    while True:
        cluster_id = urlsafe_b64encode(uuid4().bytes).rstrip(b"=").decode("ascii")
        if not cluster_id.startswith("-"):
            return cluster_id


class ClusterIdentity:
    """``advertised`` says, by listener name, under which address clients that came in there reach this broker."""

    def __init__(
        self,
        cluster_id: str,
        node_id: int,
        rack: str | None = None,
        advertised: Mapping[str, Node] | None = None,
        *,
        epoch: int = 0,
    ) -> None:
        self.cluster_id = cluster_id
        self.node_id = node_id
        self.rack = rack
        self.epoch = epoch
        self._nodes: dict[str, list[Node]] = {}
        for listener, node in (advertised or {}).items():
            self.advertise(listener, node.host, node.port)

    def advertise(self, listener: str, host: str, port: int) -> Node:
        """Set the address for ``listener``, known at the latest when its socket is bound (port 0 picks a free one)."""
        node = Node(self.node_id, host, port, self.rack)
        self._nodes[listener] = [node]
        return node

    def nodes(self, listener: str) -> list[Node]:
        """The live brokers as clients of ``listener`` reach them; not to be changed. KeyError: no such listener."""
        return self._nodes[listener]

    @property
    def controller_id(self) -> int:
        """The broker that admin requests are best sent to."""
        return self.node_id

    def leader_of(self, pid: int) -> int:
        """The node id of the broker to send the partition's requests to."""
        return self.node_id

    def coordinator_of(self, kind: int, key: str) -> int:
        """The node id of the coordinator of ``key``; ``kind`` is FindCoordinator's key type (0 group, 1 transaction, 2 share)."""
        return self.node_id

    def is_coordinator(self, kind: int, key: str) -> bool:
        return self.coordinator_of(kind, key) == self.node_id

    @property
    def node_ids(self) -> frozenset[int]:
        """Every broker of this cluster."""
        return frozenset((self.node_id,))
