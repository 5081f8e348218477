"""Clients with transactional producers do what transactions are for: commit, abort, be fenced, carry offsets, outlive a restart."""

import uuid
from collections.abc import Iterable
from typing import Any

import pytest

from tests.clients.catalog import BY_NAME, ClientSpec
from tests.clients.conftest import DriverOf
from tests.clients.driver import ClientError, Driver
from tests.clients.test_matrix import DEADLINE_MS, b64, new_name, new_topic
from tests.support.process import ServerProcess

CLIENTS = ("java-4", "java-3", "confluent-kafka", "aiokafka", "franz-go")
"""java-4 and franz-go follow KIP-890: they take an epoch from every EndTxn and leave adding partitions to the broker."""

CARRY_FOR_MEMBERS_ONLY = ("franz-go",)
"""These put offsets into a transaction only for a group that they are a member of."""

TIMED_OUT = {
    "java-4": "invalidtxnstate",
    "java-3": "producerfenced",
    "confluent-kafka": "fenced by a newer instance",
    "aiokafka": "transaction timeout occurred",
    "franz-go": "invalidtxnstate",
}
"""What each says of a commit that comes after the broker has aborted the transaction."""


def _each(names: Iterable[str]) -> pytest.MarkDecorator:
    specs = [pytest.param(BY_NAME[name], id=name, marks=pytest.mark.xdist_group(name)) for name in names]
    return pytest.mark.parametrize("spec", specs)


every_client = _each(CLIENTS)


class Producer:
    """A transactional producer of one client."""

    def __init__(self, driver: Driver, broker: ServerProcess, transactional_id: str, timeout_ms: int = 60_000) -> None:
        self.driver = driver
        self.name = uuid.uuid4().hex
        self.call("open", bootstrap=broker.bootstrap, transactional_id=transactional_id, timeout_ms=timeout_ms)

    def call(self, op: str, **args: Any) -> None:
        self.driver.call(f"txn_{op}", producer=self.name, **args)

    def send(self, topic: str, *values: str, partition: int = 0) -> None:
        self.call("send", topic=topic, partition=partition, values=list(values))

    def commit_one(self, topic: str, *values: str) -> None:
        self.call("begin")
        self.send(topic, *values)
        self.call("commit")


def read(driver: Driver, broker: ServerProcess, topic: str, count: int, isolation: str) -> list[str]:
    """At least ``count`` values of a topic with one partition, in order."""
    answer = driver.call(
        "read", bootstrap=broker.bootstrap, topic=topic, count=count, deadline_ms=DEADLINE_MS, isolation=isolation
    )
    return [record["value"] for record in answer["records"]]


def coded(values: Iterable[str]) -> list[str]:
    return [b64(value) for value in values]


@every_client
def test_what_is_committed_is_read_and_what_is_aborted_is_not(
    spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf
) -> None:
    """By read_committed consumers of every client; others see everything but the markers."""
    driver = driver_of(spec.name)
    topic = new_topic(driver, broker, "transactions", 1)
    producer = Producer(driver, broker, new_name("txn"))
    producer.commit_one(topic, "a", "b")
    producer.call("begin")
    producer.send(topic, "never")
    producer.call("abort")
    producer.commit_one(topic, "c")

    for name in CLIENTS:
        assert coded("abc") == read(driver_of(name), broker, topic, 3, "read_committed"), name
    assert coded(["a", "b", "never", "c"]) == read(driver, broker, topic, 4, "read_uncommitted")
    producer.call("close")


@every_client
def test_an_open_transaction_holds_readers_back(spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf) -> None:
    """Who waits at the last stable offset gets the records when the transaction is committed, and what came after them."""
    driver = driver_of(spec.name)
    topic = new_topic(driver, broker, "held-back", 1)
    open_, plain = Producer(driver, broker, new_name("txn")), Producer(driver, broker, new_name("txn"))
    open_.call("begin")
    open_.send(topic, "first")
    plain.commit_one(topic, "second")
    answer = driver.submit(
        "read",
        bootstrap=broker.bootstrap,
        topic=topic,
        count=2,
        deadline_ms=DEADLINE_MS,
        isolation="read_committed",
    )
    assert coded(["first", "second"]) == read(driver, broker, topic, 2, "read_uncommitted")
    assert not answer.done()
    open_.call("commit")

    assert coded(["first", "second"]) == [record["value"] for record in answer.result(90)["records"]]


