"""What handlers are made of."""

import pytest
import structlog

from broker.handlers.base import Pending
from observability.metrics import REGISTRY
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType
from tests.broker.handlers.access.world import ANN, AccessWorld


def test_an_answer_reaches_whoever_asked_before_or_after() -> None:
    """The callback runs at once when the answer is already there."""
    told: list[object] = []
    early, late = Pending(), Pending()
    early.when_done(told.append)
    early.resolve("a")
    late.resolve("b")
    late.when_done(told.append)

    assert told == ["a", "b"]


def test_an_answer_is_given_once() -> None:
    """A second one is a defect."""
    pending = Pending()
    pending.resolve(None)
    with pytest.raises(AssertionError, match="once"):
        pending.resolve(None)


CREATE_ON_CLUSTER = (Operation.CREATE, ResourceType.CLUSTER, CLUSTER_NAME)


def decisions(outcome: str) -> float:
    return REGISTRY.get_sample_value("penstock_authorization_decisions_total", {"outcome": outcome}) or 0.0


async def test_a_denial_is_told_in_the_log_and_counted() -> None:
    """With who asked from where for what, and the rule, or that there is none; what is allowed is counted."""
    capture = structlog.testing.LogCapture()
    structlog.configure(processors=[capture])
    world = AccessWorld()
    context = world.context(0, ANN)
    denied, allowed = decisions("denied"), decisions("allowed")

    assert not context.allows(*CREATE_ON_CLUSTER)
    assert not context.allows_any(Operation.WRITE, ResourceType.TOPIC)
    assert decisions("denied") == denied + 2
    [line, other] = capture.entries
    assert (line["principal"], line["peer"], line["operation"], line["resource"], line["name"], line["rule"]) == (
        "User:ann", "10.0.0.1:4000", "CREATE", "CLUSTER", CLUSTER_NAME, "no rule allows it",
    )
    assert "any resource" in other["rule"]

    await world.allow(ANN, Operation.CREATE)
    await world.allow(ANN, Operation.WRITE, ResourceType.TOPIC, "t")
    assert context.allows(*CREATE_ON_CLUSTER)
    assert context.allows_any(Operation.WRITE, ResourceType.TOPIC)
    assert decisions("allowed") == allowed + 2


async def test_what_is_only_left_out_is_told_nobody() -> None:
    """Lists and bits of what is allowed ask for much that is denied."""
    capture = structlog.testing.LogCapture()
    structlog.configure(processors=[capture])
    world = AccessWorld()
    denied = decisions("denied")

    assert not world.context(0, ANN).sees(*CREATE_ON_CLUSTER)
    await world.allow(ANN, Operation.CREATE)
    assert world.context(0, ANN).sees(*CREATE_ON_CLUSTER)
    assert not capture.entries
    assert decisions("denied") == denied


def test_where_authorization_is_off_nothing_is_denied_nor_counted() -> None:
    """Whoever asks."""
    context = AccessWorld(authorization="off").context(0, ANN)
    before = decisions("allowed"), decisions("denied")

    assert context.allows(*CREATE_ON_CLUSTER)
    assert context.allows_any(Operation.WRITE, ResourceType.TOPIC)
    assert context.sees(*CREATE_ON_CLUSTER)
    assert (decisions("allowed"), decisions("denied")) == before
