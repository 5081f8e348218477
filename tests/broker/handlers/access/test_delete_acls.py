"""DeleteAcls."""

from dataclasses import replace
from typing import Any

import pytest

from broker.handlers.access import delete_acls
from broker.handlers.access.delete_acls import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.delete_acls import DeleteAclsFilter, DeleteAclsRequest
from security.acls.acl import Acl
from security.acls.kinds import Operation, PatternType, Permission, ResourceType
from tests.broker.handlers.access.world import ANN, AccessWorld

ONE = Acl(ResourceType.TOPIC, PatternType.LITERAL, "t", "User:ann", "*", Operation.READ, Permission.ALLOW)
TWO = replace(ONE, principal="User:bob")


def wanted(**fields: Any) -> DeleteAclsFilter:
    return DeleteAclsFilter(
        **{
            "resource_type_filter": 1, "resource_name_filter": None, "pattern_type_filter": 1, "principal_filter": None, "host_filter": None,
            "operation": 1, "permission_type": 1, **fields,
        }
    )


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_rules_are_removed_and_named(version: int) -> None:
    """Under each filter that means them; what is left stays in force, what is gone is audited."""
    world = AccessWorld()
    await world.access.change([ONE, TWO], [])
    filters = [wanted(principal_filter="User:bob"), wanted(principal_filter="User:nobody"), wanted(principal_filter="User:bob")]
    response = await world.ask(HANDLER, DeleteAclsRequest(filters=filters), version)

    assert [[acl.principal for acl in each.matching_acls] for each in response.filter_results] == [["User:bob"], [], ["User:bob"]]
    assert [each.error_code for each in response.filter_results] == [0, 0, 0]
    assert set(world.access) == {ONE}
    assert len(await world.catalog.load_access()) == 1
    [(what, before, after)] = world.audit.changes()
    assert (what, before["principal"], after) == ("acl", "User:bob", None)


async def test_all_are_removed_without_a_trace() -> None:
    """By a filter that means everything."""
    world = AccessWorld()
    await world.access.change([ONE, TWO], [])
    response = await world.ask(HANDLER, DeleteAclsRequest(filters=[wanted()]), 3)

    assert len(response.filter_results[0].matching_acls) == 2
    assert await world.catalog.load_access() == []


async def test_a_filter_that_is_not_understood_is_refused_by_itself() -> None:
    """Others do what they are to do."""
    world = AccessWorld()
    await world.access.change([ONE], [])
    response = await world.ask(HANDLER, DeleteAclsRequest(filters=[wanted(operation=99), wanted()]), 3)

    assert [(each.error_code, len(each.matching_acls)) for each in response.filter_results] == [(ErrorCode.INVALID_REQUEST, 0), (0, 1)]


async def test_who_may_not_alter_the_cluster_removes_nothing() -> None:
    """And is not told what there is."""
    world = AccessWorld()
    await world.allow(ANN, Operation.DESCRIBE)
    response = await world.ask(HANDLER, DeleteAclsRequest(filters=[wanted()]), 3, ANN)

    assert [(each.error_code, each.matching_acls) for each in response.filter_results] == [(ErrorCode.CLUSTER_AUTHORIZATION_FAILED, [])]
    assert len(set(world.access)) == 1
    await world.allow(ANN, Operation.ALTER)
    response = await world.ask(HANDLER, DeleteAclsRequest(filters=[wanted()]), 3, ANN)
    assert len(response.filter_results[0].matching_acls) == 2


async def test_where_rules_are_not_in_force_none_is_removed() -> None:
    """As a Kafka broker without an authorizer says it."""
    response = await AccessWorld(authorization="off").ask(HANDLER, DeleteAclsRequest(filters=[wanted()]), 3)

    assert [(each.error_code, each.error_message) for each in response.filter_results] == [(54, "No Authorizer is configured.")]


@pytest.mark.parametrize("filters", [1, 2])
async def test_too_many_at_once_are_refused(filters: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By one filter, or by several together: nothing is removed, and the answer stays small."""
    monkeypatch.setattr(delete_acls, "CHANGES_MAX", 20)
    world = AccessWorld()
    many = [replace(ONE, name=f"t{number}") for number in range(20 // filters + 1)]
    await world.access.change(many, [])
    response = await world.ask(HANDLER, DeleteAclsRequest(filters=[wanted()] * filters), 3)

    assert {each.error_code for each in response.filter_results} == {ErrorCode.INVALID_REQUEST}
    assert "20 acls" in response.filter_results[0].error_message
    assert len(set(world.access)) == len(many)
