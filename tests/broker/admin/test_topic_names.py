"""Names of topics: what is allowed, what collides, what is internal."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.admin.topic_names import check_new_name, is_internal, is_valid, name_problem
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode

LEGAL = string.ascii_letters + string.digits + "._-"


@pytest.mark.parametrize("name", ["a", "a.b", "A_b-9", "...", "..a", "-", "_", "x" * 249])
def test_good_names(name: str) -> None:
    """ASCII letters, digits, dots, underscores and dashes, up to 249 of them."""
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "the empty string is not allowed"),
        (".", "'.' is not allowed"),
        ("..", "'..' is not allowed"),
        ("x" * 250, "is longer than the max allowed length 249"),
        ("a b", "'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"),
        ("a/b", "contains one or more characters"),
        ("a\n", "contains one or more characters"),
        ("a\0", "contains one or more characters"),
        ("ä", "contains one or more characters"),
        ("a\u0661", "contains one or more characters"),
    ],
)
def test_bad_names_are_refused_in_kafkas_words(name: str, problem: str) -> None:
    """Each refusal says what is wrong with the name."""
    with pytest.raises(BrokerError, match=re.escape(problem)) as refusal:
        check_new_name(name, ())

    assert refusal.value.code is ErrorCode.INVALID_TOPIC_EXCEPTION
    assert str(refusal.value).startswith("Topic name is invalid: ")


@given(st.text(max_size=300))
def test_validity_is_what_the_rule_says_for_any_text(name: str) -> None:
    """The check agrees with the rule spelt out character by character."""
    expected = 0 < len(name) <= 249 and name not in (".", "..") and all(character in LEGAL for character in name)

    assert is_valid(name) == expected


@given(st.text(alphabet=LEGAL, min_size=1, max_size=20).filter(is_valid), st.sets(st.text("ab._", min_size=1)))
def test_a_name_with_look_alikes_is_refused(name: str, others: set[str]) -> None:
    """A collision names every topic that is in the way, and nothing else stops a valid name."""
    if not others:
        check_new_name(name, others)
        return
    with pytest.raises(BrokerError) as refusal:
        check_new_name(name, others)

    assert refusal.value.message == f"Topic '{name}' collides with existing topic: {', '.join(sorted(others))}"


def test_kafkas_own_topics_are_internal() -> None:
    """Clients hide them from lists unless asked."""
    assert is_internal("__consumer_offsets")
    assert is_internal("__transaction_state")
    assert not is_internal("__mine")
