"""At every step of a transaction its client or the broker is killed, for every client that has transactions.

One scene for each client and victim: a driver takes one transaction to each step (nine transactions, each with a transactional id of its
own), then the victim is killed, and every test looks at the transaction that was left at its step. Where the client died a successor with
the same transactional id comes; where the broker died it is started again and the client goes on. A proxy holds requests and answers, so
that "under way" is a fact and not luck. In each case readers see the whole transaction or nothing of it, the group's offset says the same,
and in the end nothing is left open: the last stable offset is the high watermark.

In a cluster each broker has a proxy before it, and "the broker is killed" means that each of them is, one after the other, as soon as the one before
is back: whoever coordinated a transaction, coordinated its group or led its partitions is among them, and so may be who took that over.

`PENSTOCK_TEST_TARGET=kafka` runs the same against Apache Kafka. What client libraries do wrong there as well is in `GIVES_UP` and `NO_ANSWER`.
One client at a time (`-k aiokafka`): Apache Kafka that was killed before was seen to leave a commit that it had answered without markers for
longer than is waited for here.
"""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, IsolationLevel, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from tests.clients.brokers import brokers_of, count_of_brokers, target_broker, target_is_kafka
from tests.clients.catalog import BY_NAME, ClientSpec
from tests.clients.driver import ClientError, Driver
from tests.clients.test_matrix import new_name
from tests.support.process import ServerProcess
from tests.support.waiting import wait_until
from tests.support.wire_proxy import Hold, WireProxy
from tests.toolchain import required

CLIENTS = ("java-4", "confluent-kafka", "aiokafka", "franz-go")
SESSIONS = ("franz-go",)
"""These carry offsets for members of a group only, and send them when the transaction is committed."""

STEPS = (
    "init",
    "begin",
    "produce-unanswered",
    "produce",
    "offsets",
    "before-commit",
    "commit-unsent",
    "commit-unanswered",
    "commit",
)
DECIDED = frozenset({"commit-unanswered", "commit"})
"""From here on the broker has committed, whatever the client knows."""

GIVES_UP = {"franz-go": ("connection refused", "rebalanced", "eof", "reset by peer", "broken pipe")}
"""What clients say that do not repeat the end of a transaction when they cannot reach the broker, but leave it to the application to
start again: a transaction whose end the broker never heard is then aborted by the successor."""

NO_ANSWER = {"confluent-kafka": 5.0 * count_of_brokers()}
"""Whose call for the offsets may never return once the broker was restarted, and how long that is waited for here. When librdkafka has put
offsets of a group into an earlier transaction and is not connected to that group's coordinator, it waits for somebody else to connect it,
beyond its timeout (librdkafka #5456, #5511). In a cluster a new producer was seen to do so, too, whose group's coordinator had just moved: it sent the offsets
when its transaction had timed out."""

TIMEOUT_MS = 60_000 * count_of_brokers()
"""Of a transaction: longer than it takes to start all brokers anew."""

PRODUCE, END_TXN, TXN_OFFSET_COMMIT = 0, 26, 28
PARTITIONS = 2
INPUTS = 3
PATIENCE_S = 90.0
QUIET = {"log_level": 0, "reconnect.backoff.max.ms": 200}


@dataclass(frozen=True)
class WayIn:
    """Where clients are to begin, and how a frame of theirs is held back wherever they are then sent."""

    bootstrap: str
    hold: Callable[..., Hold]


