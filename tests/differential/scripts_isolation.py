"""Scripts about what readers of either isolation level are told of a log with plain, committed, aborted and open data."""

from typing import Any

from broker.wire.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from tests.differential.raw_client import RawClient
from tests.differential.script import Stage, script
from tests.differential.scripts_data import BASE_MS, batch, fetch, headers, produce
from tests.differential.scripts_transactions import Producer
from tests.differential.topics import create
from tests.support.waiting import wait_until

OPEN_AT = 14


class Log:
    """One partition; every record and every marker takes one offset, and its timestamp tells which."""

    def __init__(self, stage: Stage) -> None:
        self.client = stage.client()
        self.topic = stage.name("t")
        self.topic_id = create(self.client, self.topic)
        self.one, self.other = Producer(self.client, stage.name("one")), Producer(self.client, stage.name("other"))
        self.producers = [self.one, self.other]
        self.sequences = {id(self.one): 0, id(self.other): 0}
        self.end = 0
        for producer in self.producers:
            assert producer.init() == 0
        self.plain()
        self.add(self.one, 2)
        self.add(self.other, 1)
        self.plain()
        self.finish(self.other, commit=False)
        self.add(self.other, 1)
        self.finish(self.one, commit=True)
        self.plain()
        self.finish(self.other, commit=False)
        self.add(self.one, 2)
        self.plain()
        self.finish(self.one, commit=False)
        assert self.end == OPEN_AT
        self.add(self.one, 1)
        self.add(self.other, 1)
        self.finish(self.other, commit=False)
        self.plain()

    def plain(self) -> None:
        produce(self.client, 9, self.topic, self.topic_id, {0: batch(1, BASE_MS + 100 * self.end)})
        self.end += 1

    def add(self, producer: Producer, count: int) -> None:
        assert producer.add(3, self.topic, 0) == [0]
        for _ in range(count):
            sequence = self.sequences[id(producer)]
            assert producer.produce(9, self.topic, self.topic_id, sequence) == 0
            self.sequences[id(producer)] = sequence + 1
            self.end += 1

    def finish(self, producer: Producer, *, commit: bool) -> None:
        assert producer.end(3, commit=commit).error_code == 0
        self.end += 1
        # Apache Kafka answers before the marker is in the log.
        wait_until(lambda found: found == self.end, lambda: list_offsets(self.client, 2, self.topic, -1, 0).offset)

    def who(self, producer_id: int) -> int:
        return [each.producer_id for each in self.producers].index(producer_id)


def list_offsets(client: RawClient, version: int, topic: str, timestamp: int, isolation: int) -> Any:
    asked = ListOffsetsPartition(partition_index=0, timestamp=timestamp)
    request = ListOffsetsRequest(
        replica_id=-1, isolation_level=isolation, topics=[ListOffsetsTopic(name=topic, partitions=[asked])]
    )
    return client.call(2, version, request).topics[0].partitions[0]


@script(1, range(4, 19, 4))
def fetch_by_isolation(stage: Stage) -> None:
    """From each offset: bounds, batches, and which aborted transactions are named."""
    log = Log(stage)
    for isolation in (0, 1):
        for offset in range(log.end + 1):
            answer = fetch(log.client, stage.version, log.topic, log.topic_id, {0: offset}, isolation_level=isolation)
            part = answer.responses[0].partitions[0]
            named = part.aborted_transactions
            # Apache Kafka's index is coarse: it names transactions behind what it gives, too.
            reaching = [each for each in named or () if each.first_offset < part.last_stable_offset]
            aborted = None if named is None else sorted((each.first_offset, log.who(each.producer_id)) for each in reaching)
            found = [(header[0], header[6]) for header in headers(part.records)]
            bounds = (part.error_code, part.high_watermark, part.last_stable_offset)
            stage.record(f"{isolation} from {offset}", [*bounds, aborted, found])


@script(2, range(2, 12))
def list_offsets_by_isolation(stage: Stage) -> None:
    """The end, the beginning, and what is at or after a time, before the last stable offset and behind it."""
    log = Log(stage)
    times = {"latest": -1, "earliest": -2, "first": BASE_MS, "behind": BASE_MS + 100 * (log.end - 1)}
    if stage.version >= 7:
        times["max"] = -3
    for isolation in (0, 1):
        for name, timestamp in times.items():
            found = list_offsets(log.client, stage.version, log.topic, timestamp, isolation)
            stage.record(f"{isolation} {name}", [found.error_code, found.offset, found.timestamp >= 0])
