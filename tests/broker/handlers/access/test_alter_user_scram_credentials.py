"""AlterUserScramCredentials."""

from typing import Any

import pytest

from broker.handlers.access.alter_user_scram_credentials import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.alter_user_scram_credentials import (
    AlterUserScramCredentialsRequest,
    AlterUserScramCredentialsRequestScramCredentialDeletion,
    AlterUserScramCredentialsRequestScramCredentialUpsertion,
)
from security.acls.kinds import Operation
from security.sasl.scram_credentials import ScramMechanism, from_salted_password
from tests.broker.handlers.access.world import ANN, AccessWorld

Deletion = AlterUserScramCredentialsRequestScramCredentialDeletion
SALTED = b"p" * 32


def upsertion(name: str, **fields: Any) -> AlterUserScramCredentialsRequestScramCredentialUpsertion:
    return AlterUserScramCredentialsRequestScramCredentialUpsertion(
        **{"name": name, "mechanism": 1, "iterations": 4096, "salt": b"salt", "salted_password": SALTED, **fields}
    )


def altering(*upsertions: Any, deletions: tuple[Any, ...] = ()) -> AlterUserScramCredentialsRequest:
    return AlterUserScramCredentialsRequest(upsertions=list(upsertions), deletions=list(deletions))


def results(response: Any) -> list[tuple[str, int]]:
    return [(each.user, each.error_code) for each in response.results]


async def test_a_password_is_set_and_removed() -> None:
    """Kept is what checks a proof; the audit says that it was, and not what."""
    world = AccessWorld()
    response = await world.ask(HANDLER, altering(upsertion("ann")), 0)
    assert results(response) == [("ann", 0)]
    kept = world.credentials.find("SCRAM-SHA-256", "ann")
    assert kept == from_salted_password(ScramMechanism.SCRAM_SHA_256, SALTED, b"salt", 4096)

    response = await world.ask(HANDLER, altering(deletions=(Deletion(name="ann", mechanism=1),)), 0)
    assert results(response) == [("ann", 0)]
    assert world.credentials.find("SCRAM-SHA-256", "ann") is None
    assert await world.catalog.load_access() == []
    facts = {"mechanism": "SCRAM-SHA-256", "iterations": 4096}
    assert world.audit.changes() == [("user SCRAM-SHA-256:ann", None, facts), ("user SCRAM-SHA-256:ann", facts, None)]


async def test_who_changes_a_password_ends_what_rests_on_it() -> None:
    """Before the answer."""
    world = AccessWorld()
    revoked: list[str] = []
    world.credentials.on_revoked(revoked.append)
    await world.ask(HANDLER, altering(upsertion("ann")), 0)
    assert revoked == []
    await world.ask(HANDLER, altering(upsertion("ann", salt=b"other")), 0)

    assert revoked == ["SCRAM-SHA-256:ann"]


async def test_users_are_judged_one_by_one() -> None:
    """Deletions first, then what was set, then what was refused, as Kafka answers."""
    world = AccessWorld()
    await world.ask(HANDLER, altering(upsertion("old")), 0)
    response = await world.ask(
        HANDLER,
        altering(
            upsertion("few", iterations=4095), upsertion("many", iterations=16385), upsertion(""), upsertion("odd", mechanism=3),
            upsertion("short", salted_password=b"x"), upsertion("twice"), upsertion("twice", mechanism=2, salted_password=b"x" * 64),
            upsertion("new", mechanism=2, salted_password=b"x" * 64), upsertion("both"), upsertion("plain", salt=b""),
            deletions=(Deletion(name="old", mechanism=1), Deletion(name="none", mechanism=1), Deletion(name="both", mechanism=1)),
        ),
        0,
    )
    unacceptable = ErrorCode.UNACCEPTABLE_CREDENTIAL
    assert results(response)[:2] == [("old", 0), ("new", 0)]
    assert dict(results(response)) == {
        "old": 0, "new": 0, "few": unacceptable, "many": unacceptable, "": unacceptable, "odd": ErrorCode.UNSUPPORTED_SASL_MECHANISM,
        "short": unacceptable, "plain": unacceptable, "twice": ErrorCode.DUPLICATE_RESOURCE, "both": ErrorCode.RESOURCE_NOT_FOUND,
        "none": ErrorCode.RESOURCE_NOT_FOUND,
    }
    assert len(response.results) == 11
    assert list(world.credentials) == ["new"]


async def test_who_may_not_alter_the_cluster_changes_nothing() -> None:
    """Each user is answered so."""
    world = AccessWorld()
    await world.allow(ANN, Operation.DESCRIBE)
    request = altering(upsertion("x"), deletions=(Deletion(name="y", mechanism=1), Deletion(name="x", mechanism=2)))
    response = await world.ask(HANDLER, request, 0, ANN)
    assert dict(results(response)) == {"x": 31, "y": 31}
    assert len(response.results) == 2
    assert list(world.credentials) == []

    await world.allow(ANN, Operation.ALTER)
    assert results(await world.ask(HANDLER, altering(upsertion("x")), 0, ANN)) == [("x", 0)]


async def test_nothing_of_a_password_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor is it in what is said of a refusal."""
    world = AccessWorld()
    response = await world.ask(HANDLER, altering(upsertion("x", salted_password=b"hush-hush")), 0)
    await world.ask(HANDLER, altering(upsertion("x", salted_password=b"hush-hush")), 0, ANN)

    assert "hush" not in "".join(capsys.readouterr()) + repr(response)


async def test_one_who_is_set_and_removed_at_once_stays_as_it_was() -> None:
    """Neither is done, by whichever mechanisms."""
    world = AccessWorld()
    await world.ask(HANDLER, altering(upsertion("ann")), 0)
    response = await world.ask(
        HANDLER, altering(upsertion("ann", mechanism=2, salted_password=b"x" * 64), deletions=(Deletion(name="ann", mechanism=1),)), 0
    )

    assert results(response) == [("ann", ErrorCode.DUPLICATE_RESOURCE)]
    assert list(world.credentials.of("ann")) == [ScramMechanism.SCRAM_SHA_256]
