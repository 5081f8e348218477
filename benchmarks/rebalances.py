"""`python -m benchmarks.rebalances`: ten members of a group join, one leaves, one crashes; both brokers in turn, side by side.

Two times for each: until every partition is assigned again, and until every partition that moved is read again. Members are consumers of
kafka-clients 4.x in one process, the one that crashes in another; they read a trickle of records and write down what happens to them.
Share consumers do not tell what they are assigned, so the broker is asked, again and again; there is one time for each then.
"""

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from confluent_kafka import Producer
from rich.console import Console
from tests.clients.catalog import BY_NAME
from tests.clients.crowd import LedgerCrowd
from tests.clients.driver import Driver
from tests.clients.group_ledger import Event
from tests.support.kafka import ApacheKafka
from tests.support.penstock import Penstock
from tests.support.process import ServerProcess

from benchmarks import machine
from benchmarks.brokers import KAFKA, PENSTOCK
from benchmarks.comparison import Line
from benchmarks.plan import Metric
from benchmarks.raw_client import RawClient
from benchmarks.report import print_table, write_json
from broker.wire.api import ApiKey
from broker.wire.messages.share_group_describe import (
    ShareGroupDescribeRequest,
    ShareGroupDescribeResponseDescribedGroup,
)

MEMBERS: Final = 10
PARTITIONS: Final = 30

PROPERTIES: Final = {
    "group.consumer.min.session.timeout.ms": 3_000,
    "group.consumer.session.timeout.ms": 3_000,
    "group.consumer.min.heartbeat.interval.ms": 500,
    "group.consumer.heartbeat.interval.ms": 500,
    "group.share.min.session.timeout.ms": 3_000,
    "group.share.session.timeout.ms": 3_000,
    "group.share.min.heartbeat.interval.ms": 500,
    "group.share.heartbeat.interval.ms": 500,
}
"""What both brokers are told: a crash is noticed after 3 s, a member is heard of twice a second."""

_LATEST: Final = Path(__file__).with_name("results") / "rebalances.json"
_TRICKLE_S: Final = 0.02
_DEADLINE_S: Final = 90.0
_ASK_S: Final = 0.01

Say = Callable[[str], None]


@dataclass(frozen=True)
class Kind:
    """A kind of group: what its members' clients are told."""

    name: str
    settings: Mapping[str, str]


KINDS: Final = (Kind("consumer group", {"group.protocol": "consumer"}),)


@dataclass(frozen=True)
class Phase:
    """Something that happened to the group at ``at_ms``, and when all was shared out again and seen to be."""

    name: str
    at_ms: int
    settled_ms: int


# --- what the ledgers say ----------------------------------------------------------------------------------------------


def assigned_after_ms(events: Sequence[Event], phase: Phase) -> float:
    """Until the last partition was assigned."""
    assigned = [event.at_ms for event in _of(events, phase) if event.what == "assigned"]
    return float(max(assigned, default=phase.at_ms) - phase.at_ms)


def resumed_after_ms(events: Sequence[Event], phase: Phase) -> float:
    """Until every partition that was assigned anew was read again by whom it was assigned to last."""
    owners: dict[int, tuple[str, int]] = {}
    for event in _of(events, phase):
        if event.what == "assigned":
            owners.update((partition, (event.member, event.at_ms)) for partition in event.partitions)
    resumed = phase.at_ms
    for partition, (member, since_ms) in owners.items():
        reads = [
            event.at_ms
            for event in events
            if event.what == "read" and event.member == member and event.partitions == (partition,) and event.at_ms >= since_ms
        ]
        resumed = max(resumed, min(reads, default=phase.settled_ms))
    return float(resumed - phase.at_ms)


def metrics(kind: Kind, phases: Sequence[Phase], events: Sequence[Event]) -> dict[Metric, float]:
    """Both times of each phase."""
    found = {}
    for phase in phases:
        name = f"{kind.name}: {phase.name}"
        found[Metric(f"{name}, until assigned", "ms", higher_is_better=False)] = assigned_after_ms(events, phase)
        found[Metric(f"{name}, until read again", "ms", higher_is_better=False)] = resumed_after_ms(events, phase)
    return found


