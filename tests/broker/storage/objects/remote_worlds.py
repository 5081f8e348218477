"""What tests of the remote store share: ids without a catalog, and stores over memory and over a real server."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from uuid import uuid4

import pytest

from broker.storage.objects.footer import PartitionName
from broker.storage.objects.opening import open_objects
from broker.storage.objects.remote import RemoteObjectStore
from broker.storage.objects.requester import RequestSettings
from tests.support.s3 import CLIENT_ENVIRONMENT

TOPIC_ID = bytes(range(16))


class CountedIds:
    """Implements :class:`broker.storage.catalog.cluster.ObjectIds` without a catalog."""

    def __init__(self, first: int = 1) -> None:
        self._next = first
        self.leases = 0

    async def lease_object_ids(self, count: int) -> int:
        first, self._next = self._next, self._next + count
        self.leases += 1
        return first


def describe(pid: int) -> PartitionName | None:
    """Every pid below a thousand is a partition of one topic."""
    return PartitionName(TOPIC_ID, "orders", pid) if pid < 1000 else None


@contextmanager
def client_environment() -> Iterator[None]:
    """Credentials for the test's server in the environment of this process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, text in CLIENT_ENVIRONMENT.items():
            patch.setenv(name, text)
        yield


def memory_url() -> str:
    """A store that nobody else has."""
    return f"memory://{uuid4().hex}/data"


_numbers = count()


def fresh_prefix() -> str:
    """A place in the bucket that no other test has."""
    return f"t{next(_numbers)}-{uuid4().hex[:8]}"


async def opened(url: str, ids: CountedIds | None = None, settings: RequestSettings | None = None) -> RemoteObjectStore:
    """A store that is ready, ids included."""
    store = open_objects(url, ids or CountedIds(), describe, cluster_id="test-cluster", settings=settings)
    await store.lease_ids()
    return store
