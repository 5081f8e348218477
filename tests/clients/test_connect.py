"""Kafka Connect in distributed mode carries a file to a file, line by line, while its workers and the broker are killed."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.brokers import target_broker
from tests.clients.connect_worker import EXACTLY_ONCE, ConnectWorker
from tests.clients.topics import BROKER_PROPERTIES, DEADLINE_S, Topics
from tests.support.process import ServerProcess
from tests.support.waiting import wait_until
from tests.toolchain import kafka_connect_runner, required

pytestmark = pytest.mark.timeout(600)

# The file source leaves lines lying that came with the last of a full batch, until the file grows. It reads as much as its
# longest line takes, up to twice of that: of lines of this length it never has two.
_LINE = 1100


@pytest.fixture(autouse=True, scope="module")
def _connect_present() -> None:
    """Without Kafka Connect there is nothing to test."""
    required(kafka_connect_runner)


@pytest.fixture
def connect_broker(tmp_path: Path) -> Iterator[ServerProcess]:
    """A broker of one test's own: it is killed."""
    folder = tmp_path / "broker"
    folder.mkdir()
    with required(lambda: target_broker(folder, BROKER_PROPERTIES)) as running:
        yield running


def source(file: Path, topic: str, **more: str) -> dict[str, str]:
    """Settings of a connector that sends the lines of a file to a topic."""
    return {"connector.class": "FileStreamSource", "tasks.max": "1", "file": str(file), "topic": topic, **more}


def sink(file: Path, topics: str, **more: str) -> dict[str, str]:
    """Settings of a connector that writes what is in topics to a file."""
    return {"connector.class": "FileStreamSink", "tasks.max": "1", "file": str(file), "topics": topics, **more}


def append(file: Path, first: int, last: int) -> None:
    """Lines with numbers, at the end of a file."""
    with file.open("a") as lines:
        lines.writelines(f"line {number} of {file.stem} ".ljust(_LINE, ".") + "\n" for number in range(first, last))


def wait_for_copy(original: Path, copy: Path) -> None:
    """Until both files have as many lines; then they must be the same."""

    def lines(file: Path) -> int:
        return file.read_bytes().count(b"\n") if file.exists() else 0

    wait_until(lambda count: count >= lines(original), lambda: lines(copy), DEADLINE_S)
    assert copy.read_text() == original.read_text()


def wait_until_settled(topics: Topics, group: str, topic: str, last: int) -> None:
    """Until a sink has committed that it has everything up to the record at offset ``last``: nothing comes twice from here."""
    wait_until(lambda position: position == last + 1, lambda: topics.position(group, topic), DEADLINE_S)


def described(broker: ServerProcess, group: str) -> dict[str, object]:
    """What `penstock groups describe` shows."""
    command = [sys.executable, "-m", "broker", "groups", "describe", group, "--json", "--bootstrap", broker.bootstrap]
    found: dict[str, object] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


def test_the_life_of_connectors(connect_broker: ServerProcess, tmp_path: Path) -> None:
    """Made, paused, resumed, changed and deleted over REST; the worker keeps what it must know in compacted topics."""
    topics = Topics(connect_broker.bootstrap)
    original, copy = tmp_path / "original.txt", tmp_path / "copy.txt"
    append(original, 0, 3000)
    converter = {"value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": "true"}

    with ConnectWorker(tmp_path / "connect", connect_broker.bootstrap) as worker:
        for name in ("connect-configs", "connect-offsets", "connect-status"):
            assert topics.settings(name)["cleanup.policy"] == "compact"
        worker.rest("POST", "/connectors", {"name": "source", "config": source(original, "lines", **converter)})
        worker.rest("POST", "/connectors", {"name": "sink", "config": sink(copy, "lines", **converter)})
        wait_for_copy(original, copy)
        wait_until_settled(topics, "connect-sink", "lines", 2999)
        shown = described(connect_broker, "connect-sink")
        assert shown["state"] == "Stable"
        assert [(row["topic"], row["position"], row["lag"]) for row in shown["partitions"]] == [("lines", 3000, 0)]  # type: ignore[attr-defined]

        worker.rest("PUT", "/connectors/sink/pause")
        worker.wait_for("sink", "PAUSED")
        append(original, 3000, 4000)
        with topics.reader("lines") as reader:
            reader.until(4000)
        assert copy.read_text().count("\n") == 3000
        worker.rest("PUT", "/connectors/sink/resume")
        wait_for_copy(original, copy)

        # Another topic, by way of a transformation; the source goes on where it was.
        route = {
            "transforms": "route",
            "transforms.route.type": "org.apache.kafka.connect.transforms.RegexRouter",
            "transforms.route.regex": ".*",
            "transforms.route.replacement": "other-$0",
        }
        worker.rest("PUT", "/connectors/source/config", source(original, "lines", **converter, **route))
        worker.rest("PUT", "/connectors/sink/config", sink(copy, "lines,other-lines", **converter))
        append(original, 4000, 5000)
        wait_for_copy(original, copy)
        wait_until_settled(topics, "connect-sink", "other-lines", 999)

        # Offsets of a stopped connector are Connect's to give back: a tombstone in its topic, OffsetDelete for a group.
        worker.rest("PUT", "/connectors/sink/stop")
        worker.wait_for("sink", "STOPPED", tasks=0)
        worker.rest("DELETE", "/connectors/sink/offsets")
        assert topics.position("connect-sink", "lines") < 0
        copy.unlink()
        worker.rest("PUT", "/connectors/sink/config", sink(copy, "lines", **converter))
        worker.rest("PUT", "/connectors/sink/resume")
        wait_until(lambda count: count >= 4000, lambda: copy.read_text().count("\n") if copy.exists() else 0, DEADLINE_S)
        assert copy.read_text().splitlines() == original.read_text().splitlines()[:4000]

        for name in ("source", "sink"):
            worker.rest("DELETE", f"/connectors/{name}")
        wait_until(lambda names: names == [], lambda: worker.rest("GET", "/connectors"), DEADLINE_S)
        wait_until(lambda state: state == "Empty", lambda: described(connect_broker, "connect-sink")["state"], DEADLINE_S)


