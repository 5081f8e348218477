"""One member and its deadline."""

from broker.coordinators.groups.limits import MEMBER_BYTES, PROTOCOL_BYTES
from broker.coordinators.groups.member import Member


def member(instance: str | None = None) -> Member:
    return Member("m", instance, "client", "/host", 10_000, 60_000, (("range", b"12345"), ("rr", b"1")), b"123")


def test_the_session_starts_anew_when_something_is_heard() -> None:
    """For one session timeout."""
    someone = member()
    someone.heard_of(5000)

    assert someone.deadline_ms == 15_000


def test_a_member_that_waits_for_us_cannot_expire_unless_it_is_new() -> None:
    """We owe it an answer; but a new one may be long gone."""
    someone = member()
    assert someone.can_expire
    someone.join_ticket = "ticket"
    assert not someone.can_expire
    someone.is_new = True
    assert someone.can_expire


def test_metadata_is_by_protocol() -> None:
    """And empty for one that the member does not support."""
    assert [member().metadata(name) for name in ("range", "rr", "other", None)] == [b"12345", b"1", b"", b""]


def test_its_size_is_known() -> None:
    """What it sent, its assignment, and what keeping them costs."""
    sent = len("client") + len("range") + 5 + len("rr") + 1 + 3

    assert member().state_bytes == sent + MEMBER_BYTES + 2 * PROTOCOL_BYTES


def test_instances_are_static() -> None:
    """KIP-345."""
    assert member("i").is_static
    assert not member().is_static
