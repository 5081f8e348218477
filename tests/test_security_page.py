"""The page about security: each promise names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")


def promises() -> list[tuple[str, list[str]]]:
    """Each promise, and the tests that keep it."""
    table = PAGE.split("## Promises", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (?!promise|-)(.+?) \| (.+?) \|$", table, re.M)
    return [(promise, re.findall(r"`(tests/[^`]+)`", kept_by)) for promise, kept_by in rows]


def test_every_promise_is_kept_by_tests_that_exist() -> None:
    """A promise without a test is a wish."""
    missing = {
        promise: [test for test in tests if not (ROOT / test).is_file()] or "no test"
        for promise, tests in promises()
        if not tests or not all((ROOT / test).is_file() for test in tests)
    }

    assert len(promises()) >= 10
    assert not missing


def test_every_metric_of_an_alarm_exists() -> None:
    """Whoever sets up alarms relies on the names."""
    import observability.audit_metrics
    from observability.metrics import REGISTRY

    assert observability.audit_metrics.AUDIT

    known = {sample for metric in REGISTRY.collect() for sample in (metric.name, f"{metric.name}_total")}
    named = set(re.findall(r"^\| `(penstock_\w+)`", PAGE.split("## Alarms", 1)[1].split("\n## ", 1)[0], re.M))

    assert named
    assert named <= known
