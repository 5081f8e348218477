"""Scripts about the records of share groups (KIP-932): ShareFetch and ShareAcknowledge, good and bad."""

from collections.abc import Mapping, Sequence
from typing import Any

from broker.wire.messages.delete_records import DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic
from broker.wire.messages.incremental_alter_configs import (
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsRequestAlterableConfig,
    IncrementalAlterConfigsRequestAlterConfigsResource,
)
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
from tests.differential.raw_client import RawClient
from tests.differential.script import Stage, script
from tests.differential.scripts_data import batch, produce
from tests.differential.scripts_groups import coordinator
from tests.differential.scripts_share_groups import Member, offsets
from tests.differential.topics import create
from tests.support.waiting import wait_until

GAP, ACCEPT, RELEASE, REJECT, RENEW = range(5)
VERSIONS = range(1, 3)

Said = tuple[int, int, Sequence[int]]
BOTH: Mapping[int, Sequence[Said]] = {0: (), 1: ()}


class Reader:
    """One member's share session, over one connection."""

    def __init__(self, client: RawClient, version: int, group: str, member_id: str, topic_id: bytes) -> None:
        self.client = client
        self.version = version
        self.ids = {"group_id": group, "member_id": member_id}
        self.topic_id = topic_id
        self.epoch = 0

    def fetch(self, partitions: Mapping[int, Sequence[Said]] | None = None, **changed: Any) -> Any:
        """Of these partitions, with what is said of their records."""
        named = partitions if partitions is not None else ({0: ()} if not self.epoch else {})
        topics = [
            ShareFetchRequestFetchTopic(
                topic_id=self.topic_id,
                partitions=[
                    ShareFetchRequestFetchPartition(
                        partition_index=index,
                        acknowledgement_batches=[
                            ShareFetchRequestAcknowledgementBatch(first_offset=a, last_offset=b, acknowledge_types=list(kinds))
                            for a, b, kinds in said
                        ],
                    )
                    for index, said in named.items()
                ],
            )
        ]
        request = ShareFetchRequest(
            **{
                **self.ids,
                "share_session_epoch": self.epoch,
                "max_wait_ms": 500,
                "min_bytes": 1,
                "max_bytes": 1 << 20,
                "max_records": 100,
                "batch_size": 100,
                "topics": topics if named else [],
                **changed,
            }
        )
        return self._went(self.client.call(78, self.version, request))

    def acknowledge(self, *said: Said, index: int = 0, topic_id: bytes | None = None, **changed: Any) -> Any:
        topics = [
            ShareAcknowledgeRequestAcknowledgeTopic(
                topic_id=topic_id or self.topic_id,
                partitions=[
                    ShareAcknowledgeRequestAcknowledgePartition(
                        partition_index=index,
                        acknowledgement_batches=[
                            ShareAcknowledgeRequestAcknowledgementBatch(first_offset=a, last_offset=b, acknowledge_types=list(kinds))
                            for a, b, kinds in said
                        ],
                    )
                ],
            )
        ]
        request = ShareAcknowledgeRequest(**{**self.ids, "share_session_epoch": self.epoch, "topics": topics if said else [], **changed})
        return self._went(self.client.call(79, self.version, request))

    def first(self, **changed: Any) -> Any:
        """Fetch until there is something: Apache Kafka reads its state before it gives anything."""
        return wait_until(has_records, lambda: self.fetch(**changed), 30)

    def _went(self, answer: Any) -> Any:
        if answer.error_code == 0:
            self.epoch += 1
        for topic in answer.responses:
            topic.partitions.sort(key=lambda partition: partition.partition_index)
        return answer


def has_records(answer: Any) -> bool:
    return any(partition.acquired_records for topic in answer.responses for partition in topic.partitions)


def acquired(answer: Any) -> Any:
    """The whole answer's error, and of each partition what was acquired; partitions with no news left out."""
    return (
        answer.error_code,
        [
            (
                (partition.partition_index, partition.error_code, partition.acknowledge_error_code, len(partition.records or b"")),
                [(each.first_offset, each.last_offset, each.delivery_count) for each in partition.acquired_records],
            )
            for topic in answer.responses
            for partition in topic.partitions
        ],
    )


