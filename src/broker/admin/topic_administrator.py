"""Carries out what admin requests ask of topics: first a plan that can be refused, then the change in catalog and directory.

Changes are made one at a time, so the directory follows the catalog in the catalog's order; and once the catalog was asked,
a client that goes away can no longer come between the two.

Where brokers share the catalog, the others hear of a change before it is answered, if they can, so that a client finds it wherever it goes next.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import uuid4

from anyio import CancelScope, Lock

from broker.admin.partitions import Assignment, check_more_partitions, new_topic_size
from broker.admin.topic_names import AUDIT_TOPIC, ONLY_THE_BROKER_WRITES, check_new_name
from broker.config.live import LiveSettings
from broker.config.topic_config import check_overrides
from broker.errors import BrokerError
from broker.model import Topic
from broker.storage.catalog.base import TopicCatalog
from broker.wire.error_codes import ErrorCode


class KnownTopic(Protocol):
    """A topic as the directory has it."""

    topic: Topic
    name: str
    topic_id: bytes
    pids: tuple[int, ...]


class Directory(Protocol):
    """What is needed of the topic directory."""

    def by_name(self, name: str) -> KnownTopic | None: ...

    def by_id(self, topic_id: bytes) -> KnownTopic | None: ...

    def look_alikes(self, name: str) -> Collection[str]: ...

    def put(self, topic: Topic) -> KnownTopic: ...

    def remove(self, topic_id: bytes) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTopic:
    """A topic as it was asked for; -1 leaves a number to the broker's defaults."""

    name: str
    partition_count: int = -1
    replication_factor: int = -1
    assignments: Sequence[Assignment] = ()
    config: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """A topic that can be created: everything about it was checked."""

    name: str
    partition_count: int
    replication_factor: int
    config: Mapping[str, str]


def new_topic_id() -> bytes:
    """A fresh random id. As Kafka's, its base64 form does not begin with a dash, which tools would take for an option."""
    while True:
        topic_id = uuid4().bytes
        if topic_id[0] >> 2 != 62:
            return topic_id


