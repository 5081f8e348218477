"""Who may do what: Kafka's decision, and the rule it came by."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.acls.acl import Acl
from security.acls.authorizer import Authorizer
from security.acls.decision import Decision
from security.acls.kinds import Operation, PatternType, Permission, ResourceType
from security.identity import Identity
from tests.security.acls import rules
from tests.security.acls.rules import acls, questions, slow_any, slow_decision

ANN, BOB = Identity("User:ann"), Identity("User:bob", ("Group:g",))
READ_T = Acl(ResourceType.TOPIC, PatternType.LITERAL, "t", "User:ann", "*", Operation.READ, Permission.ALLOW)


def made_of(*all_acls: Acl, **options: bool) -> Authorizer:
    authorizer = Authorizer(("User:root", "Group:admins"), allow_everyone=options.get("allow_everyone", False))
    for acl in all_acls:
        authorizer.add(acl)
    return authorizer


def may(authorizer: Authorizer, who: Identity, operation: Operation = Operation.READ, name: str = "t", host: str = "10.0.0.1") -> bool:
    return authorizer.allows(who, host, operation, ResourceType.TOPIC, name)


def test_what_no_rule_allows_is_denied() -> None:
    """Other people, other operations and other resources."""
    authorizer = made_of(READ_T)

    assert may(authorizer, ANN)
    assert not may(authorizer, BOB)
    assert not may(authorizer, ANN, Operation.WRITE)
    assert not may(authorizer, ANN, name="tt")
    assert not authorizer.allows(ANN, "10.0.0.1", Operation.READ, ResourceType.GROUP, "t")
    assert authorizer.explain(BOB, "10.0.0.1", Operation.READ, ResourceType.TOPIC, "t") == Decision(False, "no rule allows it")


def test_super_users_may_do_everything() -> None:
    """By their own name or a group's, even what is denied."""
    authorizer = made_of(replace(READ_T, principal="User:*", operation=Operation.ALL, permission=Permission.DENY))

    for identity, who in ((Identity("User:root"), "User:root"), (Identity("User:x", ("Group:admins",)), "Group:admins")):
        assert may(authorizer, identity)
        assert authorizer.explain(identity, "", Operation.READ, ResourceType.TOPIC, "t").reason == f"{who} is a super user"
    assert not may(authorizer, Identity("User:Root"))


def test_everybody_may_use_what_no_rule_speaks_of_when_told_so() -> None:
    """The first rule for a resource ends that for all it does not name; one for another resource does not."""
    authorizer = made_of(allow_everyone=True)
    assert may(authorizer, BOB)
    assert "allow.everyone" in authorizer.explain(BOB, "", Operation.READ, ResourceType.TOPIC, "t").reason

    authorizer.add(READ_T)
    assert not may(authorizer, BOB)
    assert may(authorizer, BOB, name="other")
    authorizer.add(replace(READ_T, name="*"))
    assert not may(authorizer, BOB, name="other")
    assert authorizer.allows(BOB, "10.0.0.1", Operation.READ, ResourceType.GROUP, "g")


def test_a_rule_for_all_users_speaks_of_principals_of_any_type() -> None:
    """As in Kafka, User:* is a wildcard, not a user."""
    authorizer = made_of(replace(READ_T, principal="User:*"))

    assert may(authorizer, Identity("Service:x"))


def test_groups_are_principals() -> None:
    """Of whoever is in them; a denied group denies its members what their own rules allow."""
    authorizer = made_of(replace(READ_T, principal="Group:g"))
    assert may(authorizer, BOB)
    assert not may(authorizer, ANN)

    authorizer.add(replace(READ_T, principal="User:bob"))
    authorizer.add(replace(READ_T, principal="Group:g", permission=Permission.DENY))
    assert not may(authorizer, BOB)


def test_a_rule_may_be_for_a_host_or_a_network() -> None:
    """However their addresses are spelled."""
    authorizer = made_of(replace(READ_T, host="0:0:0:0:0:0:0:1"), replace(READ_T, host="192.168.0.0/24"))

    assert may(authorizer, ANN, host="::1")
    assert may(authorizer, ANN, host="192.168.0.255")
    assert may(authorizer, ANN, host="::ffff:192.168.0.9")
    assert not may(authorizer, ANN, host="192.168.1.1")
    assert not may(authorizer, ANN, host="::2")


