"""A broker whose clients' metrics can be asked for and pushed."""

from types import SimpleNamespace
from typing import Any

from broker.client_metrics.collector import ClientMetricsCollector
from broker.config.client_metrics_live import LiveClientMetrics
from broker.handlers.base import ConnectionInfo, Handler, RequestContext
from broker.model import Node
from broker.storage.catalog.memory import MemoryCatalog
from broker.wire.registry import codec
from broker.wire.writer import Writer
from tests.broker.coordinators.conversation import settings


class TelemetryWorld:
    """``clock`` is the collector's."""

    def __init__(self) -> None:
        self.clock = 1_000_000
        self.configs = LiveClientMetrics(MemoryCatalog())
        live = settings()
        self.collector = ClientMetricsCollector(self.configs, live, lambda: self.clock)
        node = Node(1, "broker.example", 9092)
        self.connection = ConnectionInfo(1, "10.0.0.1:5000", "10.0.0.1", "internal", node)
        self.connection.software_name, self.connection.software_version = "lib", "1.2"
        self.services: Any = SimpleNamespace(client_metrics=self.collector, settings=live)

    def context(self, client_id: str | None = "app") -> RequestContext:
        return RequestContext(self.services, self.connection, 0, 1, client_id)

    async def ask(self, handler: Handler, request: Any) -> Any:
        """Through the codec, there and back."""
        wire = codec(handler.key)
        writer = Writer()
        wire.encode_request(0, request, writer)
        arrived = wire.decode_request(0, b"".join(bytes(chunk) for chunk in writer.chunks()), 0)
        answer = handler.handle(arrived, self.context())
        if not hasattr(answer, "error_code"):
            answer = await answer
        writer = Writer()
        wire.encode_response(0, answer, writer)
        return wire.decode_response(0, b"".join(bytes(chunk) for chunk in writer.chunks()), 0)
