"""Java's .properties format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.config.properties import LINES_MAX, VALUE_MAX, PropertiesError, parse_properties


def values(content: bytes | str) -> dict[str, str]:
    return {name: item.value for name, item in parse_properties(content).items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=b", {"a": "b"}),
        ("a = b ", {"a": "b "}),
        ("a:b", {"a": "b"}),
        ("a b", {"a": "b"}),
        ("a\t \fb", {"a": "b"}),
        ("a = = b", {"a": "= b"}),
        ("a", {"a": ""}),
        ("=b", {"": "b"}),
        ("# a=b\n! c=d\n   # e=f", {}),
        ("a=1\r\nb=2\rc=3\n", {"a": "1", "b": "2", "c": "3"}),
        ("a=1\na=2", {"a": "2"}),
        ("a=x\\\n   y\\\n#z", {"a": "xy#z"}),
        ("a=x\\\\\nb=y", {"a": "x\\", "b": "y"}),
        ("a=x\\", {"a": "x"}),
        ("a\\ b\\=c\\:d=e", {"a b=c:d": "e"}),
        ("a=\\t\\n\\r\\f\\q\\\\", {"a": "\t\n\r\fq\\"}),
        ("a=\\u00e9\\u20AC", {"a": "é€"}),
        ("a=\\ud83d\\ude00", {"a": "😀"}),
        ("a=b # no comment", {"a": "b # no comment"}),
    ],
)
def test_the_format_is_javas(text: str, expected: dict[str, str]) -> None:
    """Separators, comments, escapes and continued lines."""
    assert values(text) == expected


def test_lines_are_counted_from_the_start_of_an_entry() -> None:
    """So that a message can point at it."""
    found = parse_properties("# x\n\na=1\\\n  2\nb=3")

    assert {name: item.line for name, item in found.items()} == {"a": 3, "b": 5}


def test_files_may_be_utf_8_or_latin_1() -> None:
    """A byte order mark is no part of the first name."""
    assert values("a=é".encode()) == {"a": "é"}
    assert values("a=é".encode("latin-1")) == {"a": "é"}
    assert values(b"\xef\xbb\xbfa=1") == {"a": "1"}


@pytest.mark.parametrize("text", ["ok=1\na=\\u12", "ok=1\na=\\uxyzw", "ok=1\n\\u=1"])
def test_a_broken_escape_names_its_line(text: str) -> None:
    """Java refuses these as well."""
    with pytest.raises(PropertiesError, match="line 2"):
        parse_properties(text)


def test_what_is_too_much_is_refused() -> None:
    """Lines, names, values and continued lines are bounded."""
    for text in ("a\n" * (LINES_MAX + 1), "a" * 501 + "=1", "a=" + "1" * (VALUE_MAX + 1), "a=" + ("1" * 1000 + "\\\n") * 1000):
        with pytest.raises(PropertiesError):
            parse_properties(text)


def escaped(text: str) -> str:
    """As Java's own ``store`` writes: everything beyond letters and digits as an escape."""
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(
        chr(unit) if chr(unit).isascii() and chr(unit).isalnum() else f"\\u{unit:04X}"
        for unit in (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    )


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=40), max_size=8))
def test_what_was_escaped_comes_back_unchanged(entries: dict[str, str]) -> None:
    """Any name and any value survive the way through a file."""
    text = "\n".join(f"{escaped(name)} = {escaped(value)}" for name, value in entries.items())

    assert values(text) == entries


@given(st.one_of(st.binary(max_size=300), st.text(alphabet="ab=: \\\n\r\t#!u0", max_size=300)))
def test_any_bytes_are_entries_or_a_clean_error(content: bytes | str) -> None:
    """Nothing else is raised, and values are proper text."""
    try:
        found = values(content)
    except PropertiesError:
        return
    for value in found.values():
        value.encode()