def test_of_several_rules_the_closest_is_named() -> None:
    """The resource's own, then the longest prefix, then the wildcard; a denial before all of them."""
    every = replace(READ_T, name="*")
    short, long = (replace(READ_T, name=name, pattern_type=PatternType.PREFIXED) for name in ("t", "to"))
    authorizer = made_of(every)
    question = (ANN, "10.0.0.1", Operation.DESCRIBE, ResourceType.TOPIC, "top")
    for acl in (every, short, long, replace(READ_T, name="top"), replace(every, operation=Operation.DESCRIBE, permission=Permission.DENY)):
        authorizer.add(acl)
        assert authorizer.explain(*question).rule == acl


@given(st.lists(acls, max_size=25), st.lists(questions, min_size=1, max_size=8), st.booleans())
def test_the_decision_is_kafkas_and_the_explanation_agrees(all_acls: list[Acl], asked: list[rules.Identity], everyone: bool) -> None:
    """Whatever the rules: as looking at each of them in turn says."""
    authorizer = made_of(*all_acls, allow_everyone=everyone)
    for question in asked:
        expected = slow_decision(all_acls, *question, allow_everyone=everyone)  # type: ignore[misc]
        decision = authorizer.explain(*question)  # type: ignore[misc]

        assert authorizer.allows(*question) == expected  # type: ignore[misc]
        assert decision.allowed == expected
        if decision.rule is not None:
            assert (decision.rule.permission is Permission.ALLOW) == expected
            assert decision.rule in all_acls
            identity, host, operation, kind, name = question  # type: ignore[misc]
            assert rules.names_resource(decision.rule, kind, name)
            assert rules.speaks_of(decision.rule, identity, host, operation)


@given(st.lists(acls, max_size=20), acls, st.lists(questions, min_size=1, max_size=8))
def test_a_denial_wins(all_acls: list[Acl], denial: Acl, asked: list[rules.Identity]) -> None:
    """Whatever else there is, what a rule denies is denied; and one more rule that denies allows nobody anything."""
    denial = replace(denial, permission=Permission.DENY)
    before, after = made_of(*all_acls), made_of(*all_acls, denial)
    for question in asked:
        identity, host, operation, kind, name = question  # type: ignore[misc]
        if rules.names_resource(denial, kind, name) and rules.speaks_of(denial, identity, host, operation):
            assert not after.allows(*question)  # type: ignore[misc]
        assert before.allows(*question) or not after.allows(*question)  # type: ignore[misc]


@given(st.lists(acls, max_size=25), st.lists(questions, min_size=1, max_size=5))
def test_on_any_resource_is_kafkas_decision_too(all_acls: list[Acl], asked: list[rules.Identity]) -> None:
    """Rules that others dominate do not count."""
    authorizer = made_of(*all_acls)
    for question in asked:
        identity, host, operation, kind, _ = question  # type: ignore[misc]
        expected = slow_decision(all_acls, identity, host, operation, kind, "hardcode") or slow_any(all_acls, identity, host, operation, kind)

        assert authorizer.allows_any(identity, host, operation, kind) == expected


@given(st.lists(st.tuples(acls, st.booleans()), max_size=40), st.lists(questions, max_size=5))
def test_adding_and_removing_comes_to_the_same_as_building_anew(steps: list[tuple[Acl, bool]], asked: list[rules.Identity]) -> None:
    """In whatever order, with questions in between."""
    authorizer = made_of()
    there: set[Acl] = set()
    for acl, adds in steps:
        if adds:
            authorizer.add(acl)
            there.add(acl)
        else:
            authorizer.remove(acl)
            there.discard(acl)
        for question in asked:
            assert authorizer.allows(*question) == slow_decision(there, *question)  # type: ignore[misc]

    assert authorizer.contents() == made_of(*there).contents()


@given(st.lists(acls, max_size=15, unique=True), st.lists(acls, max_size=15, unique=True))
def test_what_is_added_and_removed_leaves_no_trace(kept: list[Acl], passing: list[Acl]) -> None:
    """Not in the rules, and not in what they are found by."""
    authorizer = made_of(*kept)
    before = made_of(*kept).contents()
    passing = [acl for acl in passing if acl not in kept]
    for acl in passing:
        authorizer.add(acl)
    for acl in reversed(passing):
        authorizer.remove(acl)

    assert authorizer.contents() == before
    assert len(authorizer) == len(kept)


@pytest.mark.parametrize("operation", [Operation.READ, Operation.WRITE])
def test_a_name_of_a_resource_is_never_a_wildcard(operation: Operation) -> None:
    """Who asks for a topic called ``*`` is judged by rules for ``*`` once, and by prefixes."""
    authorizer = made_of(replace(READ_T, name="*"))

    assert may(authorizer, ANN, name="*")
    assert not may(authorizer, BOB, operation, name="*")
