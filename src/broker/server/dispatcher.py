"""From a frame to its handler and back: header, version, body, errors to answers, metrics.

Routes (handler, decoder, encoder and bound metrics of one API version) are made on first use and kept, so a request costs one
dictionary look-up, and codecs of APIs that nobody calls are never imported.
"""

import struct
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic
from typing import Any, Final

from broker.errors import BrokerError, StorageFailed
from broker.handlers.base import CloseConnection, ConnectionInfo, Handler, RequestContext, Services
from broker.handlers.session.logging_in import take_raw_token
from broker.server import request_audit
from broker.server.answer_errors import errors_in
from broker.server.produce_frame import COUNTED_ABOVE_BYTES, check_partition_count
from broker.server.throttle import Quotas
from broker.wire import registry
from broker.wire.error_codes import ErrorCode
from broker.wire.errors import DecodeError
from broker.wire.headers import decode_request_header
from broker.wire.writer import Writer
from observability import logs
from observability.metrics import BUGS, REQUEST_ERRORS, REQUEST_SECONDS, REQUESTS

_PRODUCE: Final = 0
_API_VERSIONS: Final = 18
MESSAGE_LIMIT: Final = 8 << 20
"""Bytes of a request other than Produce. Messages made of many small parts take up to a hundred times their size once decoded,
records stay as they are; nothing that a client really asks comes near this."""
# Length (filled in when the answer is whole), correlation id and, in flexible versions, no tagged fields.
_PREFIX: Final = struct.Struct(">ii").pack
_FLEXIBLE_PREFIX: Final = struct.Struct(">iib").pack
_log = logs.get("dispatcher")


def _traceback_limiter() -> logs.LineLimiter:
    """A traceback has some dozens of lines, and the second of a kind says little more than the first."""
    return logs.LineLimiter(per_second=0.1, burst=5)


class Route:
    """Everything needed to serve one version of one API."""

    __slots__ = ("changes", "count", "decode", "encode", "flexible_answer", "handler", "observe", "version")

    def __init__(self, handler: Handler, version: int) -> None:
        self.handler = handler
        self.version = version
        self.decode = registry.request_decoder(handler.key, version)
        self.encode = registry.response_encoder(handler.key, version)
        # The answer to ApiVersions keeps the first header for ever: a client reads it before it knows what the broker speaks.
        self.flexible_answer = version >= registry.FLEXIBLE_FROM[handler.key] and handler.key != _API_VERSIONS
        self.count = REQUESTS.labels(handler.name).inc
        self.observe = REQUEST_SECONDS.labels(handler.name).observe
        self.changes = handler.key in request_audit.CHANGES