def share_group(stage: Stage, partitions: int = 1, **config: str) -> tuple[RawClient, str, str, bytes]:
    """A topic, and a group with one member that reads it from the start."""
    client, group, topic = stage.client(), stage.name("g"), stage.name("t")
    topic_id = create(client, topic, partitions)
    coordinator(client, group)
    settings = {"share.auto.offset.reset": "earliest"} | {name.replace("_", "."): value for name, value in config.items()}
    resource = IncrementalAlterConfigsRequestAlterConfigsResource(
        resource_type=32,
        resource_name=group,
        configs=[
            IncrementalAlterConfigsRequestAlterableConfig(name=name, config_operation=0, value=value) for name, value in settings.items()
        ],
    )
    assert client.call(44, 1, IncrementalAlterConfigsRequest(resources=[resource])).responses[0].error_code == 0
    member = Member(client, group, "keeps-the-group")
    member.join(topic)
    member.settle(partitions)
    return client, group, topic, topic_id


def give(client: RawClient, topic: str, topic_id: bytes, *counts: int, index: int = 0) -> None:
    for count in counts:
        produce(client, 12, topic, topic_id, {index: batch(count)})


@script(78, VERSIONS)
def share_fetch(stage: Stage) -> None:
    """Two members are given records in turn, accept, release and reject them, and leave."""
    client, group, topic, topic_id = share_group(stage)
    give(client, topic, topic_id, 3, 2, 5)
    one = Reader(stage.client(), stage.version, group, "one", topic_id)
    two = Reader(stage.client(), stage.version, group, "two", topic_id)
    stage.record("first", one.first(max_records=1))
    stage.record("next_batch", acquired(one.fetch(max_records=2)))
    stage.record("other_member", acquired(two.first(max_records=1)))
    stage.record("nothing_left", acquired(two.fetch()))
    stage.record("accept_all", one.acknowledge((0, 2, [ACCEPT])))
    stage.record("mixed", acquired(one.fetch({0: [(3, 4, [RELEASE, REJECT])]})))
    stage.record("released_again", acquired(one.fetch()))
    stage.record("accept_with_fetch", acquired(one.fetch({0: [(3, 3, [ACCEPT])]})))
    stage.record("others", one.acknowledge((5, 9, [ACCEPT])))
    stage.record("two_leaves", acquired(two.fetch({0: [(5, 5, [ACCEPT])]}, share_session_epoch=-1)))
    stage.record("two_is_gone", two.fetch())
    stage.record("its_records", acquired(one.fetch()))
    stage.record("some_of_them", one.acknowledge((6, 7, [ACCEPT]), (9, 9, [ACCEPT])))
    stage.record("offsets", offsets(client, 1, group, everything=True).groups[0].topics[0].partitions[0].start_offset)
    stage.record("release_rest", one.acknowledge((8, 8, [RELEASE])))
    stage.record("only_that", acquired(one.fetch()))
    stage.record("last", one.acknowledge((8, 8, [ACCEPT]), share_session_epoch=-1))
    stage.record("all_read", offsets(client, 1, group, everything=True).groups[0].topics[0].partitions[0])


@script(78, VERSIONS)
def share_sessions(stage: Stage) -> None:
    """Epochs that are wrong, sessions that are not there, partitions that come and go."""
    client, group, topic, topic_id = share_group(stage, 2)
    one = Reader(stage.client(), stage.version, group, "one", topic_id)
    stage.record("no_session", one.fetch(share_session_epoch=1))
    stage.record("no_session_to_end", one.fetch(share_session_epoch=-1))
    stage.record("acknowledge_no_session", one.acknowledge((0, 0, [ACCEPT]), share_session_epoch=3))
    stage.record("acknowledge_no_session_to_end", one.acknowledge(share_session_epoch=-1))
    stage.record("acknowledge_first", one.acknowledge((0, 0, [ACCEPT])))
    stage.record("acknowledge_in_first_fetch", one.fetch({0: [(0, 0, [ACCEPT])]}))
    for step, ids in {
        "no_group": {"group_id": None},
        "no_member": {"member_id": None},
        "empty_member": {"member_id": ""},
        "long_member": {"member_id": "m" * 37},
    }.items():
        stage.record(step, one.fetch(**ids))
        stage.record(f"acknowledge_{step}", one.acknowledge((0, 0, [ACCEPT]), **ids))
    stage.record("begins", one.fetch(BOTH, max_wait_ms=0).error_code)
    stage.record("wrong_epoch", one.fetch(share_session_epoch=7))
    stage.record("wrong_epoch_acknowledged", one.acknowledge((0, 0, [ACCEPT]), share_session_epoch=7))
    stage.record("negative_epoch", one.fetch(share_session_epoch=-2))
    stage.record("nothing_new", one.fetch(max_wait_ms=0).error_code)
    stage.record("acknowledge_nothing", one.acknowledge())
    give(client, topic, topic_id, 1, index=0)
    give(client, topic, topic_id, 1, index=1)
    wait_until(lambda answer: has_records(answer), lambda: one.fetch(), 30)
    gone = [ShareFetchRequestForgottenTopic(topic_id=topic_id, partitions=[0])]
    one.fetch(forgotten_topics_data=gone, max_wait_ms=0)
    give(client, topic, topic_id, 1, index=0)
    stage.record("forgotten", acquired(one.fetch(max_wait_ms=200))[1][:0])
    stage.record("begins_anew", acquired(one.fetch({0: ()}, share_session_epoch=0))[0])
    one.epoch = 1
    unknown = Reader(stage.client(), stage.version, group, "two", b"\1" * 16)
    stage.record("unknown_topic", unknown.fetch(max_wait_ms=0))
    stage.record("unknown_topic_again", unknown.fetch(max_wait_ms=0))
    stage.record("unknown_topic_acknowledged", unknown.acknowledge((0, 0, [ACCEPT])))
    stage.record("missing_partition", one.fetch({9: ()}, max_wait_ms=0))
    stage.record("missing_partition_acknowledged", one.acknowledge((0, 0, [ACCEPT]), index=9))
    stage.record("ends", acquired(one.fetch(share_session_epoch=-1)))
    nobody = Reader(stage.client(), stage.version, stage.name("h"), "h", topic_id)

    def refused() -> int:
        found: list[int] = [part.error_code for topic in nobody.fetch({0: ()}).responses for part in topic.partitions]
        return found[0] if found else 0

    stage.record("no_member_of_the_group", wait_until(bool, refused, 30))


