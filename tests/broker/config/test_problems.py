"""How problems are told."""

from broker.config.problems import Note, Problem, SettingsInvalid, shorten


def test_a_problem_says_what_where_why_and_what_to_do() -> None:
    """In one line."""
    problem = Problem(setting="num_partitions", value="0", source="flag", why="too few", fix="ask for more")

    assert str(problem) == "num_partitions = 0 (from flag): too few. Ask for more."
    assert str(Problem(setting="x", why="no")) == "x: no."
    assert str(Note("x", "ignored")) == "x: ignored"


def test_values_in_messages_are_bounded_and_on_one_line() -> None:
    """Whatever a file holds, the terminal is safe."""
    assert shorten("a\nb\x1b") == "a\\nb\\x1b"
    assert shorten("x" * 1000).endswith("(1000 characters)")


def test_all_problems_are_told_at_once() -> None:
    """One line each."""
    error = SettingsInvalid([Problem(setting="a", why="b"), Problem(setting="c", why="d")], [Note("e", "f")])

    assert str(error).splitlines() == ["a: b.", "c: d."]
    assert error.notes == (Note("e", "f"),)
