"""A coordinator with a catalog that can be told to fail or to wait, and members that talk to it."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio

from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.coordinators.group_coordinator import GroupCoordinator
from broker.coordinators.groups.commands import JoinAnswer, JoinCommand, Leaver, SyncAnswer, SyncCommand
from broker.coordinators.groups.limits import GroupPolicy
from broker.errors import StorageUnavailable
from broker.model import CommittedOffset
from broker.storage.catalog.base import OffsetKey, StoredConsumerGroup, StoredGroup, StoredShareGroup
from broker.storage.catalog.memory import MemoryCatalog
from broker.wire.error_codes import ErrorCode

WALL_MS = 1_700_000_000_000
DAY_MS = 24 * 3600 * 1000


class TroubledCatalog(MemoryCatalog):
    """``failing``: every change is refused. ``gate``: every change waits for it. ``calls`` tells what was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.failing = False
        self.gate: anyio.Event | None = None
        self.calls: list[str] = []

    async def _pass(self, call: str) -> None:
        self.calls.append(call)
        if self.gate is not None:
            await self.gate.wait()
        else:
            await anyio.lowlevel.checkpoint()
        if self.failing:
            raise StorageUnavailable("the disk is full")

    async def save_group(self, group: StoredGroup) -> None:
        await self._pass(f"save {group.group_id} {group.generation}")
        await super().save_group(group)

    async def save_consumer_group(self, group: StoredConsumerGroup, removed: Iterable[str]) -> None:
        await self._pass(f"save {group.group_id} {group.group_epoch} {len(group.members)}")
        await super().save_consumer_group(group, removed)

    async def save_share_group(self, group: StoredShareGroup, removed: Iterable[str]) -> None:
        await self._pass(f"save {group.group_id} {group.group_epoch} {len(group.members)}")
        await super().save_share_group(group, removed)

    async def commit_offsets(self, offsets: Mapping[OffsetKey, CommittedOffset]) -> None:
        await self._pass(f"commit {len(offsets)}")
        await super().commit_offsets(offsets)

    async def delete_offsets(self, keys: Iterable[OffsetKey]) -> None:
        keys = list(keys)
        await self._pass(f"delete {len(keys)}")
        await super().delete_offsets(keys)

    async def delete_group(self, group_id: str) -> None:
        await self._pass(f"delete group {group_id}")
        await super().delete_group(group_id)


def settings(**changed: int | str) -> LiveSettings:
    """Kafka's defaults, but for what is given."""
    return LiveSettings(Settings(**changed), MemoryCatalog())  # type: ignore[arg-type]


def wall_ms() -> int:
    """A wall clock that goes with the event loop's."""
    return WALL_MS + int(anyio.current_time() * 1000)


class Answer:
    """Holds what a callback is called with."""

    def __init__(self) -> None:
        self.value: Any = None
        self._there = anyio.Event()

    def __call__(self, *value: Any) -> None:
        assert not self._there.is_set(), "an answer is given once"
        self.value = value[0] if len(value) == 1 else value
        self._there.set()

    @property
    def is_there(self) -> bool:
        return self._there.is_set()

    async def wait(self, seconds: float = 3600) -> Any:
        with anyio.fail_after(seconds):
            await self._there.wait()
        return self.value


class Consumer:
    """One member; ``subscribes`` makes its metadata a real subscription."""

    def __init__(
        self,
        groups: GroupCoordinator,
        name: str,
        group: str = "g",
        *,
        instance: str | None = None,
        subscribes: tuple[str, ...] = (),
    ) -> None:
        self.groups = groups
        self.name = name
        self.group = group
        self.instance = instance
        self.member_id = ""
        self.generation = -1
        self.metadata = b"\0\0" + len(subscribes).to_bytes(4, "big")
        for topic in subscribes:
            self.metadata += len(topic).to_bytes(2, "big") + topic.encode()

    def command(self, **changed: Any) -> JoinCommand:
        values: dict[str, Any] = {
            "member_id": self.member_id,
            "fresh_member_id": "",
            "group_instance_id": self.instance,
            "client_id": self.name,
            "client_host": "/10.0.0.1",
            "session_timeout_ms": 10_000,
            "rebalance_timeout_ms": 60_000,
            "protocol_type": "consumer",
            "protocols": (("range", self.metadata),),
        }
        return JoinCommand(**(values | changed))

    def send_join(self, **changed: Any) -> Answer:
        answer = Answer()
        self.groups.join(self.group, self.command(**changed), answer)
        return answer

    async def join(self, **changed: Any) -> JoinAnswer:
        answer: JoinAnswer = await self.send_join(**changed).wait()
        if answer.error is ErrorCode.MEMBER_ID_REQUIRED:
            self.member_id = answer.member_id
            answer = await self.send_join(**changed).wait()
        if not answer.error:
            self.member_id, self.generation = answer.member_id, answer.generation
        return answer

    def send_sync(self, **assignments: bytes) -> Answer:
        answer = Answer()
        command = SyncCommand(
            member_id=self.member_id,
            group_instance_id=self.instance,
            generation=self.generation,
            assignments=assignments if assignments else {self.member_id: b"all"},
        )
        self.groups.sync(self.group, command, answer)
        return answer

    async def sync(self) -> SyncAnswer:
        answer: SyncAnswer = await self.send_sync().wait()
        return answer

    async def come_in(self) -> None:
        """Join alone and become stable."""
        assert not (await self.join()).error
        assert not (await self.sync()).error

    def beat(self) -> ErrorCode:
        return self.groups.heartbeat(self.group, self.member_id, self.instance, self.generation)

    def leave(self) -> ErrorCode:
        error, outcomes = self.groups.leave(self.group, [Leaver(self.member_id)])
        return error or outcomes[0].error

    def send_commit(self, offset: int, topic: str = "t", partition: int = 0, **fields: Any) -> Answer:
        answer = Answer()
        committed = CommittedOffset(offset=offset, commit_ms=wall_ms(), **fields)
        self.groups.commit_offsets(
            self.group, self.member_id, self.instance, self.generation, {(topic, partition): committed}, answer
        )
        return answer

    async def commit(self, offset: int, topic: str = "t", partition: int = 0, **fields: Any) -> ErrorCode:
        error: ErrorCode = await self.send_commit(offset, topic, partition, **fields).wait()
        return error

    def committed(self, topic: str = "t", partition: int = 0) -> int | None:
        offset = self.groups.offset(self.group, topic, partition)
        return None if offset is None else offset.offset


@asynccontextmanager
async def coordinator(
    catalog: MemoryCatalog | None = None,
    *,
    policy: GroupPolicy | None = None,
    topic_exists: Any = None,
    topics: Any = None,
    configs: Any = None,
    share_partitions: Any = None,
    **changed: int | str,
) -> AsyncIterator[GroupCoordinator]:
    """A loaded coordinator that runs."""
    groups = GroupCoordinator(
        catalog or TroubledCatalog(),
        settings(**changed),
        wall_ms,
        policy=policy,
        topic_exists=topic_exists,
        topics=topics,
        configs=configs,
        share_partitions=share_partitions,
    )
    await groups.load()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(groups.run)
        yield groups
        tasks.cancel_scope.cancel()
