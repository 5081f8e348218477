"""Texts of clients as bytes, and as keys."""

from hypothesis import given
from hypothesis import strategies as st

from broker.storage.catalog.postgres.texts import LONGEST_KEY, full_of, key_of, of_bytes, to_bytes

texts = st.text(st.characters() | st.sampled_from(["\0", "\ud800", "\udfff", "é"]), max_size=400)


@given(text=texts)
def test_any_text_comes_back(text: str) -> None:
    """NULs, and halves of characters, too."""
    assert of_bytes(to_bytes(text)) == text
    assert of_bytes(full_of(text) or key_of(text)) == text


@given(one=texts, other=texts)
def test_keys_are_different_where_texts_are(one: str, other: str) -> None:
    """And of bounded length."""
    assert (key_of(one) == key_of(other)) == (one == other)
    assert len(key_of(one)) <= LONGEST_KEY


def test_a_long_text_s_key_is_no_text_s() -> None:
    """A client cannot choose the text that would be it."""
    key = key_of("x" * (LONGEST_KEY + 1))

    assert key[:1] == b"\xff"
    assert full_of("x" * LONGEST_KEY) is None
    assert full_of("x" * (LONGEST_KEY + 1)) == b"x" * (LONGEST_KEY + 1)