def lines(kafka: Sequence[Mapping[Metric, float]], penstock: Sequence[Mapping[Metric, float]]) -> list[Line]:
    """What every session measured, in the order of the first."""
    return [
        Line(metric, None, [of[metric] for of in kafka], [of[metric] for of in penstock])
        for metric in kafka[0]
        if all(metric in of for of in (*kafka, *penstock))
    ]


def _of(events: Sequence[Event], phase: Phase) -> Iterator[Event]:
    return (event for event in events if phase.at_ms <= event.at_ms <= phase.settled_ms)


# --- one session -------------------------------------------------------------------------------------------------------


def run_session(name: str, driver: Driver, folder: Path) -> dict[Metric, float]:
    """One broker on an empty directory, every kind of group."""
    found: dict[Metric, float] = {}
    try:
        with _broker(name, folder) as server:
            for kind in KINDS:
                found.update(_run_kind(kind, server, driver, folder))
            found.update(_run_share_group(server, driver, folder))
        return found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _broker(name: str, folder: Path) -> ServerProcess:
    folder.mkdir(parents=True)
    if name == KAFKA.name:
        return ApacheKafka(folder / "kafka", PROPERTIES)
    properties = folder / "server.properties"
    properties.write_text("".join(f"{key}={value}\n" for key, value in PROPERTIES.items()))
    return Penstock(folder / "penstock", "--properties", str(properties))


def _run_kind(kind: Kind, server: ServerProcess, driver: Driver, folder: Path) -> dict[Metric, float]:
    topic = kind.name.replace(" ", "-")
    with RawClient(server.bootstrap) as client:
        client.create_topic(topic, PARTITIONS)
        while client.topic_error(topic):
            time.sleep(0.01)
    crowd = LedgerCrowd(server.bootstrap, f"group-{topic}", topic, folder / topic)
    phases: list[Phase] = []

    @contextmanager
    def phase(what: str) -> Iterator[None]:
        at_ms = _now_ms()
        yield
        crowd.wait_shared(PARTITIONS, _DEADLINE_S)
        time.sleep(5 * _TRICKLE_S + 0.5)  # the last partitions are read again, and written down
        phases.append(Phase(what, at_ms, _now_ms()))

    crashing = Driver("crashing", BY_NAME["java-4"].runner(), folder / "crashing.log")
    try:
        with _trickle(server.bootstrap, topic):
            # One member first: what a group's very first member costs once (code that is loaded, a topic of offsets) is not counted.
            crowd.join("member-0", driver, kind.settings)
            crowd.wait_shared(PARTITIONS, _DEADLINE_S)
            with phase(f"{MEMBERS - 1} more members join"):
                for number in range(1, MEMBERS):
                    crowd.join(f"member-{number}", crashing if number == MEMBERS - 1 else driver, kind.settings)
            with phase("a member leaves"):
                crowd.leave("member-1")
            with phase("a member crashes"):
                crowd.lose(crashing)
    finally:
        crashing.kill()
        crowd.leave_all()
    return metrics(kind, phases, crowd.events())


