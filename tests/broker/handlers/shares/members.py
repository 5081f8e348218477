"""A member of a share group that talks to the handlers over one connection of its own."""

from collections.abc import Iterable, Sequence
from typing import Any

from broker.cluster.directory import TopicState
from broker.handlers.base import ConnectionInfo, RequestContext
from broker.handlers.shares import share_acknowledge, share_fetch
from broker.model import Node
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.share_acknowledge import (
    ShareAcknowledgeRequest,
    ShareAcknowledgeRequestAcknowledgementBatch,
    ShareAcknowledgeRequestAcknowledgePartition,
    ShareAcknowledgeRequestAcknowledgeTopic,
    ShareAcknowledgeResponse,
)
from broker.wire.messages.share_fetch import (
    ShareFetchRequest,
    ShareFetchRequestAcknowledgementBatch,
    ShareFetchRequestFetchPartition,
    ShareFetchRequestFetchTopic,
    ShareFetchRequestForgottenTopic,
    ShareFetchResponse,
    ShareFetchResponsePartitionData,
)
from broker.wire.records.batch import iter_batches
from tests.broker.log.harness import Log

Said = tuple[int, int, Sequence[int]]


class Member:
    """``epoch`` is that of the next request."""

    def __init__(self, log: Log, state: TopicState, member_id: str = "ann", group_id: str = "g") -> None:
        self.log = log
        self.state = state
        self.member_id = member_id
        self.group_id = group_id
        self.epoch = 0
        self.connection = ConnectionInfo(1, "127.0.0.1:1", "127.0.0.1", "PLAINTEXT", Node(0, "127.0.0.1", 9092))

    def context(self, version: int = 2) -> RequestContext:
        return RequestContext(self.log.services, self.connection, version, 1, "test")

    async def fetch(
        self,
        *said: Said,
        partitions: Iterable[int] = (0,),
        forget: Sequence[int] = (),
        topic_id: bytes | None = None,
        version: int = 2,
        **fields: Any,
    ) -> ShareFetchResponse:
        """Of these partitions, what is ``said`` being said of the first."""
        everything = [(self.state.topic_id, index) for index in range(len(self.state.pids))]
        await self.log.share_partitions.initialize(self.group_id, everything)
        batches = [ShareFetchRequestAcknowledgementBatch(first_offset=a, last_offset=b, acknowledge_types=list(kinds)) for a, b, kinds in said]
        request = ShareFetchRequest(
            **{
                "group_id": self.group_id,
                "member_id": self.member_id,
                "share_session_epoch": self.epoch,
                "max_wait_ms": 0,
                "min_bytes": 1,
                "max_bytes": 1 << 20,
                "max_records": 500,
                "batch_size": 500,
                "topics": [
                    ShareFetchRequestFetchTopic(
                        topic_id=topic_id or self.state.topic_id,
                        partitions=[
                            ShareFetchRequestFetchPartition(
                                partition_index=index, acknowledgement_batches=batches if not number else []
                            )
                            for number, index in enumerate(partitions)
                        ],
                    )
                ],
                "forgotten_topics_data": [ShareFetchRequestForgottenTopic(topic_id=self.state.topic_id, partitions=list(forget))]
                if forget
                else [],
                **fields,
            }
        )
        response = await share_fetch.handle(request, self.context(version))
        if not response.error_code:
            self.epoch += 1
        return response

    async def acknowledge(self, *said: Said, version: int = 2, topic_id: bytes | None = None, **fields: Any) -> ShareAcknowledgeResponse:
        request = ShareAcknowledgeRequest(
            **{
                "group_id": self.group_id,
                "member_id": self.member_id,
                "share_session_epoch": self.epoch,
                "is_renew_ack": False,
                "topics": [
                    ShareAcknowledgeRequestAcknowledgeTopic(
                        topic_id=topic_id or self.state.topic_id,
                        partitions=[
                            ShareAcknowledgeRequestAcknowledgePartition(
                                partition_index=0,
                                acknowledgement_batches=[
                                    ShareAcknowledgeRequestAcknowledgementBatch(
                                        first_offset=a, last_offset=b, acknowledge_types=list(kinds)
                                    )
                                    for a, b, kinds in said
                                ],
                            )
                        ],
                    )
                ],
                **fields,
            }
        )
        response = await share_acknowledge.handle(request, self.context(version))
        if not response.error_code:
            self.epoch += 1
        return response

    async def said(self, *said: Said, **fields: Any) -> ErrorCode:
        """What the partition answered to :meth:`acknowledge`."""
        response = await self.acknowledge(*said, **fields)
        assert not response.error_code
        ((data,),) = [topic.partitions for topic in response.responses]
        return ErrorCode(data.error_code)


def partitions_of(response: ShareFetchResponse) -> list[ShareFetchResponsePartitionData]:
    assert not response.error_code, ErrorCode(response.error_code)
    return [data for topic in response.responses for data in topic.partitions]


def acquired(response: ShareFetchResponse) -> list[tuple[int, int, int]]:
    """(first, last, deliveries) of everything that was given."""
    return [
        (each.first_offset, each.last_offset, each.delivery_count)
        for data in partitions_of(response)
        for each in data.acquired_records
    ]


def bases(data: ShareFetchResponsePartitionData) -> list[int]:
    """The first offsets of the batches that came."""
    records: Any = data.records or []
    return [header.base_offset for each in records for _, header in iter_batches(each)]
