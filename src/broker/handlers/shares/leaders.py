"""Where a member of a share group is sent for partitions that another broker leads (KIP-951): nowhere, where its own metadata tells it.

Leader epochs stay the same when leaders change. The Java client (4.4) takes a leader that it is told of only with a newer epoch, and otherwise stays for
good with the one that has just refused it; told of none it forgets that one, and takes the one in its metadata. Only who is told of another leader there,
because its zone has one of its own, must be told here.
"""

from typing import Final, NamedTuple

from broker.coordinators.shares.share_sessions import PartitionKey
from broker.handlers.base import RequestContext
from broker.handlers.shares.acknowledgements import resolve
from broker.model import Node
from broker.wire.error_codes import ErrorCode

NO_LEADER: Final = -1
"""As id and epoch: whom to ask is for the client to find out. 0, which is what the wire has for nothing said, is a broker."""


class Leader(NamedTuple):
    """Who leads a partition, since which epoch, and how clients of this listener reach it."""

    node: Node
    epoch: int


def leader_elsewhere(key: PartitionKey, context: RequestContext) -> Leader | None:
    """The broker that leads the partition, when it is another one, the client's metadata names a third, and clients can reach it."""
    services = context.services
    pid = resolve(services.directory, key)
    if isinstance(pid, ErrorCode):
        return None
    identity = services.identity
    node_id = identity.leader_of(pid)
    if node_id in (identity.node_id, identity.leader_of(pid, identity.zone_of(context.client_id))):
        return None
    nodes = identity.nodes(context.connection.listener)
    return next((Leader(node, services.catalog.leader_epoch(pid)) for node in nodes if node.node_id == node_id), None)
