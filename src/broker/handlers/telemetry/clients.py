"""Rule: what subscriptions can tell a client by, from what is known of its connection."""

from broker.client_metrics.collector import Client
from broker.handlers.base import RequestContext


def client_of(context: RequestContext) -> Client:
    """The client of a request."""
    connection = context.connection
    return Client(
        connection.connection_id,
        context.client_id or "",
        {
            "client_id": context.client_id,
            "client_software_name": connection.software_name,
            "client_software_version": connection.software_version,
            "client_source_address": connection.peer_host,
            "client_source_port": connection.peer.rpartition(":")[2],
        },
    )
