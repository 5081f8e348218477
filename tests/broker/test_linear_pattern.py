"""Patterns of names, held against Python's own where both have the same syntax."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.linear_pattern import PATTERN_MAX, LinearPattern, PatternInvalid

ATOMS = st.sampled_from(["a", "b", "ab", ".", "[ab]", "[^a]", "[a-c]", r"\.", r"\d", r"\w", r"\W", "-", "_", "(?:a|bc)", "(b)", "^", "$"])
QUANTIFIERS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "+?"])


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """Patterns both sides read alike."""
    parts = []
    for _ in range(draw(st.integers(0, 5))):
        atom = draw(ATOMS)
        parts.append(atom if atom in "^$" else (atom if len(atom) == 1 or atom[0] in "[(\\" else f"(?:{atom})") + draw(QUANTIFIERS))
    text = "".join(parts)
    return f"{text}|{draw(ATOMS)}" if draw(st.booleans()) else text


@given(patterns(), st.lists(st.text("abc.-_1", max_size=6), max_size=8))
def test_it_matches_what_others_match(text: str, names: list[str]) -> None:
    """Whole names, whatever the pattern."""
    pattern, other = LinearPattern(text), re.compile(text, re.ASCII)

    assert pattern.matching(names) == {name for name in names if other.fullmatch(name)}


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("orders", ["orders"], ["orders-1", "my-orders", ""]),
        ("orders.*", ["orders", "orders-1"], ["my-orders"]),
        ("(?i)Orders-[[:digit:]]+", ["oRDERS-12"], ["orders-", "orders-x"]),
        ("(?i:A)b", ["ab", "Ab"], ["aB"]),
        (r"\Qa.b\E+", ["a.b", "a.ba.b"], ["axb"]),
        (r"(?P<name>a)(?<other>b)", ["ab"], ["a"]),
        (r"\x61\x{62}", ["ab"], ["x61"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[^[:alpha:]]", ["1"], ["a"]),
        ("a{,2}", ["a{,2}"], ["a", "aa"]),
        (r"\Aa\z", ["a"], ["b"]),
        ("", [""], ["a"]),
        ("a||b", ["", "a", "b"], ["ab"]),
        ("(?i)[^a]", ["b"], ["A", "a"]),
        ("(?i)ä.ß", ["ä-ß", "Ä-ß"], ["a-ß"]),
    ],
)
def test_the_syntax_is_re2_s(text: str, yes: list[str], no: list[str]) -> None:
    """What Python writes otherwise or has not."""
    pattern = LinearPattern(text)

    assert [name for name in yes + no if pattern.matches(name)] == yes


@pytest.mark.parametrize(
    "text",
    ["(", ")", "[", "*a", "a**", "a{2}{3}", r"\1", "(?=a)", "(?<=a)", "(?!a)", "[b-a]", "[[:nope:]]", r"\p{L}", "\\", "a{1001}", "(?P<>a)", "(?z)", "a++"],
)
def test_what_is_no_pattern_is_refused(text: str) -> None:
    """Also what RE2 would not take: back-references, look-around."""
    with pytest.raises(PatternInvalid):
        LinearPattern(text)


@pytest.mark.parametrize("text", ["a" * (PATTERN_MAX + 1), "((a{100}){100}){100}", "(" * 500 + ")" * 500])
def test_patterns_are_bounded(text: str) -> None:
    """Length, size and depth."""
    with pytest.raises(PatternInvalid):
        LinearPattern(text)


@pytest.mark.timeout(20)
def test_no_pattern_is_slow() -> None:
    """These take back-tracking engines for ever."""
    for text in ("(a*)*b", "(a|a)*b", "(a?){40}a{40}b", "(.*)(.*)(.*)(.*)(.*)(.*)c", "([a-z]+)*[0-9]"):
        assert not LinearPattern(text).matches("a" * 249)


@given(st.text(string.printable, max_size=20))
def test_any_text_is_taken_or_refused(text: str) -> None:
    """Nothing else is raised."""
    try:
        LinearPattern(text).matches("orders")
    except PatternInvalid:
        pass
