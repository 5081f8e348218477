"""Opens a remote store by its URL."""

from collections.abc import Sequence

from broker.errors import StorageUnavailable
from broker.storage.catalog.cluster import ObjectIds
from broker.storage.objects.backend import open_backend
from broker.storage.objects.base import RawObjects
from broker.storage.objects.location import read_location
from broker.storage.objects.object_ids import LeasedUnder, ObjectIdBlocks, always
from broker.storage.objects.raw_files import RawFiles
from broker.storage.objects.raw_remote import REMOTE, RawRemote
from broker.storage.objects.remote import Describe, RemoteObjectStore
from broker.storage.objects.requester import RequestSettings


def open_objects(
    url: str,
    ids: ObjectIds,
    describe: Describe,
    *,
    cluster_id: str = "",
    leased_under: LeasedUnder = always,
    settings: RequestSettings | None = None,
) -> RemoteObjectStore:
    """The store at ``url`` (:mod:`broker.storage.objects.location`). ``ids`` leases object ids, ``leased_under`` says what their leases rest on,
    ``describe`` names partitions for footers. Nothing is sent yet. Raises BadLocation."""
    backend = open_backend(read_location(url))
    return RemoteObjectStore(
        backend, ObjectIdBlocks(ids, leased_under), describe, cluster_id=cluster_id, settings=settings
    )


class _NoIds:
    async def lease_object_ids(self, count: int) -> int:
        raise StorageUnavailable("this store was opened to be read")


def open_to_read(url: str) -> RemoteObjectStore:
    """The store at ``url`` for who writes nothing to it. Raises BadLocation."""
    return open_objects(url, _NoIds(), lambda _: None)


def open_raw(arguments: Sequence[str]) -> RawObjects:
    """From what :meth:`ObjectStore.raw_elsewhere` said, in another process."""
    return RawRemote.elsewhere(arguments) if arguments[0] == REMOTE else RawFiles.elsewhere(arguments)
