"""What handlers have in common when they ask: bit fields of operations, and the whole request refused."""

from typing import Any

import pytest

from broker.admin.access_keeper import AccessKeeper
from broker.admin.denial_reporter import DenialReporter
from broker.errors import BrokerError
from broker.handlers.authorization import (
    EVERYTHING,
    NOT_ASKED,
    SUPPORTED,
    bit_field,
    operations_on,
    operations_on_cluster,
    require_on_cluster,
)
from broker.handlers.base import ConnectionInfo, RequestContext
from broker.model import Node
from broker.wire.error_codes import ErrorCode
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType
from security.audit.event import NoRecorder
from tests.broker.handlers.permissions import Permissions

KINDS = tuple(SUPPORTED)


class Asking:
    """Services of a broker that can only be asked about access."""

    def __init__(self, access: AccessKeeper) -> None:
        self.access = access
        self.denials = DenialReporter()
        self.settings: Any = None
        self.audit = NoRecorder()


def context(access: AccessKeeper) -> RequestContext:
    services: Any = Asking(access)
    connection = ConnectionInfo(1, "127.0.0.1:1", "127.0.0.1", "PLAINTEXT", Node(0, "127.0.0.1", 9092))
    return RequestContext(services, connection, 0, 1, "test")


def test_the_fields_are_those_kafka_sends_without_an_authorizer() -> None:
    """Bits are the codes of the ACL operations."""
    assert bit_field(3, 8) == 0b1_0000_1000
    assert [operations_on(context(AccessKeeper()), kind, "x") for kind in KINDS] == [3576, 3400, 8096]
    assert dict(zip(KINDS, (3576, 3400, 8096), strict=True)) == EVERYTHING
    assert NOT_ASKED == -2147483648


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", Operation)
def test_a_bit_stands_for_a_decision(kind: ResourceType, operation: Operation) -> None:
    """It is set if and only if the client may do it, of operations that the kind of resource supports."""
    permissions = Permissions()
    permissions.grant_only((operation, kind, "x"), (Operation.READ, kind, "other"))
    expected = 1 << operation if operation in SUPPORTED[kind] else 0

    assert operations_on(context(permissions), kind, "x") == expected


def test_the_cluster_is_described_to_who_may() -> None:
    """Without DESCRIBE the field is 0, whatever else the client may do."""
    permissions = Permissions()
    permissions.grant_only((Operation.CREATE, ResourceType.CLUSTER, CLUSTER_NAME))
    assert operations_on_cluster(context(permissions)) == 0
    permissions.granted.add((Operation.DESCRIBE, ResourceType.CLUSTER, CLUSTER_NAME))
    assert operations_on_cluster(context(permissions)) == bit_field(Operation.CREATE, Operation.DESCRIBE)


def test_a_whole_request_is_refused() -> None:
    """With Kafka's code and words."""
    permissions = Permissions()
    permissions.grant_only((Operation.ALTER, ResourceType.CLUSTER, CLUSTER_NAME))
    require_on_cluster(context(permissions), Operation.ALTER)
    with pytest.raises(BrokerError, match="Cluster authorization failed") as caught:
        require_on_cluster(context(permissions), Operation.DESCRIBE)

    assert caught.value.code is ErrorCode.CLUSTER_AUTHORIZATION_FAILED