def _run_share_group(server: ServerProcess, driver: Driver, folder: Path) -> dict[Metric, float]:
    """The same for a share group, as the broker sees it."""
    group = topic = "share-group"
    found: dict[Metric, float] = {}
    crashing = Driver("crashing", BY_NAME["java-4"].runner(), folder / "crashing-share.log")
    with RawClient(server.bootstrap) as client:
        client.create_topic(topic, PARTITIONS)
        while client.topic_error(topic):
            time.sleep(0.01)

        @contextmanager
        def phase(what: str, members: int) -> Iterator[None]:
            at_ms = _now_ms()
            yield
            end = time.monotonic() + _DEADLINE_S
            while not is_shared(_share_group(client, group), members, PARTITIONS):
                if time.monotonic() > end:
                    raise TimeoutError(f"the share group was not shared out again after {what}")
                time.sleep(_ASK_S)
            found[Metric(f"share group: {what}, until assigned", "ms", higher_is_better=False)] = float(_now_ms() - at_ms)

        def join(number: int, home: Driver) -> None:
            member = f"{group}/{number}"
            home.call("share_open", member=member, bootstrap=server.bootstrap, group=group, topics=[topic])
            home.call("share_run", member=member)

        try:
            with _trickle(server.bootstrap, topic):
                with phase("the first member joins", 1):
                    join(0, driver)
                with phase(f"{MEMBERS - 1} more members join", MEMBERS):
                    for number in range(1, MEMBERS):
                        join(number, crashing if number == MEMBERS - 1 else driver)
                with phase("a member leaves", MEMBERS - 1):
                    driver.call("share_close", member=f"{group}/1")
                with phase("a member crashes", MEMBERS - 2):
                    crashing.kill()
        finally:
            crashing.kill()
            for number in {*range(MEMBERS - 1)} - {1}:
                driver.call("share_close", member=f"{group}/{number}")
    return found


def _share_group(client: RawClient, group: str) -> ShareGroupDescribeResponseDescribedGroup:
    answer = client.ask(ApiKey.SHARE_GROUP_DESCRIBE, 1, ShareGroupDescribeRequest(group_ids=[group]))
    described: ShareGroupDescribeResponseDescribedGroup = answer.groups[0]
    return described


def is_shared(group: ShareGroupDescribeResponseDescribedGroup, members: int, partitions: int) -> bool:
    """Whether so many members have everything, each as much as another or one more, and were told so."""
    held = [
        [index for topic in member.assignment.topic_partitions for index in topic.partitions] for member in group.members
    ]
    sizes = [len(indexes) for indexes in held]
    return (
        len(held) == members
        and all(member.member_epoch == group.group_epoch for member in group.members)
        and {index for indexes in held for index in indexes} == {*range(partitions)}
        and max(sizes) - min(sizes) <= 1
    )


@contextmanager
def _trickle(bootstrap: str, topic: str) -> Iterator[None]:
    """A record for every partition, again and again."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5})
    stopping = threading.Event()

    def run() -> None:
        while not stopping.wait(_TRICKLE_S):
            for partition in range(PARTITIONS):
                producer.produce(topic, b"x", partition=partition)
            producer.poll(0)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
        producer.flush(10)


def _now_ms() -> int:
    """The clock that the clients write down, too."""
    return time.time_ns() // 1_000_000


# --- both, in turn -----------------------------------------------------------------------------------------------------


def compare(rounds: int, folder: Path, say: Say) -> list[Line]:
    """Sessions in turn; who goes first changes from round to round."""
    measured: dict[str, list[dict[Metric, float]]] = {KAFKA.name: [], PENSTOCK.name: []}
    driver = Driver("members", BY_NAME["java-4"].runner(), folder / "members.log")
    try:
        for number in range(rounds):
            names = list(measured)
            for name in names if number % 2 == 0 else reversed(names):
                found = run_session(name, driver, folder / f"{number}-{name.replace(' ', '-')}")
                measured[name].append(found)
                say(f"round {number + 1} of {rounds}: {name}: " + ", ".join(f"{value:.0f}" for value in found.values()) + " ms")
    finally:
        driver.close()
    return lines(measured[KAFKA.name], measured[PENSTOCK.name])


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rebalances", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="sessions of each broker (default 3)")
    parser.add_argument("--output", type=Path, default=_LATEST, metavar="FILE", help=f"JSON results (default {_LATEST})")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="where the brokers keep their data")
    arguments = parser.parse_args()
    started = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - started:4.0f} s] {line}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="penstock-bench-", dir=arguments.dir) as folder:
        facts = machine.facts(Path(folder))
        results = compare(arguments.rounds, Path(folder), say)
    print_table(results, facts, Console(width=None if sys.stdout.isatty() else 140))
    write_json(arguments.output, results, facts, time.monotonic() - started)
    return 0


if __name__ == "__main__":
    sys.exit(main())
