"""Scripts about transactions: what producers are answered on the way, and above all when something is wrong.

Offsets after a transaction, and epochs, are left out where they tell how many markers and steps Apache Kafka takes for it.
"""

import re
from typing import Any

from broker.wire.messages.add_offsets_to_txn import AddOffsetsToTxnRequest
from broker.wire.messages.add_partitions_to_txn import AddPartitionsToTxnRequest, AddPartitionsToTxnTopic
from broker.wire.messages.end_txn import EndTxnRequest
from broker.wire.messages.find_coordinator import FindCoordinatorRequest
from broker.wire.messages.init_producer_id import InitProducerIdRequest
from broker.wire.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from broker.wire.messages.list_transactions import ListTransactionsRequest
from broker.wire.messages.txn_offset_commit import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from broker.wire.messages.write_txn_markers import (
    WriteTxnMarkersRequest,
    WriteTxnMarkersRequestWritableTxnMarker,
    WriteTxnMarkersRequestWritableTxnMarkerTopic,
)
from tests.differential.raw_client import RawClient
from tests.differential.script import Stage, script
from tests.differential.scripts_data import batch, produce_request
from tests.differential.scripts_groups import COORDINATOR_ERRORS, coordinator
from tests.differential.topics import create
from tests.support.waiting import wait_until

CONCURRENT_TRANSACTIONS = 51
PASSING = (*COORDINATOR_ERRORS, CONCURRENT_TRANSACTIONS)
"""What Apache Kafka answers while it is still busy with the step before; here no step can be seen half done."""


class Producer:
    """A producer of one transactional id; ``producer_id`` and ``epoch`` may be set to what they are not."""

    def __init__(self, client: RawClient, name: str) -> None:
        self.client, self.name = client, name
        self.producer_id = self.epoch = -1

    def init(self, version: int = 4, timeout_ms: int = 60_000, **fields: Any) -> int:
        request = InitProducerIdRequest(transactional_id=self.name, transaction_timeout_ms=timeout_ms, **fields)
        self.client.call(10, 3, FindCoordinatorRequest(key=self.name, key_type=1))  # has Apache Kafka make its topic
        answer = settled(lambda: self.client.call(22, version, request))
        code: int = answer.error_code
        if not code:
            self.producer_id, self.epoch = answer.producer_id, answer.producer_epoch
        return code

    def add(self, version: int, topic: str, *indexes: int) -> list[int]:
        request = AddPartitionsToTxnRequest(
            v3_and_below_transactional_id=self.name,
            v3_and_below_producer_id=self.producer_id,
            v3_and_below_producer_epoch=self.epoch,
            v3_and_below_topics=[AddPartitionsToTxnTopic(name=topic, partitions=list(indexes))],
        )

        def ask() -> Any:
            (answered,) = self.client.call(24, min(version, 3), request).results_by_topic_v3_and_below
            return sorted(answered.results_by_partition, key=lambda each: each.partition_index)

        answers = wait_until(lambda seen: all(each.partition_error_code not in PASSING for each in seen), ask)
        return [each.partition_error_code for each in answers]

    def add_group(self, version: int, group: str) -> int:
        request = AddOffsetsToTxnRequest(
            transactional_id=self.name, producer_id=self.producer_id, producer_epoch=self.epoch, group_id=group
        )
        code: int = settled(lambda: self.client.call(25, version, request)).error_code
        return code

    def produce(self, version: int, topic: str, topic_id: bytes, sequence: int = 0, index: int = 0) -> int:
        fields = {"producer_id": self.producer_id, "producer_epoch": self.epoch, "base_sequence": sequence}
        request = produce_request(version, topic, topic_id, {index: batch(1, transactional=True, **fields)})
        request.transactional_id = self.name
        answer = wait_until(
            lambda seen: seen.error_code not in (*PASSING, 19),  # before version 12 the others come as NOT_ENOUGH_REPLICAS
            lambda: self.client.call(0, version, request).responses[0].partition_responses[0],
        )
        code: int = answer.error_code
        return code

    def commit_offset(self, version: int, group: str, topic: str, index: int = 0, **fields: Any) -> int:
        part = TxnOffsetCommitRequestPartition(partition_index=index, committed_offset=3)
        request = TxnOffsetCommitRequest(
            transactional_id=self.name,
            group_id=group,
            producer_id=self.producer_id,
            producer_epoch=self.epoch,
            topics=[TxnOffsetCommitRequestTopic(name=topic, partitions=[part])],
            **fields,
        )
        answer = settled(lambda: self.client.call(28, version, request).topics[0].partitions[0])
        code: int = answer.error_code
        return code

    def end(self, version: int, *, commit: bool = True) -> Any:
        request = EndTxnRequest(
            transactional_id=self.name, producer_id=self.producer_id, producer_epoch=self.epoch, committed=commit
        )
        return settled(lambda: self.client.call(26, version, request))


def settled(ask: Any) -> Any:
    return wait_until(lambda answer: answer.error_code not in PASSING, ask)


