"""What becomes of the audit log, as metrics."""

from typing import Final

from prometheus_client import CollectorRegistry, Gauge

from observability.loop_metrics import LoopCounter
from observability.metrics import REGISTRY


class AuditMetrics:
    """What becomes of the audit log."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._events = LoopCounter("penstock_audit_events", "Events recorded in the audit log.", ["kind"], registry=registry)
        self._dropped = LoopCounter(
            "penstock_audit_events_dropped", "Events that found no room in the audit log's queue. Anything but 0 is an alarm.", ["kind"], registry=registry
        )
        self._refused = LoopCounter(
            "penstock_audit_changes_refused", "Requests refused because what they would change could not be recorded.", registry=registry
        )
        self._failures = LoopCounter("penstock_audit_write_failures", "Failed writes of the audit log; each is tried again.", ["sink"], registry=registry)
        self._failing = Gauge("penstock_audit_failing", "1 while the audit log cannot be written to a sink: an alarm.", ["sink"], registry=registry)
        self._last = Gauge("penstock_audit_last_write_timestamp_seconds", "When the audit log was last written, in Unix time.", registry=registry)
        self.queued = Gauge("penstock_audit_queue_bytes", "Bytes of events that are not written yet.", registry=registry)

    def recorded(self, kind: str) -> None:
        """An event was taken."""
        self._events.labels(kind).inc()

    def dropped(self, kind: str) -> None:
        """An event was not."""
        self._dropped.labels(kind).inc()

    def refused_change(self) -> None:
        """A request was refused for want of room."""
        self._refused.inc()

    def failed(self, sink: str) -> None:
        """A write failed."""
        self._failures.labels(sink).inc()

    def failing(self, sink: str, now: bool) -> None:
        """Whether a sink fails now."""
        self._failing.labels(sink).set(now)

    def written(self, now_s: float) -> None:
        """Lines were written to every sink."""
        self._last.set(now_s)


AUDIT: Final = AuditMetrics(REGISTRY)
