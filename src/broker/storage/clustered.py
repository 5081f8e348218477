"""Opens what the brokers of a cluster share: the catalog in PostgreSQL and the object store, and the committer over both.

    postgresql://...    everything but record data (:mod:`broker.storage.catalog.postgres`)
    s3://...            record data (:mod:`broker.storage.objects.remote`); what is small lies in the catalog at first

Nothing is kept on this machine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as replaced
from typing import Final

from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.postgres.connecting import DEFAULT_OPTIONS
from broker.storage.cluster_committing import ClusterCommitter
from broker.storage.objects.footer import PartitionName
from broker.storage.objects.opening import open_objects
from broker.storage.objects.requester import RequestSettings
from broker.storage.objects.with_inline import StoreWithInline

INLINE_CACHE_BYTES: Final = 16 << 20


@dataclass(slots=True)
class ClusteredStorage:
    """What is open. ``describe`` names partitions for those who read objects without a catalog; it is set once topics are known."""

    catalog: PostgresCatalog
    store: StoreWithInline
    committer: ClusterCommitter

    async def aclose(self) -> None:
        """Close all of it."""
        await self.store.aclose()
        await self.catalog.aclose()


async def open_catalog(url: str, instance: str) -> PostgresCatalog:
    """The catalog, for the process ``instance``: the database's sessions are named by it, so that they can be ended when the broker is fenced.

    Raises SchemaUnusable, StorageUnavailable, and ValueError for a URL that is none."""
    return await PostgresCatalog.open(url, replaced(DEFAULT_OPTIONS, application=f"penstock {instance}"))


def open_store(
    catalog: PostgresCatalog,
    url: str,
    cluster_id: str,
    describe: Callable[[int], PartitionName | None],
    *,
    slots: int,
    retry_s: float,
    on_fenced: Callable[[], None],
) -> ClusteredStorage:
    """The store at ``url`` and the committer, for a broker that is registered. Raises BadLocation."""
    remote = open_objects(
        url,
        catalog,
        describe,
        cluster_id=cluster_id,
        leased_under=lambda: (catalog.member.epoch if catalog.member else 0, catalog.incarnation),
        settings=RequestSettings(uploads=slots),
    )
    store = StoreWithInline(remote, catalog, INLINE_CACHE_BYTES)
    return ClusteredStorage(
        catalog, store, ClusterCommitter(store, catalog, slots=slots, retry_s=retry_s, on_fenced=on_fenced)
    )
