"""The agent that collects metrics of clients: it knows the instances, and keeps the series that are shown of them.

What it promises:

- Without a subscription a client is told so, and leaves nothing behind.
- Instances are bounded in number (the one not heard of for longest makes room), series by the setting ``telemetry_max_series``, and of these
  no instance has more than a share. What does not fit is counted and left out.
- One push is unpacked at a time, in a worker thread, and all together have a tenth of a core: a thousand pushes in ten seconds, or one that takes as long.
- An instance that falls silent is forgotten, and its series are shown no more.
"""

import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import anyio
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

from broker.client_metrics.instance import ClientInstance
from broker.client_metrics.samples import TEXT_MAX, Sample, read_or_refuse
from broker.client_metrics.subscriptions import Subscribed, Subscription, subscribed
from broker.config.client_metrics_live import LiveClientMetrics
from broker.model import value
from broker.pacing import Allowance
from broker.wire.error_codes import ErrorCode
from broker.wire.errors import DecodeError
from broker.wire.records.compression import OutputLimitError
from observability import logs
from observability.metrics import CLIENT_PUSHES, CLIENT_SERIES, CLIENT_SERIES_LEFT_OUT
from observability.series_table import Labels, SeriesTable

if TYPE_CHECKING:
    from broker.config.live import LiveSettings

_log = logs.get("client_metrics")

INSTANCES_MAX: Final = 16_384
SHARE: Final = 10
"""One instance may have a tenth of all series."""

UNPACKED: Final = 2
"""So many times ``telemetry.max.bytes`` may be what a push unpacks to."""

UNPACKING_SHARE: Final = 0.1
UNPACKING_BURST_S: Final = 0.1
"""Of a core, for all pushes together."""

SWEEP_S: Final = 10.0

_ZERO: Final = bytes(16)
_RESERVED: Final = frozenset({_ZERO, bytes(15) + b"\1"})
_UNPACKING: Final[RunVar[anyio.CapacityLimiter]] = RunVar("broker.client_metrics.collector.unpacking")
_COUNTED: Final = {accepted: CLIENT_PUSHES.labels(accepted) for accepted in ("accepted", "refused")}


@value
class Client:
    """Who asks or pushes. ``attributes`` are what subscriptions match, but for the instance."""

    connection_id: int
    client_id: str
    attributes: Mapping[str, str | None]


@value
class Pushed:
    """A push as it came."""

    client_instance_id: bytes
    subscription_id: int
    terminating: bool
    compression: int
    data: bytes | memoryview