@script(79, VERSIONS)
def share_acknowledge(stage: Stage) -> None:
    """Everything that can be wrong with an acknowledgement."""
    client, group, topic, topic_id = share_group(stage)
    give(client, topic, topic_id, 5, 5, 5)
    one = Reader(stage.client(), stage.version, group, "one", topic_id)
    two = Reader(stage.client(), stage.version, group, "two", topic_id)
    stage.record("given", acquired(one.first(max_records=10)))
    two.first()
    for step, said in {
        "backwards": [(3, 2, [ACCEPT])],
        "negative": [(-5, -3, [ACCEPT])],
        "from_minus_one": [(-1, 0, [ACCEPT])],
        "out_of_order": [(3, 3, [ACCEPT]), (0, 1, [ACCEPT])],
        "overlapping": [(0, 3, [ACCEPT]), (2, 4, [ACCEPT])],
        "same_twice": [(0, 3, [ACCEPT]), (3, 4, [ACCEPT])],
        "no_types": [(0, 1, [])],
        "too_few_types": [(0, 4, [ACCEPT, ACCEPT])],
        "too_many_types": [(0, 0, [ACCEPT, ACCEPT])],
        "unknown_type": [(0, 0, [5])],
        "negative_type": [(0, 0, [-1])],
        "renewal_unannounced": [(0, 0, [RENEW])],
        "past_the_end": [(0, 400, [ACCEPT])],
        "behind_the_end": [(100, 100, [ACCEPT])],
        "huge": [(0, 2**63 - 1, [ACCEPT])],
        "of_another": [(10, 12, [ACCEPT])],
        "partly_of_another": [(8, 11, [ACCEPT])],
        "one_good_one_bad": [(0, 1, [ACCEPT]), (10, 10, [ACCEPT])],
    }.items():
        stage.record(step, one.acknowledge(*said))
        stage.record(f"fetch_{step}", one.fetch({0: said}, max_wait_ms=0))
    stage.record("good", one.acknowledge((0, 2, [ACCEPT])))
    stage.record("again", one.acknowledge((0, 2, [ACCEPT])))
    stage.record("across_the_start", one.acknowledge((1, 3, [ACCEPT])))
    stage.record("gap", one.acknowledge((5, 6, [GAP])))
    stage.record("again_ahead", one.acknowledge((5, 5, [ACCEPT])))
    stage.record("reject", one.acknowledge((7, 9, [REJECT, RELEASE, ACCEPT])))
    stage.record("released", acquired(one.fetch()))
    stage.record("rest", one.acknowledge((4, 4, [ACCEPT]), (8, 8, [ACCEPT])))
    stage.record("everything_of_one", one.acknowledge((0, 9, [ACCEPT])))