class Walk:
    """One transaction with names of its own, from taking over its id to after its commit; it can stop at any step.

    It puts a record into either partition of its output and says that the three records of its input are read.
    """

    def __init__(self, spec: ClientSpec, way_in: WayIn, step: str) -> None:
        self.spec, self.way_in, self.step = spec, way_in, step
        self.transactional_id, self.group = new_name(f"txn-{step}"), new_name(f"group-{step}")
        self.input, self.output = new_name(f"in-{step}"), new_name(f"out-{step}")
        self.in_session = spec.name in SESSIONS
        self._ending: Future[dict[str, Any]] | None = None
        self._done: set[str] = set()
        self._to_take = INPUTS
        self.value = "first"
        self.offset = INPUTS

    def next_life(self, driver: Driver, value: str, to_take: int) -> None:
        """A whole transaction of a new producer, with another value and offsets that go on."""
        self.driver, self.producer = driver, uuid.uuid4().hex
        self.value, self._to_take = value, to_take
        self.offset += INPUTS
        self._ending = None
        self._done = set()
        self.go_on()

    def again(self, value: str) -> None:
        """The next transaction of the same producer, up to where its first record is acknowledged."""
        self.value = value
        self.offset += INPUTS
        self._ending = None
        self._done = {"init"}
        if self.in_session:
            self.driver.call("session_take", producer=self.producer, count=INPUTS)
        self._go("begin", lambda: self._call("begin"))
        self._go("produce", self._produce)

    def go_to_step(self, driver: Driver) -> None:
        """Up to where this walk stops, and not further."""
        self.driver, self.producer = driver, uuid.uuid4().hex
        self._go("init", self._open)
        if self.step == "init":
            return
        self._go("begin", lambda: self._call("begin"))
        if self.step == "begin":
            return
        if self.step == "produce-unanswered":
            hold = self.way_in.hold(PRODUCE, self.transactional_id, answer=True)
            self._go("produce", lambda: self._call("queue", topic=self.output, partition=0, values=[self.value]))
            hold.wait()
            return
        self._go("produce", self._produce)
        if self.step == "produce":
            return
        if self.step == "offsets" and self.in_session:
            self._end_and_wait(self.way_in.hold(TXN_OFFSET_COMMIT, self.transactional_id, answer=True))
            return
        self._go("offsets", self._offsets)
        if self.step == "offsets":
            return
        self._go("before-commit", self._produce_more)
        if self.step == "commit-unsent":
            self._end_and_wait(self.way_in.hold(END_TXN, self.transactional_id))
        elif self.step == "commit-unanswered":
            self._end_and_wait(self.way_in.hold(END_TXN, self.transactional_id, answer=True))
        elif self.step == "commit":
            self._call("commit")
            self._done.add("commit")

    def go_on(self) -> None:
        """From where it stopped to the end of the commit; raises what the client raises."""
        self._go("init", self._open)
        self._go("begin", lambda: self._call("begin"))
        self._go("produce", self._produce)
        if self._ending is None:
            self._go("offsets", self._offsets)
            self._go("before-commit", self._produce_more)
            self._go("commit", lambda: self._call("commit"))
        else:
            self._ending.result(PATIENCE_S)

    def close(self) -> None:
        self._call("close")

    def _go(self, name: str, act: Callable[[], None]) -> None:
        if name not in self._done:
            self._done.add(name)
            act()

    def _open(self) -> None:
        about = {"bootstrap": self.way_in.bootstrap, "transactional_id": self.transactional_id, "timeout_ms": TIMEOUT_MS}
        if self.in_session:
            self.driver.call("session_open", producer=self.producer, group=self.group, topic=self.input, **about)
            self.driver.call("session_take", producer=self.producer, count=self._to_take)
        else:
            self._call("open", **about)

    def _produce(self) -> None:
        self._call("send", topic=self.output, partition=0, values=[self.value])

    def _produce_more(self) -> None:
        self._call("send", topic=self.output, partition=1, values=[self.value])

    def _offsets(self) -> None:
        if not self.in_session:
            self._call("offsets", group=self.group, topic=self.input, partition=0, offset=self.offset)

    def _end_and_wait(self, hold: Hold) -> None:
        self._go("before-commit", self._produce_more)
        self._ending = self.driver.submit("txn_commit", producer=self.producer)
        hold.wait()

    def _call(self, op: str, **args: Any) -> None:
        self.driver.call(f"txn_{op}", producer=self.producer, **args)


