"""A broker that is killed while members of a share group fetch and acknowledge: what was acknowledged never comes again."""

import os
import random
import threading
import time
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from broker.wire.api import ApiKey
from broker.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from tests.differential.raw_client import RawClient
from tests.durability.share_member import Promises, RawMember
from tests.support.penstock import Penstock

pytestmark = pytest.mark.durability

ROUNDS = int(os.environ.get("PENSTOCK_KILL_ROUNDS", "3"))
SEED = int(os.environ.get("PENSTOCK_KILL_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
PARTITIONS = 2
RECORDS = 100 * ROUNDS
GIVEN_AT_ONCE = 300
DELIVERIES_A_LIFE = 60
GROUP = "shared"


def topic_with_records(bootstrap: str, records: int) -> bytes:
    """The id of a new topic, its records written; the group is to read them from the start and may deliver often."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic("t", PARTITIONS, 1)])["t"].result(30)
    entries = [
        ConfigEntry("share.auto.offset.reset", "earliest", incremental_operation=AlterConfigOpType.SET),
        ConfigEntry("share.delivery.count.limit", "10", incremental_operation=AlterConfigOpType.SET),
    ]
    for done in admin.incremental_alter_configs([ConfigResource(ResourceType.GROUP, GROUP, incremental_configs=entries)]).values():
        done.result(30)
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0, "batch.num.messages": 7})
    for number in range(records):
        for partition in range(PARTITIONS):
            producer.produce("t", value=b"%d" % number, partition=partition)
    assert producer.flush(30) == 0
    client = RawClient(bootstrap)
    answer = client.call(ApiKey.METADATA, 12, MetadataRequest(topics=[MetadataRequestTopic(name="t")]))
    client.close()
    topic_id: bytes = answer.topics[0].topic_id
    return topic_id


def consume(member: RawMember, promises: Promises, seed: int, lock: threading.Lock, enough: threading.Event, until: int) -> None:
    chance = random.Random(seed)
    while True:
        with lock:
            if not member.step(promises, chance):
                return
            if promises.total >= until:
                enough.set()


@pytest.mark.timeout(120 + 10 * ROUNDS)
def test_what_was_acknowledged_never_comes_again(tmp_path: Path) -> None:
    """Killed again and again; what was only delivered comes again, and counts no fewer deliveries than were stored."""
    print(f"PENSTOCK_KILL_SEED={SEED}")
    chance = random.Random(SEED)
    broker = Penstock(tmp_path / "data").start()
    try:
        topic_id = topic_with_records(broker.bootstrap, RECORDS)
        promises = Promises()
        lock = threading.Lock()
        founder = RawMember(broker.bootstrap, GROUP, "founder", topic_id, PARTITIONS)
        founder.join()
        founder.close()
        for life in range(ROUNDS):
            members = [RawMember(broker.bootstrap, GROUP, f"m{number}", topic_id, PARTITIONS, life) for number in range(3)]
            enough = threading.Event()
            until = promises.total + DELIVERIES_A_LIFE
            threads = [
                threading.Thread(target=consume, args=(member, promises, chance.getrandbits(32), lock, enough, until)) for member in members
            ]
            for thread in threads:
                thread.start()
            assert enough.wait(60), "nothing is delivered"
            enough.wait(chance.random() / 10)
            broker.kill()
            for thread in threads:
                thread.join(60)
            for member in members:
                member.close()
            broker.start()
        finish(broker.bootstrap, topic_id, promises)
    finally:
        broker.stop()
    assert not promises.broken, promises.broken[:10]
    everything = {(partition, offset) for partition in range(PARTITIONS) for offset in range(RECORDS)}
    given_up = {place for place in everything - promises.done - promises.maybe_done if promises.deliveries[place] >= 9}
    missing = everything - promises.done - promises.maybe_done - given_up
    assert not missing, sorted(missing)[:10]


def test_a_stop_lets_members_go_and_forgets_nothing(tmp_path: Path) -> None:
    """Who waits for records is answered at once, and how often a record was delivered is still known."""
    broker = Penstock(tmp_path / "data").start()
    try:
        topic_id = topic_with_records(broker.bootstrap, GIVEN_AT_ONCE)
        one, two = (RawMember(broker.bootstrap, GROUP, name, topic_id, 1) for name in ("one", "two"))
        one.join()
        given = one.fetch(max_records=GIVEN_AT_ONCE)
        assert given == {(0, offset): 1 for offset in range(GIVEN_AT_ONCE)}
        assert one.acknowledge({(0, 0): 1})
        assert two.fetch(max_wait_ms=0) == {}
        waiting = threading.Thread(target=lambda: two.fetch(max_wait_ms=60_000))
        waiting.start()
        began = time.monotonic()
        broker.stop()
        waiting.join(60)
        assert time.monotonic() - began < 20
        one.close()
        two.close()
        broker.start()
        again = RawMember(broker.bootstrap, GROUP, "again", topic_id, 1)
        assert again.fetch(max_records=GIVEN_AT_ONCE) == {(0, offset): 2 for offset in range(1, GIVEN_AT_ONCE)}
        again.close()
    finally:
        broker.stop()


def finish(bootstrap: str, topic_id: bytes, promises: Promises) -> None:
    """One member takes what is left."""
    member = RawMember(bootstrap, GROUP, "last", topic_id, PARTITIONS, ROUNDS)
    while given := member.fetch(max_wait_ms=1000):
        for place, count in given.items():
            promises.delivered(place, count, ROUNDS)
        assert member.acknowledge(dict.fromkeys(given, 1))
        promises.done |= given.keys()
    member.close()
