"""Where a member of a share group is sent for partitions that another broker leads (KIP-951)."""

from typing import NamedTuple

from broker.coordinators.shares.share_sessions import PartitionKey
from broker.handlers.base import RequestContext
from broker.handlers.shares.acknowledgements import resolve
from broker.model import Node
from broker.wire.error_codes import ErrorCode


class Leader(NamedTuple):
    """Who leads a partition, since which epoch, and how clients of this listener reach it."""

    node: Node
    epoch: int


def leader_elsewhere(key: PartitionKey, context: RequestContext) -> Leader | None:
    """The broker that leads the partition, when it is another one and clients can reach it."""
    services = context.services
    pid = resolve(services.directory, key)
    if isinstance(pid, ErrorCode):
        return None
    node_id = services.identity.leader_of(pid)
    if node_id == services.identity.node_id:
        return None
    nodes = services.identity.nodes(context.connection.listener)
    return next((Leader(node, services.catalog.leader_epoch(pid)) for node in nodes if node.node_id == node_id), None)
