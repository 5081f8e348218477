"""What a request asked of access control."""

from security.acls.acl import Acl
from security.acls.decision import Decision
from security.acls.kinds import Operation, PatternType, Permission, ResourceType
from security.audit.decisions import KEPT_MAX, Decisions, clipped

RULE = Acl(ResourceType.TOPIC, PatternType.PREFIXED, "or", "User:a", "*", Operation.READ, Permission.DENY)


def test_denials_come_first_with_their_rule() -> None:
    """The rule is in words."""
    decisions = Decisions()
    decisions.add(Operation.READ, ResourceType.TOPIC, "a", Decision(True, "super user"))
    decisions.add(Operation.READ, ResourceType.TOPIC, "orders", Decision(False, "denied by a rule", RULE))

    assert decisions.details() == {
        "decisions": [
            {
                "allowed": False,
                "operation": "READ",
                "resource_type": "TOPIC",
                "resource": "orders",
                "reason": "denied by a rule",
                "rule": "DENY READ on TOPIC PREFIXED:or for User:a from *",
            },
            {"allowed": True, "operation": "READ", "resource_type": "TOPIC", "resource": "a", "reason": "super user"},
        ]
    }


def test_a_request_for_thousands_of_topics_is_bounded() -> None:
    """A denial is found among any number of things that were allowed; the rest is counted."""
    decisions = Decisions()
    for number in range(1000):
        decisions.add(Operation.READ, ResourceType.TOPIC, f"{number}", Decision(True, "x"))
    assert (decisions.has_room(True), decisions.has_room(False)) == (False, True)
    for number in range(100):
        decisions.add(Operation.READ, ResourceType.TOPIC, f"d{number}", Decision(False, "x"))

    details = decisions.details()
    assert not decisions.has_room(False)
    assert [entry["allowed"] for entry in details["decisions"]] == [False] * KEPT_MAX
    assert details["decisions_left_out"] == 1100 - KEPT_MAX
    assert (decisions.allowed_count, decisions.denied_count) == (1000, 100)


def test_names_are_clipped() -> None:
    """No topic's name is longer."""
    assert clipped("a" * 256) == "a" * 256
    assert clipped("a" * 257) == "a" * 256 + "..."