class ClientMetricsCollector:
    """Have :meth:`run` running."""

    def __init__(
        self,
        configs: LiveClientMetrics,
        settings: "LiveSettings",
        now_ms: Callable[[], int],
        *,
        new_id: Callable[[], bytes] | None = None,
        series: SeriesTable = CLIENT_SERIES,
    ) -> None:
        """``now_ms`` is of any clock that never runs back."""
        self._configs = configs
        self._settings = settings
        self._now_ms = now_ms
        self._new_id = new_id or _random_id
        self._series = series
        self._instances: dict[bytes, ClientInstance] = {}
        self._subscriptions: list[Subscription] = []
        self._version = -1
        self._allowance = Allowance(UNPACKING_SHARE, UNPACKING_BURST_S)
        self._complaints = logs.LineLimiter(per_second=0.1, burst=5)

    def __len__(self) -> int:
        """Client instances known."""
        return len(self._instances)

    def asked(self, client_instance_id: bytes, client: Client) -> tuple[ErrorCode, bytes, Subscribed]:
        """A client asks what to push: the instance it is, and what it is subscribed to."""
        if client_instance_id == _ZERO:
            client_instance_id = self._new_id()
        instance = self._instance(client_instance_id, client)
        return instance.may_ask(self._now_ms()), client_instance_id, instance.subscribed

    async def pushed(self, push: Pushed, client: Client) -> ErrorCode:
        """A client pushes."""
        error = await self._take(push, client)
        _COUNTED["refused" if error else "accepted"].inc()
        return error

    async def _take(self, push: Pushed, client: Client) -> ErrorCode:
        if push.client_instance_id in _RESERVED:
            return ErrorCode.INVALID_REQUEST
        instance = self._instance(push.client_instance_id, client)
        size_max = self._settings.current.telemetry_max_bytes
        error = instance.may_push(
            self._now_ms(),
            push.subscription_id,
            push.compression,
            len(push.data),
            size_max,
            terminating=push.terminating,
        )
        if error or not len(push.data):
            return error
        share = max(1, self._settings.current.telemetry_max_series // SHARE)
        found = await run_sync(self._unpack, push, UNPACKED * size_max, share, limiter=_unpacking_limiter())
        if isinstance(found, DecodeError):
            instance.last_error = (
                ErrorCode.TELEMETRY_TOO_LARGE if isinstance(found, OutputLimitError) else ErrorCode.INVALID_RECORD
            )
            self._complain(client, push, instance.last_error, found)
            return instance.last_error
        samples, left_out = found
        if self._instances.get(push.client_instance_id) is instance:
            self._keep(push.client_instance_id, instance, samples, left_out)
        return ErrorCode.NONE

    def _unpack(self, push: Pushed, unpacked_max: int, samples_max: int) -> tuple[list[Sample], int] | DecodeError:
        """In a worker thread."""
        self._allowance.begin()
        found = read_or_refuse(push.compression, push.data, unpacked_max, samples_max, self._allowance)
        self._allowance()
        return found

    async def run(self) -> None:
        """Forget instances that fall silent, until cancelled."""
        while True:
            await anyio.sleep(SWEEP_S)
            self.sweep()

    def sweep(self) -> None:
        """Forget instances that have fallen silent."""
        now_ms = self._now_ms()
        for client_instance_id in [each for each, known in self._instances.items() if known.is_silent(now_ms)]:
            self._forget(client_instance_id)

    # --- instances ----------------------------------------------------------------------------------------------------

    def _instance(self, client_instance_id: bytes, client: Client) -> ClientInstance:
        if self._version != self._configs.version:
            self._version = self._configs.version
            self._subscriptions = [Subscription.of(values) for values in self._configs.all().values()]
        now_ms = self._now_ms()
        instance = self._instances.pop(client_instance_id, None)
        if instance is None or (instance.version, instance.connection_id) != (self._version, client.connection_id):
            attributes = {**client.attributes, "client_instance_id": shown_id(client_instance_id)}
            instance = ClientInstance(
                subscribed(self._subscriptions, attributes, client_instance_id),
                self._version,
                client.connection_id,
                client.client_id[:TEXT_MAX],
            )
        instance.heard_ms = now_ms
        if self._subscriptions:
            self._instances[client_instance_id] = instance  # at the end: the first one is not heard of for longest
            if len(self._instances) > INSTANCES_MAX:
                self._forget(next(iter(self._instances)))
        else:
            self._series.drop(client_instance_id)
        return instance

    def _forget(self, client_instance_id: bytes) -> None:
        self._instances.pop(client_instance_id, None)
        self._series.drop(client_instance_id)

    # --- series -------------------------------------------------------------------------------------------------------

    def _keep(self, client_instance_id: bytes, instance: ClientInstance, samples: list[Sample], left_out: int) -> None:
        before = self._series.of(client_instance_id)
        own = (("client_id", instance.client_id), ("client_instance_id", shown_id(client_instance_id)))
        series: dict[Labels, float] = {}
        for sample in samples:
            labels = (("metric", sample.name), *own, *sample.labels)
            series[labels] = sample.number + (before.get(labels, 0.0) if sample.is_delta else 0.0)
        left_out += self._series.put(client_instance_id, series, self._settings.current.telemetry_max_series)
        if left_out:
            CLIENT_SERIES_LEFT_OUT.inc(left_out)

    def _complain(self, client: Client, push: Pushed, error: ErrorCode, refusal: DecodeError) -> None:
        held_back = self._complaints.take(anyio.current_time())
        if held_back is not None:
            about: dict[str, Any] = {"lines_held_back": held_back} if held_back else {}
            _log.warning(
                "refused the metrics that a client pushed",
                client=client.client_id[:TEXT_MAX],
                instance=shown_id(push.client_instance_id),
                error=error.name,
                reason=str(refusal)[:200],
                **about,
            )


def shown_id(client_instance_id: bytes) -> str:
    """As Kafka's tools write it."""
    import base64

    return base64.urlsafe_b64encode(client_instance_id).decode().rstrip("=")


def _random_id() -> bytes:
    while True:
        made = uuid.uuid4().bytes
        if not shown_id(made).startswith("-"):  # which tools would take for an option
            return made


def _unpacking_limiter() -> anyio.CapacityLimiter:
    """One for each event loop."""
    try:
        return _UNPACKING.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(1)
        _UNPACKING.set(limiter)
        return limiter