class Sight:
    """What can be seen from outside."""

    def __init__(self, bootstrap: str) -> None:
        self._settings = {**QUIET, "bootstrap.servers": bootstrap}
        self._admin = AdminClient(self._settings)
        self._producer = Producer(self._settings)

    def create(self, walks: list[Walk]) -> None:
        topics = [NewTopic(walk.input, 1, 1) for walk in walks] + [
            NewTopic(walk.output, PARTITIONS, 1) for walk in walks
        ]
        for made in self._admin.create_topics(topics).values():
            made.result(PATIENCE_S)
        for walk in walks:
            self.fill(walk)

    def fill(self, walk: Walk) -> None:
        for number in range(INPUTS):
            self._producer.produce(walk.input, str(number).encode(), partition=0)
        assert self._producer.flush(PATIENCE_S) == 0

    def results(self, walk: Walk) -> list[list[str]]:
        """The values of each partition of the output as read_committed readers see them, up to where they must stop."""
        consumer = Consumer(
            {
                **self._settings,
                "group.id": new_name("sight"),
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 10,
            }
        )
        try:
            consumer.assign([TopicPartition(walk.output, partition, 0) for partition in range(PARTITIONS)])
            found: list[list[str]] = [[] for _ in range(PARTITIONS)]
            ended: set[int] = set()
            while len(ended) < PARTITIONS:
                message = consumer.poll(PATIENCE_S)
                assert message is not None
                if message.error() is None:
                    found[message.partition()].append(message.value().decode())
                else:
                    assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                    ended.add(message.partition())
            return found
        finally:
            consumer.close()

    def offset(self, walk: Walk) -> int:
        """What is committed for the group, 0 when nothing is; asked so that an open transaction is no reason to wait."""
        consumer = Consumer({**self._settings, "group.id": walk.group, "isolation.level": "read_uncommitted"})
        try:
            return max(0, consumer.committed([TopicPartition(walk.input, 0)], PATIENCE_S)[0].offset)
        finally:
            consumer.close()

    def open_partitions(self, walk: Walk) -> list[int]:
        """Where readers are held back: the last stable offset is not the high watermark."""
        parts = [TopicPartition(walk.output, partition) for partition in range(PARTITIONS)]
        asked = dict.fromkeys(parts, OffsetSpec.latest())
        stable, high = (
            [
                found.result(PATIENCE_S).offset
                for found in self._admin.list_offsets(asked, isolation_level=level).values()
            ]
            for level in (IsolationLevel.READ_COMMITTED, IsolationLevel.READ_UNCOMMITTED)
        )
        return [partition for partition in range(PARTITIONS) if stable[partition] != high[partition]]


