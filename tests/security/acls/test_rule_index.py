"""Rules are found without looking at those that are not concerned."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from security.acls.acl import Acl
from security.acls.hosts import parse_host
from security.acls.kinds import Operation, PatternType, Permission, ResourceType
from security.acls.rule_index import RuleIndex
from tests.support.steps import steps_of

READ_T = Acl(ResourceType.TOPIC, PatternType.LITERAL, "t", "User:ann", "*", Operation.READ, Permission.ALLOW)
HOST = parse_host("10.0.0.1")


@given(st.lists(st.text("ab", max_size=6), unique=True), st.text("ab", max_size=8))
def test_prefixes_are_found_the_longest_first(prefixes: list[str], name: str) -> None:
    """All of them and no other."""
    index = RuleIndex()
    for prefix in prefixes:
        index.add(replace(READ_T, name=prefix, pattern_type=PatternType.PREFIXED))
    expected = sorted((prefix for prefix in prefixes if name.startswith(prefix)), reverse=True)

    assert [acl.name for acl in index.rules(name, ("User:ann",), HOST)] == expected


def test_rules_that_are_not_concerned_cost_nothing() -> None:
    """Ten thousand for other names, prefixes, principals and hosts: the work is that of four hundred."""
    taken = []
    for many in (100, 2_500):
        index = RuleIndex()
        index.add(READ_T)
        for number in range(many):
            index.add(replace(READ_T, name=f"other-{number}"))
            index.add(replace(READ_T, name=f"s{number:04}", pattern_type=PatternType.PREFIXED))
            index.add(replace(READ_T, name="*", principal=f"User:{number}"))
            index.add(replace(READ_T, host=str(parse_host(f"10.1.{number // 250}.{number % 250}").text)))
        first = steps_of(lambda index=index: index.bits("t", ("User:ann", "User:*"), HOST))  # type: ignore[misc]
        again = steps_of(lambda index=index: index.bits("t", ("User:ann", "User:*"), HOST))  # type: ignore[misc]
        taken.append((first, again))
        denied, allowed = index.bits("t", ("User:ann", "User:*"), HOST)
        assert (denied, allowed) == (0, 1 << Operation.READ | 1 << Operation.DESCRIBE)

    assert taken[0] == taken[1]


def test_names_that_clients_make_up_do_not_fill_memory() -> None:
    """What is kept of them is bounded in number and in length."""
    index = RuleIndex()
    index.add(READ_T)
    for number in range(10_000):
        index.bits(f"made-up-{number}", ("User:ann",), HOST)
    index.bits("x" * 30_000, ("User:ann",), HOST)

    assert len(index._by_name) <= 4096
    assert max(map(len, index._by_name)) <= 256


def test_a_name_that_was_asked_for_before_is_judged_anew_after_a_change() -> None:
    """Whether a rule for it comes or goes."""
    index = RuleIndex()
    assert not index.concerns("t")
    index.add(READ_T)
    assert index.concerns("t")
    index.remove(READ_T)
    assert not index.concerns("t")
    prefixed = replace(READ_T, name="", pattern_type=PatternType.PREFIXED)
    index.add(prefixed)
    assert index.concerns("t")


def test_what_a_user_may_do_on_any_resource_is_read_from_its_own_rules() -> None:
    """However many others there are."""
    taken = []
    for many in (10, 1_000):
        index = RuleIndex()
        index.add(replace(READ_T, operation=Operation.WRITE))
        for number in range(many):
            index.add(replace(READ_T, name=f"n{number}", principal=f"User:{number}"))
        assert index.allows_any(1 << Operation.WRITE, ("User:ann", "User:*"), HOST)
        taken.append(steps_of(lambda index=index: index.allows_any(1 << Operation.WRITE, ("User:ann", "User:*"), HOST)))  # type: ignore[misc]

    assert taken[0] == taken[1]
