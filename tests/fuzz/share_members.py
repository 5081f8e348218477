"""Target: members of share groups, each over a connection of its own, epoch by epoch, mostly about records that there are."""

from random import Random
from typing import Any

from broker.wire.messages.share_acknowledge import (
    ShareAcknowledgeRequest,
    ShareAcknowledgeRequestAcknowledgementBatch,
    ShareAcknowledgeRequestAcknowledgePartition,
    ShareAcknowledgeRequestAcknowledgeTopic,
)
from broker.wire.messages.share_fetch import (
    ShareFetchRequest,
    ShareFetchRequestAcknowledgementBatch,
    ShareFetchRequestFetchPartition,
    ShareFetchRequestFetchTopic,
    ShareFetchRequestForgottenTopic,
)
from tests.fuzz.messages import PlausibleBuilder, request_frame
from tests.fuzz.target import Finding, Target
from tests.fuzz.whole_broker import APIS, MODULES, SHARE_GROUPS, Stage, World, serve

SHARE_FETCH, SHARE_ACKNOWLEDGE = 78, 79
_stage = Stage()


async def share(world: World, data: bytes) -> None:
    """Frames with their lengths; when the connection ends, nobody has what its member had."""
    info = world.info()
    at = 0
    while at + 4 <= len(data):
        size = min(int.from_bytes(data[at : at + 4], "big"), len(data) - at - 4)
        await serve(world, data[at + 4 : at + 4 + size], info)
        at += 4 + size
    info.ended()
    if world.services.share_partitions.locks_held:
        raise Finding("records are locked for nobody")
    if len(world.services.share_partitions.sessions):
        raise Finding("a session without a connection")


def run_share_member(data: bytes) -> None:
    """The bytes are what one member sends."""
    _stage.play(lambda world: share(world, data))


def share_member_seed(random: Random) -> bytes:
    return b"".join(len(frame).to_bytes(4, "big") + frame for frame in _conversation(random))


def _conversation(random: Random) -> list[bytes]:
    ids = {"group_id": random.choice(SHARE_GROUPS), "member_id": random.choice(("m", "n"))}
    version = random.choice((1, 2))
    frames = []
    for epoch in range(random.randrange(1, 8)):
        epoch = epoch if random.random() < 0.95 else random.choice((-1, 0, 9))
        if epoch and random.random() < 0.5:
            key, request = SHARE_ACKNOWLEDGE, _acknowledge(random, ids, epoch)
        else:
            key, request = SHARE_FETCH, _fetch(random, ids, epoch)
        frames.append(request_frame(random, APIS[key], version, request))
    return frames


def _fetch(random: Random, ids: dict[str, str], epoch: int) -> Any:
    partitions = [
        ShareFetchRequestFetchPartition(partition_index=index, acknowledgement_batches=_batches(random) if epoch else [])
        for index in range(random.randrange(4))
    ]
    topic_id = PlausibleBuilder.topic_ids[random.random() < 0.9]
    return ShareFetchRequest(
        **ids,
        share_session_epoch=epoch,
        max_wait_ms=random.choice((0, 0, 0, 1, 10_000)),
        min_bytes=random.choice((0, 1, 1000)),
        max_bytes=random.choice((0, 1, 1 << 20, -1)),
        max_records=random.choice((0, 1, 3, 500, -1)),
        batch_size=random.choice((0, 1, 500, -1)),
        topics=[ShareFetchRequestFetchTopic(topic_id=topic_id, partitions=partitions)],
        forgotten_topics_data=[ShareFetchRequestForgottenTopic(topic_id=topic_id, partitions=[random.randrange(4)])]
        if random.random() < 0.2
        else [],
    )


def _acknowledge(random: Random, ids: dict[str, str], epoch: int) -> Any:
    partitions = [
        ShareAcknowledgeRequestAcknowledgePartition(
            partition_index=index,
            acknowledgement_batches=[
                ShareAcknowledgeRequestAcknowledgementBatch(
                    first_offset=each.first_offset, last_offset=each.last_offset, acknowledge_types=each.acknowledge_types
                )
                for each in _batches(random)
            ],
        )
        for index in range(random.randrange(3))
    ]
    topic_id = PlausibleBuilder.topic_ids[random.random() < 0.9]
    return ShareAcknowledgeRequest(
        **ids,
        share_session_epoch=epoch,
        topics=[ShareAcknowledgeRequestAcknowledgeTopic(topic_id=topic_id, partitions=partitions)],
    )


def _batches(random: Random) -> list[Any]:
    batches = []
    at = random.choice((0, 0, 1, 5, -1))
    for _ in range(random.randrange(4)):
        size = random.choice((1, 1, 2, 5, 1 << 40, 0))
        kinds = [random.randrange(4) for _ in range(random.choice((1, 1, min(size, 9))))]
        batches.append(
            ShareFetchRequestAcknowledgementBatch(first_offset=at, last_offset=at + size - 1, acknowledge_types=kinds)
        )
        at += size
    return batches


TARGETS = (Target("share_member", run_share_member, share_member_seed, MODULES, factor=200, allowance=4 << 20),)