@script(26, range(5))
def transactions_before_kip_890(stage: Stage) -> None:
    """Each end, its repetition and its contradiction; producers that are late, unknown, or have nothing open."""
    client, topic, v = stage.client(), stage.name("t"), stage.version
    topic_id = create(client, topic, partitions=2)
    one = Producer(client, stage.name("x"))
    stage.record("init", one.init())
    stage.record("nothing_to_commit", one.end(v))
    stage.record("nothing_to_abort", one.end(v, commit=False))
    stage.record("unknown_partition", one.add(v, topic, 0, 7))
    stage.record("not_added", one.produce(9, topic, topic_id))
    stage.record("not_added_11", one.produce(11, topic, topic_id))
    for outcome in (True, False):
        name = "commit" if outcome else "abort"
        stage.record(f"{name}_added", one.add(v, topic, 0, 1))
        stage.record(f"{name}_added_again", one.add(v, topic, 1))
        stage.record(f"{name}_produced", one.produce(9, topic, topic_id, 0 if outcome else 1))
        stage.record(name, one.end(v, commit=outcome))
        stage.record(f"{name}_again", one.end(v, commit=outcome))
        stage.record(f"{name}_otherwise", one.end(v, commit=not outcome))
    late = Producer(client, one.name)
    late.producer_id, late.epoch = one.producer_id, one.epoch
    stage.record("successor", one.init())
    stage.record("late_add", late.add(v, topic, 0))
    stage.record("late_end", late.end(v))
    stage.record("added_for_late", one.add(v, topic, 0))
    stage.record("late_produce", late.produce(9, topic, topic_id, 2))
    one.end(v, commit=False)
    late.producer_id += 1000
    stage.record("other_producer_add", late.add(v, topic, 0))
    stage.record("other_producer_end", late.end(v))
    nobody = Producer(client, stage.name("nobody"))
    stage.record("nobody_add", nobody.add(v, topic, 0))
    stage.record("nobody_end", nobody.end(v))
    none = Producer(client, "")
    stage.record("none_add", none.add(v, topic, 0))
    stage.record("none_end", none.end(v))


@script(26, range(5, 6))
def transactions_of_kip_890(stage: Stage) -> None:
    """Partitions join by themselves, each end gives an epoch, and what comes late is fenced."""
    client, topic = stage.client(), stage.name("t")
    topic_id = create(client, topic, partitions=2)
    one = Producer(client, stage.name("x"))
    stage.record("init", one.init(5))
    start = (one.producer_id, one.epoch)

    def end(step: str, **how: Any) -> None:
        answer = one.end(5, **how)
        new_epoch = answer.producer_epoch - start[1] if answer.producer_epoch >= 0 else None
        stage.record(step, [answer.error_code, answer.producer_id == start[0], new_epoch])
        last.append((one.producer_id, one.epoch))
        if not answer.error_code:
            one.producer_id, one.epoch = answer.producer_id, answer.producer_epoch

    last: list[tuple[int, int]] = []
    end("nothing_to_commit")
    end("nothing_to_abort", commit=False)
    stage.record("produced", one.produce(12, topic, topic_id))
    stage.record("produced_more", one.produce(12, topic, topic_id, 1))
    stage.record("produced_beside", one.produce(12, topic, topic_id, 0, 1))
    end("commit")
    present = (one.producer_id, one.epoch)
    one.producer_id, one.epoch = last[-1]
    end("commit_again")
    one.producer_id, one.epoch = last[-1]
    end("commit_otherwise", commit=False)
    one.producer_id, one.epoch = last[-1]
    stage.record("late_produce", one.produce(12, topic, topic_id, 2))
    one.producer_id, one.epoch = present
    stage.record("produced_after", one.produce(12, topic, topic_id, 0))
    one.producer_id, one.epoch = last[-1]
    end("late_commit")
    one.producer_id, one.epoch = present
    end("abort", commit=False)
    end("abort_of_nothing", commit=False)


@script(28, range(6))
def offsets_in_transactions(stage: Stage) -> None:
    """A group that was not added, partitions that are not there, members that are none, producers that are late."""
    client, topic, group, v = stage.client(), stage.name("t"), stage.name("g"), stage.version
    create(client, topic)
    coordinator(client, group)
    one = Producer(client, stage.name("x"))
    stage.record("init", one.init())
    stage.record("no_group", one.add_group(min(v, 3), group))
    other = stage.name("other")
    stage.record("not_added", one.commit_offset(v, other, topic))
    stage.record("committed", one.commit_offset(v, group, topic))
    stage.record("unknown_partition", one.commit_offset(v, group, topic, 5))
    if v >= 3:
        stage.record("a_generation", one.commit_offset(v, group, topic, generation_id=3, member_id="m"))
        stage.record("a_member", one.commit_offset(v, group, topic, member_id="m"))
    late = Producer(client, one.name)
    late.producer_id, late.epoch = one.producer_id, one.epoch
    stage.record("successor", one.init())
    stage.record("late_offsets", late.commit_offset(v, group, topic))
    stage.record("late_group", late.add_group(min(v, 4), group))
    late.producer_id += 1000
    stage.record("other_producer", late.commit_offset(v, group, topic))


