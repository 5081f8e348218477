"""Members of one group that poll and commit all the time, in one or more client processes, and the ledgers they leave."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from confluent_kafka import Producer

from tests.clients.driver import Driver
from tests.clients.group_ledger import Event, overlaps, places, read_ledgers, tenures
from tests.support.waiting import wait_until

Sizes = dict[str, int]
Seen = TypeVar("Seen")

LOOK_S = 0.05
"""How often clients are asked: each question is work for the process that is being watched."""


class LedgerCrowd:
    """``members`` are those that are in the group now, with the process that each lives in."""

    def __init__(self, bootstrap: str, group: str, topic: str, ledgers: Path) -> None:
        self.bootstrap, self.group, self.topic, self.ledgers = bootstrap, group, topic, ledgers
        self.members: dict[str, Driver] = {}
        ledgers.mkdir(parents=True, exist_ok=True)

    def join(self, name: str, driver: Driver, settings: Mapping[str, str]) -> None:
        driver.call(
            "crowd_open",
            member=f"{self.group}/{name}",
            bootstrap=self.bootstrap,
            group=self.group,
            topic=self.topic,
            settings=dict(settings),
            ledger=str(self.ledgers / f"{name}.ledger"),
        )
        self.members[name] = driver

    def leave(self, name: str) -> None:
        self.members.pop(name).call("crowd_close", member=f"{self.group}/{name}")

    def lose(self, driver: Driver) -> None:
        """Kill the process, with every member that lives in it."""
        driver.kill()
        self.members = {name: home for name, home in self.members.items() if home is not driver}

    def leave_all(self) -> None:
        for name in list(self.members):
            self.leave(name)

    def sizes(self) -> Sizes:
        """How many partitions each member has now."""
        drivers = {id(driver): driver for driver in self.members.values()}
        found: Sizes = {}
        for driver in drivers.values():
            found.update(driver.call("crowd_sizes"))
        return {name: found.get(f"{self.group}/{name}", 0) for name in self.members}

    def wait_shared(self, partitions: int, seconds: float = 60, is_fair: Callable[[Sizes], bool] | None = None) -> Sizes:
        """Wait until the members have all partitions, each as many as another or one more."""

        def shared(sizes: Sizes) -> bool:
            counts = sizes.values()
            return sum(counts) == partitions and (max(counts) - min(counts) <= 1 if is_fair is None else is_fair(sizes))

        return wait_until(shared, lambda: _unhurried(self.sizes), seconds)

    def events(self) -> list[Event]:
        return read_ledgers(self.ledgers)


class Load:
    """Records for every partition, all the time; what was acknowledged."""

    def __init__(self, bootstrap: str, topic: str, partitions: int) -> None:
        self.acknowledged: Counter[int] = Counter()
        self._topic = topic
        self._partitions = partitions
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5})
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stopping.wait(0.01):
            for partition in range(self._partitions):
                self._producer.produce(self._topic, b"x", partition=partition, on_delivery=self._delivered)
            self._producer.poll(0)

    def _delivered(self, error: object, message: object) -> None:
        assert error is None, error
        self.acknowledged[message.partition()] += 1  # type: ignore[attr-defined]

    @property
    def places(self) -> set[tuple[int, int]]:
        return {(partition, offset) for partition, count in self.acknowledged.items() for offset in range(count)}

    @contextmanager
    def running(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            self._thread.join()
            assert self._producer.flush(30) == 0


def _unhurried(look: Callable[[], Seen]) -> Seen:
    time.sleep(LOOK_S)
    return look()


def wait_all_read(crowd: LedgerCrowd, load: Load, seconds: float = 60) -> list[Event]:
    """Until every record was given to a member, the events. (That it was committed, too, a killed member may not have written down.)"""
    wanted = load.places
    wait_until(
        lambda missing: not missing, lambda: _unhurried(lambda: sorted(wanted - set(places(crowd.events())))[:10]), seconds
    )
    return crowd.events()


def check_read_once(events: list[Event]) -> None:
    """No partition was two members' at once, and a record came twice only where the first time was not committed."""
    assert overlaps(tenures(events), events[-1].at_ms + 1) == []
    twice = {place for place, count in Counter(places(events)).items() if count > 1}
    assert twice <= set(places(events, "uncommitted"))
    again = {place for place, count in Counter(places(events, "committed")).items() if count > 1}
    assert not again, "what was committed was given out again"
