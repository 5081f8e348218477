"""What becomes of the audit log, as metrics."""

from prometheus_client import CollectorRegistry

from observability.audit_metrics import AuditMetrics


def test_everything_that_happens_is_counted() -> None:
    """By kind of event, or by sink."""
    registry = CollectorRegistry()
    metrics = AuditMetrics(registry)
    metrics.recorded("admin")
    metrics.dropped("connection")
    metrics.refused_change()
    metrics.failed("file")
    metrics.failing("file", True)
    metrics.written(5.0)

    assert registry.get_sample_value("penstock_audit_events_total", {"kind": "admin"}) == 1
    assert registry.get_sample_value("penstock_audit_events_dropped_total", {"kind": "connection"}) == 1
    assert registry.get_sample_value("penstock_audit_changes_refused_total") == 1
    assert registry.get_sample_value("penstock_audit_write_failures_total", {"sink": "file"}) == 1
    assert registry.get_sample_value("penstock_audit_failing", {"sink": "file"}) == 1
    assert registry.get_sample_value("penstock_audit_last_write_timestamp_seconds") == 5.0