@script(79, range(2, 3))
def share_renew(stage: Stage) -> None:
    """Renewals, in a request of their own or with a fetch that fetches nothing; and on a group that forbids them."""
    client, group, topic, topic_id = share_group(stage)
    give(client, topic, topic_id, 4)
    one = Reader(stage.client(), stage.version, group, "one", topic_id)
    one.first()
    stage.record("renew", one.acknowledge((0, 1, [RENEW]), is_renew_ack=True))
    stage.record("renew_mixed", one.acknowledge((0, 2, [RENEW, ACCEPT, RELEASE]), is_renew_ack=True))
    stage.record("announced_not_said", one.acknowledge((0, 0, [ACCEPT]), is_renew_ack=True))
    nothing = {"max_bytes": 0, "min_bytes": 0, "max_records": 0, "max_wait_ms": 0}
    give(client, topic, topic_id, 1)
    for name in nothing:
        stage.record(f"renew_with_{name}", one.fetch({0: [(3, 3, [RENEW])]}, is_renew_ack=True, **{**nothing, name: 1}))
    stage.record("renew_with_fetch", one.fetch({0: [(3, 3, [RENEW])]}, is_renew_ack=True, **nothing))
    stage.record("fetch_after", acquired(one.fetch()))
    stage.record("renew_none", one.acknowledge((0, 0, [RENEW]), is_renew_ack=True))
    _, forbidding, other, other_id = share_group_of_its_own(stage, share_renew_acknowledge_enable="false")
    give(client, other, other_id, 2)
    two = Reader(stage.client(), stage.version, forbidding, "two", other_id)
    two.first()
    stage.record("forbidden", two.acknowledge((0, 0, [RENEW]), is_renew_ack=True))
    stage.record("forbidden_mixed", two.acknowledge((0, 1, [ACCEPT, RENEW]), is_renew_ack=True))
    stage.record("not_forbidden", two.acknowledge((0, 1, [ACCEPT])))


def share_group_of_its_own(stage: Stage, **config: str) -> tuple[RawClient, str, str, bytes]:
    """Another group and topic within one script."""
    other = Stage(stage.bootstrap, stage.version, stage.name("other"))
    made = share_group(other, **config)
    stage._clients += other._clients
    return made


@script(78, range(2, 3))
def share_acquire_modes(stage: Stage) -> None:
    """How many records come, by mode, by the number asked for, by the size of batches, and by bytes."""
    client, group, topic, topic_id = share_group(stage)
    give(client, topic, topic_id, *[4] * 12)
    one = Reader(stage.client(), stage.version, group, "one", topic_id)
    stage.record("exact", acquired(one.first(share_acquire_mode=1, max_records=6)))
    stage.record("exact_next", acquired(one.fetch(share_acquire_mode=1, max_records=3)))
    stage.record("whole", acquired(one.fetch(max_records=2)))
    stage.record("batch_size", acquired(one.fetch(max_records=10, batch_size=3)))
    stage.record("batch_size_1", acquired(one.fetch(max_records=5, batch_size=1)))
    stage.record("release_all", one.acknowledge((0, 31, [RELEASE])))
    stage.record("released_exact", acquired(one.fetch(share_acquire_mode=1, max_records=5)))
    stage.record("no_records", acquired(one.fetch(max_records=0, max_wait_ms=50)))
    stage.record("negative_records", acquired(one.fetch(max_records=-1, max_wait_ms=50)))
    stage.record("few_bytes", acquired(one.fetch(max_bytes=1, max_records=4)))
    stage.record("unknown_mode", one.fetch(share_acquire_mode=7))


@script(78, range(2, 3))
def share_deliveries(stage: Stage) -> None:
    """A record that nobody accepts is given up when it was delivered as often as allowed; deleted ones are done with."""
    client, group, topic, topic_id = share_group(stage, share_delivery_count_limit="3")
    give(client, topic, topic_id, 2)
    one = Reader(stage.client(), stage.version, group, "one", topic_id)
    stage.record("first", acquired(one.first()))
    stage.record("release", one.acknowledge((0, 1, [RELEASE])))
    stage.record("second", acquired(one.fetch()))
    stage.record("release_second", one.acknowledge((0, 1, [RELEASE])))
    stage.record("third", acquired(one.fetch()))
    stage.record("release_third", one.acknowledge((0, 0, [RELEASE])))
    stage.record("third_of_the_other", acquired(one.fetch(max_wait_ms=200)))
    stage.record("accept", one.acknowledge((1, 1, [ACCEPT])))
    give(client, topic, topic_id, 3, 3)
    stage.record("new", acquired(one.fetch(max_records=1)))
    asked = [DeleteRecordsTopic(name=topic, partitions=[DeleteRecordsPartition(partition_index=0, offset=5)])]
    assert client.call(21, 2, DeleteRecordsRequest(topics=asked, timeout_ms=30_000)).topics[0].partitions[0].error_code == 0
    stage.record("deleted", acquired(one.first()))
    stage.record("accept_deleted", one.acknowledge((2, 4, [ACCEPT])))
