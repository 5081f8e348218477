"""Denials are told in the log with their rule, a bounded number of them."""

import pytest
import structlog

from broker.admin.denial_reporter import DenialReporter
from observability.metrics import REGISTRY
from security.acls.acl import Acl
from security.acls.decision import Decision
from security.acls.kinds import Operation, PatternType, Permission, ResourceType

RULE = Acl(ResourceType.TOPIC, PatternType.LITERAL, "t", "User:ann", "*", Operation.WRITE, Permission.DENY)
NO_RULE = Decision(False, "no rule allows it")


@pytest.fixture
def lines() -> list[structlog.typing.EventDict]:
    capture = structlog.testing.LogCapture()
    structlog.configure(processors=[capture])
    return capture.entries


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("penstock_authorization_decisions_total", {"outcome": outcome}) or 0.0


def test_a_denial_names_its_rule(lines: list[structlog.typing.EventDict]) -> None:
    """Or says that there is none; what is not known is left out, what is long is cut."""
    reporter = DenialReporter()
    reporter.denied(lambda: Decision(False, "a rule denies it", RULE), "User:ann", operation="WRITE", name="x" * 9_000, client_id=None)
    reporter.denied(lambda: NO_RULE, "User:ann")

    assert lines[0] == {
        "part": "access", "event": "denied", "log_level": "warning", "principal": "User:ann", "operation": "WRITE",
        "name": "x" * 200 + "...", "rule": "DENY WRITE on TOPIC LITERAL:t for User:ann from *",
    }
    assert lines[1]["rule"] == "no rule allows it"


def test_one_who_is_denied_all_the_time_gets_few_lines(lines: list[structlog.typing.EventDict]) -> None:
    """And others get theirs; what was held back is counted, and decisions are not explained for nothing."""
    now = 0.0
    explained = 0

    def explain() -> Decision:
        nonlocal explained
        explained += 1
        return NO_RULE

    reporter = DenialReporter(lambda: now)
    before = counted("denied")
    for _ in range(1_000):
        reporter.denied(explain, "User:ann")
    reporter.denied(explain, "User:bob")
    assert [line["principal"] for line in lines] == ["User:ann"] * 5 + ["User:bob"]
    assert explained == 6
    assert counted("denied") == before + 1_001

    now = 5.0
    reporter.denied(explain, "User:ann")
    assert lines[-1]["similar_lines_held_back"] == 995


def test_many_who_are_denied_do_not_fill_the_log_nor_memory(lines: list[structlog.typing.EventDict]) -> None:
    """All together have a bound too."""
    reporter = DenialReporter(lambda: 0.0)
    for number in range(1_000):
        reporter.denied(lambda: NO_RULE, f"User:{number}")

    assert len(lines) == 100
    assert len(reporter._of_principal) <= 256


def test_what_is_allowed_is_only_counted(lines: list[structlog.typing.EventDict]) -> None:
    """There are no lines of it."""
    before = counted("allowed")
    DenialReporter().allowed()

    assert counted("allowed") == before + 1
    assert not lines