def test_a_file_is_copied_exactly_whatever_dies(connect_broker: ServerProcess, tmp_path: Path) -> None:
    """With an exactly-once source and kill -9 of the worker and of the broker in the middle of it."""
    topics = Topics(connect_broker.bootstrap)
    topics.create(1, "lines")
    original, copy = tmp_path / "original.txt", tmp_path / "copy.txt"
    append(original, 0, 4000)
    worker = ConnectWorker(tmp_path / "connect", connect_broker.bootstrap, EXACTLY_ONCE)

    with worker, topics.reader("lines") as reader:
        # Small batches, a transaction for each: there is a middle to be killed in.
        wishes = {"batch.size": "20", "exactly.once.support": "required"}
        worker.rest("PUT", "/connectors/source/config", source(original, "lines", **wishes))
        reader.until(500, lambda: worker.running)
        worker.kill()
        worker.start()
        reader.until(1500, lambda: worker.running)
        connect_broker.kill()
        connect_broker.start()
        append(original, 4000, 5000)
        reader.until(5000, lambda: worker.running)
        assert [message.value().decode() for message in reader.seen] == original.read_text().splitlines()

        worker.rest("PUT", "/connectors/sink/config", sink(copy, "lines"))
        wait_for_copy(original, copy)
        wait_until_settled(topics, "connect-sink", "lines", reader.seen[-1].offset())
        worker.kill()
        append(original, 5000, 5500)
        worker.start()
        wait_for_copy(original, copy)


def test_two_workers_take_over_from_each_other(connect_broker: ServerProcess, tmp_path: Path) -> None:
    """Whether one is frozen amid a transaction and wakes up as a zombie or is killed: the other goes on, and nothing comes twice."""
    topics = Topics(connect_broker.bootstrap)
    originals = [tmp_path / f"original{number}.txt" for number in range(2)]
    copies = [tmp_path / f"copy{number}.txt" for number in range(2)]
    topics.create(1, "lines0", "lines1")
    stays, other = (
        ConnectWorker(tmp_path / "connect", connect_broker.bootstrap, EXACTLY_ONCE, instance) for instance in ("a", "b")
    )

    def at_work() -> set[str]:
        """The workers that have a task."""
        everyone = stays.rest("GET", "/connectors?expand=status").values()
        return {task["worker_id"] for connector in everyone for task in connector["status"]["tasks"] if task["state"] == "RUNNING"}

    with stays, other, topics.reader("lines0") as first, topics.reader("lines1") as second:
        readers = (first, second)

        def check_topics(count: int) -> None:
            for original, reader in zip(originals, readers, strict=True):
                reader.until(count, lambda: stays.running)
                assert [message.value().decode() for message in reader.seen] == original.read_text().splitlines()

        for number, original in enumerate(originals):
            append(original, 0, 2000)
            wishes = {"batch.size": "20"}
            other.rest("PUT", f"/connectors/source{number}/config", source(original, f"lines{number}", **wishes))
        for reader in readers:
            reader.until(200, lambda: stays.running and other.running)
        wait_until(lambda workers: len(workers) == 2, at_work, DEADLINE_S)
        other.send(signal.SIGSTOP)
        for original in originals:
            append(original, 2000, 2500)
        check_topics(2500)
        other.send(signal.SIGCONT)
        # It has work again only after it has found out that it was missed.
        wait_until(lambda workers: len(workers) == 2, at_work, DEADLINE_S)
        for original in originals:
            append(original, 2500, 2600)
        check_topics(2600)

        for number, copy in enumerate(copies):
            stays.rest("PUT", f"/connectors/sink{number}/config", sink(copy, f"lines{number}"))
        for number, (original, copy, reader) in enumerate(zip(originals, copies, readers, strict=True)):
            wait_for_copy(original, copy)
            wait_until_settled(topics, f"connect-sink{number}", f"lines{number}", reader.seen[-1].offset())
        other.kill()
        for original in originals:
            append(original, 2600, 2800)
        for original, copy in zip(originals, copies, strict=True):
            wait_for_copy(original, copy)
        check_topics(2800)
