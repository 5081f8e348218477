"""Whom a quota can be for."""

import pytest

from security.quotas.entity import EntityProblem, QuotaEntity, canonical_address


@pytest.mark.parametrize(
    "parts",
    [
        {"user": "alice"},
        {"user": None},
        {"client-id": "app"},
        {"user": "alice", "client-id": None},
        {"ip": "10.0.0.1"},
        {"ip": None},
    ],
)
def test_an_entity_keeps_its_parts(parts: dict[str, str | None]) -> None:
    """None is the default, in every place of a name."""
    assert dict(QuotaEntity.of(parts).parts) == parts


def test_the_order_of_parts_does_not_matter() -> None:
    """The same entity, however it was written."""
    assert QuotaEntity.of({"user": "a", "client-id": "b"}) == QuotaEntity.of({"client-id": "b", "user": "a"})


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({}, "none is given"),
        ({"colour": "red"}, "no entity type 'colour'"),
        ({"user": ""}, "must not be empty"),
        ({"ip": "10.0.0.1", "user": "a"}, "for the ip alone"),
        ({"ip": "10.0.0.1", "client-id": None}, "for the ip alone"),
        ({"ip": "example.test"}, "no IP address"),
        ({"ip": "10.0.0.0/8"}, "no IP address"),
    ],
)
def test_what_cannot_have_a_quota_is_refused(parts: dict[str, str | None], why: str) -> None:
    """With the reason."""
    with pytest.raises(EntityProblem, match=why):
        QuotaEntity.of(parts)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_has_one_form(written: str, canonical: str) -> None:
    """A client cannot choose between several."""
    assert canonical_address(written) == canonical
    assert QuotaEntity.of({"ip": written}) == QuotaEntity.of({"ip": canonical})


def test_it_is_shown_in_words() -> None:
    """For log lines and reasons."""
    assert str(QuotaEntity.of({"user": "alice", "client-id": None})) == "client-id <default>, user alice"
