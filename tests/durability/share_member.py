"""A raw member of a share group: fetches, and says something of each record, with everything it was promised noted down."""

import random
from collections import defaultdict
from typing import Any

from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.share_acknowledge import (
    ShareAcknowledgeRequest,
    ShareAcknowledgeRequestAcknowledgementBatch,
    ShareAcknowledgeRequestAcknowledgePartition,
    ShareAcknowledgeRequestAcknowledgeTopic,
)
from broker.wire.messages.share_fetch import (
    ShareFetchRequest,
    ShareFetchRequestFetchPartition,
    ShareFetchRequestFetchTopic,
)
from broker.wire.messages.share_group_heartbeat import ShareGroupHeartbeatRequest
from tests.differential.raw_client import Closed, RawClient

ACCEPT, RELEASE, REJECT = 1, 2, 3
VERSION = 2

Place = tuple[int, int]
"""(partition, offset)."""


class Promises:
    """What the members of a group were told, all together."""

    def __init__(self) -> None:
        self.done: set[Place] = set()
        self.maybe_done: set[Place] = set()
        self.deliveries: defaultdict[Place, int] = defaultdict(int)
        self.total = 0
        self.broken: list[str] = []

    def delivered(self, place: Place, count: int, life: int) -> None:
        self.total += 1
        if place in self.done:
            self.broken.append(f"{place} was acknowledged, and was delivered in life {life}")
        if count < 1 or count > self.deliveries[place] + 1:
            self.broken.append(f"{place} came for the {count}th time after {self.deliveries[place]}")
        self.deliveries[place] = max(self.deliveries[place], count)


class RawMember:
    """One connection, one session. ``life`` is the broker's."""

    def __init__(self, bootstrap: str, group_id: str, member_id: str, topic_id: bytes, partitions: int, life: int = 0) -> None:
        self._client = RawClient(bootstrap, member_id)
        self._ids = {"group_id": group_id, "member_id": member_id}
        self._topic_id = topic_id
        self._partitions = partitions
        self._life = life
        self._epoch = 0

    def join(self) -> None:
        """Be in the group until it has been given its partitions."""
        beat = ShareGroupHeartbeatRequest(**self._ids, member_epoch=0, subscribed_topic_names=["t"])
        answer = self._client.call(ApiKey.SHARE_GROUP_HEARTBEAT, 1, beat)
        assert answer.error_code == 0, ErrorCode(answer.error_code)

    def close(self) -> None:
        self._client.close()

    def fetch(self, max_wait_ms: int = 100, **fields: Any) -> dict[Place, int] | None:
        """What was acquired and how often it was delivered; None when the broker is gone."""
        request = ShareFetchRequest(
            **{
                **self._ids,
                "share_session_epoch": self._epoch,
                "max_wait_ms": max_wait_ms,
                "min_bytes": 1,
                "max_bytes": 1 << 20,
                "max_records": 40,
                "batch_size": 10,
                "topics": [
                    ShareFetchRequestFetchTopic(
                        topic_id=self._topic_id,
                        partitions=[ShareFetchRequestFetchPartition(partition_index=index) for index in range(self._partitions)],
                    )
                ]
                if not self._epoch
                else [],
                **fields,
            }
        )
        answer = self._ask(ApiKey.SHARE_FETCH, request)
        if answer is None:
            return None
        assert answer.error_code == 0, ErrorCode(answer.error_code)
        self._epoch += 1
        return {
            (data.partition_index, offset): each.delivery_count
            for topic in answer.responses
            for data in topic.partitions
            for each in data.acquired_records
            for offset in range(each.first_offset, each.last_offset + 1)
        }

    def acknowledge(self, said: dict[Place, int]) -> bool:
        """Whether the broker has taken it."""
        by_partition: defaultdict[int, list[Any]] = defaultdict(list)
        for (partition, offset), kind in sorted(said.items()):
            by_partition[partition].append(
                ShareAcknowledgeRequestAcknowledgementBatch(first_offset=offset, last_offset=offset, acknowledge_types=[kind])
            )
        request = ShareAcknowledgeRequest(
            **self._ids,
            share_session_epoch=self._epoch,
            topics=[
                ShareAcknowledgeRequestAcknowledgeTopic(
                    topic_id=self._topic_id,
                    partitions=[
                        ShareAcknowledgeRequestAcknowledgePartition(partition_index=index, acknowledgement_batches=batches)
                        for index, batches in by_partition.items()
                    ],
                )
            ],
        )
        answer = self._ask(ApiKey.SHARE_ACKNOWLEDGE, request)
        if answer is None:
            return False
        assert answer.error_code == 0, ErrorCode(answer.error_code)
        assert all(data.error_code == 0 for topic in answer.responses for data in topic.partitions)
        self._epoch += 1
        return True

    def step(self, promises: Promises, chance: random.Random) -> bool:
        """Fetch, say something of most records, and note it. False when the broker is gone."""
        given = self.fetch()
        if given is None:
            return False
        for place, count in given.items():
            promises.delivered(place, count, self._life)
        said = {
            place: chance.choices((ACCEPT, REJECT, RELEASE), (6, 1, 2))[0] for place in given if chance.random() < 0.9
        }
        final = {place for place, kind in said.items() if kind != RELEASE}
        promises.maybe_done |= final
        if said:
            if not self.acknowledge(said):
                return False
            promises.done |= final
        return True

    def _ask(self, key: int, request: Any) -> Any:
        try:
            answer = self._client.call(key, VERSION, request)
        except OSError:
            return None
        return None if isinstance(answer, Closed) else answer
