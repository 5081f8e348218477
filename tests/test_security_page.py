"""The page about security: each promise names tests that exist."""

import json
import re
from pathlib import Path
from typing import Any

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


def test_every_test_that_documents_name_exists() -> None:
    """On whatever page."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = {(page.name, path) for page in pages for path in re.findall(r"\btests/[\w/]+\.py\b", page.read_text(encoding="utf-8"))}

    assert len(named) >= 50
    assert not {(page, path) for page, path in named if not (ROOT / path).is_file()}


def test_kinds_of_events_are_those_there_are() -> None:
    """Whoever reads the log relies on the table."""
    from security.audit.event import EventKind

    table = PAGE.split("| kind | actions | details |", 1)[1].split("\n\n", 1)[0]

    assert set(re.findall(r"^\| `(\w+)` \|", table, re.M)) == {kind.value for kind in EventKind}


def test_the_example_of_a_line_has_the_fields_of_one() -> None:
    """In their order, place in the chain included."""
    from security.audit.chain import Chain, Head
    from security.audit.event import AuditEvent, EventKind
    from security.audit.line import encode_event

    event = AuditEvent(
        kind=EventKind.AUTHORIZATION,
        action="fetch",
        outcome="success",
        principal="User:alice",
        peer="10.0.0.1:4711",
        listener="CLIENTS",
        connection_id=7,
        correlation_id=12,
        client_id="tool",
        details={"decisions": []},
    )
    made = json.loads(Chain(Head("0123456789abcdef")).seal(encode_event(event, time_ms=0, broker=1)))
    shown = json.loads(PAGE.split("```json\n", 1)[1].split("```", 1)[0])

    assert list(shown) == list(made)


def test_every_setting_and_command_that_is_named_exists() -> None:
    """What an administrator copies from the page works."""
    from typer.main import get_command

    from broker.cli import app
    from broker.config.settings import SETTINGS

    root: Any = get_command(app)
    for words in re.findall(r"penstock ((?:[a-z]+ )+)", "\n".join(line for line in PAGE.splitlines() if line.startswith("    "))):
        command = root
        for word in words.split():
            assert word in getattr(command, "commands", {word: None}), words
            command = getattr(command, "commands", {}).get(word, command)
    named = set(re.findall(r"`((?:audit|cluster|ssl|http)_[a-z_]+)`", PAGE))
    assert len(named) >= 5
    assert named <= set(SETTINGS)


def test_every_metric_of_an_alarm_exists() -> None:
    """Whoever sets up alarms relies on the names."""
    import observability.audit_metrics
    from observability.metrics import REGISTRY

    assert observability.audit_metrics.AUDIT

    known = {sample for metric in REGISTRY.collect() for sample in (metric.name, f"{metric.name}_total")}
    named = set(re.findall(r"^\| `(penstock_\w+)`", PAGE.split("## Alarms", 1)[1].split("\n## ", 1)[0], re.M))

    assert named
    assert named <= known