class TopicAdministrator:
    """Every refusal is a :class:`BrokerError` with the code and the words for the client."""

    def __init__(
        self,
        catalog: TopicCatalog,
        directory: Directory,
        settings: LiveSettings,
        now_ms: Callable[[], int],
    ) -> None:
        self._catalog = catalog
        self._directory = directory
        self._settings = settings
        self._now_ms = now_ms
        self.changing: Final = Lock()
        """Held while the directory is made to follow the catalog."""
        self.refresh: Callable[[], Awaitable[object]] | None = None
        """Has the directory hear of what other brokers have changed, where there are any."""
        self.tell_others: Callable[[], Awaitable[None]] | None = None
        """Returns when other brokers have heard of the changes made here, or when it takes too long."""

    def requested_size(self, topic: NewTopic) -> tuple[int, int]:
        """Partitions and replication factor that ``topic`` would take if all were well with it; nothing is checked."""
        settings = self._settings.current
        if topic.assignments:
            return len(topic.assignments), max(len(brokers) for _, brokers in topic.assignments)
        return (
            settings.num_partitions if topic.partition_count == -1 else topic.partition_count,
            settings.default_replication_factor if topic.replication_factor == -1 else topic.replication_factor,
        )

    def plan(self, topic: NewTopic, known_brokers: Collection[int], *, by_client: bool = True) -> TopicPlan:
        """Check a new topic as a whole, in Kafka's order."""
        name = topic.name
        if by_client and name == AUDIT_TOPIC:
            raise BrokerError(ErrorCode.POLICY_VIOLATION, ONLY_THE_BROKER_WRITES)
        if self._directory.by_name(name) is not None:
            raise _exists(name)
        check_new_name(name, self._directory.look_alikes(name))
        settings = self._settings.current
        if nulls := [key for key, value in topic.config.items() if value is None]:
            raise BrokerError(
                ErrorCode.INVALID_CONFIG, f"Null value not supported for topic configs: {','.join(nulls)}"
            )
        config = {key: value for key, value in topic.config.items() if value is not None}
        if (problem := check_overrides(config, settings)) is not None:
            raise BrokerError(ErrorCode.INVALID_CONFIG, problem)
        partition_count, replication_factor = new_topic_size(
            topic.partition_count,
            topic.replication_factor,
            topic.assignments,
            known_brokers,
            settings.num_partitions,
            settings.default_replication_factor,
        )
        return TopicPlan(name, partition_count, replication_factor, config)

    async def create(self, plan: TopicPlan) -> KnownTopic:
        """Create the topic. TOPIC_ALREADY_EXISTS when another request was faster."""
        async with self.changing:
            if self._directory.by_name(plan.name) is not None:
                raise _exists(plan.name)
            state = await self._create(plan)
        await self._tell_others()
        return state

    async def auto_create(self, name: str, known_brokers: Collection[int]) -> KnownTopic:
        """The topic of that name, created with the broker's defaults when it does not exist yet. Everyone who asks for one
        name at the same time gets the same topic."""
        try:
            async with self.changing:
                state = self._directory.by_name(name)
                if state is not None:
                    return state
                state = await self._create(self.plan(NewTopic(name=name), known_brokers))
        except BrokerError as error:
            if error.code != ErrorCode.TOPIC_ALREADY_EXISTS or self.refresh is None:
                raise
            await self.refresh()  # another broker was faster
            state = self._directory.by_name(name)
            if state is None:
                raise
            return state
        await self._tell_others()
        return state

    async def delete(self, topic_id: bytes) -> KnownTopic:
        """Delete the topic and return what it was. Raises UNKNOWN_TOPIC_ID, and POLICY_VIOLATION for the audit log."""
        async with self.changing:
            state = self._known(topic_id)
            if state.name == AUDIT_TOPIC:
                raise BrokerError(ErrorCode.POLICY_VIOLATION, ONLY_THE_BROKER_WRITES)
            with CancelScope(shield=True):
                await self._catalog.delete_topic(topic_id)
                self._directory.remove(topic_id)
        await self._tell_others()
        return state

    def plan_partitions(
        self, name: str, total: int, assignments: Sequence[Sequence[int]] | None, known_brokers: Collection[int]
    ) -> tuple[KnownTopic, int]:
        """The topic and how many partitions it would get in addition."""
        state = self._directory.by_name(name)
        if state is None:
            raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        current = len(state.pids)
        return state, check_more_partitions(
            name, current, total, state.topic.replication_factor, assignments, known_brokers
        )

    async def add_partitions(self, topic_id: bytes, total: int) -> KnownTopic:
        """Let the topic have ``total`` partitions. INVALID_PARTITIONS when it has as many by now, UNKNOWN_TOPIC_ID."""
        async with self.changing:
            state = self._known(topic_id)
            check_more_partitions(state.name, len(state.pids), total, state.topic.replication_factor, None, ())
            with CancelScope(shield=True):
                topic = await self._catalog.add_partitions(topic_id, total)
            state = self._directory.put(topic)
        await self._tell_others()
        return state

    async def set_config(self, state: KnownTopic, overrides: Mapping[str, str]) -> KnownTopic:
        """Replace all that is set on the topic itself; the caller has checked it. Raises UNKNOWN_TOPIC_ID."""
        return await self.change_config(state.topic_id, lambda _: overrides)

    async def change_config(
        self, topic_id: bytes, change: Callable[[Mapping[str, str]], Mapping[str, str]]
    ) -> KnownTopic:
        """Replace what is set on the topic by what ``change`` makes of it: no other change comes in between."""
        async with self.changing:
            overrides = change(self._known(topic_id).topic.config)
            with CancelScope(shield=True):
                topic = await self._catalog.set_topic_config(topic_id, overrides)
            state = self._directory.put(topic)
        await self._tell_others()
        return state

    async def _create(self, plan: TopicPlan) -> KnownTopic:
        with CancelScope(shield=True):
            topic = await self._catalog.create_topic(
                plan.name,
                new_topic_id(),
                plan.partition_count,
                plan.replication_factor,
                plan.config,
                self._now_ms(),
            )
        # Nothing is waited for in between, so cancellation cannot come in between either.
        return self._directory.put(topic)

    async def _tell_others(self) -> None:
        if self.tell_others is not None:
            await self.tell_others()

    def _known(self, topic_id: bytes) -> KnownTopic:
        state = self._directory.by_id(topic_id)
        if state is None:
            raise BrokerError(ErrorCode.UNKNOWN_TOPIC_ID)
        return state


def _exists(name: str) -> BrokerError:
    return BrokerError(ErrorCode.TOPIC_ALREADY_EXISTS, f"Topic '{name}' already exists.")
