"""Rule: what each of several brokers on one machine listens on, from settings that are written for the machine as a whole.

Each listener's port is shared by all of them, so a client may come in by any. Each has in addition an address of its own, which is what clients are told:
the ports that follow. With ``PLAINTEXT://0.0.0.0:9092`` and three workers clients begin at 9092, and go on at 9093, 9094 and 9095.
"""

from collections.abc import Sequence
from dataclasses import replace

from broker.config.listeners import Listener
from broker.config.settings import Settings


def shared_listeners(settings: Settings, ports: Sequence[int]) -> tuple[Listener, ...]:
    """What all workers listen on, by the ports that were found free where none was set."""
    return tuple(replace(listener, port=port) for listener, port in zip(settings.listeners, ports, strict=True))


def as_worker(settings: Settings, index: int) -> Settings:
    """The settings of one worker; what is not set (port 0, no node id) stays so, and is found by each for itself."""
    own = {
        "listeners": tuple(_moved(listener, index + 1) for listener in settings.listeners),
        "advertised_listeners": tuple(_moved(listener, index + 1) for listener in settings.advertised_listeners),
        "http": replace(settings.http, port=settings.http.port + index if settings.http.port else 0),
    }
    if settings.cluster_peer is not None and settings.cluster_peer.port:
        own["cluster_peer"] = replace(settings.cluster_peer, port=settings.cluster_peer.port + index)
    if settings.names_its_node:
        own["node_id"] = own["broker_id"] = settings.node_id + index
    return settings.model_copy(update=own)


def _moved(listener: Listener, by: int) -> Listener:
    return replace(listener, port=listener.port + by) if listener.port else listener
