"""The embedded consumer protocol: every version is read, nothing that is cut off or made up costs anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.coordinators.groups.embedded_protocol import (
    Assignment,
    Malformed,
    Subscription,
    assignment_version,
    read_assignment,
    read_subscription,
    subscription_of,
    write_assignment,
)
from tests.broker.coordinators.groups.classic_crowd import subscription

HELD = {"a": frozenset({0, 7}), "ü": frozenset({1})}


@pytest.mark.parametrize("version", range(6))
def test_every_version_of_a_subscription_is_read(version: int) -> None:
    """What a version does not carry is as if nothing was said; a later one is read as the last known."""
    assert read_subscription(subscription(("a", "b"), HELD, version, "rack") + b"more") == Subscription(
        version=min(version, 3),
        topics=frozenset({"a", "b"}),
        owned=HELD if version >= 1 else {},
        rack_id="rack" if version >= 3 else None,
    )


def test_the_first_protocol_speaks_for_all() -> None:
    """A member says the same for each."""
    said = subscription(("a",), {})

    assert subscription_of((("range", said), ("sticky", b"?"))).topics == {"a"}
    with pytest.raises(Malformed):
        subscription_of(())


@pytest.mark.parametrize("version", range(6))
def test_an_assignment_is_read_as_it_was_written(version: int) -> None:
    """In the version asked for, as far as there is one."""
    written = write_assignment(version, HELD)

    assert assignment_version(written) == min(version, 3)
    assert read_assignment(written) == Assignment(partitions=HELD)
    assert read_assignment(written[:-4] + b"\0\0\0\2ab") == Assignment(partitions=HELD, user_data=b"ab")
    assert read_assignment(b"") == Assignment(partitions={})


def test_a_version_is_told_from_anything() -> None:
    """It is asked of what may be no such message at all."""
    assert (assignment_version(b""), assignment_version(b"\xff\xff"), assignment_version(b"\0\2x")) == (0, 0, 2)


@pytest.mark.parametrize(
    "message",
    [
        b"\xff\xff",
        b"\0\0\xff\xff\xff\xff",
        b"\0\0\x7f\xff\xff\xff\0",
        b"\0\0\0\0\0\1\xff\xff\xff\xff\xff\xff",
        b"\0\0\0\0\0\1\0\1\xff\xff\xff\xff\xff",
        b"\0\0\0\0\0\0\xff\xff\xff\xfe",
    ],
    ids=["version", "count", "count_of_nothing", "null_topic", "not_utf8", "user_data"],
)
def test_what_is_no_subscription_is_refused(message: bytes) -> None:
    """An array says how long it is; that alone must not make anybody wait."""
    with pytest.raises(Malformed):
        read_subscription(message)


@given(st.integers(0, 3), st.integers(0, 200))
def test_every_cut_is_refused(version: int, size: int) -> None:
    """Of a subscription and of an assignment."""
    for message, read in ((subscription(("a", "b"), HELD, version, "r"), read_subscription), (write_assignment(version, HELD), read_assignment)):
        if 0 < size < len(message):
            with pytest.raises(Malformed):
                read(message[:size])


@given(st.binary(max_size=60))
def test_anything_is_a_value_or_malformed(message: bytes) -> None:
    """Nothing else is raised."""
    for read in (read_subscription, read_assignment):
        try:
            read(message)
        except Malformed:
            pass
