"""Questions about access, and their answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.http.explanation import BadQuestion, answer, read_question, read_resource
from security.acls.acl import Acl
from security.acls.decision import Decision
from security.acls.kinds import Operation, PatternType, Permission, ResourceType

RULE = Acl(ResourceType.TOPIC, PatternType.PREFIXED, "or", "User:a", "*", Operation.READ, Permission.DENY)
GOOD = {"principal": "User:a", "operation": "read", "resource": "topic:orders"}


def test_a_question_and_its_answer() -> None:
    """With the rule that decided."""
    question = read_question({**GOOD, "host": "10.0.0.1"}, ["Group:staff"])

    assert answer(question, Decision(False, "denied by a rule", RULE)) == {
        "principal": "User:a",
        "groups": ["Group:staff"],
        "host": "10.0.0.1",
        "operation": "READ",
        "resource": {"type": "TOPIC", "name": "orders"},
        "allowed": False,
        "reason": "denied by a rule",
        "rule": {
            "resource_type": "TOPIC",
            "pattern_type": "PREFIXED",
            "name": "or",
            "principal": "User:a",
            "host": "*",
            "operation": "READ",
            "permission": "DENY",
        },
    }
    assert answer(read_question(GOOD), Decision(True, "super user"))["rule"] is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("topic:a:b", (ResourceType.TOPIC, "a:b")),
        ("cluster", (ResourceType.CLUSTER, "kafka-cluster")),
        ("transactional-id:x", (ResourceType.TRANSACTIONAL_ID, "x")),
        ("USER:User:bob", (ResourceType.USER, "User:bob")),
    ],
)
def test_resources(text: str, read: tuple[ResourceType, str]) -> None:
    """The type is written as one likes, the name exactly."""
    assert read_resource(text) == read


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"principal": ""}, "principal is missing"),
        ({"principal": "alice"}, "TYPE:NAME"),
        ({"principal": "User:"}, "TYPE:NAME"),
        ({"operation": "any"}, "operation is one of read"),
        ({"operation": "all"}, "operation is one of"),
        ({"operation": "fly"}, "operation is one of"),
        ({"resource": "any:x"}, "one of the types"),
        ({"resource": "topic"}, "lacks a name"),
        ({"resource": "topic:" + "x" * 2000}, "1024"),
    ],
)
def test_what_cannot_be_answered_is_said(change: dict[str, str], words: str) -> None:
    """Rather than guessed."""
    with pytest.raises(BadQuestion, match=words):
        read_question({**GOOD, **change})


_TEXT = st.one_of(st.text(max_size=40), st.sampled_from(["read", "topic:a", "User:a", "cluster", ":", "user:User:b", "all"]))


@given(asked=st.dictionaries(st.sampled_from(["principal", "operation", "resource", "host"]), _TEXT), groups=st.lists(_TEXT, max_size=3))
def test_anything_is_a_question_or_a_bad_one(asked: dict[str, str], groups: list[str]) -> None:
    """Never a defect."""
    try:
        question = read_question(asked, groups)
    except BadQuestion:
        return
    assert answer(question, Decision(True, ""))["resource"]["name"]
