"""Every client of the catalogue does its whole job: records, codecs, groups, administration, a restart of the broker."""

import base64
import itertools
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

import pytest

from tests.clients.catalog import BY_NAME, CLIENTS, ClientSpec
from tests.clients.conftest import DriverOf
from tests.clients.driver import ClientError, Driver
from tests.clients.wire_peek import stored_codecs
from tests.support.process import ServerProcess

Json = dict[str, Any]

DEADLINE_MS = 60_000
CODECS = ("gzip", "snappy", "lz4", "zstd")

every_client = pytest.mark.parametrize(
    "spec", [pytest.param(spec, id=spec.name, marks=pytest.mark.xdist_group(spec.name)) for spec in CLIENTS]
)


def b64(data: bytes | str) -> str:
    """Bytes as the drivers' protocol carries them."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def new_name(purpose: str) -> str:
    """A name that no other test uses."""
    return f"{purpose}-{uuid.uuid4().hex[:8]}"


def new_topic(driver: Driver, broker: ServerProcess, purpose: str, partitions: int) -> str:
    """Create a topic with the client itself and return its name."""
    topic = new_name(purpose)
    driver.call("topic_create", bootstrap=broker.bootstrap, topic=topic, partitions=partitions, configs={})
    return topic


def numbered(first: int, count: int, partitions: int) -> list[Json]:
    """Records whose values are numbers, dealt to the partitions in turn."""
    return [
        {"partition": number % partitions, "key": None, "value": b64(str(number))}
        for number in range(first, first + count)
    ]


def produce(driver: Driver, broker: ServerProcess, topic: str, records: list[Json], **options: Any) -> list[list[int]]:
    """Produce with acks=all unless told otherwise, and return partition and offset of each record."""
    settings = {"compression": "none", "acks": "all", "idempotent": False, **options}
    placed: list[list[int]] = driver.call(
        "produce", bootstrap=broker.bootstrap, topic=topic, records=records, **settings
    )["placed"]
    return placed


def read(driver: Driver, broker: ServerProcess, topic: str, count: int) -> list[Json]:
    """Read a topic from its start, ordered by partition and offset."""
    records: list[Json] = driver.call(
        "read", bootstrap=broker.bootstrap, topic=topic, count=count, deadline_ms=DEADLINE_MS
    )["records"]
    return sorted(records, key=lambda record: (record["partition"], record["offset"]))


def in_order_by_partition(records: Iterable[Json]) -> dict[int, list[int]]:
    """The offsets of each partition in the order they came."""
    offsets: dict[int, list[int]] = defaultdict(list)
    for record in records:
        offsets[record["partition"]].append(record["offset"])
    return dict(offsets)


@every_client
@pytest.mark.parametrize("acks", ["all", "1"])
def test_round_trip(spec: ClientSpec, acks: str, broker: ServerProcess, driver_of: DriverOf) -> None:
    """Keys, null keys, null values, headers, timestamps and partitions come back as they were sent."""
    driver = driver_of(spec.name)
    topic = new_topic(driver, broker, "round-trip", 3)
    now = int(time.time() * 1000)
    again, empty = ["trace", b64("again")], ["naïve", b64("")]
    records: list[Json] = [
        {
            "partition": number % 3,
            "key": None if number % 5 == 0 else b64(f"key {number}"),
            "value": None if number % 5 == 3 else b64(f"värde {number} " + "x" * (number * 37 % 2000)),
            "headers": [["trace", b64(bytes(range(number)))], again, empty][: number % 4],
            "timestamp": now - 86_400_000 + number * 1000,
        }
        for number in range(60)
    ]

    placed = produce(driver, broker, topic, records, acks=acks)
    got = read(driver, broker, topic, len(records))

    assert [[number % 3, number // 3] for number in range(60)] == placed
    sent = [{**record, "offset": offset} for record, (_, offset) in zip(records, placed, strict=True)]
    assert sorted(sent, key=lambda record: (record["partition"], record["offset"])) == got


@every_client
def test_unacknowledged_records_arrive(spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf) -> None:
    """Records sent with acks=0, for which no answer comes, are stored all the same."""
    driver = driver_of(spec.name)
    topic = new_topic(driver, broker, "acks-none", 1)

    produce(driver, broker, topic, numbered(0, 100, 1), acks="0")
    got = read(driver, broker, topic, 100)

    assert [b64(str(number)) for number in range(100)] == [record["value"] for record in got]


@every_client
@pytest.mark.parametrize("codec", CODECS)
def test_compression(spec: ClientSpec, codec: str, broker: ServerProcess, driver_of: DriverOf) -> None:
    """What this client compressed is stored compressed, and read back by itself and by another client."""
    driver = driver_of(spec.name)
    topic = new_topic(driver, broker, f"codec-{codec}", 1)
    records = [
        {"partition": 0, "key": b64(f"{number}"), "value": b64(f"{number} compresses well, " * 20)}
        for number in range(300)
    ]
    expected = [(record["key"], record["value"]) for record in records]

    produce(driver, broker, topic, records, compression=codec)

    assert {codec} == set(stored_codecs(broker.bootstrap, topic))
    assert expected == [(record["key"], record["value"]) for record in read(driver, broker, topic, 300)]
    other = driver_of(BY_NAME[spec.reader].name)
    assert expected == [(record["key"], record["value"]) for record in read(other, broker, topic, 300)]


class Group:
    """Members of one consumer group of one client, by name."""

    def __init__(self, driver: Driver, broker: ServerProcess, topic: str) -> None:
        self.driver, self.broker, self.topic = driver, broker, topic
        self.name = new_name("group")
        self._open: list[str] = []

    def join(self, *members: str) -> None:
        for member in members:
            self.driver.call(
                "member_open",
                member=f"{self.name}/{member}",
                bootstrap=self.broker.bootstrap,
                group=self.name,
                topic=self.topic,
            )
            self._open.append(member)

    def leave(self, member: str) -> None:
        self._open.remove(member)
        self.driver.call("member_close", member=f"{self.name}/{member}")

    def leave_all(self) -> None:
        for member in list(self._open):
            self.leave(member)

    def wait_assigned(self, count: int) -> list[list[int]]:
        """Wait until each open member has `count` partitions; return them member by member."""
        started = [
            self.driver.submit("member_assigned", member=f"{self.name}/{member}", count=count, deadline_ms=DEADLINE_MS)
            for member in self._open
        ]
        return [future.result(DEADLINE_MS / 1000 + 30)["partitions"] for future in started]

    def take(self, counts: Iterable[int], deadline_ms: int = DEADLINE_MS) -> list[list[Json]]:
        """Take so many records at each open member, all at once; return them member by member."""
        started = [
            self.driver.submit("member_take", member=f"{self.name}/{member}", count=count, deadline_ms=deadline_ms)
            for member, count in zip(self._open, counts, strict=True)
        ]
        return [future.result(deadline_ms / 1000 + 60)["records"] for future in started]

    def committed(self) -> dict[int, int]:
        found = self.driver.call("group_offsets", bootstrap=self.broker.bootstrap, group=self.name, topic=self.topic)[
            "offsets"
        ]
        return {int(partition): offset for partition, offset in found.items()}


@every_client
def test_group(spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf) -> None:
    """Two members share the partitions and see each record once and in order; who stays resumes where one left."""
    driver = driver_of(spec.name)
    topic = new_topic(driver, broker, "group", 6)
    group = Group(driver, broker, topic)

    group.join("first", "second")
    shares = group.wait_assigned(3)
    assert sorted(shares[0] + shares[1]) == [0, 1, 2, 3, 4, 5]
    produce(driver, broker, topic, numbered(0, 360, 6))
    taken = group.take([180, 180])
    for share, records in zip(shares, taken, strict=True):
        assert {partition: list(range(60)) for partition in share} == in_order_by_partition(records)
    assert dict.fromkeys(range(6), 60) == group.committed()

    group.leave("second")
    assert group.wait_assigned(6) == [[0, 1, 2, 3, 4, 5]]
    produce(driver, broker, topic, numbered(360, 360, 6))
    (records,) = group.take([360])
    assert {partition: list(range(60, 120)) for partition in range(6)} == in_order_by_partition(records)

    group.leave("first")
    produce(driver, broker, topic, numbered(720, 60, 6))
    group.join("third")
    (records,) = group.take([60])
    assert {partition: list(range(120, 130)) for partition in range(6)} == in_order_by_partition(records)
    assert dict.fromkeys(range(6), 130) == group.committed()
    group.leave_all()


@every_client
def test_topic_administration(spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf) -> None:
    """Topics are created, listed, grown, configured and deleted, and a wrong request gets the error of its kind."""
    driver = driver_of(spec.name)
    here = {"bootstrap": broker.bootstrap, "topic": new_name("admin")}

    driver.call("topic_create", partitions=2, configs={"retention.ms": "123456789"}, **here)
    with pytest.raises(ClientError) as raised:
        driver.call("topic_create", partitions=2, configs={}, **here)
    assert "exists" in raised.value.text
    assert here["topic"] in driver.call("topics", bootstrap=broker.bootstrap)["topics"]
    assert driver.call("topic_describe", **here) == {"partitions": 2}

    driver.call("partitions_grow", partitions=5, **here)
    assert driver.call("topic_describe", **here) == {"partitions": 5}
    with pytest.raises(ClientError):
        driver.call("partitions_grow", partitions=3, **here)

    assert driver.call("config_get", name="retention.ms", **here) == {"value": "123456789"}
    driver.call("config_set", name="cleanup.policy", value="compact", **here)
    assert driver.call("config_get", name="cleanup.policy", **here) == {"value": "compact"}
    # AlterConfigs replaces what was set; IncrementalAlterConfigs leaves the rest alone.
    kept = "604800000" if "incremental_configs" in spec.lacks else "123456789"
    assert {"value": kept} == driver.call("config_get", name="retention.ms", **here)
    driver.call("config_unset", name="cleanup.policy", **here)
    assert driver.call("config_get", name="cleanup.policy", **here) == {"value": "delete"}
    with pytest.raises(ClientError):
        driver.call("config_set", name="retention.ms", value="soon", **here)

    driver.call("topic_delete", **here)
    assert here["topic"] not in driver.call("topics", bootstrap=broker.bootstrap)["topics"]
    with pytest.raises(ClientError):
        driver.call("topic_delete", **here)


@every_client
def test_offset_and_record_administration(spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf) -> None:
    """Offsets are found by position and by time, and deleted records are gone for readers."""
    driver = driver_of(spec.name)
    topic = new_topic(driver, broker, "offsets", 1)
    here = {"bootstrap": broker.bootstrap, "topic": topic, "partition": 0}
    start = int(time.time() - 7200) * 1000  # young enough for retention to leave the records alone
    records = [{**record, "timestamp": start + at * 1000} for at, record in enumerate(numbered(0, 50, 1))]
    records[20]["timestamp"] = start + 1_000_000
    produce(driver, broker, topic, records)

    assert driver.call("offset", at="earliest", **here) == {"offset": 0}
    assert driver.call("offset", at="latest", **here) == {"offset": 50}
    assert driver.call("offset", at=start + 9_500, **here) == {"offset": 10}
    assert driver.call("offset", at=start + 60_000, **here) == {"offset": 20}
    if "max_timestamp" not in spec.lacks:
        assert driver.call("offset", at="max_timestamp", **here) == {"offset": 20}

    answer = driver.call("records_delete", before=30, **here)
    assert answer.get("low_watermark", 30) == 30
    assert driver.call("offset", at="earliest", **here) == {"offset": 30}
    assert [b64(str(number)) for number in range(30, 50)] == [r["value"] for r in read(driver, broker, topic, 20)]


@every_client
def test_group_administration(spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf) -> None:
    """A group is listed and described with its members, cannot be deleted while in use, and can afterwards."""
    driver = driver_of(spec.name)
    topic = new_topic(driver, broker, "groups", 2)
    group = Group(driver, broker, topic)
    here = {"bootstrap": broker.bootstrap, "group": group.name}
    group.join("only")
    group.wait_assigned(2)
    produce(driver, broker, topic, numbered(0, 20, 2))
    group.take([20])

    assert group.name in driver.call("groups", bootstrap=broker.bootstrap)["groups"]
    described = driver.call("group_describe", **here)
    assert (described["state"].lower(), described["members"]) == ("stable", 1)
    assert group.committed() == {0: 10, 1: 10}
    if "group_delete" not in spec.lacks:
        with pytest.raises(ClientError) as raised:
            driver.call("group_delete", **here)
        assert "nonempty" in raised.value.text or "not empty" in raised.value.text

    group.leave_all()
    described = driver.call("group_describe", **here)
    assert (described["state"].lower(), described["members"]) == ("empty", 0)
    if "group_delete" not in spec.lacks:
        driver.call("group_delete", **here)
        assert group.name not in driver.call("groups", bootstrap=broker.bootstrap)["groups"]


@every_client
@pytest.mark.timeout(300)
def test_restart(spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf) -> None:
    """A stop and a kill of the broker lose nothing produced or consumed, and idempotence admits nothing twice."""
    driver = driver_of(spec.name)
    exact = new_topic(driver, broker, "restart-exact", 4)
    plain = new_topic(driver, broker, "restart-plain", 4)
    group = Group(driver, broker, exact)
    group.join("first", "second")
    group.wait_assigned(2)
    streams = {exact: new_name("stream"), plain: new_name("stream")}
    for topic, stream in streams.items():
        driver.call(
            "stream_open",
            stream=stream,
            bootstrap=broker.bootstrap,
            topic=topic,
            partitions=4,
            idempotent=topic == exact,
        )

    def send(first: int, count: int) -> list[Future[Json]]:
        return [driver.submit("stream_send", stream=stream, first=first, count=count) for stream in streams.values()]

    def sent(*sending: list[Future[Json]]) -> None:
        for future in itertools.chain(*sending):
            future.result(120)

    def flush() -> dict[str, Json]:
        flushed = {topic: driver.submit("stream_flush", stream=stream) for topic, stream in streams.items()}
        return {topic: future.result(120) for topic, future in flushed.items()}

    sent(send(0, 1000))
    flush()
    seen = group.take([250, 250])
    sent(send(1000, 1000))
    broker.terminate()
    waiting = send(2000, 500)  # some clients queue these, others block in send() until the broker is back
    broker.start()
    sent(waiting)
    sent(send(2500, 500))
    assert {topic: {"acknowledged": 3000, "failed": []} for topic in streams} == flush()
    seen += group.take([250, 250], 5000)
    sent(send(3000, 1000))
    broker.kill()
    waiting = send(4000, 500)
    broker.start()
    sent(waiting)
    sent(send(4500, 500))
    assert {topic: {"acknowledged": 5000, "failed": []} for topic in streams} == flush()
    for stream in streams.values():
        driver.call("stream_close", stream=stream)

    end = time.monotonic() + 90
    while len(places := {(r["partition"], r["offset"]) for records in seen for r in records}) < 5000:
        assert time.monotonic() < end, f"the group saw only {len(places)} of 5000 records"
        seen += group.take([5000 - len(places)] * 2, 1000)
    group.leave_all()
    values = [base64.b64decode(r["value"]) for r in read(driver, broker, exact, 5000)]
    for partition in range(4):
        mine = [int(value) for value in values if int(value) % 4 == partition]
        assert list(range(partition, 5000, 4)) == mine
    assert {(partition, offset) for partition in range(4) for offset in range(1250)} == places

    ends = [
        driver.call("offset", bootstrap=broker.bootstrap, topic=plain, partition=partition, at="latest")["offset"]
        for partition in range(4)
    ]
    got = {int(base64.b64decode(r["value"])) for r in read(driver, broker, plain, sum(ends))}
    assert set(range(5000)) == got
