"""Kafka's value types: text to value, ranges, and back to text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.config.kafka_values import (
    INT_MAX,
    LONG_MAX,
    GzipLevel,
    Kind,
    OneOf,
    Range,
    SomeOf,
    ThrottledReplicas,
    ValueProblem,
    check_type,
    invalid_value,
    parse,
    show,
    show_double,
)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.BOOLEAN, " TRUE ", True),
        (Kind.BOOLEAN, "false", False),
        (Kind.INT, " +5 ", 5),
        (Kind.INT, "-2147483648", -INT_MAX - 1),
        (Kind.SHORT, "32767", 32767),
        (Kind.LONG, "9223372036854775807", LONG_MAX),
        (Kind.DOUBLE, "1e-5", 1e-5),
        (Kind.STRING, " a b ", "a b"),
        (Kind.LIST, " a , b,c ", ("a", "b", "c")),
        (Kind.LIST, "a,a,b", ("a", "b")),
        (Kind.LIST, "  ", ()),
        (Kind.LIST, "a,", ("a", "")),
        (Kind.PASSWORD, "x", "x"),
    ],
)
def test_text_becomes_a_value(kind: Kind, text: str, value: object) -> None:
    """Surrounding white space never counts; what a list names twice counts once."""
    assert parse(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        (Kind.BOOLEAN, "yes", "Expected value to be either true or false"),
        (Kind.INT, "2147483648", "Not a number of type INT"),
        (Kind.INT, "1_000", "Not a number of type INT"),
        (Kind.INT, "", "Not a number of type INT"),
        (Kind.INT, "1.0", "Not a number of type INT"),
        (Kind.INT, "٣", "Not a number of type INT"),
        (Kind.SHORT, "40000", "Not a number of type SHORT"),
        (Kind.LONG, "9223372036854775808", "Not a number of type LONG"),
        (Kind.LONG, "9" * 10_000, "Not a number of type LONG"),
        (Kind.DOUBLE, "x", "Not a number of type DOUBLE"),
        (Kind.DOUBLE, "NaN", "Not a number of type DOUBLE"),
        (Kind.DOUBLE, "1_0", "Not a number of type DOUBLE"),
    ],
)
def test_what_is_no_value_is_refused_in_kafkas_words(kind: Kind, text: str, why: str) -> None:
    """The words are those of Kafka's own answers."""
    with pytest.raises(ValueProblem, match=f"^{why}$"):
        parse(kind, text)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.BOOLEAN, 1),
        (Kind.INT, True),
        (Kind.INT, 2**31),
        (Kind.INT, 1.0),
        (Kind.DOUBLE, math.nan),
        (Kind.DOUBLE, False),
        (Kind.LIST, "a"),
        (Kind.LIST, [1]),
        (Kind.STRING, 1),
    ],
)
def test_a_value_of_another_type_is_refused(kind: Kind, value: object) -> None:
    """Files of settings carry typed values, which are held to the same types."""
    with pytest.raises(ValueProblem):
        check_type(kind, value)


def test_typed_values_are_taken_as_they_are() -> None:
    """Lists become tuples and whole numbers doubles where that is the type."""
    assert check_type(Kind.LIST, ["a", "b"]) == ("a", "b")
    assert check_type(Kind.DOUBLE, 1) == 1.0
    assert check_type(Kind.INT, 7) == 7


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5"),
        (1.0, "1.0"),
        (0.0, "0.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (0.00012, "1.2E-4"),
        (1e-5, "1.0E-5"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (12345678.9, "1.23456789E7"),
        (1.7976931348623157e308, "1.7976931348623157E308"),
        (-0.25, "-0.25"),
    ],
)
def test_doubles_are_written_as_java_writes_them(value: float, text: str) -> None:
    """Exponents begin below a thousandth and at ten million."""
    assert show_double(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_shown_double_is_read_back_unchanged(value: float) -> None:
    """Nothing is lost on the way to a client and back."""
    assert parse(Kind.DOUBLE, show_double(value)) == value


@given(
    st.one_of(
        st.tuples(st.just(Kind.BOOLEAN), st.booleans()),
        st.tuples(st.just(Kind.INT), st.integers(-INT_MAX - 1, INT_MAX)),
        st.tuples(st.just(Kind.LONG), st.integers(-LONG_MAX - 1, LONG_MAX)),
        st.tuples(st.just(Kind.LIST), st.lists(st.from_regex(r"[a-z:0-9]+", fullmatch=True), unique=True).map(tuple)),
    )
)
def test_a_shown_value_is_read_back_unchanged(pair: tuple[Kind, object]) -> None:
    """Tools describe a setting and set what they read."""
    kind, value = pair
    text = show(kind, value)

    assert text is not None
    assert parse(kind, text) == value


@given(st.sampled_from(list(Kind)), st.text(max_size=50))
def test_any_text_is_a_value_or_a_problem(kind: Kind, text: str) -> None:
    """Nothing else ever comes out, whatever a client sends."""
    try:
        parse(kind, text)
    except ValueProblem:
        pass


def test_nothing_set_is_shown_as_nothing() -> None:
    """None stays None for every type."""
    assert [show(kind, None) for kind in Kind] == [None] * len(Kind)


def test_ranges_include_their_ends() -> None:
    """And say which end was passed."""
    check = Range(1, 3)
    check(1)
    check(3)
    check(None)
    with pytest.raises(ValueProblem, match="at least 1"):
        check(0)
    with pytest.raises(ValueProblem, match="no more than 3"):
        check(4)
    assert (str(check), str(Range(1000)), str(Range(None, 5))) == ("1 to 3", "at least 1,000", "at most 5")


def test_strings_are_chosen_from_a_list() -> None:
    """Upper and lower case count."""
    check = OneOf(("CreateTime", "LogAppendTime"))
    check("CreateTime")
    check(None)
    with pytest.raises(ValueProblem, match="String must be one of: CreateTime, LogAppendTime"):
        check("createtime")


def test_lists_are_chosen_from_a_list() -> None:
    """None at all is allowed, an empty one among others is not."""
    check = SomeOf(("compact", "delete"))
    check(())
    check(("compact", "delete"))
    with pytest.raises(ValueProblem, match="must be one of"):
        check(("Delete",))
    with pytest.raises(ValueProblem, match="must not be empty"):
        check(("delete", ""))


@pytest.mark.parametrize(("level", "good"), [(-1, True), (0, False), (1, True), (9, True), (10, False), (-2, False)])
def test_gzip_levels(level: int, good: bool) -> None:
    """1 to 9, or -1."""
    try:
        GzipLevel()(level)
    except ValueProblem:
        assert not good
    else:
        assert good


@pytest.mark.parametrize(
    ("value", "good"),
    [((), True), (("*",), True), (("0:1", "12:3"), True), (("0:1", ""), True), (("x",), False), (("*", "0:1"), False), (("0:1:2",), False)],
)
def test_throttled_replicas(value: tuple[str, ...], good: bool) -> None:
    """A star, or pairs of partition and broker."""
    try:
        ThrottledReplicas()(value)
    except ValueProblem:
        assert not good
    else:
        assert good


def test_a_refusal_does_not_repeat_a_long_value() -> None:
    """What a client sends does not come back in full length."""
    assert len(invalid_value("retention.ms", "9" * 100_000, ValueProblem("no"))) < 300
