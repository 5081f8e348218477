"""One transformer for each partition, of a client drawn anew for each life; libraries take over from each other."""

import random
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.clients.catalog import BY_NAME
from tests.clients.driver import ClientError, Driver
from tests.toolchain import required

_PATIENCE_S = 60.0
STUCK_S = {"confluent-kafka": 8.0}
PATIENT_S = 30.0
"""After so long without a result a transformer is taken for stuck; librdkafka, which is known for it, earlier."""
ZOMBIE_S = 4.0
"""So long a transformer that was stopped may go on beside its successor."""


class Seat:
    """A partition's transformers, one after the other, until :meth:`close`."""

    def __init__(
        self, partition: int, clients: Sequence[str], job: dict[str, Any], chance: random.Random, folder: Path
    ) -> None:
        self.partition = partition
        self.lives: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self._clients, self._job, self._chance, self._folder = clients, job, chance, folder
        self._deck: list[str] = []
        self._changed = threading.Condition()
        self._running: Driver | None = None
        self._zombies: list[threading.Thread] = []
        self._closed = threading.Event()
        self._watched: Driver | None = None
        self._results = 0
        self._since_s = 0.0
        self._thread = threading.Thread(target=self._sit, daemon=True)
        self._thread.start()

    def kill(self) -> None:
        """The transformer, at whatever it is doing."""
        if (driver := self._take()) is not None:
            driver.kill()

    def watch(self, results: int, waiting: bool, now_s: float) -> None:
        """Whoever has come to nothing for long, though inputs wait, is taken for stuck and killed; it counts as such."""
        with self._changed:
            driver = self._running
            if driver is not self._watched or results != self._results or not waiting:
                self._watched, self._results, self._since_s = driver, results, now_s
                return
        if driver is not None and now_s - self._since_s > STUCK_S.get(driver.name, PATIENT_S):
            self.ends[f"{driver.name}: stuck"] += 1
            driver.dump_stacks()
            self._closed.wait(0.5)  # it says where it is, if it still can
            print(f"stuck: {driver.name} at partition {self.partition}, {results} results\n{driver.log_tail(100)}")
            self.kill()

    def suspend(self, seconds: float, *, succeeded: bool) -> None:
        """It stands still for a while; with a successor meanwhile (it comes back as a zombie) or without."""
        with self._changed:
            driver = self._running
            if driver is None:
                return
            driver.suspend()
            if succeeded:
                self._running = None
            thread = threading.Thread(target=self._wake, args=(driver, seconds, succeeded), daemon=True)
            self._zombies.append(thread)
            self._changed.notify_all()
        thread.start()

    def close(self) -> None:
        """The last life ends."""
        self._closed.set()
        self.kill()
        self._thread.join(_PATIENCE_S)
        for thread in self._zombies:
            thread.join(_PATIENCE_S)
        assert not self._thread.is_alive(), f"the transformer of partition {self.partition} does not end"

    def _wake(self, driver: Driver, seconds: float, zombie: bool) -> None:
        self._closed.wait(seconds)
        driver.resume()
        if zombie:
            self._closed.wait(ZOMBIE_S)
            driver.kill()

    def _take(self) -> Driver | None:
        with self._changed:
            driver, self._running = self._running, None
            self._changed.notify_all()
        return driver

    def _sit(self) -> None:
        while not self._closed.is_set():
            if not self._deck:
                self._deck = self._chance.sample(self._clients, len(self._clients))
            self._live(self._deck.pop())

    def _live(self, client: str) -> None:
        number = self.lives.total()
        driver = Driver(
            client, required(BY_NAME[client].runner), self._folder / f"{self.partition}-{number}-{client}.log"
        )
        self.lives[client] += 1
        with self._changed:
            if self._closed.is_set():
                driver.kill()
                return
            self._running = driver
        try:
            ended = driver.submit("transform", client=client, seed=self._chance.getrandbits(32), **self._job)
        except OSError:  # killed before it began
            return
        ended.add_done_callback(lambda _: self._wake_up())
        with self._changed:
            self._changed.wait_for(lambda: self._running is not driver or ended.done())
            stands = self._running is driver
            if stands:
                self._running = None
        if stands:  # it ended by itself: it crashed, or its library could not go on
            error = ended.exception()
            assert isinstance(error, ClientError)
            self.ends[self._reason(client, error)] += 1
            driver.kill()

    @staticmethod
    def _reason(client: str, error: ClientError) -> str:
        said = str(error).split(": ", 1)[1].splitlines()
        return f"{client}: {said[0][:100]}" if "DriverEnded" not in str(error) else f"{client}: crash"

    def _wake_up(self) -> None:
        with self._changed:
            self._changed.notify_all()