class Dispatcher:
    """Serves the given handlers with the given services. Holds no state of any client.

    ``on_fatal`` is told once that storage failed: clients ask again and again while the broker stops.
    """

    def __init__(
        self, handlers: Iterable[Handler], services: Services, quotas: Quotas, on_fatal: Callable[[StorageFailed], None] | None = None
    ) -> None:
        self._handlers: dict[int, Handler] = {handler.key: handler for handler in handlers}
        self._services = services
        self._on_fatal = on_fatal
        self._routes: dict[tuple[int, int], Route] = {}
        self.quotas = quotas
        # One for each API: a defect that somebody found and sends in a loop does not hide another's first traceback.
        self._tracebacks: defaultdict[str, logs.LineLimiter] = defaultdict(_traceback_limiter)
        self.samples_allowed = False
        """Whether of some requests that change nothing it is recorded what they were allowed."""

    def open(self, frame: memoryview, connection: ConnectionInfo) -> tuple[Route, Any, RequestContext]:
        """Read a frame. Raises DecodeError, whose text says what is wrong with it; the connection is then closed."""
        key, version, correlation_id, client_id, position = decode_request_header(frame)
        if len(frame) > COUNTED_ABOVE_BYTES:
            if key == _PRODUCE:
                check_partition_count(frame, position, version)
            elif len(frame) > MESSAGE_LIMIT:
                raise DecodeError(f"a request of {len(frame)} bytes without records, {MESSAGE_LIMIT} are allowed")
        login = connection.login
        if login is not None and (objection := login.objection(key)) is not None:
            raise DecodeError(objection)
        route = self._routes.get((key, version)) or self._route(key, version)
        context = RequestContext(self._services, connection, version, correlation_id, client_id)
        if route.version != version:
            return route, None, context
        if route.changes or self.samples_allowed:
            request_audit.begin(context, self._services.audit, changes=route.changes)
        try:
            request = route.decode(frame, position)
        except DecodeError as error:
            raise DecodeError(f"{route.handler.name} v{version}: {error}") from error
        return route, request, context

    def _route(self, key: int, version: int) -> Route:
        handler = self._handlers.get(key)
        if handler is None:
            raise DecodeError(f"API key {key} is not served here")
        if version not in handler.versions:
            if key != _API_VERSIONS:
                served = f"{handler.versions.start}-{handler.versions.stop - 1}"
                raise DecodeError(f"{handler.name} v{version} is not served here, {served} are")
            # KIP-511: a client that speaks a newer ApiVersions is told what is there, in the oldest form.
            return Route(handler, 0)
        route = self._routes[(key, version)] = Route(handler, version)
        return route

    def call(self, route: Route, request: Any, context: RequestContext) -> Any:
        """Start the request; whatever it raises becomes an answer, except an instruction to close."""
        if request is None:
            return route.handler.refuse(None, context, ErrorCode.UNSUPPORTED_VERSION, None)
        if route.changes and request_audit.must_wait(self._services.audit):
            return self._refuse(route, request, context, ErrorCode.KAFKA_STORAGE_ERROR, request_audit.FULL)
        try:
            return route.handler.handle(request, context)
        except CloseConnection:
            raise
        except BrokerError as error:
            return self._refuse(route, request, context, error.code, error.message)
        except StorageFailed as error:
            return self._storage_failed(route, request, context, error)
        except Exception:  # noqa: BLE001 - the documented boundary: a bug is logged, counted and answered, never fatal to others
            return self._bug(route, request, context)

    async def wait(self, route: Route, request: Any, context: RequestContext, outcome: Awaitable[Any]) -> Any:
        """The same for a request whose handler waits."""
        try:
            return await outcome
        except CloseConnection:
            raise
        except BrokerError as error:
            return self._refuse(route, request, context, error.code, error.message)
        except StorageFailed as error:
            return self._storage_failed(route, request, context, error)
        except Exception:  # noqa: BLE001 - as above
            return self._bug(route, request, context)

    def _storage_failed(self, route: Route, request: Any, context: RequestContext, error: StorageFailed) -> Any:
        on_fatal, self._on_fatal = self._on_fatal, None
        if on_fatal is not None:
            on_fatal(error)
        return self._refuse(route, request, context, ErrorCode.KAFKA_STORAGE_ERROR, "The broker's storage failed.")

    def _refuse(self, route: Route, request: Any, context: RequestContext, code: int, message: str | None) -> Any:
        return route.handler.refuse(request, context, code, message)

    def _bug(self, route: Route, request: Any, context: RequestContext) -> Any:
        BUGS.labels(route.handler.name).inc()
        held_back = self._tracebacks[route.handler.name].take(monotonic())
        if held_back is not None:
            facts = {"similar_lines_held_back": held_back} if held_back else {}
            _log.exception(
                "a request met a defect of the broker",
                api=route.handler.name,
                version=route.version,
                client=context.client_id,
                **facts,
            )
        return self._refuse(
            route, request, context, ErrorCode.UNKNOWN_SERVER_ERROR, "The broker met an unexpected error; its log has the details."
        )

    def encode(self, route: Route, request: Any, context: RequestContext, response: Any) -> list[Any]:
        """The answer's frame as buffers; record bytes are not copied."""
        try:
            return self._encode(route, context, response)
        except Exception:  # noqa: BLE001 - an answer that cannot be written is a bug too, and must not take the connection's others along
            return self._encode(route, context, self._bug(route, request, context))

    def _encode(self, route: Route, context: RequestContext, response: Any) -> list[Any]:
        frame = self.encode_again(route, context, response)
        for code in errors_in(response):
            REQUEST_ERRORS.labels(route.handler.name, ErrorCode(code).name).inc()
        return frame

    def encode_again(self, route: Route, context: RequestContext, response: Any) -> list[Any]:
        """The same frame for an answer that was encoded before, and changed in a number."""
        writer = Writer(_FLEXIBLE_PREFIX(0, context.correlation_id, 0) if route.flexible_answer else _PREFIX(0, context.correlation_id))
        route.encode(response, writer)
        return writer.frame()

    async def take_raw_token(self, frame: memoryview, connection: ConnectionInfo) -> bytes:
        """A token of a login that came without a header (SaslHandshake v0): the one that is sent back. Raises CloseConnection."""
        return await take_raw_token(frame, connection, self._services)

    def audit(self, route: Route, context: RequestContext, answer: Any) -> None:
        """Record what a request that asked of access control came to; ``answer`` is None when it gets none."""
        request_audit.record(route.handler.name, context, answer, self._services.audit, changes=route.changes)

    def measure(self, route: Route, seconds: float) -> None:
        route.count()
        route.observe(seconds)
