"""Who administers access needs a permission on the cluster."""

import pytest

from broker.errors import BrokerError
from broker.handlers.access.permission import require_authorization
from broker.handlers.authorization import require_on_cluster
from broker.wire.error_codes import ErrorCode
from security.acls.kinds import Operation
from tests.broker.handlers.access.world import ANN, AccessWorld


async def test_a_permission_on_the_cluster_is_needed() -> None:
    """The one that is asked for, or one that implies it."""
    world = AccessWorld()
    with pytest.raises(BrokerError) as caught:
        require_on_cluster(world.context(0, ANN), Operation.DESCRIBE)
    assert caught.value.code is ErrorCode.CLUSTER_AUTHORIZATION_FAILED

    await world.allow(ANN, Operation.ALTER)
    require_on_cluster(world.context(0, ANN), Operation.DESCRIBE)
    require_on_cluster(world.context(0, ANN), Operation.ALTER)


def test_rules_must_be_in_force() -> None:
    """Where they are not, there is nothing to administer."""
    require_authorization(AccessWorld().context(0), "off")
    with pytest.raises(BrokerError, match="off") as caught:
        require_authorization(AccessWorld(authorization="off").context(0), "off")
    assert caught.value.code is ErrorCode.SECURITY_DISABLED
