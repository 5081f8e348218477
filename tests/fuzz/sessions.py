"""Target: the cache of fetch sessions, driven by a program read from the bytes."""

from random import Random

from broker.log.fetch_plan import PartitionAnswer
from broker.log.fetch_session import NO_SESSION, FetchSessionCache, SessionPartition
from broker.wire.error_codes import ErrorCode
from tests.fuzz.target import Finding, Target

SLOTS = 3


def run_sessions(data: bytes) -> None:
    """Eight bytes are one fetch: id, epoch, partitions, forgotten ones, ids or names, time, answers."""
    ids = iter(range(1, 1 << 20))
    cache = FetchSessionCache(SLOTS, lambda: next(ids))
    now_ms = 0
    for at in range(0, len(data) - 7, 8):
        session_id, epoch, first, count, gone, flags, minutes, answers = data[at : at + 8]
        now_ms += minutes * 1000
        uses_ids = bool(flags & 1)
        partitions = [_partition(first + number) for number in range(count % 6)]
        forgotten = [((_topic_id(gone) if uses_ids else f"t{gone % 8}"), gone % 3)]
        opened = cache.open(
            session_id % 8, epoch % 6 - 1, partitions, forgotten if flags & 2 else [], uses_topic_ids=uses_ids, now_ms=now_ms
        )
        if opened.error is not ErrorCode.NONE:
            if opened.partitions:
                raise Finding("a refused fetch has partitions to look at")
            continue
        given = [
            PartitionAnswer(0 if answers >> index % 8 & 1 else 3, high_watermark=answers, log_start=0, size=answers % 3)
            for index in range(len(opened.partitions))
        ]
        answer = opened.answer(given, now_ms)
        if epoch % 6 - 1 == -1 and answer.session_id != NO_SESSION:
            raise Finding("a closed session is answered with one")
        if len(answer.included) > len(given):
            raise Finding("more partitions answered than looked at")
        if len(cache) > SLOTS:
            raise Finding(f"{len(cache)} sessions in {SLOTS} slots")


def _topic_id(number: int) -> bytes:
    return bytes(15) + bytes([number % 8])


def _partition(number: int) -> SessionPartition:
    return SessionPartition(
        pid=number, offset=0, max_bytes=1, topic_id=_topic_id(number), topic=f"t{number % 8}", partition=number % 3
    )


def sessions_seed(random: Random) -> bytes:
    steps = [bytes((0, 1, 0, 3, 0, 0, 0, 255))]
    for epoch in range(random.randrange(12)):
        steps.append(bytes((1 + epoch // 6, 2 + epoch % 4, random.randrange(8), random.randrange(4), 0, random.randrange(4), 200, 7)))
    return b"".join(steps)


TARGETS = (Target("sessions", run_sessions, sessions_seed, ("broker.log.fetch_session",)),)
