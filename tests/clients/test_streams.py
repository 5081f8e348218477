"""Applications on Kafka Streams count, join and window exactly once, while they and the broker are killed."""

import contextlib
import os
import random
import re
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients import kafka_tools as tools
from tests.clients.brokers import target_broker, target_is_kafka
from tests.clients.streams_application import StreamsApplication
from tests.clients.topics import BROKER_PROPERTIES, DEADLINE_S, Reader, Topics, longs
from tests.support.process import ServerProcess
from tests.support.waiting import wait_until
from tests.toolchain import kafka_streams_runner, kafka_tools_runner, required

pytestmark = pytest.mark.timeout(600)

PARTITIONS = 3
LINES = 4000
ROUNDS = int(os.environ.get("PENSTOCK_KILL_ROUNDS", "3"))
SEED = int(os.environ.get("PENSTOCK_KILL_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
WORDS = [f"word{number}" for number in range(50)]


@pytest.fixture(autouse=True, scope="module")
def _streams_present() -> None:
    """Without Kafka Streams there is nothing to test."""
    required(kafka_streams_runner)


@pytest.fixture
def streams_broker(tmp_path: Path) -> Iterator[ServerProcess]:
    """A broker of one test's own: it is killed."""
    folder = tmp_path / "broker"
    folder.mkdir()
    with required(lambda: target_broker(folder, BROKER_PROPERTIES)) as running:
        yield running


def last_hour_ms() -> int:
    """A whole hour not long ago: records with old timestamps go with the next look for what is past its retention."""
    return (int(time.time()) // 3600 - 1) * 3_600_000


def some_lines(chance: random.Random, count: int) -> list[str]:
    """Lines of one to five words, some of which are far more frequent than others."""
    weights = [1 / (rank + 1) for rank in range(len(WORDS))]
    return [" ".join(chance.choices(WORDS, weights, k=chance.randint(1, 5))) for _ in range(count)]


def keyed(lines: list[str]) -> list[tuple[str, str]]:
    """With a key each, so that they spread over the partitions."""
    return [(str(number), line) for number, line in enumerate(lines)]


def counted(lines: list[str]) -> Counter[str]:
    return Counter(word for line in lines for word in line.split(" "))


def check_counts(reader: Reader, lines: list[str]) -> None:
    """Every word was counted from one to the number of its occurrences: no count is missing, and none comes twice."""
    seen: Counter[str] = Counter()
    for word, count in longs(reader.seen):
        seen[word] += 1
        assert count == seen[word], f"{word}: {count} where {seen[word]} was due"
    assert seen == counted(lines)


@pytest.mark.durability
@pytest.mark.timeout(600 + 60 * ROUNDS)
def test_word_count_is_exact_whatever_dies(streams_broker: ServerProcess, tmp_path: Path) -> None:
    """With kill -9 of the application, of the broker, and of the application together with its state, each amid the work."""
    print(f"PENSTOCK_KILL_SEED={SEED}")
    chance = random.Random(SEED)
    topics = Topics(streams_broker.bootstrap)
    topics.create(PARTITIONS, "lines", "counts")
    application = StreamsApplication(tmp_path / "app", "count", streams_broker.bootstrap)

    def kill_application() -> None:
        application.kill()
        application.start()

    def kill_broker() -> None:
        streams_broker.kill()
        streams_broker.start()

    def lose_everything() -> None:
        application.kill()
        shutil.rmtree(application.state_dir)
        kill_broker()
        application.start()

    def lose_state() -> None:
        application.kill()
        shutil.rmtree(application.state_dir)
        application.start()

    blows = [kill_application, kill_broker, lose_state, lose_everything]
    lines: list[str] = []
    with application, topics.reader("counts") as reader:
        for number in range(ROUNDS):
            before = counted(lines).total()
            more = some_lines(chance, LINES)
            topics.write("lines", keyed(more))
            lines += more
            reader.until(before + chance.randint(1, counted(more).total() // 2), lambda: application.running)
            (blows[number] if number < len(blows) else chance.choice(blows))()
        reader.until(counted(lines).total(), lambda: application.running)
        check_counts(reader, lines)

        assert topics.settings("count-counts-changelog")["cleanup.policy"] == "compact"
        assert topics.settings("count-words-repartition")["cleanup.policy"] == "delete"
        assert topics.settings("count-words-repartition")["retention.ms"] == "-1"
    with topics.reader("counts") as again:
        again.until(counted(lines).total())
        check_counts(again, lines)


def test_two_instances_share_the_work(streams_broker: ServerProcess, tmp_path: Path) -> None:
    """One joins while the other works, each stands by for the other; one is killed and the other takes over, exactly."""
    print(f"PENSTOCK_KILL_SEED={SEED}")
    chance = random.Random(SEED)
    first, second, third = (some_lines(chance, LINES // 2) for _ in range(3))
    one, two, three = (counted(lines).total() for lines in (first, second, third))
    topics = Topics(streams_broker.bootstrap)
    topics.create(PARTITIONS, "lines", "counts")
    topics.write("lines", keyed(first))
    # The cleaning of what is read waits thirty seconds otherwise; a change of one record counts as a lag.
    settings = {"num.standby.replicas": 1, "repartition.purge.interval.ms": 100}
    applications = [
        StreamsApplication(tmp_path / "app", "count", streams_broker.bootstrap, settings, name) for name in ("a", "b")
    ]

    with topics.reader("counts") as reader, applications[0] as stays, applications[1] as dies:
        reader.until(one, lambda: stays.running and dies.running)
        topics.write("lines", keyed(second))
        reader.until(one + two, lambda: stays.running and dies.running)
        for application in applications:
            wait_until(lambda state: state == "RUNNING", application.state, DEADLINE_S)
            assert list(application.state_dir.glob("count/1_*/rocksdb")), "it holds no state, not even as a standby"
        topics.write("lines", keyed(third))
        reader.until(one + two + three // 10, lambda: stays.running and dies.running)
        dies.kill()
        reader.until(one + two + three, lambda: stays.running)
        check_counts(reader, first + second + third)

        # What was taken from the repartition topic is deleted from it, up to the last that was committed.
        wait_until(all, lambda: topics.start_offsets("count-words-repartition"))


def test_a_zombie_does_no_harm(streams_broker: ServerProcess, tmp_path: Path) -> None:
    """An instance that is frozen amid a transaction and wakes up when another has taken over its work is fenced, and joins anew, or is started anew."""
    print(f"PENSTOCK_KILL_SEED={SEED}")
    chance = random.Random(SEED)
    first, second = some_lines(chance, LINES), some_lines(chance, LINES // 4)
    topics = Topics(streams_broker.bootstrap)
    topics.create(PARTITIONS, "lines", "counts")
    topics.write("lines", keyed(first))
    zombie, other = (StreamsApplication(tmp_path / "app", "count", streams_broker.bootstrap, None, name) for name in "ab")

    with topics.reader("counts") as reader, zombie:
        reader.until(counted(first).total() // 10, lambda: zombie.running)
        zombie.send(signal.SIGSTOP)
        starts = zombie.output().count("state RUNNING")
        with other:
            reader.until(counted(first).total(), lambda: other.running)
            zombie.send(signal.SIGCONT)
            wait_until(
                lambda seen: "state ERROR" in seen or seen.count("state RUNNING") > starts, zombie.output, DEADLINE_S
            )
            if "state ERROR" in zombie.output():
                # It was frozen when all there was left to do was to commit. Apache Kafka, too, answers a commit that comes after the timeout with
                # INVALID_TXN_STATE (in the differential tests: transactions_that_took_too_long), and Streams gives up; it has to be started again.
                assert "InvalidTxnStateException" in zombie.output()
                zombie.kill()
                zombie.start()
            topics.write("lines", keyed(second))
            reader.until(counted(first + second).total(), lambda: zombie.running and other.running)
        check_counts(reader, first + second)


def test_joins_see_the_newest_of_each_table(streams_broker: ServerProcess, tmp_path: Path) -> None:
    """A stream joined with a table behind a repartitioning, and a table joined with a table."""
    topics = Topics(streams_broker.bootstrap)
    topics.create(PARTITIONS, "customers", "orders", "shipments", "totals")
    start = last_hour_ms()
    topics.write("customers", [(f"c{number}", "Oldtown", start) for number in range(20)])
    topics.write("customers", [(f"c{number}", f"City{number}", start + 1) for number in range(20)])
    orders = [(f"o{number}", f"c{number * 7 % 23}") for number in range(2000)]
    topics.write("orders", [(order, customer, start + 2 + number) for number, (order, customer) in enumerate(orders)])
    known = [(order, customer) for order, customer in orders if int(customer[1:]) < 20]

    application = StreamsApplication(tmp_path / "app", "join", streams_broker.bootstrap, {"max.task.idle.ms": 1000})
    with application, topics.reader("shipments") as shipments, topics.reader("totals") as totals:
        shipments.until(len(known), lambda: application.running)
        assert sorted(message.value().decode() for message in shipments.seen) == sorted(
            f"{order} to City{customer[1:]}" for order, customer in known
        )
        counts = Counter(customer for _, customer in known)
        totals.until(len(known), lambda: application.running)
        newest = {message.key().decode(): message.value().decode() for message in totals.seen}
        assert newest == {customer: f"{count} to City{customer[1:]}" for customer, count in counts.items()}
        changelogs = {name for name in topics.names() if name.endswith("-changelog")}
        assert {topics.settings(name)["cleanup.policy"] for name in changelogs} == {"compact"}


def test_windows_are_final_once(streams_broker: ServerProcess, tmp_path: Path) -> None:
    """A windowed count that is held back until the window closes comes once, also when the application is killed between."""
    topics = Topics(streams_broker.bootstrap)
    topics.create(1, "events", "minutes")
    minutes, keys = 40, [f"k{number}" for number in range(10)]
    start = last_hour_ms()

    def events(first: int, last: int) -> list[tuple[str, str, int]]:
        return [
            (key, "", start + minute * 60_000 + number)
            for minute in range(first, last)
            for number in range(5)
            for key in keys[: 1 + minute % 10]
        ]

    expected = {f"{key}@{start + minute * 60_000}": 5 for minute in range(minutes) for key in keys[: 1 + minute % 10]}
    topics.write("events", events(0, minutes // 2))
    application = StreamsApplication(tmp_path / "app", "windows", streams_broker.bootstrap)
    with application, topics.reader("minutes") as reader:
        reader.until(len(expected) // 4, lambda: application.running)
        application.kill()
        topics.write("events", events(minutes // 2, minutes))
        topics.write("events", [("end", "", start + (minutes + 2) * 60_000)])
        application.start()
        reader.until(len(expected), lambda: application.running)
        found = list(longs(reader.seen))

    assert len(found) == len(dict(found)), "a window came twice"
    assert dict(found) == expected
    changelog = topics.settings("windows-per-minute-changelog")
    assert set(changelog["cleanup.policy"].split(",")) == {"compact", "delete"}


def test_an_application_is_reset(streams_broker: ServerProcess, tmp_path: Path) -> None:
    """kafka-streams-application-reset deletes what the application keeps at the broker and sends it back to the beginning."""
    required(kafka_tools_runner)
    topics = Topics(streams_broker.bootstrap)
    topics.create(PARTITIONS, "lines", "counts")
    lines = some_lines(random.Random(0), 500)
    topics.write("lines", keyed(lines))
    application = StreamsApplication(tmp_path / "app", "count", streams_broker.bootstrap)
    with topics.reader("counts") as reader:
        with application:
            reader.until(counted(lines).total(), lambda: application.running)
            assert {"count-counts-changelog", "count-words-repartition"} <= topics.names()
        tools.run(
            tools.STREAMS_RESET,
            *("--bootstrap-server", streams_broker.bootstrap, "--application-id", "count", "--input-topics", "lines", "--force"),
        )
        assert topics.names() == {"lines", "counts"}
        shutil.rmtree(application.state_dir)
        with application:
            reader.until(2 * counted(lines).total(), lambda: application.running)
    found = Counter(longs(reader.seen))

    assert found == Counter({(word, number + 1): 2 for word, count in counted(lines).items() for number in range(count)})


@pytest.mark.skipif(target_is_kafka(), reason="Apache Kafka serves this protocol")
def test_the_streams_protocol_is_refused_clearly(streams_broker: ServerProcess, tmp_path: Path) -> None:
    """group.protocol=streams (KIP-1071) is not served: the application says so and ends, rather than waiting for ever."""
    topics = Topics(streams_broker.bootstrap)
    topics.create(PARTITIONS, "lines", "counts")
    application = StreamsApplication(tmp_path / "app", "count", streams_broker.bootstrap, {"group.protocol": "streams"})

    with contextlib.closing(application):
        application.start()
        wait_until(lambda running: not running, lambda: application.running)

    assert re.search(r"^failed .*UnsupportedVersionException: .*STREAMS group protocol", application.output(), re.M)
