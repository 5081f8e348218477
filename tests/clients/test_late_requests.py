"""Requests of a transactional producer that come late over a connection it has given up, on real sockets (KAFKA-17754)."""

import itertools

import pytest

from broker.wire.messages.end_txn import EndTxnRequest
from broker.wire.messages.init_producer_id import InitProducerIdRequest
from tests.clients.brokers import target_is_kafka
from tests.clients.raw_clients import GROUP, TRANSACTIONAL_ID, address_of_coordinator
from tests.clients.test_matrix import new_name
from tests.differential.raw_client import Closed, RawClient
from tests.differential.scripts_transactions import Producer
from tests.differential.topics import create
from tests.support.process import ServerProcess

pytestmark = pytest.mark.skipif(target_is_kafka(), reason="Apache Kafka lets the late request through")

INIT_PRODUCER_ID = 22
END_TXN = 26
PRODUCE_BEFORE_KIP_890 = 9


def two_connections(broker: ServerProcess) -> tuple[str, str, RawClient, RawClient]:
    """Names of a transactional id and of a group that one broker coordinates, and connections to it: there they are compared."""
    name = new_name("txn")
    address = address_of_coordinator(broker.bootstrap, TRANSACTIONAL_ID, name)
    groups = (new_name("group") for _ in itertools.count())
    group = next(group for group in groups if address_of_coordinator(broker.bootstrap, GROUP, group) == address)
    return name, group, RawClient(address), RawClient(address)


def over(client: RawClient, producer: Producer) -> Producer:
    """The same producer, over another connection."""
    other = Producer(client, producer.name)
    other.producer_id, other.epoch = producer.producer_id, producer.epoch
    return other


def end_of(producer: Producer, *, commit: bool) -> EndTxnRequest:
    return EndTxnRequest(
        transactional_id=producer.name,
        producer_id=producer.producer_id,
        producer_epoch=producer.epoch,
        committed=commit,
    )


@pytest.mark.parametrize("version", [0, 2, 4])
def test_a_late_end_of_one_transaction_leaves_the_next_alone(version: int, broker: ServerProcess) -> None:
    """The client sent it again over a new connection and began another transaction, which it commits."""
    name, _, first, second = two_connections(broker)
    topic = new_name("late-end")
    topic_id = create(first, topic)
    before = Producer(first, name)
    assert before.init() == 0
    assert before.add(version, topic, 0) == [0]
    assert before.produce(PRODUCE_BEFORE_KIP_890, topic, topic_id, 0) == 0
    after = over(second, before)
    assert after.end(version, commit=False).error_code == 0
    assert after.add(version, topic, 0) == [0]
    assert after.produce(PRODUCE_BEFORE_KIP_890, topic, topic_id, 1) == 0

    assert before.client.call(END_TXN, version, end_of(before, commit=False)) == Closed()
    assert after.end(version, commit=True).error_code == 0
    first.close()
    second.close()


@pytest.mark.parametrize("what", ["add", "add_group", "offsets", "produce"])
def test_nothing_late_joins_the_next_transaction(what: str, broker: ServerProcess) -> None:
    """Partitions, groups, offsets and records alike: the connection is closed, and the producer goes on over the other."""
    name, group, first, second = two_connections(broker)
    topic = new_name("late")
    topic_id = create(first, topic)
    before = Producer(first, name)
    assert before.init() == 0
    for producer in (before, over(second, before)):
        assert producer.add(3, topic, 0) == [0]
        assert producer.add_group(3, group) == 0
        assert producer.commit_offset(3, group, topic) == 0
        assert producer.produce(PRODUCE_BEFORE_KIP_890, topic, topic_id, int(producer is not before)) == 0
    late = {
        "add": lambda: before.add(3, topic, 0),
        "add_group": lambda: before.add_group(3, group),
        "offsets": lambda: before.commit_offset(3, group, topic),
        "produce": lambda: before.produce(PRODUCE_BEFORE_KIP_890, topic, topic_id, 2),
    }[what]

    with pytest.raises(AttributeError, match="Closed"):  # no answer to look at
        late()
    after = over(second, before)
    assert after.end(3).error_code == 0
    # Whoever wrongly was taken for late connects anew, and is heard.
    assert over(first, before).add(3, topic, 0) == [0]
    assert over(first, before).end(3).error_code == 0
    first.close()
    second.close()


def test_a_data_connection_may_be_newer_than_the_one_to_the_coordinator(broker: ServerProcess) -> None:
    """As with librdkafka, which has one for each; both stay."""
    name, _, coordinator, data = two_connections(broker)
    topic = new_name("two-connections")
    topic_id = create(coordinator, topic)
    producer = Producer(coordinator, name)
    assert producer.init() == 0
    for sequence in range(3):
        assert producer.add(3, topic, 0) == [0]
        assert over(data, producer).produce(PRODUCE_BEFORE_KIP_890, topic, topic_id, sequence) == 0
        assert producer.end(3).error_code == 0
    coordinator.close()
    data.close()


def test_a_successor_may_sit_on_an_older_connection(broker: ServerProcess) -> None:
    """Who initialises begins anew."""
    name, _, older, newer = two_connections(broker)
    topic = new_name("successor")
    create(older, topic)
    predecessor, successor = Producer(newer, name), Producer(older, "")
    assert predecessor.init() == 0
    assert predecessor.add(3, topic, 0) == [0]
    successor.name = predecessor.name
    assert successor.init() == 0
    assert successor.add(3, topic, 0) == [0]
    assert successor.end(3).error_code == 0
    assert predecessor.client.call(INIT_PRODUCER_ID, 4, InitProducerIdRequest(transactional_id=None)).error_code == 0
    older.close()
    newer.close()
