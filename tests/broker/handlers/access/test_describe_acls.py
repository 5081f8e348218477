"""DescribeAcls."""

from dataclasses import replace

import pytest

from broker.handlers.access.describe_acls import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_acls import DescribeAclsRequest
from security.acls.acl import Acl
from security.acls.kinds import Operation, PatternType, Permission, ResourceType
from tests.broker.handlers.access.world import ANN, AccessWorld

ONE = Acl(ResourceType.TOPIC, PatternType.LITERAL, "t", "User:ann", "*", Operation.READ, Permission.ALLOW)
ANY = {
    "resource_type_filter": 1, "resource_name_filter": None, "pattern_type_filter": 1, "principal_filter": None, "host_filter": None,
    "operation": 1, "permission_type": 1,
}
ALL = DescribeAclsRequest(**ANY)  # type: ignore[arg-type]


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_rules_are_listed_by_resource(version: int) -> None:
    """Those that the filter means."""
    world = AccessWorld()
    other, prefixed = replace(ONE, principal="User:bob"), replace(ONE, pattern_type=PatternType.PREFIXED)
    await world.access.change([prefixed, other, ONE], [])

    response = await world.ask(HANDLER, ALL, version)
    assert (response.error_code, response.error_message) == (0, None)
    assert [
        (each.resource_type, each.resource_name, each.pattern_type, [(acl.principal, acl.host, acl.operation, acl.permission_type) for acl in each.acls])
        for each in response.resources
    ] == [(2, "t", 3, [("User:ann", "*", 3, 3), ("User:bob", "*", 3, 3)]), (2, "t", 4, [("User:ann", "*", 3, 3)])]

    response = await world.ask(HANDLER, replace_request(principal_filter="User:bob"), version)
    assert [acl.principal for each in response.resources for acl in each.acls] == ["User:bob"]


def replace_request(**fields: object) -> DescribeAclsRequest:
    return DescribeAclsRequest(**{**ANY, **fields})  # type: ignore[arg-type]


async def test_who_may_not_describe_the_cluster_sees_nothing() -> None:
    """Before anything else, whatever there is; with the permission it is seen."""
    world = AccessWorld()
    response = await world.ask(HANDLER, replace_request(operation=99), 3, ANN)
    assert (response.error_code, response.resources) == (ErrorCode.CLUSTER_AUTHORIZATION_FAILED, [])

    await world.allow(ANN, Operation.DESCRIBE)
    response = await world.ask(HANDLER, ALL, 3, ANN)
    assert (response.error_code, len(response.resources)) == (0, 1)


async def test_where_rules_are_not_in_force_there_are_none_to_list() -> None:
    """As a Kafka broker without an authorizer says it."""
    response = await AccessWorld(authorization="off").ask(HANDLER, ALL, 3)

    assert (response.error_code, response.error_message) == (ErrorCode.SECURITY_DISABLED, "No Authorizer is configured on the broker")


async def test_a_filter_that_is_not_understood_is_refused() -> None:
    """The client is told."""
    response = await AccessWorld().ask(HANDLER, replace_request(pattern_type_filter=9), 3)

    assert (response.error_code, response.error_message) == (ErrorCode.INVALID_REQUEST, "Unknown patternFilter.")
