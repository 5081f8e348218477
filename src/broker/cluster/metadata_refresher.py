"""The agent that lets this broker hear of topics, configurations and access entries that others have changed.

N1  What is in memory never goes back: while news are fetched and entered, no change that came in here is (they share a lock).
N2  News cost what has changed.
N3  What was heard of before everything was read anew is of no account then: the catalog may have lost versions, and gives their numbers again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Final, Protocol

import anyio

from broker.errors import BrokerError
from broker.model import Topic
from broker.storage.catalog.access import AccessEntry
from broker.storage.catalog.cluster import MembershipCatalog, MetadataChanges
from observability import logs
from observability.metrics import CLUSTER

RETRY_S: Final = 0.2

Configs = Mapping[tuple[int, str], Mapping[str, str]]
_log = logs.get("metadata")


class Directory(Protocol):
    """What is needed of the topic directory."""

    def put(self, topic: Topic) -> object: ...

    def remove(self, topic_id: bytes) -> None: ...

    def topic_ids(self) -> Iterable[bytes]: ...


class Access(Protocol):
    """What is needed of the store of access entries."""

    def hear(self, entries: Sequence[AccessEntry]) -> None: ...

    def replace(self, entries: Sequence[AccessEntry]) -> None: ...


class MetadataRefresher:
    """``turns`` are held while news are entered; ``on_configs`` are told of all configurations there are. ``version`` is what is in memory."""

    def __init__(
        self,
        catalog: MembershipCatalog,
        directory: Directory,
        turns: Iterable[anyio.Lock],
        on_configs: Iterable[Callable[[Configs], None]],
        access: Access,
    ) -> None:
        self._catalog = catalog
        self._directory = directory
        self._turns = tuple(turns)
        self._on_configs = tuple(on_configs)
        self._access = access
        self._wanted = 0
        self._news = anyio.Event()
        self._progress = anyio.Event()
        self._fetching = anyio.Lock()
        self._everything = False
        self.version = 0

    @property
    def lag(self) -> int:
        """By how many changes this broker is behind what it has heard of."""
        return max(0, self._wanted - self.version)

    def hear(self, version: int) -> None:
        """There is such a version: from the view of the cluster, or from another broker."""
        if version > self.version:
            self._wanted = max(self._wanted, version)
            self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._news.wait()
            self._news = anyio.Event()
            try:
                if self._everything:
                    await self._reload()
                elif self._wanted > self.version:
                    await self.refresh()
            except BrokerError as error:
                _log.warning("could not hear what others have changed; trying again", reason=error.message)
                self._news.set()
                await anyio.sleep(RETRY_S)

    async def refresh(self) -> int:
        """Enter what has changed until now; the version that is in memory then. Raises StorageUnavailable."""
        async with AsyncExitStack() as stack:
            for turn in (self._fetching, *self._turns):
                await stack.enter_async_context(turn)
            changes = await self._catalog.changes_since(self.version)
            self._enter(changes, everything=False)
            return self.version

    def start_over(self) -> None:
        """Have everything read anew, and what is not there forgotten: this broker was away, or the catalog may have lost something."""
        self._everything = True
        self._news.set()

    async def _reload(self) -> None:
        async with AsyncExitStack() as stack:
            for turn in (self._fetching, *self._turns):
                await stack.enter_async_context(turn)
            self._everything = False
            wanted, self._wanted = self._wanted, 0  # what is heard of from now on may come after what is read (N3)
            try:
                self._enter(await self._catalog.changes_since(0), everything=True)
            except BaseException:
                self._everything = True
                self._wanted = max(wanted, self._wanted)
                raise

    async def heard(self, version: int) -> None:
        """Return when what is in memory is of that version at least."""
        self.hear(version)
        while self.version < version:
            await self._progress.wait()

    def _enter(self, changes: MetadataChanges, *, everything: bool) -> None:
        gone = list(changes.removed)
        if everything:
            there = {topic.topic_id for topic in changes.changed}
            gone += [topic_id for topic_id in self._directory.topic_ids() if topic_id not in there]
        # Names pass from topics that are gone to others.
        for topic_id in gone:
            self._directory.remove(topic_id)
        for topic in changes.changed:
            self._directory.put(topic)
        if changes.configs is not None:
            for callback in self._on_configs:
                callback(changes.configs)
        if everything:
            self._access.replace([entry for entry in changes.access if entry.value is not None])
        else:
            self._access.hear(changes.access)
        CLUSTER.metadata_changes.inc(len(changes.changed) + len(gone))
        self.version = changes.version
        self._wanted = max(self._wanted, changes.version)
        self._progress.set()
        self._progress = anyio.Event()
