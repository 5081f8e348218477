"""ApiVersions lists what is served, and nothing else."""

from typing import Any

import pytest

from broker.handlers.base import ConnectionInfo, RequestContext
from broker.handlers.session.api_versions import handle, refuse
from broker.handlers.table import HANDLERS
from broker.model import Node
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.api_versions import ApiVersionsRequest


class Offered:
    served = HANDLERS


def context(version: int) -> RequestContext:
    connection = ConnectionInfo(connection_id=1, peer="p:1", peer_host="p", listener="L", advertised=Node(1, "h", 1))
    services: Any = Offered()
    return RequestContext(services, connection, version, 1, "c")


def test_it_lists_the_handlers_and_their_versions() -> None:
    """One entry a handler; Produce from version 0, which older librdkafka needs to see."""
    answer = handle(ApiVersionsRequest(), context(2))
    ranges = {key.api_key: (key.min_version, key.max_version) for key in answer.api_keys}

    assert set(ranges) == {handler.key for handler in HANDLERS}
    assert ranges[ApiKey.PRODUCE] == (0, 13)
    assert ranges[ApiKey.FETCH] == (4, 18)
    assert ranges[ApiKey.METADATA] == (0, 13)


@pytest.mark.parametrize(
    ("name", "version", "good"),
    [("librdkafka", "2.16.0", True), ("a.b-c", "1", True), ("", "1", False), ("a b", "1", False), ("-a", "1", False), ("a", "1-", False)],
)
def test_the_clients_software_is_checked_and_kept(name: str, version: str, good: bool) -> None:
    """KIP-511: a name that is none is INVALID_REQUEST, a good one stays with the connection."""
    asked = context(3)
    answer = handle(ApiVersionsRequest(client_software_name=name, client_software_version=version), asked)

    assert answer.error_code == (0 if good else ErrorCode.INVALID_REQUEST)
    assert (asked.connection.software_name == name) is good


def test_an_unknown_version_is_told_what_this_key_supports() -> None:
    """The client steps down by it."""
    answer = refuse(None, context(0), ErrorCode.UNSUPPORTED_VERSION, None)

    assert [(key.api_key, key.min_version, key.max_version) for key in answer.api_keys] == [(18, 0, 4)]


@pytest.mark.parametrize(("version", "lowest"), [(3, 1), (4, 0)])
def test_features_are_of_the_version_that_is_served(version: int, lowest: int) -> None:
    """KIP-890, KIP-932 without dead-letter queues; a feature from 0 on is kept from clients that take that for an error."""
    answer = handle(ApiVersionsRequest(client_software_name="a", client_software_version="1"), context(version))

    assert [(each.name, each.min_version, each.max_version) for each in answer.supported_features] == [
        ("share.version", lowest, 1),
        ("transaction.version", lowest, 2),
    ]
    assert [(each.name, each.min_version_level, each.max_version_level) for each in answer.finalized_features] == [
        ("share.version", 1, 1),
        ("transaction.version", 2, 2),
    ]
    assert answer.finalized_features_epoch == 0


def test_no_feature_is_promised_that_is_not_served() -> None:
    """Nor told before version 3, which cannot carry it."""
    asked = context(4)
    asked.services.served = [handler for handler in HANDLERS if handler.key not in (ApiKey.END_TXN, ApiKey.SHARE_GROUP_HEARTBEAT)]
    for answer in (
        handle(ApiVersionsRequest(client_software_name="a", client_software_version="1"), asked),
        handle(ApiVersionsRequest(), context(2)),
    ):
        assert answer.supported_features == answer.finalized_features == []
        assert answer.finalized_features_epoch == -1
