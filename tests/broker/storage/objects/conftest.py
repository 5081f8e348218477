"""Servers that tests of object stores share."""

from collections.abc import Iterator

import pytest

from tests.broker.storage.objects.remote_worlds import client_environment
from tests.support.s3 import FaultProxy, S3Server


@pytest.fixture(scope="module")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A running S3 server; its credentials are in the environment."""
    with client_environment(), S3Server(tmp_path_factory.mktemp("s3") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def fault_proxy(s3_server: S3Server) -> Iterator[FaultProxy]:
    """The proxy before it, without faults."""
    with FaultProxy(s3_server) as proxy:
        print(f"seed {proxy.seed}")
        yield proxy
