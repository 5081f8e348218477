"""Reading the topics out of a consumer's metadata."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.coordinators.groups.subscription import subscribed_topics


def encoded(topics: list[str], version: int = 0, rest: bytes = b"") -> bytes:
    names = b"".join(len(name.encode()).to_bytes(2, "big") + name.encode() for name in topics)
    return version.to_bytes(2, "big") + len(topics).to_bytes(4, "big") + names + rest


@given(st.lists(st.text(max_size=20)), st.integers(0, 5), st.binary())
def test_topics_are_read_from_any_version(topics: list[str], version: int, rest: bytes) -> None:
    """Whatever newer versions add comes after them."""
    assert subscribed_topics(encoded(topics, version, rest)) == set(topics)


@given(st.binary())
def test_any_bytes_give_topics_or_none(metadata: bytes) -> None:
    """A client may send whatever it likes."""
    topics = subscribed_topics(metadata)

    assert topics is None or sum(map(len, topics)) <= len(metadata)


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1), st.data())
def test_what_is_cut_off_is_no_subscription(topics: list[str], data: st.DataObject) -> None:
    """Rather none than half of it."""
    metadata = encoded(topics)

    assert subscribed_topics(metadata[: data.draw(st.integers(0, len(metadata) - 1))]) is None


@pytest.mark.parametrize(
    "metadata",
    [
        b"",
        b"\xff\xff\0\0\0\0",
        b"\0\0\xff\xff\xff\xff",
        b"\0\0\x7f\xff\xff\xff",
        b"\0\0\0\0\0\x01\xff\xff",
        b"\0\0\0\0\0\x01\0\x02\xff\xfe",
    ],
)
def test_nonsense_is_no_subscription(metadata: bytes) -> None:
    """Negative and huge counts, bad text."""
    assert subscribed_topics(metadata) is None
