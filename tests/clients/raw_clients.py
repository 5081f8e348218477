"""Connections for raw requests where several brokers may stand behind the bootstrap addresses."""

from typing import Final

from broker.wire.messages.find_coordinator import FindCoordinatorRequest
from tests.differential.raw_client import RawClient
from tests.support.waiting import wait_until

FIND_COORDINATOR: Final = 10
GROUP: Final = 0
TRANSACTIONAL_ID: Final = 1


def any_broker(bootstrap: str) -> RawClient:
    """To the first of the addresses."""
    return RawClient(bootstrap.partition(",")[0])


def coordinator_of(bootstrap: str, kind: int, name: str) -> RawClient:
    """To the broker that coordinates the group or transactional id."""
    return RawClient(address_of_coordinator(bootstrap, kind, name))


def address_of_coordinator(bootstrap: str, kind: int, name: str) -> str:
    """Asked until there is one."""
    client = any_broker(bootstrap)
    request = FindCoordinatorRequest(key=name, key_type=kind)
    found = wait_until(lambda answer: answer.error_code == 0, lambda: client.call(FIND_COORDINATOR, 3, request), 60)
    client.close()
    return f"{found.host}:{found.port}"
