"""A broker's groups as a client meets them: every request and answer goes through the wire format of its version."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from inspect import isawaitable
from types import SimpleNamespace
from typing import Any

import anyio

from broker.admin.access_keeper import AccessKeeper
from broker.admin.denial_reporter import DenialReporter
from broker.cluster.directory import TopicDirectory
from broker.cluster.identity import ClusterIdentity
from broker.coordinators.group_coordinator import GroupCoordinator
from broker.coordinators.transaction_coordinator import TransactionCoordinator
from broker.handlers.base import ConnectionInfo, Handler, Pending, RequestContext
from broker.handlers.groups import (
    join_group,
    leave_group,
    offset_commit,
    offset_fetch,
    share_group_heartbeat,
    sync_group,
)
from broker.log.producer_id_allocator import ProducerIdAllocator
from broker.model import Topic
from broker.storage.catalog.transactions import Ended
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from broker.wire.messages.leave_group import LeaveGroupRequest
from broker.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from broker.wire.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup
from broker.wire.messages.share_group_heartbeat import ShareGroupHeartbeatRequest
from broker.wire.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment
from broker.wire.registry import codec
from broker.wire.writer import Writer
from tests.broker.coordinators.conversation import TroubledCatalog, coordinator
from tests.broker.coordinators.kept_shares import KeptShares
from tests.support.topic_world import Changes

NODE_ID = 3
NOW_MS = 1_700_000_000_000
SUBSCRIBES_T = b"\0\0\0\0\0\x01\0\x01t"


class GroupWorld:
    """Topics ``t`` (2 partitions) and ``u`` (1), and whatever groups and transactions the test makes. ``clock`` is the wall clock."""

    def __init__(self, groups: GroupCoordinator, catalog: TroubledCatalog) -> None:
        self.groups = groups
        self.catalog = catalog
        self.directory = TopicDirectory(groups._settings)
        groups.consumers._topics = self.directory
        groups.shares._topics = self.directory
        self.kept = KeptShares()
        groups.shares._partitions = self.kept
        self.identity = ClusterIdentity("cluster", NODE_ID)
        node = self.identity.advertise("internal", "broker.example", 9092)
        self.connection = ConnectionInfo(1, "10.0.0.1:5000", "10.0.0.1", "internal", node)
        self.clock = NOW_MS
        self.ended: list[Ended] = []
        producer_ids = ProducerIdAllocator(catalog)
        self.transactions = TransactionCoordinator(
            catalog,
            groups.transactional,
            groups._settings,
            lambda: self.clock,
            new_producer_id=producer_ids.next,
            on_ended=self.ended.append,
        )
        self.audit = Changes()
        self.services: Any = SimpleNamespace(
            settings=groups._settings,
            identity=self.identity,
            directory=self.directory,
            groups=groups,
            transactions=self.transactions,
            producer_ids=producer_ids,
            audit=self.audit,
            access=AccessKeeper(),
            denials=DenialReporter(),
            now_ms=lambda: self.clock,
        )
        self.topic("t", b"T" * 16, 2)
        self.topic("u", b"U" * 16, 1)

    def topic(self, name: str, topic_id: bytes, partitions: int) -> None:
        pids = self.catalog._new_partitions(partitions)
        self.directory.put(Topic(topic_id=topic_id, name=name, partitions=pids))

    def context(self, version: int) -> RequestContext:
        return RequestContext(self.services, self.connection, version, 1, "client")

    def send(self, handler: Handler, request: Any, version: int) -> "Sent":
        """Take the request in, as it arrives; the answer may come later."""
        assert version in handler.versions
        wire = codec(handler.key)
        arrived = wire.decode_request(version, _bytes(lambda writer: wire.encode_request(version, request, writer)))
        return Sent(handler, version, handler.handle(arrived, self.context(version)))

    async def ask(self, handler: Handler, request: Any, version: int) -> Any:
        return await self.send(handler, request, version).answer()

    def refuse(self, handler: Handler, request: Any, version: int) -> Any:
        """What a request that cannot be served as a whole is answered."""
        return _through_the_wire(
            handler, version, handler.refuse(request, self.context(version), ErrorCode.NOT_COORDINATOR, "not now")
        )

    async def member(self, group: str = "g", metadata: bytes = SUBSCRIBES_T, protocol_type: str = "consumer") -> str:
        """Bring a first member into ``group``, stable in generation 1; its id."""
        joined = await self.ask(
            join_group.HANDLER,
            JoinGroupRequest(
                group_id=group,
                session_timeout_ms=10_000,
                protocol_type=protocol_type,
                protocols=[JoinGroupRequestProtocol(name="range", metadata=metadata)],
            ),
            3,
        )
        assert joined.error_code == 0
        synced = await self.ask(
            sync_group.HANDLER,
            SyncGroupRequest(
                group_id=group,
                member_id=joined.member_id,
                generation_id=joined.generation_id,
                assignments=[SyncGroupRequestAssignment(member_id=joined.member_id, assignment=b"mine")],
            ),
            0,
        )
        assert synced.error_code == 0
        member_id: str = joined.member_id
        return member_id

    async def share(self, group: str = "s", member_id: str = "m", epoch: int = 0, **changed: Any) -> Any:
        """A member of a share group is heard of; with epoch 0 it joins, with -1 it leaves."""
        values: dict[str, Any] = {"group_id": group, "member_id": member_id, "member_epoch": epoch}
        if epoch == 0:
            values["subscribed_topic_names"] = ["t"]
        return await self.ask(share_group_heartbeat.HANDLER, ShareGroupHeartbeatRequest(**(values | changed)), 1)

    async def leave(self, member_id: str, group: str = "g") -> None:
        left = await self.ask(leave_group.HANDLER, LeaveGroupRequest(group_id=group, member_id=member_id), 0)
        assert left.error_code == 0

    async def commit(self, topic: str, partition: int, offset: int, group: str = "g") -> None:
        """As an administrator does, without a member."""
        request = OffsetCommitRequest(
            group_id=group,
            topics=[
                OffsetCommitRequestTopic(
                    name=topic,
                    partitions=[
                        OffsetCommitRequestPartition(
                            partition_index=partition,
                            committed_offset=offset,
                            committed_leader_epoch=4,
                            committed_metadata="m",
                        )
                    ],
                )
            ],
        )
        response = await self.ask(offset_commit.HANDLER, request, 9)
        assert response.topics[0].partitions[0].error_code == 0

    async def committed(self, group: str = "g") -> dict[tuple[str, int], int]:
        """Everything the group has, as a client sees it."""
        request = OffsetFetchRequest(groups=[OffsetFetchRequestGroup(group_id=group, topics=None)])
        response = await self.ask(offset_fetch.HANDLER, request, 8)
        return {
            (topic.name, partition.partition_index): partition.committed_offset
            for topic in response.groups[0].topics
            for partition in topic.partitions
        }


class Sent:
    """A request that was taken in."""

    def __init__(self, handler: Handler, version: int, outcome: Any) -> None:
        self.handler = handler
        self.version = version
        self.outcome = outcome

    async def answer(self) -> Any:
        response = self.outcome
        if isawaitable(response):
            response = await response
        if isinstance(response, Pending):
            there = anyio.Event()
            response.when_done(lambda _: there.set())
            with anyio.fail_after(10):
                await there.wait()
            response = response.response
        return _through_the_wire(self.handler, self.version, response)


@asynccontextmanager
async def group_world(**changed: int) -> AsyncIterator[GroupWorld]:
    """A world whose coordinator runs; new groups do not wait for more members."""
    catalog = TroubledCatalog()
    async with coordinator(catalog, **({"group_initial_rebalance_delay_ms": 0} | changed)) as groups:
        yield GroupWorld(groups, catalog)


def _through_the_wire(handler: Handler, version: int, response: Any) -> Any:
    wire = codec(handler.key)
    return wire.decode_response(version, _bytes(lambda writer: wire.encode_response(version, response, writer)))


def _bytes(encode: Any) -> bytes:
    writer = Writer()
    encode(writer)
    return b"".join(bytes(part) for part in writer.chunks())
