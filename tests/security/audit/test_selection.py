"""Which events are kept."""

from typing import Any

import pytest

from security.audit.event import EventKind
from security.audit.selection import Names, Selection
from tests.security.audit.events import event

ALL = ("admin", "authentication", "authorization", "connection")


def decided(*topics: str, allowed: bool = True, **more: Any) -> dict[str, Any]:
    """The details of a request that asked for topics."""
    return {"decisions": [{"allowed": allowed, "resource_type": "TOPIC", "resource": topic} for topic in topics], **more}


@pytest.mark.parametrize("kind", list(EventKind))
def test_only_the_kinds_that_are_asked_for_are_kept(kind: EventKind) -> None:
    """What happens to the log itself always is."""
    selection = Selection(["admin"])

    assert selection.wants(kind, "User:a") == (kind in (EventKind.ADMIN, EventKind.AUDIT))
    assert selection.keeps(event(kind)) == (kind in (EventKind.ADMIN, EventKind.AUDIT))


@pytest.mark.parametrize(
    ("kind", "fields", "kept"),
    [
        (EventKind.CONNECTION, {}, False),
        (EventKind.AUTHENTICATION, {"outcome": "success"}, False),
        (EventKind.AUTHENTICATION, {"outcome": "failure"}, True),
        (EventKind.AUTHORIZATION, {"details": decided("t")}, False),
        (EventKind.AUTHORIZATION, {"details": decided("t", allowed=False)}, True),
        (EventKind.AUTHORIZATION, {"details": decided("t", changes=True)}, True),
        (EventKind.ADMIN, {}, True),
    ],
)
def test_what_an_excluded_principal_must_not_do_is_kept(kind: EventKind, fields: dict[str, Any], kept: bool) -> None:
    """And what it changes; the rest of it is not."""
    selection = Selection(ALL, excluded_principals=["User:probe*"])

    assert selection.keeps(event(kind, principal="User:probe-1", **fields)) is kept
    assert selection.keeps(event(kind, principal="User:other", **fields))


def test_requests_about_excluded_topics_are_left_out() -> None:
    """Unless something else was asked for as well, or denied."""
    selection = Selection(ALL, excluded_topics=["metrics*", "log"])

    assert not selection.keeps(event(EventKind.AUTHORIZATION, details=decided("log", "metrics.a")))
    assert selection.keeps(event(EventKind.AUTHORIZATION, details=decided("log", "orders")))
    assert selection.keeps(event(EventKind.AUTHORIZATION, details=decided("log", allowed=False)))


@pytest.mark.parametrize(("every", "taken"), [(0, 0), (1, 12), (4, 3)])
def test_of_so_many_requests_one_is_taken(every: int, taken: int) -> None:
    """Where authorization is recorded at all."""
    selection = Selection(ALL, sample_allowed=every)
    assert sum(selection.samples_allowed() for _ in range(12)) == taken
    assert not Selection(["admin"], sample_allowed=every).samples_allowed()


def test_names_and_prefixes() -> None:
    """A star at the end means a prefix, and alone everything."""
    names = Names(["a", "b*"])

    assert [name in names for name in ("a", "ab", "b", "bc", "c", "")] == [True, False, True, True, False, False]
    assert "anything" in Names(["*"])
    assert "" not in Names([])
