"""Members of one group that poll and commit all the time, in one or more client processes, and the ledgers they leave."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.clients.driver import Driver
from tests.clients.group_ledger import Event, read_ledgers
from tests.support.waiting import wait_until

Sizes = dict[str, int]


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

        return wait_until(shared, self.sizes, seconds)

    def events(self) -> list[Event]:
        return read_ledgers(self.ledgers)