@script(22, range(3, 6))
def producers_that_say_who_they_are(stage: Stage) -> None:
    """KIP-360: the present epoch, the one before it, others; and timeouts that are none."""
    client, v = stage.client(), stage.version
    one = Producer(client, stage.name("x"))
    stage.record("init", one.init(v))
    first = {"producer_id": one.producer_id, "producer_epoch": one.epoch}
    stage.record("present", one.init(v, **first))
    second = one.epoch
    stage.record("present_again", one.init(v, **first))
    stage.record("same_answer", one.epoch == second)
    stage.record("future", one.init(v, producer_id=one.producer_id, producer_epoch=one.epoch + 7))
    stage.record("other", one.init(v, producer_id=one.producer_id + 1000, producer_epoch=0))
    for timeout_ms in (0, -1, 900_001):
        stage.record(f"timeout_{timeout_ms}", one.init(v, timeout_ms))


@script(66, range(3))
def transactional_ids_listed(stage: Stage) -> None:
    """By state, by producer, by how long they are open, and by a regular expression over the whole id."""
    client, topic, v = stage.client(), stage.name("t"), stage.version
    create(client, topic)
    one, two = Producer(client, stage.name("x-1")), Producer(client, stage.name("x-22"))
    for each in (one, two):
        each.init()
    one.add(3, topic, 0)
    ours = {one.name: "one", two.name: "two"}

    def ask(step: str, **fields: Any) -> None:
        answer = settled(lambda: client.call(66, v, ListTransactionsRequest(**fields)))
        found = sorted((ours[each.transactional_id], each.transaction_state) for each in answer.transaction_states if each.transactional_id in ours)
        stage.record(step, [answer.error_code, sorted(answer.unknown_state_filters), found])

    ask("all")
    ask("open", state_filters=["Ongoing"])
    ask("odd", state_filters=["Odd", "Ongoing"])
    ask("one_producer", producer_id_filters=[two.producer_id])
    if v >= 1:
        ask("long", duration_filter=3_600_000)
    if v >= 2:
        for name, pattern in {
            "empty": "",
            "whole": re.escape(one.name),
            "part": re.escape(one.name[:-1]),
            "any": ".*x-[0-9]+",
            "alternatives": f"nothing|{re.escape(two.name)}",
            "no_pattern": "x-(",
            "look_ahead": "(?=x).*",
            "repeated_twice": "x**",
        }.items():
            ask(f"pattern_{name}", transactional_id_pattern=pattern)
    one.end(4, commit=False)


@script(27, range(1, 3))
def markers_from_outside(stage: Stage) -> None:
    """What `kafka-transactions abort` asks for: where something is open, where nothing is, and with epochs that are wrong."""
    client, topic, v = stage.client(), stage.name("t"), stage.version
    topic_id = create(client, topic, partitions=3)
    one = Producer(client, stage.name("x"))
    one.init()
    one.add(3, topic, 0, 1)
    one.produce(9, topic, topic_id)
    one.produce(9, topic, topic_id, 0, 1)

    def ask(step: str, index: int, above: int = 0, version: int = 0, **fields: Any) -> None:
        named = WriteTxnMarkersRequestWritableTxnMarkerTopic(name=topic, partition_indexes=[index])
        marker = WriteTxnMarkersRequestWritableTxnMarker(
            producer_id=one.producer_id, producer_epoch=one.epoch + above, topics=[named], transaction_version=version, **fields
        )
        answer = client.call(27, v, WriteTxnMarkersRequest(markers=[marker]))
        stage.record(step, [part.error_code for of in answer.markers for each in of.topics for part in each.partitions])

    def ends(step: str) -> None:
        for level in (0, 1):
            parts = [ListOffsetsPartition(partition_index=index, timestamp=-1) for index in range(3)]
            request = ListOffsetsRequest(replica_id=-1, isolation_level=level, topics=[ListOffsetsTopic(name=topic, partitions=parts)])
            (answered,) = client.call(2, 7, request).topics
            stage.record(f"{step}_{level}", sorted((each.partition_index, each.offset) for each in answered.partitions))

    stage.record("nothing", len(client.call(27, v, WriteTxnMarkersRequest()).markers))
    ask("unknown_partition", 9)
    if v >= 2:
        ask("same_epoch_with_bumps", 0, version=2)
    ask("abort", 0)
    ask("abort_again", 0)
    ask("where_it_never_was", 2)
    ask("coordinator_of_before", 0, coordinator_epoch=-1)
    ends("aborted")
    stage.record("goes_on", one.produce(9, topic, topic_id, 1))
    ends("went_on")
    stage.record("commit", one.end(4).error_code)
    one.add(3, topic, 1)
    stage.record("produced", one.produce(9, topic, topic_id, 1, 1))
    ask("fence", 1, above=1, transaction_result=True)
    stage.record("fenced", one.produce(9, topic, topic_id, 2, 1))
    ask("late", 1)
    stage.record("ended", one.end(4).error_code)
    ends("ended")