@every_client
def test_a_second_producer_fences_the_first(spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf) -> None:
    """What the first had open is aborted, and it learns of it when it wants to go on."""
    driver = driver_of(spec.name)
    topic = new_topic(driver, broker, "fencing", 1)
    transactional_id = new_name("txn")
    first = Producer(driver, broker, transactional_id)
    first.call("begin")
    first.send(topic, "zombie")
    second = Producer(driver, broker, transactional_id)

    with pytest.raises(ClientError) as raised:
        first.call("commit")
    assert "fenced" in raised.value.text or "epoch" in raised.value.text
    second.commit_one(topic, "alive")
    assert coded(["alive"]) == read(driver, broker, topic, 1, "read_committed")


@every_client
def test_a_transaction_that_takes_too_long_is_aborted(spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf) -> None:
    """By the broker, whatever its producer still wants: its commit is refused, in the words of its library, and a successor works."""
    driver = driver_of(spec.name)
    topic = new_topic(driver, broker, "timeout", 1)
    transactional_id = new_name("txn")
    slow, other = Producer(driver, broker, transactional_id, timeout_ms=1000), Producer(driver, broker, new_name("txn"))
    slow.call("begin")
    slow.send(topic, "late")
    other.commit_one(topic, "behind")
    # Readers get past it only when it has ended.
    assert coded(["behind"]) == read(driver, broker, topic, 1, "read_committed")

    with pytest.raises(ClientError) as raised:
        slow.call("commit")
    assert TIMED_OUT[spec.name] in raised.value.text
    Producer(driver, broker, transactional_id).commit_one(topic, "next")
    assert coded(["behind", "next"]) == read(driver, broker, topic, 2, "read_committed")


@_each(("java-4", "franz-go"))
def test_an_abort_after_a_timeout_lets_the_producer_go_on(spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf) -> None:
    """Clients that take an epoch from every end (KIP-890) take the one that the broker's own abort has left."""
    driver = driver_of(spec.name)
    topic = new_topic(driver, broker, "recovery", 1)
    slow = Producer(driver, broker, new_name("txn"), timeout_ms=1000)
    slow.call("begin")
    slow.send(topic, "late")
    Producer(driver, broker, new_name("txn")).commit_one(topic, "behind")
    assert coded(["behind"]) == read(driver, broker, topic, 1, "read_committed")

    slow.call("abort")
    slow.commit_one(topic, "anew")
    assert coded(["behind", "anew"]) == read(driver, broker, topic, 2, "read_committed")


@_each(name for name in CLIENTS if name not in CARRY_FOR_MEMBERS_ONLY)
def test_offsets_take_effect_with_the_commit(spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf) -> None:
    """And not with an abort."""
    driver = driver_of(spec.name)
    topic = new_topic(driver, broker, "offsets", 1)
    group = new_name("group")
    producer = Producer(driver, broker, new_name("txn"))

    def committed() -> dict[str, int]:
        found: dict[str, int] = driver.call("group_offsets", bootstrap=broker.bootstrap, group=group, topic=topic)[
            "offsets"
        ]
        return found

    producer.call("begin")
    producer.send(topic, "a", "b", "c")
    producer.call("offsets", group=group, topic=topic, partition=0, offset=2)
    producer.call("commit")
    assert committed() == {"0": 2}
    producer.call("begin")
    producer.send(topic, "d")
    producer.call("offsets", group=group, topic=topic, partition=0, offset=3)
    producer.call("abort")
    assert committed() == {"0": 2}


@every_client
def test_a_transaction_outlives_a_restart(spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf) -> None:
    """A kill in the middle loses neither what was sent nor that it is not committed yet."""
    driver = driver_of(spec.name)
    topic = new_topic(driver, broker, "restart", 1)
    producer = Producer(driver, broker, new_name("txn"))
    producer.commit_one(topic, "before")
    producer.call("begin")
    producer.send(topic, "between")
    broker.kill()
    broker.start()
    assert coded(["before"]) == read(driver, broker, topic, 1, "read_committed")
    producer.send(topic, "after")
    producer.call("commit")

    assert coded(["before", "between", "after"]) == read(driver, broker, topic, 3, "read_committed")
