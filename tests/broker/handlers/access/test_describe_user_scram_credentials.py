"""DescribeUserScramCredentials."""

import pytest

from broker.handlers.access.describe_user_scram_credentials import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_user_scram_credentials import (
    DescribeUserScramCredentialsRequest,
    DescribeUserScramCredentialsRequestUserName,
)
from security.acls.kinds import Operation
from security.sasl.scram_credentials import ScramCredential, ScramMechanism
from tests.broker.handlers.access.world import ANN, AccessWorld


def asking(*users: str) -> DescribeUserScramCredentialsRequest:
    return DescribeUserScramCredentialsRequest(users=[DescribeUserScramCredentialsRequestUserName(name=user) for user in users])


async def with_users() -> AccessWorld:
    world = AccessWorld()
    one = ScramCredential(b"salt", b"stored", b"server", 4096)
    two = ScramCredential(b"salt", b"stored", b"server", 8192)
    await world.credentials.change(
        {(ScramMechanism.SCRAM_SHA_512, "bob"): two, (ScramMechanism.SCRAM_SHA_256, "bob"): one, (ScramMechanism.SCRAM_SHA_256, "ann"): one}, []
    )
    return world


@pytest.mark.parametrize("request_", [asking(), DescribeUserScramCredentialsRequest(users=None)], ids=["none named", "null"])
async def test_all_users_are_described(request_: DescribeUserScramCredentialsRequest) -> None:
    """With their mechanisms, and nothing that belongs to a password."""
    response = await (await with_users()).ask(HANDLER, request_, 0)

    assert (response.error_code, response.error_message) == (0, "")
    assert [(each.user, [(info.mechanism, info.iterations) for info in each.credential_infos]) for each in response.results] == [
        ("ann", [(1, 4096)]), ("bob", [(1, 4096), (2, 8192)]),
    ]


async def test_users_are_judged_one_by_one() -> None:
    """One who is not there, one who is named twice."""
    response = await (await with_users()).ask(HANDLER, asking("bob", "carl", "ann", "bob"), 0)

    assert [(each.user, each.error_code, len(each.credential_infos)) for each in response.results] == [
        ("bob", ErrorCode.DUPLICATE_RESOURCE, 0), ("carl", ErrorCode.RESOURCE_NOT_FOUND, 0), ("ann", 0, 1),
    ]


async def test_who_may_not_describe_the_cluster_learns_nothing() -> None:
    """Not even who there is."""
    world = await with_users()
    response = await world.ask(HANDLER, asking("ann"), 0, ANN)
    assert (response.error_code, response.results) == (ErrorCode.CLUSTER_AUTHORIZATION_FAILED, [])

    await world.allow(ANN, Operation.DESCRIBE)
    response = await world.ask(HANDLER, asking("ann"), 0, ANN)
    assert (response.error_code, len(response.results)) == (0, 1)