class World:
    """Each broker behind a proxy, and one running driver of each client, for as long as the module's tests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drivers: dict[str, Driver] = {}
        self.proxies: list[WireProxy] = []
        for index in range(count_of_brokers()):
            first = self.proxies[0] if self.proxies else None
            self.proxies.append(WireProxy(lambda index=index: brokers_of(self.broker)[index].bootstrap, first))  # type: ignore[misc]
        settings: dict[str, str | int] = {
            # Apache Kafka makes these topics when they are first used, and opens them anew after a kill.
            "offsets.topic.num.partitions": 3,
            "transaction.state.log.num.partitions": 3,
        }
        addresses = [proxy.address for proxy in self.proxies]
        self.broker: ServerProcess = target_broker(folder, settings, addresses)
        self.way_in = WayIn(",".join(addresses), self.proxies[0].hold)

    def driver(self, name: str) -> Driver:
        if name not in self._drivers:
            self._drivers[name] = Driver(name, required(BY_NAME[name].runner), self._folder / f"{name}.log")
        return self._drivers[name]

    def restart_broker(self) -> None:
        """A kill; nobody answers at its address until it is back. In a cluster one broker after the other."""
        for broker, proxy in zip(brokers_of(self.broker), self.proxies, strict=True):
            broker.kill()
            proxy.close()
            broker.start()
            proxy.open()

    def kill_driver(self, name: str) -> None:
        self._drivers.pop(name).kill()

    def close(self) -> None:
        for driver in self._drivers.values():
            driver.kill()
        for proxy in self.proxies:
            proxy.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("crashes"))
    try:
        with world.broker:
            yield world
    finally:
        world.close()


@pytest.fixture(scope="module")
def scene(spec: ClientSpec, victim: str, world: World) -> dict[str, Walk]:
    """A transaction at each step, and the victim is dead: the client for good, the broker is back."""
    walks = [Walk(spec, world.way_in, step) for step in STEPS]
    Sight(world.broker.bootstrap).create(walks)
    for walk in walks:
        walk.go_to_step(world.driver(spec.name))
    if victim == "client":
        world.kill_driver(spec.name)
    else:
        world.restart_broker()
    return {walk.step: walk for walk in walks}


every_client = pytest.mark.parametrize(
    "spec", [pytest.param(BY_NAME[name], id=name) for name in CLIENTS], scope="module"
)
every_step = pytest.mark.parametrize("step", STEPS)


def shows(sight: Sight, walk: Walk, values: list[str], offset: int) -> None:
    """Both partitions show these values, and the group's offset is in agreement; at once, but where the transaction's coordinator and the leaders are
    several brokers, and at Apache Kafka, in the end."""

    def seen() -> tuple[list[list[str]], int]:
        return sight.results(walk), sight.offset(walk)

    expected = ([values] * PARTITIONS, offset)
    at_once = not target_is_kafka() and count_of_brokers() == 1
    assert (seen() if at_once else wait_until(lambda found: found == expected, seen)) == expected


def succeed(world: World, sight: Sight, walk: Walk) -> None:
    """The next producer with the same transactional id does a transaction of its own, and nothing is left open."""
    before = sight.results(walk)[0]
    sight.fill(walk)
    to_take = walk.offset + INPUTS - sight.offset(walk)
    life = ThreadPoolExecutor(1).submit(walk.next_life, world.driver(walk.spec.name), "last", to_take)
    try:
        life.result(PATIENCE_S / 2)
    except TimeoutError:
        assert walk.spec.name in NO_ANSWER, "it does not answer"
        assert count_of_brokers() > 1, "no coordinator moves"
        world.kill_driver(walk.spec.name)
        assert isinstance(life.exception(PATIENCE_S), ClientError)
        walk.offset -= INPUTS
        walk.next_life(world.driver(walk.spec.name), "last", to_take)
    shows(sight, walk, [*before, "last"], walk.offset)
    assert sight.open_partitions(walk) == []
    walk.close()


@every_client
@pytest.mark.parametrize("victim", ["client"], scope="module")
@every_step
def test_the_client_dies(spec: ClientSpec, victim: str, step: str, world: World, scene: dict[str, Walk]) -> None:
    """What the broker had not committed never becomes visible, and a successor with the same transactional id works."""
    walk, sight = scene[step], Sight(world.broker.bootstrap)
    whole = step in DECIDED
    shows(sight, walk, ["first"] if whole else [], INPUTS if whole else 0)

    succeed(world, sight, walk)


@every_client
@pytest.mark.parametrize("victim", ["broker"], scope="module")
@every_step
def test_the_broker_dies(spec: ClientSpec, victim: str, step: str, world: World, scene: dict[str, Walk]) -> None:
    """The client goes on where it was and gets its transaction committed, or says that it did not (see `GIVES_UP`)."""
    walk, sight = scene[step], Sight(world.broker.bootstrap)
    if step in DECIDED:
        shows(sight, walk, ["first"], INPUTS)
    gave_up = ""
    try:
        walk.go_on()
    except ClientError as error:
        gave_up = error.text
    assert not gave_up or any(known in gave_up for known in GIVES_UP.get(spec.name, ())), gave_up
    whole = not gave_up or step in DECIDED
    shows(sight, walk, ["first"] if whole else [], INPUTS if whole else 0)
    assert gave_up or sight.open_partitions(walk) == []
    walk.close()

    succeed(world, sight, walk)


@every_client
def test_the_broker_dies_before_the_next_offsets(spec: ClientSpec, world: World) -> None:
    """A producer that has committed offsets of the group before goes on after a restart; or hangs (see `NO_ANSWER`), and its successor goes on."""
    walk, sight = Walk(spec, world.way_in, "again"), Sight(world.broker.bootstrap)
    sight.create([walk])
    driver = world.driver(spec.name)
    walk.go_to_step(driver)
    walk.go_on()
    sight.fill(walk)
    walk.again("second")
    world.restart_broker()
    patience_s, values = NO_ANSWER.get(spec.name), ["first", "second"]
    going_on = ThreadPoolExecutor(1).submit(walk.go_on)
    gave_up = ""
    try:
        going_on.result(patience_s)
    except TimeoutError:
        assert patience_s is not None
        gave_up = "no answer"
    except ClientError as error:
        gave_up = error.text
        assert any(known in gave_up for known in GIVES_UP.get(spec.name, ())), gave_up
    shows(sight, walk, values[:1] if gave_up else values, INPUTS if gave_up else 2 * INPUTS)
    if gave_up:
        world.kill_driver(spec.name)
        assert isinstance(going_on.exception(PATIENCE_S), ClientError)

    succeed(world, sight, walk)
