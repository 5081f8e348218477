"""CreateAcls."""

from collections.abc import Sequence
from typing import Any

import pytest

from broker.errors import StorageUnavailable
from broker.handlers.access import create_acls
from broker.handlers.access.create_acls import HANDLER
from broker.storage.catalog.access import AccessEntry
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.create_acls import CreateAclsRequest, CreateAclsRequestAclCreation
from security.acls.acl import Acl
from security.acls.kinds import Operation, PatternType, Permission, ResourceType
from tests.broker.handlers.access.world import ANN, AccessWorld

RULE = Acl(ResourceType.TOPIC, PatternType.PREFIXED, "t", "User:ann", "10.0.0.0/8", Operation.READ, Permission.ALLOW)


def creation(**fields: Any) -> CreateAclsRequestAclCreation:
    return CreateAclsRequestAclCreation(
        **{
            "resource_type": 2, "resource_name": "t", "resource_pattern_type": 4, "principal": "User:ann", "host": "10.0.0.0/8", "operation": 3,
            "permission_type": 3, **fields,
        }
    )


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_rule_is_in_force_when_it_is_answered(version: int) -> None:
    """It is stored, and audited."""
    world = AccessWorld()
    question = (ANN, "10.0.0.1", Operation.READ, ResourceType.TOPIC, "tt")
    assert not world.access.allows(*question)

    response = await world.ask(HANDLER, CreateAclsRequest(creations=[creation()]), version)

    assert [(each.error_code, each.error_message) for each in response.results] == [(0, "")]
    assert world.access.allows(*question)
    assert len(await world.catalog.load_access()) == 1
    [(what, before, after)] = world.audit.changes()
    assert (what, before, after["host"]) == ("acl", None, "10.0.0.0/8")


async def test_rules_are_judged_one_by_one() -> None:
    """In the order they were given; those that cannot be do not keep the others out."""
    world = AccessWorld()
    creations = [
        creation(host="10.0.0.0/99"), creation(), creation(resource_type=99), creation(principal="ann"), creation(), creation(operation=1),
        creation(resource_type=4), creation(resource_name=""),
    ]
    response = await world.ask(HANDLER, CreateAclsRequest(creations=creations), 3)

    assert [each.error_code for each in response.results] == [42, 0, 42, 42, 0, 42, 42, 42]
    assert "CIDR" in response.results[0].error_message
    assert set(world.access) == {RULE}


async def test_what_is_there_already_is_a_success() -> None:
    """Nothing changes, and nothing is audited."""
    world = AccessWorld()
    await world.access.change([RULE], [])
    response = await world.ask(HANDLER, CreateAclsRequest(creations=[creation(), creation()]), 3)

    assert [each.error_code for each in response.results] == [0, 0]
    assert world.audit.changes() == []


async def test_who_may_not_alter_the_cluster_creates_nothing() -> None:
    """Each rule is answered so."""
    world = AccessWorld()
    await world.allow(ANN, Operation.DESCRIBE)
    response = await world.ask(HANDLER, CreateAclsRequest(creations=[creation(), creation(host="")]), 3, ANN)
    assert [each.error_code for each in response.results] == [ErrorCode.CLUSTER_AUTHORIZATION_FAILED] * 2
    assert len(set(world.access)) == 1

    await world.allow(ANN, Operation.ALTER)
    response = await world.ask(HANDLER, CreateAclsRequest(creations=[creation()]), 3, ANN)
    assert [each.error_code for each in response.results] == [0]


async def test_where_rules_are_not_in_force_none_is_created() -> None:
    """Nobody is led to believe that one protects anything."""
    response = await AccessWorld(authorization="off").ask(HANDLER, CreateAclsRequest(creations=[creation()]), 3)

    assert [(each.error_code, each.error_message) for each in response.results] == [(54, "No Authorizer is configured.")]


async def test_too_many_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them is created."""
    monkeypatch.setattr(create_acls, "CHANGES_MAX", 20)
    world = AccessWorld()
    many = [creation(resource_name=f"t{number}") for number in range(21)]
    response = await world.ask(HANDLER, CreateAclsRequest(creations=many), 3)

    assert {each.error_code for each in response.results} == {ErrorCode.INVALID_REQUEST}
    assert not list(world.access)


async def test_what_could_not_all_be_recorded_is_not_created() -> None:
    """The rule that matters may be the last of them. Room that was kept is given back, whatever comes of it."""
    world = AccessWorld()
    world.audit.most = 1_000
    many = [creation(resource_name=f"t{number}" + "x" * 100) for number in range(10)]
    response = await world.ask(HANDLER, CreateAclsRequest(creations=many), 3)
    assert {each.error_code for each in response.results} == {ErrorCode.KAFKA_STORAGE_ERROR}
    assert "audit log" in (response.results[0].error_message or "")
    assert (list(world.access), world.audit.changes()) == ([], [])

    response = await world.ask(HANDLER, CreateAclsRequest(creations=many[:3]), 3)
    assert {each.error_code for each in response.results} == {0}
    assert (len(world.audit.changes()), world.audit.kept) == (3, 0)


async def test_what_cannot_be_stored_is_not_in_force() -> None:
    """The client is told, and may try again."""
    world = AccessWorld()

    async def fail(entries: Sequence[AccessEntry]) -> None:
        raise StorageUnavailable("disk full")

    world.catalog.change_access = fail  # type: ignore[method-assign]
    response = await world.ask(HANDLER, CreateAclsRequest(creations=[creation()]), 3)

    assert [each.error_code for each in response.results] == [ErrorCode.KAFKA_STORAGE_ERROR]
    assert not list(world.access)
    assert world.audit.changes() == []
